//! The newest frame, from one writer to any number of readers, in place: [`Buffer`], [`Writer`],
//! [`Reader`].
//!
//! The memory is a header page and a pool of slots, writable by the writer alone, and one pin page
//! for each reader, writable by that reader alone. `protocol` says who may touch which slot when.

mod protocol;

use crate::page::{AttachError, attach, attach_view, create, create_in};
use crate::store::{Store, StoreKind};
use crate::words::{Kernel, Word};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering;
use sys::shm::{HUGE_PAGE_BYTES, Memory, Shared, SharedView, Source};
use wire::shared::{PAGE_BYTES, PageKind, frames, pin};

/// The owner's handle: creates the memory, hands it out, and unpins for the dead.
#[derive(Debug)]
pub struct Buffer {
    frames: Store,
    pins: Vec<(Memory, Shared)>,
}

impl Buffer {
    /// New memory for `slots` frames of at most `slot_bytes` bytes and `readers` readers.
    pub fn create(slots: usize, slot_bytes: usize, readers: usize) -> Result<Buffer, AttachError> {
        Buffer::create_in(StoreKind::Sealed, slots, slot_bytes, readers)
    }

    /// The same with the frames in another kind of memory.
    pub(crate) fn create_in(
        kind: StoreKind,
        slots: usize,
        slot_bytes: usize,
        readers: usize,
    ) -> Result<Buffer, AttachError> {
        check(slots, slot_bytes)?;
        let more = SLOTS_OFFSET - PAGE_BYTES + pool_bytes(slots, slot_bytes);
        let (frames, header) = create_in(kind, PageKind::Frames, more)?;
        header.words()[frames::SLOTS].store(slots as u64, Ordering::Relaxed);
        header.words()[frames::SLOT_BYTES].store(slot_bytes as u64, Ordering::Relaxed);
        // The owner touches every page once, so that no process pays for the first access.
        Shared::map(frames.place(), SLOTS_OFFSET, pool_bytes(slots, slot_bytes))
            .map_err(|source| AttachError::Map { what: PageKind::Frames, source })?
            .collapse();
        let pins = (0..readers).map(|_| create(PageKind::Pin, 0)).collect::<Result<Vec<_>, _>>()?;
        Ok(Buffer { frames, pins })
    }

    /// The frames, for the writer.
    pub fn frames_fd(&self) -> BorrowedFd<'_> {
        self.described().fd()
    }

    /// The frames, for a reader: the kernel refuses to map them writable.
    pub fn frames_read_only(&self) -> std::io::Result<OwnedFd> {
        self.described().read_only()
    }

    /// The frames, of whatever kind their memory is.
    pub(crate) fn store(&self) -> &Store {
        &self.frames
    }

    fn described(&self) -> &Memory {
        self.frames.memory().expect("outside of this crate all have a descriptor")
    }

    /// The pin page of reader number `reader`, for that reader.
    pub fn pin_fd(&self, reader: usize) -> BorrowedFd<'_> {
        self.pins[reader].0.fd()
    }

    /// The pin page of reader number `reader`, for the writer.
    pub fn pin_read_only(&self, reader: usize) -> std::io::Result<OwnedFd> {
        self.pins[reader].0.read_only()
    }

    /// Gives back the slot that reader number `reader` held when it died. Only after it was buried.
    pub fn unpin_dead(&self, reader: usize) {
        protocol::unpin::<Kernel>(&self.pins[reader].1.words()[pin::CELL]);
    }
}

fn check(slots: usize, slot_bytes: usize) -> Result<(), AttachError> {
    if (2..=frames::SLOTS_MAX).contains(&slots) && (1..=64 << 20).contains(&slot_bytes) {
        return Ok(());
    }
    let detail = format!("{slots} slots of {slot_bytes} bytes");
    Err(AttachError::Impossible { what: PageKind::Frames, detail })
}

