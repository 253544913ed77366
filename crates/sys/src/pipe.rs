//! Streams of bytes through a buffer of the kernel, without a name or with one: [`Pipe`],
//! [`write()`], [`lend`], [`read`].
//!
//! Neither end ever waits. A write into a pipe that nobody reads is an error and no signal: the
//! Rust runtime ignores `SIGPIPE` before `main`, in every process whose `main` is Rust's.

use crate::host::told_number;
use crate::poll::without_waiting;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, SpliceFFlags, fcntl, open, vmsplice};
use nix::libc;
use nix::sys::stat::Mode;
use nix::unistd::{mkdtemp, mkfifo, pipe2};
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

/// Where the host says how large a pipe may be made without privilege.
const CAPACITY_MAX: &str = "/proc/sys/fs/pipe-max-size";

/// Both ends of a pipe; each can be handed down.
#[derive(Debug)]
pub struct Pipe {
    /// Where bytes come out.
    pub reader: OwnedFd,
    /// Where they go in.
    pub writer: OwnedFd,
}

impl Pipe {
    /// A pipe that never had a name. Its capacity is what is wished, rounded up to a power of two
    /// pages, or less where the host allows less ([`capacity`]).
    pub fn anonymous(capacity_bytes: usize) -> io::Result<Pipe> {
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        Pipe { reader, writer }.with_capacity(capacity_bytes)
    }

    /// A pipe that is opened by a name (FIFO), in a directory that only this user can enter. Both
    /// ends are open before this returns, and the name is gone again: descriptors are the only way
    /// to it, and nothing is left to remove, except by a process that is killed within this call.
    pub fn named(capacity_bytes: usize) -> io::Result<Pipe> {
        let directory = mkdtemp(&std::env::temp_dir().join("failop-fifo-XXXXXX"))?;
        let opened = Pipe::open(&directory.join("fifo"));
        let removed = std::fs::remove_dir_all(&directory);
        let pipe = opened?;
        removed?;
        pipe.with_capacity(capacity_bytes)
    }

    fn open(path: &Path) -> io::Result<Pipe> {
        mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR)?;
        let flags = OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        // The reader first: it need not wait for a writer, a writer would be refused without it.
        let reader = open(path, OFlag::O_RDONLY | flags, Mode::empty())?;
        let writer = open(path, OFlag::O_WRONLY | flags, Mode::empty())?;
        Ok(Pipe { reader, writer })
    }

    fn with_capacity(self, wished_bytes: usize) -> io::Result<Pipe> {
        let bytes = wished_bytes.min(told_number(CAPACITY_MAX)?);
        match fcntl(&self.writer, FcntlArg::F_SETPIPE_SZ(bytes as i32)) {
            // EPERM: this user's pipes hold all the pages that the host grants; it stays as it is.
            Ok(_) | Err(Errno::EPERM) => Ok(self),
            Err(error) => Err(error.into()),
        }
    }
}

/// How many bytes the pipe holds, if each of its pages is filled.
pub fn capacity(end: impl AsFd) -> io::Result<usize> {
    Ok(fcntl(end, FcntlArg::F_GETPIPE_SZ)? as usize)
}

/// How many bytes wait in the pipe. A byte that is not among them has been copied to its reader, if
/// all readers use [`read`]: the kernel does both under the pipe's lock.
pub fn unread_bytes(end: impl AsFd) -> io::Result<usize> {
    let mut count: libc::c_int = 0;
    // SAFETY: FIONREAD stores one int through the pointer, which is that of a live local.
    let result = unsafe { libc::ioctl(end.as_fd().as_raw_fd(), libc::FIONREAD, &raw mut count) };
    Errno::result(result)?;
    Ok(usize::try_from(count).expect("a pipe holds no negative count"))
}

/// Copies into the pipe what has room: how many bytes, `None` if there is none. Up to `PIPE_BUF`
/// (4096) bytes go whole or not at all.
pub fn write(writer: impl AsFd, bytes: &[u8]) -> io::Result<Option<usize>> {
    without_waiting(nix::unistd::write(writer, bytes))
}

