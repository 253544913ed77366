//! What a run came to, in numbers and verdicts: [`Summary`], the content of `run.json`.
//!
//! Field names are a public interface: scripts rely on them. A change of meaning raises
//! [`SCHEMA`]. Times ending in `_ms` count from the start of the schedule unless they are
//! durations; a value that was not observed is `null`, never 0.

mod about;
mod accuracy;
mod board;
mod safety;
mod trial;

pub(crate) use about::About;
pub use accuracy::{AccuracyPhase, Consistency, GospaParts, Phase, ThroughFault, TrackErrors};
pub use board::{Board, BoardRow, Placement, Unwritten};
pub use safety::{Impact, Safety, Twin};
pub(crate) use trial::source_name;
pub use trial::{
    Detection, DetectionCell, DetectionRow, Exercise, Exercised, FaultResult, InterferenceResult,
    ReactionAt,
};

use recording::Host;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::Node;
use wire::event::{Detector, LifeState, Mode};

/// Version of the format of `run.json`.
pub const SCHEMA: u32 = 1;

/// The outcome of a run or of one expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything demanded was seen.
    Pass,
    /// Nothing was tried: the host lacks what the fault needs.
    Skipped,
    /// It cannot be judged: a fault did not take effect, the host was overloaded, the record has
    /// holes, a process could not be started.
    Inconclusive,
    /// Something demanded was not seen.
    Fail,
}

/// What kept a demand from being met, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyNot {
    /// What was seen is not what was demanded.
    Missed,
    /// It was missed, and stalls of the host may explain that.
    HostStall,
    /// The fault that it is about took no effect.
    NoEffect,
    /// The fault that it is about was skipped.
    Skipped,
    /// The run ended before it could be seen.
    EndedEarly,
    /// A process could not be started.
    NotStarted,
    /// The plant was lost or late: what the sensors saw was not true.
    Plant,
    /// The record has holes, or contradicts itself.
    Record,
    /// There is nothing to judge it by.
    NoData,
}

/// A limit of supervision that was changed while the run went on; what came after it was judged by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitChanged {
    /// When, milliseconds from the start of the schedule.
    pub at_ms: f64,
    /// Whose.
    pub process: Node,
    /// Which, with its unit.
    pub limit: String,
    /// Until here.
    pub before: u64,
    /// From here on.
    pub after: u64,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Version of the program that made the recording.
    pub program_version: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Its description.
    pub description: String,
    /// Its file, as given.
    pub scenario_path: String,
    /// Seed of the run.
    pub seed: u64,
    /// Which repetition, from 1.
    pub repetition: u32,
    /// Wall-clock time of the start, milliseconds since 1970 UTC.
    pub started_unix_ms: u64,
    /// Length of the schedule that was judged, milliseconds.
    pub duration_ms: f64,
    /// Outcome: the worst of all expectations that were not skipped; skipped where every fault was.
    pub verdict: Verdict,
    /// Why it is not a pass; empty for a pass.
    pub reasons: Vec<String>,
    /// How the run ended: completed, interrupted, cannot start, the plant or the stimulus was lost, the
    /// watchdog was killed, the recording is damaged; unknown where the record does not tell.
    pub ended: String,
    /// By what frames travelled from the camera to fusion.
    #[serde(default)]
    pub camera_link: String,
    /// By what messages travelled between radar and fusion.
    #[serde(default)]
    pub radar_link: String,
    /// Limits of supervision that were changed while the run went on, in order of time.
    #[serde(default)]
    pub limits_changed: Vec<LimitChanged>,
    /// The data streams.
    pub streams: Streams,
    /// Frames that fusion read torn, and refused: of a frame buffer that is not synchronised, upper rows
    /// of one frame above rows of the one before. They count as rejected.
    #[serde(default)]
    pub frames_torn: u64,
    /// The faults, in the order of the scenario.
    pub faults: Vec<FaultResult>,
    /// Who noticed which fault, and who should: a row for each fault, in the order of the scenario.
    pub detection_matrix: Vec<DetectionRow>,
    /// Detections that neither a fault nor a stall of the host explains, by detector; those that gave
    /// none are left out.
    pub false_alarms: BTreeMap<Detector, u64>,
    /// What the run shows of each interference between software elements of ISO 26262-6, Annex D.
    pub interference: Vec<InterferenceResult>,
    /// Everything that was demanded, in the order of the report.
    pub expectations: Vec<Expectation>,
    /// Isolation of each process that the scenario names, from each fault in another.
    pub isolation: Vec<Isolation>,
    /// The processes: camera, radar, fusion, watchdog; the plant and the stimulus where there was one.
    pub processes: Vec<Process>,
    /// How good the tracks were, in each part of the run.
    #[serde(default)]
    pub accuracy: Vec<AccuracyPhase>,
    /// What became of the tracks through each fault.
    #[serde(default)]
    pub tracks_through_faults: Vec<ThroughFault>,
    /// What came of it for the car.
    #[serde(default)]
    pub safety: Safety,
    /// Changes of fusion's mode.
    pub modes: Vec<ModeSpan>,
    /// The board, where a board file tells of it.
    #[serde(default)]
    pub board: Option<Board>,
    /// The machine.
    pub host: Host,
    /// How loaded the machine was, seen from the watchdog's probes.
    pub host_load: HostLoad,
    /// How each process was scheduled: every life that attached, in the order of time.
    #[serde(default)]
    pub placements: Vec<Placement>,
    /// When the recording could not be written. What happened meanwhile stayed in the event rings;
    /// what they could not hold is in `records_lost`.
    #[serde(default)]
    pub unwritten: Vec<Unwritten>,
    /// Records that were lost before they could be drained, by source; empty in a sound run.
    pub records_lost: BTreeMap<String, u64>,
}

