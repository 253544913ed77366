//! Whether the host lets anyone run at all: [`Probes`], a thread on each processor that wants to run
//! every few milliseconds.
//!
//! A watchdog on one processor cannot tell a silent process from one whose processor stands still
//! (a hypervisor took it away, a device driver holds it). While a probe is silent, too, the
//! silence of a process proves nothing.

use crossbeam_channel::{Receiver, Sender, unbounded};
use scenario::Board;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use sys::clock::{now_ns, sleep_until};
use wire::Source;
use wire::limits::STALL_NS;

/// How often each probe runs.
const PERIOD_NS: u64 = 10_000_000;

/// A time in which a processor did not run its probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stall {
    pub(crate) due_ns: u64,
    pub(crate) late_ns: u64,
}

pub(crate) struct Probes {
    /// When each probe is to run next.
    due: Vec<Arc<AtomicU64>>,
    stop: Arc<AtomicBool>,
    stalls: Receiver<Stall>,
    threads: Vec<JoinHandle<()>>,
    threshold_ns: u64,
}

impl Probes {
    /// Starts a probe on each processor that this process may use, in the scheduling class of the
    /// calling thread. Lateness from `threshold_ns` on is a stall.
    pub(crate) fn start(threshold_ns: u64) -> Probes {
        let (sender, stalls) = unbounded();
        let stop = Arc::new(AtomicBool::new(false));
        let mut probes =
            Probes { due: Vec::new(), stop, stalls, threads: Vec::new(), threshold_ns };
        for cpu in sys::sched::allowed_cpus() {
            let due = Arc::new(AtomicU64::new(now_ns() + PERIOD_NS));
            probes.due.push(Arc::clone(&due));
            let (stop, sender) = (Arc::clone(&probes.stop), sender.clone());
            let probe = move || {
                // Where it cannot be pinned it still tells of a host that runs nobody.
                if let Err(_refused) = sys::sched::pin_to(cpu) {}
                look(&due, &stop, threshold_ns, &sender);
            };
            probes.threads.push(std::thread::spawn(probe));
        }
        probes
    }

    /// The stalls that have ended since the last call.
    pub(crate) fn ended(&self) -> impl Iterator<Item = Stall> {
        self.stalls.try_iter()
    }

    /// The stalls that last still.
    pub(crate) fn lasting(&self, now_ns: u64) -> impl Iterator<Item = Stall> {
        let due = self.due.iter().map(|due| due.load(Ordering::Relaxed));
        let stalls =
            due.map(move |due_ns| Stall { due_ns, late_ns: now_ns.saturating_sub(due_ns) });
        stalls.filter(|stall| stall.late_ns >= self.threshold_ns)
    }
}

impl Drop for Probes {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A probe that broke has nothing more to tell.
            if thread.join().is_err() {}
        }
    }
}

fn look(due: &AtomicU64, stop: &AtomicBool, threshold_ns: u64, stalls: &Sender<Stall>) {
    while !stop.load(Ordering::Relaxed) {
        let due_ns = due.load(Ordering::Relaxed);
        sleep_until(due_ns);
        let now = now_ns();
        let late_ns = now.saturating_sub(due_ns);
        due.store(now + PERIOD_NS, Ordering::Relaxed);
        if late_ns >= threshold_ns && stalls.send(Stall { due_ns, late_ns }).is_err() {
            return;
        }
    }
}

/// How punctually the host runs those who want to run every few milliseconds, on any processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Punctuality {
    /// How often somebody was to run.
    pub looks: u64,
    /// Lateness that 99 % of the times were not above (nearest rank), nanoseconds.
    pub p99_late_ns: u64,
    /// The worst, nanoseconds.
    pub worst_late_ns: u64,
    /// How often it was so late that a run would call it a stall.
    pub stalls: u64,
}

/// Looks for so long, in the scheduling class of a run where that is permitted. Fails if that class
/// cannot be left again.
pub fn punctuality(for_ns: u64) -> io::Result<Punctuality> {
    let priority = Board::default().placement(Source::Watchdog).priority;
    let realtime = sys::sched::set_realtime(priority).is_ok();
    let probes = Probes::start(0);
    sleep_until(now_ns() + for_ns);
    let mut late_ns: Vec<u64> = probes.ended().map(|it| it.late_ns).collect();
    // One that never came is in none of those that ended.
    late_ns.extend(probes.lasting(now_ns()).map(|it| it.late_ns).filter(|&late| late > 0));
    drop(probes);
    if realtime {
        sys::sched::set_normal()?;
    }
    late_ns.sort_unstable();
    let rank = (late_ns.len() * 99).div_ceil(100);
    Ok(Punctuality {
        looks: late_ns.len() as u64,
        p99_late_ns: rank.checked_sub(1).map_or(0, |index| late_ns[index]),
        worst_late_ns: late_ns.last().copied().unwrap_or(0),
        stalls: late_ns.iter().filter(|&&late| late >= STALL_NS).count() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_processor_is_looked_at() {
        let seen = punctuality(5 * PERIOD_NS).unwrap();
        assert!(seen.p99_late_ns <= seen.worst_late_ns, "{seen:?}");
        assert!(seen.looks > 0 && seen.stalls <= seen.looks, "{seen:?}");
    }

    #[test]
    fn a_probe_runs_on_and_a_late_one_is_told() {
        // Nobody is punctual to the nanosecond: every look is a stall of at least 0 ns.
        let probes = Probes::start(0);
        let deadline = now_ns() + 30_000_000_000;
        let mut seen = 0;
        while seen < 3 && now_ns() < deadline {
            seen += probes.ended().count();
            sleep_until(now_ns() + PERIOD_NS);
        }
        assert!(seen >= 3);
    }

    #[test]
    fn a_probe_that_is_overdue_is_a_stall_now() {
        let probes = Probes::start(1_000_000_000_000);
        assert_eq!(probes.lasting(now_ns()).count(), 0);
        let later = now_ns() + 2_000_000_000_000;
        assert_eq!(probes.lasting(later).count(), sys::sched::allowed_cpus().len());
    }
}
