//! What the radar sees: [`RadarSensor`] makes detection lists.
//!
//! Planar: range and azimuth are those of the projection on the ground. Vehicles hide nothing
//! from each other, as if the waves always found the way below them.

use serde::{Deserialize, Serialize};

use crate::motion::{Motion, Object};
use crate::plant::EgoState;
use crate::random::{Draws, Purpose};
use crate::traffic::Traffic;

/// Most detections in one cycle, what one 1,024-byte message holds. Beyond it the farthest are
/// left out.
pub const MAX_DETECTIONS: usize = 40;

/// A long-range automotive radar.
///
/// The default is modelled on the class of the Continental ARS 408-21: its two beams; accuracies
/// between its near-range and far-range figures (0.2 m, 0.5°, 0.1 m/s).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RadarModel {
    /// Standard deviation of range, m.
    pub range_sigma_m: f64,
    /// Standard deviation of azimuth, rad.
    pub azimuth_sigma_rad: f64,
    /// Standard deviation of range rate, m/s.
    pub range_rate_sigma_mps: f64,
    /// Probability that a cycle detects the middle of a vehicle's rear, 0 to 1.
    pub detection_probability: f64,
    /// Probability that a cycle detects a corner of a vehicle's rear as a point of its own, for
    /// each of the two, within [`edge_range_m`](Self::edge_range_m), 0 to 1.
    pub edge_probability: f64,
    /// Up to where the corners can be told from the middle, m.
    pub edge_range_m: f64,
    /// Mean number of clutter detections in a cycle (Poisson): standing things anywhere in the
    /// field of view.
    pub clutter_per_cycle: f64,
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
}

impl Default for RadarModel {
    fn default() -> Self {
        Self {
            range_sigma_m: 0.20,
            azimuth_sigma_rad: 0.5_f64.to_radians(),
            range_rate_sigma_mps: 0.10,
            detection_probability: 0.95,
            edge_probability: 0.4,
            edge_range_m: 60.0,
            clutter_per_cycle: 4.0,
            far: Beam { max_range_m: 250.0, half_width_rad: 9_f64.to_radians() },
            near: Beam { max_range_m: 70.0, half_width_rad: 45_f64.to_radians() },
        }
    }
}

