//! Every message, in order, from one writer to one reader, in place on both sides: [`Ring`],
//! [`Producer`], [`Consumer`].
//!
//! The memory is a header page and slots, writable by the writer alone, and the reader's position in a
//! page of its own, writable by the reader alone. Nobody ever waits: a full ring is told to the writer,
//! an empty one to the reader.
//!
//! A process killed at any instruction needs no repair. A restarted writer goes on behind what was last
//! published; what its predecessor had not published is never seen. A restarted reader takes the message
//! again that its predecessor held: what was taken may not have been acted on yet, so that none is lost
//! and at most that one comes twice.

mod protocol;

use crate::page::{AttachError, attach, attach_view, create, create_in};
use crate::store::{Store, StoreKind};
use crate::words::{Kernel, Word};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use sys::shm::{HUGE_PAGE_BYTES, Memory, Shared, SharedView, Source};
use wire::shared::{PAGE_BYTES, PageKind, position, queue};

/// Most slots of a ring: ten minutes of a sensor at 100 Hz.
pub const SLOTS_MAX: usize = 1 << 16;
/// Most bytes of all slots together: they are present all the time, on a small board's memory.
pub const POOL_BYTES_MAX: usize = 256 << 20;

/// Bytes of a cache line of the processors that we know. Two slots never share one.
const LINE_BYTES: usize = 64;

/// The owner's handle: creates the memory and hands it out.
#[derive(Debug)]
pub struct Ring {
    slots: Store,
    position: Memory,
}

impl Ring {
    /// New memory for `slots` messages of at most `slot_bytes` bytes.
    pub fn create(slots: usize, slot_bytes: usize) -> Result<Ring, AttachError> {
        Ring::create_in(StoreKind::Sealed, slots, slot_bytes)
    }

    /// The same with the slots in another kind of memory.
    pub(crate) fn create_in(
        kind: StoreKind,
        slots: usize,
        slot_bytes: usize,
    ) -> Result<Ring, AttachError> {
        let layout = Layout::checked(slots, slot_bytes)?;
        let more = layout.offset() + layout.pool_bytes() - PAGE_BYTES;
        let (store, header) = create_in(kind, PageKind::Queue, more)?;
        header.words()[queue::SLOTS].store(slots as u64, Ordering::Relaxed);
        header.words()[queue::SLOT_BYTES].store(slot_bytes as u64, Ordering::Relaxed);
        // The owner touches every page once, so that no process pays for the first access.
        layout.map(store.place())?.collapse();
        let (position, _page) = create(PageKind::Position, 0)?;
        Ok(Ring { slots: store, position })
    }

    /// The slots, for the writer.
    pub fn slots_fd(&self) -> BorrowedFd<'_> {
        self.described().fd()
    }

    /// The slots, for the reader: the kernel refuses to map them writable.
    pub fn slots_read_only(&self) -> std::io::Result<OwnedFd> {
        self.described().read_only()
    }

    /// The slots, of whatever kind their memory is.
    pub(crate) fn store(&self) -> &Store {
        &self.slots
    }

    fn described(&self) -> &Memory {
        self.slots.memory().expect("outside of this crate all have a descriptor")
    }

    /// The reader's position, for the reader.
    pub fn position_fd(&self) -> BorrowedFd<'_> {
        self.position.fd()
    }

    /// The reader's position, for the writer.
    pub fn position_read_only(&self) -> std::io::Result<OwnedFd> {
        self.position.read_only()
    }
}

/// Where the slots lie. A slot is a message's bytes, and behind them its length and the time of its
/// publication.
#[derive(Clone, Copy, Debug)]
struct Layout {
    slots: usize,
    slot_bytes: usize,
}

impl Layout {
    fn checked(slots: usize, slot_bytes: usize) -> Result<Layout, AttachError> {
        let layout = Layout { slots, slot_bytes };
        let possible = (1..=SLOTS_MAX).contains(&slots)
            && (1..=POOL_BYTES_MAX).contains(&slot_bytes)
            && slots * layout.stride() <= POOL_BYTES_MAX;
        if possible {
            return Ok(layout);
        }
        let detail = format!("{slots} slots of {slot_bytes} bytes");
        Err(AttachError::Impossible { what: PageKind::Queue, detail })
    }

