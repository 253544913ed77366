//! What the repetitions of one scenario come to: [`Campaign`], the content of `campaign.json`.
//!
//! Each fault of each run is a trial. A trial *counts* unless it is set aside: its fault did not take
//! effect, or the run calls inconclusive what concerns it: the run as a whole, or a time of this fault
//! that was late with a stall of the host in it. What is set aside is told with its reason. A trial
//! that counts and has no detection (reaction, recovery) is censored: its time exceeds every bound,
//! and it is never left out. What never came counts, whatever the host did, unless the run as a whole
//! proves nothing.
//!
//! Field names are a public interface, as those of `run.json` are.

use fault::Target;
use recording::Host;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::Source;
use wire::event::Detector;

use crate::statistics::{self, Sample};
use crate::summary::{About, Detection, FaultResult, Summary, Verdict, source_name};

#[cfg(test)]
mod tests;

/// Version of the format of `campaign.json`.
pub const SCHEMA: u32 = 1;
/// Confidence of every bound: the usual one of reliability demonstration.
pub const CONFIDENCE: f64 = 0.95;
/// Coverages of which is told how many trials show them: each decade, and the one between the
/// first two.
const COVERAGES: [f64; 4] = [0.9, 0.95, 0.99, 0.999];

/// The repetitions of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Version of the program that made the first recording.
    pub program_version: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Its description.
    pub description: String,
    /// Its file, as given.
    pub scenario_path: String,
    /// Seed of the first run.
    pub seed: u64,
    /// Wall-clock time of the first start, milliseconds since 1970 UTC.
    pub started_unix_ms: u64,
    /// The machine of the first run.
    pub host: Host,
    /// [`CONFIDENCE`].
    pub confidence: f64,
    /// Runs by verdict; every verdict is listed, also with 0.
    pub runs: BTreeMap<Verdict, u64>,
    /// The runs that did not pass.
    pub not_passed: Vec<NotPassed>,
    /// The faults, in the order of the scenario.
    pub faults: Vec<FaultTrials>,
}

/// A run that did not pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotPassed {
    /// Which repetition.
    pub repetition: u32,
    /// Its verdict.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<String>,
}

/// All trials of one fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultTrials {
    /// Its id.
    pub id: String,
    /// The victim.
    pub target: Target,
    /// Its kind.
    pub kind: String,
    /// Parameters, for people.
    pub detail: String,
    /// All trials: one in each run.
    pub trials: u64,
    /// Trials in which it took effect.
    pub activated: u64,
    /// Trials that do not count.
    pub set_aside: Vec<SetAside>,
    /// How many of those that count were detected.
    pub coverage: Coverage,
    /// Effect → first detection.
    pub fdti: Times,
    /// Effect → first reaction finished.
    pub fhti: Times,
    /// Effect → first output from fresh data of the recovered process.
    pub recovery: Times,
    /// Those that noticed it.
    pub detectors: Vec<DetectorTrials>,
}

/// A trial that does not count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetAside {
    /// Of which repetition.
    pub repetition: u32,
    /// What kind of reason there is.
    pub because: Because,
    /// The reason.
    pub reason: String,
}

/// Why a trial does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The host lacks what the fault needs.
    Skipped,
    /// There is no evidence that the fault took effect.
    NotActivated,
    /// The host stalled in it, the record has holes, or the run did not last.
    Inconclusive,
}

/// Campaign coverage: how surely a fault as the scenario describes it is detected. Not the
/// diagnostic coverage of ISO 26262-5, which weighs all faults of a part by their rates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Trials that count.
    pub trials: u64,
    /// Those with a detection.
    pub detected: u64,
    /// Exact one-sided lower bound on the probability of a detection.
    pub lower_bound: f64,
    /// Wilson interval of it (95 %, two-sided), to look at.
    pub wilson_interval: [f64; 2],
    /// What it takes to show more.
    pub needed: Vec<Needed>,
}

/// How many trials show a coverage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Needed {
    /// The coverage.
    pub coverage: f64,
    /// Trials in all, with as many undetected as there are.
    pub trials: u64,
}

