//! Where memory comes from, and where it lies in this process: [`Source`], [`Mapping`].

use super::HUGE_PAGE_BYTES;
use crate::sysv::memory::{Attachment, SegmentId};
use memmap2::{MmapOptions, MmapRaw};
use nix::errno::Errno;
use nix::libc;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// Memory that can be mapped, by whatever names it.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// A file without a name, or with one.
    Descriptor(BorrowedFd<'a>),
    /// A System V segment.
    Segment(SegmentId),
}

/// What names memory: anything with a descriptor, or the number of a System V segment.
pub trait Source {
    /// The memory that it names.
    fn place(&self) -> Place<'_>;
}

impl<T: AsFd> Source for T {
    fn place(&self) -> Place<'_> {
        Place::Descriptor(self.as_fd())
    }
}

impl Source for SegmentId {
    fn place(&self) -> Place<'_> {
        Place::Segment(*self)
    }
}

impl Source for Place<'_> {
    fn place(&self) -> Place<'_> {
        *self
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Access {
    Read,
    ReadWrite,
}

/// A mapping, and the address range around it that it needs to lie where it must.
#[derive(Debug)]
pub(super) struct Mapping {
    range: Range,
    /// Where in the range the mapping begins.
    from: usize,
    bytes: usize,
}

#[derive(Debug)]
enum Range {
    File(MmapRaw),
    Segment(Attachment),
}

impl Mapping {
    pub(super) fn new(
        place: Place<'_>,
        offset: usize,
        bytes: usize,
        access: Access,
    ) -> io::Result<Mapping> {
        match place {
            Place::Descriptor(fd) => Mapping::of_file(fd, offset, bytes, access),
            Place::Segment(id) => Mapping::of_segment(id, offset, bytes, access),
        }
    }

    /// A segment is attached as a whole, wherever the mapping begins in it.
    fn of_segment(
        id: SegmentId,
        offset: usize,
        bytes: usize,
        access: Access,
    ) -> io::Result<Mapping> {
        let attachment = Attachment::new(id, access)?;
        check_size(attachment.bytes() as u64, offset, bytes)?;
        Ok(Mapping { range: Range::Segment(attachment), from: offset, bytes })
    }

    fn of_file(
        fd: BorrowedFd<'_>,
        offset: usize,
        bytes: usize,
        access: Access,
    ) -> io::Result<Mapping> {
        check_size(nix::sys::stat::fstat(fd)?.st_size as u64, offset, bytes)?;
        if bytes >= HUGE_PAGE_BYTES {
            return Mapping::aligned(fd, offset, bytes, access);
        }
        let mut options = MmapOptions::new();
        let options = options.offset(offset as u64).len(bytes);
        let range = match access {
            Access::Read => options.map_raw_read_only(fd.as_raw_fd())?,
            Access::ReadWrite => options.map_raw(fd.as_raw_fd())?,
        };
        Ok(Mapping { range: Range::File(range), from: 0, bytes })
    }

    /// A huge page is mapped as one only where address and offset are equal within it.
    fn aligned(
        fd: BorrowedFd<'_>,
        offset: usize,
        bytes: usize,
        access: Access,
    ) -> io::Result<Mapping> {
        let range = MmapRaw::from(MmapOptions::new().len(bytes + HUGE_PAGE_BYTES).map_anon()?);
        let from = offset.wrapping_sub(range.as_ptr().addr()) % HUGE_PAGE_BYTES;
        let protection = match access {
            Access::Read => libc::PROT_READ,
            Access::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
        };
        // SAFETY: the replaced addresses lie inside `range`, from its byte `from` (less than a huge
        // page) on, which belongs to us, to which nobody has a pointer, and which unmaps them.
        let mapped = unsafe {
            libc::mmap(
                range.as_mut_ptr().wrapping_add(from).cast(),
                bytes,
                protection,
                libc::MAP_SHARED | libc::MAP_FIXED,
                fd.as_raw_fd(),
                offset as libc::off_t,
            )
        };
        if mapped == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Mapping { range: Range::File(range), from, bytes })
    }

    pub(super) fn start(&self) -> *mut u8 {
        let range = match &self.range {
            Range::File(range) => range.as_mut_ptr(),
            Range::Segment(attachment) => attachment.start(),
        };
        range.wrapping_add(self.from)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Makes every page present. Kernels before 5.14 do not know the advice; there the first pass
    /// over the memory pays for its page faults.
    pub(super) fn prefault(&self, advice: libc::c_int) -> io::Result<()> {
        match self.advise(advice) {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Ok(()),
            other => other,
        }
    }

    /// Gives the kernel one of the advices that leave the content as it is.
    pub(super) fn advise(&self, advice: libc::c_int) -> io::Result<()> {
        // SAFETY: the range is this mapping, and what this module advises (to make pages present, to
        // put huge ones in their place) changes what backs it, not its content.
        let advised = unsafe { libc::madvise(self.start().cast(), self.bytes, advice) };
        Errno::result(advised)?;
        Ok(())
    }
}

/// A mapping beyond the end of its memory would fault with `SIGBUS` at the first access.
fn check_size(size: u64, offset: usize, bytes: usize) -> io::Result<()> {
    let needed = offset.saturating_add(bytes);
    if needed as u64 > size {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            format!("shared memory of {size} bytes, {needed} needed"),
        ));
    }
    Ok(())
}
