//! Messages in shared memory, their handles by Unix datagram, and acknowledgements back: `hybrid`.
//!
//! Order: kept. Boundaries: kept. Back-pressure: no free slot, or a full queue of handles, is told to the
//! sender, which never waits. Priority: none. Credentials: who made the pair (`SO_PEERCRED`). Nothing is
//! copied but the handle, and the receiver has a descriptor to wait for.
//!
//! An acknowledgement says that everything up to its number is done with. So a slot that a dead receiver
//! held is free again when its successor acknowledges anything later; a sender that has no slot left sends
//! a handle of nothing to be acknowledged. What a dead sender sent is still received: which slot holds
//! which number stands in the shared memory, and its successor goes on from there. A number is never used
//! twice, hence no acknowledgement is ever wrong, however late it comes. The owner need not repair anything;
//! the kernel frees all with the last process that has it.

use super::carrier::{Found, Incoming, Message, Outgoing, Owner};
use super::{HandDown, Inherited, LinkError, Pattern, Sent, Spec, Urgency, foreign};
use crate::page::{AttachError, attach, attach_view, create};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use sys::shm::{HUGE_PAGE_BYTES, Memory, Shared, SharedView};
use sys::socket::{receive, send};
use wire::handle::{ACKNOWLEDGEMENT_BYTES, HANDLE_BYTES, Handle, acknowledged, acknowledgement};
use wire::shared::{PAGE_BYTES, PageKind, handles};
use zerocopy::IntoBytes;

/// Most datagrams that one look takes: more than the kernel queues.
const DATAGRAMS_PER_LOOK: usize = 64;
/// Where the slots begin: huge pages can back them, and what lies between takes no memory.
const SLOTS_OFFSET: usize = HUGE_PAGE_BYTES;

/// What the link consists of.
#[derive(Debug)]
pub(super) struct Hybrid {
    memory: Memory,
    read_only: OwnedFd,
    sender: OwnedFd,
    receiver: OwnedFd,
}

pub(super) fn create_link(spec: Spec) -> Result<Hybrid, LinkError> {
    let system = |source| LinkError::System { mechanism: spec.mechanism, source };
    if !(2..=handles::SLOTS_MAX).contains(&spec.slots) {
        let detail = format!("{} slots", spec.slots);
        return Err(AttachError::Impossible { what: PageKind::Handles, detail }.into());
    }
    let (memory, _header) = create(PageKind::Handles, SLOTS_OFFSET - PAGE_BYTES + bytes(spec))?;
    // The owner touches every page once, so that no process pays for the first access.
    Shared::map(memory.fd(), SLOTS_OFFSET, bytes(spec)).map_err(map)?.collapse();
    let read_only = memory.read_only().map_err(system)?;
    let (sender, receiver) = sys::socket::datagram_pair().map_err(system)?;
    Ok(Hybrid { memory, read_only, sender, receiver })
}

impl Owner for Hybrid {
    fn outlet(&self) -> HandDown<'_> {
        HandDown { fds: vec![self.memory.fd(), self.sender.as_fd()], ids: Vec::new() }
    }

    fn inlet(&self) -> HandDown<'_> {
        HandDown { fds: vec![self.read_only.as_fd(), self.receiver.as_fd()], ids: Vec::new() }
    }
}

/// From slot to slot: whole pages.
fn stride(spec: Spec) -> usize {
    spec.message_bytes.next_multiple_of(PAGE_BYTES)
}

fn bytes(spec: Spec) -> usize {
    spec.slots * stride(spec)
}

fn map(source: io::Error) -> AttachError {
    AttachError::Map { what: PageKind::Handles, source }
}

fn memory_and_socket(spec: Spec, end: Inherited) -> Result<[OwnedFd; 2], LinkError> {
    <[OwnedFd; 2]>::try_from(end.descriptors)
        .map_err(|descriptors| foreign(spec, &Inherited { descriptors, ids: end.ids }))
}

/// The sender with the slot that it fills.
#[derive(Debug)]
pub(super) struct Lending {
    spec: Spec,
    header: Shared,
    slots: Shared,
    memory: OwnedFd,
    socket: OwnedFd,
    slot: usize,
}

pub(super) fn outlet(spec: Spec, end: Inherited) -> Result<Lending, LinkError> {
    let [memory, socket] = memory_and_socket(spec, end)?;
    let header = attach(PageKind::Handles, &memory, PAGE_BYTES)?;
    let slots = Shared::map(&memory, SLOTS_OFFSET, bytes(spec)).map_err(map)?;
    Ok(Lending { spec, header, slots, memory, socket, slot: 0 })
}

impl Lending {
    /// A word of the header. Relaxed throughout: the sender alone has it mapped for writing, one process
    /// after the other is buried, and the receiver learns what it needs from the datagrams.
    fn word(&self, index: usize) -> &AtomicU64 {
        &self.header.words()[index]
    }

