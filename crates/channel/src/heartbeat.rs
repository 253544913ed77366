//! Life signs, one way: a process [`Beater`]s, the watchdog has the [`Monitor`].

use crate::page::{AttachError, attach, attach_view, create};
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use sys::shm::{Memory, Shared, SharedView};
use wire::shared::{PAGE_BYTES, PageKind, heartbeat};

/// The side of the process that shows life.
#[derive(Debug)]
pub struct Beater {
    page: Shared,
}

impl Beater {
    /// Maps the heartbeat page that was handed down.
    pub fn attach(fd: impl AsFd) -> Result<Beater, AttachError> {
        Ok(Beater { page: attach(PageKind::Heartbeat, fd, PAGE_BYTES)? })
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
}

/// The side of the watchdog, which never writes while a process lives.
#[derive(Debug)]
pub struct Monitor {
    page: SharedView,
}

impl Monitor {
    /// New memory for a heartbeat.
    pub fn create() -> Result<(Memory, Monitor), AttachError> {
        let (memory, _page) = create(PageKind::Heartbeat, 0)?;
        let page = attach_view(PageKind::Heartbeat, memory.fd(), PAGE_BYTES)?;
        Ok((memory, Monitor { page }))
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
