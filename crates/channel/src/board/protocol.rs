//! How a state gets onto a board and off it: a ring of slots, each with a version (a sequence lock
//! that its writer is rarely met in: H.-J. Boehm, "Can seqlocks get along with programming language
//! memory models?", MSPC 2012).
//!
//! Publication n stands in slot n mod the number of slots, with version 2n; 2n − 1 while it is written.
//! `latest` says which is the newest, and needs no order of its own: who follows it finds the version
//! that it expects, or tries again.

use crate::words::{Fence, Kernel, Load, Store};
use std::sync::atomic::Ordering;

/// The orderings of the protocol. One implementation runs; the others are the model's, each weaker at
/// one point.
pub(super) trait Orderings: Fence {
    /// The writer's store of a version when the state is complete.
    const CLOSE: Ordering = Ordering::Release;
    /// The reader's first load of a version; pairs with `CLOSE`: the state is there.
    const OPEN: Ordering = Ordering::Acquire;
    /// Between the writer's mark that it writes and the state.
    const WRITER_FENCE: Ordering = Ordering::Release;
    /// Between the state and the reader's second load of the version; pairs with the writer's: who saw
    /// any of a newer state sees the mark.
    const READER_FENCE: Ordering = Ordering::Acquire;
}

impl Orderings for Kernel {}

/// Writer: the next state. A slot is its version and the words of its state.
pub(super) fn publish<O: Orderings>(latest: &impl Store, slots: &[&[impl Store]], state: &[u64]) {
    let number = latest.load(Ordering::Relaxed) + 1;
    let (version, words) = slots[number as usize % slots.len()].split_first().expect("a version");
    version.store(2 * number - 1, Ordering::Relaxed);
    O::fence(O::WRITER_FENCE);
    for (word, value) in words.iter().zip(state) {
        word.store(*value, Ordering::Relaxed);
    }
    version.store(2 * number, O::CLOSE);
    latest.store(number, Ordering::Relaxed);
}

/// Reader: the newest state and its number; `None` if there is none, or if the writer went once around
/// the ring meanwhile. `word` leads to the words of a slot, its version first.
pub(super) fn read<O: Orderings, W: Load, const WORDS: usize>(
    latest: &impl Load,
    slots: usize,
    word: impl Fn(usize, usize) -> W,
) -> Option<(u64, [u64; WORDS])> {
    let number = latest.load(Ordering::Relaxed);
    let slot = number as usize % slots;
    if number == 0 || word(slot, 0).load(O::OPEN) != 2 * number {
        return None;
    }
    let state = std::array::from_fn(|index| word(slot, 1 + index).load(Ordering::Relaxed));
    O::fence(O::READER_FENCE);
    let unchanged = word(slot, 0).load(Ordering::Relaxed) == 2 * number;
    unchanged.then_some((number, state))
}

#[cfg(test)]
mod model;
