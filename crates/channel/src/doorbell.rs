//! Waking one process from any other: [`Doorbell`]; who makes it has it as [`Owned`].
//!
//! A process that waits for several things has one doorbell that everyone who feeds it rings after
//! feeding. It waits on that alone, no matter how many sources. Whatever makes it heard (its [`Kind`]),
//! a counter in shared memory counts the rings: one that finds nobody asleep is remembered, so none is
//! lost; a feeder killed before it could ring, or while it rings, costs at most the waiter's own
//! deadline.

mod descriptors;
mod futex;
mod locks;
mod owned;
mod signal;
mod sysv;

pub use owned::{Kind, Owned};

use crate::link::{Inherited, has_descriptor};
use crate::page::{AttachError, attach, create};
use std::fmt::Debug;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use sys::shm::{Memory, Shared};
use wire::Mechanism;
use wire::shared::{PAGE_BYTES, PageKind, doorbell};

/// A mapped doorbell.
#[derive(Debug)]
pub struct Doorbell {
    page: Shared,
    chime: Box<dyn Chime>,
}

/// What makes a doorbell heard.
trait Chime: Debug + Send + Sync {
    /// Counts a ring and wakes who waits.
    fn ring(&self, page: &Shared) -> io::Result<()>;
    /// Sleeps until it has rung again after `seen`, at the longest until `deadline_ns`. May return
    /// early.
    fn wait(&self, page: &Shared, seen: u32, deadline_ns: u64) -> io::Result<()>;
    /// Takes what becomes readable for a ring, if it can.
    fn listen(&mut self, _fd: BorrowedFd<'_>) -> io::Result<bool> {
        Ok(false)
    }
    /// Takes no descriptor for a ring any more.
    fn listen_no_more(&mut self) {}
}

impl Doorbell {
    /// New memory for a doorbell that a futex makes heard: it takes nothing but this memory.
    pub fn create() -> Result<(Memory, Doorbell), AttachError> {
        let (memory, page) = create(PageKind::Doorbell, 0)?;
        Ok((memory, Doorbell { page, chime: Box::new(futex::Futex) }))
    }

    /// Maps a doorbell made by [`create`](Self::create).
    pub fn attach(fd: impl AsFd) -> Result<Doorbell, AttachError> {
        let page = attach(PageKind::Doorbell, fd, PAGE_BYTES)?;
        Ok(Doorbell { page, chime: Box::new(futex::Futex) })
    }

    /// Takes over a doorbell of any kind that its owner handed down ([`Owned::end`]).
    pub fn inherit(end: Inherited) -> Result<Doorbell, AttachError> {
        owned::inherit(end)
    }

    /// Wakes the owner.
    pub fn ring(&self) {
        // Where the mechanism is gone (its owner has ended, or somebody has removed it by hand), the
        // ring is counted all the same: who waits finds it at its deadline.
        if let Err(_unheard) = self.chime.ring(&self.page) {}
    }

    /// How often it has rung. Read it, look at every source, then [`wait`](Self::wait) with it.
    pub fn count(&self) -> u32 {
        count(&self.page)
    }

    /// Sleeps until it has rung again after `seen`, at the longest until `deadline_ns`. May return
    /// early.
    pub fn wait(&self, seen: u32, deadline_ns: u64) {
        if let Err(_deaf) = self.chime.wait(&self.page, seen, deadline_ns) {
            // The mechanism is gone: the deadline is left.
            sys::futex::wait(counter(&self.page), seen, deadline_ns);
        }
    }

    /// Takes a descriptor that becomes readable for a ring; `false` if this kind cannot, so that whoever
    /// makes it readable has to ring. The descriptor's owner must empty it before each wait.
    pub fn listen(&mut self, fd: BorrowedFd<'_>) -> io::Result<bool> {
        self.chime.listen(fd)
    }

    /// Lets go of every descriptor that it was to listen to: one that was closed is not while it listens.
    pub fn listen_no_more(&mut self) {
        self.chime.listen_no_more();
    }

    /// Whether it is heard without a ring when a message comes by a link of this mechanism.
    pub fn hears(&self, mechanism: Mechanism) -> bool {
        self.page.words()[doorbell::KIND].load(Ordering::Relaxed) == Kind::Poll as u64
            && has_descriptor(mechanism)
    }

    /// How many processes died while they held its lock, if it has one.
    pub fn holders_died(&self) -> u64 {
        // Relaxed: a number for people.
        self.page.words()[doorbell::HOLDERS_DIED].load(Ordering::Relaxed)
    }
}

fn counter(page: &Shared) -> &AtomicU64 {
    &page.words()[doorbell::COUNT]
}

fn count(page: &Shared) -> u32 {
    // Acquire pairs with Release in `add_one`.
    counter(page).load(Ordering::Acquire) as u32
}

/// Counts a ring. Returns the new count.
fn add_one(page: &Shared) -> u64 {
    // Release pairs with Acquire in `count`: who sees the ring sees what was fed before it.
    counter(page).fetch_add(1, Ordering::Release) + 1
}

#[cfg(test)]
mod tests;