/// Times of trials, milliseconds. Quantiles are nearest-rank values over all trials; `null` where
/// that one is censored, or there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Trials.
    pub trials: u64,
    /// Those in which it never came.
    pub censored: u64,
    /// Shortest.
    pub min_ms: Option<f64>,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 95 % are at most this.
    pub p95_ms: Option<f64>,
    /// What the 95 % quantile of all future trials is at most.
    pub p95_bound: Bound,
    /// 99 % are at most this.
    pub p99_ms: Option<f64>,
    /// What the 99 % quantile of all future trials is at most.
    pub p99_bound: Bound,
    /// Longest.
    pub max_ms: Option<f64>,
    /// Those that came, ascending.
    pub observed_ms: Vec<f64>,
}

/// An upper confidence bound of a quantile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// It is at most this, milliseconds.
    AtMostMs(f64),
    /// The quantile itself is a censored trial: nothing bounds it.
    Unbounded,
    /// It takes so many trials in all to bound it, with no more of them censored.
    NeedsTrials(u64),
}

/// How often a detector noticed a fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectorTrials {
    /// What noticed it.
    pub detector: Detector,
    /// The process it runs in.
    #[serde(with = "source_name")]
    pub by: Source,
    /// Trials in which it did.
    pub fired: u64,
    /// Trials in which nobody did before.
    pub first: u64,
    /// Effect → its detection, in the trials in which it fired.
    pub times: Times,
}

impl Campaign {
    /// What these runs of one scenario come to. There is at least one.
    pub fn of(runs: &[Summary]) -> Campaign {
        let first = runs.first().expect("a campaign has a run");
        let with = |verdict| runs.iter().filter(|run| run.verdict == verdict).count() as u64;
        let verdicts = [Verdict::Pass, Verdict::Skipped, Verdict::Inconclusive, Verdict::Fail];
        let not_passed = runs.iter().filter(|run| run.verdict != Verdict::Pass);
        let not_passed = not_passed.map(|run| NotPassed {
            repetition: run.repetition,
            verdict: run.verdict,
            reasons: run.reasons.clone(),
        });
        Campaign {
            schema: SCHEMA,
            program_version: first.program_version.clone(),
            scenario: first.scenario.clone(),
            description: first.description.clone(),
            scenario_path: first.scenario_path.clone(),
            seed: first.seed,
            started_unix_ms: first.started_unix_ms,
            host: first.host.clone(),
            confidence: CONFIDENCE,
            runs: verdicts.map(|verdict| (verdict, with(verdict))).into(),
            not_passed: not_passed.collect(),
            faults: first.faults.iter().map(|fault| FaultTrials::of(fault, runs)).collect(),
        }
    }

    /// The worst verdict of a run.
    pub fn verdict(&self) -> Verdict {
        let seen = self.runs.iter().filter(|(_, runs)| **runs > 0);
        seen.map(|(verdict, _)| *verdict).max().unwrap_or(Verdict::Inconclusive)
    }
}

impl FaultTrials {
    fn of<'r>(fault: &FaultResult, runs: &'r [Summary]) -> FaultTrials {
        let FaultResult { id, target, kind, detail, .. } = fault;
        let of_run = |run: &'r Summary| Some((run, run.faults.iter().find(|it| it.id == *id)?));
        let trials: Vec<(&Summary, &FaultResult)> = runs.iter().filter_map(of_run).collect();
        let mut set_aside = Vec::new();
        let mut counted: Vec<&FaultResult> = Vec::new();
        for (run, fault) in &trials {
            match why_set_aside(run, fault) {
                Some((because, reason)) => {
                    set_aside.push(SetAside { repetition: run.repetition, because, reason });
                }
                None => counted.push(fault),
            }
        }
        let times = |time: fn(&FaultResult) -> Option<f64>| {
            Times::of(counted.iter().map(|fault| time(fault)))
        };
        FaultTrials {
            id: id.clone(),
            target: *target,
            kind: kind.clone(),
            detail: detail.clone(),
            trials: trials.len() as u64,
            activated: trials.iter().filter(|(_, fault)| fault.activated).count() as u64,
            set_aside,
            coverage: Coverage::of(&counted),
            fdti: times(|fault| fault.fdti_ms),
            fhti: times(|fault| fault.fhti_ms),
            recovery: times(|fault| fault.recovered_after_ms),
            detectors: detectors(&counted),
        }
    }
}

