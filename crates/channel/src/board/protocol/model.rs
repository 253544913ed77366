//! The interleavings of a writer and a reader, explored by loom, also with each ordering weakened.
//!
//! Every word of a state is the number of its publication: a state of different numbers is torn.

use super::{Orderings, publish, read};
use crate::words::model::{explore, fails, variants};
use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use std::sync::atomic::{AtomicUsize, Ordering};

variants! {
    AsItRuns {}
    WeakClose { CLOSE Relaxed }
    WeakOpen { OPEN Relaxed }
    NoWriterFence { WRITER_FENCE Relaxed }
    NoReaderFence { READER_FENCE Relaxed }
}

/// How often the reader tries.
const TRIES: usize = 2;
/// One: each state takes the place of the one before, as in a ring that a writer went around.
const SLOTS: usize = 1;
const WORDS: usize = 2;
const STATES: u64 = 2;

/// What the explored interleavings reached.
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

fn model<O: Orderings + 'static>() -> Reached {
    explore(|reached: &std::sync::Arc<Reached>| {
        let board = Arc::new(Board {
            latest: AtomicU64::new(0),
            slots: std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0))),
        });
        let (theirs, reached) = (Arc::clone(&board), std::sync::Arc::clone(reached));
        let reader = loom::thread::spawn(move || {
            let word = |slot: usize, index: usize| &theirs.slots[slot][index];
            let once = |_| read::<O, _, WORDS>(&theirs.latest, SLOTS, word);
            let count = match (0..TRIES).find_map(once) {
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
            publish::<O>(&board.latest, &slots, &[number; WORDS]);
        }
        reader.join().expect("the reader ends");
    })
}

#[test]
fn no_state_is_torn_in_any_interleaving() {
    let reached = model::<AsItRuns>();
    assert!(reached.first.into_inner() > 0, "an early state is read");
    assert!(reached.newest.into_inner() > 0, "the newest state is read");
    assert!(reached.nothing.into_inner() > 0, "a reader finds nothing");
}

#[test]
fn each_ordering_is_needed() {
    assert!(fails(model::<WeakClose>), "close");
    assert!(fails(model::<WeakOpen>), "open");
    assert!(fails(model::<NoWriterFence>), "no writer fence");
    assert!(fails(model::<NoReaderFence>), "no reader fence");
}
