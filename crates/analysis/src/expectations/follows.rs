//! Whether fusion followed an actor: [`judge`].
//!
//! At each output, the actor's true position at the sample's measurement time must lie within
//! [`GATE_M`] of a confirmed track, while the actor is ahead within [`RANGE_M`]. The track that it
//! was under before counts where it is near enough, else the nearest. Its id must not change;
//! ids belong to one incarnation of fusion, so a restart of fusion begins afresh. In the first
//! [`SETTLE_NS`] of the schedule and of each later incarnation nothing is demanded. Outputs may only
//! stop, for longer than fusion's silence limit, while a fault is in force or for [`SETTLE_NS`]
//! after it: latency, losses and recovery have demands of their own.

use std::collections::BTreeMap;
use wire::Node;

use super::{Demand, Finding, NOT_OBSERVED};
use crate::analyse::Findings;
use crate::excuses::SETTLE_NS;
use crate::modes;
use crate::summary::{About, Expectation, WhyNot};
use crate::timeline::{Moment, Output, Span, TrackSeen};
use crate::words::{count, in_ms};

/// How far from the truth a track may be.
const GATE_M: f64 = 3.0;
/// How far ahead an actor is followed.
const RANGE_M: f64 = 80.0;

pub(super) fn judge(findings: &Findings, id: &str) -> Expectation {
    let traffic = &findings.timeline.plan.traffic;
    let demand = |actual: String| Demand {
        name: About::Process { process: Node::Fusion, key: &format!("follows.{id}") }.name(),
        expected: format!("within {GATE_M} m of one track, always"),
        actual,
    };
    let Some(actor) = traffic.actors.iter().position(|actor| actor.id == id) else {
        let why = format!("there is no actor {id}.");
        return demand(NOT_OBSERVED.into()).came_to(Finding::Unclear(WhyNot::NoData, why));
    };
    let chase = Chase { findings, actor };
    let missed = |seen: String, by_host: bool| {
        let finding = Finding::missed(&format!("{id} was {seen}"), by_host);
        let finding = findings.if_plant_was_sound(finding);
        demand(seen).came_to(finding)
    };
    let (followed, lost) = chase.run();
    if let Some((at, why)) = lost {
        return missed(why, chase.host_took_samples(at));
    }
    if let Some((from, to)) = chase.silence(|_| 0) {
        let seen = format!("unwatched: no output from {} to {}", in_ms(from), in_ms(to));
        let stalled = |silence| findings.stalls.length_in(silence);
        return missed(seen, chase.silence(stalled).is_none());
    }
    if followed > 0 {
        return demand(format!("at {}", count(followed, "output"))).came_to(Finding::Met);
    }
    let why = format!("{id} was not in range at any output after the first two seconds.");
    demand(NOT_OBSERVED.into()).came_to(if chase.was_in_range() {
        Finding::Missed(format!("{id} was in range, and there was no output."))
    } else {
        Finding::Unclear(WhyNot::NoData, why)
    })
}

struct Chase<'a> {
    findings: &'a Findings<'a>,
    actor: usize,
}

impl Chase<'_> {
    /// At how many outputs the actor was followed, and where and how that failed first, if it did.
    fn run(&self) -> (u64, Option<(Moment, String)>) {
        let timeline = &self.findings.timeline;
        let mut held: BTreeMap<u32, u32> = BTreeMap::new();
        let mut followed = 0;
        for output in &timeline.fusion.outputs {
            let Some(truth) = self.truth(output.captured).filter(|_| self.is_settled(output))
            else {
                continue;
            };
            let tracks = &timeline.fusion.tracks[output.tracks.clone()];
            let moment = output.captured;
            let at = in_ms(moment);
            let before = held.get(&output.by).copied();
            let Some(id) = track_at(tracks, truth, before) else {
                return (followed, Some((moment, format!("under no track at {at}"))));
            };
            if let Some(before) = before.filter(|&before| before != id) {
                let why = format!("under track {before}, then {id} from {at} on");
                return (followed, Some((moment, why)));
            }
            held.insert(output.by, id);
            followed += 1;
        }
        (followed, None)
    }

    /// Whether fusion went without a sample because the host stalled, so lately that it may not have
    /// found everyone again.
    fn host_took_samples(&self, moment: Moment) -> bool {
        self.findings.host_took_samples(Span { from: moment - SETTLE_NS, to: moment })
    }

    /// The first stretch without outputs that no fault explains, while the actor was in range; of
    /// each stretch, what is `excused` does not count.
    fn silence(&self, excused: impl Fn(Span) -> i64) -> Option<(Moment, Moment)> {
        let timeline = &self.findings.timeline;
        let limit = modes::silence_limit(timeline);
        let outputs = timeline.fusion.outputs.iter().map(|output| output.at);
        let mut moments: Vec<Moment> = outputs.chain([0, timeline.end.judged]).collect();
        moments.sort_unstable();
        let gaps = moments.windows(2).map(|pair| (pair[0], pair[1]));
        let long = |&(from, to): &(Moment, Moment)| to - from - excused(Span { from, to }) > limit;
        gaps.filter(long).find(|&(from, to)| {
            let owed = self.findings.outcomes.of(Node::Fusion).iter();
            owed.map(|output| output.due)
                .filter(|due| (SETTLE_NS.max(from + limit)..to).contains(due))
                .any(|due| self.truth(due).is_some() && !self.is_excused(due))
        })
    }

    /// Whether a fault is in force, or was a moment ago.
    fn is_excused(&self, moment: Moment) -> bool {
        self.findings.in_fault(Span { from: moment - SETTLE_NS, to: moment })
    }

    /// Where the actor is, if it is in range.
    fn truth(&self, moment: Moment) -> Option<[f64; 2]> {
        let object = self.findings.truth.objects(moment).nth(self.actor)?;
        (object.x_m > 0.0 && object.x_m <= RANGE_M).then_some([object.x_m, object.y_m])
    }

    fn is_settled(&self, output: &Output) -> bool {
        let timeline = &self.findings.timeline;
        let mut spawned = timeline.watchdog.spawned.iter();
        let born = spawned.find(|it| (it.node, it.incarnation) == (Node::Fusion, output.by));
        // The first incarnation was born before the schedule began.
        let from = born.map_or(0, |it| it.at).max(0) + SETTLE_NS;
        (from..timeline.end.judged).contains(&output.captured)
    }

    fn was_in_range(&self) -> bool {
        let frames = self.findings.outcomes.of(Node::Camera).iter();
        frames.filter(|it| it.due >= SETTLE_NS).any(|it| self.truth(it.due).is_some())
    }
}

/// The track that an object is under: the one it was under before, if near enough, else the
/// nearest.
fn track_at(tracks: &[TrackSeen], [x_m, y_m]: [f64; 2], before: Option<u32>) -> Option<u32> {
    let distance = |track: &TrackSeen| (track.x_m - x_m).hypot(track.y_m - y_m);
    let near = || tracks.iter().filter(|track| distance(track) <= GATE_M);
    let same = near().find(|track| Some(track.id) == before);
    let nearest = || near().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    same.or_else(nearest).map(|track| track.id)
}
