//! The moment that all schedules count from: [`Start`] decides it, everyone else reads it.

use crate::page::{AttachError, attach_view, create};
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use sys::shm::{Memory, Shared, SharedView};
use wire::shared::{PAGE_BYTES, PageKind, start};

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
