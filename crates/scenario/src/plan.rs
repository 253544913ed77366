//! What a scenario asks for, resolved and checked: [`Plan`].
//!
//! Times are nanoseconds; those of faults count from the start of the schedule. A plan is only made
//! by loading a scenario file, and everything in it is within the documented limits.

mod limits;

use crate::board::Board;
use fault::{Fault, Outcome, Start};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::event::{Detector, Mode};
use wire::{Mechanism, Node};
use world::traffic::Traffic;

/// A whole scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Name: also the folder of its results.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// Seed of everything random in the run.
    pub seed: u64,
    /// Length of the schedule.
    pub duration_ns: u64,
    /// True motion of the ego car and the actors.
    pub traffic: Traffic,
    /// The camera.
    pub camera: Camera,
    /// The radar.
    pub radar: Radar,
    /// How each node is supervised; index by [`Node::index`].
    pub supervision: [Supervision; Node::ALL.len()],
    /// Detectors that are switched off.
    pub disabled: Vec<Detector>,
    /// How long the system may go on while a node is missing; `None` for ever.
    pub emergency_operation_ns: Option<u64>,
    /// Host settings.
    pub host: Host,
    /// The machine that it runs on; a scenario file leaves it open.
    pub board: Board,
    /// What goes wrong, in the order of the file, each repetition a fault of its own.
    pub faults: Vec<Fault>,
    /// Ids of the faults that begin at a random place in a frame period.
    pub random_phase: Vec<String>,
    /// What is demanded of the run.
    pub expect: Expect,
}

impl Plan {
    /// Draws where in a frame period faults with a time begin: those that ask for it, and in a run
    /// that is one of several, all of them. Detection and recovery times depend on it; with one phase
    /// alone their spread would be that of the host.
    pub fn draw_phases(&mut self, repetition: u32, repetitions: u32) {
        let period_ns = self.camera.due_ns(1);
        for (index, fault) in (0_u64..).zip(&mut self.faults) {
            let drawn = repetitions > 1 || self.random_phase.contains(&fault.id);
            if let (true, Start::At(at_ns)) = (drawn, &mut fault.start) {
                let mut draw = ChaCha8Rng::seed_from_u64(self.seed);
                draw.set_stream(index << 32 | u64::from(repetition));
                // No fault of a plan begins after its end; a phase does not take one there, either.
                let latest_ns = self.duration_ns.saturating_sub(1);
                *at_ns = (*at_ns + draw.random_range(0..period_ns)).min(latest_ns);
            }
        }
    }
}

/// The camera process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Camera {
    /// Frames a second; frame k is due at start + k/fps.
    pub fps: u32,
    /// Slots of the frame buffer, at least 2; 1 of one that is not synchronised.
    pub buffers: u32,
    /// How the frame buffer is synchronised.
    pub sync: FrameSync,
    /// Whether frames are protected and checked.
    pub protection: bool,
    /// By what frames travel to fusion.
    pub link: Mechanism,
}

impl Camera {
    /// Due time of frame `frame`, nanoseconds from the start of the schedule.
    pub fn due_ns(&self, frame: u64) -> u64 {
        (u128::from(frame) * 1_000_000_000 / u128::from(self.fps)) as u64
    }
}

/// How a frame buffer is synchronised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FrameSync {
    /// A frame shows at once, when it is complete, and nobody writes to one that is read.
    AtomicSwap,
    /// The camera writes to the frame that fusion reads.
    None,
}

/// The radar process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Radar {
    /// Time between two detection lists; cycle k is due at start + k·period.
    pub period_ns: u64,
    /// Whether messages are checked.
    pub protection: bool,
    /// By what messages travel to and from fusion.
    pub link: Mechanism,
}

/// How a process is supervised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Supervision {
    /// A running process that shows no life for this long has failed.
    pub heartbeat_timeout_ns: u64,
    /// A new process that is not attached after this long has failed.
    pub startup_timeout_ns: u64,
    /// A process that was asked to end and lives after this long is killed.
    pub stop_timeout_ns: u64,
    /// A process with more resident memory has failed.
    pub memory_limit_kib: u64,
    /// How many steps it finishes.
    pub alive: Alive,
    /// How long a step takes.
    pub deadline: Deadline,
    /// When it is started again.
    pub restart: Restart,
    /// What follows when it is not.
    pub on_give_up: OnGiveUp,
}

/// Limits of alive supervision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alive {
    /// Length of a supervision reference cycle.
    pub cycle_ns: u64,
    /// Fewest steps that end in a cycle …
    pub min: u32,
    /// … and most.
    pub max: u32,
    /// Wrong cycles, less right ones, that are tolerated (`FailedAliveSupervisionRefCycleTol`).
    pub tolerance_cycles: u32,
}

/// Limits of deadline supervision: from the first to the last checkpoint of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// Least time.
    pub min_ns: u64,
    /// Most time.
    pub max_ns: u64,
}

/// When a failed process is started again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Restart {
    /// At most this many restarts …
    pub limit: u32,
    /// … within this time; then the process stays down.
    pub window_ns: u64,
    /// Wait this long before the first.
    pub delay_ns: u64,
    /// How the wait grows.
    pub backoff: Backoff,
    /// Who is restarted with it.
    pub strategy: Strategy,
    /// Whether a second process is kept ready to take over.
    pub standby: bool,
}

/// How the wait before a restart grows from failure to failure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backoff {
    /// Each wait is so many times the one before, at least 1.
    pub factor: f64,
    /// Longest wait.
    pub max_ns: u64,
    /// Who ran for so long without a failure begins again with the first wait.
    pub reset_after_ns: u64,
}

