//! Demands on the handling of one fault: [`judge`].

use scenario::plan::FaultExpect;
use wire::event::Detector;

use super::{Demand, Finding, NOT_OBSERVED, without_effect};
use crate::analyse::Findings;
use crate::faults::{self, FaultFacts};
use crate::summary::{About, Expectation, WhyNot};
use crate::timeline::Span;
use crate::words::{count, limit_ms, sample_of};

pub(super) fn judge(findings: &Findings, facts: &FaultFacts) -> Vec<Expectation> {
    let expects = &findings.timeline.plan.expect.fault;
    let Some(expect) = expects.get(&facts.fault.id) else { return Vec::new() };
    // What its class may be is judged last of all, and the tracks elsewhere.
    let FaultExpect {
        detect_within_ns,
        handle_within_ns,
        recover_within_ns,
        lost_max,
        ftti_ns: _,
        position_rmse_max_m: _,
        gospa_max_m: _,
        id_switches_max: _,
        reconfirm_within_ns: _,
        outcomes: _,
        detected_by: detectors,
    } = expect;
    let result = &facts.result;
    let times = [
        ("detect-within-ms", "detected", detect_within_ns, result.fdti_ms),
        ("handle-within-ms", "handled", handle_within_ns, result.fhti_ms),
        ("recover-within-ms", "recovered from", recover_within_ns, result.recovered_after_ms),
    ];
    let mut all: Vec<Expectation> = times
        .into_iter()
        .filter_map(|(key, done, limit, seen_ms)| {
            Some(within(findings, facts, (key, done), (*limit)?, seen_ms))
        })
        .collect();
    all.extend(lost_max.map(|max| lost(findings, facts, max)));
    if !detectors.is_empty() {
        all.push(detected_by(findings, facts, detectors));
    }
    all
}

fn name(facts: &FaultFacts, key: &str) -> String {
    About::Fault { fault: &facts.fault.id, key }.name()
}

fn within(
    findings: &Findings,
    facts: &FaultFacts,
    (key, done): (&str, &str),
    limit_ns: u64,
    seen_ms: Option<f64>,
) -> Expectation {
    let expected = format!("within {}", limit_ms(limit_ns));
    let actual = seen_ms.map_or(NOT_OBSERVED.to_owned(), |seen| format!("{seen:.3} ms"));
    let finding = match (facts.in_force, seen_ms) {
        (None, _) => without_effect(facts),
        (_, Some(seen)) if seen <= limit_ns as f64 / 1e6 => Finding::Met,
        (Some(in_force), Some(seen)) => {
            let concerned = Span { from: in_force.from, to: in_force.from + (seen * 1e6) as i64 };
            if findings.stalls.disturb(concerned) {
                let why = format!("it was {done} after {actual}, and the host stalled.");
                Finding::Unclear(WhyNot::HostStall, why)
            } else {
                Finding::Missed(format!("it was {done} after {actual}, not {expected}."))
            }
        }
        (Some(in_force), None) => {
            let limit = i64::try_from(limit_ns).unwrap_or(i64::MAX);
            let time_left = findings.timeline.end.cut - in_force.from;
            if time_left < limit {
                let why = "the run ended before the time allowed was over.";
                Finding::Unclear(WhyNot::EndedEarly, why.to_owned())
            } else {
                Finding::Missed(format!("it was never {done}."))
            }
        }
    };
    Demand { name: name(facts, key), expected, actual }.came_to(finding)
}

fn lost(findings: &Findings, facts: &FaultFacts, max: u64) -> Expectation {
    let target = facts.fault.target;
    let noun = sample_of(target);
    let lost = facts.result.frames_lost;
    let finding = match facts.in_force {
        None => without_effect(facts),
        Some(in_force) => {
            let why = format!("it cost {}, at most {max} allowed", count(lost, noun));
            let its = faults::lost(&findings.timeline, &findings.outcomes, target, in_force);
            Finding::lost_at_most(max, lost, findings.lost_in_stalls(its), &why)
        }
    };
    let expected = format!("at most {}", count(max, noun));
    Demand { name: name(facts, "lost-max"), expected, actual: count(lost, noun) }.came_to(finding)
}

/// Each detector that must respond; one that the host kept from it is excused.
fn detected_by(findings: &Findings, facts: &FaultFacts, wanted: &[Detector]) -> Expectation {
    let fired: Vec<Detector> = facts.result.detections.iter().map(|it| it.detector).collect();
    let missing: Vec<Detector> = wanted.iter().copied().filter(|it| !fired.contains(it)).collect();
    let finding = match facts.in_force {
        None => without_effect(facts),
        Some(_) if missing.is_empty() => Finding::Met,
        Some(_) if !findings.timeline.end.whole => Finding::ended_early(),
        Some(in_force) => {
            let why = format!("{} did not respond", names(&missing));
            Finding::missed(&why, findings.stalls.disturb(in_force))
        }
    };
    let (expected, actual) = (names(wanted), names(&fired));
    Demand { name: name(facts, "detected-by"), expected, actual }.came_to(finding)
}

/// Each name once.
fn names(detectors: &[Detector]) -> String {
    let known = Detector::ALL.iter().filter(|it| detectors.contains(it));
    let names: Vec<&str> = known.map(|it| it.name()).collect();
    if names.is_empty() { NOT_OBSERVED.to_owned() } else { names.join(", ") }
}
