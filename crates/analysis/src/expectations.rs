//! What was demanded of a run, and whether it was seen: [`judge`].
//!
//! Demands that always hold come first, then every key of the scenario's `[expect]`, spelt as in
//! the file. A miss that stalls of the host may explain is inconclusive: samples lost or late around
//! a stall, a mode or a silence no longer than the stalls in it, a track lost soon after samples were,
//! a restart after a silence with a stall in it. A demand on a fault without effect, or on something
//! that the run did not live to see, is inconclusive too. Nothing turns a pass into anything else,
//! nor anything else into a pass.

mod always;
mod follows;
mod on_fault;
mod on_fusion;
mod on_stream;
#[cfg(test)]
mod tests;

use wire::Node;

use crate::analyse::Findings;
use crate::summary::{Expectation, Verdict};

/// What a demand came to.
#[derive(Clone, Debug)]
enum Finding {
    Met,
    /// It was not seen, and should have been.
    Missed(String),
    /// It cannot be judged.
    Unclear(String),
}

impl Finding {
    /// A miss, unless stalls of the host may explain it. `why` is a sentence without its end.
    fn missed(why: &str, by_host: bool) -> Finding {
        if by_host {
            Finding::Unclear(format!("{why}, and the host stalled."))
        } else {
            Finding::Missed(format!("{why}."))
        }
    }

    /// At most `max` of something may be lost; `in_stalls` of the lost are the host's. `why` as above.
    fn lost_at_most(max: u64, lost: u64, in_stalls: u64, why: &str) -> Finding {
        if lost <= max {
            Finding::Met
        } else if lost - in_stalls <= max {
            Finding::Unclear(format!("{why}; the host stalled around {in_stalls} of them."))
        } else {
            Finding::Missed(format!("{why}."))
        }
    }
}

/// A demand as it is written down, and what was seen of it.
#[derive(Clone, Debug)]
struct Demand {
    name: String,
    expected: String,
    actual: String,
}

/// What stands in place of a value that was not seen.
const NOT_OBSERVED: &str = "not observed";

impl Demand {
    fn came_to(self, finding: Finding) -> Expectation {
        let (verdict, reason) = match finding {
            Finding::Met => (Verdict::Pass, None),
            Finding::Missed(why) => (Verdict::Fail, Some(why)),
            Finding::Unclear(why) => (Verdict::Inconclusive, Some(why)),
        };
        let Demand { name, expected, actual } = self;
        Expectation { name, expected, actual, verdict, reason }
    }
}

/// Everything that was demanded, judged, in the order of the report.
pub(crate) fn judge(findings: &Findings) -> Vec<Expectation> {
    let mut all = always::judge(findings);
    for node in Node::ALL {
        all.extend(on_stream::judge(findings, node));
    }
    all.extend(on_fusion::judge(findings));
    for facts in &findings.faults {
        all.extend(on_fault::judge(findings, facts));
    }
    all
}
