//! Unix datagram sockets without a name: [`datagram_pair`], [`send`], [`receive`].

pub mod rights;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, recv, send as nix_send, socketpair,
};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// Two connected datagram sockets. Messages keep their boundaries and their order; the kernel
/// queues a few (`net.unix.max_dgram_qlen`) and then tells the sender.
pub fn datagram_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    Ok(socketpair(AddressFamily::Unix, SockType::Datagram, None, flags)?)
}

/// What became of a message.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The kernel took it.
    Taken,
    /// The receiver's queue is full; nothing was sent.
    QueueFull,
}

impl Sent {
    /// Whether the kernel took it.
    pub fn is_sent(self) -> bool {
        self == Sent::Taken
    }
}

/// Sends one message without ever waiting.
pub fn send(socket: impl AsFd, message: &[u8]) -> io::Result<Sent> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    match nix_send(socket.as_fd().as_raw_fd(), message, flags) {
        Ok(_) => Ok(Sent::Taken),
        Err(Errno::EAGAIN | Errno::ENOBUFS) => Ok(Sent::QueueFull),
        Err(error) => Err(error.into()),
    }
}

/// Takes one message without ever waiting; `None` if there is none. Returns its true length, which
/// is more than `buffer` holds if it was cut.
pub fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
    match recv(socket.as_fd().as_raw_fd(), buffer, flags) {
        Ok(length) => Ok(Some(length)),
        Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_keep_boundaries_and_a_full_queue_is_told() {
        let (a, b) = datagram_pair().unwrap();
        let mut buffer = [0; 8];
        assert_eq!(receive(&b, &mut buffer).unwrap(), None);
        assert_eq!(send(&a, b"one").unwrap(), Sent::Taken);
        assert_eq!(send(&a, b"longer than the buffer").unwrap(), Sent::Taken);
        assert_eq!(receive(&b, &mut buffer).unwrap(), Some(3));
        assert_eq!(receive(&b, &mut buffer).unwrap(), Some(22));
        let mut taken = 0;
        while send(&a, &[0; 1024]).unwrap().is_sent() {
            taken += 1;
            assert!(taken < 100_000, "the queue must end");
        }
        assert!(taken > 0);
    }
}
