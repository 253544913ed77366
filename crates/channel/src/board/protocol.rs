//! How a state gets onto a board and off it: a ring of slots, each with a version (a sequence lock
//! that its writer is rarely met in: H.-J. Boehm, "Can seqlocks get along with programming language
//! memory models?", MSPC 2012).
//!
//! Publication n stands in slot n mod the number of slots, with version 2n; 2n − 1 while it is written.
//! `latest` says which is the newest, and needs no order of its own: who follows it finds the version
//! that it expects, or tries again.

use crate::words::{Load, Store};
use std::sync::atomic::Ordering;

/// The orderings of the protocol and its fences. One implementation runs; the others are the model's,
/// each weaker at one point.
pub(super) trait Memory {
    /// How often a reader tries: each try in vain means that the writer went once around the ring
    /// while the reader copied a slot.
    const TRIES: usize = 16;
    /// The writer's store of a version when the state is complete.
    const CLOSE: Ordering = Ordering::Release;
    /// The reader's first load of a version; pairs with `CLOSE`: the state is there.
    const OPEN: Ordering = Ordering::Acquire;

    /// Between the writer's mark that it writes and the state.
    fn writer_fence();
    /// Between the state and the reader's second load of the version; pairs with the writer's: who saw
    /// any of a newer state sees the mark.
    fn reader_fence();
}

/// The orderings that run.
#[derive(Debug)]
pub(super) struct Kernel;

impl Memory for Kernel {
    fn writer_fence() {
        std::sync::atomic::fence(Ordering::Release);
    }
    fn reader_fence() {
        std::sync::atomic::fence(Ordering::Acquire);
    }
}

/// Writer: the next state. A slot is its version and the words of its state.
pub(super) fn publish<M: Memory>(latest: &impl Store, slots: &[&[impl Store]], state: &[u64]) {
    let number = latest.load(Ordering::Relaxed) + 1;
    let (version, words) = slots[number as usize % slots.len()].split_first().expect("a version");
    version.store(2 * number - 1, Ordering::Relaxed);
    M::writer_fence();
    for (word, value) in words.iter().zip(state) {
        word.store(*value, Ordering::Relaxed);
    }
    version.store(2 * number, M::CLOSE);
    latest.store(number, Ordering::Relaxed);
}

/// Reader: the newest state and its number. `word` leads to the words of a slot, its version first.
pub(super) fn read<M: Memory, W: Load, const WORDS: usize>(
    latest: &impl Load,
    slots: usize,
    word: impl Fn(usize, usize) -> W,
) -> Option<(u64, [u64; WORDS])> {
    for _ in 0..M::TRIES {
        let number = latest.load(Ordering::Relaxed);
        if number == 0 {
            return None;
        }
        let slot = number as usize % slots;
        if word(slot, 0).load(M::OPEN) != 2 * number {
            continue;
        }
        let state = std::array::from_fn(|index| word(slot, 1 + index).load(Ordering::Relaxed));
        M::reader_fence();
        if word(slot, 0).load(Ordering::Relaxed) == 2 * number {
            return Some((number, state));
        }
    }
    None
}

#[cfg(test)]
mod model;
