//! The interleavings of a writer and a reader with up to three preemptions, explored by loom, also with
//! each ordering weakened.
//!
//! A slot's content is a loom cell: touching it from both sides without an order between them is a
//! data race that fails the model, which is what a torn frame is.

use super::{Memory, free_slot, pin_newest, publish, slot_of, unpin};
use crate::words::{Load, Store};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, fence};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

impl Load for AtomicU64 {
    fn load(&self, ordering: Ordering) -> u64 {
        self.load(ordering)
    }
}

impl Store for AtomicU64 {
    fn store(&self, value: u64, ordering: Ordering) {
        self.store(value, ordering);
    }
}

/// The protocol as it runs, and a variant for each of its orderings without it.
macro_rules! memories {
    ($($name:ident { $($constant:ident $ordering:ident)? ; $writer:expr ; $reader:expr })+) => {$(
        struct $name;
        impl Memory for $name {
            $(const $constant: Ordering = Ordering::$ordering;)?
            fn writer_fence() { $writer }
            fn reader_fence() { $reader }
        }
    )+};
}

memories! {
    AsItRuns { ; fence(Ordering::SeqCst) ; fence(Ordering::SeqCst) }
    WeakPublish { PUBLISH Relaxed ; fence(Ordering::SeqCst) ; fence(Ordering::SeqCst) }
    WeakUnpin { UNPIN Relaxed ; fence(Ordering::SeqCst) ; fence(Ordering::SeqCst) }
    WeakPin { PIN Relaxed ; fence(Ordering::SeqCst) ; fence(Ordering::SeqCst) }
    WeakScan { SCAN Relaxed ; fence(Ordering::SeqCst) ; fence(Ordering::SeqCst) }
    WeakWriterFence { ; fence(Ordering::AcqRel) ; fence(Ordering::SeqCst) }
    WeakReaderFence { ; fence(Ordering::SeqCst) ; fence(Ordering::AcqRel) }
    NoWriterFence { ; () ; fence(Ordering::SeqCst) }
    NoReaderFence { ; fence(Ordering::SeqCst) ; () }
}

struct Buffer {
    latest: AtomicU64,
    pin: AtomicU64,
    slots: Vec<UnsafeCell<()>>,
}

/// What the explored interleavings reached, so that a model that explores nothing cannot pass.
#[derive(Default)]
struct Reached {
    frames_read: AtomicUsize,
    frames_dropped: AtomicUsize,
    pins_missed: AtomicUsize,
    newer_seen: AtomicUsize,
}

const FRAMES: usize = 3;
const READS: usize = 2;

fn write<M: Memory>(buffer: &Buffer, reached: &Reached) {
    for _ in 0..FRAMES {
        match free_slot::<M>(&buffer.latest, std::iter::once(&buffer.pin), buffer.slots.len()) {
            Some(slot) => {
                buffer.slots[slot].with_mut(|_content| ());
                publish::<M>(&buffer.latest, slot);
            }
            None => drop(reached.frames_dropped.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

fn read<M: Memory>(buffer: &Buffer, reached: &Reached) {
    let mut seen = 0;
    for _ in 0..READS {
        match pin_newest::<M>(&buffer.latest, &buffer.pin, seen) {
            Some(word) => {
                buffer.slots[slot_of(word)].with(|_content| ());
                unpin::<M>(&buffer.pin);
                if seen != 0 {
                    reached.newer_seen.fetch_add(1, Ordering::Relaxed);
                }
                seen = word;
                reached.frames_read.fetch_add(1, Ordering::Relaxed);
            }
            None => drop(reached.pins_missed.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

fn explore<M: Memory + 'static>(slots: usize) -> Reached {
    let reached = std::sync::Arc::new(Reached::default());
    let outside = std::sync::Arc::clone(&reached);
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let buffer = Arc::new(Buffer {
            latest: AtomicU64::new(0),
            pin: AtomicU64::new(0),
            slots: (0..slots).map(|_| UnsafeCell::new(())).collect(),
        });
        let (theirs, reached) = (Arc::clone(&buffer), std::sync::Arc::clone(&outside));
        let reader = loom::thread::spawn(move || read::<M>(&theirs, &reached));
        write::<M>(&buffer, &outside);
        reader.join().expect("the reader ends");
    });
    std::sync::Arc::into_inner(reached).expect("the model is over")
}

#[test]
fn no_frame_is_torn_in_any_interleaving() {
    for slots in [2, 3] {
        let reached = explore::<AsItRuns>(slots);
        assert!(reached.frames_read.into_inner() > 0, "{slots} slots: a frame is read");
        assert!(reached.newer_seen.into_inner() > 0, "{slots} slots: a newer one after it");
        assert!(reached.pins_missed.into_inner() > 0, "{slots} slots: a reader finds nothing");
        let dropped = reached.frames_dropped.into_inner();
        assert_eq!(dropped > 0, slots == 2, "only two slots drop: {dropped} of {slots} slots");
    }
}

#[test]
fn each_ordering_is_needed() {
    let torn = |model: fn(usize) -> Reached| {
        // loom reports the race as a panic; its message on stderr is expected here.
        [2, 3].into_iter().any(|slots| catch_unwind(AssertUnwindSafe(|| model(slots))).is_err())
    };
    assert!(torn(explore::<WeakPublish>), "publish");
    assert!(torn(explore::<WeakUnpin>), "unpin");
    assert!(torn(explore::<WeakPin>), "pin");
    assert!(torn(explore::<WeakScan>), "scan");
    assert!(torn(explore::<WeakWriterFence>), "weaker writer fence");
    assert!(torn(explore::<WeakReaderFence>), "weaker reader fence");
    assert!(torn(explore::<NoWriterFence>), "no writer fence");
    assert!(torn(explore::<NoReaderFence>), "no reader fence");
}
