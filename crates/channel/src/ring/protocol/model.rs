//! The interleavings of a writer and a reader, explored by loom, also with each ordering weakened.
//!
//! A slot's content is a loom cell: touching it from both sides without an order between them is a
//! data race that fails the model, which is what a torn message is.

use super::{Orderings, give_back, next_to_fill, next_to_read, publish};
use crate::words::model::{explore, fails, variants};
use loom::cell::Cell;
use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use std::sync::atomic::{AtomicUsize, Ordering};

variants! {
    AsItRuns {}
    WeakPublish { PUBLISH Relaxed }
    WeakLook { LOOK Relaxed }
    WeakGiveBack { GIVE_BACK Relaxed }
    WeakRoom { ROOM Relaxed }
}

const SLOTS: usize = 2;
/// More than fit, so that slots are used again.
const TRIES: u64 = 4;

struct Queue {
    head: AtomicU64,
    tail: AtomicU64,
    slots: [Cell<u64>; SLOTS],
}

/// What the explored interleavings reached.
#[derive(Default)]
struct Reached {
    read: AtomicUsize,
    used_again: AtomicUsize,
    found_full: AtomicUsize,
    found_empty: AtomicUsize,
}

fn write<O: Orderings>(queue: &Queue, reached: &Reached) {
    let mut seen = 0;
    for _ in 0..TRIES {
        let next = next_to_fill::<O>(&queue.head, &queue.tail, &mut seen, SLOTS);
        let Some(number) = next else {
            reached.found_full.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        queue.slots[number as usize % SLOTS].set(number);
        publish::<O>(&queue.head, number);
    }
}

fn read<O: Orderings>(queue: &Queue, reached: &Reached) {
    let mut seen = 0;
    let mut expected = 0;
    for _ in 0..TRIES {
        let next = next_to_read::<O>(&queue.head, &queue.tail, &mut seen, SLOTS);
        let Some(number) = next else {
            reached.found_empty.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        assert_eq!(number, expected, "out of order");
        assert_eq!(queue.slots[number as usize % SLOTS].get(), number, "another message");
        give_back::<O>(&queue.tail, number);
        expected += 1;
        let count = if number < SLOTS as u64 { &reached.read } else { &reached.used_again };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

fn model<O: Orderings + 'static>() -> Reached {
    explore(|reached: &std::sync::Arc<Reached>| {
        let queue = Arc::new(Queue {
            head: AtomicU64::new(0),
            tail: AtomicU64::new(0),
            slots: std::array::from_fn(|_| Cell::new(u64::MAX)),
        });
        let (theirs, seen) = (Arc::clone(&queue), std::sync::Arc::clone(reached));
        let reader = loom::thread::spawn(move || read::<O>(&theirs, &seen));
        write::<O>(&queue, reached);
        reader.join().expect("the reader ends");
    })
}

#[test]
fn messages_are_whole_and_in_order_in_any_interleaving() {
    let reached = model::<AsItRuns>();
    assert!(reached.read.into_inner() > 0, "a message is read");
    assert!(reached.used_again.into_inner() > 0, "one in a slot that was used before");
    assert!(reached.found_full.into_inner() > 0, "the writer finds no room");
    assert!(reached.found_empty.into_inner() > 0, "the reader finds nothing");
}

#[test]
fn each_ordering_is_needed() {
    assert!(fails(model::<WeakPublish>), "publish");
    assert!(fails(model::<WeakLook>), "look");
    assert!(fails(model::<WeakGiveBack>), "give back");
    assert!(fails(model::<WeakRoom>), "room");
}
