//! Connected sockets: [`pair`] of Unix sockets, [`tcp::pair`]; [`send`] and
//! [`receive`] messages, [`send_some`] and [`receive_some`] bytes of a stream. One with a name is a
//! [`listener::Listener`].
//!
//! Nothing here waits, and a peer that is gone is an error, never a `SIGPIPE`.

pub mod listener;
pub mod rights;
pub mod tcp;

use crate::poll::without_waiting;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, getsockopt, recv, send as nix_send, setsockopt,
    socketpair, sockopt,
};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// How a Unix socket carries what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes in order, without boundaries.
    Stream,
    /// Messages whole and in order; a peer that is gone is told to the sender only.
    Datagram,
    /// Messages whole and in order; a peer that is gone is told to both.
    Seqpacket,
}

/// Two connected Unix sockets.
pub fn pair(kind: Kind) -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket_type = match kind {
        Kind::Stream => SockType::Stream,
        Kind::Datagram => SockType::Datagram,
        Kind::Seqpacket => SockType::SeqPacket,
    };
    Ok(socketpair(AddressFamily::Unix, socket_type, None, flags)?)
}

/// Two connected datagram sockets. Messages keep their boundaries and their order; the kernel keeps
/// as many as the sender's buffer weighs ([`send_buffer_bytes`]) and then tells the sender. The
/// limit of `net.unix.max_dgram_qlen` messages is for a receiver that others send to as well, not
/// for a pair.
pub fn datagram_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    pair(Kind::Datagram)
}

/// Lets the socket keep `bytes` in each direction if it does not yet, or as much as the host allows
/// (`net.core.wmem_max` and `rmem_max`).
pub fn grow_buffers(socket: impl AsFd, bytes: usize) -> io::Result<()> {
    // The option's value is an int.
    let bytes = bytes.min(i32::MAX as usize);
    if getsockopt(&socket, sockopt::SndBuf)? < bytes {
        setsockopt(&socket, sockopt::SndBuf, &bytes)?;
    }
    if getsockopt(&socket, sockopt::RcvBuf)? < bytes {
        setsockopt(&socket, sockopt::RcvBuf, &bytes)?;
    }
    Ok(())
}

/// Lets what was sent through the socket and not yet received weigh no more than `bytes`, or than the
/// least that the kernel allows: 4608.
pub fn bound_send_buffer(socket: impl AsFd, bytes: usize) -> io::Result<()> {
    // The kernel doubles what is asked for.
    setsockopt(&socket, sockopt::SndBuf, &(bytes / 2))?;
    Ok(())
}

/// How much memory may hold what was sent through a socket and not yet received, with the kernel's
/// own structures, which weigh up to as much again: twice what was set.
pub fn send_buffer_bytes(socket: impl AsFd) -> io::Result<usize> {
    Ok(getsockopt(&socket, sockopt::SndBuf)?)
}

/// Who made a socket's peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Process.
    pub pid: u32,
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// Who connected the other end of a Unix socket, as the kernel noted it at that time. Of a pair
/// that is the process that made the pair, whoever has inherited the end since.
pub fn peer_credentials(socket: impl AsFd) -> io::Result<Credentials> {
    let peer = getsockopt(&socket, sockopt::PeerCredentials)?;
    Ok(Credentials { pid: peer.pid().cast_unsigned(), uid: peer.uid(), gid: peer.gid() })
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
    Ok(if send_some(socket, message)?.is_some() { Sent::Taken } else { Sent::QueueFull })
}

/// Sends one message, or in a stream as much as has room, without ever waiting: how many bytes;
/// `None` if there is no room.
pub fn send_some(socket: impl AsFd, bytes: &[u8]) -> io::Result<Option<usize>> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    match nix_send(socket.as_fd().as_raw_fd(), bytes, flags) {
        Err(Errno::ENOBUFS) => Ok(None),
        result => without_waiting(result),
    }
}

/// Takes one message without ever waiting; `None` if there is none. Returns its true length, which
/// is more than `buffer` holds if it was cut. Not for streams, in which a cut is none.
pub fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
    without_waiting(recv(socket.as_fd().as_raw_fd(), buffer, flags))
}

/// Takes what a stream has without ever waiting: how many bytes, `None` if there are none. The end
/// of the stream, when the peer has closed its end, is the error `UnexpectedEof`.
pub fn receive_some(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    match without_waiting(recv(socket.as_fd().as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT))? {
        Some(0) if !buffer.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
        count => Ok(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn messages_keep_boundaries_and_a_full_queue_is_told() {
        for kind in [Kind::Datagram, Kind::Seqpacket] {
            let (a, b) = pair(kind).unwrap();
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

    #[test]
    fn a_stream_has_order_without_boundaries_and_a_full_one_is_told() {
        let (a, b) = pair(Kind::Stream).unwrap();
        let mut buffer = [0; 8];
        assert_eq!(receive_some(&b, &mut buffer).unwrap(), None);
        assert_eq!(send_some(&a, b"one").unwrap(), Some(3));
        assert_eq!(send_some(&a, b"two").unwrap(), Some(3));
        assert_eq!(receive_some(&b, &mut buffer).unwrap(), Some(6));
        assert_eq!(&buffer[..6], b"onetwo");
        let mut taken = 0;
        while let Some(count) = send_some(&a, &[0; 16384]).unwrap() {
            taken += count;
            assert!(taken < 100_000_000, "the buffer must end");
        }
        assert!(taken > 0);
    }

    #[test]
    fn the_end_of_a_peer_is_told_as_what_it_is() {
        let (a, b) = pair(Kind::Stream).unwrap();
        drop(a);
        let error = receive_some(&b, &mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(send(&b, b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        let (a, b) = pair(Kind::Seqpacket).unwrap();
        drop(a);
        assert_eq!(receive(&b, &mut [0; 8]).unwrap(), Some(0), "a message of nothing is the end");
        assert_eq!(send(&b, b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        let (a, b) = pair(Kind::Datagram).unwrap();
        drop(a);
        assert_eq!(receive(&b, &mut [0; 8]).unwrap(), None, "only the sender is told");
        assert_eq!(send(&b, b"x").unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn the_peer_of_a_pair_is_who_made_it() {
        let (a, _b) = pair(Kind::Stream).unwrap();
        let myself = std::fs::metadata("/proc/self").unwrap();
        let expected =
            Credentials { pid: std::process::id(), uid: myself.uid(), gid: myself.gid() };
        assert_eq!(peer_credentials(&a).unwrap(), expected);
    }

    #[test]
    fn a_larger_buffer_takes_a_larger_message() {
        let (a, b) = pair(Kind::Seqpacket).unwrap();
        // Within what every kernel lets a buffer grow to: twice its size at first.
        let message = vec![7; 3 * send_buffer_bytes(&a).unwrap() / 2];
        let refused = send(&a, &message).unwrap_err().raw_os_error();
        assert_eq!(refused, Some(nix::libc::EMSGSIZE));
        grow_buffers(&a, message.len()).unwrap();
        assert!(send_buffer_bytes(&a).unwrap() > message.len());
        assert_eq!(send(&a, &message).unwrap(), Sent::Taken);
        assert_eq!(receive(&b, &mut [0; 8]).unwrap(), Some(message.len()));
    }
}
