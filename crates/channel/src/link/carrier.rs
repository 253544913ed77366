//! What a mechanism has to offer to be a link: [`Owner`], [`Outgoing`], [`Incoming`]; those that copy
//! need only move pieces ([`PieceSender`], [`PieceReceiver`]), and `framing` does the rest.

use super::{HandDown, Sent, Urgency};
use std::fmt::Debug;
use std::io;
use std::os::fd::BorrowedFd;

/// What is told with a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    pub(super) length: usize,
    /// `CLOCK_MONOTONIC` nanoseconds.
    pub(super) published_ns: u64,
    pub(super) urgency: Urgency,
}

/// What a look at the receiving end found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Message { published_ns: u64 },
    Damaged,
}

/// Keeps what a link consists of.
pub(super) trait Owner: Debug {
    fn outlet(&self) -> HandDown<'_>;
    fn inlet(&self) -> HandDown<'_>;
    /// Gives back what a sender held that can send no more.
    fn bury_sender(&self) {}
    /// Gives back what a receiver held that can read no more.
    fn bury_receiver(&self) {}
}

/// The sending end.
pub(super) trait Outgoing: Debug {
    /// Finds a place for a message; `false` if there is no room for one.
    fn begin(&mut self) -> io::Result<bool>;
    /// The place that was found last.
    fn bytes(&mut self) -> &mut [u8];
    /// Publishes what stands in that place. `wake` wakes the receiver: called where the message goes
    /// on only when the receiver has taken its beginning.
    fn publish(&mut self, message: Message, wake: &dyn Fn()) -> io::Result<Sent>;
    /// The message that was published last, where the receiver sees what is written there now.
    fn still_writable(&mut self) -> Option<&mut [u8]> {
        None
    }
    /// The memory that carries the messages and that others have mapped.
    fn memory(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// The receiving end.
pub(super) trait Incoming: Debug {
    /// Takes what is there, without waiting.
    fn take(&mut self) -> io::Result<Found>;
    /// The message that was taken last and not released.
    fn bytes(&self) -> &[u8];
    /// What stands now where the message was read, if its sender was there meanwhile: only ever where
    /// nobody synchronises.
    fn overwritten(&self) -> Option<&[u8]> {
        None
    }
    /// Lets the sender have the place of the message back.
    fn release(&mut self) {}
    /// What is readable while there is something to be taken.
    fn descriptor(&self) -> Option<BorrowedFd<'_>>;
}

/// The end into which pieces go.
pub(super) trait PieceSender: Debug {
    /// Longest piece that goes in at once.
    fn piece_bytes_max(&self) -> usize;
    /// Whether the mechanism keeps the pieces apart, or is a stream of bytes.
    fn keeps_boundaries(&self) -> bool;
    /// Hands over a piece, or in a stream its beginning, without waiting: how many bytes went; `None` if
    /// there is no room.
    fn try_send(&mut self, piece: &[u8], urgency: Urgency) -> io::Result<Option<usize>>;
    /// Sleeps until there may be room, at the longest until `deadline_ns`.
    fn wait_for_room(&mut self, deadline_ns: u64) -> io::Result<()>;
    /// How many of the bytes that went still stand in the sender's memory only, where they must not
    /// change: none where the mechanism copies them at once.
    fn lent_bytes(&self) -> io::Result<usize> {
        Ok(0)
    }
}

/// The end out of which they come, in order.
pub(super) trait PieceReceiver: Debug {
    /// Longest piece that may come.
    fn piece_bytes_max(&self) -> usize;
    /// Whether the mechanism keeps the pieces apart, or is a stream of bytes.
    fn keeps_boundaries(&self) -> bool;
    /// Takes a piece without waiting; `None` if none is there. Of a piece that is longer than `buffer`
    /// the rest is lost, and the true length is returned.
    fn try_receive(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>>;
    /// What is readable while a piece is there, if there is such a thing.
    fn descriptor(&self) -> Option<BorrowedFd<'_>>;
}

/// An end that can be either.
pub(super) trait Pieces: PieceSender + PieceReceiver {}

impl<T: PieceSender + PieceReceiver> Pieces for T {}
