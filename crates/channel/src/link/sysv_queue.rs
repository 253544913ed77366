//! A System V message queue as a link: one number for both ends.
//!
//! Order: by type, then as sent: a command overtakes samples that wait. Boundaries: kept.
//! Back-pressure: the queue holds `kernel.msgmnb` (16,384) bytes of messages of up to 8192; then
//! the sender is told. Nobody can wait for a queue and for something else: the receiver needs a
//! doorbell, and a sender in the middle of a message looks again and again. Credentials: the kernel
//! notes who sent last (`ipcs -p`). The queue survives everyone: its owner removes it when it ends;
//! if the owner is killed it stays (`ipcrm -q`).

use super::carrier::{Owner, PieceReceiver, PieceSender};
use super::{HandDown, Inherited, LinkError, Spec, Urgency, foreign, refused};
use std::io;
use std::os::fd::BorrowedFd;
use sys::clock::{now_ns, sleep_until};
use sys::sysv::queue::{Queue, QueueEnd};

/// Types of messages: the receiver takes the lowest first.
const COMMAND: i64 = 1;
const SAMPLE: i64 = 2;
/// Looks that a sender without room takes, giving way to others between them, before it sleeps: a
/// receiver that is reading takes a piece in a few microseconds.
const LOOKS: u32 = 8;
/// Its sleep then; the kernel adds up to 50 µs. A queue holds two pieces, and a camera's frame, 254
/// of them, must get through within the sender's patience.
const NAP_NS: u64 = 20_000;

#[derive(Debug)]
pub(super) struct Owned {
    queue: Queue,
}

/// A link by a queue.
pub(super) fn create(spec: Spec) -> Result<Box<Owned>, LinkError> {
    let queue = Queue::create().map_err(refused(spec))?;
    Ok(Box::new(Owned { queue }))
}

impl Owned {
    fn hand_down(&self) -> HandDown<'_> {
        let id = u64::try_from(self.queue.id()).expect("the kernel numbers from 0");
        HandDown { fds: Vec::new(), ids: vec![id] }
    }
}

impl Owner for Owned {
    fn outlet(&self) -> HandDown<'_> {
        self.hand_down()
    }

    fn inlet(&self) -> HandDown<'_> {
        self.hand_down()
    }
}

/// One end.
#[derive(Debug)]
pub(super) struct End {
    queue: QueueEnd,
    /// How often there was no room since there was.
    looks: u32,
}

pub(super) fn attach(spec: Spec, end: &Inherited) -> Result<Box<End>, LinkError> {
    let [id] = end.ids[..] else { return Err(foreign(spec, end)) };
    match (i32::try_from(id), &end.descriptors[..]) {
        (Ok(id), []) => {
            let queue = QueueEnd::new(id).map_err(refused(spec))?;
            Ok(Box::new(End { queue, looks: 0 }))
        }
        _ => Err(foreign(spec, end)),
    }
}

impl PieceSender for End {
    fn piece_bytes_max(&self) -> usize {
        self.queue.message_bytes_max()
    }

    fn keeps_boundaries(&self) -> bool {
        true
    }

    fn try_send(&mut self, piece: &[u8], urgency: Urgency) -> io::Result<Option<usize>> {
        let kind = match urgency {
            Urgency::Sample => SAMPLE,
            Urgency::Command => COMMAND,
        };
        let sent = self.queue.send(kind, piece)?;
        self.looks = if sent.is_some() { 0 } else { self.looks + 1 };
        Ok(sent)
    }

    fn wait_for_room(&mut self, deadline_ns: u64) -> io::Result<()> {
        if self.looks <= LOOKS {
            std::thread::yield_now();
        } else {
            sleep_until(deadline_ns.min(now_ns() + NAP_NS));
        }
        Ok(())
    }
}

impl PieceReceiver for End {
    fn piece_bytes_max(&self) -> usize {
        self.queue.message_bytes_max()
    }

    fn keeps_boundaries(&self) -> bool {
        true
    }

    fn try_receive(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        self.queue.receive(SAMPLE, buffer)
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}
