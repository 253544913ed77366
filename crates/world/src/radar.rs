//! What the radar sees: [`RadarSensor`] makes detection lists.
//!
//! Planar: range and azimuth are those of the projection on the ground. Each actor has a stream of
//! random numbers of its own, so that its echoes scatter the same whoever else is on the road.
//!
//! - `body`: which points of an actor reflect, and how strongly
//! - `receiver`: an echo's way into the list: field of view, radar equation, detection, noise
//! - `roadside`: clutter, a guard rail, and what is mirrored in it

mod body;
mod receiver;
mod roadside;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::motion::{Motion, Object};
use crate::plant::EgoState;
use crate::random::{Draws, Purpose};
use crate::traffic::Traffic;
use body::Shadow;
use receiver::Receiver;
use roadside::Roadside;

/// Most detections in one cycle, what one 1,024-byte message holds. Beyond it the farthest are
/// left out.
pub const MAX_DETECTIONS: usize = 40;

/// A long-range automotive radar at 77 GHz.
///
/// The default is modelled on the class of the Continental ARS 408-21: its two beams and its span
/// of range rates; accuracies between its near-range and far-range figures (0.2 m, 0.5°, 0.1 m/s).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RadarModel {
    /// Standard deviation of range for a strong echo, m.
    pub range_sigma_m: f64,
    /// Standard deviation of azimuth for a strong echo straight ahead, rad. It grows with one over
    /// the cosine of the azimuth, as the antenna's width does not.
    pub azimuth_sigma_rad: f64,
    /// Standard deviation of range rate for a strong echo, m/s.
    pub range_rate_sigma_mps: f64,
    /// Signal-to-noise ratio at which noise adds as much to each variance as there is without it,
    /// dB: σ² = σ₀²·(1 + snr₀/snr).
    pub noisy_snr_db: f64,
    /// Signal-to-noise ratio of 1 m² at 100 m on the axis of the far beam in clear air, dB: power,
    /// gain, wavelength, integration time, noise figure and losses of the radar equation in one. A
    /// car is seen with even chances at 200 m.
    pub snr_1m2_100m_db: f64,
    /// Probability that noise alone passes the threshold of detection in a cell, above 0, below 1.
    pub false_alarm_probability: f64,
    /// Up to where points of one actor can be told from its strongest; with a probability that
    /// falls evenly to nothing there, m.
    pub resolved_within_m: f64,
    /// Mean number of clutter echoes in a cycle (Poisson): standing things anywhere in the field of
    /// view.
    pub clutter_per_cycle: f64,
    /// A guard rail to the left of the road.
    pub rail: Option<Rail>,
    /// Lowest range rate that is told, m/s.
    pub range_rate_min_mps: f64,
    /// Range rates are told modulo this, m/s.
    pub range_rate_span_mps: f64,
    /// The narrow beam.
    pub far: Beam,
    /// The wide beam.
    pub near: Beam,
}

/// A sector around the x axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beam {
    /// Up to where it sees, m.
    pub max_range_m: f64,
    /// How far it sees to either side, rad.
    pub half_width_rad: f64,
    /// Gain there and back on its axis against that of the far beam, dB.
    pub gain_db: f64,
}

/// A guard rail along the road.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rail {
    /// Distance from the edge of the leftmost lane, m.
    pub gap_m: f64,
    /// Mean number of its posts that reflect in a cycle (Poisson).
    pub echoes_per_cycle: f64,
    /// Probability that a cycle has a mirror image of an actor in it, before it must pass the
    /// threshold of detection, 0 to 1.
    pub ghost_probability: f64,
}

impl Default for RadarModel {
    fn default() -> Self {
        Self {
            range_sigma_m: 0.20,
            azimuth_sigma_rad: 0.5_f64.to_radians(),
            range_rate_sigma_mps: 0.10,
            noisy_snr_db: 20.0,
            snr_1m2_100m_db: 15.0,
            false_alarm_probability: 1e-6,
            resolved_within_m: 60.0,
            clutter_per_cycle: 4.0,
            rail: Some(Rail { gap_m: 1.0, echoes_per_cycle: 3.0, ghost_probability: 0.05 }),
            // ARS 408-21: -400 to +200 km/h.
            range_rate_min_mps: -400.0 / 3.6,
            range_rate_span_mps: 600.0 / 3.6,
            far: Beam { max_range_m: 250.0, half_width_rad: 9_f64.to_radians(), gain_db: 0.0 },
            near: Beam { max_range_m: 70.0, half_width_rad: 45_f64.to_radians(), gain_db: -10.0 },
        }
    }
}

