//! The newest state of something, from one writer to any number of readers: the [`Board`] and its
//! [`BoardView`]s.
//!
//! The writer never waits, and readers leave no trace: their mapping is read-only, so that one that is
//! dead, stopped or slow disturbs nobody. A state is some words, copied out whole or not at all. A writer
//! that is killed while it writes leaves the newest complete state in place.

mod protocol;

use crate::page::{AttachError, attach, attach_view, create};
use crate::words::{Kernel, Word};
use std::os::fd::AsFd;
use std::sync::atomic::AtomicU64;
use sys::shm::{Memory, Shared, SharedView};
use wire::shared::{PAGE_BYTES, PageKind, board};

/// How often a reader tries: each try in vain means that the writer went once around the ring while the
/// reader copied a slot.
const TRIES: usize = 16;

/// Words of a slot that holds a state of `words` words.
const fn slot_words(words: usize) -> usize {
    words + 1
}

const fn slots_bytes(words: usize) -> usize {
    (board::SLOTS * slot_words(words) * 8).next_multiple_of(PAGE_BYTES)
}

/// The writer's side of a board whose states have `WORDS` words.
#[derive(Debug)]
pub struct Board<const WORDS: usize> {
    page: Shared,
}

impl<const WORDS: usize> Board<WORDS> {
    /// New memory for a board on which nothing stands.
    pub fn create(what: PageKind) -> Result<Memory, AttachError> {
        let (memory, _page) = create(what, slots_bytes(WORDS))?;
        Ok(memory)
    }

    /// Maps a board that was handed down. One process at a time may write.
    pub fn attach(what: PageKind, fd: impl AsFd) -> Result<Self, AttachError> {
        Ok(Self { page: attach(what, fd, PAGE_BYTES + slots_bytes(WORDS))? })
    }

    /// Writes a new state.
    pub fn publish(&self, state: &[u64; WORDS]) {
        let words = self.page.words();
        let slots: [&[AtomicU64]; board::SLOTS] = std::array::from_fn(|index| {
            &words[board::FIRST + index * slot_words(WORDS)..][..slot_words(WORDS)]
        });
        protocol::publish::<Kernel>(&words[board::LATEST], &slots, state);
    }
}

/// A reader's side.
#[derive(Debug)]
pub struct BoardView<const WORDS: usize> {
    page: SharedView,
}

impl<const WORDS: usize> BoardView<WORDS> {
    /// Maps a board that was handed down.
    pub fn attach(what: PageKind, fd: impl AsFd) -> Result<Self, AttachError> {
        Ok(Self { page: attach_view(what, fd, PAGE_BYTES + slots_bytes(WORDS))? })
    }

    /// The newest state and its number, which grows with each; `None` before the first, and where the
    /// writer overtook this reader each time that it tried.
    pub fn read(&self) -> Option<(u64, [u64; WORDS])> {
        let latest = Word(&self.page, board::LATEST);
        let word = |slot: usize, index: usize| {
            Word(&self.page, board::FIRST + slot * slot_words(WORDS) + index)
        };
        (0..TRIES).find_map(|_| protocol::read::<Kernel, _, WORDS>(&latest, board::SLOTS, word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    const WHAT: PageKind = PageKind::Way;

    #[test]
    fn what_was_published_last_is_read_by_everyone() {
        let memory = Board::<3>::create(WHAT).unwrap();
        let writer = Board::<3>::attach(WHAT, memory.fd()).unwrap();
        let readers =
            [(); 2].map(|()| BoardView::<3>::attach(WHAT, memory.read_only().unwrap()).unwrap());
        assert_eq!(readers[0].read(), None);
        for number in 1..20 {
            writer.publish(&[number, 7 * number, !number]);
            for reader in &readers {
                assert_eq!(reader.read(), Some((number, [number, 7 * number, !number])));
            }
        }
    }

    #[test]
    fn a_writer_that_died_at_work_leaves_what_stood_there_and_its_successor_goes_on() {
        let memory = Board::<2>::create(WHAT).unwrap();
        let reader = BoardView::<2>::attach(WHAT, memory.read_only().unwrap()).unwrap();
        Board::<2>::attach(WHAT, memory.fd()).unwrap().publish(&[1, 1]);
        // Dead in the middle of the second: its slot says so, the newest is still the first.
        let half = Shared::map(memory.fd(), 0, PAGE_BYTES + slots_bytes(2)).unwrap();
        let slot = board::FIRST + 2 * slot_words(2);
        half.words()[slot].store(3, Ordering::Relaxed);
        half.words()[slot + 1].store(99, Ordering::Relaxed);
        assert_eq!(reader.read(), Some((1, [1, 1])));
        Board::<2>::attach(WHAT, memory.fd()).unwrap().publish(&[2, 2]);
        assert_eq!(reader.read(), Some((2, [2, 2])));
    }

    #[test]
    fn no_state_is_torn_by_a_writer_that_never_rests() {
        const STATES: u64 = 200_000;
        let memory = Board::<8>::create(WHAT).unwrap();
        let reader = BoardView::<8>::attach(WHAT, memory.read_only().unwrap()).unwrap();
        let writer = Board::<8>::attach(WHAT, memory.fd()).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| (1..=STATES).for_each(|number| writer.publish(&[number; 8])));
            let mut newest = 0;
            while newest < STATES {
                if let Some((number, state)) = reader.read() {
                    assert_eq!(state, [number; 8]);
                    assert!(number >= newest);
                    newest = number;
                }
            }
        });
    }
}
