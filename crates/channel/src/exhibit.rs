//! The torn picture that is shown when a run is over: [`Exhibit`].
//!
//! Of many, fusion keeps one, where the watchdog finds it when fusion is buried: never while it is
//! written.

use crate::page::{AttachError, attach, create};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::Ordering;
use sys::shm::{Memory, Shared};
use wire::frame::{HEIGHT_PX, PIXEL_BYTES};
use wire::shared::{PAGE_BYTES, PageKind, exhibit};

/// A picture of which the upper rows are of one frame and the rest of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Number that its header carries: that of the older frame.
    pub frame: u64,
    /// Its first row of the older frame.
    pub row: u32,
    /// Grey values, row by row from the top.
    pub pixels: Vec<u8>,
}

/// The owner's handle.
#[derive(Debug)]
pub struct Exhibit {
    memory: Memory,
    header: Shared,
}

impl Exhibit {
    /// New memory for one picture.
    pub fn create() -> Result<Exhibit, AttachError> {
        let (memory, header) = create(PageKind::Exhibit, PIXEL_BYTES)?;
        Ok(Exhibit { memory, header })
    }

    /// The memory, for fusion.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.memory.fd()
    }

    /// The picture that was kept, its writer being buried.
    pub fn kept(&self) -> Result<Option<Torn>, AttachError> {
        let words = self.header.words();
        // Acquire pairs with Release in `ExhibitWriter::keep`.
        if words[exhibit::KEPT].load(Ordering::Acquire) == 0 {
            return Ok(None);
        }
        let mut pixels = pixels(&self.memory.fd())?;
        Ok(Some(Torn {
            frame: words[exhibit::FRAME].load(Ordering::Relaxed),
            row: words[exhibit::ROW].load(Ordering::Relaxed) as u32,
            pixels: pixels.bytes_mut(0, PIXEL_BYTES).to_vec(),
        }))
    }
}

fn pixels(fd: &impl AsFd) -> Result<Shared, AttachError> {
    Shared::map(fd, PAGE_BYTES, PIXEL_BYTES)
        .map_err(|source| AttachError::Map { what: PageKind::Exhibit, source })
}

/// The writing side: one process at a time.
#[derive(Debug)]
pub struct ExhibitWriter {
    header: Shared,
    pixels: Shared,
}

impl ExhibitWriter {
    /// Maps the memory.
    pub fn attach(fd: impl AsFd) -> Result<ExhibitWriter, AttachError> {
        let header = attach(PageKind::Exhibit, &fd, PAGE_BYTES)?;
        Ok(ExhibitWriter { header, pixels: pixels(&fd)? })
    }

    /// Keeps a picture torn at `row`, unless one is kept that shows more: of two, the one torn nearer to
    /// the middle does.
    pub fn keep(&mut self, (frame, row): (u64, u32), pixels: &[u8]) {
        let words = self.header.words();
        // Relaxed: this process is the only one that stores to them.
        let kept = words[exhibit::KEPT].load(Ordering::Relaxed) != 0;
        let kept_row = words[exhibit::ROW].load(Ordering::Relaxed) as u32;
        if kept && from_middle(kept_row) <= from_middle(row) {
            return;
        }
        words[exhibit::KEPT].store(0, Ordering::Relaxed);
        words[exhibit::FRAME].store(frame, Ordering::Relaxed);
        words[exhibit::ROW].store(row.into(), Ordering::Relaxed);
        self.pixels.bytes_mut(0, PIXEL_BYTES).copy_from_slice(pixels);
        // Release pairs with Acquire in `Exhibit::kept`; a writer killed before this line kept nothing.
        self.header.words()[exhibit::KEPT].store(1, Ordering::Release);
    }
}

fn from_middle(row: u32) -> u32 {
    row.abs_diff(HEIGHT_PX as u32 / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_the_one_torn_nearest_to_the_middle_is_kept() {
        let exhibit = Exhibit::create().unwrap();
        let mut writer = ExhibitWriter::attach(exhibit.fd()).unwrap();
        assert_eq!(exhibit.kept().unwrap(), None);
        for (frame, row, kept) in [(1, 10, 1), (2, 600, 2), (3, 700, 2), (4, 540, 4), (5, 540, 4)] {
            writer.keep((frame, row), &vec![frame as u8; PIXEL_BYTES]);
            let torn = exhibit.kept().unwrap().unwrap();
            assert_eq!(torn.frame, kept);
            assert_eq!(torn.pixels, vec![kept as u8; PIXEL_BYTES]);
        }
        let mut successor = ExhibitWriter::attach(exhibit.fd()).unwrap();
        successor.keep((6, 0), &vec![6; PIXEL_BYTES]);
        assert_eq!(exhibit.kept().unwrap().unwrap().row, 540);
    }
}
