//! What became of each sample of the schedule: [`Outcomes`].
//!
//! A sensor's sample is, in this order: *delivered* when fusion made an output from it that it had
//! received at most one period after it was due; *late* when it was received later than that, or
//! refused for its age; *rejected* when another check refused it; *superseded* when it was handed
//! over and nothing else is known; *overrun* when the sender found no place for it; lost by the *device*
//! when the camera's capture device dropped or damaged it, or was gone, or the radar's bus did not bring it; else *not produced*.
//!
//! Fusion owes one output for each sample of both sensors. It is *delivered* when it was made,
//! however late. The loss is *not produced* when the sample was within fusion's reach, *no input*
//! when it was not: never handed over, refused, or replaced within half a period, faster than a
//! reader on the schedule's rhythm can take it.
//!
//! Samples due after the end of the schedule are not expected and not counted; one delivered more
//! than a period before it was due is an error of the harness.

mod crosscheck;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use wire::Node;
use wire::event::Detector;

use crate::summary::Cause;
use crate::timeline::{Moment, Span, Timeline};

/// What became of one sample, or one output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// The sensor whose schedule it is on, also for fusion.
    pub(crate) sensor: Node,
    pub(crate) due: Moment,
    /// Why it is missing; `None` if it is not.
    pub(crate) lost: Option<Cause>,
    /// The sensor handed the sample over at most one period after it was due.
    pub(crate) offered_in_time: bool,
    /// The shortest time from a hand-over of the sample to an output made from it.
    pub(crate) fused_after: Option<i64>,
}

/// What became of each sample.
#[derive(Debug)]
pub(crate) struct Outcomes {
    /// By [`Node::index`].
    streams: [Vec<Outcome>; Node::ALL.len()],
    repeated: [u64; Node::ALL.len()],
    /// Contradictions in the record, one sentence each: it cannot be trusted then.
    pub(crate) contradictions: Vec<String>,
}

impl Outcomes {
    pub(crate) fn new(timeline: &Timeline) -> Outcomes {
        let sensors = [Node::Camera, Node::Radar].map(|node| Slots::new(timeline, node));
        let outputs = |slots: &Slots| slots.outcomes(Slot::lost_by_fusion);
        let samples = |slots: &Slots| slots.outcomes(Slot::lost);
        let [camera, radar] = &sensors;
        let mut outcomes = Outcomes {
            streams: [samples(camera), samples(radar), [outputs(camera), outputs(radar)].concat()],
            repeated: [
                camera.repeated,
                radar.repeated,
                camera.outputs_repeated + radar.outputs_repeated,
            ],
            contradictions: Vec::new(),
        };
        for slots in sensors {
            outcomes.contradictions.extend(slots.contradictions);
        }
        outcomes.lay_to_resets(timeline);
        outcomes.contradictions.extend(crosscheck::contradictions(timeline, &outcomes));
        outcomes
    }

    /// What nobody made from the reset of the board to the first output after it, the reset has cost.
    fn lay_to_resets(&mut self, timeline: &Timeline) {
        for reset in &timeline.watchdog.resets {
            let to = timeline.back_after(reset).unwrap_or(timeline.end.cut);
            for outcome in self.streams.iter_mut().flatten() {
                let away = Span { from: reset.last - timeline.period(outcome.sensor), to };
                let unmade = matches!(outcome.lost, Some(Cause::NotProduced | Cause::NoInput));
                if unmade && away.contains(outcome.due) {
                    outcome.lost = Some(Cause::BoardReset);
                }
            }
        }
    }

    pub(crate) fn of(&self, node: Node) -> &[Outcome] {
        &self.streams[node.index()]
    }

    /// Samples that were handed over again: by a successor for a slot that was served already, or
    /// because a fault says so.
    pub(crate) fn repeated(&self, node: Node) -> u64 {
        self.repeated[node.index()]
    }

    /// Missing samples of a stream by cause; every cause is there.
    pub(crate) fn lost_by_cause(&self, node: Node) -> BTreeMap<Cause, u64> {
        let mut lost: BTreeMap<Cause, u64> = Cause::ALL.map(|cause| (cause, 0)).into();
        for cause in self.of(node).iter().filter_map(|outcome| outcome.lost) {
            *lost.entry(cause).or_default() += 1;
        }
        lost
    }

