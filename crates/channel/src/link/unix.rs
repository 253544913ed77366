//! Unix sockets as links: pairs without a name, of streams, datagrams or sequenced packets.
//!
//! Order: kept. Boundaries: kept by datagrams and packets. Back-pressure: the sender's buffer
//! (`net.core.wmem_max` bounds it) holds what was not received, each message with the kernel's own
//! share; then the sender is told. A sender that waits is woken when three quarters are free.
//! Priority: none. Credentials: `SO_PEERCRED` names who made the pair, which is the owner, not who
//! inherited the end. What was sent survives its sender as long as somebody has the receiving end.
//! The owner keeps both, so neither side sees the other's end. Nothing has a name: all vanishes
//! with the last process that has it.

use super::descriptor::{Carry, Pair};
use super::{LinkError, Spec, Urgency, framing, refused};
use std::io;
use std::os::fd::BorrowedFd;
use sys::socket::Kind;

/// Longest piece: what a socket's default buffer (`net.core.wmem_default`, 212,992 bytes) holds
/// with the kernel's own share of it. A longer one would need memory that is contiguous for the
/// kernel.
const PIECE_BYTES: usize = 128 << 10;

/// A link by a pair of this kind.
pub(super) fn create(spec: Spec, kind: Kind) -> Result<Box<Pair>, LinkError> {
    let make = || {
        let (sender, receiver) = sys::socket::pair(kind)?;
        sys::socket::grow_buffers(&sender, framing::all_bytes(spec))?;
        Ok(Pair { sender, receiver })
    };
    Ok(Box::new(make().map_err(refused(spec))?))
}

/// What a stream socket does, also one of TCP.
#[derive(Debug)]
pub(super) struct Stream;

impl Carry for Stream {
    const KEEPS_BOUNDARIES: bool = false;

    fn piece_bytes_max(end: BorrowedFd<'_>) -> io::Result<usize> {
        sys::socket::send_buffer_bytes(end)
    }

    fn send(end: BorrowedFd<'_>, piece: &[u8], _urgency: Urgency) -> io::Result<Option<usize>> {
        sys::socket::send_some(end, piece)
    }

    fn receive(end: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        sys::socket::receive_some(end, buffer)
    }
}

/// What a socket does that keeps boundaries.
#[derive(Debug)]
pub(super) struct Messages;

impl Carry for Messages {
    const KEEPS_BOUNDARIES: bool = true;

    fn piece_bytes_max(_end: BorrowedFd<'_>) -> io::Result<usize> {
        Ok(PIECE_BYTES)
    }

    fn send(end: BorrowedFd<'_>, piece: &[u8], _urgency: Urgency) -> io::Result<Option<usize>> {
        sys::socket::send_some(end, piece)
    }

    fn receive(end: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match sys::socket::receive(end, buffer)? {
            // An empty message and the end of a pair of sequenced packets look alike.
            Some(0) if sys::poll::is_hung_up(end)? => Err(io::ErrorKind::UnexpectedEof.into()),
            length => Ok(length),
        }
    }
}
