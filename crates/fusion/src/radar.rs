//! Raw radar detections → one measurement per object. Main type: [`RadarFrontEnd`].
//!
//! A radar reports several points of one car; the tracker believes in one measurement per object
//! and scan. It never sees a detection that is not a number, nor starts a track on a guard rail.

use crate::measurement::{Measurement, RangeRate};
use crate::union_find::UnionFind;

/// One point that the radar saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Distance, in (0, 1000].
    pub range_m: f32,
    /// Angle from straight ahead, left positive, in [-π, π].
    pub azimuth_rad: f32,
    /// Rate of change of the range relative to the ego, negative when closing, in [-200, 200].
    pub range_rate_mps: f32,
    /// Radar cross-section.
    pub rcs_dbsm: f32,
    /// Standard deviation of the range, > 0.
    pub range_sigma_m: f32,
    /// Standard deviation of the azimuth, > 0.
    pub azimuth_sigma_rad: f32,
    /// Standard deviation of the range rate, > 0.
    pub range_rate_sigma_mps: f32,
    /// Probability that there is something, 0 to 100.
    pub existence_percent: u8,
}

/// Detections beyond this many in one message are ignored and counted: it bounds the work per
/// message. A 1,024-byte message holds about 40.
pub const MAX_DETECTIONS: usize = 64;

/// Detections less probable than this are noise and ignored.
const MIN_EXISTENCE_PERCENT: u8 = 25;

/// A weaker echo supports a track but starts none: a car is stronger up to 150 m, most clutter is
/// not beyond 60 m.
const MIN_EXISTENCE_TO_START_PERCENT: u8 = 60;

/// Detections of one car are not farther apart than this: along the beam (a car's length, seen from
/// behind, has gaps of this size), across it (half of the gap between neighbouring lanes), and in
/// speed.
const SAME_OBJECT_RANGE_M: f64 = 2.5;
/// See [`SAME_OBJECT_RANGE_M`].
const SAME_OBJECT_ACROSS_M: f64 = 1.2;
/// See [`SAME_OBJECT_RANGE_M`].
const SAME_OBJECT_RANGE_RATE_MPS: f64 = 1.0;

/// The points within this depth behind a cluster's nearest one belong to the rear face, the
/// reference of a track.
const REAR_FACE_DEPTH_M: f64 = 0.8;

/// A reflection comes from anywhere on the rear face: 1 σ of its place around the centre, across
/// and along the beam.
const REFLECTION_SIGMA_ACROSS_M: f64 = 0.35;
/// See [`REFLECTION_SIGMA_ACROSS_M`].
const REFLECTION_SIGMA_ALONG_M: f64 = 0.15;
/// Smallest standard deviation of a range rate: parts of a car do not move as one.
const MIN_RANGE_RATE_SIGMA_MPS: f64 = 0.1;

/// What stands still starts a track only this close to the ego's own path: a stopped car, not a
/// guard rail.
const STATIONARY_HALF_CORRIDOR_M: f64 = 2.0;
/// And not nearer than this: a stopped car was seen from afar, what turns up here is clutter.
const STATIONARY_MIN_RANGE_M: f64 = 8.0;
/// Below this deviation from the speed of the road, beyond 3 σ, an object stands still.
const STATIONARY_TOLERANCE_MPS: f64 = 0.5;

/// What became of the detections of one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RadarTally {
    /// Not a number, or out of range.
    pub(crate) invalid: u64,
    /// Beyond [`MAX_DETECTIONS`].
    pub(crate) truncated: u64,
}

/// Clusters detections; keeps its working memory.
#[derive(Debug, Default)]
pub(crate) struct RadarFrontEnd {
    points: Vec<Point>,
    clusters: UnionFind,
}

/// A checked detection.
#[derive(Clone, Copy, Debug)]
struct Point {
    range_m: f64,
    azimuth_rad: f64,
    range_rate_mps: f64,
    variances: [f64; 3],
    existence_percent: u8,
    cluster: usize,
}

