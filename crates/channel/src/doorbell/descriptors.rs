//! Descriptors that become readable: an eventfd; an eventfd together with the descriptors of links; a
//! file in memory that is touched, with inotify.
//!
//! Rings that nobody has heard yet count as one; a ring is one system call, a wait two (sleep, and make
//! it unreadable again). Nothing is locked, so that no death leaves anything behind; nothing has a name:
//! the kernel closes all with the last process that has it. Inotify takes one of the user's instances
//! (`fs.inotify.max_user_instances`). No priority.

use super::{Chime, add_one, count};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::notify::{Touched, Watch};
use sys::poll::{Waker, wait_any};
use sys::shm::Shared;

impl Chime for Waker {
    fn ring(&self, page: &Shared) -> io::Result<()> {
        add_one(page);
        self.wake()
    }

    fn wait(&self, page: &Shared, seen: u32, deadline_ns: u64) -> io::Result<()> {
        if count(page) == seen {
            wait_any(&[self.as_fd()], deadline_ns)?;
        }
        // Each ring was counted before this; the caller looks at the count after it.
        self.clear()
    }
}

/// An eventfd for those who have no descriptor, and the descriptors of the others.
#[derive(Debug)]
pub(super) struct Listening {
    waker: Waker,
    others: Vec<OwnedFd>,
}

impl Listening {
    pub(super) fn new(waker: Waker) -> Listening {
        Listening { waker, others: Vec::new() }
    }
}

impl Chime for Listening {
    fn ring(&self, page: &Shared) -> io::Result<()> {
        self.waker.ring(page)
    }

    fn wait(&self, page: &Shared, seen: u32, deadline_ns: u64) -> io::Result<()> {
        if count(page) == seen {
            let fds = self.others.iter().map(OwnedFd::as_fd).chain([self.waker.as_fd()]);
            let first = wait_any(&fds.collect::<Vec<_>>(), deadline_ns)?;
            if first.is_some_and(|index| index < self.others.len()) {
                // Who made that descriptor readable has not rung: this is the ring.
                add_one(page);
            }
        }
        self.waker.clear()
    }

    fn listen(&mut self, fd: BorrowedFd<'_>) -> io::Result<bool> {
        self.others.push(fd.try_clone_to_owned()?);
        Ok(true)
    }

    fn listen_no_more(&mut self) {
        self.others.clear();
    }
}

/// A file that is touched, and who is told.
#[derive(Debug)]
pub(super) struct Noticing {
    touched: Touched,
    watch: Watch,
}

impl Noticing {
    pub(super) fn new(touched: Touched, watch: Watch) -> Noticing {
        Noticing { touched, watch }
    }
}

impl Chime for Noticing {
    fn ring(&self, page: &Shared) -> io::Result<()> {
        add_one(page);
        self.touched.touch()
    }

    fn wait(&self, page: &Shared, seen: u32, deadline_ns: u64) -> io::Result<()> {
        if count(page) == seen {
            wait_any(&[self.watch.as_fd()], deadline_ns)?;
        }
        self.watch.clear()
    }
}
