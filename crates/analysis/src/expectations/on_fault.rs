//! Demands on the handling of one fault: [`judge`].

use scenario::plan::FaultExpect;

use super::{Demand, Finding, NOT_OBSERVED};
use crate::analyse::Findings;
use crate::faults::{self, FaultFacts};
use crate::summary::Expectation;
use crate::timeline::Span;
use crate::words::{count, limit_ms, sample_of};

pub(super) fn judge(findings: &Findings, facts: &FaultFacts) -> Vec<Expectation> {
    let expects = &findings.timeline.plan.expect.fault;
    let Some(expect) = expects.get(&facts.fault.id) else { return Vec::new() };
    let FaultExpect { detect_within_ns, handle_within_ns, recover_within_ns, lost_max, .. } =
        *expect;
    let result = &facts.result;
    let times = [
        ("detect-within-ms", "detected", detect_within_ns, result.fdti_ms),
        ("handle-within-ms", "handled", handle_within_ns, result.fhti_ms),
        ("recover-within-ms", "recovered from", recover_within_ns, result.recovered_after_ms),
    ];
    let mut all: Vec<Expectation> = times
        .into_iter()
        .filter_map(|(key, done, limit, seen_ms)| {
            Some(within(findings, facts, (key, done), limit?, seen_ms))
        })
        .collect();
    all.extend(lost_max.map(|max| lost(findings, facts, max)));
    all
}

fn name(facts: &FaultFacts, key: &str) -> String {
    format!("expect.fault.{}.{key}", facts.fault.id)
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
        (None, _) => no_effect(),
        (_, Some(seen)) if seen <= limit_ns as f64 / 1e6 => Finding::Met,
        (Some(in_force), Some(seen)) => {
            let concerned = Span { from: in_force.from, to: in_force.from + (seen * 1e6) as i64 };
            if findings.stalls.disturb(concerned) {
                Finding::Unclear(format!("it was {done} after {actual}, and the host stalled."))
            } else {
                Finding::Missed(format!("it was {done} after {actual}, not {expected}."))
            }
        }
        (Some(in_force), None) => {
            let limit = i64::try_from(limit_ns).unwrap_or(i64::MAX);
            let time_left = findings.timeline.end.cut - in_force.from;
            if time_left < limit {
                Finding::Unclear("the run ended before the time allowed was over.".into())
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
        None => no_effect(),
        Some(in_force) => {
            let why = format!("it cost {}, at most {max} allowed", count(lost, noun));
            let its = faults::lost(&findings.timeline, &findings.outcomes, target, in_force);
            Finding::lost_at_most(max, lost, findings.lost_in_stalls(its), &why)
        }
    };
    let expected = format!("at most {}", count(max, noun));
    Demand { name: name(facts, "lost-max"), expected, actual: count(lost, noun) }.came_to(finding)
}

fn no_effect() -> Finding {
    Finding::Unclear("the fault took no effect.".into())
}
