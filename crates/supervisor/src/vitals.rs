//! Whether the board's hardware watchdog, and the service manager, may be told that the watchdog lives, without
//! IO: [`Vitals`].
//!
//! Who feeds a dog from a thread of its own feeds it for ever. Here it is fed from the loop that does the work,
//! and only while that work gets done; whatever stops it, the dog is hungry and resets the board.

use wire::event::{Event, Unfed};

/// How late the loop, or a decision of its policy, may be: fifty times the longest wait of the loop. A restart
/// and a probe of the host take a few milliseconds.
const LATE_MAX_NS: u64 = 1_000_000_000;
/// How long the recorder may be busy with one batch: storage that erases is slow, and the rings hold about
/// twice as much.
const RECORDER_SILENT_MAX_NS: u64 = 10_000_000_000;
/// How late a probe may be: a hundred of its periods.
const PROBE_LATE_MAX_NS: u64 = 1_000_000_000;
/// Signs of life per timeout of the device: three may be late before it acts.
const FEEDS_PER_TIMEOUT: u64 = 4;

/// How the watchdog does at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "a unit is part of a name, and all of it is times")]
pub(crate) struct Condition {
    pub(crate) now_ns: u64,
    /// By how much this turn of the loop, or the next decision of the policy, is late.
    pub(crate) late_ns: u64,
    /// How long ago the recorder looked into the rings; `None` where it has ended.
    pub(crate) recorder_silent_ns: Option<u64>,
    /// By how much the latest probe is late.
    pub(crate) probe_late_ns: u64,
}

/// What follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Life may be shown, and the device is to be fed.
    Feed,
    /// Life may be shown; the device can wait.
    NotDue,
    /// No life is shown.
    Refuse,
}

/// The state between two looks.
#[derive(Clone, Debug)]
pub(crate) struct Vitals {
    feed_period_ns: u64,
    next_ns: u64,
    refused: Option<Unfed>,
}

impl Vitals {
    /// For a device with this timeout.
    pub(crate) fn new(timeout_s: u32) -> Vitals {
        let feed_period_ns = u64::from(timeout_s) * 1_000_000_000 / FEEDS_PER_TIMEOUT;
        Vitals { feed_period_ns, next_ns: 0, refused: None }
    }

    /// What to do, and what is to be told of it.
    pub(crate) fn look(&mut self, condition: &Condition) -> (Decision, Option<Event>) {
        let refused = unfit(condition);
        let news = (refused != self.refused).then_some(match refused {
            Some(why) => Event::HardwareWatchdogUnfed { why },
            None => Event::HardwareWatchdogFed {},
        });
        self.refused = refused;
        let decision = if refused.is_some() {
            Decision::Refuse
        } else if condition.now_ns < self.next_ns {
            Decision::NotDue
        } else {
            self.next_ns = condition.now_ns + self.feed_period_ns;
            Decision::Feed
        };
        (decision, news)
    }
}

fn unfit(condition: &Condition) -> Option<Unfed> {
    let records = condition.recorder_silent_ns.is_some_and(|it| it <= RECORDER_SILENT_MAX_NS);
    if condition.late_ns > LATE_MAX_NS {
        Some(Unfed::Late)
    } else if !records {
        Some(Unfed::Recorder)
    } else if condition.probe_late_ns > PROBE_LATE_MAX_NS {
        Some(Unfed::Probe)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Condition =
        Condition { now_ns: 5, late_ns: 0, recorder_silent_ns: Some(0), probe_late_ns: 0 };

    #[test]
    fn the_dog_is_fed_a_few_times_per_timeout_and_not_more() {
        let mut vitals = Vitals::new(8);
        let mut fed = Vec::new();
        for now_ns in (0..8_000_000_000).step_by(20_000_000) {
            if vitals.look(&Condition { now_ns, ..WELL }) == (Decision::Feed, None) {
                fed.push(now_ns / 1_000_000_000);
            }
        }
        assert_eq!(fed, [0, 2, 4, 6]);
    }

    #[test]
    fn whatever_does_not_get_done_leaves_the_dog_hungry_and_is_told_once() {
        let unwell = [
            (Condition { late_ns: LATE_MAX_NS + 1, ..WELL }, Unfed::Late),
            (Condition { recorder_silent_ns: None, ..WELL }, Unfed::Recorder),
            (
                Condition { recorder_silent_ns: Some(RECORDER_SILENT_MAX_NS + 1), ..WELL },
                Unfed::Recorder,
            ),
            (Condition { probe_late_ns: PROBE_LATE_MAX_NS + 1, ..WELL }, Unfed::Probe),
        ];
        for (condition, why) in unwell {
            let mut vitals = Vitals::new(1);
            let told = Some(Event::HardwareWatchdogUnfed { why });
            assert_eq!(vitals.look(&condition), (Decision::Refuse, told));
            assert_eq!(vitals.look(&condition), (Decision::Refuse, None), "once");
            let told = Some(Event::HardwareWatchdogFed {});
            assert_eq!(vitals.look(&WELL), (Decision::Feed, told), "and at once when it is over");
        }
    }

    #[test]
    fn another_reason_is_told_again() {
        let mut vitals = Vitals::new(1);
        let late = Condition { late_ns: u64::MAX, ..WELL };
        vitals.look(&late);
        let both = Condition { probe_late_ns: u64::MAX, ..late };
        assert_eq!(vitals.look(&both), (Decision::Refuse, None), "the first reason stands");
        let still = Condition { late_ns: 0, ..both };
        let told = Some(Event::HardwareWatchdogUnfed { why: Unfed::Probe });
        assert_eq!(vitals.look(&still), (Decision::Refuse, told));
    }
}
