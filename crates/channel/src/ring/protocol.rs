//! Who may touch which slot when: two counters that only grow, each stored by one side alone
//! (L. Lamport, "Proving the correctness of multiprocess programs", IEEE TSE 1977).
//!
//! `head` counts the messages that the writer has published, `tail` those that the reader has given
//! back; message n lies in slot n mod the number of slots. The writer fills a slot that lies no whole
//! ring ahead of `tail`, the reader reads one behind `head`. Each remembers what it last saw of the
//! other's counter, and looks again only when that no longer lets it go on: an old value only says less.
//! A kill between any two lines leaves nothing to repair: what was not published is a free slot, what
//! was not given back is there again.
//!
//! Each side takes the other's counter as a claim: one that no such writer or reader could have stored
//! lets nobody touch a slot.

use crate::words::{Kernel, Load, Store};
use std::sync::atomic::Ordering;

/// The orderings of the protocol. One implementation runs; the others are the model's, each weaker at
/// one point.
pub(super) trait Orderings {
    /// The writer's store of `head`: pairs with `LOOK`, so that the message is there.
    const PUBLISH: Ordering = Ordering::Release;
    /// The reader's load of `head`.
    const LOOK: Ordering = Ordering::Acquire;
    /// The reader's store of `tail`: pairs with `ROOM`, so that it has read before the writer
    /// overwrites.
    const GIVE_BACK: Ordering = Ordering::Release;
    /// The writer's load of `tail`.
    const ROOM: Ordering = Ordering::Acquire;
}

impl Orderings for Kernel {}

/// Writer: the number of the next message, if there is room for it. `seen` is what it last saw of
/// `tail`.
pub(super) fn next_to_fill<O: Orderings>(
    head: &impl Load,
    tail: &impl Load,
    seen: &mut u64,
    slots: usize,
) -> Option<u64> {
    // Relaxed: the writer's own.
    let next = head.load(Ordering::Relaxed);
    let is_free = |seen: u64| next.wrapping_sub(seen) < slots as u64;
    if !is_free(*seen) {
        *seen = tail.load(O::ROOM);
    }
    is_free(*seen).then_some(next)
}

/// Writer: message `number` is complete.
pub(super) fn publish<O: Orderings>(head: &impl Store, number: u64) {
    head.store(number.wrapping_add(1), O::PUBLISH);
}

/// Reader: the number of the oldest message that was not given back. `seen` is what it last saw of
/// `head`.
///
/// A `head` that is impossible (a wild write) loses what was there: the reader gives it all back, and
/// both sides go on from there.
pub(super) fn next_to_read<O: Orderings>(
    head: &impl Load,
    tail: &impl Store,
    seen: &mut u64,
    slots: usize,
) -> Option<u64> {
    // Relaxed: the reader's own.
    let next = tail.load(Ordering::Relaxed);
    let is_there = |seen: u64| (1..=slots as u64).contains(&seen.wrapping_sub(next));
    if !is_there(*seen) {
        *seen = head.load(O::LOOK);
        if !is_there(*seen) && *seen != next {
            tail.store(*seen, O::GIVE_BACK);
        }
    }
    is_there(*seen).then_some(next)
}

/// Reader: lets go of message `number`.
pub(super) fn give_back<O: Orderings>(tail: &impl Store, number: u64) {
    tail.store(number.wrapping_add(1), O::GIVE_BACK);
}

#[cfg(test)]
mod model;
