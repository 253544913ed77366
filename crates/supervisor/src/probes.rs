//! Whether the host lets anyone run at all: [`Probes`], a thread on each processor that wants to run
//! every few milliseconds.
//!
//! A watchdog on one processor cannot tell a silent process from one whose processor stands still
//! (a hypervisor took it away, a device driver holds it). While a probe is silent, too, the
//! silence of a process proves nothing.

use crossbeam_channel::{Receiver, Sender, unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use sys::clock::{now_ns, sleep_until};

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
    /// Length of all stalls that have ended, those of several processors at once counted once.
    ended_ns: u64,
    /// Up to when they are counted.
    counted_until_ns: u64,
}

impl Probes {
    /// Starts a probe on each processor that this process may use, in the scheduling class of the
    /// calling thread. Lateness from `threshold_ns` on is a stall.
    pub(crate) fn start(threshold_ns: u64) -> Probes {
        let (sender, stalls) = unbounded();
        let stop = Arc::new(AtomicBool::new(false));
        let mut probes = Probes {
            due: Vec::new(),
            stop,
            stalls,
            threads: Vec::new(),
            threshold_ns,
            ended_ns: 0,
            counted_until_ns: 0,
        };
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
    pub(crate) fn ended(&mut self) -> Vec<Stall> {
        let stalls: Vec<Stall> = self.stalls.try_iter().collect();
        for stall in &stalls {
            let end_ns = stall.due_ns + stall.late_ns;
            self.ended_ns += end_ns.saturating_sub(stall.due_ns.max(self.counted_until_ns));
            self.counted_until_ns = self.counted_until_ns.max(end_ns);
        }
        stalls
    }

    /// How long the host has stood still so far, the stall that lasts still included.
    pub(crate) fn stalled_ns(&self, now_ns: u64) -> u64 {
        let overdue = self.due.iter().map(|due| due.load(Ordering::Relaxed));
        let overdue = overdue.filter(|due| now_ns > due + self.threshold_ns);
        let lasting = overdue.map(|due| now_ns.saturating_sub(due.max(self.counted_until_ns)));
        self.ended_ns + lasting.max().unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_runs_on_and_a_late_one_is_told() {
        // Nobody is punctual to the nanosecond: every look is a stall of at least 0 ns.
        let mut probes = Probes::start(0);
        let deadline = now_ns() + 30_000_000_000;
        let mut seen = 0;
        while seen < 3 && now_ns() < deadline {
            seen += probes.ended().len();
            sleep_until(now_ns() + PERIOD_NS);
        }
        assert!(seen >= 3);
    }

    #[test]
    fn a_probe_that_is_overdue_is_a_stall_now() {
        let probes = Probes::start(1_000_000_000_000);
        assert_eq!(probes.stalled_ns(now_ns()), 0);
        assert!(probes.stalled_ns(now_ns() + 2_000_000_000_000) > 1_000_000_000_000);
    }

    #[test]
    fn stalls_of_several_processors_at_once_count_once() {
        let (sender, stalls) = unbounded();
        let mut probes = Probes::start(1_000_000_000_000);
        probes.stalls = stalls;
        for (due_ns, late_ns) in [(100, 50), (120, 50), (110, 20), (300, 5)] {
            sender.send(Stall { due_ns, late_ns }).unwrap();
        }
        assert_eq!(probes.ended().len(), 4);
        assert_eq!(probes.ended_ns, 70 + 5);
    }
}
