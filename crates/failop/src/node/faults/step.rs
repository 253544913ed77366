//! What befalls a step of a process: [`Effects`].

use crate::node::runtime::Runtime;
use fault::act::{ClockError, FlowHow, StateValue, StepFault};
use std::hint::black_box;
use sys::clock::sleep_until;

/// A fault of a step: its index in the plan, what it does, and the time since its beginning.
type Befalls = (u32, StepFault, u64);

/// What befalls one step. Times are nanoseconds of whatever clock the beginning of the step is told
/// by.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::node) struct Effects {
    /// How often it is done.
    pub(in crate::node) times: u32,
    /// What is wrong with the order in it.
    pub(in crate::node) flow: Option<FlowHow>,
    /// What a number of the state becomes, and which fault does it.
    pub(in crate::node) state: Option<(u32, StateValue)>,
    slow_ns: u64,
    leak_bytes: u64,
    clocks: Vec<Clock>,
}

/// A clock that is wrong since some time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Clock {
    error: ClockError,
    since_ns: u64,
}

impl Effects {
    /// All of them together, on a step that begins at `now_ns`.
    fn of(faults: &[Befalls], now_ns: u64) -> Effects {
        let mut effects = Effects {
            times: 1,
            flow: None,
            state: None,
            slow_ns: 0,
            leak_bytes: 0,
            clocks: Vec::new(),
        };
        for &(fault, what, elapsed_ns) in faults {
            match what {
                StepFault::Slow(ns) | StepFault::Jitter(ns) => effects.slow_ns += ns,
                StepFault::Runaway(times) => effects.times = effects.times.max(times),
                StepFault::Flow(how) => effects.flow = Some(how),
                StepFault::Leak(bytes) => effects.leak_bytes += bytes,
                StepFault::Clock(error) => {
                    effects.clocks.push(Clock { error, since_ns: now_ns - elapsed_ns });
                }
                StepFault::State(value) => effects.state = Some((fault, value)),
            }
        }
        effects
    }

    /// What the process believes the time to be when it is `true_ns`.
    pub(in crate::node) fn stated_ns(&self, true_ns: u64) -> u64 {
        self.clocks.iter().fold(true_ns, |ns, clock| clock.stated_ns(ns))
    }

    /// Whether the work itself is done.
    pub(in crate::node) fn does_its_work(&self) -> bool {
        self.flow != Some(FlowHow::Skip)
    }

    /// Whether what comes out is handed over before it is protected, or used before it is checked.
    pub(in crate::node) fn is_hasty(&self) -> bool {
        self.flow == Some(FlowHow::Reorder)
    }

    /// How much a fault does, in the unit that the catalogue names; `None` if that is only known
    /// later.
    fn amount(&self, what: StepFault, now_ns: u64) -> Option<u64> {
        match what {
            StepFault::Slow(ns) | StepFault::Jitter(ns) => Some(ns),
            StepFault::Runaway(times) => Some(u64::from(times) - 1),
            StepFault::Flow(_) => Some(1),
            StepFault::Leak(bytes) => Some(bytes),
            StepFault::Clock(_) => Some(self.stated_ns(now_ns).abs_diff(now_ns)),
            StepFault::State(_) => None,
        }
    }
}

impl Clock {
    fn stated_ns(self, true_ns: u64) -> u64 {
        let elapsed_ns = true_ns.saturating_sub(self.since_ns);
        match self.error {
            ClockError::Offset(ns) => true_ns.saturating_add_signed(ns),
            ClockError::Drift(ppm) => {
                true_ns.saturating_add_signed((elapsed_ns as f64 * ppm * 1e-6) as i64)
            }
            ClockError::Frozen => true_ns - elapsed_ns,
        }
    }
}