    /// The next number: never one that a predecessor may have used.
    fn number(&self) -> u64 {
        self.word(handles::SEQUENCE).fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Takes the acknowledgements that have come. Up to which number everything is done with.
    fn acknowledged(&self) -> io::Result<u64> {
        let word = self.word(handles::ACKNOWLEDGED);
        for _ in 0..DATAGRAMS_PER_LOOK {
            let mut bytes = [0; ACKNOWLEDGEMENT_BYTES];
            let Some(length) = receive(&self.socket, &mut bytes)? else { break };
            // What was not sent yet cannot be done with.
            let sent = self.word(handles::SEQUENCE).load(Ordering::Relaxed);
            let number = bytes.get(..length).and_then(acknowledged).filter(|&it| it <= sent);
            word.fetch_max(number.unwrap_or(0), Ordering::Relaxed);
        }
        Ok(word.load(Ordering::Relaxed))
    }

    fn send(&self, sequence: u64, slot: u64, message: Message) -> io::Result<Sent> {
        let handle = Handle {
            sequence: sequence.into(),
            slot: slot.into(),
            length_bytes: (message.length as u64).into(),
            published_ns: message.published_ns.into(),
        };
        send(&self.socket, handle.as_bytes())
    }

    /// Has everything acknowledged that was sent, by whoever receives next. It is asked for each time that
    /// there is no room, since a receiver may die with the question; those that nobody takes fill the
    /// queue and no more.
    fn ask(&self) -> io::Result<Sent> {
        let nothing = Message { length: 0, published_ns: 0, urgency: Urgency::Sample };
        self.send(self.number(), Handle::NOTHING, nothing)
    }
}

impl Outgoing for Lending {
    fn begin(&mut self) -> io::Result<bool> {
        let acknowledged = self.acknowledged()?;
        let is_free = |&slot: &usize| {
            self.word(handles::FIRST_SLOT + slot).load(Ordering::Relaxed) <= acknowledged
        };
        let Some(slot) = (0..self.spec.slots).find(is_free) else {
            return self.ask().map(|_full_or_not| false);
        };
        self.slot = slot;
        Ok(true)
    }

    fn bytes(&mut self) -> &mut [u8] {
        self.slots.bytes_mut(self.slot * stride(self.spec), self.spec.message_bytes)
    }

    fn publish(&mut self, message: Message, _wake: &dyn Fn()) -> io::Result<Sent> {
        let (number, slot) = (self.number(), self.slot);
        let holds = handles::FIRST_SLOT + slot;
        // Before it is sent: a successor must not fill a slot whose handle is on its way.
        self.word(holds).store(number, Ordering::Relaxed);
        let sent = self.send(number, slot as u64, message)?;
        if !sent.is_sent() {
            self.word(holds).store(0, Ordering::Relaxed);
        }
        Ok(sent)
    }

    fn still_writable(&mut self) -> Option<&mut [u8]> {
        Some(self.bytes())
    }

    fn memory(&self) -> Option<BorrowedFd<'_>> {
        Some(self.memory.as_fd())
    }
}

/// The receiver with the slot that it holds.
#[derive(Debug)]
pub(super) struct Borrowing {
    spec: Spec,
    slots: SharedView,
    socket: OwnedFd,
    slot: usize,
    length: usize,
    /// The newest number that came.
    passed: u64,
}

pub(super) fn inlet(spec: Spec, end: Inherited) -> Result<Borrowing, LinkError> {
    let [memory, socket] = memory_and_socket(spec, end)?;
    attach_view(PageKind::Handles, &memory, PAGE_BYTES)?;
    let slots = SharedView::map(&memory, SLOTS_OFFSET, bytes(spec)).map_err(map)?;
    Ok(Borrowing { spec, slots, socket, slot: 0, length: 0, passed: 0 })
}

impl Borrowing {
    /// Takes the next handle; `None` if none is there.
    fn next(&mut self) -> io::Result<Option<Found>> {
        let mut bytes = [0; HANDLE_BYTES];
        let Some(length) = receive(&self.socket, &mut bytes)? else { return Ok(None) };
        let Some(handle) = bytes.get(..length).and_then(Handle::read) else {
            return Ok(Some(Found::Damaged));
        };
        self.passed = self.passed.max(handle.sequence.get());
        let (slot, length) = (handle.slot.get(), handle.length_bytes.get());
        if slot == Handle::NOTHING {
            return Ok(Some(Found::Nothing));
        }
        // Both come from another process: never trust them as an index.
        if slot >= self.spec.slots as u64 || length > self.spec.message_bytes as u64 {
            return Ok(Some(Found::Damaged));
        }
        (self.slot, self.length) = (slot as usize, length as usize);
        Ok(Some(Found::Message { published_ns: handle.published_ns.get() }))
    }

    /// Everything that came is done with. A sender that does not look at what it was told so far will
    /// find the same in the next, so it does not matter if there is no room for this.
    fn acknowledge(&self, number: u64) -> io::Result<()> {
        send(&self.socket, &acknowledgement(number)).map(|_taken_or_not| ())
    }
}

impl Incoming for Borrowing {
    fn take(&mut self) -> io::Result<Found> {
        let mut found = Found::Nothing;
        for _ in 0..DATAGRAMS_PER_LOOK {
            let before = self.passed;
            match self.next()? {
                None => break,
                Some(Found::Nothing) => continue,
                Some(next) => {
                    if found != Found::Nothing {
                        // Superseded: its slot can be filled while this one is read.
                        self.acknowledge(before)?;
                    }
                    found = next;
                }
            }
            if self.spec.pattern == Pattern::Queue {
                break;
            }
        }
        if !matches!(found, Found::Message { .. }) && self.passed > 0 {
            self.acknowledge(self.passed)?;
        }
        Ok(found)
    }

    fn bytes(&self) -> &[u8] {
        self.slots.bytes(self.slot * stride(self.spec), self.length)
    }

    fn release(&mut self) {
        // An error is one of the socket; the next look at it tells.
        if let Err(_told_by_the_next_look) = self.acknowledge(self.passed) {}
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.socket.as_fd())
    }
}

#[cfg(test)]
mod tests;