    /// As the words of a header page say.
    fn of(word: impl Fn(usize) -> u64) -> Result<Layout, AttachError> {
        Layout::checked(word(queue::SLOTS) as usize, word(queue::SLOT_BYTES) as usize)
    }

    /// Where in a slot the words behind the bytes begin.
    fn tail_offset(self) -> usize {
        self.slot_bytes.next_multiple_of(8)
    }

    /// From slot to slot: whole pages where one slot fills a page, else whole cache lines.
    fn stride(self) -> usize {
        let unit = if self.slot_bytes < PAGE_BYTES { LINE_BYTES } else { PAGE_BYTES };
        (self.tail_offset() + 16).next_multiple_of(unit)
    }

    /// Bytes of all slots: whole huge pages where they fill at least one.
    fn pool_bytes(self) -> usize {
        let bytes = self.slots * self.stride();
        let unit = if bytes < HUGE_PAGE_BYTES { PAGE_BYTES } else { HUGE_PAGE_BYTES };
        bytes.next_multiple_of(unit)
    }

    /// Where the slots begin: where huge pages can back them, if they fill one. What lies between the
    /// header and them takes no memory.
    fn offset(self) -> usize {
        if self.pool_bytes() < HUGE_PAGE_BYTES { PAGE_BYTES } else { HUGE_PAGE_BYTES }
    }

    fn map(self, source: impl Source) -> Result<Shared, AttachError> {
        Shared::map(source, self.offset(), self.pool_bytes())
            .map_err(|source| AttachError::Map { what: PageKind::Queue, source })
    }

    fn view(self, source: impl Source) -> Result<SharedView, AttachError> {
        SharedView::map(source, self.offset(), self.pool_bytes())
            .map_err(|source| AttachError::Map { what: PageKind::Queue, source })
    }

    /// Where the bytes of message `number` begin.
    fn first_byte(self, number: u64) -> usize {
        (number % self.slots as u64) as usize * self.stride()
    }

    /// Index of the word that holds the length of message `number`; its time of publication follows.
    fn length_word(self, number: u64) -> usize {
        (self.first_byte(number) + self.tail_offset()) / 8
    }
}

/// The writing side: one process at a time, the one before it buried.
#[derive(Debug)]
pub struct Producer {
    header: Shared,
    slots: Shared,
    position: SharedView,
    layout: Layout,
    /// The reader's position as last seen.
    seen: u64,
}

impl Producer {
    /// Maps the slots and the reader's position.
    #[expect(clippy::needless_pass_by_value, reason = "a descriptor is often made for this call")]
    pub fn attach(slots: impl Source, position_fd: impl AsFd) -> Result<Producer, AttachError> {
        let memory = slots.place();
        let header = attach(PageKind::Queue, memory, PAGE_BYTES)?;
        let layout = Layout::of(|word| header.words()[word].load(Ordering::Relaxed))?;
        let slots = layout.map(memory)?;
        let position = attach_view(PageKind::Position, position_fd, PAGE_BYTES)?;
        let seen = position.load(position::TAIL, Ordering::Acquire);
        Ok(Producer { header, slots, position, layout, seen })
    }

    /// A slot for the next message; `None` if the reader has to give one back first.
    pub fn begin(&mut self) -> Option<Slot<'_>> {
        let number = self.next_to_fill()?;
        Some(Slot { producer: self, number })
    }

    /// The number of the next message, if there is a slot for it.
    pub(crate) fn next_to_fill(&mut self) -> Option<u64> {
        let tail = Word(&self.position, position::TAIL);
        let head = &self.header.words()[queue::HEAD];
        protocol::next_to_fill::<Kernel>(head, &tail, &mut self.seen, self.layout.slots)
    }

    /// The bytes of the slot of the next message.
    pub(crate) fn bytes_mut(&mut self, number: u64) -> &mut [u8] {
        self.slots.bytes_mut(self.layout.first_byte(number), self.layout.slot_bytes)
    }

    /// Publishes the first `length` bytes of that slot.
    pub(crate) fn publish(&self, number: u64, length: usize, now_ns: u64) {
        let Producer { header, slots, layout, .. } = self;
        assert!(length <= layout.slot_bytes, "{length} of {} bytes", layout.slot_bytes);
        let about: &[AtomicU64] = &slots.words()[layout.length_word(number)..][..2];
        // Relaxed: made visible by the Release store in `publish`.
        about[0].store(length as u64, Ordering::Relaxed);
        about[1].store(now_ns, Ordering::Relaxed);
        protocol::publish::<Kernel>(&header.words()[queue::HEAD], number);
    }
}

