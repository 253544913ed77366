//! What the watchdog itself does to its processes, and when it looks for evidence: [`Strikes`].
//!
//! Signals are the watchdog's; crashes and hangs from inside are the victim's own, and the watchdog
//! only looks, from outside, whether the victim really hangs.

use fault::{Fault, HangHow, Injection};
use scenario::Plan;

/// Something to be done at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strike {
    /// When, from the start of the schedule.
    pub(crate) at_ns: u64,
    /// Index of the fault in the plan.
    pub(crate) fault: u32,
    /// What.
    pub(crate) what: Blow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blow {
    /// Send a signal that ends the victim.
    Signal(i32),
    /// Stop the victim.
    Stop,
    /// Let it go on.
    Resume,
    /// See whether the victim is stopped.
    LookStopped,
    /// Note what the victim has used so far: it is about to hang from inside.
    LookBefore,
}

/// From a stop to the look at it: the kernel has delivered the signal by then.
const STOP_LOOK_NS: u64 = 5_000_000;

/// All strikes of a run, in the order of time.
#[derive(Clone, Debug)]
pub(crate) struct Strikes {
    left: std::collections::VecDeque<Strike>,
}

impl Strikes {
    pub(crate) fn new(plan: &Plan) -> Strikes {
        let mut left: Vec<Strike> =
            (0..).zip(&plan.faults).flat_map(|(index, fault)| of_fault(index, fault)).collect();
        left.sort_by_key(|strike| strike.at_ns);
        Strikes { left: left.into() }
    }

    /// When the next one is due, from the start of the schedule.
    pub(crate) fn next_ns(&self) -> Option<u64> {
        self.left.front().map(|strike| strike.at_ns)
    }

    /// Takes the next one if it is due.
    pub(crate) fn take_due(&mut self, now_ns: u64) -> Option<Strike> {
        self.next_ns().filter(|&at_ns| at_ns <= now_ns)?;
        self.left.pop_front()
    }
}

fn of_fault(fault: u32, what: &Fault) -> Vec<Strike> {
    let at = |at_ns, what| Strike { at_ns, fault, what };
    match what.injection {
        Injection::Kill { signal } => vec![at(what.start_ns, Blow::Signal(signal.number()))],
        Injection::Hang { how: HangHow::Stop, for_ns } => {
            let look_ns = for_ns.map_or(STOP_LOOK_NS, |for_ns| STOP_LOOK_NS.min(for_ns / 2));
            let mut strikes =
                vec![at(what.start_ns, Blow::Stop), at(what.start_ns + look_ns, Blow::LookStopped)];
            strikes.extend(what.end_ns().map(|end_ns| at(end_ns, Blow::Resume)));
            strikes
        }
        Injection::Hang { .. } => vec![at(what.start_ns, Blow::LookBefore)],
        _ => Vec::new(),
    }
}
