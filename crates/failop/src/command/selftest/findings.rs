//! What the self-test found: [`Finding`] for each mechanism, [`SelfTest`] for all.

use super::host::{Capabilities, Punctuality};
use crate::exit::Code;
use analysis::summary::{Expectation, WhyNot};
use analysis::{Summary, Verdict};
use serde::Serialize;
use std::fmt::Write as _;
use wire::event::Detector;

/// Version of the format of `selftest.json`.
const SCHEMA: u32 = 1;
/// Width of the names of mechanisms in the table.
const NAME_COLUMNS: usize = 16;
/// Width of the verdicts there: the longest word.
const VERDICT_COLUMNS: usize = 12;

/// The run in which nothing goes wrong.
#[derive(Debug, Serialize)]
pub(super) struct Nominal {
    verdict: Verdict,
    false_alarms: u64,
    reasons: Vec<String>,
}

impl Nominal {
    pub(super) fn of(summary: &Summary) -> Nominal {
        Nominal {
            verdict: summary.verdict,
            false_alarms: summary.false_alarms.values().sum(),
            reasons: summary.reasons.clone(),
        }
    }

    pub(super) fn line(&self) -> String {
        let (verdict, alarms) = (word(self.verdict), self.false_alarms);
        let mut lines = format!("nominal run  {verdict}, false alarms: {alarms}\n");
        for reason in &self.reasons {
            writeln!(lines, "             {reason}").expect("a text takes everything");
        }
        lines
    }
}

/// Whether it was noticed that a mechanism is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Noticed {
    /// It was: with it the run passes, without it the run fails by the demand on it.
    Yes,
    /// It was not, or the mechanism does not do its part.
    No,
    /// Stalls of the host kept it from being judged.
    HostStalled,
    /// The host lacks what the fault needs.
    Lacking,
}

/// What became of one mechanism.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) mechanism: String,
    /// Verdict of the run with it.
    pub(super) with: Option<Verdict>,
    /// Verdict of the run without it.
    pub(super) without: Option<Verdict>,
    pub(super) noticed: Noticed,
    /// Why, where it was not noticed.
    pub(super) reasons: Vec<String>,
}

/// What of a run tells about a mechanism.
#[derive(Clone, Debug)]
pub(super) struct Run {
    verdict: Verdict,
    reasons: Vec<String>,
    expectations: Vec<Expectation>,
}

impl From<Summary> for Run {
    fn from(Summary { verdict, reasons, expectations, .. }: Summary) -> Run {
        Run { verdict, reasons, expectations }
    }
}

impl Run {
    /// Whether a detector did not respond that should have.
    fn misses_a_detector(&self) -> bool {
        self.expectations
            .iter()
            .any(|it| it.name.ends_with(".detected-by") && it.cause == Some(WhyNot::Missed))
    }

    /// Whether something could not be judged for stalls, and nothing for another reason.
    fn is_spoilt_by_stalls(&self) -> bool {
        let mut causes = self.expectations.iter().filter_map(|it| it.cause);
        self.verdict == Verdict::Inconclusive && causes.all(|it| it == WhyNot::HostStall)
    }
}

impl Finding {
    /// Judges a detector by the run with it and the run without it.
    pub(super) fn of(detector: Detector, with: &Run, without: &Run) -> Finding {
        let verdicts = [with.verdict, without.verdict];
        let noticed = match verdicts {
            [Verdict::Pass, Verdict::Fail] if without.misses_a_detector() => Noticed::Yes,
            [Verdict::Skipped, _] | [_, Verdict::Skipped] => Noticed::Lacking,
            // Either of the two may have been spoilt.
            _ if with.is_spoilt_by_stalls() || without.is_spoilt_by_stalls() => {
                Noticed::HostStalled
            }
            _ => Noticed::No,
        };
        let mut reasons = Vec::new();
        if noticed != Noticed::Yes {
            reasons.extend(with.reasons.iter().map(|reason| format!("with it: {reason}")));
            match without.verdict {
                Verdict::Pass => reasons.push("without it: the run passes".to_owned()),
                _ => reasons.extend(without.reasons.iter().map(|it| format!("without it: {it}"))),
            }
        }
        let [with, without] = verdicts.map(Some);
        Finding { mechanism: detector.name().to_owned(), with, without, noticed, reasons }
    }

    pub(super) fn line(&self) -> String {
        let noticed = match self.noticed {
            Noticed::Yes => "yes",
            Noticed::No => "NO",
            Noticed::HostStalled => "not judged: the host stalled",
            Noticed::Lacking => "not judged: the host lacks what it needs",
        };
        let verdict = |verdict: Option<Verdict>| verdict.map_or("–", word);
        let mut lines = row(&self.mechanism, verdict(self.with), verdict(self.without), noticed);
        for reason in &self.reasons {
            writeln!(lines, "    {reason}").expect("a text takes everything");
        }
        lines
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Skipped => "skipped",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Fail => "fail",
    }
}

fn row(mechanism: &str, with: &str, without: &str, noticed: &str) -> String {
    format!(
        "{mechanism:NAME_COLUMNS$}  {with:VERDICT_COLUMNS$}  {without:VERDICT_COLUMNS$}  {noticed}\n"
    )
}

/// The head of the table.
pub(super) fn heading() -> String {
    format!("\n{}", row("mechanism", "with it", "without it", "noticed"))
}

/// Everything that was found: the content of `selftest.json`.
#[derive(Debug, Serialize)]
pub(super) struct SelfTest {
    schema: u32,
    host: Capabilities,
    punctuality: Punctuality,
    nominal: Nominal,
    mechanisms: Vec<Finding>,
    noticed: usize,
    judged: usize,
    /// Share of the judged that were noticed; none where none was judged.
    mutation_score: Option<f64>,
}

impl SelfTest {
    pub(super) fn new(host: Capabilities, punctuality: Punctuality, nominal: Nominal) -> SelfTest {
        let (mechanisms, noticed, judged, mutation_score) = (Vec::new(), 0, 0, None);
        SelfTest {
            schema: SCHEMA,
            host,
            punctuality,
            nominal,
            mechanisms,
            noticed,
            judged,
            mutation_score,
        }
    }

    pub(super) fn add(&mut self, finding: Finding) {
        self.noticed += usize::from(finding.noticed == Noticed::Yes);
        self.judged += usize::from(matches!(finding.noticed, Noticed::Yes | Noticed::No));
        self.mutation_score = (self.judged > 0).then(|| self.noticed as f64 / self.judged as f64);
        self.mechanisms.push(finding);
    }

    pub(super) fn score(&self) -> String {
        let (noticed, judged) = (self.noticed, self.judged);
        let percent =
            self.mutation_score.map_or("–".to_owned(), |it| format!("{:.0} %", it * 1e2));
        let mut line = format!("\nmutation score: {percent} ({noticed} of {judged} noticed");
        let open = self.mechanisms.len() - judged;
        if open > 0 {
            write!(line, ", {open} not judged").expect("a text takes everything");
        }
        line + ")\n"
    }

    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    pub(super) fn code(&self) -> Code {
        let failed = self.nominal.verdict == Verdict::Fail || self.nominal.false_alarms > 0;
        match (failed || self.noticed < self.judged, self.judged) {
            (true, _) => Code::Fail,
            (false, 0) => Code::Inconclusive,
            (false, _) => Code::Pass,
        }
    }
}

#[cfg(test)]
mod tests;
