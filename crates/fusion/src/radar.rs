//! Raw radar detections → one measurement per object. Main type: [`RadarFrontEnd`].
//!
//! A radar reports several points of one car; the tracker believes in one measurement per object
//! and scan. It never sees a detection that is not a number, nor starts a track on a guard rail.

mod start;
#[cfg(test)]
mod tests;

use crate::config::EgoMotion;
use crate::measurement::{Measurement, RangeRate};
use crate::union_find::UnionFind;
use start::StartRules;

/// For so many lists after the start, half a second, what stands near may have come near before.
const FIRST_LISTS: u32 = 10;

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

/// Detections of one car are not farther apart than this: along the beam (a car's length, seen from
/// behind, has gaps of this size), across it (from the middle of a rear to its corner, and noise;
/// corners of neighbours side by side are 1.9 m apart), and in speed.
const SAME_OBJECT_RANGE_M: f64 = 2.5;
/// See [`SAME_OBJECT_RANGE_M`].
const SAME_OBJECT_ACROSS_M: f64 = 1.5;
/// See [`SAME_OBJECT_RANGE_M`].
const SAME_OBJECT_RANGE_RATE_MPS: f64 = 1.0;
/// Weak points as near to each other as a person is wide are of one, whose limbs swing.
const SAME_PERSON_M: f64 = 0.8;
/// See [`SAME_PERSON_M`].
const SAME_PERSON_RANGE_RATE_MPS: f64 = 3.0;
/// See [`SAME_PERSON_M`]: -8 dB m² in the mean, and what it fluctuates up.
const PERSON_MAX_RCS_DBSM: f64 = 0.0;

/// The points within this depth behind a cluster's nearest one belong to the rear face, the
/// reference of a track.
const REAR_FACE_DEPTH_M: f64 = 0.8;

/// A reflection comes from anywhere on the rear face: 1 σ of its place around the centre, across
/// and along the beam.
const REFLECTION_SIGMA_ACROSS_M: f64 = 0.4;
/// See [`REFLECTION_SIGMA_ACROSS_M`].
const REFLECTION_SIGMA_ALONG_M: f64 = 0.12;
/// Smallest standard deviation of a range rate: parts of a car do not move as one, and those of what
/// is as weak as a person swing.
const MIN_RANGE_RATE_SIGMA_MPS: f64 = 0.1;
/// See [`MIN_RANGE_RATE_SIGMA_MPS`].
const PERSON_RANGE_RATE_SIGMA_MPS: f64 = 0.4;

/// Below this deviation from the speed of the road, beyond 3 σ, an object stands still.
const STANDING_TOLERANCE_MPS: f64 = 0.5;

/// What became of the detections of one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RadarTally {
    /// Not a number, or out of range.
    pub(crate) invalid: u64,
    /// Beyond [`MAX_DETECTIONS`].
    pub(crate) truncated: u64,
}

/// Clusters detections; keeps its working memory.
#[derive(Debug)]
pub(crate) struct RadarFrontEnd {
    /// Range rates are told modulo this.
    range_rate_span_mps: f64,
    /// Lists taken in, at most [`FIRST_LISTS`].
    lists: u32,
    points: Vec<Point>,
    clusters: UnionFind,
    objects: Vec<Object>,
}

/// A checked detection.
#[derive(Clone, Copy, Debug)]
struct Point {
    x_m: f64,
    y_m: f64,
    range_m: f64,
    range_rate_mps: f64,
    /// Of range, azimuth and range rate.
    variances: [f64; 3],
    rcs_dbsm: f64,
    existence_percent: u8,
    cluster: usize,
}

/// One object, of one or more points.
#[derive(Clone, Copy, Debug)]
struct Object {
    x_m: f64,
    y_m: f64,
    range_m: f64,
    range_rate: RangeRate,
    azimuth_sigma_rad: f64,
    range_sigma_m: f64,
    /// Of its strongest point.
    rcs_dbsm: f64,
    existence_percent: u8,
    stands_still: bool,
}

impl RadarFrontEnd {
    /// For a radar that tells range rates modulo this.
    pub(crate) fn new(range_rate_span_mps: f64) -> RadarFrontEnd {
        RadarFrontEnd {
            range_rate_span_mps,
            lists: 0,
            points: Vec::with_capacity(MAX_DETECTIONS),
            clusters: UnionFind::default(),
            objects: Vec::with_capacity(MAX_DETECTIONS),
        }
    }