    /// Missing samples of a stream.
    pub(crate) fn lost(&self, node: Node) -> u64 {
        self.of(node).iter().filter(|outcome| outcome.lost.is_some()).count() as u64
    }
}

/// What is known of one sample.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// First time it became visible to its receiver, as far as it is known.
    handed_over: Option<Moment>,
    /// The next sample replaced it within half a period.
    brief: bool,
    /// Why it was not handed over, as far as anyone told.
    unsent: Option<Cause>,
    taken: bool,
    rejected: Option<Detector>,
    fused: Fused,
    fused_after: Option<i64>,
}

/// Whether an output was made from a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fused {
    #[default]
    No,
    Late,
    InTime,
}

impl Slot {
    fn lost(&self) -> Option<Cause> {
        match (self.fused, self.rejected) {
            (Fused::InTime, _) => None,
            (Fused::Late, _) | (Fused::No, Some(Detector::Late)) => Some(Cause::Late),
            (Fused::No, Some(_)) => Some(Cause::Rejected),
            (Fused::No, None) if self.handed_over.is_some() => Some(Cause::Superseded),
            (Fused::No, None) => Some(self.unsent.unwrap_or(Cause::NotProduced)),
        }
    }

    fn lost_by_fusion(&self) -> Option<Cause> {
        if self.fused != Fused::No {
            return None;
        }
        let out_of_reach = !self.taken && (self.handed_over.is_none() || self.brief);
        let no_input = self.rejected.is_some() || out_of_reach;
        Some(if no_input { Cause::NoInput } else { Cause::NotProduced })
    }
}

/// The samples of one sensor.
struct Slots {
    sensor: Node,
    period: i64,
    due: Vec<Moment>,
    known: Vec<Slot>,
    repeated: u64,
    outputs_repeated: u64,
    contradictions: Vec<String>,
}

impl Slots {
    fn new(timeline: &Timeline, sensor: Node) -> Slots {
        let count = timeline.due_before(sensor, timeline.end.judged);
        let mut slots = Slots {
            sensor,
            period: timeline.period(sensor),
            due: (0..count).map(|item| timeline.due(sensor, item)).collect(),
            known: vec![Slot::default(); count as usize],
            repeated: 0,
            outputs_repeated: 0,
            contradictions: Vec::new(),
        };
        slots.fill_from_sensor(timeline);
        slots.fill_from_outputs(timeline);
        slots.fill_from_receptions(timeline);
        slots.fill_from_rejections(timeline);
        slots
    }

    fn slot(&mut self, item: u64) -> Option<&mut Slot> {
        self.known.get_mut(usize::try_from(item).ok()?)
    }

    fn fill_from_sensor(&mut self, timeline: &Timeline) {
        let sensor = self.sensor;
        let log = &timeline.sensors[sensor.index()];
        let half_period = timeline.period(sensor) / 2;
        let by_faults = timeline.repeated_by_faults(sensor);
        let mut seen = HashSet::new();
        for (index, sample) in log.handed_over.iter().enumerate() {
            self.check_schedule(timeline, sample.item, sample.at);
            let hand_over = (sample.item, sample.incarnation);
            if !seen.insert(hand_over) && !by_faults.contains(&hand_over) {
                self.contradictions.push(format!(
                    "incarnation {} of the {} handed over sample {} twice",
                    sample.incarnation, self.sensor, sample.item
                ));
            }
            // The frame buffer keeps the newest; the radar's queue keeps all.
            let next = log.handed_over.get(index + 1).filter(|_| sensor == Node::Camera);
            let replaced = next.map(|next| next.at - sample.at);
            let Some(slot) = self.slot(sample.item) else { continue };
            slot.brief = replaced.is_some_and(|after| after < half_period);
            let repeated = slot.handed_over.replace(slot.handed_over.unwrap_or(sample.at));
            self.repeated += u64::from(repeated.is_some());
        }
        if sensor == Node::Camera {
            let period = self.period;
            for ((frame, slot), due) in (0..).zip(&mut self.known).zip(&self.due) {
                let lost = timeline.device.lost(frame, *due, period);
                slot.unsent = lost.then_some(Cause::Device);
            }
        }
        for &item in &log.not_brought {
            if let Some(slot) = self.slot(item) {
                slot.unsent = Some(Cause::Device);
            }
        }
        for &item in &log.overruns {
            if let Some(slot) = self.slot(item) {
                slot.unsent = Some(Cause::Overrun);
            }
        }
    }

