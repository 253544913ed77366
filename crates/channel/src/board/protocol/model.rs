//! The interleavings of a writer and a reader, explored by loom, also with each ordering weakened.
//!
//! Every word of a state is the number of its publication: a state of different numbers is torn.

use super::{Memory, publish, read};
use crate::words::Load;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, fence};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

impl Load for &AtomicU64 {
    fn load(&self, ordering: Ordering) -> u64 {
        (*self).load(ordering)
    }
}

/// The protocol as it runs, and a variant for each of its orderings without it.
macro_rules! memories {
    ($($name:ident { $($constant:ident $ordering:ident)? ; $writer:expr ; $reader:expr })+) => {$(
        struct $name;
        impl Memory for $name {
            const TRIES: usize = 2;
            $(const $constant: Ordering = Ordering::$ordering;)?
            fn writer_fence() { $writer }
            fn reader_fence() { $reader }
        }
    )+};
}

memories! {
    AsItRuns { ; fence(Ordering::Release) ; fence(Ordering::Acquire) }
    WeakClose { CLOSE Relaxed ; fence(Ordering::Release) ; fence(Ordering::Acquire) }
    WeakOpen { OPEN Relaxed ; fence(Ordering::Release) ; fence(Ordering::Acquire) }
    NoWriterFence { ; () ; fence(Ordering::Acquire) }
    NoReaderFence { ; fence(Ordering::Release) ; () }
}

/// One: each state takes the place of the one before, as in a ring that a writer went around.
const SLOTS: usize = 1;
const WORDS: usize = 2;
const STATES: u64 = 2;

/// What the explored interleavings reached, so that a model that explores nothing cannot pass.
#[derive(Default)]
struct Reached {
    first: AtomicUsize,
    newest: AtomicUsize,
    nothing: AtomicUsize,
}

struct Board {
    latest: AtomicU64,
    slots: [[AtomicU64; WORDS + 1]; SLOTS],
}

fn explore<M: Memory + 'static>() -> Reached {
    let reached = std::sync::Arc::new(Reached::default());
    let outside = std::sync::Arc::clone(&reached);
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let board = Arc::new(Board {
            latest: AtomicU64::new(0),
            slots: std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0))),
        });
        let (theirs, reached) = (Arc::clone(&board), std::sync::Arc::clone(&outside));
        let reader = loom::thread::spawn(move || {
            let word = |slot: usize, index: usize| &theirs.slots[slot][index];
            let count = match read::<M, _, WORDS>(&theirs.latest, SLOTS, word) {
                None => &reached.nothing,
                Some((number, state)) => {
                    assert_eq!(state, [number; WORDS], "torn");
                    if number < STATES { &reached.first } else { &reached.newest }
                }
            };
            count.fetch_add(1, Ordering::Relaxed);
        });
        let slots = board.slots.each_ref().map(|slot| &slot[..]);
        for number in 1..=STATES {
            publish::<M>(&board.latest, &slots, &[number; WORDS]);
        }
        reader.join().expect("the reader ends");
    });
    std::sync::Arc::into_inner(reached).expect("the model is over")
}

#[test]
fn no_state_is_torn_in_any_interleaving() {
    let reached = explore::<AsItRuns>();
    assert!(reached.first.into_inner() > 0, "an early state is read");
    assert!(reached.newest.into_inner() > 0, "the newest state is read");
    assert!(reached.nothing.into_inner() > 0, "a reader finds nothing");
}

#[test]
fn each_ordering_is_needed() {
    let torn = |model: fn() -> Reached| {
        // loom reports the torn state as a panic; its message on stderr is expected here.
        catch_unwind(AssertUnwindSafe(model)).is_err()
    };
    assert!(torn(explore::<WeakClose>), "close");
    assert!(torn(explore::<WeakOpen>), "open");
    assert!(torn(explore::<NoWriterFence>), "no writer fence");
    assert!(torn(explore::<NoReaderFence>), "no reader fence");
}
