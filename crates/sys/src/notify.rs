//! Telling other processes that a file was touched (`inotify(7)`): [`Touched`], [`Watch`].
//!
//! The file lies in a file system, since memory without one (`memfd_create`) tells nobody; it never has
//! a name there (`O_TMPFILE`), so nothing is left behind, whoever is killed. Touches that nobody has
//! looked at yet count as one.

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::stat::Mode;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// Where the file lies: in memory.
const DIRECTORY: &str = "/dev/shm";
/// What is read at once: many touches without a name.
const EVENTS_BYTES: usize = 1024;

/// A file that is there to be touched.
#[derive(Debug)]
pub struct Touched {
    file: OwnedFd,
}

impl Touched {
    /// A new file.
    pub fn create() -> io::Result<Touched> {
        let flags = OFlag::O_TMPFILE | OFlag::O_RDWR | OFlag::O_CLOEXEC;
        let file = nix::fcntl::open(DIRECTORY, flags, Mode::S_IRUSR | Mode::S_IWUSR)?;
        Ok(Touched { file })
    }

    /// Takes over one that was handed down.
    pub fn from_fd(file: OwnedFd) -> Touched {
        Touched { file }
    }

    /// Tells everyone who watches it.
    pub fn touch(&self) -> io::Result<()> {
        match nix::sys::uio::pwrite(&self.file, &[0], 0) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for Touched {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// A descriptor that becomes readable when a file is touched.
#[derive(Debug)]
pub struct Watch {
    fd: OwnedFd,
}

impl Watch {
    /// Watches a file that has no name, by its descriptor.
    pub fn of(touched: &Touched) -> io::Result<Watch> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        let path = format!("/proc/self/fd/{}", touched.file.as_raw_fd());
        inotify.add_watch(path.as_str(), AddWatchFlags::IN_MODIFY)?;
        Ok(Watch { fd: inotify.into() })
    }

    /// Takes over one that was handed down.
    pub fn from_fd(fd: OwnedFd) -> Watch {
        Watch { fd }
    }

    /// Makes it unreadable until the next touch.
    pub fn clear(&self) -> io::Result<()> {
        match nix::unistd::read(&self.fd, &mut [0; EVENTS_BYTES]) {
            Ok(_) | Err(Errno::EAGAIN | Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now_ns;
    use crate::poll::wait_any;

    #[test]
    fn a_touch_before_the_wait_is_not_lost_and_many_count_as_one() {
        let touched = Touched::create().unwrap();
        let watch = Watch::of(&touched).unwrap();
        for _ in 0..1000 {
            touched.touch().unwrap();
        }
        wait_any(&[watch.as_fd()], u64::MAX / 2).unwrap();
        watch.clear().unwrap();
        let deadline = now_ns() + 1_000_000;
        wait_any(&[watch.as_fd()], deadline).unwrap();
        assert!(now_ns() >= deadline);
    }
}