/// Who is restarted with a failed process, in the order camera, radar, fusion (the strategies of
/// an Erlang supervisor).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Nobody.
    OneForOne,
    /// Those after it.
    RestForOne,
    /// Everyone.
    OneForAll,
}

/// What follows when a process is not started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnGiveUp {
    /// The rest goes on, for the emergency operation time.
    Degrade,
    /// The system goes to its safe state at once.
    SafeState,
}

/// Settings of the host for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Use the real-time scheduling class where the host permits it.
    pub realtime: bool,
}

/// What is demanded of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Expect {
    /// Processes that must not notice faults in others.
    pub isolated: Vec<Node>,
    /// Fault tolerant time interval, where the scenario gives one.
    pub ftti_ns: Option<u64>,
    /// How much worse than in the fault-free interval an isolated process's latency may be.
    pub isolation_margin_ns: u64,
    /// Demands on the camera and its stream.
    pub camera: StreamExpect,
    /// Demands on the frames that fusion reads torn.
    pub torn: TornExpect,
    /// Demands on the radar and its stream.
    pub radar: StreamExpect,
    /// Demands on fusion.
    pub fusion: FusionExpect,
    /// Demands on the tracks.
    pub tracking: TrackingExpect,
    /// Demands on what comes of it for the car.
    pub safety: SafetyExpect,
    /// Demands on single faults, by fault id.
    pub fault: BTreeMap<String, FaultExpect>,
}

/// Demands on a sensor process and its stream; `None` demands nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamExpect {
    /// Most samples lost over the whole run.
    pub lost_max: Option<u64>,
    /// Fewest samples lost over the whole run: proves that a fault bites.
    pub lost_min: Option<u64>,
    /// Demands on the process.
    pub process: ProcessExpect,
}

/// How many frames may, and must, be torn; `None` demands nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TornExpect {
    /// Most.
    pub max: Option<u64>,
    /// Fewest.
    pub min: Option<u64>,
}

/// Demands on a process; `None` demands nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessExpect {
    /// Most restarts over the whole run.
    pub restarts_max: Option<u32>,
    /// Whether it must be up (`true`) or must have been given up (`false`) at the end.
    pub up_at_end: Option<bool>,
}

/// Demands on fusion; `None` demands nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FusionExpect {
    /// Most outputs missing over the whole run: one is owed for each sample of both sensors.
    pub lost_max: Option<u64>,
    /// Largest p99 of capture → fused output over camera samples outside fault intervals.
    pub latency_p99_ns: Option<u64>,
    /// The same inside fault intervals.
    pub latency_p99_in_fault_ns: Option<u64>,
    /// Mode at the end of the run.
    pub mode_at_end: Option<Mode>,
    /// Modes that must never be seen after the first second.
    pub never_modes: Vec<Mode>,
    /// Actors (ids) that must be under a confirmed track, within 3 m, with one track id, from two
    /// seconds after the start to the end of the run, while they are ahead within 80 m. Silence
    /// of fusion that no fault explains is no following.
    pub follows: Vec<String>,
    /// Demands on the process.
    pub process: ProcessExpect,
}

/// Demands on the tracks outside faults; `None` demands nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrackingExpect {
    /// Largest root mean square of the lead's distance from its track.
    pub position_rmse_max_m: Option<f64>,
    /// Largest root mean square of the difference of the lead's velocity from its track's.
    pub velocity_rmse_max_mps: Option<f64>,
    /// Largest GOSPA.
    pub gospa_max_m: Option<f64>,
    /// Most changes of track of all actors, faults included.
    pub id_switches_max: Option<u64>,
}

/// Demands on what comes of it for the car; `None` demands nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SafetyExpect {
    /// Whether there must be a collision or none.
    pub collision: Option<bool>,
    /// Smallest distance allowed to the nearest actor in the path.
    pub gap_min_m: Option<f64>,
    /// Smallest time to collision allowed.
    pub ttc_min_s: Option<f64>,
    /// Largest relative speed allowed at a collision.
    pub impact_speed_max_mps: Option<f64>,
    /// Whether fusion must ask to brake or must not.
    pub brake_request: Option<bool>,
    /// How much later than in its twin without faults the run may first ask to brake.
    pub brake_delay_max_ns: Option<u64>,
}

impl SafetyExpect {
    /// Whether it takes the same run without its faults to judge it.
    pub fn needs_twin(&self) -> bool {
        self.brake_delay_max_ns.is_some()
    }
}

/// Demands on one fault; `None` demands nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FaultExpect {
    /// Longest fault detection time interval (FDTI).
    pub detect_within_ns: Option<u64>,
    /// Longest fault handling time interval (FHTI).
    pub handle_within_ns: Option<u64>,
    /// Longest time from the fault to the first fused output from fresh data of the victim.
    pub recover_within_ns: Option<u64>,
    /// Most samples of the victim's stream lost to it.
    pub lost_max: Option<u64>,
    /// Fault tolerant time interval for this fault.
    pub ftti_ns: Option<u64>,
    /// Largest root mean square of the lead's distance from its track, while it is in force.
    pub position_rmse_max_m: Option<f64>,
    /// Largest GOSPA in that time.
    pub gospa_max_m: Option<f64>,
    /// Most changes of track of all actors from its effect to a second after its end.
    pub id_switches_max: Option<u64>,
    /// Longest time until everyone who had a track has one again.
    pub reconfirm_within_ns: Option<u64>,
    /// Classes of outcome that are allowed; none stands for any.
    pub outcomes: Vec<Outcome>,
    /// Detectors that must respond.
    pub detected_by: Vec<Detector>,
}
