//! Messages out of pieces: what every mechanism that copies has in common ([`outgoing`],
//! [`incoming`]).
//!
//! A mechanism that keeps boundaries carries a message that fits as it is. Else the message goes in
//! an envelope, in as many pieces as it takes. A sender waits for room only in the middle of a
//! message, and not for ever; one that gives up, or is killed there, costs the receiver that
//! message and no other.

use super::carrier::{Found, Incoming, Message, Outgoing, PieceReceiver, PieceSender};
use super::{Pattern, Sent, Spec, Urgency};
use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use sys::clock::now_ns;
use wire::envelope::{HEAD_BYTES, Head, MAGIC, TAIL_BYTES};
use zerocopy::IntoBytes;

/// Longest time that a sender waits for room in the middle of a message: less than a frame period
/// at 30 FPS and than any heartbeat timeout. Then the message is lost, and the sender told.
const PATIENCE_NS: u64 = 30_000_000;
/// Messages that one look takes at most to get at the newest: more come with the next.
const MESSAGES_PER_LOOK: usize = 4;

/// Whether messages go without an envelope.
fn is_bare(spec: Spec, keeps_boundaries: bool, piece_bytes_max: usize) -> bool {
    spec.pattern == Pattern::Queue && keeps_boundaries && spec.message_bytes <= piece_bytes_max
}

/// Bytes of the longest message with what goes around it where it does not go bare.
pub(super) fn whole_bytes(spec: Spec) -> usize {
    HEAD_BYTES + spec.message_bytes + TAIL_BYTES
}

/// Bytes of all the messages that a link is to hold.
pub(super) fn all_bytes(spec: Spec) -> usize {
    spec.slots * whole_bytes(spec)
}

/// Bytes of the piece in which a mechanism that keeps boundaries best moves a message, if it can.
pub(super) fn piece_bytes(spec: Spec) -> usize {
    match spec.pattern {
        Pattern::Newest | Pattern::Unsynchronised => whole_bytes(spec),
        Pattern::Queue => spec.message_bytes,
    }
}

/// The sending end of a mechanism that copies.
pub(super) fn outgoing(spec: Spec, to: Box<dyn PieceSender>) -> Box<dyn Outgoing> {
    if is_bare(spec, to.keeps_boundaries(), to.piece_bytes_max()) {
        return Box::new(BareSender { message: vec![0; spec.message_bytes], to });
    }
    let buffer = vec![0; whole_bytes(spec)];
    Box::new(Framer { spec, buffer, lent: VecDeque::new(), sequence: 0, to })
}

/// The receiving end of a mechanism that copies.
pub(super) fn incoming(spec: Spec, from: Box<dyn PieceReceiver>) -> Box<dyn Incoming> {
    let piece_bytes_max = from.piece_bytes_max();
    if is_bare(spec, from.keeps_boundaries(), piece_bytes_max) {
        return Box::new(BareReceiver { message: vec![0; spec.message_bytes], length: 0, from });
    }
    let whole_max = whole_bytes(spec);
    // A piece must fit behind the beginning of a message that will never be complete.
    let more = if from.keeps_boundaries() { piece_bytes_max } else { 0 };
    Box::new(Assembler {
        spec,
        coming: vec![0; whole_max + more],
        filled: 0,
        ready: vec![0; whole_max + more],
        length: 0,
        is_damage_untold: false,
        from,
    })
}

/// Sends messages as they are.
#[derive(Debug)]
struct BareSender {
    message: Vec<u8>,
    to: Box<dyn PieceSender>,
}

impl Outgoing for BareSender {
    fn begin(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    fn bytes(&mut self) -> &mut [u8] {
        &mut self.message
    }

    fn publish(&mut self, message: Message, _wake: &dyn Fn()) -> io::Result<Sent> {
        let sent = self.to.try_send(&self.message[..message.length], message.urgency)?;
        Ok(if sent.is_some() { Sent::Taken } else { Sent::QueueFull })
    }
}

/// Takes messages as they are.
#[derive(Debug)]
struct BareReceiver {
    message: Vec<u8>,
    length: usize,
    from: Box<dyn PieceReceiver>,
}

impl Incoming for BareReceiver {
    fn take(&mut self) -> io::Result<Found> {
        let Some(length) = self.from.try_receive(&mut self.message)? else {
            return Ok(Found::Nothing);
        };
        if length > self.message.len() {
            return Ok(Found::Damaged);
        }
        self.length = length;
        Ok(Found::Message { published_ns: 0 })
    }

    fn bytes(&self) -> &[u8] {
        &self.message[..self.length]
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.from.descriptor()
    }
}

/// Sends messages in envelopes.
#[derive(Debug)]
struct Framer {
    spec: Spec,
    /// Head, message, tail. Empty if it was lent.
    buffer: Vec<u8>,
    /// Buffers that the mechanism reads only when the receiver does, the oldest first, each with
    /// the number of bytes of it that went.
    lent: VecDeque<(Vec<u8>, usize)>,
    sequence: u64,
    to: Box<dyn PieceSender>,
}

impl Outgoing for Framer {
    fn begin(&mut self) -> io::Result<bool> {
        if self.buffer.is_empty() {
            let Some(buffer) = self.free_buffer()? else { return Ok(false) };
            self.buffer = buffer;
        }
        Ok(true)
    }

    fn bytes(&mut self) -> &mut [u8] {
        &mut self.buffer[HEAD_BYTES..][..self.spec.message_bytes]
    }