/// The data streams of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Streams {
    /// Frames: expected by the schedule, delivered when fusion made an output from them in time.
    pub camera: Stream,
    /// Detection lists, likewise.
    pub radar: Stream,
    /// Outputs: expected one for each frame and each detection list of the schedule.
    pub fusion: Stream,
}

/// A data stream. `expected` = `delivered` + the sum of `lost`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// Samples that the schedule demands.
    pub expected: u64,
    /// Samples that arrived in time and were used.
    pub delivered: u64,
    /// Missing samples by cause; every cause is listed, also with 0.
    pub lost: BTreeMap<Cause, u64>,
    /// Samples that were handed over again, by a restarted process that served a slot that was served
    /// already, or because a fault says so; not counted above.
    pub repeated: u64,
    /// Latency by named interval, microseconds.
    pub latency_us: BTreeMap<String, Quantiles>,
}

/// Why a sample of the schedule is missing. Exactly one cause holds for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The sender handed nothing over: it was down, hung, slow, or withheld it.
    NotProduced,
    /// The sender had it and found no free slot or queue place.
    Overrun,
    /// The capture device, or its driver, dropped or damaged it, or was gone; or the radar's bus did not
    /// bring it.
    Device,
    /// The receiver refused it (integrity, frozen content).
    Rejected,
    /// It was handed over, and no receiver took it before it was replaced or the receiver died.
    Superseded,
    /// It was used, or refused, for being older than one period when it came.
    Late,
    /// (Fusion only) the sample that the output should have been made from never arrived.
    NoInput,
    /// The board was being reset, or had not come back to its function.
    BoardReset,
}

impl Cause {
    /// Every cause, in the order in which it is decided.
    pub const ALL: [Cause; 8] = [
        Cause::Late,
        Cause::Rejected,
        Cause::Superseded,
        Cause::Overrun,
        Cause::Device,
        Cause::NotProduced,
        Cause::NoInput,
        Cause::BoardReset,
    ];

