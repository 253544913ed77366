//! The way from a recording to its meaning: [`analyse()`].

#[cfg(test)]
mod tests;

use recording::{Recording, Truncation};
use scenario::{Plan, Twin};
use std::collections::BTreeMap;
use wire::Node;

use crate::accuracy::Accuracy;
use crate::faults::outcome::{self, Trial};
use crate::faults::{self, FaultFacts};
use crate::host::Stalls;
use crate::latency::Latencies;
use crate::modes::{self, ModeInForce};
use crate::noticed::Noticed;
use crate::placements;
use crate::plots;
use crate::processes;
use crate::safety::{Drive, Reference};
use crate::series::Series;
use crate::streams::Outcomes;
use crate::summary::{
    Expectation, Isolation, LimitChanged, ModeSpan, SCHEMA, Safety, Stream, Streams, Summary,
    Verdict, WhyNot,
};
use crate::timeline::{LimitChange, Span, Timeline, ms};
use crate::truth::Truth;
use crate::{alarms, detections, expectations, interference, isolation, torn};

/// Everything that was found out about a run, before it is judged.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    pub(crate) timeline: Timeline<'a>,
    pub(crate) truth: Truth,
    pub(crate) outcomes: Outcomes,
    pub(crate) latencies: Latencies,
    pub(crate) faults: Vec<FaultFacts<'a>>,
    pub(crate) accuracy: Accuracy,
    pub(crate) drive: Drive,
    pub(crate) safety: Safety,
    pub(crate) modes: Vec<ModeInForce>,
    pub(crate) stalls: Stalls,
    /// How the run ended, in words.
    pub(crate) ended: &'static str,
    pub(crate) records_lost: BTreeMap<String, u64>,
    pub(crate) false_alarms: Vec<Noticed>,
}

