//! Life signs, one way: a process [`Beater`]s, the watchdog has the [`Monitor`].
//!
//! Three of them share a page: beats, the checkpoints that the process passes, and a word that the
//! kernel marks when the process dies.

use crate::checkpoints;
pub use crate::checkpoints::Passed;
use crate::page::{AttachError, attach, attach_view, create};
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use sys::shm::{Memory, Shared, SharedView};
use wire::Checkpoint;
use wire::shared::{PAGE_BYTES, PageKind, heartbeat};

/// The side of the process that shows life.
#[derive(Debug)]
pub struct Beater {
    /// Mapped until the process ends: the kernel marks it then.
    page: &'static Shared,
}

impl Beater {
    /// Maps the heartbeat page that was handed down.
    pub fn attach(fd: impl AsFd) -> Result<Beater, AttachError> {
        let page = attach(PageKind::Heartbeat, fd, PAGE_BYTES)?;
        Ok(Beater { page: Box::leak(Box::new(page)) })
    }

    /// Lets the kernel tell the watchdog when the calling thread ends.
    pub fn hold(&self) -> io::Result<()> {
        sys::robust::hold(self.page.words(), heartbeat::HOLDER)
    }

    /// Says that `incarnation` is ready to work.
    pub fn ready(&self, incarnation: u32, now_ns: u64) {
        let words = self.page.words();
        words[heartbeat::BEAT_NS].store(0, Ordering::Relaxed);
        // Release pairs with Acquire in `Monitor::last`: who sees the incarnation no longer sees
        // the last beat of the one before.
        words[heartbeat::INCARNATION].store(incarnation.into(), Ordering::Release);
        self.beat(now_ns);
    }

    /// Shows life.
    pub fn beat(&self, now_ns: u64) {
        self.page.words()[heartbeat::BEAT_NS].store(now_ns, Ordering::Relaxed);
    }

    /// Says that `incarnation` passes a checkpoint.
    pub fn pass(&self, incarnation: u32, checkpoint: Checkpoint, now_ns: u64) {
        checkpoints::pass(self.page.words(), Passed { incarnation, checkpoint, at_ns: now_ns });
    }
}

/// The side of the watchdog, which never writes while a process lives.
#[derive(Debug)]
pub struct Monitor {
    page: SharedView,
    /// The first checkpoint that was not read yet.
    next: u64,
}

impl Monitor {
    /// New memory for a heartbeat.
    pub fn create() -> Result<(Memory, Monitor), AttachError> {
        let (memory, _page) = create(PageKind::Heartbeat, 0)?;
        let page = attach_view(PageKind::Heartbeat, memory.fd(), PAGE_BYTES)?;
        Ok((memory, Monitor { page, next: 0 }))
    }

    /// When `incarnation` last showed life; `None` before it was ready. A beat of an earlier
    /// incarnation does not count: the dead are not revived.
    pub fn last(&self, incarnation: u32) -> Option<u64> {
        // Acquire pairs with Release in `Beater::ready`.
        if self.page.load(heartbeat::INCARNATION, Ordering::Acquire) != incarnation.into() {
            return None;
        }
        let beat_ns = self.page.load(heartbeat::BEAT_NS, Ordering::Relaxed);
        (beat_ns != 0).then_some(beat_ns)
    }

    /// Hands every checkpoint passed since the last call to `take`, in order, and returns how many
    /// were lost: overwritten before they could be read, or not understood.
    pub fn drain(&mut self, take: impl FnMut(Passed)) -> u64 {
        checkpoints::drain(&self.page, &mut self.next, take)
    }
}

/// Who waits for the death of the process of a heartbeat page, on a thread of its own.
#[derive(Debug)]
pub struct Mourner {
    page: SharedView,
}

impl Mourner {
    /// Maps a heartbeat page.
    pub fn attach(fd: impl AsFd) -> Result<Mourner, AttachError> {
        Ok(Mourner { page: attach_view(PageKind::Heartbeat, fd, PAGE_BYTES)? })
    }

    /// Sleeps until a process that holds the page dies, or until `deadline_ns`; whether the last holder
    /// is dead. May return early.
    pub fn wait(&self, deadline_ns: u64) -> bool {
        sys::robust::wait_for_death(&self.page, heartbeat::HOLDER, deadline_ns);
        sys::robust::owner_died(&self.page, heartbeat::HOLDER)
    }

    /// Ends a [`wait`](Self::wait) of another thread, if it has begun.
    pub fn wake(&self) {
        self.page.wake(heartbeat::HOLDER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_counts_for_its_own_incarnation_alone() {
        let (memory, monitor) = Monitor::create().unwrap();
        let beater = Beater::attach(memory.fd()).unwrap();
        assert_eq!(monitor.last(1), None);
        beater.ready(1, 100);
        assert_eq!(monitor.last(1), Some(100));
        assert_eq!(monitor.last(2), None, "the dead do not speak for the living");
        beater.ready(2, 200);
        assert_eq!(monitor.last(2), Some(200));
    }
}