/// Why a trial does not count; `None` if it does. Demands on the whole run concern each of its
/// trials; of the others, those on the times of this fault alone, if they came at all.
fn why_set_aside(run: &Summary, fault: &FaultResult) -> Option<(Because, String)> {
    if let Some(why) = &fault.skipped {
        return Some((Because::Skipped, why.clone()));
    }
    if !fault.activated {
        return Some((Because::NotActivated, fault.evidence.join("; ")));
    }
    let came = fault.fdti_ms.is_some() && fault.recovered_after_ms.is_some();
    let concerns =
        |about: About| matches!(about, About::Run(_)) || (came && about.is_time_of(&fault.id));
    let mut unclear = run.expectations.iter().filter(|it| it.verdict == Verdict::Inconclusive);
    let first = unclear.find(|it| concerns(it.about()))?;
    let reason = first.reason.as_deref().unwrap_or(&first.actual);
    Some((Because::Inconclusive, format!("{}: {reason}", first.name)))
}

impl Coverage {
    fn of(counted: &[&FaultResult]) -> Coverage {
        let trials = counted.len() as u64;
        let detected = counted.iter().filter(|fault| !fault.detections.is_empty()).count() as u64;
        let needed = COVERAGES.map(|coverage| Needed {
            coverage,
            trials: statistics::trials_needed(coverage, trials - detected, CONFIDENCE),
        });
        Coverage {
            trials,
            detected,
            lower_bound: statistics::lower_bound(detected, trials, CONFIDENCE),
            wilson_interval: statistics::wilson_interval(detected, trials),
            needed: needed.to_vec(),
        }
    }
}

impl Times {
    fn of(times: impl Iterator<Item = Option<f64>>) -> Times {
        let (came, never): (Vec<_>, Vec<_>) = times.partition(Option::is_some);
        let censored = never.len() as u64;
        let sample = Sample::new(came.into_iter().flatten().collect(), censored);
        Times {
            trials: sample.trials(),
            censored,
            min_ms: sample.value(1),
            p50_ms: sample.quantile(50),
            p95_ms: sample.quantile(95),
            p95_bound: Bound::of(&sample, 95, censored),
            p99_ms: sample.quantile(99),
            p99_bound: Bound::of(&sample, 99, censored),
            max_ms: sample.quantile(100),
            observed_ms: sample.into_ascending(),
        }
    }
}

impl Bound {
    fn of(sample: &Sample, percent: u64, censored: u64) -> Bound {
        let rank = statistics::upper_bound_rank(percent, sample.trials(), CONFIDENCE);
        let quantile = percent as f64 / 100.0;
        match (rank.and_then(|rank| sample.value(rank)), sample.quantile(percent)) {
            (Some(bound_ms), _) => Bound::AtMostMs(bound_ms),
            (None, None) if sample.trials() > 0 => Bound::Unbounded,
            // The largest value bounds the quantile as soon as the trials show that a value comes at
            // all with the quantile's probability.
            _ => Bound::NeedsTrials(statistics::trials_needed(quantile, censored, CONFIDENCE)),
        }
    }
}

fn detectors(counted: &[&FaultResult]) -> Vec<DetectorTrials> {
    let pairs = Detector::ALL.iter().flat_map(|it| Source::ALL.map(|by| (*it, by)));
    let of_pair = |(detector, by)| {
        let its = |it: &&Detection| (it.detector, it.by) == (detector, by);
        let fired = counted.iter().filter_map(|fault| fault.detections.iter().find(its));
        let times = Times::of(fired.map(|detection| Some(detection.after_ms)));
        let first = counted.iter().filter_map(|fault| fault.detections.first()).filter(its).count();
        DetectorTrials { detector, by, fired: times.trials, first: first as u64, times }
    };
    pairs.map(of_pair).filter(|it| it.fired > 0).collect()
}
