//! Memory that carries messages, of whatever kind: [`Store`] owns it, [`Handle`] is what a process
//! inherits of it.

use crate::link::{HandDown, Inherited};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::shm::{Memory, Place, Source};
use sys::sysv::memory::{Segment, SegmentId};
use wire::Mechanism;

/// Which memory of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreKind {
    /// A memfd, its size sealed.
    Sealed,
    /// `shm_open`: as a memfd, but everyone who can write it can also shrink it.
    Posix,
    /// `shmget`: by number. Its size never changes; whoever reads it could also write it.
    SystemV,
}

impl StoreKind {
    /// What a link by this mechanism has its messages in, if it shares memory.
    pub(crate) fn of(mechanism: Mechanism) -> Option<StoreKind> {
        match mechanism {
            Mechanism::Shm | Mechanism::ShmSignal | Mechanism::ShmInotify => {
                Some(StoreKind::Sealed)
            }
            Mechanism::PosixShmFutex
            | Mechanism::PosixShmSemaphore
            | Mechanism::PosixShmCondvar
            | Mechanism::PosixShmEventfd => Some(StoreKind::Posix),
            Mechanism::SysvShmSemaphore => Some(StoreKind::SystemV),
            _ => None,
        }
    }
}

/// Memory, as long as its owner keeps it.
#[derive(Debug)]
pub(crate) enum Store {
    Descriptor(Memory),
    Segment(Segment),
}

impl Store {
    pub(crate) fn create(kind: StoreKind, name: &str, bytes: usize) -> io::Result<Store> {
        Ok(match kind {
            StoreKind::Sealed => Store::Descriptor(Memory::anonymous(name, bytes)?),
            StoreKind::Posix => Store::Descriptor(Memory::posix(name, bytes)?),
            StoreKind::SystemV => Store::Segment(Segment::create(bytes)?),
        })
    }

    /// For who writes.
    pub(crate) fn writable(&self) -> io::Result<Handle> {
        Ok(match self {
            Store::Descriptor(memory) => Handle::Descriptor(memory.fd().try_clone_to_owned()?),
            Store::Segment(segment) => Handle::Segment(segment.id()),
        })
    }

    /// For who reads: where there is a descriptor, the kernel refuses to map it writable.
    pub(crate) fn read_only(&self) -> io::Result<Handle> {
        Ok(match self {
            Store::Descriptor(memory) => Handle::Descriptor(memory.read_only()?),
            Store::Segment(segment) => Handle::Segment(segment.id()),
        })
    }

    /// The memory, if it has a descriptor.
    pub(crate) fn memory(&self) -> Option<&Memory> {
        match self {
            Store::Descriptor(memory) => Some(memory),
            Store::Segment(_) => None,
        }
    }
}

impl Source for Store {
    fn place(&self) -> Place<'_> {
        match self {
            Store::Descriptor(memory) => Place::Descriptor(memory.fd()),
            Store::Segment(segment) => Place::Segment(segment.id()),
        }
    }
}

/// What names memory to a process.
#[derive(Debug)]
pub(crate) enum Handle {
    Descriptor(OwnedFd),
    Segment(SegmentId),
}

impl Handle {
    /// With a descriptor that belongs to it, as one end.
    pub(crate) fn hand_down<'a>(&'a self, other: BorrowedFd<'a>) -> HandDown<'a> {
        match self {
            Handle::Descriptor(fd) => HandDown { fds: vec![fd.as_fd(), other], ids: Vec::new() },
            Handle::Segment(SegmentId(id)) => {
                HandDown { fds: vec![other], ids: vec![id.cast_unsigned().into()] }
            }
        }
    }

    /// Takes such an end apart; the end again if it is none.
    pub(crate) fn inherit(end: Inherited) -> Result<(Handle, OwnedFd), Inherited> {
        let Inherited { mut descriptors, ids } = end;
        let other = match (descriptors.len(), ids.len()) {
            (2, 0) | (1, 1) => descriptors.pop(),
            _ => None,
        };
        match (other, descriptors.pop(), ids.first()) {
            (Some(other), Some(fd), None) => Ok((Handle::Descriptor(fd), other)),
            (Some(other), None, Some(&id)) => Ok((Handle::Segment(SegmentId(id as i32)), other)),
            _ => Err(Inherited { descriptors, ids }),
        }
    }

    /// The descriptor, if it has one.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Handle::Descriptor(fd) => Some(fd.as_fd()),
            Handle::Segment(_) => None,
        }
    }
}

impl Source for Handle {
    fn place(&self) -> Place<'_> {
        match self {
            Handle::Descriptor(fd) => Place::Descriptor(fd.as_fd()),
            Handle::Segment(id) => Place::Segment(*id),
        }
    }
}
