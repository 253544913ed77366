//! The checkpoints that a process passes, in a small ring beside its heartbeat: [`pass`] and
//! [`drain`].
//!
//! The writer never waits. A reader that is a whole ring behind knows how many it missed.

use std::sync::atomic::{AtomicU64, Ordering, fence};
use sys::shm::SharedView;
use wire::Checkpoint;
use wire::shared::heartbeat::{ENTRY_WORDS, PASSED, RING, RING_LENGTH};

/// A checkpoint that was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// By whom.
    pub incarnation: u32,
    /// Which.
    pub checkpoint: Checkpoint,
    /// When, `CLOCK_MONOTONIC` nanoseconds, as the process says.
    pub at_ns: u64,
}

fn entry(index: u64) -> usize {
    RING + (index % RING_LENGTH as u64) as usize * ENTRY_WORDS
}

/// Writes one entry.
pub(crate) fn pass(words: &[AtomicU64], Passed { incarnation, checkpoint, at_ns }: Passed) {
    // Relaxed: this process is the only one that stores to it.
    let passed = words[PASSED].load(Ordering::Relaxed);
    let at = entry(passed);
    // Release pairs with the Acquire fence in `drain`: who reads a word of this entry in place of an
    // older one's sees the count that says so.
    fence(Ordering::Release);
    let what = u64::from(checkpoint.number()) | u64::from(incarnation) << 32;
    words[at].store(what, Ordering::Relaxed);
    words[at + 1].store(at_ns, Ordering::Relaxed);
    // Release pairs with Acquire in `drain`: who sees the count sees the entry. A writer killed
    // before this line leaves an entry that nobody sees.
    words[PASSED].store(passed.wrapping_add(1), Ordering::Release);
}

/// Reads every entry from `next` on; returns how many were lost.
pub(crate) fn drain(page: &SharedView, next: &mut u64, mut take: impl FnMut(Passed)) -> u64 {
    let length = RING_LENGTH as u64;
    // Acquire pairs with Release in `pass`.
    let head = page.load(PASSED, Ordering::Acquire);
    // A count that jumped, back or far ahead, was written by nobody who counts.
    let oldest = head.saturating_sub(length);
    let mut lost = if head < *next { 1 } else { oldest.saturating_sub(*next) };
    *next = if head < *next { head } else { oldest.max(*next) };
    while *next < head {
        let index = *next;
        let what = page.load(entry(index), Ordering::Relaxed);
        let at_ns = page.load(entry(index) + 1, Ordering::Relaxed);
        // The words were read before the count is read again; while it shows that the writer has
        // not come round to this entry, they are of one checkpoint.
        fence(Ordering::Acquire);
        let newest = page.load(PASSED, Ordering::Relaxed);
        *next += 1;
        let whole = newest.wrapping_sub(index) < length;
        match Checkpoint::from_number(what as u32) {
            Some(checkpoint) if whole => {
                take(Passed { incarnation: (what >> 32) as u32, checkpoint, at_ns });
            }
            _ => lost += 1,
        }
    }
    lost
}

#[cfg(test)]
mod tests {
    use crate::heartbeat::{Beater, Monitor};
    use wire::Checkpoint::{Protected, Published, Rendered, SlotTaken};
    use wire::shared::heartbeat::RING_LENGTH;

    fn drained(monitor: &mut Monitor) -> (Vec<u64>, u64) {
        let mut times = Vec::new();
        let lost = monitor.drain(|passed| times.push(passed.at_ns));
        (times, lost)
    }

    #[test]
    fn checkpoints_come_out_in_order_once_and_across_incarnations() {
        let (memory, mut monitor) = Monitor::create().unwrap();
        let beater = Beater::attach(memory.fd()).unwrap();
        beater.pass(1, SlotTaken, 10);
        beater.pass(1, Rendered, 11);
        assert_eq!(drained(&mut monitor), (vec![10, 11], 0));
        let successor = Beater::attach(memory.fd()).unwrap();
        successor.pass(2, SlotTaken, 12);
        let mut seen = Vec::new();
        assert_eq!(monitor.drain(|it| seen.push((it.incarnation, it.checkpoint))), 0);
        assert_eq!(seen, [(2, SlotTaken)]);
        assert_eq!(drained(&mut monitor), (vec![], 0));
    }

    #[test]
    fn a_reader_a_whole_ring_behind_knows_what_it_missed() {
        let (memory, mut monitor) = Monitor::create().unwrap();
        let beater = Beater::attach(memory.fd()).unwrap();
        let length = RING_LENGTH as u64;
        (0..length + 5).for_each(|at_ns| beater.pass(1, Protected, at_ns));
        let (times, lost) = drained(&mut monitor);
        // The entry that the writer would fill next counts as lost: it may be half overwritten.
        assert_eq!((times.first(), times.len() as u64, lost), (Some(&6), length - 1, 6));
        beater.pass(1, Published, 99);
        assert_eq!(drained(&mut monitor), (vec![99], 0));
    }

    #[test]
    fn a_reader_beside_a_running_writer_sees_whole_checkpoints_only() {
        let (memory, mut monitor) = Monitor::create().unwrap();
        let beater = Beater::attach(memory.fd()).unwrap();
        let total = 300_000_u64;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for n in 0..total {
                    beater.pass(n as u32, Published, n);
                }
            });
            let (mut seen, mut lost) = (0, 0);
            while seen + lost < total {
                lost += monitor.drain(|passed| {
                    assert_eq!(u64::from(passed.incarnation), passed.at_ns);
                    seen += 1;
                });
            }
            assert!(seen > 0);
        });
    }
}
