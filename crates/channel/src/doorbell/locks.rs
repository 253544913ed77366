//! What lies in shared memory beside the counter: a POSIX semaphore, or a robust mutex with a condition.
//!
//! Semaphore: rings are counted, one waiter is woken for each; no owner, so that no death leaves it
//! locked. Condition: who rings and who waits hold a mutex while they look at the counter; the kernel
//! hands the mutex of a dead holder to the next. A *stopped* holder keeps it, so nobody waits for it for
//! longer than [`PATIENCE_NS`]: the counter is right without it. Neither has priorities; both are gone
//! with the memory.
//!
//! The condition is the counter's futex, not a `pthread_cond_t`: one that processes share is no match
//! for a kill. With glibc 2.36, after a waiter was killed in it, the next but one signal waited for it
//! for ever, and a process killed inside `pthread_cond_signal` blocked everyone (after some hundred
//! kills of one that signals all the time).

use super::{Chime, add_one, count, counter};
use std::io;
use std::sync::atomic::Ordering;
use sys::clock::now_ns;
use sys::mutex::{Locked, Mutex};
use sys::semaphore::Semaphore;
use sys::shm::Shared;
use wire::shared::doorbell;

/// How long anybody waits for the mutex: many times what its holder takes for one addition, unless it is
/// stopped or starved. After that it goes on without.
const PATIENCE_NS: u64 = 2_000_000;

impl Chime for Semaphore {
    fn ring(&self, page: &Shared) -> io::Result<()> {
        add_one(page);
        self.post()
    }

    fn wait(&self, page: &Shared, seen: u32, deadline_ns: u64) -> io::Result<()> {
        if count(page) == seen {
            Semaphore::wait(self, deadline_ns)?;
        }
        // Rings that found nobody asleep would end the next waits early. Each was counted before it was
        // posted, and the caller looks at the count after this.
        self.take_all()
    }
}

/// A mutex around the counter, and the counter's futex as the condition.
#[derive(Debug)]
pub(super) struct Condition {
    mutex: Mutex,
}

impl Condition {
    pub(super) fn new(mutex: Mutex) -> Condition {
        Condition { mutex }
    }

    /// Runs `work` once, holding the mutex if it can be had.
    fn with<R>(&self, page: &Shared, work: impl Fn() -> R) -> R {
        let held = self.mutex.with(now_ns() + PATIENCE_NS, |before| {
            if before == Locked::OwnerDied {
                // Nothing else to repair: it guards one atomic number. Relaxed: a number for people.
                page.words()[doorbell::HOLDERS_DIED].fetch_add(1, Ordering::Relaxed);
            }
            work()
        });
        match held {
            Ok(Some(done)) => done,
            // Its holder is stopped, or a wild write has broken it.
            Ok(None) | Err(_) => work(),
        }
    }
}

impl Chime for Condition {
    fn ring(&self, page: &Shared) -> io::Result<()> {
        self.with(page, || add_one(page));
        sys::futex::wake(counter(page));
        Ok(())
    }

    fn wait(&self, page: &Shared, seen: u32, deadline_ns: u64) -> io::Result<()> {
        // Unlock, sleep, lock again, as a wait for a condition does: what rings in between has changed
        // the counter, and the kernel lets nobody sleep on one that has changed.
        if self.with(page, || count(page) == seen) {
            sys::futex::wait(counter(page), seen, deadline_ns);
            self.with(page, || ());
        }
        Ok(())
    }
}
