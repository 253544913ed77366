//! The text of a fault: [`Fault`], and what sets it off. What goes wrong is the catalogue's
//! ([`fault::Injection`]).

use fault::{Injection, Target};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use wire::Node;
use wire::event::LifeState;

use crate::schema::{node, words};

/// What goes wrong, with whom and when. Exactly one of `at-s`, `at-frame` and `when` stands in it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Fault {
    /// Name of the fault, unique in the file; `[expect.fault.<id>]` refers to it.
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z0-9][A-Za-z0-9_-]*$"))]
    #[schemars(extend("x-must-be" = "a string of 1 to 64 letters, digits, hyphens and underscores, a letter or digit first"))]
    pub(crate) id: String,
    /// The victim.
    #[schemars(schema_with = "target")]
    pub(crate) target: Target,
    /// When it begins, counted from camera frame 0.
    #[schemars(range(min = 0.0, max = 3600.0))]
    pub(crate) at_s: Option<f64>,
    /// The same as the number of the camera frame that is due then, also for another target.
    #[schemars(range(min = 0, max = 432_000))]
    pub(crate) at_frame: Option<u64>,
    /// What sets it off.
    #[serde(default)]
    #[schemars(with = "When")]
    pub(crate) when: Option<When>,
    /// Where in a frame period of the camera it begins, for one that begins at a time.
    #[serde(default)]
    #[schemars(schema_with = "phase")]
    pub(crate) phase: Phase,
    /// It begins again.
    #[serde(default)]
    #[schemars(with = "Repeat")]
    pub(crate) repeat: Option<Repeat>,
    /// What goes wrong: exactly one kind.
    #[schemars(with = "Injection")]
    pub(crate) inject: Injection,
}

/// What sets a fault off.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum When {
    /// An actor is closer than a distance, for the first time.
    Closer(Closer),
    /// A process enters a state, for the first time after the start.
    State(State),
    /// Another fault, which stands before it in the file, begins.
    After(Other),
    /// The watchdog has noticed another fault, which stands before it in the file.
    Detected(Other),
    /// The successor of the victim of another fault, which stands before it in the file, is started.
    Recovering(Other),
    /// A person injects it by its id while the scenario runs: `failop run --dbus`. A run in which
    /// nobody does is inconclusive.
    ByHand(ByHand),
}

/// Nothing more is to be known before the run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByHand {}

/// An actor and a distance.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Closer {
    /// Id of the actor.
    pub(crate) actor: String,
    /// Distance from the front bumper of the ego car to the centre of the actor's rear.
    #[schemars(range(min = 0.1, max = 1000.0))]
    pub(crate) than_m: f64,
}

/// A state of a process.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct State {
    /// The process.
    #[schemars(schema_with = "node")]
    pub(crate) of: Node,
    /// Its state.
    #[schemars(schema_with = "life_state")]
    pub(crate) is: LifeState,
    /// How much later the fault begins.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 60_000.0))]
    pub(crate) delay_ms: f64,
}

/// Another fault.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Other {
    /// Id of the other fault.
    pub(crate) fault: String,
    /// How much later the fault begins.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 60_000.0))]
    pub(crate) delay_ms: f64,
}

/// Where in a frame period a fault begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    /// At its time.
    #[default]
    Fixed,
    /// Later by a part of a frame period, drawn from the seed.
    Random,
}

/// How often a fault begins.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Repeat {
    /// Time from one beginning to the next.
    #[schemars(range(min = 0.01, max = 3600.0))]
    pub(crate) every_s: f64,
    /// How often it begins in all. In reports it has the ids `<id>.1`, `<id>.2` and so on.
    #[schemars(range(min = 2, max = 64))]
    pub(crate) times: u32,
}

fn target(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": Target::ALL.map(Target::name) })
}

fn life_state(_: &mut SchemaGenerator) -> Schema {
    words(&[
        (LifeState::Starting.name(), "it is spawned and not attached to its channels"),
        (LifeState::Running.name(), "it is attached and works"),
        (LifeState::Ending.name(), "it was told to end, or killed, and is not buried"),
        (LifeState::Waiting.name(), "it is buried, and a restart is due"),
        (LifeState::Down.name(), "it is buried and was given up"),
    ])
}

fn phase(_: &mut SchemaGenerator) -> Schema {
    let mut schema = words(&[
        ("fixed", "at its time"),
        (
            "random",
            "later by a part of a frame period, drawn from the seed; in repeated runs (`--repeat`) every fault does",
        ),
    ]);
    schema.insert("default".into(), "fixed".into());
    schema
}
