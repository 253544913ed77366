//! What a run came to, in numbers and verdicts: [`Summary`], the content of `run.json`.
//!
//! Field names are a public interface: scripts rely on them. A change of meaning raises
//! [`SCHEMA`]. Times ending in `_ms` count from the start of the schedule unless they are
//! durations; a value that was not observed is `null`, never 0.

use fault::Target;
use recording::Host;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::event::{Detector, LifeState, Mode, Reaction};
use wire::{Node, Source};

/// Version of the format of `run.json`.
pub const SCHEMA: u32 = 1;

/// The outcome of a run or of one expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything demanded was seen.
    Pass,
    /// It cannot be judged: a fault did not take effect, the host was overloaded, the record has
    /// holes, a process could not be started.
    Inconclusive,
    /// Something demanded was not seen.
    Fail,
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
    /// Outcome: the worst of all expectations.
    pub verdict: Verdict,
    /// Why it is not a pass; empty for a pass.
    pub reasons: Vec<String>,
    /// How the run ended: completed, interrupted, cannot start, or the watchdog was killed.
    pub ended: String,
    /// The data streams.
    pub streams: Streams,
    /// The faults, in the order of the scenario.
    pub faults: Vec<FaultResult>,
    /// Everything that was demanded, in the order of the report.
    pub expectations: Vec<Expectation>,
    /// Isolation of each process that the scenario names, from each fault in another.
    pub isolation: Vec<Isolation>,
    /// The processes: camera, radar, fusion, watchdog.
    pub processes: Vec<Process>,
    /// Changes of fusion's mode.
    pub modes: Vec<ModeSpan>,
    /// The machine.
    pub host: Host,
    /// How loaded the machine was, seen from the watchdog's probes.
    pub host_load: HostLoad,
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
    /// Samples that a restarted process repeated for a schedule slot already served; not counted
    /// above.
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
    /// The receiver refused it (integrity, frozen content).
    Rejected,
    /// It was handed over, and no receiver took it before it was replaced or the receiver died.
    Superseded,
    /// It was used, or refused, for being older than one period when it came.
    Late,
    /// (Fusion only) the sample that the output should have been made from never arrived.
    NoInput,
}

impl Cause {
    /// Every cause, in the order in which it is decided.
    pub const ALL: [Cause; 6] = [
        Cause::Late,
        Cause::Rejected,
        Cause::Superseded,
        Cause::Overrun,
        Cause::NotProduced,
        Cause::NoInput,
    ];

    /// The cause in words: `not produced`.
    pub const fn words(self) -> &'static str {
        match self {
            Cause::NotProduced => "not produced",
            Cause::Overrun => "dropped by the sender",
            Cause::Rejected => "rejected",
            Cause::Superseded => "superseded",
            Cause::Late => "late",
            Cause::NoInput => "without input",
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
    /// What was done, in the order of time.
    pub reactions: Vec<ReactionAt>,
    /// Effect → first valid fused output made from fresh data of the restarted or recovered
    /// process.
    pub recovered_after_ms: Option<f64>,
    /// The steps between, effect → step, for a restarted process: `detected`, `spawned`, `running`,
    /// `attached`, `published`, `fused`, milliseconds.
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