/// One detection, in the ego frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Distance from the sensor, m.
    pub range_m: f32,
    /// Angle to the x axis, rad, left positive.
    pub azimuth_rad: f32,
    /// Radial speed relative to the ego, m/s; negative while it comes closer.
    pub range_rate_mps: f32,
    /// Radar cross-section, dB m².
    pub rcs_dbsm: f32,
    /// Standard deviation of range, m.
    pub range_sigma_m: f32,
    /// Standard deviation of azimuth, rad.
    pub azimuth_sigma_rad: f32,
    /// Standard deviation of range rate, m/s.
    pub range_rate_sigma_mps: f32,
    /// Probability that there is something, as the sensor judges by the strength of the echo,
    /// percent.
    pub existence: u8,
}

/// The radar of the ego.
#[derive(Clone, Debug)]
pub struct RadarSensor {
    receiver: Receiver,
    roadside: Roadside,
    motion: Motion,
    resolved_within_m: f64,
    seed: u64,
}

/// A point that reflects, as it truly is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Echo {
    range_m: f64,
    azimuth_rad: f64,
    range_rate_mps: f64,
    /// Mean cross-section.
    rcs_dbsm: f64,
}

impl Echo {
    /// Of a point at this place that moves like this against the ego.
    fn new([x_m, y_m]: [f64; 2], [vx_mps, vy_mps]: [f64; 2], rcs_dbsm: f64) -> Self {
        let range_m = (x_m * x_m + y_m * y_m).sqrt();
        let range_rate_mps = (x_m * vx_mps + y_m * vy_mps) / range_m;
        Self { range_m, azimuth_rad: libm::atan2(y_m, x_m), range_rate_mps, rcs_dbsm }
    }
}

impl RadarSensor {
    /// # Panics
    /// As [`Motion::new`].
    pub fn new(model: RadarModel, traffic: &Traffic, seed: u64) -> Self {
        Self {
            receiver: Receiver::new(model, &traffic.weather),
            roadside: Roadside::new(&model, &traffic.road),
            motion: Motion::new(traffic),
            resolved_within_m: model.resolved_within_m,
            seed,
        }
    }

    /// Replaces `out` by the detections of the cycle that measures at time `t_s`, when the ego is in
    /// this state, near to far, at most [`MAX_DETECTIONS`]. They depend on the arguments and on
    /// those of [`new`](Self::new) alone.
    pub fn measure(&self, t_s: f64, ego: EgoState, cycle: u32, out: &mut Vec<Detection>) {
        out.clear();
        let objects: Vec<Object> = self.motion.at(t_s, ego).collect();
        let shadows: Vec<Shadow> = objects.iter().filter_map(Shadow::of).collect();
        for object in &objects {
            let step = u64::from(cycle) << ACTOR_BITS | object.actor as u64;
            let mut draws = Draws::new(self.seed, Purpose::RadarObject, step);
            self.measure_object(object, ego, &shadows, (&mut draws, out));
        }
        let mut draws = Draws::new(self.seed, Purpose::Radar, u64::from(cycle));
        let standing = self.roadside.echoes(self.motion.road(), ego, &mut draws);
        out.extend(standing.iter().filter_map(|echo| self.receiver.receive(echo, 0.0, &mut draws)));
        out.sort_unstable_by(|a, b| {
            a.range_m.total_cmp(&b.range_m).then(a.azimuth_rad.total_cmp(&b.azimuth_rad))
        });
        out.truncate(MAX_DETECTIONS);
    }

    /// How many numbers are drawn does not depend on where the others are, so that an actor's noise
    /// does not.
    fn measure_object(
        &self,
        object: &Object,
        ego: EgoState,
        shadows: &[Shadow],
        (draws, out): (&mut Draws, &mut Vec<Detection>),
    ) {
        for (index, echo) in body::echoes(object, ego, draws).into_iter().enumerate() {
            let told_apart = 1.0 - echo.range_m / self.resolved_within_m;
            let resolved = draws.uniform() < told_apart || index == 0;
            let loss_db = body::shadow_loss_db(object, &echo, shadows);
            let detection = self.receiver.receive(&echo, loss_db, draws);
            out.extend(detection.filter(|_| resolved));
        }
        if let Some((probability, echo)) = self.roadside.ghost(self.motion.road(), object, ego) {
            let present = draws.uniform() < probability;
            let detection = self.receiver.receive(&echo, 0.0, draws);
            out.extend(detection.filter(|_| present));
        }
    }
}

/// Actors that have streams of their own in a cycle: 2²⁴, so that cycle and actor fit the step of a
/// draw.
const ACTOR_BITS: u32 = 24;
