//! Lines for whoever reads, without ever waiting for them: [`Lines`].

use crate::socket::send_some;
use nix::libc;
use nix::sys::stat::{SFlag, fstat};
use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::OpenOptionsExt;

/// A way to a pipe, a terminal, a file or a socket that drops what finds no room.
///
/// A pipe or a terminal is opened once more for it: not to wait is a property of the opening, and
/// others share the one that was inherited. A file has always room, and is written at the place
/// that all who inherited it share. A socket, as a service manager gives it for its log, cannot be
/// opened, and need not be: not to wait is there a property of each sending.
#[derive(Debug)]
pub struct Lines {
    to: File,
    way: Way,
    dropped: Cell<u64>,
}

/// How a line goes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Written,
    Sent,
}

impl Lines {
    /// To where an open descriptor leads.
    pub fn open(inherited: impl AsFd) -> io::Result<Lines> {
        let inherited = inherited.as_fd();
        let kind = fstat(inherited)?.st_mode & SFlag::S_IFMT.bits();
        let way = if kind == SFlag::S_IFSOCK.bits() { Way::Sent } else { Way::Written };
        let to = if kind == SFlag::S_IFREG.bits() || way == Way::Sent {
            File::from(inherited.try_clone_to_owned()?)
        } else {
            let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
            let name = format!("/proc/self/fd/{}", inherited.as_raw_fd());
            OpenOptions::new().write(true).custom_flags(flags).open(name)?
        };
        Ok(Lines { to, way, dropped: Cell::new(0) })
    }

    /// Writes a line, or drops it. One that fits into a pipe's page is written in full or not at all.
    pub fn tell(&self, line: &str) {
        let written = match self.way {
            Way::Written => (&self.to).write(line.as_bytes()),
            Way::Sent => send_some(&self.to, line.as_bytes()).map(Option::unwrap_or_default),
        };
        // Whatever stands against it, nobody can be told where they would look.
        if !written.is_ok_and(|written| written == line.len()) {
            self.dropped.set(self.dropped.get() + 1);
        }
    }

    /// Lines that were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn a_full_pipe_drops_whole_lines_and_nobody_waits() {
        let (mut reader, writer) = io::pipe().unwrap();
        let lines = Lines::open(&writer).unwrap();
        let mut told = 0_u64;
        while lines.dropped() == 0 {
            lines.tell("so much for that\n");
            told += 1;
        }
        drop((lines, writer));
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "so much for that\n".repeat(told as usize - 1));
    }

    #[test]
    fn a_full_socket_drops_lines_and_nobody_waits() {
        let (writer, reader) = crate::socket::pair(crate::socket::Kind::Stream).unwrap();
        let lines = Lines::open(&writer).unwrap();
        lines.tell("so much for that\n");
        let mut text = [0; 64];
        let count = crate::socket::receive_some(&reader, &mut text).unwrap().unwrap();
        assert_eq!(&text[..count], b"so much for that\n");
        let mut told = 0_u64;
        while lines.dropped() == 0 {
            lines.tell("so much for that\n");
            told += 1;
            assert!(told < 1_000_000, "the buffer must end");
        }
    }

    #[test]
    fn a_file_is_written_where_its_others_write() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"before\n").unwrap();
        Lines::open(&file).unwrap().tell("told\n");
        file.write_all(b"after\n").unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "before\ntold\nafter\n");
    }
}