impl RadarFrontEnd {
    /// Fills `measurements` with one entry per object. Without an ego speed nothing counts as
    /// stationary.
    pub(crate) fn measure(
        &mut self,
        detections: &[Detection],
        ego_speed_mps: Option<f64>,
        measurements: &mut Vec<Measurement>,
    ) -> RadarTally {
        let considered = &detections[..detections.len().min(MAX_DETECTIONS)];
        let valid = |detection: &&Detection| is_valid(detection);
        self.points.clear();
        self.points.extend(
            considered
                .iter()
                .filter(valid)
                .filter(|detection| detection.existence_percent >= MIN_EXISTENCE_PERCENT)
                .map(Point::new),
        );
        self.cluster();
        measurements.clear();
        for root in 0..self.points.len() {
            if self.points[root].cluster == root {
                measurements.push(self.measurement_of(root, ego_speed_mps));
            }
        }
        RadarTally {
            invalid: considered.iter().filter(|detection| !is_valid(detection)).count() as u64,
            truncated: (detections.len() - considered.len()) as u64,
        }
    }

    fn cluster(&mut self) {
        self.clusters.reset(self.points.len());
        for (a, first) in self.points.iter().enumerate() {
            for (b, second) in self.points[..a].iter().enumerate() {
                if first.is_beside(second) {
                    self.clusters.unite(a, b);
                }
            }
        }
        for (index, point) in self.points.iter_mut().enumerate() {
            point.cluster = self.clusters.root(index);
        }
    }

    /// Mean of the points on the rear face of the cluster.
    fn measurement_of(&self, root: usize, ego_speed_mps: Option<f64>) -> Measurement {
        let members = || self.points.iter().filter(|point| point.cluster == root);
        let nearest = members().map(|point| point.range_m).fold(f64::INFINITY, f64::min);
        let mut sums = [0.0; 6];
        let mut count = 0.0;
        for point in members().filter(|point| point.range_m <= nearest + REAR_FACE_DEPTH_M) {
            let [range, azimuth, range_rate] = point.variances;
            let values = [
                point.range_m,
                point.azimuth_rad,
                point.range_rate_mps,
                range,
                azimuth,
                range_rate,
            ];
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += value;
            }
            count += 1.0;
        }
        let [range_m, azimuth_rad, range_rate_mps, range, azimuth, range_rate] =
            sums.map(|sum| sum / count);
        let across_rad = REFLECTION_SIGMA_ACROSS_M / range_m;
        let sigma = (range_rate / count).sqrt().max(MIN_RANGE_RATE_SIGMA_MPS);
        let stands_still = ego_speed_mps.is_some_and(|speed| {
            let of_the_road = -speed * azimuth_rad.cos();
            (range_rate_mps - of_the_road).abs() <= 3.0 * sigma + STATIONARY_TOLERANCE_MPS
        });
        let is_in_the_way = range_m >= STATIONARY_MIN_RANGE_M
            && (range_m * azimuth_rad.sin()).abs() <= STATIONARY_HALF_CORRIDOR_M;
        let is_strong =
            members().any(|point| point.existence_percent >= MIN_EXISTENCE_TO_START_PERCENT);
        Measurement {
            azimuth_rad,
            azimuth_sigma_rad: (azimuth / count + across_rad * across_rad).sqrt(),
            range_m,
            range_sigma_m: (range / count + REFLECTION_SIGMA_ALONG_M.powi(2)).sqrt(),
            range_rate: Some(RangeRate { mps: range_rate_mps, sigma_mps: sigma }),
            starts_track: is_strong && (!stands_still || is_in_the_way),
        }
    }
}

impl Point {
    fn new(detection: &Detection) -> Point {
        let square = |sigma: f32| f64::from(sigma) * f64::from(sigma);
        Point {
            range_m: f64::from(detection.range_m),
            azimuth_rad: f64::from(detection.azimuth_rad),
            range_rate_mps: f64::from(detection.range_rate_mps),
            variances: [
                square(detection.range_sigma_m),
                square(detection.azimuth_sigma_rad),
                square(detection.range_rate_sigma_mps),
            ],
            existence_percent: detection.existence_percent,
            cluster: 0,
        }
    }

    fn is_beside(&self, other: &Point) -> bool {
        let across_m =
            self.range_m.min(other.range_m) * (self.azimuth_rad - other.azimuth_rad).abs();
        (self.range_m - other.range_m).abs() <= SAME_OBJECT_RANGE_M
            && across_m <= SAME_OBJECT_ACROSS_M
            && (self.range_rate_mps - other.range_rate_mps).abs() <= SAME_OBJECT_RANGE_RATE_MPS
    }
}

