//! The text of a preset: [`Preset`]. What it stands for is [`crate::preset`]'s.

use schemars::JsonSchema;
use serde::Deserialize;
use world::traffic::Kind;

use crate::schema::model;

/// A test drive with a name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum Preset {
    /// Car-to-car rear stationary: a car stands in the lane. Euro NCAP AEB Car-to-Car test protocol
    /// 2023: 10 to 80 km/h, overlap 50, 75 or 100 % on either side. It begins 5 s before the
    /// encounter.
    NcapCcrs(NcapCcrs),
    /// Car-to-car rear moving: a car drives ahead at 20 km/h. Euro NCAP AEB Car-to-Car test protocol
    /// 2023: 30 to 80 km/h, overlaps as before. It begins 5 s before the encounter.
    NcapCcrm(NcapCcrm),
    /// Car-to-car rear braking: both drive at 50 km/h, and after 3 s the car ahead
    /// brakes. Euro NCAP AEB Car-to-Car test protocol 2023: 12 or 40 m ahead, 2 or 6 m/s² to standstill;
    /// Crash Avoidance Frontal Collisions 2026: 1 s ahead, 4 m/s² to 2 km/h.
    NcapCcrb(NcapCcrb),
    /// Car-to-pedestrian nearside child obstructed: a child walks at 5 km/h from behind two parked
    /// cars at the right, from 4 m beside the middle of the ego car. Euro NCAP Crash Avoidance Frontal
    /// Collisions 2026: 10 to 60 km/h, impact at 50 % (25, 75), 1 m from the side of the ego car to the
    /// parked cars, between these, and from them to the child's way. It begins 5 s before the
    /// encounter.
    NcapCpnco(NcapCpnco),
    /// Cut-in: a slower vehicle comes from the lane at the right. UN R157, Annex 3, as in the ASAM
    /// ALKS scenarios 4.4: 20 to 60 km/h, 10 to 50 km/h slower, 0 to 60 m ahead, 0.5 to 3 m/s; their
    /// template has 60, -20, 30 and 2. It changes lane after 2.5 s.
    R157CutIn(R157CutIn),
    /// The car ahead brakes to standstill as hard as it can. UN R157, Annex 3, as in the ASAM ALKS
    /// scenario 4.3.2: 60 km/h, 2 s ahead, 9.81 m/s². It brakes after 3 s.
    R157LeadBraking(R157LeadBraking),
}

/// A car stands in the lane.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NcapCcrs {
    /// Speed of the ego car.
    #[schemars(range(min = 10.0, max = 130.0))]
    pub(crate) ego_kph: f64,
    /// Share of the ego's width that meets the target, at least 25 %; negative is at its right side.
    #[serde(default = "whole")]
    #[schemars(range(min = -100.0, max = 100.0))]
    pub(crate) overlap_percent: f64,
}

/// A car drives ahead at 20 km/h.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NcapCcrm {
    /// Speed of the ego car.
    #[schemars(range(min = 30.0, max = 130.0))]
    pub(crate) ego_kph: f64,
    /// Share of the ego's width that meets the target, at least 25 %; negative is at its right side.
    #[serde(default = "whole")]
    #[schemars(range(min = -100.0, max = 100.0))]
    pub(crate) overlap_percent: f64,
}

/// The car ahead brakes: with `headway-s`, as in the protocol of 2026, to 2 km/h, with `headway-m` to
/// standstill. Exactly one of the two stands in it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NcapCcrb {
    /// Gap to it at the start.
    #[schemars(range(min = 5.0, max = 100.0))]
    pub(crate) headway_m: Option<f64>,
    /// The same as the time in which the ego car drives it.
    #[schemars(range(min = 0.4, max = 7.0))]
    pub(crate) headway_s: Option<f64>,
    /// Its deceleration.
    #[schemars(range(min = 1.0, max = 10.0))]
    pub(crate) decel_mps2: f64,
}

/// A child walks from behind parked cars.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NcapCpnco {
    /// Speed of the ego car.
    #[schemars(range(min = 10.0, max = 80.0))]
    pub(crate) ego_kph: f64,
    /// Where along the front of an ego car that does not brake the middle of the child is when it is
    /// hit: 0 is the right corner, 100 the left.
    #[serde(default = "middle")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub(crate) impact_percent: f64,
}

/// A slower vehicle cuts in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct R157CutIn {
    /// Speed of the ego car.
    #[schemars(range(min = 20.0, max = 130.0))]
    pub(crate) ego_kph: f64,
    /// How much faster the other is; negative, as it is slower. It does not drive backwards.
    #[schemars(range(min = -130.0, max = -5.0))]
    pub(crate) delta_kph: f64,
    /// Gap to it when it begins to change lane.
    #[schemars(range(min = 5.0, max = 100.0))]
    pub(crate) dx0_m: f64,
    /// Lateral speed in the middle of the lane change.
    #[schemars(range(min = 0.5, max = 3.0))]
    pub(crate) lateral_mps: f64,
    /// What cuts in.
    #[serde(default)]
    #[schemars(schema_with = "model")]
    pub(crate) model: Kind,
}

/// The car ahead brakes as hard as it can.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct R157LeadBraking {
    /// Speed of both.
    #[schemars(range(min = 20.0, max = 130.0))]
    pub(crate) ego_kph: f64,
    /// Gap to it at the start, as the time in which the ego car drives it.
    #[serde(default = "two_seconds")]
    #[schemars(range(min = 0.5, max = 5.0))]
    pub(crate) gap_s: f64,
    /// Its deceleration.
    #[schemars(range(min = 1.0, max = 10.0))]
    pub(crate) decel_mps2: f64,
}

fn whole() -> f64 {
    100.0
}

fn middle() -> f64 {
    50.0
}

fn two_seconds() -> f64 {
    2.0
}
