//! What the watchdog itself does to its processes, and when it looks for evidence: [`Strikes`].
//!
//! What acts from outside is the watchdog's; crashes and hangs from inside are the victim's own, and
//! the watchdog only looks, from outside, whether the victim really hangs.

use fault::act::{Act, Outside, ProcessFault};
use fault::{Fault, Need};
use scenario::Plan;
use std::collections::VecDeque;

/// Something to be done at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Strike {
    /// When, from the start of the schedule.
    pub(crate) at_ns: u64,
    /// Index of the fault in the plan.
    pub(crate) fault: u32,
    /// What.
    pub(crate) what: Blow,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Blow {
    /// Begin what acts from outside.
    Begin(Outside),
    /// End it.
    End(Outside),
    /// See whether the victim is stopped.
    LookStopped,
    /// Note what the victim has used so far: it is about to hang from inside.
    LookBefore,
    /// Ask the victim to end.
    AskToStop,
}

/// From a stop to the look at it: the kernel has delivered the signal by then.
const STOP_LOOK_NS: u64 = 5_000_000;
/// From the beginning of a fault that its victim makes happen to the request that it ignores: the
/// victim has come to its next sample by then.
const ASK_AFTER_NS: u64 = 200_000_000;

/// All strikes of a run, in the order of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strikes {
    left: VecDeque<Strike>,
}

impl Strikes {
    /// The strikes of the faults whose times are known and that begin at `from_ns` of the schedule or later,
    /// those left out that need what is lacking.
    pub(crate) fn new(plan: &Plan, lacking: &[Need], from_ns: u64) -> Strikes {
        let mut strikes = Strikes::default();
        for (index, fault) in (0..).zip(&plan.faults) {
            let start_ns = fault.start.at_ns().filter(|start_ns| *start_ns >= from_ns);
            if let Some(start_ns) = start_ns.filter(|_| fault.is_possible(lacking)) {
                strikes.begin(index, fault, start_ns);
            }
        }
        strikes
    }

    /// Adds the strikes of a fault that begins at `start_ns`.
    pub(crate) fn begin(&mut self, index: u32, fault: &Fault, start_ns: u64) {
        for strike in of_fault(index, fault, start_ns) {
            let place = self.left.partition_point(|it| it.at_ns <= strike.at_ns);
            self.left.insert(place, strike);
        }
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

fn of_fault(fault: u32, what: &Fault, start_ns: u64) -> Vec<Strike> {
    let at = |at_ns, what| Strike { at_ns, fault, what };
    let end_ns = what.end_ns(start_ns);
    match what.injection.act() {
        Act::Outside(outside) => {
            let mut strikes = vec![at(start_ns, Blow::Begin(outside))];
            if outside == Outside::Stop {
                let for_ns = what.injection.duration_ns();
                let look_ns = for_ns.map_or(STOP_LOOK_NS, |for_ns| STOP_LOOK_NS.min(for_ns / 2));
                strikes.push(at(start_ns + look_ns, Blow::LookStopped));
            }
            strikes.extend(end_ns.map(|end_ns| at(end_ns, Blow::End(outside))));
            strikes
        }
        Act::Process(ProcessFault::Spin | ProcessFault::Block | ProcessFault::Deadlock) => {
            vec![at(start_ns, Blow::LookBefore)]
        }
        Act::Process(ProcessFault::IgnoreStop) => {
            vec![at(start_ns + ASK_AFTER_NS, Blow::AskToStop)]
        }
        Act::Process(_) | Act::Step(_) | Act::Sample(_) | Act::Start(_) => Vec::new(),
    }
}