    fn fill_from_outputs(&mut self, timeline: &Timeline) {
        let sensor = self.sensor;
        let period = timeline.period(sensor);
        let sent = timeline.hand_overs();
        let mut seen = HashSet::new();
        for output in timeline.fusion.outputs.iter().filter(|output| output.stream == sensor) {
            self.check_schedule(timeline, output.item, output.at);
            if !seen.insert((output.item, output.from, output.by)) {
                self.contradictions.push(format!(
                    "fusion made two outputs from sample {} of incarnation {} of the {sensor}",
                    output.item, output.from
                ));
            }
            let in_time = output.received <= timeline.due(sensor, output.item) + period;
            let Some(slot) = self.slot(output.item) else { continue };
            let repeated = slot.fused != Fused::No;
            let sent = sent.get(&(sensor, output.item, output.from)).copied();
            let after = output.at - sent.unwrap_or(output.received);
            slot.fused_after = Some(slot.fused_after.map_or(after, |known| known.min(after)));
            slot.taken = true;
            slot.handed_over.get_or_insert(output.received);
            if in_time {
                slot.fused = Fused::InTime;
            } else if slot.fused == Fused::No {
                slot.fused = Fused::Late;
            }
            self.outputs_repeated += u64::from(repeated);
        }
    }

    fn fill_from_receptions(&mut self, timeline: &Timeline) {
        let sensor = self.sensor;
        for received in timeline.fusion.received.iter().filter(|it| it.stream == sensor) {
            if received.refused == Some(Detector::Integrity) {
                continue;
            }
            if let Some(slot) = self.slot(received.item) {
                slot.taken = true;
                slot.handed_over.get_or_insert(received.at);
            }
        }
    }

    /// The number of a sample that failed its integrity check may be corrupt like the rest of it.
    /// It is believed where a sample of that number was on its way; else the newest sample that
    /// was on its way, and of which nothing else is known, is the one.
    fn fill_from_rejections(&mut self, timeline: &Timeline) {
        let sensor = self.sensor;
        for rejection in timeline.fusion.rejections.iter().filter(|it| it.stream == sensor) {
            let under_way = |slot: &Slot| {
                slot.handed_over.is_some_and(|at| at <= rejection.at)
                    && !slot.taken
                    && slot.rejected.is_none()
            };
            let known = rejection.detector != Detector::Integrity;
            if let Some(slot) = self.slot(rejection.item).filter(|slot| known || under_way(slot)) {
                slot.rejected = Some(rejection.detector);
                slot.handed_over.get_or_insert(rejection.at);
            } else if !known {
                let newest = timeline.due_before(sensor, rejection.at + 1);
                let end = usize::try_from(newest).unwrap_or(usize::MAX).min(self.known.len());
                let recent = &mut self.known[end.saturating_sub(RECENT)..end];
                if let Some(slot) = recent.iter_mut().rev().find(|slot| under_way(slot)) {
                    slot.rejected = Some(rejection.detector);
                }
            }
        }
    }

    fn check_schedule(&mut self, timeline: &Timeline, item: u64, at: Moment) {
        let due = timeline.due(self.sensor, item);
        if due > at + timeline.period(self.sensor) && timeline.end.cut > 0 {
            self.contradictions.push(format!(
                "sample {item} of the {} was delivered more than a period before it was due",
                self.sensor
            ));
        }
    }

    fn outcomes(&self, lost: fn(&Slot) -> Option<Cause>) -> Vec<Outcome> {
        let slots = self.due.iter().zip(&self.known);
        let period = self.period;
        slots
            .map(|(&due, slot)| Outcome {
                sensor: self.sensor,
                due,
                lost: lost(slot),
                offered_in_time: slot.handed_over.is_some_and(|at| at - due <= period),
                fused_after: slot.fused_after,
            })
            .collect()
    }
}

/// How many slots back a sample with an unreadable number is looked for: more than the queue of the
/// radar's socket and the camera's buffer hold.
const RECENT: usize = 16;
