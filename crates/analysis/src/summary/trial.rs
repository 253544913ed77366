//! What became of the faults of a run: [`FaultResult`], and the two tables made of all of them,
//! [`DetectionRow`] and [`InterferenceResult`].

use fault::{Interference, Outcome, Target};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::Source;
use wire::event::{Detector, Reaction};

/// What became of a fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultResult {
    /// Its id.
    pub id: String,
    /// The victim.
    pub target: Target,
    /// Its kind.
    pub kind: String,
    /// Parameters, for people: `SIGKILL`, `spin for 0.4 s`.
    pub detail: String,
    /// The class of the trial; `null` where the fault was skipped.
    pub outcome: Option<Outcome>,
    /// What made it that class, in a sentence.
    pub outcome_reason: String,
    /// Why it was not even tried: what the host lacks. `null` for a fault that was.
    pub skipped: Option<String>,
    /// Whether there is evidence that it took effect.
    pub activated: bool,
    /// The evidence, one sentence each.
    pub evidence: Vec<String>,
    /// When it took effect.
    pub injected_at_ms: Option<f64>,
    /// When it was over: its end, or the end of its victim; `null` for the end of the run.
    pub ended_at_ms: Option<f64>,
    /// Who noticed it and when, in the order of time.
    pub detections: Vec<Detection>,
    /// Fault detection time interval: effect → first detection.
    pub fdti_ms: Option<f64>,
    /// Fault reaction time interval: first detection → first reaction finished.
    pub frti_ms: Option<f64>,
    /// Fault handling time interval: FDTI + FRTI.
    pub fhti_ms: Option<f64>,
    /// Fault tolerant time interval, where the scenario gives one.
    pub ftti_ms: Option<f64>,
    /// What the handling left of it: FTTI − FHTI.
    pub margin_ms: Option<f64>,
    /// What was done, in the order of time.
    pub reactions: Vec<ReactionAt>,
    /// Effect → first valid fused output made from fresh data of the restarted or recovered
    /// process.
    pub recovered_after_ms: Option<f64>,
    /// The steps between, effect → step, milliseconds: for a restarted process `detected`, `spawned`,
    /// `running`, `attached`, `published`, `fused`; after a reset of the board `booted`, `running`, `fused`.
    pub recovery_chain_ms: BTreeMap<String, f64>,
    /// Samples of the victim's stream lost between effect and recovery.
    pub frames_lost: u64,
}

/// Who noticed a fault, and when.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// What noticed it.
    pub detector: Detector,
    /// The process it runs in.
    #[serde(with = "source_name")]
    pub by: Source,
    /// When, from the start of the schedule.
    pub at_ms: f64,
    /// After the fault took effect.
    pub after_ms: f64,
}

/// A source as its name, like everything else in `run.json`.
pub(crate) mod source_name {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use wire::Source;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(source: &Source, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(source.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Source, D::Error> {
        let name = String::deserialize(from)?;
        let named = Source::ALL.into_iter().find(|source| source.name() == name);
        named.ok_or_else(|| de::Error::custom(format!("no process is called `{name}`")))
    }
}

/// What was done about a fault, and when.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReactionAt {
    /// What was done.
    pub reaction: Reaction,
    /// When it was finished, from the start of the schedule.
    pub at_ms: f64,
}

/// Who noticed a fault, and who should.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectionRow {
    /// The fault.
    pub fault: String,
    /// A cell for each detector, in the order of their numbers.
    pub detectors: Vec<DetectionCell>,
}

/// What a detector had to do with a fault.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectionCell {
    /// The detector.
    pub detector: Detector,
    /// Whether faults of this kind can make it respond.
    pub expected: bool,
    /// Whether it did.
    pub fired: bool,
    /// When, after the fault took effect; where it runs in several processes, in the first of them.
    pub after_ms: Option<f64>,
    /// Whether nobody noticed the fault before it.
    pub first: bool,
}

/// What a run shows of one interference between software elements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InterferenceResult {
    /// The item of ISO 26262-6, Annex D.
    pub item: Interference,
    /// Its class there.
    pub class: String,
    /// The item in words.
    pub name: String,
    /// What came of it.
    pub result: Exercise,
    /// The faults of the run that exercise it, with what became of each.
    pub faults: Vec<Exercised>,
    /// Why it was not exercised, where it was not.
    pub reason: Option<String>,
}

/// A fault that exercises an interference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exercised {
    /// Its id.
    pub fault: String,
    /// The class of the trial; `null` where the fault was skipped.
    pub outcome: Option<Outcome>,
}

/// What came of exercising an interference. The worst fault decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exercise {
    /// No fault that exercises it took effect.
    NotExercised,
    /// Every fault that did was masked or handled.
    Passed,
    /// One stayed unnoticed, without harm so far.
    Latent,
    /// One was handled too late or wrongly, or did harm that nobody noticed.
    Failed,
}