/// Lends the pages of `bytes` to the pipe instead of copying them (`vmsplice`): how many bytes,
/// `None` if there is no room. Every page of memory that is touched takes a page of the pipe's
/// capacity.
///
/// The reader copies out of these very pages when it reads: a change before that reaches it. So the
/// caller must leave the bytes alone until they are counted no more by [`unread_bytes`]; then the
/// reader has its copy. That is a promise between sender and reader, not one of memory safety: the
/// kernel keeps the pages as long as the pipe refers to them, also when this process has freed them
/// or died, and the worst that a broken promise gives is a message of two halves, which the check
/// of its sum finds. Nothing is gifted (`SPLICE_F_GIFT`): the pages stay the caller's.
pub fn lend(writer: impl AsFd, bytes: &[u8]) -> io::Result<Option<usize>> {
    without_waiting(vmsplice(writer, &[IoSlice::new(bytes)], SpliceFFlags::SPLICE_F_NONBLOCK))
}

/// Takes what is there: how many bytes, `None` if there are none. An end of the stream, when the
/// last writer has closed its end, is the error `UnexpectedEof`.
pub fn read(reader: impl AsFd, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    match without_waiting(nix::unistd::read(reader, buffer))? {
        Some(0) if !buffer.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
        count => Ok(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_kinds() -> [Pipe; 2] {
        [Pipe::anonymous(8192).unwrap(), Pipe::named(8192).unwrap()]
    }

    #[test]
    fn bytes_come_in_order_without_boundaries_and_a_full_pipe_is_told() {
        for pipe in both_kinds() {
            let mut buffer = [0; 16384];
            assert_eq!(read(&pipe.reader, &mut buffer).unwrap(), None);
            assert_eq!(write(&pipe.writer, b"one").unwrap(), Some(3));
            assert_eq!(write(&pipe.writer, b"two").unwrap(), Some(3));
            assert_eq!(unread_bytes(&pipe.reader).unwrap(), 6);
            assert_eq!(read(&pipe.reader, &mut buffer).unwrap(), Some(6));
            assert_eq!(&buffer[..6], b"onetwo");
            let capacity = capacity(&pipe.writer).unwrap();
            assert_eq!(capacity, 8192);
            assert_eq!(write(&pipe.writer, &buffer).unwrap(), Some(capacity));
            assert_eq!(write(&pipe.writer, b"x").unwrap(), None);
        }
    }

    #[test]
    fn the_end_of_a_peer_is_an_error_and_no_signal() {
        for pipe in both_kinds() {
            assert_eq!(write(&pipe.writer, b"last").unwrap(), Some(4));
            drop(pipe.writer);
            let mut buffer = [0; 8];
            assert_eq!(read(&pipe.reader, &mut buffer).unwrap(), Some(4));
            let error = read(&pipe.reader, &mut buffer).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
        for pipe in both_kinds() {
            drop(pipe.reader);
            let error = write(&pipe.writer, b"x").unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        }
    }

    #[test]
    fn a_capacity_beyond_the_host_s_limit_is_cut_to_it() {
        let pipe = Pipe::anonymous(usize::MAX).unwrap();
        assert!(capacity(&pipe.writer).unwrap() <= told_number(CAPACITY_MAX).unwrap());
    }

    #[test]
    fn a_lent_page_is_read_as_it_is_at_the_time_of_reading() {
        let pipe = Pipe::anonymous(8192).unwrap();
        let mut page = vec![1_u8; 4096];
        assert_eq!(lend(&pipe.writer, &page).unwrap(), Some(4096));
        page.fill(2);
        let mut buffer = [0; 4096];
        assert_eq!(read(&pipe.reader, &mut buffer).unwrap(), Some(4096));
        assert_eq!(buffer, [2; 4096], "the change came through: nothing was copied before");
        assert_eq!(unread_bytes(&pipe.writer).unwrap(), 0);
        page.fill(3);
        assert_eq!(buffer, [2; 4096]);
    }

    #[test]
    fn lending_to_a_full_pipe_is_told() {
        let pipe = Pipe::anonymous(4096).unwrap();
        let pages = vec![7_u8; 65536];
        let lent = lend(&pipe.writer, &pages).unwrap().unwrap();
        assert!(lent <= 4096, "one page of memory for each of the pipe: {lent}");
        assert_eq!(lend(&pipe.writer, &pages[lent..]).unwrap(), None);
    }
}