    fn publish(&mut self, message: Message, wake: &dyn Fn()) -> io::Result<Sent> {
        self.sequence += 1;
        let head = Head::new(self.sequence, message.length, message.published_ns);
        self.buffer[..HEAD_BYTES].copy_from_slice(head.as_bytes());
        let tail_at = HEAD_BYTES + message.length;
        self.buffer[tail_at..][..TAIL_BYTES].copy_from_slice(&head.tail());
        let (went, sent) = self.send(tail_at + TAIL_BYTES, wake)?;
        if went > 0 && self.to.lent_bytes()? > 0 {
            self.lent.push_back((std::mem::take(&mut self.buffer), went));
        }
        Ok(sent)
    }
}

impl Framer {
    /// A buffer of which nothing is lent: the oldest, a further one, or `None` if there are enough.
    fn free_buffer(&mut self) -> io::Result<Option<Vec<u8>>> {
        let newer: usize = self.lent.iter().skip(1).map(|(_buffer, went)| went).sum();
        // What is still lent is the end of all that went: if the newer ones are that long, all of
        // it stands in them.
        if self.to.lent_bytes()? <= newer {
            return Ok(self.lent.pop_front().map(|(buffer, _went)| buffer));
        }
        let has_more = self.lent.len() < self.spec.slots;
        Ok(has_more.then(|| vec![0; whole_bytes(self.spec)]))
    }

    /// Sends the first `bytes` bytes of the buffer. Also tells how many went.
    fn send(&mut self, bytes: usize, wake: &dyn Fn()) -> io::Result<(usize, Sent)> {
        let (mut from, mut deadline_ns) = (0, None);
        while from < bytes {
            let to = bytes.min(from + self.to.piece_bytes_max());
            // A piece of one message must not overtake those of another.
            if let Some(sent) = self.to.try_send(&self.buffer[from..to], Urgency::Sample)? {
                from += sent;
                continue;
            }
            let now = now_ns();
            let deadline_ns = *deadline_ns.get_or_insert(now + PATIENCE_NS);
            // Nothing of it went: what is full are messages that the receiver has not taken.
            if from == 0 || now >= deadline_ns {
                return Ok((from, Sent::QueueFull));
            }
            wake();
            self.to.wait_for_room(deadline_ns)?;
        }
        Ok((from, Sent::Taken))
    }
}

/// Puts messages together again.
#[derive(Debug)]
struct Assembler {
    spec: Spec,
    /// What came of messages that are not complete, its first `filled` bytes.
    coming: Vec<u8>,
    filled: usize,
    /// The newest complete message, in its envelope.
    ready: Vec<u8>,
    length: usize,
    /// Something was damaged before the message that was found last.
    is_damage_untold: bool,
    from: Box<dyn PieceReceiver>,
}

impl Incoming for Assembler {
    fn take(&mut self) -> io::Result<Found> {
        if std::mem::take(&mut self.is_damage_untold) {
            return Ok(Found::Damaged);
        }
        let mut newest = Found::Nothing;
        for _ in 0..MESSAGES_PER_LOOK {
            match (self.next()?, newest) {
                (Found::Nothing, _) => break,
                (Found::Damaged, Found::Nothing) => return Ok(Found::Damaged),
                (Found::Damaged, _) => {
                    self.is_damage_untold = true;
                    break;
                }
                (found, _) => newest = found,
            }
            if self.spec.pattern == Pattern::Queue {
                break;
            }
        }
        Ok(newest)
    }

    fn bytes(&self) -> &[u8] {
        &self.ready[HEAD_BYTES..][..self.length]
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.from.descriptor()
    }
}

impl Assembler {
    /// The next complete message.
    fn next(&mut self) -> io::Result<Found> {
        loop {
            let came = &self.coming[..self.filled];
            let head = Head::read(came, self.spec.message_bytes);
            let end = head.map_or(HEAD_BYTES, |it| HEAD_BYTES + it.length_bytes() + TAIL_BYTES);
            if self.filled < end {
                if !self.receive(head.map(|_| end))? {
                    return Ok(Found::Nothing);
                }
                continue;
            }
            let sound = head.filter(|it| came[..end].ends_with(&it.tail()));
            let Some(head) = sound else {
                self.resynchronise();
                return Ok(Found::Damaged);
            };
            self.length = head.length_bytes();
            std::mem::swap(&mut self.ready, &mut self.coming);
            self.filled -= end;
            self.coming[..self.filled].copy_from_slice(&self.ready[end..][..self.filled]);
            return Ok(Found::Message { published_ns: head.published_ns() });
        }
    }

    /// Takes more; of a stream no more than up to `end`, where that is known. Whether there was
    /// any.
    fn receive(&mut self, end: Option<usize>) -> io::Result<bool> {
        let end = end.filter(|_| !self.from.keeps_boundaries()).unwrap_or(self.coming.len());
        let room = &mut self.coming[self.filled..end];
        let came = self.from.try_receive(room)?.unwrap_or(0);
        self.filled += came.min(room.len());
        Ok(came > 0)
    }

    /// Drops what came up to the next head.
    fn resynchronise(&mut self) {
        let came = &self.coming[..self.filled];
        let next = came.windows(MAGIC.len()).skip(1).position(|it| it == MAGIC);
        // The last bytes may be the beginning of one.
        let unknown = self.filled.saturating_sub(MAGIC.len() - 1).max(1);
        let from = next.map_or(unknown, |before| before + 1);
        self.coming.copy_within(from..self.filled, 0);
        self.filled -= from;
    }
}

#[cfg(test)]
mod tests;
