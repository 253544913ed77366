//! The moment that all schedules count from: [`Start`] decides it, everyone else reads it.

use crate::page::{AttachError, attach_view, create};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::Ordering;
use sys::shm::{Memory, Shared, SharedView};
use wire::shared::{PAGE_BYTES, PageKind, magic, start};

/// A start page as another version of this program would lay it out: nobody can attach to it.
pub fn of_another_version() -> std::io::Result<OwnedFd> {
    let memory = Memory::anonymous("failop-other-version", PAGE_BYTES)?;
    let page = Shared::map(memory.fd(), 0, PAGE_BYTES)?;
    // The version stands in the highest byte.
    page.words()[0].store(magic(PageKind::Start).wrapping_add(1 << 56), Ordering::Release);
    memory.read_only()
}

/// The watchdog's side.
#[derive(Debug)]
pub struct Start {
    page: Shared,
}

impl Start {
    /// New memory for a start that is not decided yet.
    pub fn create() -> Result<(Memory, Start), AttachError> {
        let (memory, page) = create(PageKind::Start, 0)?;
        Ok((memory, Start { page }))
    }

    /// Decides it.
    pub fn announce(&self, t0_ns: u64) {
        // Release pairs with Acquire in `StartView::t0_ns`.
        self.page.words()[start::T0_NS].store(t0_ns, Ordering::Release);
    }
}

/// A node's side.
#[derive(Debug)]
pub struct StartView {
    page: SharedView,
}

impl StartView {
    /// Maps the start page that was handed down.
    pub fn attach(fd: impl AsFd) -> Result<StartView, AttachError> {
        Ok(StartView { page: attach_view(PageKind::Start, fd, PAGE_BYTES)? })
    }

    /// The start of the schedule, once it is decided.
    pub fn t0_ns(&self) -> Option<u64> {
        // Acquire pairs with Release in `announce`.
        let t0_ns = self.page.load(start::T0_NS, Ordering::Acquire);
        (t0_ns != 0).then_some(t0_ns)
    }
}
