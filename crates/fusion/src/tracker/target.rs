//! One tracked object. Main type: [`Target`], published as [`Track`].

use super::picture::Workspace;
use crate::kalman::Estimate;
use crate::measurement::Measurement;
use crate::motion::{AX, AY, VX, VY, X, Y};

/// Who made a measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sensor {
    #[default]
    Camera,
    Radar,
}

/// How much a track is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Seen too rarely to act on.
    Tentative,
    /// One sensor found it in 3 of 5 looks; in 5 of 5 where the other sensor looks and never did.
    Confirmed,
}

/// A vehicle, as fusion believes it to be at the time of the output. Relative to the ego,
/// reference: centre of the rear face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Track {
    /// From 1, never used again by one [`Fusion`](crate::Fusion).
    pub id: u32,
    /// Whether to act on it.
    pub status: Status,
    /// Forward position.
    pub x_m: f32,
    /// Left position.
    pub y_m: f32,
    /// Forward velocity relative to the ego.
    pub vx_mps: f32,
    /// Left velocity relative to the ego.
    pub vy_mps: f32,
    /// Time since the camera last saw it; `None` if it never did.
    pub camera_age_ns: Option<u64>,
    /// Time since the radar last saw it; `None` if it never did.
    pub radar_age_ns: Option<u64>,
}

/// The looks that count for the confirmation.
const LOOKS: u32 = 5;
/// So many of the last [`LOOKS`] looks of one sensor must have found the object.
const LOOKS_TO_CONFIRM: u32 = 3;
/// So many, if the other sensor looked as often as [`LOOKS_TO_CONFIRM`] and never found it.
const LOOKS_TO_CONFIRM_AGAINST_THE_OTHER: u32 = 5;
/// A tentative track coasts this long.
const TENTATIVE_COAST_S: f64 = 0.3;

/// Largest values of a vehicle's state, by their places in it: as far away as a detection is taken,
/// a quarter above the fastest of them, ten times full braking. What is beyond is a corrupt state.
const STATE_MAX: [(usize, f64); 6] =
    [(X, 1000.0), (Y, 1000.0), (VX, 250.0), (VY, 250.0), (AX, 100.0), (AY, 100.0)];

/// Largest variance of any of them: as if nothing were known.
const VARIANCE_MAX: f64 = 1e6;

/// What one sensor saw of a target.
#[derive(Clone, Copy, Debug, Default)]
struct Looks {
    /// The newest look in the lowest bit, 1 for found.
    found: u8,
    /// Looks in vain, at most 255.
    missed: u8,
    last_found_ns: Option<u64>,
}

impl Looks {
    /// Whether this sensor should have seen it by now and never did.
    fn contradict(&self) -> bool {
        self.last_found_ns.is_none() && u32::from(self.missed) >= LOOKS_TO_CONFIRM
    }
}

/// A track with all that its filter needs.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) id: u32,
    pub(super) started_ns: u64,
    pub(super) status: Status,
    pub(super) estimate: Estimate,
    /// Time without an update; see [`Workspace::charge_s`].
    pub(super) coasted_s: f64,
    camera: Looks,
    radar: Looks,
}

impl Target {
    pub(super) fn start(
        id: u32,
        sensor: Sensor,
        captured_ns: u64,
        measurement: &Measurement,
    ) -> Target {
        let mut target = Target {
            id,
            started_ns: captured_ns,
            status: Status::Tentative,
            estimate: measurement.first_estimate(),
            coasted_s: 0.0,
            camera: Looks::default(),
            radar: Looks::default(),
        };
        target.note_found(sensor, captured_ns);
        target
    }

    pub(super) fn note_found(&mut self, sensor: Sensor, captured_ns: u64) {
        self.coasted_s = 0.0;
        let (looks, other) = match sensor {
            Sensor::Camera => (&mut self.camera, &self.radar),
            Sensor::Radar => (&mut self.radar, &self.camera),
        };
        looks.found = (looks.found << 1) | 1;
        looks.last_found_ns = Some(captured_ns);
        let recent = looks.found & ((1 << LOOKS) - 1);
        let needed =
            if other.contradict() { LOOKS_TO_CONFIRM_AGAINST_THE_OTHER } else { LOOKS_TO_CONFIRM };
        if recent.count_ones() >= needed {
            self.status = Status::Confirmed;
        }
    }

    /// The sensor looked at where the target is and did not find it.
    pub(super) fn note_missed(&mut self, sensor: Sensor) {
        let looks = match sensor {
            Sensor::Camera => &mut self.camera,
            Sensor::Radar => &mut self.radar,
        };
        looks.found <<= 1;
        looks.missed = looks.missed.saturating_add(1);
    }

    /// Whether its state is that of a vehicle and its uncertainty a variance. A comparison with NaN
    /// is false.
    pub(super) fn is_plausible(&self) -> bool {
        let Estimate { mean, covariance } = &self.estimate;
        STATE_MAX.iter().all(|&(index, limit)| {
            mean[index].abs() <= limit
                && covariance[(index, index)] > 0.0
                && covariance[(index, index)] <= VARIANCE_MAX
        })
    }

    /// Whether it is over after `more_s` of further coasting: coasted too long, behind both
    /// sensors, or beyond what a vehicle can do.
    pub(super) fn is_expired_after(&self, more_s: f64, workspace: &Workspace) -> bool {
        let limit_s = match self.status {
            Status::Tentative => TENTATIVE_COAST_S,
            Status::Confirmed => workspace.coast_s,
        };
        self.coasted_s + more_s > limit_s || self.estimate.mean[X] < 0.0 || !self.is_plausible()
    }

    /// Where it is and how fast, `ahead_s` after its estimate, at constant velocity.
    pub(super) fn publish(&self, ahead_s: f64, now_ns: u64) -> Track {
        let mean = &self.estimate.mean;
        let age = |looks: Looks| looks.last_found_ns.map(|ns| now_ns.saturating_sub(ns));
        Track {
            id: self.id,
            status: self.status,
            x_m: (mean[X] + ahead_s * mean[VX]) as f32,
            y_m: (mean[Y] + ahead_s * mean[VY]) as f32,
            vx_mps: mean[VX] as f32,
            vy_mps: mean[VY] as f32,
            camera_age_ns: age(self.camera),
            radar_age_ns: age(self.radar),
        }
    }
}
