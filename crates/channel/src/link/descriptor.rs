//! Mechanisms whose ends are a descriptor each: [`Pair`] owns both, [`End`] is one, and what may be
//! done with it a mechanism tells as [`Carry`].

use super::carrier::{Owner, PieceReceiver, PieceSender};
use super::{HandDown, Inherited, LinkError, Spec, Urgency, only_descriptor, refused};
use std::fmt::Debug;
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Both ends.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) sender: OwnedFd,
    pub(super) receiver: OwnedFd,
}

impl Owner for Pair {
    fn outlet(&self) -> HandDown<'_> {
        HandDown { fds: vec![self.sender.as_fd()], ids: Vec::new() }
    }

    fn inlet(&self) -> HandDown<'_> {
        HandDown { fds: vec![self.receiver.as_fd()], ids: Vec::new() }
    }
}

/// How a mechanism moves pieces through its descriptors, without waiting.
pub(super) trait Carry: Debug {
    /// Whether pieces are kept apart.
    const KEEPS_BOUNDARIES: bool;
    /// Longest piece that goes in at once.
    fn piece_bytes_max(end: BorrowedFd<'_>) -> io::Result<usize>;
    /// As [`PieceSender::try_send`].
    fn send(end: BorrowedFd<'_>, piece: &[u8], urgency: Urgency) -> io::Result<Option<usize>>;
    /// As [`PieceReceiver::try_receive`].
    fn receive(end: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Option<usize>>;
    /// As [`PieceSender::lent_bytes`].
    fn lent_bytes(_end: BorrowedFd<'_>) -> io::Result<usize> {
        Ok(0)
    }
}

/// One end.
#[derive(Debug)]
pub(super) struct End<C> {
    descriptor: OwnedFd,
    piece_bytes_max: usize,
    carry: PhantomData<C>,
}

impl<C: Carry> End<C> {
    /// Takes over an inherited end.
    pub(super) fn attach(spec: Spec, end: Inherited) -> Result<Box<End<C>>, LinkError> {
        let descriptor = only_descriptor(spec, end)?;
        let piece_bytes_max = C::piece_bytes_max(descriptor.as_fd()).map_err(refused(spec))?;
        Ok(Box::new(End { descriptor, piece_bytes_max, carry: PhantomData }))
    }
}

impl<C: Carry> PieceSender for End<C> {
    fn piece_bytes_max(&self) -> usize {
        self.piece_bytes_max
    }

    fn keeps_boundaries(&self) -> bool {
        C::KEEPS_BOUNDARIES
    }

    fn try_send(&mut self, piece: &[u8], urgency: Urgency) -> io::Result<Option<usize>> {
        C::send(self.descriptor.as_fd(), piece, urgency)
    }

    fn wait_for_room(&mut self, deadline_ns: u64) -> io::Result<()> {
        sys::poll::wait_writable(&self.descriptor, deadline_ns)
    }

    fn lent_bytes(&self) -> io::Result<usize> {
        C::lent_bytes(self.descriptor.as_fd())
    }
}

impl<C: Carry> PieceReceiver for End<C> {
    fn piece_bytes_max(&self) -> usize {
        self.piece_bytes_max
    }

    fn keeps_boundaries(&self) -> bool {
        C::KEEPS_BOUNDARIES
    }

    fn try_receive(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        C::receive(self.descriptor.as_fd(), buffer)
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.descriptor.as_fd())
    }
}
