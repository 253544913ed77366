//! One tracked object. Main type: [`Target`], published as [`Track`].

use nalgebra::SMatrix;

use super::picture::Workspace;
use crate::config::EgoMotion;
use crate::kalman::Estimate;
use crate::measurement::Measurement;
use crate::motion::{AX, AY, STATES, Transition, VX, VY, X, Y};

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

/// What speaks for a confirmed track being something that one can hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// One sensor alone confirmed it, and it never moved over ground: to a radar a bridge and a
    /// manhole cover look like this.
    Single,
    /// It was seen to move over ground.
    Moving,
    /// Each of the two sensors found it in 3 of 5 looks.
    Both,
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
    /// Forward acceleration over ground; relative to the ego where its motion is unknown.
    pub ax_mps2: f32,
    /// Left acceleration, likewise.
    pub ay_mps2: f32,
    /// Covariance of (x, y, vx, vy) at the time of the output.
    pub covariance: [[f32; 4]; 4],
    /// What it rests on, since it was started.
    pub evidence: Evidence,
    /// Time since it was first seen.
    pub known_for_ns: u64,
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
/// The looks, as bits, in which the camera must have found what is not astray.
const LOOKS_ASTRAY: u8 = 0b111;
/// A tentative track coasts this long.
const TENTATIVE_COAST_S: f64 = 0.3;

/// Largest values of a vehicle's state, by their places in it: as far away as a detection is taken,
/// a quarter above the fastest of them, ten times full braking. What is beyond is a corrupt state.
const STATE_MAX: [(usize, f64); 6] =
    [(X, 1000.0), (Y, 1000.0), (VX, 250.0), (VY, 250.0), (AX, 100.0), (AY, 100.0)];

/// Faster over ground than this, beyond 3 σ, it moves: half a child's walking speed.
const MOVING_MPS: f64 = 0.7;

/// Largest variance of any of them: as if nothing were known.
const VARIANCE_MAX: f64 = 1e6;

/// What one sensor saw of a target.
#[derive(Clone, Copy, Debug, Default)]
struct Looks {
    /// The newest look in the lowest bit, 1 for found.
    found: u8,
    /// Looks in vain, at most 255.
    missed: u8,
    /// Whether it alone would have confirmed the object.
    confirmed: bool,
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
    evidence: Evidence,
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
            evidence: Evidence::Single,
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
        looks.confirmed |= recent.count_ones() >= LOOKS_TO_CONFIRM;
        if self.camera.confirmed && self.radar.confirmed {
            self.evidence = Evidence::Both;
        }
    }

    /// Notes whether it moves over ground, as far as the ego's own motion is known.
    pub(super) fn note_motion(&mut self, ego: Option<EgoMotion>) {
        if let (Some(ego), Status::Confirmed) = (ego, self.status) {
            let Estimate { mean, covariance } = &self.estimate;
            let (vx, vy) = (mean[VX] + ego.speed_mps, mean[VY]);
            let variance = covariance[(VX, VX)].max(covariance[(VY, VY)]);
            if vx.hypot(vy) > MOVING_MPS + 3.0 * variance.sqrt() {
                self.evidence = self.evidence.max(Evidence::Moving);
            }
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

    /// Whether the camera finds another where it does not find this any more: the camera knows the
    /// bearing of what it sees ten times as well as the radar does.
    pub(super) fn is_astray_beside(&self, other: &Target) -> bool {
        self.camera.missed > 0
            && self.camera.found & LOOKS_ASTRAY == 0
            && other.camera.found & 1 == 1
    }

    /// Is the other from here on, under its own name.
    pub(super) fn take_place_of(&mut self, other: Target) {
        self.estimate = other.estimate;
        self.camera = other.camera;
        self.coasted_s = other.coasted_s;
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

    /// Whether there is something to publish: its state is that of a vehicle in front of the
    /// sensors.
    pub(super) fn is_credible(&self) -> bool {
        self.estimate.mean[X] >= 0.0 && self.is_plausible()
    }

    /// What is left of the time that it may coast, as [`Workspace::charge_s`] counts it.
    fn left_s(&self, workspace: &Workspace) -> f64 {
        let limit_s = match self.status {
            Status::Tentative => TENTATIVE_COAST_S,
            Status::Confirmed => workspace.coast_s,
        };
        limit_s - self.coasted_s
    }

    /// Whether it is over: coasted too long, behind both sensors, or beyond what a vehicle can do.
    pub(super) fn is_expired(&self, workspace: &Workspace) -> bool {
        self.left_s(workspace) < 0.0 || !self.is_credible()
    }

    /// Up to when it is published if nothing updates it from `from_ns` on; 0 if not at all.
    pub(super) fn alive_until_ns(
        &self,
        from_ns: u64,
        in_outage: bool,
        workspace: &Workspace,
    ) -> u64 {
        if self.is_expired(workspace) {
            return 0;
        }
        let life_ns = workspace.life_s(self.left_s(workspace), in_outage) * 1e9;
        from_ns.saturating_add(life_ns as u64)
    }

    /// Where it is and how fast, one step after its estimate.
    pub(super) fn publish(
        &self,
        transition: &Transition,
        now_ns: u64,
        ego: Option<EgoMotion>,
    ) -> Track {
        let mut ahead = self.estimate.clone();
        ahead.predict(transition);
        let turning = turning(ego.map_or(0.0, |ego| ego.yaw_rate_radps));
        let [x_m, y_m, vx_mps, vy_mps] = (turning * ahead.mean).data.0[0].map(|value| value as f32);
        let covariance = turning * ahead.covariance * turning.transpose();
        let age = |looks: Looks| looks.last_found_ns.map(|ns| now_ns.saturating_sub(ns));
        Track {
            id: self.id,
            status: self.status,
            x_m,
            y_m,
            vx_mps,
            vy_mps,
            ax_mps2: ahead.mean[AX] as f32,
            ay_mps2: ahead.mean[AY] as f32,
            covariance: covariance.data.0.map(|column| column.map(|value| value as f32)),
            evidence: self.evidence,
            known_for_ns: now_ns.saturating_sub(self.started_ns),
            camera_age_ns: age(self.camera),
            radar_age_ns: age(self.radar),
        }
    }
}

/// State → (x, y, vx, vy) with the velocity as the rate of change of the place in axes that turn.
fn turning(yaw_rate_radps: f64) -> SMatrix<f64, 4, STATES> {
    let mut matrix = SMatrix::<f64, 4, STATES>::zeros();
    for (row, column) in [X, Y, VX, VY].into_iter().enumerate() {
        matrix[(row, column)] = 1.0;
    }
    matrix[(2, Y)] = yaw_rate_radps;
    matrix[(3, X)] = -yaw_rate_radps;
    matrix
}
