//! What was demanded of a run, and whether it was seen: [`judge`].
//!
//! Demands that always hold come first, then every key of the scenario's `[expect]`, spelt as in
//! the file. A miss that stalls of the host may explain is inconclusive: samples lost or late around
//! a stall, a mode or a silence no longer than the stalls in it, a track lost soon after samples were,
//! a restart after a silence with a stall in it, an error or a collision where fusion went without
//! samples. A demand on a fault without effect, on something that the run did not live to see, or on
//! what the sensors saw of a plant that was lost or late, is inconclusive too. A demand on a fault for
//! which the host lacks something is skipped, and where that is so of every fault, all that the
//! scenario demands. Nothing else turns a pass into anything else, nor anything into a pass.

mod always;
mod follows;
mod on_fault;
mod on_fusion;
mod on_outcome;
mod on_safety;
mod on_stream;
mod on_tracking;
#[cfg(test)]
mod tests;

use wire::Node;

use crate::analyse::Findings;
use crate::faults::FaultFacts;
use crate::faults::outcome::Trial;
use crate::summary::{Expectation, Verdict, WhyNot};

/// What a demand came to.
#[derive(Clone, Debug)]
pub(crate) enum Finding {
    Met,
    /// It was not seen, and should have been.
    Missed(String),
    /// It cannot be judged.
    Unclear(WhyNot, String),
    /// The fault that it is about was not even tried.
    Skipped(String),
}

impl Finding {
    pub(crate) fn told(self) -> Told {
        match self {
            Finding::Met => (Verdict::Pass, None, None),
            Finding::Missed(why) => (Verdict::Fail, Some(WhyNot::Missed), Some(why)),
            Finding::Unclear(cause, why) => (Verdict::Inconclusive, Some(cause), Some(why)),
            Finding::Skipped(why) => (Verdict::Skipped, Some(WhyNot::Skipped), Some(why)),
        }
    }

    /// A miss, unless stalls of the host may explain it. `why` is a sentence without its end.
    pub(crate) fn missed(why: &str, by_host: bool) -> Finding {
        if by_host {
            Finding::Unclear(WhyNot::HostStall, format!("{why}, and the host stalled."))
        } else {
            Finding::Missed(format!("{why}."))
        }
    }

    /// What it is about may have come after the end of the record.
    fn ended_early() -> Finding {
        Finding::Unclear(WhyNot::EndedEarly, "the run ended early.".to_owned())
    }

    /// At most `max` of something may be lost; `in_stalls` of the lost are the host's. `why` as above.
    fn lost_at_most(max: u64, lost: u64, in_stalls: u64, why: &str) -> Finding {
        if lost <= max {
            Finding::Met
        } else if lost - in_stalls <= max {
            let why = format!("{why}; the host stalled around {in_stalls} of them.");
            Finding::Unclear(WhyNot::HostStall, why)
        } else {
            Finding::Missed(format!("{why}."))
        }
    }
}

/// What stands for a finding in a row: its verdict, and why it is not a pass.
type Told = (Verdict, Option<WhyNot>, Option<String>);

/// A demand as it is written down, and what was seen of it.
#[derive(Clone, Debug)]
struct Demand {
    name: String,
    expected: String,
    actual: String,
}

/// What a demand on a fault without effect comes to.
pub(crate) fn without_effect(facts: &FaultFacts) -> Finding {
    match &facts.result.skipped {
        Some(why) => Finding::Skipped(format!("{why}.")),
        None => Finding::Unclear(WhyNot::NoEffect, "the fault took no effect.".to_owned()),
    }
}

/// What stands in place of a value that was not seen.
const NOT_OBSERVED: &str = "not observed";

impl Findings<'_> {
    /// What was found against the truth, if the sensors saw the truth.
    fn if_plant_was_sound(&self, finding: Finding) -> Finding {
        match self.plant_trouble() {
            Some(why) => Finding::Unclear(WhyNot::Plant, format!("{why}.")),
            None => finding,
        }
    }
}

impl Demand {
    fn came_to(self, finding: Finding) -> Expectation {
        let (verdict, cause, reason) = finding.told();
        let Demand { name, expected, actual } = self;
        Expectation { name, expected, actual, verdict, reason, cause }
    }
}

/// Everything that was demanded, judged, in the order of the report.
pub(crate) fn judge(findings: &Findings) -> Vec<Expectation> {
    let mut all = always::judge(findings);
    for node in Node::ALL {
        all.extend(on_stream::judge(findings, node));
    }
    all.extend(on_fusion::judge(findings));
    all.extend(on_tracking::judge(findings));
    all.extend(on_safety::judge(findings));
    for facts in &findings.faults {
        all.extend(on_fault::judge(findings, facts));
        all.extend(on_tracking::judge_fault(findings, facts));
    }
    all
}

/// The demands on the classes of the trials, one for each fault, once everything else is judged.
pub(crate) fn judge_outcomes(findings: &Findings, trials: &[Trial]) -> Vec<Expectation> {
    let faults = findings.faults.iter().zip(trials);
    faults.map(|(facts, trial)| on_outcome::judge(findings, facts, trial)).collect()
}

/// Skips what the scenario demands where the host lacked what every fault of it needs: nothing that
/// it is about has happened.
pub(crate) fn skip_all(expectations: &mut [Expectation]) {
    for it in expectations.iter_mut().filter(|it| it.about().is_of_scenario()) {
        it.verdict = Verdict::Skipped;
        it.cause = Some(WhyNot::Skipped);
        it.reason.get_or_insert_with(|| "every fault was skipped.".to_owned());
    }
}
