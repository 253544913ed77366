//! What stalls of the host or a bad plant may explain: what a demand asks before it calls something a
//! miss.

use wire::Node;
use wire::event::{Detector, Ending};
use wire::limits::TICK_NS;

use crate::analyse::Findings;
use crate::modes;
use crate::streams::Outcome;
use crate::timeline::{Detected, Moment, Span};
use crate::words::in_ms;

/// A sensor may find the plant behind by one tick of it: it is as late as any process of this machine.
const BEHIND_MAX_NS: i64 = TICK_NS as i64;
/// The start of a run, in which nothing is demanded of modes and tracks: fusion is blind before its first
/// samples.
pub(crate) const START_NS: Moment = 1_000_000_000;
/// How long fusion may take to find everyone, and so for how long a fault, or an alarm that was none, may
/// have consequences.
pub(crate) const SETTLE_NS: Moment = 2_000_000_000;

impl Findings<'_> {
    /// Why what the sensors saw may not have been true, in words.
    pub(crate) fn plant_trouble(&self) -> Option<String> {
        let timeline = &self.timeline;
        let ended = timeline.end.ending == Some(Ending::PlantLost);
        let lost = timeline.plant.lost.map(|at| format!("the plant was lost at {}", in_ms(at)));
        let lost = lost.or_else(|| ended.then(|| "the plant was lost".to_owned()));
        let silent = timeline.plant.stimulus_lost;
        let silent = silent.map(|at| format!("the stimulus was lost at {}", in_ms(at)));
        let lost = lost.or(silent);
        let behind = timeline.plant.behind.filter(|(_, behind)| *behind > BEHIND_MAX_NS);
        lost.or_else(|| {
            let (at, behind) = behind?;
            Some(format!("the plant was {} behind a sensor at {}", in_ms(behind), in_ms(at)))
        })
    }

    /// Whether a processor stood still while a sample was on its way: from a period before it was due,
    /// in which it was to be prepared, to a period after it, from which on it is late, and `longer`
    /// nanoseconds.
    pub(crate) fn stalled_around(&self, sample: &Outcome, longer: Moment) -> bool {
        let period = self.timeline.period(sample.sensor);
        let way = Span { from: sample.due - period, to: sample.due + period + longer };
        self.stalls.disturb(way)
    }

    /// How many of these samples were lost in a stall.
    pub(crate) fn lost_in_stalls<'o>(&self, samples: impl Iterator<Item = &'o Outcome>) -> u64 {
        samples.filter(|it| it.lost.is_some() && self.stalled_around(it, 0)).count() as u64
    }

    /// Whether fusion went without a sample that was due in this time because the host stalled.
    pub(crate) fn host_took_samples(&self, span: Span) -> bool {
        let owed = self.outcomes.of(Node::Fusion).iter();
        self.lost_in_stalls(owed.filter(|it| span.contains(it.due))) > 0
    }

    /// For how long the watchdog waited, at this moment, before it called a process silent, or too slow; `None` for
    /// detectors that wait for nothing.
    pub(crate) fn patience(&self, node: Node, detector: Detector, at: Moment) -> Option<Moment> {
        let supervision = self.timeline.supervision(node, at);
        let timeout_ns = match detector {
            Detector::Heartbeat => supervision.heartbeat_timeout_ns,
            Detector::Startup => supervision.startup_timeout_ns,
            Detector::StopTimeout => supervision.stop_timeout_ns,
            Detector::Deadline => supervision.deadline.max_ns,
            Detector::Alive => {
                let cycles = u64::from(supervision.alive.tolerance_cycles).saturating_add(1);
                supervision.alive.cycle_ns.saturating_mul(cycles)
            }
            _ => return None,
        };
        Some(i64::try_from(timeout_ns).unwrap_or(i64::MAX))
    }

    /// Whether the silence of which the watchdog complains has a stall in it: the watchdog does not
    /// count stalls, but what they hold up is not always over with them.
    pub(crate) fn is_silenced_by_stall(&self, complaint: &Detected) -> bool {
        let Detected { at, node, detector, .. } = *complaint;
        let patience = self.patience(node, detector, at);
        patience.is_some_and(|patience| self.stalled_before(at, patience))
    }

    /// Whether a processor stood still in this long before a moment.
    pub(crate) fn stalled_before(&self, at: Moment, long: Moment) -> bool {
        self.stalls.disturb(Span { from: at.saturating_sub(long), to: at })
    }

    /// Whether a mode of fusion, or its silence, lasted no longer than the host stalled in it or just
    /// before it, so that the stalls alone may have brought it about.
    pub(crate) fn is_mode_of_stalls(&self, mode: Span) -> bool {
        let before = modes::silence_limit(&self.timeline);
        mode.length() <= self.stalls.length_in(Span { from: mode.from - before, to: mode.to })
    }
}
