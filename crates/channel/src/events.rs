//! What a process tells about itself, in a ring of records that outlives it: [`EventWriter`] and
//! [`EventReader`].
//!
//! The writer never waits and never fails: where the reader is a whole ring behind, the oldest
//! records are overwritten and the reader counts them.

use crate::page::{AttachError, attach, attach_view};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use sys::shm::{Memory, Shared, SharedView};
use wire::event::RECORD_WORDS;
use wire::shared::{PageKind, magic, ring};
use wire::{Event, Record};

/// Creates the ring file at `path`.
pub fn create(path: &Path) -> Result<Memory, AttachError> {
    let map = |source| AttachError::Map { what: PageKind::Ring, source };
    let memory = Memory::file(path, ring::FILE_BYTES).map_err(map)?;
    let shared = Shared::map(memory.fd(), 0, ring::FILE_BYTES).map_err(map)?;
    shared.words()[0].store(magic(PageKind::Ring), Ordering::Release);
    Ok(memory)
}

/// The writing side: one process at a time.
#[derive(Debug)]
pub struct EventWriter {
    ring: Shared,
    incarnation: u32,
}

impl EventWriter {
    /// Maps the ring for an incarnation, which goes on where the one before it ended.
    pub fn attach(fd: impl AsFd, incarnation: u32) -> Result<EventWriter, AttachError> {
        Ok(EventWriter { ring: attach(PageKind::Ring, fd, ring::FILE_BYTES)?, incarnation })
    }

    /// Tells that `event` happens now.
    pub fn tell(&mut self, event: Event) {
        self.tell_at(sys::clock::now_ns(), event);
    }

    /// Tells that `event` happened at `t_ns`.
    pub fn tell_at(&mut self, t_ns: u64, event: Event) {
        let words = self.ring.words();
        // Relaxed: this process is the only one that stores to it.
        let head = words[ring::HEAD].load(Ordering::Relaxed);
        let record = Record { t_ns, incarnation: self.incarnation, event };
        // Release pairs with the Acquire fence in `EventReader::drain`: who reads a word of this
        // record in place of an older one's sees the head that says so.
        fence(Ordering::Release);
        for (word, value) in record_words(words, head).iter().zip(record.to_words()) {
            word.store(value, Ordering::Relaxed);
        }
        // Release pairs with Acquire in `EventReader::drain`: who sees the head sees the record.
        // A writer killed before this line leaves a record that nobody sees.
        words[ring::HEAD].store(head + 1, Ordering::Release);
    }
}

fn first_word(index: u64) -> usize {
    ring::RECORDS + (index % ring::CAPACITY as u64) as usize * RECORD_WORDS
}

fn record_words(words: &[AtomicU64], index: u64) -> &[AtomicU64] {
    &words[first_word(index)..][..RECORD_WORDS]
}

/// The reading side: the watchdog's recorder.
#[derive(Debug)]
pub struct EventReader {
    ring: SharedView,
    next: u64,
}

impl EventReader {
    /// Maps the ring from its first record on.
    pub fn attach(fd: impl AsFd) -> Result<EventReader, AttachError> {
        Ok(EventReader { ring: attach_view(PageKind::Ring, fd, ring::FILE_BYTES)?, next: 0 })
    }

    /// Hands every record written since the last call to `take`, with its number, and returns how
    /// many were lost: overwritten before they could be read, or not understood.
    pub fn drain(&mut self, take: impl FnMut(u64, Record)) -> u64 {
        self.drain_some(u64::MAX, take)
    }

    /// The same with at most `most` records; the others stay for the next call.
    pub fn drain_some(&mut self, most: u64, mut take: impl FnMut(u64, Record)) -> u64 {
        let capacity = ring::CAPACITY as u64;
        // Acquire pairs with Release in `EventWriter::tell_at`.
        let head = self.ring.load(ring::HEAD, Ordering::Acquire);
        let mut lost = 0;
        let mut taken = 0;
        while self.next < head && taken < most {
            let index = self.next;
            let words: [u64; RECORD_WORDS] = std::array::from_fn(|word| {
                self.ring.load(first_word(index) + word, Ordering::Relaxed)
            });
            // The words were read before the head is read again; while it shows that the writer
            // has not come round to this slot, they are of one record.
            fence(Ordering::Acquire);
            let newest = self.ring.load(ring::HEAD, Ordering::Relaxed);
            self.next += 1;
            match Record::from_words(&words) {
                Some(record) if newest - index < capacity => {
                    take(index, record);
                    taken += 1;
                }
                _ => lost += 1,
            }
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> (Memory, EventWriter, EventReader) {
        let memory = Memory::anonymous("ring", ring::FILE_BYTES).unwrap();
        let shared = Shared::map(memory.fd(), 0, ring::FILE_BYTES).unwrap();
        shared.words()[0].store(magic(PageKind::Ring), Ordering::Release);
        let writer = EventWriter::attach(memory.fd(), 1).unwrap();
        let reader = EventReader::attach(memory.fd()).unwrap();
        (memory, writer, reader)
    }

    fn drained(reader: &mut EventReader) -> (Vec<(u64, u64)>, u64) {
        let mut seen = Vec::new();
        let lost = reader.drain(|index, record| seen.push((index, record.t_ns)));
        (seen, lost)
    }

    #[test]
    fn records_come_out_in_order_once_and_across_incarnations() {
        let (memory, mut first, mut reader) = ring();
        first.tell_at(10, Event::Attached {});
        first.tell_at(11, Event::Attached {});
        assert_eq!(drained(&mut reader), (vec![(0, 10), (1, 11)], 0));
        drop(first);
        let mut second = EventWriter::attach(memory.fd(), 2).unwrap();
        second.tell_at(12, Event::Attached {});
        assert_eq!(drained(&mut reader), (vec![(2, 12)], 0));
        assert_eq!(drained(&mut reader), (vec![], 0));
    }

    #[test]
    fn a_reader_a_whole_ring_behind_counts_what_it_lost() {
        let (_memory, mut writer, mut reader) = ring();
        let capacity = ring::CAPACITY as u64;
        for t_ns in 0..capacity + 5 {
            writer.tell_at(t_ns, Event::Attached {});
        }
        let (seen, lost) = drained(&mut reader);
        // The slot that the writer would fill next counts as lost: it may be half overwritten.
        assert_eq!(lost, 6);
        assert_eq!(seen.first(), Some(&(6, 6)));
        assert_eq!(seen.len() as u64, capacity - 1);
    }

    #[test]
    fn a_reader_beside_a_running_writer_sees_whole_records_only() {
        let (_memory, mut writer, mut reader) = ring();
        let total = 300_000_u64;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for n in 0..total {
                    writer.tell_at(n, Event::FrameOverrun { frame: n });
                }
            });
            let mut seen = 0;
            let mut lost = 0;
            while seen + lost < total {
                lost += reader.drain(|index, record| {
                    assert_eq!(record.event, Event::FrameOverrun { frame: record.t_ns });
                    assert_eq!(index, record.t_ns);
                    seen += 1;
                });
            }
            assert!(seen > 0);
        });
    }
}