    /// Fills `measurements` with one entry per object. Without the ego's motion nothing counts as
    /// stationary.
    pub(crate) fn measure(
        &mut self,
        detections: &[Detection],
        ego: Option<EgoMotion>,
        measurements: &mut Vec<Measurement>,
    ) -> RadarTally {
        let considered = &detections[..detections.len().min(MAX_DETECTIONS)];
        let valid = |detection: &&Detection| is_valid(detection);
        let span_mps = self.range_rate_span_mps;
        self.points.clear();
        self.points.extend(
            considered
                .iter()
                .filter(valid)
                .filter(|detection| detection.existence_percent >= MIN_EXISTENCE_PERCENT)
                .map(|detection| Point::new(detection, span_mps, ego)),
        );
        self.cluster();
        self.objects.clear();
        for root in 0..self.points.len() {
            if self.points[root].cluster == root {
                self.objects.push(self.object(root, ego));
            }
        }
        measurements.clear();
        self.lists = FIRST_LISTS.min(self.lists + 1);
        let starts =
            StartRules { objects: &self.objects, ego, is_first_look: self.lists < FIRST_LISTS };
        measurements.extend(self.objects.iter().map(|object| Measurement {
            azimuth_rad: object.y_m.atan2(object.x_m),
            azimuth_sigma_rad: object.azimuth_sigma_rad,
            range_m: object.range_m,
            range_sigma_m: object.range_sigma_m,
            range_rate: Some(object.range_rate),
            starts_track: starts.allow(object),
        }));
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
    fn object(&self, root: usize, ego: Option<EgoMotion>) -> Object {
        let members = || self.points.iter().filter(|point| point.cluster == root);
        let nearest_m = members().map(|point| point.x_m).fold(f64::INFINITY, f64::min);
        let face = || members().filter(|point| point.x_m <= nearest_m + REAR_FACE_DEPTH_M);
        let count = face().count() as f64;
        let mean = |value: fn(&Point) -> f64| face().map(value).sum::<f64>() / count;
        let (x_m, y_m) = (mean(|point| point.x_m), mean(|point| point.y_m));
        let range_m = x_m.hypot(y_m);
        let mps = mean(|point| point.range_rate_mps);
        let rcs_dbsm = members().map(|point| point.rcs_dbsm).fold(f64::NEG_INFINITY, f64::max);
        let min_sigma_mps = if rcs_dbsm <= PERSON_MAX_RCS_DBSM {
            PERSON_RANGE_RATE_SIGMA_MPS
        } else {
            MIN_RANGE_RATE_SIGMA_MPS
        };
        let across_rad = REFLECTION_SIGMA_ACROSS_M / range_m;
        let range = mean(|point| point.variances[0]) + REFLECTION_SIGMA_ALONG_M.powi(2);
        let azimuth = mean(|point| point.variances[1]) + across_rad * across_rad;
        let sigma_mps = (mean(|point| point.variances[2]) / count).sqrt();
        let rate = RangeRate { mps, sigma_mps };
        Object {
            x_m,
            y_m,
            range_m,
            range_rate: RangeRate { sigma_mps: sigma_mps.max(min_sigma_mps), ..rate },
            azimuth_sigma_rad: (azimuth / count).sqrt(),
            range_sigma_m: (range / count).sqrt(),
            rcs_dbsm,
            existence_percent: members().map(|it| it.existence_percent).max().unwrap_or(0),
            stands_still: ego.is_some_and(|ego| stands_still(rate, x_m / range_m, ego)),
        }
    }
}

impl Point {
    /// A range rate that only a standing thing a span off explains is taken as that.
    fn new(detection: &Detection, span_mps: f64, ego: Option<EgoMotion>) -> Point {
        let square = |sigma: f32| f64::from(sigma) * f64::from(sigma);
        let range_m = f64::from(detection.range_m);
        let (sin, cos) = f64::from(detection.azimuth_rad).sin_cos();
        let told_mps = f64::from(detection.range_rate_mps);
        let sigma_mps = f64::from(detection.range_rate_sigma_mps);
        let stands = |&mps: &f64| {
            ego.is_some_and(|ego| stands_still(RangeRate { mps, sigma_mps }, cos, ego))
        };
        let unfolded_mps = [told_mps, told_mps - span_mps, told_mps + span_mps];
        Point {
            x_m: range_m * cos,
            y_m: range_m * sin,
            range_m,
            range_rate_mps: unfolded_mps.into_iter().find(stands).unwrap_or(told_mps),
            variances: [
                square(detection.range_sigma_m),
                square(detection.azimuth_sigma_rad),
                square(detection.range_rate_sigma_mps),
            ],
            rcs_dbsm: f64::from(detection.rcs_dbsm),
            existence_percent: detection.existence_percent,
            cluster: 0,
        }
    }

    fn is_beside(&self, other: &Point) -> bool {
        let along_m = (self.range_m - other.range_m).abs();
        let chord_m = (self.x_m - other.x_m).hypot(self.y_m - other.y_m);
        let across_m = (chord_m * chord_m - along_m * along_m).max(0.0).sqrt();
        let apart_mps = (self.range_rate_mps - other.range_rate_mps).abs();
        let is_same_car = along_m <= SAME_OBJECT_RANGE_M
            && across_m <= SAME_OBJECT_ACROSS_M
            && apart_mps <= SAME_OBJECT_RANGE_RATE_MPS;
        let is_same_person = chord_m <= SAME_PERSON_M
            && apart_mps <= SAME_PERSON_RANGE_RATE_MPS
            && self.rcs_dbsm.max(other.rcs_dbsm) <= PERSON_MAX_RCS_DBSM;
        is_same_car || is_same_person
    }
}

/// Whether a range rate in a direction of this cosine is that of the road.
fn stands_still(rate: RangeRate, cos: f64, ego: EgoMotion) -> bool {
    (rate.mps + ego.speed_mps * cos).abs() <= 3.0 * rate.sigma_mps + STANDING_TOLERANCE_MPS
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