impl Runtime {
    /// What befalls the step that works on `item`, which begins now. What makes it slow or loses memory
    /// has happened when this returns; the rest is for the driver to do.
    pub(in crate::node) fn befall(&mut self, item: u64) -> Effects {
        self.item = item;
        let since_start_ns = self.now_ns();
        let begun_ns = self.absolute_ns(since_start_ns);
        let faults: Vec<Befalls> = self.faults.injector.step_faults(since_start_ns, item).collect();
        let effects = Effects::of(&faults, begun_ns);
        for &(fault, what, _) in &faults {
            if let Some(value) = effects.amount(what, begun_ns) {
                self.tell_acted(fault, item, value);
            }
        }
        if effects.leak_bytes > 0 {
            // Not zeroes: those the kernel would back by one page.
            black_box(vec![1_u8; effects.leak_bytes as usize].leak());
        }
        if effects.slow_ns > 0 {
            sleep_until(begun_ns + effects.slow_ns);
        }
        effects
    }

    /// Whether a step that began now would use what it takes in before it is checked.
    pub(in crate::node) fn is_hasty(&self) -> bool {
        let hasty = StepFault::Flow(FlowHow::Reorder);
        self.faults.injector.step_faults(self.now_ns(), 0).any(|(_, what, _)| what == hasty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 5_000_000_000;

    fn of(faults: &[(StepFault, u64)]) -> Effects {
        let faults: Vec<Befalls> =
            (0..).zip(faults).map(|(fault, &(what, elapsed))| (fault, what, elapsed)).collect();
        Effects::of(&faults, NOW)
    }

    #[test]
    fn a_step_that_nothing_befalls_is_done_once_and_tells_the_truth() {
        let effects = of(&[]);
        assert_eq!((effects.times, effects.flow, effects.state), (1, None, None));
        assert!(effects.does_its_work() && !effects.is_hasty());
        assert_eq!(effects.stated_ns(77), 77);
    }

    #[test]
    fn what_befalls_a_step_together_adds_up() {
        let effects = of(&[
            (StepFault::Slow(5), 0),
            (StepFault::Slow(7), 0),
            (StepFault::Leak(100), 0),
            (StepFault::Leak(10), 0),
            (StepFault::Runaway(3), 0),
            (StepFault::Runaway(2), 0),
            (StepFault::Flow(FlowHow::Skip), 0),
            (StepFault::State(StateValue::Huge), 0),
        ]);
        assert_eq!((effects.slow_ns, effects.leak_bytes, effects.times), (12, 110, 3));
        assert!(!effects.does_its_work());
        assert_eq!(effects.state, Some((7, StateValue::Huge)));
    }

    #[test]
    fn a_wrong_clock_states_a_wrong_time() {
        let clock = StepFault::Clock;
        for (faults, true_ns, stated_ns) in [
            (&[(clock(ClockError::Offset(30)), 9)][..], NOW, NOW + 30),
            (&[(clock(ClockError::Offset(-30)), 9)], NOW, NOW - 30),
            (&[(clock(ClockError::Offset(-30)), 9)], 20, 0),
            (&[(clock(ClockError::Drift(1000.0)), 2_000_000)], NOW, NOW + 2000),
            (&[(clock(ClockError::Drift(-1000.0)), 2_000_000)], NOW + 1_000_000, NOW + 997_000),
            (&[(clock(ClockError::Frozen), 40)], NOW, NOW - 40),
            (&[(clock(ClockError::Frozen), 40)], NOW + 9, NOW - 40),
            (&[(clock(ClockError::Frozen), 40)], NOW - 50, NOW - 50),
            (&[(clock(ClockError::Frozen), 40), (clock(ClockError::Offset(7)), 0)], NOW, NOW - 33),
        ] {
            assert_eq!(of(faults).stated_ns(true_ns), stated_ns, "{faults:?} at {true_ns}");
        }
    }

    #[test]
    fn amounts_are_in_the_unit_of_the_kind() {
        for (what, amount) in [
            (StepFault::Slow(5), Some(5)),
            (StepFault::Runaway(3), Some(2)),
            (StepFault::Flow(FlowHow::Reorder), Some(1)),
            (StepFault::Leak(4096), Some(4096)),
            (StepFault::Clock(ClockError::Offset(-30)), Some(30)),
            (StepFault::State(StateValue::Nan), None),
        ] {
            assert_eq!(of(&[(what, 0)]).amount(what, NOW), amount, "{what:?}");
        }
    }
}
