//! Who may touch which slot when: five small functions over one word and a pin cell per reader.
//!
//! `latest` = publication number << 8 | slot, stored by the writer alone, 0 before the first.
//! `pin` = slot + 1 while its reader holds that slot, else 0, stored by that reader alone (and by
//! the owner once the reader is buried).
//!
//! The writer fills only a slot that is neither the newest nor pinned. A reader pins the newest and
//! then looks whether it still is the newest. Either the reader's pin is visible to the writer's
//! next scan, or the writer's newer publication is visible to the reader's second look: the two
//! fences make one of them come first (the store-buffer pattern). A kill between any two lines
//! leaves nothing to repair: an unpublished fill is just a free slot, a pin is one store to undo.
//!
//! Every ordering below is needed: the model at the end fails when any of them is weakened.

use crate::words::{Fence, Kernel, Load, Store};
use std::sync::atomic::Ordering;

/// The orderings of the protocol. One implementation runs; the others are the model's, each weaker at
/// one point.
pub(super) trait Orderings: Fence {
    /// The writer's store of `latest`: pairs with the reader's fence after loading it, so that the
    /// frame is there before its publication.
    const PUBLISH: Ordering = Ordering::Release;
    /// A reader's store of 0: pairs with `SCAN`, so that it has read before the writer overwrites.
    const UNPIN: Ordering = Ordering::Release;
    /// A reader's store of a slot: pairs with `SCAN` as well, for a writer that never sees the 0
    /// between two slots and fills the first of them.
    const PIN: Ordering = Ordering::Release;
    /// The writer's load of a pin.
    const SCAN: Ordering = Ordering::Acquire;
    /// Between the writer's store of `latest` and its scan of the pins.
    const WRITER_FENCE: Ordering = Ordering::SeqCst;
    /// Between the reader's store of its pin and its second look at `latest`.
    const READER_FENCE: Ordering = Ordering::SeqCst;
}

impl Orderings for Kernel {}

/// The slot that a value of `latest` names.
pub(super) fn slot_of(latest: u64) -> usize {
    (latest & 0xff) as usize
}

/// Writer: a slot that no reader sees or can come to see.
pub(super) fn free_slot<O: Orderings>(
    latest: &impl Load,
    pins: impl Iterator<Item = impl Load>,
    slots: usize,
) -> Option<usize> {
    O::fence(O::WRITER_FENCE);
    let newest = latest.load(Ordering::Relaxed);
    let mut taken = if newest == 0 { 0 } else { 1_u64 << slot_of(newest) };
    for pin in pins {
        // 1 << (pin - 1), and nothing for 0 or for what no reader would write.
        let pin = pin.load(O::SCAN);
        taken |= pin.checked_sub(1).and_then(|slot| 1_u64.checked_shl(slot as u32)).unwrap_or(0);
    }
    (0..slots).find(|slot| taken & 1 << slot == 0)
}

/// Writer: makes a filled slot the newest.
pub(super) fn publish<O: Orderings>(latest: &impl Store, slot: usize) {
    let number = (latest.load(Ordering::Relaxed) >> 8) + 1;
    latest.store(number << 8 | slot as u64, O::PUBLISH);
}

/// Reader: pins the newest frame unless its word is `seen`, and returns its word. Goes round again
/// only when a frame was published in between.
pub(super) fn pin_newest<O: Orderings>(
    latest: &impl Load,
    pin: &impl Store,
    seen: u64,
) -> Option<u64> {
    loop {
        let newest = latest.load(Ordering::Relaxed);
        if newest == 0 || newest == seen {
            unpin::<O>(pin);
            return None;
        }
        pin.store(slot_of(newest) as u64 + 1, O::PIN);
        O::fence(O::READER_FENCE);
        if latest.load(Ordering::Relaxed) == newest {
            return Some(newest);
        }
    }
}

/// Reader: lets go.
pub(super) fn unpin<O: Orderings>(pin: &impl Store) {
    pin.store(0, O::UNPIN);
}

#[cfg(test)]
mod model;
