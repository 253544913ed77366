//! The interleavings of a writer and a reader with up to three preemptions, explored by loom, also with
//! each ordering weakened.
//!
//! A slot's content is a loom cell: touching it from both sides without an order between them is a
//! data race that fails the model, which is what a torn frame is.

use super::{Orderings, free_slot, pin_newest, publish, slot_of, unpin};
use crate::words::model::{explore, fails, variants};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use std::sync::atomic::{AtomicUsize, Ordering};

variants! {
    AsItRuns {}
    WeakPublish { PUBLISH Relaxed }
    WeakUnpin { UNPIN Relaxed }
    WeakPin { PIN Relaxed }
    WeakScan { SCAN Relaxed }
    WeakWriterFence { WRITER_FENCE AcqRel }
    WeakReaderFence { READER_FENCE AcqRel }
    NoWriterFence { WRITER_FENCE Relaxed }
    NoReaderFence { READER_FENCE Relaxed }
}

struct Buffer {
    latest: AtomicU64,
    pin: AtomicU64,
    slots: Vec<UnsafeCell<()>>,
}

/// What the explored interleavings reached.
#[derive(Default)]
struct Reached {
    frames_read: AtomicUsize,
    frames_dropped: AtomicUsize,
    pins_missed: AtomicUsize,
    newer_seen: AtomicUsize,
}

const FRAMES: usize = 3;
const READS: usize = 2;

fn write<O: Orderings>(buffer: &Buffer, reached: &Reached) {
    for _ in 0..FRAMES {
        match free_slot::<O>(&buffer.latest, std::iter::once(&buffer.pin), buffer.slots.len()) {
            Some(slot) => {
                buffer.slots[slot].with_mut(|_content| ());
                publish::<O>(&buffer.latest, slot);
            }
            None => drop(reached.frames_dropped.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

fn read<O: Orderings>(buffer: &Buffer, reached: &Reached) {
    let mut seen = 0;
    for _ in 0..READS {
        match pin_newest::<O>(&buffer.latest, &buffer.pin, seen) {
            Some(word) => {
                buffer.slots[slot_of(word)].with(|_content| ());
                unpin::<O>(&buffer.pin);
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

fn model<O: Orderings + 'static>(slots: usize) -> Reached {
    explore(move |reached: &std::sync::Arc<Reached>| {
        let buffer = Arc::new(Buffer {
            latest: AtomicU64::new(0),
            pin: AtomicU64::new(0),
            slots: (0..slots).map(|_| UnsafeCell::new(())).collect(),
        });
        let (theirs, seen) = (Arc::clone(&buffer), std::sync::Arc::clone(reached));
        let reader = loom::thread::spawn(move || read::<O>(&theirs, &seen));
        write::<O>(&buffer, reached);
        reader.join().expect("the reader ends");
    })
}

#[test]
fn no_frame_is_torn_in_any_interleaving() {
    for slots in [2, 3] {
        let reached = model::<AsItRuns>(slots);
        assert!(reached.frames_read.into_inner() > 0, "{slots} slots: a frame is read");
        assert!(reached.newer_seen.into_inner() > 0, "{slots} slots: a newer one after it");
        assert!(reached.pins_missed.into_inner() > 0, "{slots} slots: a reader finds nothing");
        let dropped = reached.frames_dropped.into_inner();
        assert_eq!(dropped > 0, slots == 2, "only two slots drop: {dropped} of {slots} slots");
    }
}

/// Whether a frame is torn with two slots or with three.
fn torn<O: Orderings + 'static>() -> bool {
    fails(|| model::<O>(2)) || fails(|| model::<O>(3))
}

#[test]
fn each_ordering_is_needed() {
    assert!(torn::<WeakPublish>(), "publish");
    assert!(torn::<WeakUnpin>(), "unpin");
    assert!(torn::<WeakPin>(), "pin");
    assert!(torn::<WeakScan>(), "scan");
    assert!(torn::<WeakWriterFence>(), "weaker writer fence");
    assert!(torn::<WeakReaderFence>(), "weaker reader fence");
    assert!(torn::<NoWriterFence>(), "no writer fence");
    assert!(torn::<NoReaderFence>(), "no reader fence");
}
