//! What several processes tell, whole and in one order, to one reader: [`Journal`], [`Author`]; the reader
//! is a [`Consumer`](crate::ring::Consumer).
//!
//! It is a [`Ring`] whose writers take turns by a lock that the kernel takes from the dead. The one that
//! holds it is the ring's single writer, and what it has not published when it dies is never seen; so the
//! next one has nothing to repair but the lock itself. The reader takes no lock, holds up nobody, and maps
//! read-only what the writers write: the ring's protocol keeps it off unfinished events, and under the
//! lock it would wait for a stopped writer.
//!
//! An event is there or its writer was told: of a full journal, or of a lock that somebody held for too
//! long (a stopped process does not give it back).

use crate::page::{AttachError, create};
use crate::ring::{Producer, Ring};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use sys::clock::now_ns;
use sys::robust::{Found, Lock};
use sys::shm::{Memory, Shared};
use wire::shared::{PAGE_BYTES, PageKind, lock};

/// The owner's handle: creates the memory and hands it out.
#[derive(Debug)]
pub struct Journal {
    ring: Ring,
    lock: Memory,
}

impl Journal {
    /// New memory for `slots` events of at most `slot_bytes` bytes that were not read yet.
    pub fn create(slots: usize, slot_bytes: usize) -> Result<Journal, AttachError> {
        let (lock, _page) = create(PageKind::Lock, 0)?;
        Ok(Journal { ring: Ring::create(slots, slot_bytes)?, lock })
    }

    /// The ring: its reader's ends for the reader, its writer's for every author.
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// The lock, for every author.
    pub fn lock_fd(&self) -> BorrowedFd<'_> {
        self.lock.fd()
    }
}

/// Why an event was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The reader has to take something first.
    #[error("the journal is full")]
    Full,
    /// Somebody held the lock until the deadline.
    #[error("somebody else writes for too long")]
    Busy,
}

/// An event that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// How many events are before it.
    pub number: u64,
    /// Whether an author died at work before it.
    pub lock: Found,
}

/// A writing side: any number of processes, each for the thread that made it.
#[derive(Debug)]
pub struct Author {
    producer: Producer,
    lock: Lock,
}

impl Author {
    /// Maps what the ring's writer gets, and the lock.
    pub fn attach(
        slots_fd: impl AsFd,
        position_fd: impl AsFd,
        lock_fd: impl AsFd,
    ) -> Result<Author, AttachError> {
        let page: Shared = crate::page::attach(PageKind::Lock, lock_fd, PAGE_BYTES)?;
        let map = |source: io::Error| AttachError::Map { what: PageKind::Lock, source };
        let lock = Lock::attach(page, lock::OWNER).map_err(map)?;
        Ok(Author { producer: Producer::attach(slots_fd, position_fd)?, lock })
    }

    /// Writes the next event: `write` puts it into the bytes of a slot and returns its length. Waits for
    /// another author until `deadline_ns`, and for the reader not at all.
    ///
    /// # Panics
    /// If the event is longer than a slot.
    pub fn append(
        &mut self,
        deadline_ns: u64,
        write: impl FnOnce(&mut [u8]) -> usize,
    ) -> Result<Written, Refused> {
        let Author { producer, lock } = self;
        let written = lock.with(deadline_ns, |lock| {
            let mut slot = producer.begin()?;
            let number = slot.number();
            let length = write(slot.bytes());
            // Under the lock, so that times are in the order of the events.
            slot.publish(length, now_ns());
            Some(Written { number, lock })
        });
        written.ok_or(Refused::Busy)?.ok_or(Refused::Full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::Consumer;

    const PATIENCE_NS: u64 = 30_000_000_000;

    fn author(journal: &Journal) -> Author {
        let ring = journal.ring();
        let position = ring.position_read_only().unwrap();
        Author::attach(ring.slots_fd(), position, journal.lock_fd()).unwrap()
    }

    fn reader(journal: &Journal) -> Consumer {
        let ring = journal.ring();
        Consumer::attach(ring.slots_read_only().unwrap(), ring.position_fd()).unwrap()
    }

    fn append(author: &mut Author, event: &[u8]) -> Result<Written, Refused> {
        author.append(now_ns() + PATIENCE_NS, |bytes| {
            bytes[..event.len()].copy_from_slice(event);
            event.len()
        })
    }

    #[test]
    fn events_of_several_authors_come_out_in_one_order_until_it_is_full() {
        let journal = Journal::create(3, 16).unwrap();
        let mut authors = [(); 2].map(|()| author(&journal));
        let mut reader = reader(&journal);
        for (number, event) in [b"a", b"b", b"c"].into_iter().enumerate() {
            let written = append(&mut authors[number % 2], event).unwrap();
            assert_eq!(written, Written { number: number as u64, lock: Found::Free });
        }
        for author in &mut authors {
            assert_eq!(append(author, b"d"), Err(Refused::Full));
        }
        let mut last_ns = 0;
        for event in [b"a", b"b", b"c"] {
            let item = reader.take().unwrap();
            assert_eq!(item.bytes(), event);
            assert!(item.published_ns() >= last_ns);
            last_ns = item.published_ns();
        }
        assert!(reader.take().is_none());
        assert!(authors.iter_mut().all(|author| append(author, b"d").is_ok()));
    }

    #[test]
    fn an_author_at_work_is_waited_for_until_the_deadline_and_seen_by_no_reader() {
        let journal = Journal::create(3, 16).unwrap();
        let (mut first, mut reader) = (author(&journal), reader(&journal));
        let written = first.append(now_ns() + PATIENCE_NS, |_| {
            let other = std::thread::scope(|scope| {
                let other = scope.spawn(|| author(&journal).append(now_ns() + 1_000_000, |_| 1));
                other.join().unwrap()
            });
            assert_eq!(other, Err(Refused::Busy));
            assert!(reader.take().is_none(), "nothing is written yet");
            1
        });
        assert!(written.is_ok() && reader.take().is_some());
    }
}
