//! System V shared memory: [`Segment`] owns it, [`SegmentId`] names it to
//! [`Shared`](crate::shm::Shared) and [`SharedView`](crate::shm::SharedView).
//!
//! The owner attaches the segment and at once marks it for removal: Linux still lets others attach by
//! the number while somebody is attached, and takes the memory away when the last one is gone. So
//! nothing is left behind whoever is killed, the owner included. Its size never changes. Every process
//! of the same user can attach it for writing: that a reader may only read is its own choice.

use crate::shm::Access;
use nix::errno::Errno;
use nix::libc;
use std::io;
use std::mem::MaybeUninit;

/// Only this user attaches.
const OWN: libc::c_int = 0o600;

/// The number by which a process reaches a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentId(pub i32);

/// A segment, which stays for as long as this or any attachment does.
#[derive(Debug)]
pub struct Segment {
    id: SegmentId,
    _attached: Attachment,
}

impl Segment {
    /// A zeroed segment that no key leads to (`IPC_PRIVATE`).
    pub fn create(bytes: usize) -> io::Result<Segment> {
        // SAFETY: takes three integers and returns a number or -1.
        let id = unsafe { libc::shmget(libc::IPC_PRIVATE, bytes, libc::IPC_CREAT | OWN) };
        let id = SegmentId(Errno::result(id)?);
        let attached = Attachment::new(id, Access::ReadWrite);
        // Also if it could not be attached: it would stay for ever.
        // SAFETY: IPC_RMID takes no third argument: the null pointer is not used.
        Errno::result(unsafe { libc::shmctl(id.0, libc::IPC_RMID, std::ptr::null_mut()) })?;
        Ok(Segment { id, _attached: attached? })
    }

    /// The number by which any process of this user reaches it.
    pub fn id(&self) -> SegmentId {
        self.id
    }
}

/// A segment in the address space of this process.
#[derive(Debug)]
pub(crate) struct Attachment {
    start: *mut u8,
    bytes: usize,
}

// SAFETY: it is an address range that nobody else detaches; who may access it when is the business of
// `Shared` and `SharedView`, whatever thread they are in.
unsafe impl Send for Attachment {}
// SAFETY: as above; through a shared reference only its address and size can be read.
unsafe impl Sync for Attachment {}

impl Attachment {
    pub(crate) fn new(id: SegmentId, access: Access) -> io::Result<Attachment> {
        let flags = match access {
            Access::Read => libc::SHM_RDONLY,
            Access::ReadWrite => 0,
        };
        // SAFETY: without an address the kernel chooses one where nothing is mapped.
        let start = unsafe { libc::shmat(id.0, std::ptr::null(), flags) };
        if start.addr() == usize::MAX {
            return Err(io::Error::last_os_error());
        }
        // From here on it is detached whatever happens.
        let mut attachment = Attachment { start: start.cast(), bytes: 0 };
        let mut state = MaybeUninit::<libc::shmid_ds>::uninit();
        // SAFETY: IPC_STAT fills the structure that the pointer, to a live local, leads to.
        let told = unsafe { libc::shmctl(id.0, libc::IPC_STAT, state.as_mut_ptr()) };
        Errno::result(told)?;
        // SAFETY: the call above has succeeded, so the kernel has filled it.
        attachment.bytes = unsafe { state.assume_init() }.shm_segsz;
        Ok(attachment)
    }

    pub(crate) fn start(&self) -> *mut u8 {
        self.start
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        // SAFETY: `start` came from `shmat`, is detached only here, and whoever had a pointer into it
        // borrowed it through `self`.
        let detached = unsafe { libc::shmdt(self.start.cast()) };
        Errno::result(detached).expect("attached, and detached only here");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shm::{Shared, SharedView};
    use std::sync::atomic::Ordering;

    /// Whether the kernel lists a segment of this number.
    fn is_listed(id: SegmentId) -> bool {
        let table = std::fs::read_to_string("/proc/sysvipc/shm").unwrap();
        let id = id.0.to_string();
        table.lines().skip(1).any(|line| line.split_whitespace().nth(1) == Some(&id))
    }

    #[test]
    fn what_one_attachment_stores_another_loads() {
        let segment = Segment::create(8192).unwrap();
        let mut shared = Shared::map(segment.id(), 4096, 4096).unwrap();
        let view = SharedView::map(segment.id(), 4096, 4096).unwrap();
        shared.words()[3].store(77, Ordering::Release);
        assert_eq!(view.load(3, Ordering::Acquire), 77);
        shared.bytes_mut(100, 3).copy_from_slice(b"abc");
        assert_eq!(view.bytes(100, 3), b"abc");
    }

    #[test]
    fn it_is_gone_with_its_last_attachment() {
        let segment = Segment::create(4096).unwrap();
        let shared = Shared::map(segment.id(), 0, 4096).unwrap();
        let id = segment.id();
        drop(segment);
        assert!(is_listed(id));
        drop(shared);
        assert!(!is_listed(id));
        assert!(Shared::map(id, 0, 4096).is_err());
    }

    #[test]
    fn a_mapping_beyond_the_end_is_refused() {
        let segment = Segment::create(4096).unwrap();
        let refused = Shared::map(segment.id(), 0, 8192).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::UnexpectedEof);
    }
}
