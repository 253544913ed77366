//! Shared memory as a link that keeps every message: `ring`, slots in memory of any
//! kind (`pool` tells how they differ).
//!
//! Order: kept. Boundaries: kept. Back-pressure: a full ring is told to the sender, which never waits.
//! Priority: none. Credentials: who inherited the descriptor. A SIGKILL of either side needs no repair; a
//! receiver's successor takes the message again that the dead one held. Nothing has a name: the memory is
//! gone with the last process that has it.

use super::carrier::{Found, Incoming, Message, Outgoing, Owner};
use super::{HandDown, Inherited, LinkError, Sent, Spec, foreign};
use crate::ring::{Consumer, Producer, Ring};
use crate::store::{Handle, StoreKind};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::shm::Source;

#[derive(Debug)]
pub(super) struct Queue {
    ring: Ring,
    slots_writable: Handle,
    slots_read_only: Handle,
    position_read_only: OwnedFd,
}

pub(super) fn create(kind: StoreKind, spec: Spec) -> Result<Queue, LinkError> {
    let system = |source| LinkError::System { mechanism: spec.mechanism, source };
    let ring = Ring::create_in(kind, spec.slots, spec.message_bytes)?;
    let slots_writable = ring.store().writable().map_err(system)?;
    let slots_read_only = ring.store().read_only().map_err(system)?;
    let position_read_only = ring.position_read_only().map_err(system)?;
    Ok(Queue { ring, slots_writable, slots_read_only, position_read_only })
}

impl Owner for Queue {
    fn outlet(&self) -> HandDown<'_> {
        self.slots_writable.hand_down(self.position_read_only.as_fd())
    }

    fn inlet(&self) -> HandDown<'_> {
        self.slots_read_only.hand_down(self.ring.position_fd())
    }
}

/// The writer with the message that it fills.
#[derive(Debug)]
pub(super) struct Filling {
    producer: Producer,
    number: u64,
    memory: Handle,
}

pub(super) fn outlet(spec: Spec, end: Inherited) -> Result<Filling, LinkError> {
    let (memory, position) = Handle::inherit(end).map_err(|end| foreign(spec, &end))?;
    let producer = Producer::attach(memory.place(), position)?;
    Ok(Filling { producer, number: 0, memory })
}

impl Outgoing for Filling {
    fn begin(&mut self) -> io::Result<bool> {
        let number = self.producer.next_to_fill();
        self.number = number.unwrap_or(self.number);
        Ok(number.is_some())
    }

    fn bytes(&mut self) -> &mut [u8] {
        self.producer.bytes_mut(self.number)
    }

    fn publish(&mut self, message: Message, _wake: &dyn Fn()) -> io::Result<Sent> {
        self.producer.publish(self.number, message.length, message.published_ns);
        Ok(Sent::Taken)
    }

    fn still_writable(&mut self) -> Option<&mut [u8]> {
        Some(self.bytes())
    }

    fn memory(&self) -> Option<BorrowedFd<'_>> {
        self.memory.descriptor()
    }
}

/// The reader with the message that it holds.
#[derive(Debug)]
pub(super) struct Holding {
    consumer: Consumer,
    number: u64,
}

pub(super) fn inlet(spec: Spec, end: Inherited) -> Result<Holding, LinkError> {
    let (memory, position) = Handle::inherit(end).map_err(|end| foreign(spec, &end))?;
    Ok(Holding { consumer: Consumer::attach(memory, position)?, number: 0 })
}

impl Incoming for Holding {
    fn take(&mut self) -> io::Result<Found> {
        let Some(number) = self.consumer.next_to_read() else { return Ok(Found::Nothing) };
        self.number = number;
        Ok(Found::Message { published_ns: self.consumer.published_ns(number) })
    }

    fn bytes(&self) -> &[u8] {
        self.consumer.bytes(self.number)
    }

    fn release(&mut self) {
        self.consumer.give_back(self.number);
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}