impl<'a> Findings<'a> {
    fn new(recording: &Recording, plan: &'a Plan, twin: Option<&Reference>) -> Findings<'a> {
        let timeline = Timeline::new(recording, plan);
        let truth = Truth::new(&timeline);
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
        let faults = faults::examine(&timeline, &outcomes, &recording.header.host.lacks);
        let drive = Drive::new(&timeline, &truth);
        let mut findings = Findings {
            latencies: Latencies::new(&timeline),
            accuracy: Accuracy::new(&timeline, &truth, &faults),
            safety: drive.summary(&timeline, &truth, twin),
            drive,
            faults,
            modes: modes::mode_spans(&timeline),
            stalls: Stalls::new(&timeline),
            truth,
            outcomes,
            ended,
            records_lost,
            timeline,
            false_alarms: Vec::new(),
        };
        findings.false_alarms = alarms::false_alarms(&findings);
        findings
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
    analyse_with_twin((recording, plan), None)
}

/// The same of a run that was also made without its faults: the twin's recording and plan. The twin is
/// there to be compared with; what it came to by itself is for [`analyse`].
pub fn analyse_with_twin(
    (recording, plan): (&Recording, &Plan),
    twin: Option<(&Recording, &Plan)>,
) -> (Summary, Series) {
    let twin = twin.map(|twin| reference(plan, twin));
    let mut findings = Findings::new(recording, plan, twin.as_ref());
    let mut series = plots::series(&findings);
    series.torn = recording.torn.as_ref().and_then(|kept| torn::exhibit(&findings, kept));
    let judged = Judged::new(&findings);
    for (facts, trial) in findings.faults.iter_mut().zip(&judged.trials) {
        facts.result.outcome = trial.outcome;
        facts.result.outcome_reason = format!("{}.", trial.reason);
    }
    (summary(recording, findings, judged), series)
}

/// The twin of a run of this plan.
fn reference(of: &Plan, (recording, plan): (&Recording, &Plan)) -> Reference {
    let is_of_it = plan.name == Twin::ToCompare.name_for(&of.name) && plan.seed == of.seed;
    let findings = Findings::new(recording, plan, None);
    let judged = Judged::new(&findings);
    // A twin that misses a demand is told by itself; what it asked of the brakes and came to counts.
    let disturbed = |why: &WhyNot| {
        use WhyNot::{EndedEarly, HostStall, NotStarted, Plant, Record};
        matches!(why, HostStall | EndedEarly | NotStarted | Plant | Record)
    };
    let disturbed = judged.expectations.iter().filter_map(|it| it.cause).find(disturbed);
    let unsound = if is_of_it { disturbed } else { Some(WhyNot::NoData) };
    Reference { drive: findings.drive, unsound }
}

/// Everything that was demanded of a run, judged.
struct Judged {
    expectations: Vec<Expectation>,
    isolation: Vec<Isolation>,
    trials: Vec<Trial>,
    verdict: Verdict,
}

impl Judged {
    fn new(findings: &Findings) -> Judged {
        let mut expectations = expectations::judge(findings);
        let isolation = isolation::judge(findings);
        let demands = (&expectations[..], &isolation[..]);
        let faults = findings.faults.iter();
        let trials: Vec<Trial> =
            faults.map(|facts| outcome::classify(findings, facts, demands)).collect();
        expectations.extend(expectations::judge_outcomes(findings, &trials));
        let nothing_tried =
            !trials.is_empty() && trials.iter().all(|trial| trial.outcome.is_none());
        if nothing_tried {
            expectations::skip_all(&mut expectations);
        }
        let best = if nothing_tried { Verdict::Skipped } else { Verdict::Pass };
        let verdicts = expectations.iter().map(|it| it.verdict);
        let verdicts = verdicts.chain(isolation.iter().map(|it| it.verdict));
        let worst = verdicts.filter(|it| *it != Verdict::Skipped).max();
        let verdict = worst.map_or(best, |worst| worst.max(best));
        Judged { expectations, isolation, trials, verdict }
    }

    /// Why it is not a pass, one sentence each. What was skipped in a run that tried something else
    /// stands in its row.
    fn reasons(&self, findings: &Findings) -> Vec<String> {
        if self.verdict == Verdict::Skipped {
            let trials = findings.faults.iter().zip(&self.trials);
            let told =
                trials.map(|(it, trial)| format!("fault {}: {}.", it.fault.id, trial.reason));
            return told.collect();
        }
        let demanded = self.expectations.iter().map(|it| (it.name.clone(), it.verdict, &it.reason));
        let isolated = self.isolation.iter().map(|it| {
            let name = format!("isolation of {} from {}", it.process, it.fault);
            (name, it.verdict, &it.reason)
        });
        let all = demanded.chain(isolated).filter(|(_, verdict, _)| *verdict != Verdict::Skipped);
        all.filter_map(|(name, _, reason)| Some(format!("{name}: {}", reason.as_ref()?))).collect()
    }
}

fn limits_changed(findings: &Findings) -> Vec<LimitChanged> {
    let told = |it: &LimitChange| LimitChanged {
        at_ms: ms(it.at),
        process: it.node,
        limit: it.limit.name().to_owned(),
        before: it.before,
        after: it.after,
    };
    findings.timeline.watchdog.limits.iter().map(told).collect()
}

fn summary(recording: &Recording, findings: Findings, judged: Judged) -> Summary {
    let plan = findings.timeline.plan;
    let reasons = judged.reasons(&findings);
    let modes = findings.modes.iter().map(|it| ModeSpan {
        mode: it.mode,
        from_ms: ms(it.span.from),
        to_ms: ms(it.span.to),
    });
    let header = &recording.header;
    let placements = placements::placements(&findings.timeline);
    Summary {
        schema: SCHEMA,
        program_version: header.program_version.clone(),
        scenario: plan.name.clone(),
        description: plan.description.clone(),
        scenario_path: header.scenario_path.clone(),
        seed: header.seed,
        repetition: header.repetition,
        started_unix_ms: header.started_unix_ms,
        duration_ms: ms(findings.timeline.end.judged),
        verdict: judged.verdict,
        reasons,
        ended: findings.ended.to_owned(),
        camera_link: plan.camera.link.to_string(),
        radar_link: plan.radar.link.to_string(),
        limits_changed: limits_changed(&findings),
        streams: Streams {
            camera: findings.stream(Node::Camera),
            radar: findings.stream(Node::Radar),
            fusion: findings.stream(Node::Fusion),
        },
        frames_torn: findings.timeline.fusion.torn.len() as u64,
        expectations: judged.expectations,
        isolation: judged.isolation,
        detection_matrix: detections::matrix(&findings.faults),
        false_alarms: alarms::by_detector(&findings.false_alarms),
        interference: interference::results(&findings.faults, &judged.trials),
        processes: processes::processes(&findings.timeline),
        accuracy: findings.accuracy.phases,
        tracks_through_faults: findings.accuracy.through,
        safety: findings.safety,
        modes: modes.collect(),
        board: crate::board::of(&findings.timeline, &header.host, &placements),
        host: header.host.clone(),
        host_load: findings.stalls.load(),
        placements,
        unwritten: placements::unwritten(&findings.timeline),
        records_lost: findings.records_lost,
        faults: findings.faults.into_iter().map(|facts| facts.result).collect(),
    }
}
