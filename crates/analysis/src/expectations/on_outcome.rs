//! Demands on the class of a trial: [`judge`].
//!
//! A scenario that tells which classes it allows is taken at its word. Else the fault must be tolerated:
//! an undetected violation is a miss always, a late handling where there is a fault tolerant time interval.
//! What stalls of the host keep from being told is inconclusive.

use fault::Outcome;

use super::{Demand, Finding, without_effect};
use crate::analyse::Findings;
use crate::faults::FaultFacts;
use crate::faults::outcome::Trial;
use crate::summary::{About, Expectation, WhyNot};

/// What a class is called where there is none.
const SKIPPED: &str = "skipped";

pub(super) fn judge(findings: &Findings, facts: &FaultFacts, trial: &Trial) -> Expectation {
    let id = &facts.fault.id;
    let demands = findings.timeline.plan.expect.fault.get(id);
    let allowed = demands.map_or(&[][..], |demands| &demands.outcomes[..]);
    let actual = trial.outcome.map_or(SKIPPED, Outcome::name).to_owned();
    if allowed.is_empty() {
        let name = About::Trial { fault: id, what: "is tolerated" }.name();
        let expected = match facts.result.ftti_ms {
            Some(ftti_ms) => format!("noticed if it does harm, handled within {ftti_ms} ms"),
            None => "noticed if it does harm".to_owned(),
        };
        return Demand { name, expected, actual }.came_to(tolerated(facts, trial));
    }
    let names: Vec<&str> = allowed.iter().map(|it| it.name()).collect();
    let demand = Demand {
        name: About::Fault { fault: id, key: "outcome" }.name(),
        expected: names.join(" or "),
        actual,
    };
    demand.came_to(match trial.outcome {
        None => without_effect(facts),
        Some(outcome) if allowed.contains(&outcome) => Finding::Met,
        Some(Outcome::NotActivated | Outcome::HarnessError) => {
            Finding::Unclear(trial.cause.unwrap_or(WhyNot::NoData), format!("{}.", trial.reason))
        }
        Some(outcome) => Finding::Missed(format!("{}: {}.", outcome.name(), trial.reason)),
    })
}

fn tolerated(facts: &FaultFacts, trial: &Trial) -> Finding {
    match (trial.outcome, trial.cause) {
        (None, _) => without_effect(facts),
        (Some(outcome @ Outcome::UndetectedViolation), _) => {
            Finding::Missed(format!("{}: {}.", outcome.name(), trial.reason))
        }
        (Some(outcome @ Outcome::Late), _) if facts.result.ftti_ms.is_some() => {
            Finding::Missed(format!("{}: {}.", outcome.name(), trial.reason))
        }
        (Some(Outcome::HarnessError), Some(WhyNot::HostStall)) => {
            Finding::Unclear(WhyNot::HostStall, format!("{}.", trial.reason))
        }
        // What else there is has demands of its own.
        (Some(_), _) => Finding::Met,
    }
}
