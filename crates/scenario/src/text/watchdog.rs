//! The text of the supervision of the processes: [`Watchdog`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::event::Detector;

use crate::plan::{OnGiveUp, Strategy};
use crate::schema::{detectors, give_up, strategy};

/// How each process is supervised.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Watchdog {
    /// Supervision of the camera.
    pub(crate) camera: Supervision,
    /// Supervision of the radar.
    pub(crate) radar: Supervision,
    /// Supervision of fusion.
    pub(crate) fusion: Supervision,
    /// Detectors that are switched off, to see what goes unnoticed without them. The first eight are
    /// the watchdog's, the others those of fusion on what it receives.
    #[schemars(schema_with = "detectors")]
    pub(crate) disable: Vec<Detector>,
    /// How long the system may go on while a process is missing (emergency operation time, EOTTI of
    /// ISO 26262); then it goes to its safe state. Without it, to the end of the run.
    #[schemars(range(min = 0.0, max = 3600.0))]
    pub(crate) emergency_operation_s: Option<f64>,
}

/// How one process is supervised.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Supervision {
    /// A running process that shows no life for this long has failed: it is killed and replaced.
    /// A healthy one shows life at least every quarter of it.
    #[schemars(range(min = 40.0, max = 60_000.0))]
    pub(crate) heartbeat_timeout_ms: f64,
    /// A new process that is not attached to its channels after this long has failed.
    #[schemars(range(min = 50.0, max = 60_000.0))]
    pub(crate) startup_timeout_ms: f64,
    /// A process that is asked to end (`SIGTERM`) and still lives after this long is killed.
    #[schemars(range(min = 1.0, max = 60_000.0))]
    pub(crate) stop_timeout_ms: f64,
    /// A process whose resident memory is larger has failed; looked at every 100 ms.
    #[schemars(range(min = 1, max = 65_536))]
    pub(crate) memory_limit_mib: u32,
    /// Alive supervision: how many steps the process finishes in a cycle.
    pub(crate) alive: Alive,
    /// Deadline supervision: how long a step takes from its first to its last checkpoint.
    pub(crate) deadline_ms: Deadline,
    /// When a failed process is started again.
    pub(crate) restart: Restart,
    /// What follows when it is not started again.
    #[schemars(schema_with = "give_up")]
    pub(crate) on_give_up: OnGiveUp,
}

impl Default for Supervision {
    fn default() -> Self {
        Self {
            heartbeat_timeout_ms: 100.0,
            startup_timeout_ms: 1000.0,
            stop_timeout_ms: 500.0,
            memory_limit_mib: 512,
            alive: Alive::default(),
            deadline_ms: Deadline::default(),
            restart: Restart::default(),
            on_give_up: OnGiveUp::Degrade,
        }
    }
}

/// How many steps a process finishes, counted in cycles (alive supervision of AUTOSAR WdgM).
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Alive {
    /// Length of a cycle; by default ten periods of the sensor, for fusion of the faster one.
    #[schemars(range(min = 1.0, max = 60_000.0))]
    pub(crate) cycle_ms: Option<f64>,
    /// Fewest steps; by default 30 % fewer than are due, for fusion none: it works on what comes.
    #[schemars(range(min = 0, max = 100_000))]
    pub(crate) min: Option<u32>,
    /// Most steps; by default 30 % more than are due, for fusion twice as many: it catches up.
    #[schemars(range(min = 0, max = 100_000))]
    pub(crate) max: Option<u32>,
    /// So many wrong cycles more than right ones are tolerated; with one more the process has failed.
    #[schemars(range(min = 0, max = 1000))]
    pub(crate) tolerance_cycles: u32,
}

impl Default for Alive {
    fn default() -> Self {
        Self { cycle_ms: None, min: None, max: None, tolerance_cycles: 2 }
    }
}

/// How long a step takes (deadline supervision of AUTOSAR WdgM).
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Deadline {
    /// A step that takes less has gone wrong.
    #[schemars(range(min = 0.0, max = 60_000.0))]
    pub(crate) min: f64,
    /// A step that takes longer has gone wrong, also while it lasts; by default two periods of the
    /// sensor, for fusion of the faster one, or three quarters of the heartbeat timeout if that is
    /// longer.
    #[schemars(range(min = 1.0, max = 60_000.0))]
    pub(crate) max: Option<f64>,
}

/// When a failed process is started again.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Restart {
    /// Most restarts within the window; at the next failure the process stays down. 0: never
    /// restarted.
    #[schemars(range(min = 0, max = 1000))]
    pub(crate) limit: u32,
    /// The window in which restarts are counted.
    #[schemars(range(min = 0.1, max = 3600.0))]
    pub(crate) window_s: f64,
    /// Pause before each restart.
    #[schemars(range(min = 0.0, max = 60_000.0))]
    pub(crate) delay_ms: f64,
    /// How the pause grows from one failure to the next.
    pub(crate) backoff: Backoff,
    /// Who is restarted with it.
    #[schemars(schema_with = "strategy")]
    pub(crate) strategy: Strategy,
    /// Keep a second process ready, which takes over as soon as the first cannot write any more.
    pub(crate) standby: bool,
}

impl Default for Restart {
    fn default() -> Self {
        Self {
            limit: 5,
            window_s: 10.0,
            delay_ms: 0.0,
            backoff: Backoff::default(),
            strategy: Strategy::OneForOne,
            standby: false,
        }
    }
}

/// How the pause before a restart grows.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Backoff {
    /// Each pause is so many times the one before; after the first, it is at least 1 ms. 1: the pause
    /// never grows.
    #[schemars(range(min = 1.0, max = 100.0))]
    pub(crate) factor: f64,
    /// Longest pause.
    #[schemars(range(min = 1.0, max = 600_000.0))]
    pub(crate) max_ms: f64,
    /// A process that ran for so long without a failure begins again with the first pause.
    #[schemars(range(min = 0.0, max = 3600.0))]
    pub(crate) reset_after_s: f64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { factor: 1.0, max_ms: 60_000.0, reset_after_s: 10.0 }
    }
}