/// Slots begin on page boundaries, so that two never share a cache line or a page.
fn stride(slot_bytes: usize) -> usize {
    slot_bytes.next_multiple_of(PAGE_BYTES)
}

/// Where the slots begin: huge pages can back them, and what lies between the header and them takes
/// no memory.
const SLOTS_OFFSET: usize = HUGE_PAGE_BYTES;

/// Bytes of all slots: whole huge pages where they fill at least one.
fn pool_bytes(slots: usize, slot_bytes: usize) -> usize {
    let bytes = slots * stride(slot_bytes);
    if bytes < HUGE_PAGE_BYTES { bytes } else { bytes.next_multiple_of(HUGE_PAGE_BYTES) }
}

/// The writing side: one process at a time, the one before it buried.
#[derive(Debug)]
pub struct Writer {
    header: Shared,
    slots: Shared,
    pins: Vec<SharedView>,
    slot_count: usize,
    slot_bytes: usize,
}

impl Writer {
    /// Maps the frames and the pin page of every reader.
    #[expect(clippy::needless_pass_by_value, reason = "a descriptor is often made for this call")]
    pub fn attach(frames: impl Source, pin_fds: &[OwnedFd]) -> Result<Writer, AttachError> {
        let memory = frames.place();
        let header = attach(PageKind::Frames, memory, PAGE_BYTES)?;
        let slot_count = header.words()[frames::SLOTS].load(Ordering::Relaxed) as usize;
        let slot_bytes = header.words()[frames::SLOT_BYTES].load(Ordering::Relaxed) as usize;
        check(slot_count, slot_bytes)?;
        let slots = Shared::map(memory, SLOTS_OFFSET, pool_bytes(slot_count, slot_bytes))
            .map_err(|source| AttachError::Map { what: PageKind::Frames, source })?;
        let pins = pin_fds
            .iter()
            .map(|fd| attach_view(PageKind::Pin, fd, PAGE_BYTES))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Writer { header, slots, pins, slot_count, slot_bytes })
    }

    /// A slot to fill; `None` if every slot is the newest or held by a reader: the frame is lost.
    pub fn begin(&mut self) -> Option<Fill<'_>> {
        let slot = self.free_slot()?;
        Some(Fill { writer: self, slot })
    }

    /// A slot that no reader sees until it is published, if there is one.
    pub(crate) fn free_slot(&self) -> Option<usize> {
        let latest = &self.header.words()[frames::LATEST];
        let pins = self.pins.iter().map(|page| Word(page, pin::CELL));
        protocol::free_slot::<Kernel>(latest, pins, self.slot_count)
    }

    /// The bytes of a slot that was free.
    pub(crate) fn bytes_mut(&mut self, slot: usize) -> &mut [u8] {
        self.slots.bytes_mut(slot * stride(self.slot_bytes), self.slot_bytes)
    }

    /// Makes the slot the newest frame. Readers find `now_ns` as the time of publication.
    pub(crate) fn publish(&self, slot: usize, now_ns: u64) {
        let words = self.header.words();
        // Relaxed: made visible by the Release store in `publish`.
        words[frames::PUBLISHED_NS + slot].store(now_ns, Ordering::Relaxed);
        protocol::publish::<Kernel>(&words[frames::LATEST], slot);
    }
}

/// A slot that no reader sees. Dropping it without publishing leaves it free.
#[must_use]
#[derive(Debug)]
pub struct Fill<'a> {
    writer: &'a mut Writer,
    slot: usize,
}

impl Fill<'_> {
    /// The slot's bytes, holding whatever was there before.
    pub fn bytes(&mut self) -> &mut [u8] {
        self.writer.bytes_mut(self.slot)
    }

    /// Makes the slot the newest frame. Readers find `now_ns` as the time of publication.
    pub fn publish(self, now_ns: u64) {
        self.writer.publish(self.slot, now_ns);
    }
}

