//! The text of a scenario file, key by key: [`Scenario`].
//!
//! What a user sees of it follows from here: `x-must-be` words a pattern, `x-instead` answers a
//! plausible wrong word. Limits stand beside the keys, defaults in the `Default` implementations.

pub(crate) mod actor;
pub(crate) mod board;
pub(crate) mod expect;
pub(crate) mod fault;
pub(crate) mod preset;
pub(crate) mod road;
pub(crate) mod watchdog;
pub(crate) mod weather;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::Mechanism;

use crate::plan::FrameSync;
use crate::schema::mechanism;

/// The version of both file formats that this program reads.
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
    /// A test drive with a name. It brings the ego car, with brakes, and the actors that the test is
    /// about; the one that the ego car would hit is called `target`.
    #[serde(default)]
    #[schemars(with = "preset::Preset")]
    pub(crate) preset: Option<preset::Preset>,
    /// Where the road leads.
    #[serde(default)]
    pub(crate) road: road::Road,
    /// Weather, light, and what is on the lens.
    #[serde(default)]
    pub(crate) weather: weather::Weather,
    /// The car that carries the sensors. Required, unless a `preset` brings it.
    #[serde(default)]
    #[schemars(with = "actor::Ego")]
    pub(crate) ego: Option<actor::Ego>,
    /// The others on the road, beside those that a `preset` brings.
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
    pub(crate) watchdog: watchdog::Watchdog,
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
    /// How the frame buffer is synchronised. `atomic-swap`: a frame shows when it is complete, fusion is
    /// woken, and what it holds nobody writes. `none`: a single slot in shared memory, which the camera
    /// fills while fusion reads it, once a period by a clock of its own; frames tear.
    pub(crate) sync: FrameSync,
    /// Whether frames are protected end to end (E2E Profile 7) and checked.
    pub(crate) protection: bool,
    /// By what frames travel to fusion: what each mechanism is good for stands in docs/ipc.md.
    #[schemars(schema_with = "mechanism")]
    pub(crate) link: Mechanism,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            fps: 30,
            buffers: 2,
            sync: FrameSync::AtomicSwap,
            protection: true,
            link: Mechanism::Shm,
        }
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
    /// By what messages travel to fusion, and its commands back.
    #[schemars(schema_with = "mechanism")]
    pub(crate) link: Mechanism,
}

impl Default for Radar {
    fn default() -> Self {
        Self { period_ms: 50.0, protection: true, link: Mechanism::UnixDgram }
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