impl RadarModel {
    /// Whether a point at this true range and azimuth is in the field of view.
    pub fn sees(&self, range_m: f64, azimuth_rad: f64) -> bool {
        [self.far, self.near].iter().any(|beam| {
            (MIN_RANGE_M..=beam.max_range_m).contains(&range_m)
                && azimuth_rad.abs() <= beam.half_width_rad
        })
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

/// Nearest range at which an echo can be told from the own pulse, m.
const MIN_RANGE_M: f64 = 0.2;

/// Where the corners of a rear reflect, in half widths off its middle.
const EDGE_SHARE: f64 = 0.85;

/// Cross-section of the rear of a car, and how it scatters; that of clutter, dB m².
const CAR_RCS_DBSM: f64 = 10.0;
const RCS_SIGMA_DB: f64 = 3.0;
const CLUTTER_RCS_DBSM: f64 = -5.0;

/// The rear that `CAR_RCS_DBSM` is about, m²; others reflect in proportion.
const CAR_REAR_M2: f64 = 1.85 * 1.5;

/// The radar of the ego.
#[derive(Clone, Debug)]
pub struct RadarSensor {
    model: RadarModel,
    motion: Motion,
    seed: u64,
}

/// A point that reflects, as it truly is.
struct Echo {
    range_m: f64,
    azimuth_rad: f64,
    range_rate_mps: f64,
    rcs_dbsm: f64,
}

impl RadarSensor {
    /// # Panics
    /// As [`Motion::new`].
    pub fn new(model: RadarModel, traffic: &Traffic, seed: u64) -> Self {
        Self { model, motion: Motion::new(traffic), seed }
    }

    /// Replaces `out` by the detections of the cycle that measures at time `t_s`, when the ego is in
    /// this state, near to far, at most [`MAX_DETECTIONS`]. They depend on the arguments and on those of [`new`](Self::new)
    /// alone.
    pub fn measure(&self, t_s: f64, ego: EgoState, cycle: u32, out: &mut Vec<Detection>) {
        let mut draws = Draws::new(self.seed, Purpose::Radar, u64::from(cycle));
        out.clear();
        for object in self.motion.at(t_s, ego) {
            self.measure_object(&object, &mut draws, out);
        }
        for _ in 0..draws.poisson(self.model.clutter_per_cycle, MAX_DETECTIONS) {
            let clutter = self.clutter(ego, &mut draws);
            out.push(self.detect(&clutter, &mut draws));
        }
        out.sort_unstable_by(|a, b| {
            a.range_m.total_cmp(&b.range_m).then(a.azimuth_rad.total_cmp(&b.azimuth_rad))
        });
        out.truncate(MAX_DETECTIONS);
    }

    /// Draws as many numbers for an object that is out of sight as for one in sight, so that an
    /// object's noise does not depend on where the others are.
    fn measure_object(&self, object: &Object, draws: &mut Draws, out: &mut Vec<Detection>) {
        let model = &self.model;
        let edge_m = EDGE_SHARE * object.size.width_m / 2.0;
        for (offset_m, probability, reach_m) in [
            (0.0, model.detection_probability, f64::INFINITY),
            (edge_m, model.edge_probability, model.edge_range_m),
            (-edge_m, model.edge_probability, model.edge_range_m),
        ] {
            let (x_m, y_m) = (object.x_m, object.y_m + offset_m);
            let range_m = (x_m * x_m + y_m * y_m).sqrt();
            let echo = Echo {
                range_m,
                azimuth_rad: y_m.atan2(x_m),
                range_rate_mps: (x_m * object.vx_mps + y_m * object.vy_mps) / range_m,
                rcs_dbsm: rear_rcs_dbsm(object) + RCS_SIGMA_DB * draws.normal(),
            };
            let detected = draws.uniform() < probability;
            let detection = self.detect(&echo, draws);
            if detected && range_m <= reach_m && model.sees(range_m, echo.azimuth_rad) {
                out.push(detection);
            }
        }
    }

    /// A standing thing somewhere in one of the beams.
    fn clutter(&self, ego: EgoState, draws: &mut Draws) -> Echo {
        let beam = if draws.uniform() < 0.5 { self.model.far } else { self.model.near };
        let azimuth_rad = draws.between(-beam.half_width_rad, beam.half_width_rad);
        Echo {
            range_m: draws.between(MIN_RANGE_M, beam.max_range_m),
            azimuth_rad,
            range_rate_mps: -ego.speed_mps * azimuth_rad.cos(),
            rcs_dbsm: CLUTTER_RCS_DBSM + RCS_SIGMA_DB * draws.normal(),
        }
    }

    /// Adds the noise of the measurement.
    fn detect(&self, echo: &Echo, draws: &mut Draws) -> Detection {
        let model = &self.model;
        let range_m = echo.range_m + model.range_sigma_m * draws.normal();
        Detection {
            range_m: range_m.max(0.0) as f32,
            azimuth_rad: (echo.azimuth_rad + model.azimuth_sigma_rad * draws.normal()) as f32,
            range_rate_mps: (echo.range_rate_mps + model.range_rate_sigma_mps * draws.normal())
                as f32,
            rcs_dbsm: echo.rcs_dbsm as f32,
            range_sigma_m: model.range_sigma_m as f32,
            azimuth_sigma_rad: model.azimuth_sigma_rad as f32,
            range_rate_sigma_mps: model.range_rate_sigma_mps as f32,
            existence: existence_percent(echo),
        }
    }
}

fn rear_rcs_dbsm(object: &Object) -> f64 {
    let rear_m2 = object.size.width_m * object.size.height_m;
    CAR_RCS_DBSM + 10.0 * (rear_m2 / CAR_REAR_M2).log10()
}

/// A car at 50 m is beyond doubt (99 %); each dB of echo less takes 2 %, by the fourth power of
/// range in the radar equation.
fn existence_percent(echo: &Echo) -> u8 {
    let echo_db = echo.rcs_dbsm - 40.0 * (echo.range_m.max(MIN_RANGE_M) / 50.0).log10();
    (99.0 + 2.0 * (echo_db - CAR_RCS_DBSM)).clamp(1.0, 99.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::Way;
    use crate::traffic::{Actor, Ego, Kind, Size, Start};

    const CYCLES: u32 = 4000;
    const EGO_MPS: f64 = 25.0;

    fn traffic(starts: &[(f64, f64)]) -> Traffic {
        let actor = |&(x_m, y_m): &(f64, f64)| Actor {
            id: "car".into(),
            kind: Kind::Car,
            start: Start { x_m, y_m, speed_mps: 20.0 },
            size: Size::CAR,
            script: Vec::new(),
        };
        Traffic {
            ego: Ego { speed_mps: EGO_MPS, brakes: None },
            actors: starts.iter().map(actor).collect(),
            ..Traffic::default()
        }
    }

    /// Middles of rears alone.
    fn points() -> RadarModel {
        RadarModel { edge_probability: 0.0, clutter_per_cycle: 0.0, ..RadarModel::default() }
    }

    /// All detections of all cycles at time zero.
    fn measure(model: RadarModel, starts: &[(f64, f64)]) -> Vec<Detection> {
        let sensor = RadarSensor::new(model, &traffic(starts), 11);
        let mut cycle_out = Vec::new();
        let mut all = Vec::new();
        for cycle in 0..CYCLES {
            sensor.measure(0.0, Way::even(EGO_MPS).at(0.0), cycle, &mut cycle_out);
            all.extend_from_slice(&cycle_out);
        }
        all
    }

    /// Mean and standard deviation of a sample, within four standard errors.
    fn check(name: &str, sample: impl Iterator<Item = f32>, mean: f64, sigma: f64) {
        let sample: Vec<f64> = sample.map(f64::from).collect();
        let n = sample.len() as f64;
        let seen_mean = sample.iter().sum::<f64>() / n;
        let seen_sigma =
            (sample.iter().map(|x| (x - seen_mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        assert!((seen_mean - mean).abs() < 4.0 * sigma / n.sqrt(), "{name}: mean {seen_mean}");
        assert!(
            (seen_sigma - sigma).abs() < 4.0 * sigma / (2.0 * n).sqrt(),
            "{name}: sigma {seen_sigma}"
        );
    }

    #[test]
    fn a_measurement_scatters_around_the_truth_as_stated() {
        // 3-4-5: 5·10 m away, closing at 5 m/s along x.
        let seen = measure(points(), &[(40.0, 30.0)]);
        check("range", seen.iter().map(|d| d.range_m), 50.0, 0.2);
        check("azimuth", seen.iter().map(|d| d.azimuth_rad), 0.75_f64.atan(), 0.5_f64.to_radians());
        check("range rate", seen.iter().map(|d| d.range_rate_mps), -5.0 * 0.8, 0.1);
        check("cross-section", seen.iter().map(|d| d.rcs_dbsm), 10.0, 3.0);
        assert!(seen.iter().all(|d| (d.range_sigma_m - 0.2).abs() < 1e-6));
    }

    #[test]
    fn vehicles_are_detected_as_often_as_stated() {
        // starts, edge probability, expected detections per cycle, their variance
        for (starts, edge_probability, mean) in [
            (&[(50.0, 0.0)][..], 0.0, vec![0.95]),
            (&[(50.0, 0.0)], 0.4, vec![0.95, 0.4, 0.4]),
            (&[(61.0, 0.0)], 0.4, vec![0.95]),
            (&[(50.0, 0.0), (100.0, 3.5)], 0.0, vec![0.95, 0.95]),
            (&[(-5.0, 0.0), (251.0, 0.0), (100.0, 30.0), (10.0, 11.0)], 0.4, vec![]),
        ] {
            let seen = measure(RadarModel { edge_probability, ..points() }, starts).len() as f64;
            let cycles = f64::from(CYCLES);
            let expected = mean.iter().sum::<f64>() * cycles;
            let sigma = (mean.iter().map(|p| p * (1.0 - p)).sum::<f64>() * cycles).sqrt();
            assert!((seen - expected).abs() <= 4.0 * sigma, "{starts:?}: {seen} for {expected}");
        }
    }

    #[test]
    fn clutter_stands_still_in_the_field_of_view() {
        let model = RadarModel { clutter_per_cycle: 4.0, ..points() };
        let seen = measure(model, &[]);
        let expected = 4.0 * f64::from(CYCLES);
        assert!((seen.len() as f64 - expected).abs() < 4.0 * expected.sqrt(), "{}", seen.len());
        for detection in &seen {
            let azimuth_rad = f64::from(detection.azimuth_rad);
            let moving_mps = f64::from(detection.range_rate_mps) + EGO_MPS * azimuth_rad.cos();
            // Six sigma of the range rate, and of the azimuth at 45°.
            assert!(moving_mps.abs() < 0.6 + 6.0 * EGO_MPS * model.azimuth_sigma_rad);
            assert!((0.0..252.0).contains(&detection.range_m));
            assert!(azimuth_rad.abs() < 0.85);
        }
    }

    #[test]
    fn clutter_is_less_certain_than_vehicles() {
        let mean = |seen: Vec<Detection>| {
            seen.iter().map(|d| f64::from(d.existence)).sum::<f64>() / seen.len() as f64
        };
        let vehicles = mean(measure(points(), &[(80.0, 0.0)]));
        let clutter = mean(measure(RadarModel { clutter_per_cycle: 4.0, ..points() }, &[]));
        assert!(vehicles > clutter + 10.0, "{vehicles} and {clutter}");
    }

    #[test]
    fn a_full_list_keeps_the_nearest() {
        let starts: Vec<_> = (0..45).map(|lane| (200.0 - 4.0 * f64::from(lane), 0.0)).collect();
        let model = RadarModel { detection_probability: 1.0, ..points() };
        let seen = measure(model, &starts);
        assert_eq!(seen.len(), CYCLES as usize * MAX_DETECTIONS);
        assert!(seen.iter().all(|d| d.range_m < 182.0 + 2.0));
        assert!(seen[..MAX_DETECTIONS].is_sorted_by(|a, b| a.range_m <= b.range_m));
    }

    #[test]
    fn a_fresh_sensor_measures_what_the_old_one_would_have() {
        let traffic = traffic(&[(50.0, 0.0), (80.0, 3.5)]);
        let measure = |sensor: &RadarSensor, cycle: u32| {
            let mut out = Vec::new();
            let t_s = f64::from(cycle) * 0.05;
            sensor.measure(t_s, Way::even(EGO_MPS).at(t_s), cycle, &mut out);
            out
        };
        let old = RadarSensor::new(RadarModel::default(), &traffic, 1);
        let runs: Vec<_> = (0..10).map(|cycle| measure(&old, cycle)).collect();
        let fresh = RadarSensor::new(RadarModel::default(), &traffic, 1);
        assert_eq!(measure(&fresh, 9), runs[9]);
        assert_ne!(runs[8], runs[9]);
        let other = RadarSensor::new(RadarModel::default(), &traffic, 2);
        assert_ne!(measure(&other, 9), runs[9]);
    }

    #[test]
    fn an_object_is_seen_the_same_whoever_else_is_there() {
        let alone = measure(points(), &[(50.0, 0.0), (-50.0, 0.0)]);
        let with_hidden = measure(points(), &[(50.0, 0.0), (-90.0, 9.0)]);
        assert_eq!(alone, with_hidden);
    }
}
