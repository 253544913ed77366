//! The way from a recording to its meaning: [`analyse()`].

#[cfg(test)]
mod tests;

use recording::{Recording, Truncation};
use scenario::Plan;
use std::collections::BTreeMap;
use wire::Node;

use crate::expectations;
use crate::faults::{self, FaultFacts};
use crate::host::Stalls;
use crate::isolation;
use crate::latency::Latencies;
use crate::modes::{self, ModeInForce};
use crate::plots;
use crate::processes;
use crate::series::Series;
use crate::streams::Outcomes;
use crate::summary::{ModeSpan, SCHEMA, Stream, Streams, Summary, Verdict};
use crate::timeline::{Span, Timeline, ms};

/// Everything that was found out about a run, before it is judged.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    pub(crate) timeline: Timeline<'a>,
    pub(crate) outcomes: Outcomes,
    pub(crate) latencies: Latencies,
    pub(crate) faults: Vec<FaultFacts<'a>>,
    pub(crate) modes: Vec<ModeInForce>,
    pub(crate) stalls: Stalls,
    /// How the run ended, in words.
    pub(crate) ended: &'static str,
    pub(crate) records_lost: BTreeMap<String, u64>,
}

impl<'a> Findings<'a> {
    fn new(recording: &Recording, plan: &'a Plan) -> Findings<'a> {
        let timeline = Timeline::new(recording, plan);
        let outcomes = Outcomes::new(&timeline);
        let mut records_lost = BTreeMap::new();
        for (source, count) in &recording.lost {
            let sum: &mut u64 = records_lost.entry(source.name().to_owned()).or_default();
            *sum = sum.saturating_add(*count);
        }
        let ended = match (timeline.end.ending, recording.truncation) {
            (_, Truncation::Damaged) => "the recording is damaged",
            (Some(ending), _) => ending.name(),
            (None, Truncation::WatchdogEnded) => "the watchdog was killed",
            (None, Truncation::Complete) => "unknown",
        };
        Findings {
            latencies: Latencies::new(&timeline),
            faults: faults::examine(&timeline, &outcomes),
            modes: modes::mode_spans(&timeline),
            stalls: Stalls::new(&timeline),
            outcomes,
            ended,
            records_lost,
            timeline,
        }
    }

    /// Whether a fault was in force at any moment of `span`.
    pub(crate) fn in_fault(&self, span: Span) -> bool {
        self.faults.iter().filter_map(|facts| facts.in_force).any(|fault| fault.overlaps(span))
    }

    fn stream(&self, node: Node) -> Stream {
        let expected = self.outcomes.of(node).len() as u64;
        Stream {
            expected,
            delivered: expected - self.outcomes.lost(node),
            lost: self.outcomes.lost_by_cause(node),
            repeated: self.outcomes.repeated(node),
            latency_us: self.latencies.quantiles(node),
        }
    }
}

/// Works out what a run came to. `plan` is the one that was run: the text in the recording's
/// header, with the seed in the header.
///
/// Whatever the records say, this does not panic: a recording that contradicts itself is
/// inconclusive.
pub fn analyse(recording: &Recording, plan: &Plan) -> (Summary, Series) {
    let findings = Findings::new(recording, plan);
    let series = plots::series(&findings);
    let expectations = expectations::judge(&findings);
    let isolation = isolation::judge(&findings);
    let verdicts = expectations.iter().map(|it| it.verdict);
    let verdict = verdicts.chain(isolation.iter().map(|it| it.verdict)).max();
    let demanded = expectations.iter().map(|it| (it.name.clone(), &it.reason));
    let isolated = isolation
        .iter()
        .map(|it| (format!("isolation of {} from {}", it.process, it.fault), &it.reason));
    let reasons = demanded
        .chain(isolated)
        .filter_map(|(name, reason)| reason.as_ref().map(|reason| format!("{name}: {reason}")));
    let reasons = reasons.collect();
    let modes = findings.modes.iter().map(|it| ModeSpan {
        mode: it.mode,
        from_ms: ms(it.span.from),
        to_ms: ms(it.span.to),
    });
    let header = &recording.header;
    let summary = Summary {
        schema: SCHEMA,
        program_version: header.program_version.clone(),
        scenario: plan.name.clone(),
        description: plan.description.clone(),
        scenario_path: header.scenario_path.clone(),
        seed: header.seed,
        repetition: header.repetition,
        started_unix_ms: header.started_unix_ms,
        duration_ms: ms(findings.timeline.end.judged),
        verdict: verdict.unwrap_or(Verdict::Pass),
        reasons,
        ended: findings.ended.to_owned(),
        streams: Streams {
            camera: findings.stream(Node::Camera),
            radar: findings.stream(Node::Radar),
            fusion: findings.stream(Node::Fusion),
        },
        expectations,
        isolation,
        processes: processes::processes(&findings.timeline),
        modes: modes.collect(),
        host: header.host.clone(),
        host_load: findings.stalls.load(),
        faults: findings.faults.into_iter().map(|facts| facts.result).collect(),
        records_lost: findings.records_lost,
    };
    (summary, series)
}
