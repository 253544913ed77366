//! Authors of one journal, one of which is killed again and again while it holds the lock: [`storm`].

use crate::actor::{self, Actor, PATIENCE_NS, Random};
use crate::harness::say;
use crate::pattern;
use channel::journal::{Author, Journal, Refused};
use channel::ring::Consumer;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use sys::clock::{now_ns, sleep_until};
use sys::robust::Found;
use sys::shm::{Shared, SharedView};
use wire::shared::{PAGE_BYTES, lock};

/// The role of a child that writes to a journal.
pub(crate) const ROLE: &str = "author";
/// The authors; the last is the victim.
const NAMES: [&str; 3] = ["0", "1", "2"];
const VICTIM: usize = 2;

/// Kills of the victim, half of them while it certainly holds the lock.
const KILLS: u64 = 2_000;
/// A random kill comes at most so long after the victim has shown progress.
const KILL_WITHIN_NS: u64 = 300_000;

/// Few, so that the journal is often full.
const SLOTS: usize = 16;
const EVENT_BYTES: usize = 256;

/// Words of an author's page.
mod word {
    /// Events begun, over all incarnations: the number of the one it is at.
    pub(super) const BEGUN: usize = 0;
    /// Events written.
    pub(super) const DONE: usize = 1;
    /// Locks that it took from a dead author.
    pub(super) const TAKEN_OVER: usize = 2;
    /// Refused for another reason than a full journal.
    pub(super) const BUSY: usize = 3;
    /// Stored by the owner: where to stay with the lock, one of the values below.
    pub(super) const STAY: usize = 4;
    /// Nowhere.
    pub(super) const NOWHERE: u64 = 0;
    /// With the event half written.
    pub(super) const HALF: u64 = 1;
    /// With the event written and not published.
    pub(super) const WHOLE: u64 = 2;
    /// The number of the event with which it stays.
    pub(super) const STAYS_AT: usize = 5;
}

/// Writes event after event; returns only when it cannot.
pub(crate) fn main(name: &str, fds: Vec<OwnedFd>, state: &Shared) -> ExitCode {
    let Ok([slots, position, lock]) = <[OwnedFd; 3]>::try_from(fds) else {
        return ExitCode::from(7);
    };
    let mut author = Author::attach(slots, position, lock).expect("the owner made the journal");
    let words = state.words();
    let name = name.as_bytes()[0];
    loop {
        let number = words[word::BEGUN].load(Ordering::Relaxed) + 1;
        words[word::BEGUN].store(number, Ordering::Release);
        while let Err(refused) = append(&mut author, words, name, number) {
            match refused {
                Refused::Full => std::thread::yield_now(),
                Refused::Busy => drop(words[word::BUSY].fetch_add(1, Ordering::Release)),
            }
        }
        words[word::DONE].store(number, Ordering::Release);
    }
}

fn append(author: &mut Author, words: &[AtomicU64], name: u8, number: u64) -> Result<(), Refused> {
    let written = author.append(now_ns() + PATIENCE_NS, |bytes| {
        let (first, second) = bytes.split_at_mut(EVENT_BYTES / 2);
        pattern::fill(first, number);
        stay(words, word::HALF, number);
        pattern::fill(second, number);
        second[EVENT_BYTES / 2 - 1] = name;
        stay(words, word::WHOLE, number);
        EVENT_BYTES
    })?;
    if written.lock == Found::Orphaned {
        words[word::TAKEN_OVER].fetch_add(1, Ordering::Release);
    }
    Ok(())
}

/// Stays here until the kill, if the owner wants it.
fn stay(words: &[AtomicU64], place: u64, number: u64) {
    while words[word::STAY].load(Ordering::Acquire) == place {
        words[word::STAYS_AT].store(number, Ordering::Release);
        sleep_until(now_ns() + 1_000_000);
    }
}

/// The owner of the journal, its reader, and its authors.
struct Rig {
    lock: SharedView,
    reader: Consumer,
    authors: Vec<Actor>,
    /// Number of the last event read from each author.
    last: [u64; NAMES.len()],
    /// The event that the victim was at when it was killed last: it may be missing, and no other.
    in_flight: u64,
    read: u64,
}

impl Rig {
    fn new() -> Rig {
        let journal = Journal::create(SLOTS, EVENT_BYTES).expect("a journal");
        let ring = journal.ring();
        let reader =
            Consumer::attach(ring.slots_read_only().expect("a descriptor"), ring.position_fd());
        let own = |fd: std::os::fd::BorrowedFd| fd.try_clone_to_owned().expect("a descriptor");
        let fds = || {
            let position = ring.position_read_only().expect("a descriptor");
            [own(ring.slots_fd()), position, own(journal.lock_fd())]
        };
        Rig {
            lock: SharedView::map(journal.lock_fd().as_fd(), 0, PAGE_BYTES).expect("the lock page"),
            reader: reader.expect("the reading end"),
            authors: NAMES.map(|name| Actor::start([ROLE, name], fds())).into(),
            last: [0; NAMES.len()],
            in_flight: 0,
            read: 0,
        }
    }