fn is_valid(detection: &Detection) -> bool {
    use std::f32::consts::PI;
    // A comparison with NaN is false, so that NaN fails each of them.
    let positive = |sigma: f32| sigma > 0.0 && sigma <= 100.0;
    detection.range_m > 0.0
        && detection.range_m <= 1000.0
        && detection.azimuth_rad.abs() <= PI
        && detection.range_rate_mps.abs() <= 200.0
        && detection.rcs_dbsm.is_finite()
        && positive(detection.range_sigma_m)
        && positive(detection.azimuth_sigma_rad)
        && positive(detection.range_rate_sigma_mps)
        && detection.existence_percent <= 100
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAR: Detection = Detection {
        range_m: 40.0,
        azimuth_rad: 0.0,
        range_rate_mps: -5.0,
        rcs_dbsm: 10.0,
        range_sigma_m: 0.2,
        azimuth_sigma_rad: 0.008,
        range_rate_sigma_mps: 0.1,
        existence_percent: 99,
    };

    fn measured(detections: &[Detection], ego: Option<f64>) -> (Vec<Measurement>, RadarTally) {
        let mut measurements = Vec::new();
        let tally = RadarFrontEnd::default().measure(detections, ego, &mut measurements);
        (measurements, tally)
    }

    #[test]
    fn nothing_in_nothing_out() {
        assert_eq!(measured(&[], None), (Vec::new(), RadarTally::default()));
    }

    #[test]
    fn the_points_of_one_car_are_one_measurement_of_its_rear() {
        let points = [
            Detection { azimuth_rad: 0.01, ..CAR },
            Detection { azimuth_rad: -0.01, ..CAR },
            Detection { range_m: 42.0, ..CAR },
            Detection { range_m: 44.0, ..CAR },
        ];
        let (measurements, _) = measured(&points, None);
        assert_eq!(measurements.len(), 1);
        assert!((measurements[0].range_m - 40.0).abs() < 1e-6);
        assert!(measurements[0].azimuth_rad.abs() < 1e-6);
    }

    #[test]
    fn neighbours_stay_apart() {
        let others = [
            Detection { azimuth_rad: 3.5 / 40.0, ..CAR },
            Detection { range_m: 50.0, ..CAR },
            Detection { range_rate_mps: -8.0, ..CAR },
        ];
        for other in others {
            assert_eq!(measured(&[CAR, other], None).0.len(), 2, "{other:?}");
        }
    }

    #[test]
    fn what_is_no_measurement_is_counted_and_dropped() {
        let nonsense = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0e9];
        for value in nonsense {
            let invalid = [
                Detection { range_m: value, ..CAR },
                Detection { azimuth_rad: value, ..CAR },
                Detection { range_rate_mps: value, ..CAR },
                Detection { range_sigma_m: value, ..CAR },
                Detection { azimuth_sigma_rad: value, ..CAR },
                Detection { range_rate_sigma_mps: value, ..CAR },
            ];
            assert_eq!(measured(&invalid, None), (vec![], RadarTally { invalid: 6, truncated: 0 }));
        }
        let (measurements, tally) = measured(&[CAR; MAX_DETECTIONS + 3], None);
        assert_eq!((measurements.len(), tally.truncated), (1, 3));
    }

    #[test]
    fn a_guard_rail_starts_no_track_but_a_stopped_car_does() {
        let road = Detection { range_rate_mps: -25.0, ..CAR };
        let rail = Detection { azimuth_rad: 0.15, ..road };
        let near = Detection { range_m: 3.0, ..road };
        let starts = |detection| measured(&[detection], Some(25.0)).0[0].starts_track;
        assert!(starts(road) && !starts(rail) && !starts(near));
        assert!(starts(Detection { range_rate_mps: -5.0, ..rail }), "it moves");
        assert!(measured(&[rail], None).0[0].starts_track, "the ego speed is unknown");
    }

    #[test]
    fn a_weak_echo_supports_a_track_but_starts_none() {
        for (existence_percent, expected) in [(10, vec![]), (40, vec![false]), (80, vec![true])] {
            let (measurements, _) = measured(&[Detection { existence_percent, ..CAR }], None);
            let starts: Vec<bool> = measurements.iter().map(|found| found.starts_track).collect();
            assert_eq!(starts, expected, "{existence_percent}");
        }
    }
}
