//! What both ends of a measured link share beside it: [`Page`], how they begin together, how the
//! receiver tells what it has verified, and where their figures go.

use analysis::ipc::Round;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use sys::clock::now_ns;
use sys::shm::{Memory, Shared};

/// Longest silence that either side bears: the other must have died, or the mechanism is stuck.
pub(super) const SILENCE_NS: u64 = 5_000_000_000;

/// Words of the page; each of those that are written while messages travel has a cache line of its own.
const READY: usize = 0;
const START: usize = 1;
const SENDER_CPU_NS: usize = 2;
const RECEIVER_CPU_NS: usize = 3;
const BEGUN_NS: usize = 4;
const ENDED_NS: usize = 5;
const MESSAGES: usize = 6;
const SAME_CPU: usize = 7;
const VERIFIED: usize = 8;
const LISTENED_TO: usize = 9;
const WAITING: usize = 16;
const SENDER_ON: usize = 24;
/// Then two words for each message that is timed.
const TIMES: usize = 32;

/// The mapped page.
#[derive(Debug)]
pub(super) struct Page {
    shared: Shared,
    timed: u64,
}

impl Page {
    fn bytes(timed: u64) -> usize {
        (TIMES + 2 * timed as usize) * 8
    }

    /// A new page for so many timed messages, and the memory behind it.
    pub(super) fn create(timed: u64) -> io::Result<(Memory, Page)> {
        let memory = Memory::anonymous("failop-bench-link", Page::bytes(timed))?;
        let page = Page::attach(memory.fd(), timed)?;
        Ok((memory, page))
    }

    /// The page that was handed down.
    pub(super) fn attach(fd: impl AsFd, timed: u64) -> io::Result<Page> {
        Ok(Page { shared: Shared::map(fd, 0, Page::bytes(timed))?, timed })
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        &self.shared.words()[index]
    }

    fn set(&self, index: usize, value: u64) {
        self.word(index).store(value, Ordering::Relaxed);
    }

    /// Waits until both ends are ready to begin.
    pub(super) fn wait_for_both(&self) -> anyhow::Result<()> {
        self.wait(READY, "the ends of the link did not start", |ready| ready >= 2)
    }

    /// Lets them begin.
    pub(super) fn go(&self) {
        self.word(START).store(1, Ordering::Release);
        sys::futex::wake(self.word(START));
    }

    /// Says that this end is ready, and waits until it may begin.
    pub(super) fn begin(&self) -> anyhow::Result<()> {
        self.word(READY).fetch_add(1, Ordering::Release);
        sys::futex::wake(self.word(READY));
        self.wait(START, "the measurement did not begin", |start| start > 0)
    }

    /// Tells that the receiver hears the link itself: the sender need not ring.
    pub(super) fn listen(&self) {
        self.set(LISTENED_TO, 1);
    }

    /// Whether it does; known once both have begun.
    pub(super) fn is_listened_to(&self) -> bool {
        self.word(LISTENED_TO).load(Ordering::Relaxed) != 0
    }

    fn wait(
        &self,
        index: usize,
        otherwise: &str,
        is_enough: fn(u64) -> bool,
    ) -> anyhow::Result<()> {
        let (word, deadline_ns) = (self.word(index), now_ns() + SILENCE_NS);
        loop {
            // Acquire pairs with the Release of whoever changes the word.
            let seen = word.load(Ordering::Acquire);
            if is_enough(seen) {
                return Ok(());
            }
            anyhow::ensure!(now_ns() < deadline_ns, "{otherwise}");
            sys::futex::wait(word, seen as u32, deadline_ns);
        }
    }

    /// How many messages were verified, counted from the first of all.
    pub(super) fn verified(&self) -> u64 {
        // Acquire pairs with Release in `verify`.
        self.word(VERIFIED).load(Ordering::Acquire)
    }

    /// Tells that everything before `next` was verified, and wakes the sender if it waits for that.
    pub(super) fn verify(&self, next: u64) {
        self.word(VERIFIED).store(next, Ordering::Release);
        // Pairs with the fence in `sleep_until_verified`: either the sender sees what was stored, or
        // it is seen waiting.
        fence(Ordering::SeqCst);
        if self.word(WAITING).load(Ordering::Relaxed) != 0 {
            sys::futex::wake(self.word(VERIFIED));
        }
    }