/// The reading side: one process at a time for each pin page.
#[derive(Debug)]
pub struct Reader {
    header: SharedView,
    slots: SharedView,
    pin: Shared,
    slot_count: usize,
    slot_bytes: usize,
    seen: u64,
}

impl Reader {
    /// Maps the frames and the reader's own pin page. The newest frame counts as unseen.
    #[expect(clippy::needless_pass_by_value, reason = "a descriptor is often made for this call")]
    pub fn attach(frames: impl Source, pin_fd: impl AsFd) -> Result<Reader, AttachError> {
        let memory = frames.place();
        let header = attach_view(PageKind::Frames, memory, PAGE_BYTES)?;
        let slot_count = header.load(frames::SLOTS, Ordering::Relaxed) as usize;
        let slot_bytes = header.load(frames::SLOT_BYTES, Ordering::Relaxed) as usize;
        check(slot_count, slot_bytes)?;
        let slots = SharedView::map(memory, SLOTS_OFFSET, pool_bytes(slot_count, slot_bytes))
            .map_err(|source| AttachError::Map { what: PageKind::Frames, source })?;
        let pin = attach(PageKind::Pin, pin_fd, PAGE_BYTES)?;
        Ok(Reader { header, slots, pin, slot_count, slot_bytes, seen: 0 })
    }

    /// Holds the newest frame, if there is one that this reader has not seen.
    pub fn newest(&mut self) -> Option<Held<'_>> {
        let slot = self.pin_newest()?;
        Some(Held { reader: self, slot })
    }

    /// Pins the newest slot, if there is one that this reader has not seen.
    pub(crate) fn pin_newest(&mut self) -> Option<usize> {
        let latest = Word(&self.header, frames::LATEST);
        let cell = &self.pin.words()[pin::CELL];
        let word = protocol::pin_newest::<Kernel>(&latest, cell, self.seen)?;
        self.seen = word;
        // The writer's word comes from another process: never trust it as an index.
        Some(protocol::slot_of(word).min(self.slot_count - 1))
    }

    /// The bytes of the pinned slot.
    pub(crate) fn bytes(&self, slot: usize) -> &[u8] {
        self.slots.bytes(slot * stride(self.slot_bytes), self.slot_bytes)
    }

    /// When the pinned slot was published.
    pub(crate) fn published_ns(&self, slot: usize) -> u64 {
        // Relaxed: ordered by the acquisition of the newest frame.
        self.header.load(frames::PUBLISHED_NS + slot, Ordering::Relaxed)
    }

    /// Lets the writer have the pinned slot back.
    pub(crate) fn unpin(&self) {
        protocol::unpin::<Kernel>(&self.pin.words()[pin::CELL]);
    }
}

/// A frame that the writer does not touch until this is dropped.
#[must_use]
#[derive(Debug)]
pub struct Held<'a> {
    reader: &'a Reader,
    slot: usize,
}

