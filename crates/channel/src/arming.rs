//! When things begin that the watchdog decides on during a run: [`Arming`] tells, everyone else reads.

use crate::page::{AttachError, attach_view, create};
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use sys::shm::{Memory, Shared, SharedView};
use wire::shared::{PAGE_BYTES, PageKind, arming};

/// The watchdog's side.
#[derive(Debug)]
pub struct Arming {
    page: Shared,
}

impl Arming {
    /// New memory in which nothing has begun.
    pub fn create() -> Result<(Memory, Arming), AttachError> {
        let (memory, page) = create(PageKind::Arming, 0)?;
        Ok((memory, Arming { page }))
    }

    /// Number `number` begins at `start_ns` of the schedule.
    ///
    /// # Panics
    /// If the page does not hold so many.
    pub fn begin(&self, number: usize, start_ns: u64) {
        assert!(number < arming::FAULTS, "the page holds {} beginnings", arming::FAULTS);
        // Relaxed: the word says everything that there is to know.
        self.page.words()[arming::FIRST + number].store(start_ns + 1, Ordering::Relaxed);
    }
}

/// A node's side.
#[derive(Debug)]
pub struct ArmingView {
    page: SharedView,
}

impl ArmingView {
    /// Maps the page that was handed down.
    pub fn attach(fd: impl AsFd) -> Result<ArmingView, AttachError> {
        Ok(ArmingView { page: attach_view(PageKind::Arming, fd, PAGE_BYTES)? })
    }

    /// When number `number` begins, nanoseconds from the start of the schedule, once that is known.
    pub fn start_ns(&self, number: usize) -> Option<u64> {
        let word = self.page.load(arming::FIRST + number, Ordering::Relaxed);
        word.checked_sub(1)
    }

    /// The page itself, which the kernel lets nobody write to who has this view alone.
    pub fn page(&self) -> &SharedView {
        &self.page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_is_seen_by_everyone_who_has_the_page() {
        let (memory, arming) = Arming::create().unwrap();
        let view = ArmingView::attach(memory.fd()).unwrap();
        assert_eq!([0, 7].map(|number| view.start_ns(number)), [None, None]);
        arming.begin(7, 0);
        arming.begin(0, 99);
        assert_eq!([0, 7].map(|number| view.start_ns(number)), [Some(99), Some(0)]);
    }
}