    /// The cause in words, as in every table: `not produced`.
    pub const fn words(self) -> &'static str {
        match self {
            Cause::NotProduced => "not produced",
            Cause::Overrun => "overrun",
            Cause::Device => "device",
            Cause::Rejected => "rejected",
            Cause::Superseded => "superseded",
            Cause::Late => "late",
            Cause::NoInput => "no input",
            Cause::BoardReset => "board reset",
        }
    }
}

/// Nearest-rank quantiles of a latency, microseconds. An interval without samples is left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Samples.
    pub count: u64,
    /// Median.
    pub p50: f64,
    /// 90 % are at most this.
    pub p90: f64,
    /// 99 % are at most this.
    pub p99: f64,
    /// Largest.
    pub max: f64,
}

/// One demand and what was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    /// What is demanded: the key in the scenario file, or a demand that always holds.
    pub name: String,
    /// Demanded, with unit.
    pub expected: String,
    /// Seen, with unit; `not observed` where there is nothing.
    pub actual: String,
    /// Outcome.
    pub verdict: Verdict,
    /// Why, where it is not a pass.
    pub reason: Option<String>,
    /// The same for programs.
    pub cause: Option<WhyNot>,
}

impl Expectation {
    /// What it is about.
    pub(crate) fn about(&self) -> About<'_> {
        About::of(&self.name)
    }
}

/// Isolation of one process from one fault in another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Isolation {
    /// The process that must not notice.
    pub process: Node,
    /// The fault.
    pub fault: String,
    /// It kept its process id through the fault.
    pub kept_its_process: bool,
    /// Samples that it failed to produce during the fault.
    pub lost: u64,
    /// The interval compared, by name.
    pub latency: String,
    /// Its latency outside all faults.
    pub fault_free_us: Option<Quantiles>,
    /// Its latency during the fault.
    pub during_us: Option<Quantiles>,
    /// How much worse it may be, milliseconds.
    pub margin_ms: f64,
    /// Outcome.
    pub verdict: Verdict,
    /// Why, where it is not a pass.
    pub reason: Option<String>,
    /// The same for programs.
    pub cause: Option<WhyNot>,
}

/// A process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Its name.
    pub name: String,
    /// Its lives.
    pub incarnations: Vec<Incarnation>,
    /// Its state when the schedule ended.
    pub state_at_end: Option<LifeState>,
    /// Its resources over the schedule, the first half second left out.
    pub usage: Option<Usage>,
}

/// One life of a process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incarnation {
    /// From 1.
    pub number: u32,
    /// Process id.
    pub pid: u32,
    /// When it was spawned, from the start of the schedule (negative before it).
    pub started_ms: f64,
    /// When it was reaped.
    pub ended_ms: Option<f64>,
    /// How it ended: `signal SIGKILL`, `exit code 101`, `ended by the watchdog`; `null` if unknown.
    pub exit: Option<String>,
}

/// Resources a process used between two samples in steady state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Length of the interval, milliseconds.
    pub interval_ms: f64,
    /// User time, milliseconds: the sum with system time is exact, the division an estimate from the
    /// kernel's ticks.
    pub user_ms: f64,
    /// System time, milliseconds.
    pub system_ms: f64,
    /// User and system time as a share of one core, percent.
    pub core_percent: f64,
    /// Minor page faults.
    pub minor_faults: u64,
    /// Major page faults.
    pub major_faults: u64,
    /// Resident set at the end, KiB.
    pub rss_kib: u64,
}

/// A stretch of time in which fusion stayed in one mode.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModeSpan {
    /// The mode.
    pub mode: Mode,
    /// From.
    pub from_ms: f64,
    /// To.
    pub to_ms: f64,
}

/// How loaded the machine was, seen from the watchdog's probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HostLoad {
    /// Times that a processor stood still, by the watchdog's probes.
    pub stalls: u64,
    /// The longest, milliseconds.
    pub worst_stall_ms: f64,
}
