//! Seeing the death of a process before anyone can bury it ([`hold`], [`wait_for_death`]), and locks that
//! outlive their owner ([`Lock`]).
//!
//! A thread lists words of shared memory with the kernel as locks that it holds (robust futexes,
//! `set_robust_list(2)`). When the thread ends, however it ends, the kernel sets a bit in each word and
//! wakes who waits there. It does so before it takes the process's memory apart, while the pidfd becomes
//! readable only after that.
//!
//! There is one list for each thread, and the C library keeps its own robust mutexes on it: `list` puts
//! ours there beside them.

mod list;
mod lock;

pub use lock::{Found, Lock};

use crate::shm::SharedView;
use list::{List, this_thread};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// In a futex word: the thread that holds it (`FUTEX_TID_MASK`).
const OWNER: u64 = 0x3fff_ffff;
/// In a futex word: its owner died while it held it (`FUTEX_OWNER_DIED`).
const OWNER_DIED: u64 = 0x4000_0000;
/// In a futex word: somebody waits (`FUTEX_WAITERS`); without it the kernel wakes nobody.
const WAITERS: u64 = 0x8000_0000;

/// Words that a robust word needs for itself on either side: the thread's list goes through one of them,
/// the C library chooses which.
pub const REACH: usize = 6;

/// Makes the calling thread the owner of the low half of word `index` of `words` until it ends: the kernel
/// then tells everyone in [`wait_for_death`]. [`REACH`] words before and behind it are the lock's.
pub fn hold(words: &'static [AtomicU64], index: usize) -> io::Result<()> {
    let list = List::of_this_thread()?;
    let element = list.element(words, index)?;
    // Release pairs with Acquire in `owner_died`: the dead before this owner is forgotten.
    words[index].store(this_thread() | WAITERS, Ordering::Release);
    // Never left: the words are there as long as the process.
    list.join(element);
    Ok(())
}

/// Whether the owner of word `index` of `view` has died and nobody has owned it since.
pub fn owner_died(view: &SharedView, index: usize) -> bool {
    // Acquire pairs with Release in `hold`.
    view.load(index, Ordering::Acquire) & OWNER_DIED != 0
}

/// Sleeps until an owner of word `index` of `view` dies, at the longest until `deadline_ns`. May return
/// early.
pub fn wait_for_death(view: &SharedView, index: usize, deadline_ns: u64) {
    view.wait(index, view.load(index, Ordering::Acquire) as u32, deadline_ns);
}

/// The thread that holds word `index` of `view` as a [`Lock`]; `None` if nobody does.
pub fn owner(view: &SharedView, index: usize) -> Option<u32> {
    // Relaxed: this is for looking only.
    let owner = view.load(index, Ordering::Relaxed) & OWNER;
    (owner != 0).then_some(owner as u32)
}

#[cfg(test)]
mod tests;
