//! Shared memory as a link that keeps the newest message: `frames`, a pool of slots. What wakes the
//! receiver is its doorbell's business.
//!
//! Order: the newest wins. Boundaries: kept. Back-pressure: none, the sender never waits; where a reader
//! holds the only other slot, the message is dropped and the sender told. Priority: none. Credentials: who
//! inherited the descriptor. A SIGKILL of either side needs no repair; the slot that a dead reader held is
//! given back by the owner. Nothing has a name: the memory is gone with the last process that has it.
//! Sealed memory keeps its size; POSIX shared memory can be shrunk by whoever writes it; a System V segment is
//! open to every process of the user, for writing too.

use super::carrier::{Found, Incoming, Message, Outgoing, Owner};
use super::{HandDown, Inherited, LinkError, Sent, Spec, foreign};
use crate::frames::{Buffer, Reader, Writer};
use crate::store::{Handle, StoreKind};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::shm::Source;

/// Readers of a link.
const READERS: usize = 1;

#[derive(Debug)]
pub(super) struct Pool {
    buffer: Buffer,
    frames_writable: Handle,
    frames_read_only: Handle,
    pin_read_only: OwnedFd,
}

pub(super) fn create(kind: StoreKind, spec: Spec) -> Result<Pool, LinkError> {
    let system = |source| LinkError::System { mechanism: spec.mechanism, source };
    let buffer = Buffer::create_in(kind, spec.slots, spec.message_bytes, READERS)?;
    let frames_writable = buffer.store().writable().map_err(system)?;
    let frames_read_only = buffer.store().read_only().map_err(system)?;
    let pin_read_only = buffer.pin_read_only(0).map_err(system)?;
    Ok(Pool { buffer, frames_writable, frames_read_only, pin_read_only })
}

impl Owner for Pool {
    fn outlet(&self) -> HandDown<'_> {
        self.frames_writable.hand_down(self.pin_read_only.as_fd())
    }

    fn inlet(&self) -> HandDown<'_> {
        self.frames_read_only.hand_down(self.buffer.pin_fd(0))
    }

    fn bury_receiver(&self) {
        self.buffer.unpin_dead(0);
    }
}

/// The writer with the slot that it fills.
#[derive(Debug)]
pub(super) struct Filling {
    writer: Writer,
    slot: usize,
    memory: Handle,
}

pub(super) fn outlet(spec: Spec, end: Inherited) -> Result<Filling, LinkError> {
    let (memory, pin) = Handle::inherit(end).map_err(|end| foreign(spec, &end))?;
    Ok(Filling { writer: Writer::attach(memory.place(), &[pin])?, slot: 0, memory })
}

impl Outgoing for Filling {
    fn begin(&mut self) -> io::Result<bool> {
        let slot = self.writer.free_slot();
        self.slot = slot.unwrap_or(self.slot);
        Ok(slot.is_some())
    }

    fn bytes(&mut self) -> &mut [u8] {
        self.writer.bytes_mut(self.slot)
    }

    fn publish(&mut self, message: Message, _wake: &dyn Fn()) -> io::Result<Sent> {
        self.writer.publish(self.slot, message.published_ns);
        Ok(Sent::Taken)
    }

    fn still_writable(&mut self) -> Option<&mut [u8]> {
        Some(self.bytes())
    }

    fn memory(&self) -> Option<BorrowedFd<'_>> {
        self.memory.descriptor()
    }
}

/// The reader with the slot that it holds.
#[derive(Debug)]
pub(super) struct Holding {
    reader: Reader,
    slot: usize,
}

pub(super) fn inlet(spec: Spec, end: Inherited) -> Result<Holding, LinkError> {
    let (memory, pin) = Handle::inherit(end).map_err(|end| foreign(spec, &end))?;
    Ok(Holding { reader: Reader::attach(memory, pin)?, slot: 0 })
}

impl Incoming for Holding {
    fn take(&mut self) -> io::Result<Found> {
        let Some(slot) = self.reader.pin_newest() else { return Ok(Found::Nothing) };
        self.slot = slot;
        Ok(Found::Message { published_ns: self.reader.published_ns(slot) })
    }

    fn bytes(&self) -> &[u8] {
        self.reader.bytes(self.slot)
    }

    fn release(&mut self) {
        self.reader.unpin();
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}
