//! How good fusion's tracks were, against the truth: [`AccuracyPhase`], [`ThroughFault`].

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::Node;

use super::Quantiles;

/// A part of a run, by its faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The whole of a run in which no fault took effect, but for the first second.
    Whole,
    /// From one second after the start to the first fault.
    Before,
    /// While the fault is in force: from its effect to the recovery.
    During,
    /// From its end to the beginning of the next fault, or the end of the run.
    After,
    /// All of the run outside of faults, but for the first second.
    Outside,
}

/// How good the tracks were in one part of a run.
///
/// Each output is compared with the truth at the time that its tracks are made for: when fusion took
/// its sample. Actors are owed a track while they are 1 m to 80 m ahead, within 0.4 rad to either side,
/// and not hidden behind another. Tracks and actors are paired by the assignment of GOSPA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccuracyPhase {
    /// Which part.
    pub phase: Phase,
    /// The fault that it is about.
    pub fault: Option<String>,
    /// From.
    pub from_ms: f64,
    /// To.
    pub to_ms: f64,
    /// Outputs in it.
    pub outputs: u64,
    /// Errors on the lead: the nearest actor ahead that overlaps the path of the ego.
    pub lead: TrackErrors,
    /// Errors on all actors.
    pub all: TrackErrors,
    /// Distance between the set of tracks and the set of actors; `null` without outputs.
    pub gospa: Option<GospaParts>,
    /// Normalised estimation error squared of the paired tracks, in x, y, vx and vy: 4 where the
    /// covariance is right.
    pub nees: Option<Consistency>,
    /// Normalised innovation squared of what each sensor's samples gave the tracks: 2 for the camera
    /// and 3 for the radar where the covariances are right.
    pub nis: BTreeMap<Node, Consistency>,
    /// Age of the newest data of each sensor in the paired tracks that have any, microseconds.
    pub ages_us: BTreeMap<Node, Quantiles>,
    /// How often each actor changed its track; those that never did are left out.
    pub id_switches: BTreeMap<String, u64>,
}

/// Errors of tracks on actors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrackErrors {
    /// How often an actor was owed a track.
    pub owed: u64,
    /// How often it had one within 5 m; the errors are those of these.
    pub paired: u64,
    /// Root mean square of the distance, m.
    pub position_rmse_m: Option<f64>,
    /// Largest distance, m.
    pub position_max_m: Option<f64>,
    /// Root mean square of the difference of the velocities, m/s.
    pub velocity_rmse_mps: Option<f64>,
}

/// GOSPA (c = 5 m, p = 2, α = 2) over several outputs.
///
/// The total is the root of the mean of the squares. The squares of the parts add up, not their roots,
/// so each part is told as its share of the total: the three make up the total.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GospaParts {
    /// The whole, m.
    pub total_m: f64,
    /// The share of the distances of paired tracks, m.
    pub localisation_m: f64,
    /// The share of actors without a track, m.
    pub missed_m: f64,
    /// The share of tracks without an actor, m.
    pub false_m: f64,
}

/// Whether errors are as large as they are said to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Consistency {
    /// Mean of the normalised squares.
    pub mean: f64,
    /// How many.
    pub count: u64,
    /// Degrees of freedom: what the mean should be.
    pub dof: u32,
    /// Where the mean of so many independent ones lies 95 times of 100 (χ²). Errors of successive
    /// outputs are related, so the true band is wider.
    pub band_95: (f64, f64),
}

/// What became of the track of one actor through one fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThroughFault {
    /// The fault.
    pub fault: String,
    /// The actor.
    pub actor: String,
    /// Whether it was the lead when the fault took effect.
    pub lead: bool,
    /// Whether it was under the same track of the same fusion process at the last output before the
    /// fault, and at the last one before the next fault or the end of the run at which it was owed one.
    pub same_track: bool,
    /// From the fault to the first output with a track on it, after it was without one or fusion
    /// began afresh; 0 if it was never without. `null` if it never had one again.
    pub reconfirmed_after_ms: Option<f64>,
}