    /// Sleeps until something after `seen` was verified, at the longest until `deadline_ns`.
    pub(super) fn sleep_until_verified(&self, seen: u64, deadline_ns: u64) {
        self.set(WAITING, 1);
        fence(Ordering::SeqCst);
        if self.verified() == seen {
            sys::futex::wait(self.word(VERIFIED), seen as u32, deadline_ns);
        }
        self.set(WAITING, 0);
    }

    /// The sender's processor, told when it changes.
    pub(super) fn sender_on(&self, cpu: usize) {
        self.set(SENDER_ON, cpu as u64);
    }

    /// Whether the sender was last seen on this processor.
    pub(super) fn is_sender_on(&self, cpu: usize) -> bool {
        self.word(SENDER_ON).load(Ordering::Relaxed) == cpu as u64
    }

    /// When a timed message was published; others are not kept.
    pub(super) fn published(&self, timed: u64, at_ns: u64) {
        if timed < self.timed {
            self.set(TIMES + 2 * timed as usize, at_ns);
        }
    }

    /// When its last byte had been verified.
    pub(super) fn arrived(&self, timed: u64, at_ns: u64) {
        if timed < self.timed {
            self.set(TIMES + 2 * timed as usize + 1, at_ns);
        }
    }

    /// CPU time of the sender for all messages.
    pub(super) fn sender_used(&self, cpu_ns: u64) {
        self.set(SENDER_CPU_NS, cpu_ns);
    }

    /// What the receiver has seen so far of what counts.
    pub(super) fn received(&self, received: Received) {
        self.set(RECEIVER_CPU_NS, received.cpu_ns);
        self.set(BEGUN_NS, received.begun_ns);
        self.set(ENDED_NS, received.ended_ns);
        self.set(MESSAGES, received.messages);
        self.set(SAME_CPU, received.same_cpu);
    }

    /// What the round came to, after both processes have ended.
    pub(super) fn round(&self) -> Round {
        let load = |index: usize| self.word(index).load(Ordering::Acquire);
        let times =
            (0..self.timed as usize).map(|it| (load(TIMES + 2 * it), load(TIMES + 2 * it + 1)));
        let times: Vec<(u64, u64)> = times.filter(|(published, _)| *published > 0).collect();
        let arrived = times.iter().filter(|(_, arrived)| *arrived > 0);
        Round {
            latencies_ns: arrived.clone().map(|(from, to)| to.saturating_sub(*from)).collect(),
            messages: load(MESSAGES),
            lost: (times.len() - arrived.count()) as u64,
            elapsed_ns: load(ENDED_NS).saturating_sub(load(BEGUN_NS)),
            sender_cpu_ns: load(SENDER_CPU_NS),
            receiver_cpu_ns: load(RECEIVER_CPU_NS),
            same_cpu: load(SAME_CPU),
        }
    }
}

/// What the receiver tells of what it has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Received {
    pub(super) cpu_ns: u64,
    pub(super) begun_ns: u64,
    pub(super) ended_ns: u64,
    pub(super) messages: u64,
    pub(super) same_cpu: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_counts_what_was_published_and_never_arrived() {
        let (_memory, page) = Page::create(3).unwrap();
        for (timed, published, arrived) in [(0, 100, 150), (1, 200, 0), (7, 1, 2)] {
            page.published(timed, published);
            page.arrived(timed, arrived);
        }
        page.received(Received { begun_ns: 10, ended_ns: 40, messages: 1, ..Received::default() });
        let round = page.round();
        assert_eq!((round.latencies_ns, round.lost, round.elapsed_ns), (vec![50], 1, 30));
    }

    #[test]
    fn a_sender_is_woken_by_what_was_verified() {
        let (memory, page) = Page::create(0).unwrap();
        let theirs = Page::attach(memory.fd(), 0).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| theirs.verify(1));
            while page.verified() == 0 {
                page.sleep_until_verified(0, now_ns() + 20_000_000_000);
            }
        });
    }
}
