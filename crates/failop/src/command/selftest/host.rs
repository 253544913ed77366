//! What the host can do, and how punctual it is: [`Capabilities`], [`Punctuality`].

use anyhow::Context;
use fault::{KINDS, Need};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How long the host is watched: some hundred looks at each processor.
const WATCH_NS: u64 = 2_000_000_000;

/// What of the catalogue of faults can be made to happen.
#[derive(Debug, Serialize)]
pub(super) struct Capabilities {
    kinds: usize,
    kinds_possible: usize,
    /// What the host lacks, and why.
    lacking: BTreeMap<&'static str, String>,
}

impl Capabilities {
    pub(super) fn of(lacking: &BTreeMap<Need, String>) -> Capabilities {
        Capabilities {
            kinds: KINDS.len(),
            kinds_possible: KINDS.iter().filter(|kind| kind.why_not(lacking).is_none()).count(),
            lacking: lacking.iter().map(|(need, why)| (need.name(), why.clone())).collect(),
        }
    }

    pub(super) fn lines(&self) -> String {
        let mut lines =
            format!("faults       {} of {} kinds are possible\n", self.kinds_possible, self.kinds);
        for (need, why) in &self.lacking {
            writeln!(lines, "             no {need}: {why}").expect("a text takes everything");
        }
        lines
    }
}

/// How late probes on each processor were run while nothing else was to be done.
#[derive(Debug, Default, Serialize)]
pub(super) struct Punctuality {
    looks: u64,
    p99_late_ms: f64,
    worst_late_ms: f64,
    stalls: u64,
}

impl Punctuality {
    pub(super) fn look() -> anyhow::Result<Punctuality> {
        let seen = supervisor::punctuality(WATCH_NS).context("cannot watch the host")?;
        let ms = |ns: u64| ns as f64 * 1e-6;
        Ok(Punctuality {
            looks: seen.looks,
            p99_late_ms: ms(seen.p99_late_ns),
            worst_late_ms: ms(seen.worst_late_ns),
            stalls: seen.stalls,
        })
    }

    pub(super) fn line(&self) -> String {
        let Punctuality { looks, p99_late_ms, worst_late_ms, stalls } = self;
        format!(
            "host         of {looks} probes 99 % were at most {p99_late_ms:.3} ms late, \
             the worst {worst_late_ms:.3} ms; stalls: {stalls}\n"
        )
    }
}
