//! Whether a sensor's clock can be believed: [`ClockMonitor`] compares its measurement times with
//! their arrival and with its period.

use super::Doubt;
use super::persistence::Persistence;

/// Samples of which the freshest must be fresh: transport delays one, a clock all of them.
const WINDOW: usize = 8;

/// The freshest of [`WINDOW`] samples may be this many periods old: one to make and move it, one
/// for a host under load. An offset below is not seen, except one into the future.
const AGE_MAX_PERIODS: u64 = 2;

/// The time between two measurements may be off from a multiple of the period by this share of
/// it. A drift that is slower shows once it has added up to an offset.
const STEP_TOLERANCE_SHARE: u64 = 8;

/// The same of a sensor that runs freely: its times are those of interrupts and drivers, but they go on,
/// at least by this share of the period.
const STEP_MIN_SHARE: u64 = 8;

/// When a sensor measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regularity {
    /// At times that are a multiple of its period apart.
    Scheduled,
    /// By a clock of its own, told by whoever hears of it.
    Free,
}

/// Judges the measurement times of one sensor.
#[derive(Clone, Debug)]
pub struct ClockMonitor {
    period_ns: u64,
    regularity: Regularity,
    captured_ns: Option<u64>,
    /// Ages of the last samples at their arrival, oldest anywhere.
    ages_ns: [u64; WINDOW],
    next: usize,
    ahead: Persistence,
    irregular: Persistence,
}

impl ClockMonitor {
    /// For a sensor that measures every `period_ns`; one that is scheduled may leave out measurements, but
    /// keeps to their times.
    ///
    /// # Panics
    /// If the period is 0.
    pub fn new(period_ns: u64, regularity: Regularity) -> ClockMonitor {
        assert!(period_ns > 0, "a sensor has a period");
        ClockMonitor {
            period_ns,
            regularity,
            captured_ns: None,
            ages_ns: [0; WINDOW],
            next: 0,
            ahead: Persistence::new(2, 3),
            irregular: Persistence::new(2, 3),
        }
    }

    /// Judges a sample by when it says that it was measured and when it arrived. Samples that came
    /// before (a restarted sender may repeat one) are not to be told.
    pub fn check(&mut self, captured_ns: u64, received_ns: u64) -> Option<Doubt> {
        let last_ns = self.captured_ns.replace(captured_ns);
        self.ages_ns[self.next] = received_ns.saturating_sub(captured_ns);
        self.next = (self.next + 1) % WINDOW;
        let is_irregular = last_ns.is_some_and(|last_ns| !self.is_step(last_ns, captured_ns));
        let is_irregular = self.irregular.note(is_irregular);
        if self.ahead.note(captured_ns > received_ns) {
            return Some(Doubt::ClockAhead);
        }
        if is_irregular {
            return Some(Doubt::ClockIrregular);
        }
        let freshest_ns = self.ages_ns.iter().min();
        let limit_ns = self.period_ns.saturating_mul(AGE_MAX_PERIODS);
        freshest_ns.is_some_and(|&age_ns| age_ns > limit_ns).then_some(Doubt::ClockBehind)
    }

    /// Whether two measurements lie to each other as they should, in either order.
    fn is_step(&self, from_ns: u64, to_ns: u64) -> bool {
        let step_ns = from_ns.abs_diff(to_ns);
        if self.regularity == Regularity::Free {
            return step_ns >= self.period_ns / STEP_MIN_SHARE;
        }
        let tolerance_ns = self.period_ns / STEP_TOLERANCE_SHARE;
        let beyond_ns = step_ns % self.period_ns;
        let off_ns = beyond_ns.min(self.period_ns - beyond_ns);
        step_ns >= self.period_ns / 2 && off_ns <= tolerance_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const PERIOD_NS: u64 = 50 * MS;

    /// The doubts of 40 samples: what the clock says at a true time, and how late sample k comes.
    fn check(clock: impl Fn(u64) -> u64, late_ns: impl Fn(u64) -> u64) -> Vec<Option<Doubt>> {
        let mut monitor = ClockMonitor::new(PERIOD_NS, Regularity::Scheduled);
        let times = (20..60).map(|k| (k, k * PERIOD_NS));
        times.map(|(k, true_ns)| monitor.check(clock(true_ns), true_ns + late_ns(k))).collect()
    }

    #[track_caller]
    fn sees(doubts: &[Option<Doubt>], expected: Doubt, after: usize) {
        assert!(doubts[..after].iter().all(Option::is_none), "{doubts:?}");
        assert!(doubts[after..].iter().all(|doubt| *doubt == Some(expected)), "{doubts:?}");
    }

    #[test]
    fn a_true_clock_is_believed_however_samples_travel() {
        for late_ns in
            [|_| 0, |_| 90 * MS, |k| k % 7 * 100 * MS, |k| if k == 30 { 900 * MS } else { 10 * MS }]
        {
            let doubts = check(|true_ns| true_ns, late_ns);
            assert!(doubts.iter().all(Option::is_none), "{doubts:?}");
        }
    }

    #[test]
    fn lost_and_late_samples_are_no_fault_of_the_clock() {
        let mut monitor = ClockMonitor::new(PERIOD_NS, Regularity::Scheduled);
        for k in [20, 21, 25, 24, 23, 40, 41, 43, 45] {
            assert_eq!(monitor.check(k * PERIOD_NS + k % 2, k * PERIOD_NS + 10 * MS), None, "{k}");
        }
    }

    #[test]
    fn an_offset_shows_in_the_ages() {
        sees(&check(|true_ns| true_ns + 20 * MS, |_| 10 * MS), Doubt::ClockAhead, 1);
        sees(&check(|true_ns| true_ns - 100 * MS, |_| 10 * MS), Doubt::ClockBehind, 7);
    }

    #[test]
    fn a_drift_shows_in_the_steps_or_in_what_it_adds_up_to() {
        sees(&check(|true_ns| true_ns * 5 / 6, |_| 10 * MS), Doubt::ClockIrregular, 2);
        let doubts = check(|true_ns| 1000 * MS + (true_ns - 1000 * MS) * 11 / 10, |_| 10 * MS);
        sees(&doubts, Doubt::ClockAhead, 4);
        let doubts = check(|true_ns| 1000 * MS + (true_ns - 1000 * MS) * 9 / 10, |_| 10 * MS);
        sees(&doubts, Doubt::ClockBehind, 26);
    }

    #[test]
    fn a_clock_that_stands_still_is_noticed_at_once() {
        sees(&check(|_| 1000 * MS, |_| 10 * MS), Doubt::ClockIrregular, 2);
    }

    #[test]
    fn a_sensor_that_runs_freely_need_not_keep_to_a_period_but_must_go_on() {
        let mut monitor = ClockMonitor::new(PERIOD_NS, Regularity::Free);
        let uneven = [0, 62, 90, 170, 181, 250].map(|ms| 1000 * MS + ms * MS);
        assert!(uneven.iter().all(|&ns| monitor.check(ns, ns + 10 * MS).is_none()));
        let stuck = [300, 301, 302].map(|ms| monitor.check(1000 * MS + ms * MS, 1400 * MS));
        assert_eq!(stuck, [None, None, Some(Doubt::ClockIrregular)]);
    }

    #[test]
    fn any_time_is_taken() {
        let mut monitor = ClockMonitor::new(1, Regularity::Scheduled);
        for ns in [0, u64::MAX, 0, 1, u64::MAX / 2] {
            monitor.check(ns, u64::MAX - ns);
        }
    }
}
