//! Unix sockets as links: pairs without a name.
//!
//! Datagrams: in order, boundaries kept. Back-pressure: the kernel queues a few messages
//! (`net.unix.max_dgram_qlen`, and the sender's buffer) and then tells the sender. Priority: none.
//! Credentials: the kernel knows who made the pair (`SO_PEERCRED`). What was sent survives its sender as
//! long as somebody has the receiving end; both ends vanish with the last process that has them.

use super::carrier::{Owner, PieceReceiver, PieceSender};
use super::{HandDown, Inherited, LinkError, Spec, Urgency, only_descriptor};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Longest datagram: what a socket's default buffer (`net.core.wmem_default`, 212,992 bytes) holds with
/// the kernel's own share of it.
const PIECE_BYTES: usize = 128 << 10;

/// Both ends.
#[derive(Debug)]
pub(super) struct Pair {
    sender: OwnedFd,
    receiver: OwnedFd,
}

impl Pair {
    pub(super) fn create() -> io::Result<Pair> {
        let (sender, receiver) = sys::socket::datagram_pair()?;
        Ok(Pair { sender, receiver })
    }
}

impl Owner for Pair {
    fn outlet(&self) -> HandDown<'_> {
        HandDown { fds: vec![self.sender.as_fd()], ids: Vec::new() }
    }

    fn inlet(&self) -> HandDown<'_> {
        HandDown { fds: vec![self.receiver.as_fd()], ids: Vec::new() }
    }
}

/// One end of a datagram pair.
#[derive(Debug)]
pub(super) struct Datagrams(OwnedFd);

pub(super) fn outlet(spec: Spec, end: Inherited) -> Result<Datagrams, LinkError> {
    Ok(Datagrams(only_descriptor(spec, end)?))
}

pub(super) fn inlet(spec: Spec, end: Inherited) -> Result<Datagrams, LinkError> {
    Ok(Datagrams(only_descriptor(spec, end)?))
}

impl PieceSender for Datagrams {
    fn piece_bytes_max(&self) -> usize {
        PIECE_BYTES
    }

    fn keeps_boundaries(&self) -> bool {
        true
    }

    fn try_send(&mut self, piece: &[u8], _urgency: Urgency) -> io::Result<Option<usize>> {
        let sent = sys::socket::send(&self.0, piece)?;
        Ok(sent.is_sent().then_some(piece.len()))
    }

    fn wait_for_room(&mut self, deadline_ns: u64) -> io::Result<()> {
        sys::poll::wait_writable(&self.0, deadline_ns)
    }
}

impl PieceReceiver for Datagrams {
    fn piece_bytes_max(&self) -> usize {
        PIECE_BYTES
    }

    fn keeps_boundaries(&self) -> bool {
        true
    }

    fn try_receive(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        sys::socket::receive(&self.0, buffer)
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.0.as_fd())
    }
}
