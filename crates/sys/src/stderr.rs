//! Lines on standard error that nobody ever waits for: [`Lines`].

use nix::libc;
use nix::sys::stat::{SFlag, fstat};
use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;

/// A way to standard error that drops what finds no room.
///
/// A pipe or a terminal is opened once more for it: not to wait is a property of the opening, and
/// others share the one that was inherited. A file has always room, and is written at the place
/// that all who inherited it share. A socket cannot be opened.
#[derive(Debug)]
pub struct Lines {
    to: File,
    dropped: Cell<u64>,
}

impl Lines {
    /// The standard error of this process.
    pub fn open() -> io::Result<Lines> {
        let inherited = io::stderr();
        let kind = fstat(inherited.as_fd())?.st_mode & SFlag::S_IFMT.bits();
        let to = if kind == SFlag::S_IFREG.bits() {
            File::from(inherited.as_fd().try_clone_to_owned()?)
        } else {
            let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
            OpenOptions::new().write(true).custom_flags(flags).open("/proc/self/fd/2")?
        };
        Ok(Lines { to, dropped: Cell::new(0) })
    }

    /// Writes a line, or drops it. One that fits into a pipe's page is written in full or not at all.
    pub fn tell(&self, line: &str) {
        // Whatever stands against it, nobody can be told where they would look.
        if !(&self.to).write(line.as_bytes()).is_ok_and(|written| written == line.len()) {
            self.dropped.set(self.dropped.get() + 1);
        }
    }

    /// Lines that were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped.get()
    }
}
