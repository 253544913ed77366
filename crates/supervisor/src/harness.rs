//! A process of the harness in the eyes of the watchdog: [`Harness`].
//!
//! It is not under test: it is not restarted, and a run that lost it proves nothing. It dies with the
//! watchdog.

use crate::boot::{self, BootError, pack};
use serde::Serialize;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use sys::process::{Child, Exit, Usage};

/// A process of the harness at work. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Harness(Child);

impl Harness {
    /// Starts it in this role, with what it is told and the descriptors that it inherits.
    pub(crate) fn start<E: From<BootError> + From<io::Error>>(
        program: &Path,
        role: &str,
        told: &impl Serialize,
        fds: &[BorrowedFd<'_>],
    ) -> Result<Harness, E> {
        Ok(Harness(boot::start(program, role, &pack(told)?, fds)?))
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.0.pid()
    }

    /// What it has used.
    pub(crate) fn usage(&self) -> io::Result<Usage> {
        self.0.usage()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&self) -> io::Result<Option<Exit>> {
        self.0.try_reap()
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        // It is ours; where it was buried already, the kernel says so.
        if self.0.kill().is_ok()
            && let Err(_gone) = self.0.reap()
        {}
    }
}

impl AsFd for Harness {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
