//! The text of the ego car and the other vehicles: [`Ego`], [`Actor`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use world::plant;
use world::traffic::Kind;

use crate::schema::kind;

/// The car that carries the sensors. It keeps its lane, and its speed unless it brakes.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Ego {
    /// Speed over ground at the start.
    #[schemars(range(min = 0.0, max = 300.0))]
    pub(crate) speed_kph: f64,
    /// With this table, even an empty one, the loop is closed: the ego car brakes when fusion asks
    /// for it, and the sensors see what comes of it. Without it nobody brakes.
    #[serde(default)]
    #[schemars(with = "Brakes")]
    pub(crate) brakes: Option<Brakes>,
}

/// Brakes, and what lies between a request of fusion and them.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Brakes {
    /// Dead time from a request to the first change of the deceleration. At least two ticks of the
    /// plant: so far ahead the way of the car must be known when a sensor looks.
    #[schemars(range(min = 20.0, max = 2000.0))]
    pub(crate) delay_ms: f64,
    /// How fast the deceleration changes.
    #[schemars(range(min = 1.0, max = 1000.0))]
    pub(crate) jerk_mps3: f64,
    /// Largest deceleration that tyres and road allow: 9 on dry asphalt, some 5 on a wet one.
    #[schemars(range(min = 0.5, max = 15.0))]
    pub(crate) deceleration_max_mps2: f64,
    /// How long the last request is held when fusion makes no statement any more: because it has just
    /// begun, cannot tell, or is dead. A dead one counts as silent 200 ms after its last word.
    #[schemars(range(min = 0.0, max = 10_000.0))]
    pub(crate) hold_ms: f64,
}

impl Default for Brakes {
    fn default() -> Self {
        let plant::Brakes { delay_s, jerk_mps3, deceleration_max_mps2, hold_s } =
            plant::Brakes::default();
        Self { delay_ms: delay_s * 1e3, jerk_mps3, deceleration_max_mps2, hold_ms: hold_s * 1e3 }
    }
}

/// Someone or something else on the road.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Actor {
    /// Its name, unique in the file.
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z0-9][A-Za-z0-9_-]*$"))]
    #[schemars(extend("x-must-be" = "a string of 1 to 64 letters, digits, hyphens and underscores, a letter or digit first"))]
    pub(crate) id: String,
    /// What it is: how it looks to the camera and to the radar.
    #[serde(default)]
    #[schemars(schema_with = "kind")]
    pub(crate) kind: Kind,
    /// Where it is and how fast at the start of the run.
    pub(crate) start: Start,
    /// Outer dimensions, by default those of its kind.
    #[serde(default)]
    pub(crate) size: Size,
    /// What it does, in any order; without a script it keeps its lane and its speed.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub(crate) script: Vec<Step>,
}

/// State of an actor at the start of the run.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Start {
    /// Gap along the road from the front bumper of the ego car to the rear of the actor, or to the
    /// front of who comes towards it; negative is behind.
    #[schemars(range(min = -500.0, max = 1000.0))]
    pub(crate) x_m: f64,
    /// Lateral position of the centre of the same, left of the ego car positive.
    #[schemars(range(min = -50.0, max = 50.0))]
    pub(crate) y_m: f64,
    /// Speed over ground along the road; negative is oncoming, 0 stands.
    #[schemars(range(min = -300.0, max = 300.0))]
    pub(crate) speed_kph: f64,
}

/// Outer dimensions; what is absent is as usual for the kind.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the unit is part of each key")]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Size {
    /// From rear to front.
    #[schemars(range(min = 0.2, max = 30.0))]
    pub(crate) length_m: Option<f64>,
    /// From side to side.
    #[schemars(range(min = 0.2, max = 5.0))]
    pub(crate) width_m: Option<f64>,
    /// From the ground to the top.
    #[schemars(range(min = 0.2, max = 6.0))]
    pub(crate) height_m: Option<f64>,
}

/// One line of a script.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Step {
    /// When it begins; within the run.
    #[schemars(range(min = 0.0, max = 3600.0))]
    pub(crate) at_s: f64,
    /// What begins.
    pub(crate) r#do: Manoeuvre,
}

/// What an actor can do.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum Manoeuvre {
    /// Moves sideways along half a cosine, at rest laterally before and after: a cut-in, a cut-out.
    LaneChange(LaneChange),
    /// Brakes to standstill, or to a lower speed, and keeps that.
    Brake(Brake),
    /// Gets faster and keeps the higher speed.
    Accelerate(Accelerate),
    /// Walks straight across the road at an even speed.
    Walk(Walk),
}

/// Moves sideways.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LaneChange {
    /// Displacement, left positive.
    #[schemars(range(min = -50.0, max = 50.0))]
    pub(crate) dy_m: f64,
    /// Lateral speed in the middle of the manoeuvre.
    #[schemars(range(min = 0.05, max = 10.0))]
    pub(crate) peak_lateral_mps: f64,
}

/// Brakes.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Brake {
    /// Deceleration.
    #[schemars(range(min = 0.1, max = 15.0))]
    pub(crate) decel_mps2: f64,
    /// The speed that it brakes to, whichever way it goes.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 300.0))]
    pub(crate) to_kph: f64,
}

/// Gets faster.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Accelerate {
    /// Acceleration.
    #[schemars(range(min = 0.1, max = 15.0))]
    pub(crate) accel_mps2: f64,
    /// The speed that it gets to, whichever way it goes.
    #[schemars(range(min = 0.0, max = 300.0))]
    pub(crate) to_kph: f64,
}

/// Walks across.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Walk {
    /// Displacement, left positive.
    #[schemars(range(min = -50.0, max = 50.0))]
    pub(crate) dy_m: f64,
    /// Speed across the road.
    #[schemars(range(min = 0.1, max = 40.0))]
    pub(crate) speed_kph: f64,
}
