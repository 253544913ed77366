//! A lock in memory that several processes map, which outlives its owner: [`Lock`].
//!
//! The algorithm is that of a robust mutex of the C library (glibc `pthread_mutex_lock.c`), and it stands
//! on the same list. It is not that mutex itself, because unlocking one follows pointers that lie in the
//! shared memory: there a wild write of one process would become a wild write of every other one. Here
//! another process can at worst make the lock seem taken or free, or end who holds it.

use super::list::{Element, List, Next, this_thread};
use super::{OWNER, OWNER_DIED, WAITERS};
use crate::clock::now_ns;
use crate::futex;
use crate::shm::Shared;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// A lock, as one thread has it.
#[derive(Debug)]
pub struct Lock {
    page: Shared,
    index: usize,
    list: List,
    thread: u64,
}

/// How a lock was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Given back by who held it last.
    Free,
    /// Its owner died while it held it: what it protects may be half done.
    Orphaned,
}

impl Lock {
    /// The lock in the low half of word `index` of a mapping, for the calling thread. Zero is a lock that is
    /// free; [`REACH`](super::REACH) words before and behind it are the lock's.
    pub fn attach(page: Shared, index: usize) -> io::Result<Lock> {
        let list = List::of_this_thread()?;
        list.element(page.words(), index)?;
        Ok(Lock { page, index, list, thread: this_thread() })
    }

    /// Does `work` while this thread alone holds the lock; `None` if it could not have it until
    /// `deadline_ns`. `work` is told how the lock was found; when it ends, the lock is whole again.
    ///
    /// Ends the process if `work` leaves a robust mutex locked that it locked, or unlocks one that it did not
    /// lock.
    pub fn with<R>(&mut self, deadline_ns: u64, work: impl FnOnce(Found) -> R) -> Option<R> {
        let element =
            self.list.element(self.page.words(), self.index).expect("it was found before");
        self.list.begin(element);
        let found = take(&self.page.words()[self.index], self.thread, deadline_ns);
        let held = found.map(|found| (found, Held::new(self, element)));
        self.list.end();
        let (found, _held) = held?;
        Some(work(found))
    }
}

/// Makes `thread` the owner of `word`.
fn take(word: &AtomicU64, thread: u64, deadline_ns: u64) -> Option<Found> {
    // Who has slept cannot know whether others do: where the one that was to wake them died, the kernel
    // wakes a single one, which must wake the next.
    let mut waiters = 0;
    let mut seen = word.load(Ordering::Relaxed);
    loop {
        let wanted =
            if seen & OWNER == 0 { thread | seen & WAITERS | waiters } else { seen | WAITERS };
        // Acquire pairs with Release in `Held::drop`, and with the kernel's mark of a dead owner.
        if let Err(other) =
            word.compare_exchange(seen, wanted, Ordering::Acquire, Ordering::Relaxed)
        {
            seen = other;
            continue;
        }
        if seen & OWNER == 0 {
            let died = seen & OWNER_DIED != 0;
            return Some(if died { Found::Orphaned } else { Found::Free });
        }
        if now_ns() >= deadline_ns {
            return None;
        }
        futex::wait(word, wanted as u32, deadline_ns);
        waiters = WAITERS;
        seen = word.load(Ordering::Relaxed);
    }
}

/// While this lives, the lock is on the list. It never leaves [`Lock::with`], so that it always ends.
struct Held<'a> {
    lock: &'a Lock,
    element: Element<'a>,
    next: Next,
}

impl<'a> Held<'a> {
    fn new(lock: &'a Lock, element: Element<'a>) -> Held<'a> {
        Held { lock, element, next: lock.list.join(element) }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Lock { page, index, list, .. } = self.lock;
        list.begin(self.element);
        list.leave(self.element, self.next);
        let word = &page.words()[*index];
        // Release pairs with Acquire in `take`: who holds it next sees what was done.
        if word.swap(0, Ordering::Release) & WAITERS != 0 {
            futex::wake(word);
        }
        list.end();
    }
}
