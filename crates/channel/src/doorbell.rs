//! Waking one process from any other: [`Doorbell`].
//!
//! A process that waits for several things has one doorbell that everyone who feeds it rings after
//! feeding. It waits on that alone: one system call, no matter how many sources. A ring that finds
//! nobody asleep is remembered by the counter, so none is lost; a feeder killed before it could
//! ring costs at most the waiter's own deadline.

use crate::page::{AttachError, attach, create};
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use sys::shm::{Memory, Shared};
use wire::shared::{PAGE_BYTES, PageKind, doorbell};

/// A mapped doorbell.
#[derive(Debug)]
pub struct Doorbell {
    page: Shared,
}

impl Doorbell {
    /// New memory for a doorbell.
    pub fn create() -> Result<(Memory, Doorbell), AttachError> {
        let (memory, page) = create(PageKind::Doorbell, 0)?;
        Ok((memory, Doorbell { page }))
    }

    /// Maps a doorbell that was handed down.
    pub fn attach(fd: impl AsFd) -> Result<Doorbell, AttachError> {
        Ok(Doorbell { page: attach(PageKind::Doorbell, fd, PAGE_BYTES)? })
    }

    /// Wakes the owner.
    pub fn ring(&self) {
        let count = &self.page.words()[doorbell::COUNT];
        // Release pairs with Acquire in `count`: who sees the ring sees what was fed before it.
        count.fetch_add(1, Ordering::Release);
        sys::futex::wake(count);
    }

    /// How often it has rung. Read it, look at every source, then [`wait`](Self::wait) with it.
    pub fn count(&self) -> u32 {
        // Acquire pairs with Release in `ring`.
        self.page.words()[doorbell::COUNT].load(Ordering::Acquire) as u32
    }

    /// Sleeps until it has rung again after `seen`, at the longest until `deadline_ns`.
    pub fn wait(&self, seen: u32, deadline_ns: u64) {
        sys::futex::wait(&self.page.words()[doorbell::COUNT], seen, deadline_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sys::clock::now_ns;

    #[test]
    fn a_ring_before_the_wait_is_not_lost() {
        let (memory, mine) = Doorbell::create().unwrap();
        let theirs = Doorbell::attach(memory.fd()).unwrap();
        let seen = mine.count();
        theirs.ring();
        mine.wait(seen, u64::MAX / 2);
        assert_ne!(mine.count(), seen);
    }

    #[test]
    fn a_wait_for_a_silent_bell_ends_at_its_deadline() {
        let (_memory, bell) = Doorbell::create().unwrap();
        let deadline = now_ns() + 1_000_000;
        bell.wait(bell.count(), deadline);
        assert!(now_ns() >= deadline);
    }

    #[test]
    fn a_foreign_page_is_refused() {
        let (memory, _page) = crate::page::create(PageKind::Heartbeat, 0).unwrap();
        let refused = Doorbell::attach(memory.fd()).unwrap_err();
        assert!(matches!(refused, AttachError::Foreign { .. }), "{refused}");
    }
}