    /// Reads on until something has happened, told by what the authors show and by the last event read from
    /// each.
    fn wait(&mut self, event: &str, happened: impl Fn(&[Actor], &[u64]) -> bool) {
        let Rig { reader, authors, last, in_flight, read, .. } = self;
        let children: Vec<&Actor> = authors.iter().collect();
        actor::wait(&children, event, || {
            while let Some(item) = reader.take() {
                check(item.bytes(), last, *in_flight);
                *read += 1;
            }
            happened(authors, last)
        });
    }

    /// Waits until every survivor has written two more events: the first of them may have been at the lock
    /// before.
    fn wait_for_the_survivors(&mut self) {
        let before: Vec<u64> =
            self.authors[..VICTIM].iter().map(|it| it.word(word::DONE)).collect();
        self.wait("the survivors write on", |authors, _| {
            authors.iter().zip(&before).all(|(author, before)| author.word(word::DONE) > before + 1)
        });
    }

    fn sum(&self, index: usize) -> u64 {
        self.authors.iter().map(|author| author.word(index)).sum()
    }

    fn victim(&mut self) -> &mut Actor {
        &mut self.authors[VICTIM]
    }

    /// Kills the victim while it stays with the lock. Its event must never be seen.
    fn kill_the_holder(&mut self, place: u64) {
        let taken_over = self.sum(word::TAKEN_OVER);
        let words = self.victim().words();
        words[word::STAYS_AT].store(0, Ordering::Relaxed);
        words[word::STAY].store(place, Ordering::Release);
        self.wait("the victim stays with the lock", |authors, _| {
            authors[VICTIM].word(word::STAYS_AT) != 0
        });
        let holder = sys::robust::owner(&self.lock, lock::OWNER);
        assert_eq!(holder, Some(self.victim().pid()), "the victim holds the lock");
        self.victim().kill();
        self.victim().words()[word::STAY].store(word::NOWHERE, Ordering::Relaxed);
        self.in_flight = self.victim().word(word::BEGUN);
        assert_eq!(self.victim().word(word::STAYS_AT), self.in_flight);
        self.wait_for_the_survivors();
        assert_eq!(self.sum(word::TAKEN_OVER), taken_over + 1, "one took over from the dead");
        assert_ne!(self.last[VICTIM], self.in_flight, "an unfinished event was seen");
    }

    /// Kills the victim wherever it is.
    fn kill_at(&mut self, ns: u64) {
        sleep_until(now_ns() + ns);
        self.victim().kill();
        self.in_flight = self.victim().word(word::BEGUN);
        self.wait_for_the_survivors();
    }

    /// Starts the next victim.
    fn revive(&mut self) {
        let in_flight = self.in_flight;
        self.victim().restart();
        self.wait("an event of the next victim", |_, last| last[VICTIM] > in_flight);
    }
}

/// Checks that an event is whole and its author's next.
fn check(bytes: &[u8], last: &mut [u64; NAMES.len()], in_flight: u64) {
    assert_eq!(bytes.len(), EVENT_BYTES, "the whole event");
    let (first, second) = bytes.split_at(EVENT_BYTES / 2);
    let number = pattern::number(first);
    let mut expected = [0; EVENT_BYTES / 2];
    pattern::fill(&mut expected, number);
    assert_eq!(first, expected, "torn");
    let author = usize::from(second[EVENT_BYTES / 2 - 1] - b'0');
    expected[EVENT_BYTES / 2 - 1] = b'0' + author as u8;
    assert_eq!(second, expected, "torn");
    let skipped = author == VICTIM && number == last[author] + 2 && number == in_flight + 1;
    assert!(
        number == last[author] + 1 || skipped,
        "event {number} of author {author} came behind {}",
        last[author]
    );
    last[author] = number;
}

/// The storm.
pub(crate) fn storm() {
    let mut rig = Rig::new();
    let mut random = Random(0x0005_7012_0100);
    rig.wait_for_the_survivors();
    for kill in 0..KILLS {
        match kill % 4 {
            0 => rig.kill_the_holder(word::HALF),
            2 => rig.kill_the_holder(word::WHOLE),
            _ => rig.kill_at(random.draw() % KILL_WITHIN_NS),
        }
        rig.revive();
    }
    let (read, taken_over) = (rig.read, rig.sum(word::TAKEN_OVER));
    say(&format!("journal: {KILLS} kills, {read} events, {taken_over} taken from the dead"));
    assert_eq!(rig.sum(word::BUSY), 0, "nobody was kept waiting");
    // Every survivor's last event comes out too.
    let done: Vec<u64> = rig.authors[..VICTIM].iter().map(|it| it.word(word::DONE)).collect();
    rig.wait_for_the_survivors();
    assert!(rig.last.iter().zip(done).all(|(last, done)| *last >= done), "an event is missing");
}
