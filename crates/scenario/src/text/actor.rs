//! The text of the ego car and the other vehicles: [`Ego`], [`Actor`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use world::traffic;

/// The car that carries the sensors.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Ego {
    /// Speed over ground.
    #[schemars(range(min = 0.0, max = 300.0))]
    pub(crate) speed_kph: f64,
}

/// Another vehicle.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Actor {
    /// Name of the vehicle, unique in the file.
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z0-9][A-Za-z0-9_-]*$"))]
    #[schemars(extend("x-must-be" = "a string of 1 to 64 letters, digits, hyphens and underscores, a letter or digit first"))]
    pub(crate) id: String,
    /// Where it is and how fast at the start of the run.
    pub(crate) start: Start,
    /// Outer dimensions, by default those of a middle-class car.
    #[serde(default)]
    pub(crate) size: Size,
    /// What it does, in any order; without a script it keeps its lane and its speed.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub(crate) script: Vec<Step>,
}

/// State of an actor at the start of the run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Start {
    /// Gap from the front bumper of the ego car to the rear of the actor; negative is behind.
    #[schemars(range(min = -500.0, max = 1000.0))]
    pub(crate) x_m: f64,
    /// Lateral position of the centre of its rear, left of the ego car positive.
    #[schemars(range(min = -50.0, max = 50.0))]
    pub(crate) y_m: f64,
    /// Speed over ground along the road; negative is oncoming.
    #[schemars(range(min = -300.0, max = 300.0))]
    pub(crate) speed_kph: f64,
}

/// Outer dimensions of a vehicle.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the unit is part of each key")]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Size {
    /// From rear to front.
    #[schemars(range(min = 0.2, max = 30.0))]
    pub(crate) length_m: f64,
    /// From side to side.
    #[schemars(range(min = 0.2, max = 5.0))]
    pub(crate) width_m: f64,
    /// From the ground to the roof.
    #[schemars(range(min = 0.2, max = 6.0))]
    pub(crate) height_m: f64,
}

impl Default for Size {
    fn default() -> Self {
        let traffic::Size { length_m, width_m, height_m } = traffic::Size::CAR;
        Self { length_m, width_m, height_m }
    }
}

/// One line of a script.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Step {
    /// When it begins; within the run.
    #[schemars(range(min = 0.0, max = 3600.0))]
    pub(crate) at_s: f64,
    /// What begins.
    pub(crate) r#do: Manoeuvre,
}

/// What an actor can do.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum Manoeuvre {
    /// Moves sideways along half a cosine, at rest laterally before and after.
    LaneChange(LaneChange),
    /// Brakes to standstill and stays there.
    Brake(Brake),
}

/// Moves sideways.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LaneChange {
    /// Displacement, left positive.
    #[schemars(range(min = -50.0, max = 50.0))]
    pub(crate) dy_m: f64,
    /// Lateral speed in the middle of the manoeuvre.
    #[schemars(range(min = 0.05, max = 10.0))]
    pub(crate) peak_lateral_mps: f64,
}

/// Brakes to standstill.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Brake {
    /// Deceleration.
    #[schemars(range(min = 0.1, max = 15.0))]
    pub(crate) decel_mps2: f64,
}