impl Held<'_> {
    /// The frame.
    pub fn bytes(&self) -> &[u8] {
        self.reader.bytes(self.slot)
    }

    /// When it was published.
    pub fn published_ns(&self) -> u64 {
        self.reader.published_ns(self.slot)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.reader.unpin();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rig {
        buffer: Buffer,
        writer: Writer,
    }

    fn rig(slots: usize, readers: usize) -> (Rig, Vec<Reader>) {
        let buffer = Buffer::create(slots, 100, readers).unwrap();
        let pins: Vec<_> = (0..readers).map(|r| buffer.pin_read_only(r).unwrap()).collect();
        let writer = Writer::attach(buffer.frames_fd(), &pins).unwrap();
        let readers = (0..readers)
            .map(|r| Reader::attach(buffer.frames_read_only().unwrap(), buffer.pin_fd(r)).unwrap())
            .collect();
        (Rig { buffer, writer }, readers)
    }

    fn put(writer: &mut Writer, value: u8) -> bool {
        let Some(mut fill) = writer.begin() else { return false };
        fill.bytes().fill(value);
        fill.publish(value.into());
        true
    }

    #[test]
    fn a_reader_sees_the_newest_frame_once() {
        let (mut rig, mut readers) = rig(2, 1);
        assert!(readers[0].newest().is_none());
        assert!(put(&mut rig.writer, 1) && put(&mut rig.writer, 2));
        let held = readers[0].newest().unwrap();
        assert_eq!((held.bytes(), held.published_ns()), (&[2; 100][..], 2));
        drop(held);
        assert!(readers[0].newest().is_none());
    }

    #[test]
    fn two_slots_drop_behind_a_reader_that_holds_and_three_do_not() {
        for (slots, expected) in [(2, [true, false, false]), (3, [true, true, true])] {
            let (mut rig, mut readers) = rig(slots, 1);
            assert!(put(&mut rig.writer, 1));
            let held = readers[0].newest().unwrap();
            let published = [2, 3, 4].map(|value| put(&mut rig.writer, value));
            assert_eq!(published, expected, "{slots} slots");
            assert_eq!(held.bytes(), [1; 100], "a held frame does not change");
        }
    }

    #[test]
    fn readers_plus_two_slots_never_drop_whatever_the_readers_hold() {
        let (mut rig, mut readers) = rig(4, 2);
        assert!(put(&mut rig.writer, 1));
        let (first, second) = readers.split_at_mut(1);
        let _a = first[0].newest().unwrap();
        assert!(put(&mut rig.writer, 2));
        let _b = second[0].newest().unwrap();
        assert!((3..50).all(|value| put(&mut rig.writer, value)));
    }

    #[test]
    fn a_fill_that_is_not_published_is_never_seen() {
        let (mut rig, mut readers) = rig(2, 1);
        assert!(put(&mut rig.writer, 1));
        rig.writer.begin().unwrap().bytes().fill(99);
        assert_eq!(readers[0].newest().unwrap().bytes(), [1; 100]);
        assert!(put(&mut rig.writer, 2));
    }

    #[test]
    fn the_pin_of_a_dead_reader_is_given_back_by_the_owner() {
        let (mut rig, mut readers) = rig(2, 1);
        assert!(put(&mut rig.writer, 1));
        std::mem::forget(readers[0].newest().unwrap());
        assert!(put(&mut rig.writer, 2));
        assert!(!put(&mut rig.writer, 3), "the dead reader's slot is held");
        rig.buffer.unpin_dead(0);
        assert!(put(&mut rig.writer, 3));
    }

    #[test]
    fn a_reader_beside_a_running_writer_sees_no_torn_frame() {
        const FRAMES: u64 = 200_000;
        for slots in [2, 3] {
            let (Rig { mut writer, .. }, mut readers) = rig(slots, 1);
            std::thread::scope(|scope| {
                scope.spawn(move || {
                    let mut number = 1;
                    while number <= FRAMES {
                        let Some(mut fill) = writer.begin() else {
                            std::thread::yield_now();
                            continue;
                        };
                        fill.bytes().fill(number as u8);
                        fill.publish(number);
                        number += 1;
                    }
                });
                let mut last = 0;
                while last < FRAMES {
                    let Some(held) = readers[0].newest() else {
                        std::thread::yield_now();
                        continue;
                    };
                    assert!(held.published_ns() > last, "{slots} slots: time goes on");
                    last = held.published_ns();
                    assert_eq!(held.bytes(), [last as u8; 100], "{slots} slots, frame {last}");
                }
            });
        }
    }

    #[test]
    fn impossible_buffers_are_refused() {
        for (slots, bytes) in [(0, 100), (1, 100), (65, 100), (2, 0), (2, usize::MAX)] {
            assert!(Buffer::create(slots, bytes, 1).is_err(), "{slots} slots of {bytes}");
        }
    }
}
