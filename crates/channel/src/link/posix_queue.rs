//! A POSIX message queue as a link: one descriptor for both ends.
//!
//! Order: by priority, then as sent: a command overtakes samples that wait. Boundaries: kept.
//! Back-pressure: as many messages as the host grants (`fs.mqueue.msg_max`, 10, of `msgsize_max`,
//! 8192 bytes, and `RLIMIT_MSGQUEUE` for all of a user); then the sender is told. Credentials:
//! none; who inherited the descriptor. What was sent survives its sender as long as somebody has
//! the queue. Its name is gone before anyone sees the link: it vanishes with the last process that
//! has it.

use super::descriptor::{Carry, Pair};
use super::{LinkError, Spec, Urgency, framing, refused};
use std::io;
use std::os::fd::BorrowedFd;
use sys::mq::Size;

const SAMPLE: u32 = 0;
const COMMAND: u32 = 1;

/// A link by a queue.
pub(super) fn create(spec: Spec) -> Result<Box<Pair>, LinkError> {
    let make = || {
        let size = Size { messages: spec.slots, message_bytes: framing::piece_bytes(spec) };
        let sender = sys::mq::create(size)?;
        let receiver = sender.try_clone()?;
        Ok(Pair { sender, receiver })
    };
    Ok(Box::new(make().map_err(refused(spec))?))
}

/// What a queue does.
#[derive(Debug)]
pub(super) struct Queue;

impl Carry for Queue {
    const KEEPS_BOUNDARIES: bool = true;

    fn piece_bytes_max(end: BorrowedFd<'_>) -> io::Result<usize> {
        Ok(sys::mq::size(end)?.message_bytes)
    }

    fn send(end: BorrowedFd<'_>, piece: &[u8], urgency: Urgency) -> io::Result<Option<usize>> {
        let priority = match urgency {
            Urgency::Sample => SAMPLE,
            Urgency::Command => COMMAND,
        };
        sys::mq::send(end, piece, priority)
    }

    fn receive(end: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        Ok(sys::mq::receive(end, buffer)?.map(|(length, _priority)| length))
    }
}