/// A slot that the reader does not see. Dropping it without publishing leaves it free.
#[must_use]
#[derive(Debug)]
pub struct Slot<'a> {
    producer: &'a mut Producer,
    number: u64,
}

impl Slot<'_> {
    /// How many messages were published before it.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The slot's bytes, holding whatever was there before.
    pub fn bytes(&mut self) -> &mut [u8] {
        self.producer.bytes_mut(self.number)
    }

    /// Makes the first `length` bytes the next message. The reader finds `now_ns` as the time of
    /// publication.
    ///
    /// # Panics
    /// If the slot is shorter.
    pub fn publish(self, length: usize, now_ns: u64) {
        self.producer.publish(self.number, length, now_ns);
    }
}

/// The reading side: one process at a time, the one before it buried.
#[derive(Debug)]
pub struct Consumer {
    header: SharedView,
    slots: SharedView,
    position: Shared,
    layout: Layout,
    /// The number of published messages as last seen.
    seen: u64,
}

impl Consumer {
    /// Maps the slots and the position from which on nothing was given back.
    #[expect(clippy::needless_pass_by_value, reason = "a descriptor is often made for this call")]
    pub fn attach(slots: impl Source, position_fd: impl AsFd) -> Result<Consumer, AttachError> {
        let memory = slots.place();
        let header = attach_view(PageKind::Queue, memory, PAGE_BYTES)?;
        let layout = Layout::of(|word| header.load(word, Ordering::Relaxed))?;
        let slots = layout.view(memory)?;
        let position = attach(PageKind::Position, position_fd, PAGE_BYTES)?;
        let seen = position.words()[position::TAIL].load(Ordering::Relaxed);
        Ok(Consumer { header, slots, position, layout, seen })
    }

    /// Holds the oldest message, if there is one.
    pub fn take(&mut self) -> Option<Item<'_>> {
        let number = self.next_to_read()?;
        Some(Item { consumer: self, number })
    }

    /// The number of the oldest message, if there is one.
    pub(crate) fn next_to_read(&mut self) -> Option<u64> {
        let head = Word(&self.header, queue::HEAD);
        let tail = &self.position.words()[position::TAIL];
        protocol::next_to_read::<Kernel>(&head, tail, &mut self.seen, self.layout.slots)
    }

    /// The oldest message.
    pub(crate) fn bytes(&self, number: u64) -> &[u8] {
        // The length comes from another process: never trust it.
        let length = self.about(number, 0).min(self.layout.slot_bytes as u64) as usize;
        self.slots.bytes(self.layout.first_byte(number), length)
    }

    /// When it was published.
    pub(crate) fn published_ns(&self, number: u64) -> u64 {
        self.about(number, 1)
    }

    /// Lets the writer have its slot back.
    pub(crate) fn give_back(&self, number: u64) {
        protocol::give_back::<Kernel>(&self.position.words()[position::TAIL], number);
    }

    fn about(&self, number: u64, index: usize) -> u64 {
        // Relaxed: ordered by the look at the writer's count.
        self.slots.load(self.layout.length_word(number) + index, Ordering::Relaxed)
    }
}

/// A message whose slot the writer does not touch until this is dropped.
#[must_use]
#[derive(Debug)]
pub struct Item<'a> {
    consumer: &'a Consumer,
    number: u64,
}

impl Item<'_> {
    /// How many messages were published before it.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The message.
    pub fn bytes(&self) -> &[u8] {
        self.consumer.bytes(self.number)
    }

    /// When it was published.
    pub fn published_ns(&self) -> u64 {
        self.consumer.published_ns(self.number)
    }
}

impl Drop for Item<'_> {
    fn drop(&mut self) {
        self.consumer.give_back(self.number);
    }
}

#[cfg(test)]
mod tests;
