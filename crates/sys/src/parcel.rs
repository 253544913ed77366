//! A message in memory of its own, which nobody can change any more once it is sealed: [`Draft`], then
//! [`Parcel`].
//!
//! `F_SEAL_WRITE` takes the bytes away from their sender, also from a broken one: who opens a parcel
//! reads what was sealed, without a copy and without a protocol. The price is fresh memory for each
//! message: its pages are made and thrown away.

use crate::shm::{Memory, Shared, SharedView};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// What must hold of memory before its content is trusted to stay as it is.
fn seals() -> SealFlag {
    SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW
}

/// Memory that only its maker has.
#[derive(Debug)]
pub struct Draft {
    fd: OwnedFd,
    map: Shared,
    bytes: usize,
}

impl Draft {
    /// Zeroed memory of this many bytes. `name` is only what `/proc` shows.
    pub fn new(name: &str, bytes: usize) -> io::Result<Draft> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let fd = memfd_create(name, flags)?;
        nix::unistd::ftruncate(&fd, bytes as i64)?;
        let map = Shared::map(&fd, 0, bytes)?;
        Ok(Draft { fd, map, bytes })
    }

    /// All of it.
    pub fn bytes(&mut self) -> &mut [u8] {
        self.map.bytes_mut(0, self.bytes)
    }

    /// Ends the writing for everyone: a descriptor to hand on, through which it can only be read.
    pub fn seal(self) -> io::Result<OwnedFd> {
        // The kernel refuses the seal while anybody has it mapped for writing.
        drop(self.map);
        fcntl(&self.fd, FcntlArg::F_ADD_SEALS(seals() | SealFlag::F_SEAL_SEAL))?;
        // Kernels before 6.7 map sealed memory only through a descriptor that cannot write.
        Memory::of(self.fd).read_only()
    }
}

/// A sealed message, as it came from another process.
#[derive(Debug)]
pub struct Parcel {
    map: SharedView,
    bytes: usize,
}

impl Parcel {
    /// Maps the first `bytes` of it, of which there may be none. What is not sealed, or is shorter, is refused: it could change, or
    /// end this process, while it is read.
    pub fn open(fd: impl AsFd, bytes: usize) -> io::Result<Parcel> {
        let found = SealFlag::from_bits_retain(fcntl(&fd, FcntlArg::F_GET_SEALS)?);
        if !found.contains(seals()) {
            let message = format!("a message with the seals {found:?}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(Parcel { map: SharedView::map(fd, 0, bytes.max(1))?, bytes })
    }

    /// The message.
    pub fn bytes(&self) -> &[u8] {
        self.map.bytes(0, self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_read_and_nobody_can_write_it_any_more() {
        let mut draft = Draft::new("test", 5000).unwrap();
        draft.bytes()[4997..].copy_from_slice(b"end");
        let fd = draft.seal().unwrap();
        assert_eq!(&Parcel::open(&fd, 5000).unwrap().bytes()[4997..], b"end");
        assert!(Shared::map(&fd, 0, 4096).is_err());
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&fd));
        let writable = std::fs::File::options().read(true).write(true).open(path).unwrap();
        assert!(Shared::map(&writable, 0, 4096).is_err());
        assert!(nix::unistd::write(&writable, b"x").is_err());
    }

    #[test]
    fn what_could_change_or_is_too_short_is_refused() {
        let open = Memory::anonymous("test", 4096).unwrap();
        let refused = Parcel::open(open.fd(), 4096).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
        let short = Draft::new("test", 4096).unwrap().seal().unwrap();
        let refused = Parcel::open(&short, 8192).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::UnexpectedEof);
        let (no_memory, _other) = crate::socket::datagram_pair().unwrap();
        assert!(Parcel::open(no_memory, 4096).is_err());
    }
}
