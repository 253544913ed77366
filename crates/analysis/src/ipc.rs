//! Which link for which stream: rounds of measurements of every mechanism become one [`Comparison`].
//!
//! Rounds of all mechanisms were run by turns, so what disturbed one disturbed its neighbours: a
//! [`Ratio`] compares round with round and comes before any absolute figure.

mod advice;
mod claims;
mod facts;
mod figures;
mod rounds;

pub use advice::{Advice, Candidate, NEAR, Standing};
pub use claims::{Claim, ClaimKind, ClaimVerdict, Subject};
pub use facts::Family;
pub use figures::{Against, Latency, Link, Ratio, Spread, Streaming};
pub use rounds::{Calls, Cell, Measure, Round};

use crate::Verdict;
use serde::Serialize;
use wire::Mechanism;

/// Version of the JSON form of a [`Comparison`].
pub const SCHEMA: u32 = 1;
/// What every mechanism is compared with: the link that copies nothing.
pub const REFERENCE: Mechanism = Mechanism::Shm;

/// Where and how it was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Machine {
    /// Processor model.
    pub cpu: String,
    /// Processors that may be used.
    pub cpus: u32,
    /// What the processor can do that matters to copies and sums.
    pub cpu_features: String,
    /// Kernel name, release and version.
    pub kernel: String,
    /// What puts an idle processor to sleep: cpuidle driver and governor.
    pub idle_policy: String,
    /// Scheduling class and priority of both ends.
    pub scheduling: String,
    /// Processors of the two ends, as far as they were bound to any.
    pub placement: String,
    /// Version of this program.
    pub program_version: String,
    /// Rounds, in each of which every mechanism had its turn.
    pub rounds: u32,
}

/// What one of the machine's own primitives cost in the same run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Floor {
    /// What was done.
    pub name: String,
    /// How long it took, µs.
    pub spread_us: Spread,
}

/// What could not be measured here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// Sizes of messages, bytes.
    pub payloads_bytes: Vec<u64>,
    /// Why not.
    pub reason: String,
}

/// A stream of messages for which a link is wanted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stream {
    /// Name of the stream.
    pub name: String,
    /// Bytes of a message.
    pub payload_bytes: u64,
    /// Messages a second.
    pub rate_hz: f64,
    /// Mechanism that the scenario chooses.
    pub choice: Mechanism,
    /// Mechanism of a scenario that says nothing.
    pub default: Mechanism,
}

/// Everything that was measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Where and how.
    pub machine: Machine,
    /// Floors of the machine.
    pub floors: Vec<Floor>,
    /// A cell for each mechanism and payload.
    pub cells: Vec<Cell>,
    /// What there is no cell for.
    pub skipped: Vec<Skipped>,
    /// Streams that want a link.
    pub streams: Vec<Stream>,
    /// Whether a mechanism failed at something that the host does not lack.
    pub has_failed: bool,
}

/// What it all comes to.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Where and how it was measured.
    pub machine: Machine,
    /// Floors of the machine in the same run.
    pub floors: Vec<Floor>,
    /// A row for each mechanism and payload, by payload, in the order of measurement.
    pub links: Vec<Link>,
    /// What was not measured, and why.
    pub skipped: Vec<Skipped>,
    /// A recommendation for each stream.
    pub advice: Vec<Advice>,
    /// Our goals and the classical claims, tested in this run.
    pub claims: Vec<Claim>,
    /// Whether a mechanism failed at something that the host does not lack: `skipped` tells at what.
    #[serde(skip)]
    pub has_failed: bool,
}

/// Makes figures, recommendations and verdicts of what was measured.
pub fn compare(measured: Measured) -> Comparison {
    let Measured { machine, floors, mut cells, skipped, streams, has_failed } = measured;
    // Stable: mechanisms keep their order.
    cells.sort_by_key(|cell| cell.payload_bytes);
    let advice: Vec<Advice> = streams.iter().map(|stream| Advice::of(stream, &cells)).collect();
    let claims = claims::test(&cells, &advice);
    let links = cells.iter().map(|cell| Link::of(cell, &cells)).collect();
    Comparison { schema: SCHEMA, machine, floors, links, skipped, advice, claims, has_failed }
}

impl Comparison {
    /// Sizes of messages, ascending.
    pub fn payloads(&self) -> Vec<u64> {
        let mut payloads: Vec<u64> = self.links.iter().map(|link| link.payload_bytes).collect();
        payloads.dedup();
        payloads
    }

    /// The rows of one size.
    pub fn of(&self, payload_bytes: u64) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(move |link| link.payload_bytes == payload_bytes)
    }

    /// A missed goal fails; one that was not measured leaves the question open. What a mechanism failed
    /// at says nothing about the others, and is no pass.
    pub fn verdict(&self) -> Verdict {
        let any = |verdict| self.goals(verdict).next().is_some();
        if any(ClaimVerdict::DoesNotHold) {
            Verdict::Fail
        } else if any(ClaimVerdict::NotMeasured) || self.has_failed {
            Verdict::Inconclusive
        } else {
            Verdict::Pass
        }
    }

    /// Goals with this verdict.
    pub fn goals(&self, verdict: ClaimVerdict) -> impl Iterator<Item = &Claim> {
        let goals = self.claims.iter().filter(|claim| claim.kind == ClaimKind::Goal);
        goals.filter(move |claim| claim.verdict == verdict)
    }
}

/// The cell of a mechanism and a payload.
fn find(cells: &[Cell], mechanism: Mechanism, payload_bytes: u64) -> Option<&Cell> {
    cells.iter().find(|cell| cell.mechanism == mechanism && cell.payload_bytes == payload_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_goal_fails_and_what_is_open_is_no_pass() {
        use ClaimVerdict::{DoesNotHold, Holds, NotMeasured};
        for (verdicts, has_failed, expected) in [
            ([Holds, Holds], false, Verdict::Pass),
            ([Holds, Holds], true, Verdict::Inconclusive),
            ([Holds, NotMeasured], false, Verdict::Inconclusive),
            ([NotMeasured, DoesNotHold], true, Verdict::Fail),
        ] {
            let mut comparison = compare(Measured { has_failed, ..Measured::default() });
            comparison.claims.retain(|claim| claim.kind == ClaimKind::Goal);
            comparison.claims.truncate(verdicts.len());
            for (claim, verdict) in comparison.claims.iter_mut().zip(verdicts) {
                claim.verdict = verdict;
            }
            assert_eq!(comparison.verdict(), expected);
        }
    }
}
