//! How good the tracks were, phase by phase: [`Accuracy`].
//!
//! Each output is compared with the truth at the time that its tracks are made for (`compared`); what
//! falls into one phase is summed up (`tally`). The first [`START_NS`] of the schedule are left out:
//! fusion is blind before its first samples. Nothing is left out after a restart of fusion.

mod assignment;
mod compared;
mod gospa;
mod tally;
#[cfg(test)]
mod tests;
mod through;

use std::collections::BTreeMap;

use crate::excuses::START_NS;
use crate::faults::FaultFacts;
use crate::summary::{AccuracyPhase, Phase, ThroughFault};
use crate::timeline::{Moment, Span, Timeline, ms};
use crate::truth::Truth;
use compared::Compared;
use tally::Tally;

/// How good the tracks were.
#[derive(Debug)]
pub(crate) struct Accuracy {
    pub(crate) phases: Vec<AccuracyPhase>,
    pub(crate) through: Vec<ThroughFault>,
    /// When which actor changed its track.
    switches: Vec<(Moment, usize)>,
    /// At which moments anyone had a track.
    paired: Vec<Moment>,
}

/// A phase, with its place in time.
struct Part<'a> {
    phase: Phase,
    fault: Option<&'a str>,
    span: Span,
}

impl Accuracy {
    pub(crate) fn new(timeline: &Timeline, truth: &Truth, faults: &[FaultFacts]) -> Accuracy {
        let outputs = timeline.fusion.outputs.iter();
        let all: Vec<Compared> =
            outputs.map(|output| Compared::new(timeline, truth, output)).collect();
        let spans: Vec<Span> = faults.iter().filter_map(|facts| facts.in_force).collect();
        let outside = |at: Moment| !spans.iter().any(|span| span.contains(at));
        let mut accuracy = Accuracy {
            phases: Vec::new(),
            through: through::faults(timeline, &all, faults),
            switches: compared::switches(timeline, &all),
            paired: all.iter().filter(|it| !it.pairs.is_empty()).map(|it| it.at).collect(),
        };
        for part in parts(timeline.end.judged, faults) {
            let inside = |at: Moment| {
                part.span.contains(at) && (part.phase != Phase::Outside || outside(at))
            };
            let mut tally = Tally::default();
            all.iter().filter(|it| inside(it.at)).for_each(|it| tally.add(it));
            let phase = AccuracyPhase {
                phase: part.phase,
                fault: part.fault.map(str::to_owned),
                from_ms: ms(part.span.from),
                to_ms: ms(part.span.to),
                outputs: tally.outputs,
                lead: tally.lead.errors(),
                all: tally.all.errors(),
                gospa: tally.gospa(),
                nees: tally.nees(),
                nis: tally.nis(),
                ages_us: tally.ages(),
                id_switches: accuracy.switches(timeline, inside),
            };
            accuracy.phases.push(phase);
        }
        accuracy
    }

    /// How often each actor changed its track at a moment of these.
    fn switches(
        &self,
        timeline: &Timeline,
        inside: impl Fn(Moment) -> bool,
    ) -> BTreeMap<String, u64> {
        let mut all = BTreeMap::new();
        for (_, actor) in self.switches.iter().filter(|(at, _)| inside(*at)) {
            *all.entry(timeline.plan.traffic.actors[*actor].id.clone()).or_default() += 1;
        }
        all
    }

    /// How often any actor changed its track from a moment on and up to another.
    pub(crate) fn switches_in(&self, span: Span) -> u64 {
        self.switches.iter().filter(|(at, _)| span.contains(*at)).count() as u64
    }

    /// Whether anyone had a track in this time.
    pub(crate) fn anyone_paired_in(&self, span: Span) -> bool {
        self.paired.iter().any(|at| span.contains(*at))
    }

    /// The phase outside of faults: of a run without any, the whole.
    pub(crate) fn outside(&self) -> Option<&AccuracyPhase> {
        self.phases.iter().find(|it| matches!(it.phase, Phase::Whole | Phase::Outside))
    }

    /// The phase while a fault is in force.
    pub(crate) fn during(&self, fault: &str) -> Option<&AccuracyPhase> {
        let mut phases = self.phases.iter();
        phases.find(|it| it.phase == Phase::During && it.fault.as_deref() == Some(fault))
    }
}

/// The phases of a run that was judged up to this moment, in the order of the report.
fn parts<'a>(end: Moment, faults: &'a [FaultFacts]) -> Vec<Part<'a>> {
    let mut acted: Vec<(&str, Span)> = faults
        .iter()
        .filter_map(|facts| Some((facts.fault.id.as_str(), facts.in_force?)))
        .filter(|(_, span)| span.from <= end)
        .collect();
    acted.sort_by_key(|(_, span)| span.from);
    let settled = |from: Moment| from.max(START_NS);
    let Some((first, first_span)) = acted.first() else {
        let span = Span { from: START_NS, to: end };
        return vec![Part { phase: Phase::Whole, fault: None, span }];
    };
    let before = Span { from: START_NS, to: first_span.from - 1 };
    let mut parts = vec![Part { phase: Phase::Before, fault: Some(first), span: before }];
    for (index, (id, span)) in acted.iter().enumerate() {
        let during = Span { from: settled(span.from), to: span.to.min(end) };
        // An earlier fault may outlast it.
        let over = acted[..=index].iter().map(|(_, span)| span.to).max().unwrap_or(span.to);
        let next = acted.get(index + 1).map_or(end, |(_, next)| next.from - 1);
        let after = Span { from: settled(over + 1), to: next };
        parts.push(Part { phase: Phase::During, fault: Some(id), span: during });
        parts.push(Part { phase: Phase::After, fault: Some(id), span: after });
    }
    let span = Span { from: START_NS, to: end };
    parts.push(Part { phase: Phase::Outside, fault: None, span });
    parts.retain(|part| part.span.from <= part.span.to);
    parts
}
