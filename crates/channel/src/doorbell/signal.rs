//! A queued real-time signal, with the count as its value, heard by a signalfd.
//!
//! Each ring queues one signal (up to `RLIMIT_SIGPENDING`, then they are only counted), in order; a ring
//! is one system call, a wait two. Nothing is locked; what is queued goes with the waiter. Cleanup: none.
//! The waiter must wait for the first time before it starts other threads: a thread that has not blocked
//! the signal dies of it, and the process with it.
//!
//! No ring may ever reach another process that got the dead waiter's number, so:
//! * Who waits writes its number into the page, after it has blocked the signal.
//! * The owner takes the number out ([`forget`]) when the waiter has died, before it buries it. As long as
//!   a number stands in the page, its process is unburied, and the number is nobody else's.
//! * Who rings opens a pidfd for the number and then reads the page again. If the same word still stands
//!   there, the number was the waiter's when the pidfd was opened, and a pidfd stays with its process
//!   for ever. The word counts its changes, so that the same number later is another word.

use super::{Chime, add_one, count};
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Mutex, PoisonError};
use sys::poll::wait_any;
use sys::queued::{Ear, Target};
use sys::shm::Shared;
use wire::shared::doorbell;

#[derive(Debug)]
pub(super) struct Signal {
    ear: Ear,
    own_pid: u32,
    /// Whom the last ring reached, with the word that named it.
    target: Mutex<(u64, Option<Target>)>,
}

impl Signal {
    pub(super) fn new(ear: Ear) -> Signal {
        Signal { ear, own_pid: std::process::id(), target: Mutex::new((0, None)) }
    }

    /// Makes this process the one that is reached.
    fn register(&self, page: &Shared) -> io::Result<()> {
        if pid(waiter(page).load(Ordering::Relaxed)) == self.own_pid {
            return Ok(());
        }
        Ear::block()?;
        replace(waiter(page), self.own_pid, |_| true);
        // Pairs with the fence in `ring`: either this process sees the count, or the ringer the number.
        fence(Ordering::SeqCst);
        Ok(())
    }
}

impl Chime for Signal {
    fn ring(&self, page: &Shared) -> io::Result<()> {
        let value = add_one(page);
        fence(Ordering::SeqCst);
        // Acquire pairs with Release in `replace`: who sees the number finds the signal blocked.
        let word = waiter(page).load(Ordering::Acquire);
        let mut reached = self.target.lock().unwrap_or_else(PoisonError::into_inner);
        if reached.0 != word {
            *reached = (word, find(waiter(page), word)?);
        }
        reached.1.as_ref().map_or(Ok(()), |target| target.send(value))
    }

    fn wait(&self, page: &Shared, seen: u32, deadline_ns: u64) -> io::Result<()> {
        self.register(page)?;
        if count(page) == seen {
            wait_any(&[self.ear.as_fd()], deadline_ns)?;
        }
        // The count says it all; it was increased before each signal was sent.
        self.ear.take().map(|_value| ())
    }
}

/// The waiter that `word` names, if it is still the one.
fn find(waiter: &AtomicU64, word: u64) -> io::Result<Option<Target>> {
    if pid(word) == 0 {
        return Ok(None);
    }
    let target = Target::open(pid(word))?;
    // Not before the pidfd is open. Acquire pairs with Release in `replace`.
    fence(Ordering::SeqCst);
    Ok(target.filter(|_| waiter.load(Ordering::Acquire) == word))
}

/// Takes the number of a waiter out of the page, before it is buried.
pub(super) fn forget(page: &Shared, dead_pid: u32) {
    replace(waiter(page), 0, |found| found == dead_pid);
}

fn waiter(page: &Shared) -> &AtomicU64 {
    &page.words()[doorbell::WAITER]
}

fn pid(word: u64) -> u32 {
    word as u32
}

/// Makes `pid` the number, as a new word, if `wanted` says so of the old one.
fn replace(waiter: &AtomicU64, new_pid: u32, wanted: impl Fn(u32) -> bool) {
    let change = |word: u64| {
        let changes = (word >> 32).wrapping_add(1) << 32;
        wanted(pid(word)).then_some(changes | u64::from(new_pid))
    };
    // Release pairs with Acquire in `ring` and `find`.
    if let Err(_another_waits) = waiter.fetch_update(Ordering::Release, Ordering::Relaxed, change) {
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_has_changed_names_nobody_even_if_it_names_the_same_number() {
        let (waiter, own) = (AtomicU64::new(0), std::process::id());
        assert!(find(&waiter, 0).unwrap().is_none());
        replace(&waiter, own, |_| true);
        let first = waiter.load(Ordering::Relaxed);
        assert!(find(&waiter, first).unwrap().is_some());
        replace(&waiter, 0, |found| found == own + 1);
        assert_eq!(waiter.load(Ordering::Relaxed), first, "another one was buried");
        replace(&waiter, 0, |found| found == own);
        assert!(find(&waiter, first).unwrap().is_none());
        replace(&waiter, own, |_| true);
        assert!(find(&waiter, first).unwrap().is_none());
        assert!(find(&waiter, waiter.load(Ordering::Relaxed)).unwrap().is_some());
    }
}
