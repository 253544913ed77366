//! The text of a scenario file, key by key: [`Scenario`].
//!
//! What a user sees of it follows from here: `x-must-be` words a pattern, `x-instead` answers a
//! plausible wrong word. Limits stand beside the keys, defaults in the `Default` implementations.

pub(crate) mod actor;
pub(crate) mod expect;
pub(crate) mod fault;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the file format that this program reads.
pub(crate) const SCHEMA: u32 = 1;

/// A scenario: who drives, what breaks, what is demanded.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Scenario {
    /// Version of the file format.
    #[schemars(range(min = 1, max = 1))]
    #[expect(dead_code, reason = "it was read before the rest, to refuse another version")]
    pub(crate) schema: u32,
    /// Name of the scenario, also the folder of its results.
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9][a-z0-9-]*$"))]
    #[schemars(extend("x-must-be" = "a string of 1 to 64 lower-case letters, digits and hyphens, no hyphen first"))]
    pub(crate) name: String,
    /// What the scenario is for, in a sentence.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    pub(crate) description: String,
    /// Seed of everything random: sensor noise, clutter, which samples a fault hits.
    #[serde(default)]
    #[schemars(range(min = 0, max = 9_223_372_036_854_775_807_u64))]
    pub(crate) seed: u64,
    /// Length of the run, counted from camera frame 0.
    #[schemars(range(min = 0.5, max = 3600.0))]
    pub(crate) duration_s: f64,
    /// The car that carries the sensors. It keeps its lane and its speed.
    pub(crate) ego: actor::Ego,
    /// The other vehicles.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub(crate) actor: Vec<actor::Actor>,
    /// The camera process.
    #[serde(default)]
    pub(crate) camera: Camera,
    /// The radar process.
    #[serde(default)]
    pub(crate) radar: Radar,
    /// How each process is supervised.
    #[serde(default)]
    pub(crate) watchdog: Watchdog,
    /// The machine during the run.
    #[serde(default)]
    pub(crate) host: Host,
    /// What goes wrong.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub(crate) fault: Vec<fault::Fault>,
    /// What is demanded of the run. Nothing that is absent is demanded.
    #[serde(default)]
    pub(crate) expect: expect::Expect,
}

/// The camera process.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Camera {
    /// Frames a second; frame k is due k/fps seconds after the start.
    #[schemars(range(min = 1, max = 120))]
    pub(crate) fps: u32,
    /// Slots of the frame buffer. 2 is the classic double buffer: a stalled reader makes the
    /// camera drop frames. Readers + 2, here 3, never drop one.
    #[schemars(range(min = 2, max = 8))]
    pub(crate) buffers: u32,
    /// Whether frames are protected end to end (E2E Profile 7) and checked.
    pub(crate) protection: bool,
}

impl Default for Camera {
    fn default() -> Self {
        Self { fps: 30, buffers: 2, protection: true }
    }
}

/// The radar process.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Radar {
    /// Time between two detection lists.
    #[schemars(range(min = 5.0, max = 1000.0))]
    pub(crate) period_ms: f64,
    /// Whether messages are checked end to end (E2E Profile 4).
    pub(crate) protection: bool,
}

impl Default for Radar {
    fn default() -> Self {
        Self { period_ms: 50.0, protection: true }
    }
}

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
    /// When a failed process is started again.
    pub(crate) restart: Restart,
}

impl Default for Supervision {
    fn default() -> Self {
        Self {
            heartbeat_timeout_ms: 100.0,
            startup_timeout_ms: 1000.0,
            restart: Restart::default(),
        }
    }
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
}

impl Default for Restart {
    fn default() -> Self {
        Self { limit: 5, window_s: 10.0, delay_ms: 0.0 }
    }
}

/// The machine during the run.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Host {
    /// Use the real-time scheduling class where the machine permits it.
    pub(crate) realtime: bool,
}

impl Default for Host {
    fn default() -> Self {
        Self { realtime: true }
    }
}
