//! A socket with a name that others connect to: [`Listener`]. Nothing here waits.

use super::{Credentials, peer_credentials};
use crate::poll::without_waiting;
use crate::process::inherited;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, accept4, bind, connect, getsockopt,
    listen, socket, sockopt,
};
use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Who has connected and was not accepted yet; more are told to come again.
const BACKLOG: i32 = 8;
/// The first descriptor of those that a service manager hands down (`sd_listen_fds(3)`).
const FIRST_FD: RawFd = 3;
/// Read and written by its owner: connecting takes the right to write.
const MODE: u32 = 0o600;

/// A Unix stream socket that takes connections.
#[derive(Debug)]
pub struct Listener {
    socket: OwnedFd,
    /// The name to take away at the end; that of an inherited socket belongs to who made it.
    name: Option<PathBuf>,
}

impl Listener {
    /// A socket of this name that its owner alone can connect to. A name that a dead process has left is
    /// taken; one that somebody serves is `AddrInUse`.
    pub fn bind(path: &Path) -> io::Result<Listener> {
        let address = UnixAddr::new(path)?;
        if is_left_over(path, &address)? {
            fs::remove_file(path)?;
        }
        let socket = stream()?;
        bind(socket.as_raw_fd(), &address)?;
        let listener = Listener { socket, name: Some(path.to_owned()) };
        // Nobody can connect before it listens.
        fs::set_permissions(path, Permissions::from_mode(MODE))?;
        listen(&listener.socket, Backlog::new(BACKLOG)?)?;
        Ok(listener)
    }

    /// The socket that a service manager has bound and handed down (`LISTEN_PID`, `LISTEN_FDS`); `None` if it
    /// has handed down nothing to this process. Others than one listening stream socket are `InvalidInput`.
    pub fn handed_down() -> io::Result<Option<Listener>> {
        let number = |name| std::env::var(name).ok()?.parse::<u32>().ok();
        if number("LISTEN_PID") != Some(std::process::id()) {
            return Ok(None);
        }
        let count = number("LISTEN_FDS").unwrap_or(0);
        if count != 1 {
            return Err(wrong(format!("LISTEN_FDS hands down {count} descriptors, not one")));
        }
        let socket = inherited(FIRST_FD)?;
        let listens = getsockopt(&socket, sockopt::AcceptConn)?;
        if !listens || getsockopt(&socket, sockopt::SockType)? != SockType::Stream {
            return Err(wrong(format!("descriptor {FIRST_FD} is no listening stream socket")));
        }
        let flags = OFlag::from_bits_retain(fcntl(&socket, FcntlArg::F_GETFL)?);
        fcntl(&socket, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        Ok(Some(Listener { socket, name: None }))
    }

    /// A connection that waits, and who made it; `None` if there is none.
    pub fn accept(&self) -> io::Result<Option<(OwnedFd, Credentials)>> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let accepted = match accept4(self.socket.as_raw_fd(), flags) {
            // Gone before it was accepted.
            Err(Errno::ECONNABORTED) => return Ok(None),
            result => without_waiting(result)?,
        };
        let Some(fd) = accepted else { return Ok(None) };
        // SAFETY: `fd` was just opened and belongs to nobody else.
        let connection = unsafe { OwnedFd::from_raw_fd(fd) };
        let peer = peer_credentials(&connection)?;
        Ok(Some((connection, peer)))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // A name that somebody else took away is as good as taken away.
        if let Some(name) = &self.name
            && let Err(_gone) = fs::remove_file(name)
        {}
    }
}

fn wrong(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

fn stream() -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    Ok(socket(AddressFamily::Unix, SockType::Stream, flags, None)?)
}

/// Whether there is a socket of this name that nobody serves.
fn is_left_over(path: &Path, address: &UnixAddr) -> io::Result<bool> {
    // The kernel refuses a connection to any other file in the same words.
    if !fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket()) {
        return Ok(false);
    }
    Ok(connect(stream()?.as_raw_fd(), address) == Err(Errno::ECONNREFUSED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now_ns;
    use crate::poll::wait_readable;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    #[test]
    fn who_connects_is_known_and_the_name_ends_with_the_listener() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = Listener::bind(&path).unwrap();
        assert!(listener.accept().unwrap().is_none());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        let mut client = UnixStream::connect(&path).unwrap();
        wait_readable(&listener.socket, now_ns() + 30_000_000_000).unwrap();
        let (connection, peer) = listener.accept().unwrap().unwrap();
        assert_eq!(peer.pid, std::process::id());
        client.write_all(b"x").unwrap();
        UnixStream::from(connection).read_exact(&mut [0]).unwrap();
        drop(listener);
        assert!(!path.exists());
    }

    #[test]
    fn a_name_that_is_served_is_not_taken_and_one_that_was_left_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let mut served = Listener::bind(&path).unwrap();
        assert_eq!(Listener::bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        // As a process that is killed leaves it.
        served.name = None;
        drop(served);
        drop(Listener::bind(&path).unwrap());
        fs::write(&path, "a file").unwrap();
        assert_eq!(Listener::bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        assert_eq!(fs::read_to_string(&path).unwrap(), "a file");
    }

    #[test]
    fn nothing_is_handed_down_to_who_was_started_by_hand() {
        assert!(Listener::handed_down().unwrap().is_none());
    }
}
