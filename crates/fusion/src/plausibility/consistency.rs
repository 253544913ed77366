//! Whether a sensor's samples agree with what is believed: [`ConsistencyMonitor`] compares a quantile
//! of its normalised innovations squared (NIS) with their χ² distribution (Y. Bar-Shalom, X. Li,
//! T. Kirubarajan, "Estimation with Applications to Tracking and Navigation", 2001, 5.4). Their mean
//! would not do: what no filter knows, such as a car that brakes hard, makes a few very large values.
//!
//! A sensor is judged by tracks that the other one supports and that are apart from all others of
//! these: echoes of one of several parked cars may be taken for another's.
//!
//! Of two sensors that disagree it cannot tell which is wrong: the tracks follow the more exact one,
//! and the other is surprised. A radar whose time stamps are off makes the camera suspicious.

use super::Doubt;
use crate::fusion::Output;
use crate::tracker::{Seen, Status, Track};

/// Values that are judged together: 1.3 s of the camera and 2 s of the radar with one track.
const WINDOW: usize = 40;

/// Place among the values of the window, in order of size, of the one that is judged: 12 of 40 must
/// be too large.
const RANK: usize = 28;

/// Largest value at that place of a sound camera, of two values each: 2.4 is to be expected (χ²), and
/// 4 is exceeded in one window of a thousand. The rest is for what no model knows.
const CAMERA_MAX: f64 = 5.0;
/// The same of a radar, of three values each: 3.7, and 5.6. The largest in any sound drive of
/// `tests/plausibility` is 8.4.
const RADAR_MAX: f64 = 11.0;

/// Who was not seen for longer is not supported.
const SUPPORT_MAX_NS: u64 = 200_000_000;

/// Nearer than this along the beam and across it, an object that no track claimed and a track that
/// no object was taken for are one: out of the gate.
const SAME_OBJECT_M: [f64; 2] = [6.0, 1.5];

/// Nearer than this, likewise, the objects of one track may be taken for another's.
const APART_M: [f64; 2] = [12.0, 3.0];

/// What an object out of the gate counts as: twice the gate of three values.
const OUT_OF_GATE: f64 = 28.0;

/// Judges the samples of one sensor by how much they surprise.
#[derive(Clone, Debug)]
pub struct ConsistencyMonitor {
    limit: f64,
    /// Age of what the other sensor saw of a track.
    support_ns: fn(&Track) -> Option<u64>,
    ring: [f64; WINDOW],
    count: usize,
}

impl ConsistencyMonitor {
    /// For a camera.
    pub fn of_camera() -> ConsistencyMonitor {
        ConsistencyMonitor::new(CAMERA_MAX, |track| track.radar_age_ns)
    }

    /// For a radar.
    pub fn of_radar() -> ConsistencyMonitor {
        ConsistencyMonitor::new(RADAR_MAX, |track| track.camera_age_ns)
    }

    fn new(limit: f64, support_ns: fn(&Track) -> Option<u64>) -> ConsistencyMonitor {
        ConsistencyMonitor { limit, support_ns, ring: [0.0; WINDOW], count: 0 }
    }

    /// Judges the sensor by the sample that this output was made from, and those before.
    pub fn check(&mut self, output: &Output) -> Option<Doubt> {
        let support_ns = self.support_ns;
        let is_supported =
            |track: &&Track| support_ns(track).is_some_and(|age_ns| age_ns <= SUPPORT_MAX_NS);
        let supported = || output.tracks.iter().filter(is_supported);
        for track in supported().filter(|track| track.status == Status::Confirmed) {
            let place = polar(track);
            let is_beside =
                |other: &Track| other.id != track.id && is_near(place, polar(other), APART_M);
            if supported().any(is_beside) {
                continue;
            }
            let is_of_another = |seen: &Seen| supported().any(|other| Some(other.id) == seen.track);
            if let Some(surprise) = surprise(track, &output.seen, is_of_another) {
                self.ring[self.count % WINDOW] = surprise;
                self.count += 1;
            }
        }
        let mut sorted = self.ring;
        sorted.sort_unstable_by(f64::total_cmp);
        (self.count >= WINDOW && sorted[RANK] > self.limit).then_some(Doubt::Inconsistent)
    }
}

/// By how much the sample surprises whoever believes in the track; `None` where it tells nothing of
/// it.
fn surprise(track: &Track, seen: &[Seen], is_of_another: impl Fn(&Seen) -> bool) -> Option<f64> {
    if let Some(own) = seen.iter().find(|seen| seen.track == Some(track.id)) {
        return Some(own.nis);
    }
    let is_of_it = |seen: &&Seen| {
        is_near(polar(track), (seen.range_m, seen.azimuth_rad), SAME_OBJECT_M)
            && !is_of_another(seen)
    };
    seen.iter().find(is_of_it).map(|_| OUT_OF_GATE)
}

/// Range and azimuth.
fn polar(track: &Track) -> (f64, f64) {
    let [x_m, y_m] = [track.x_m, track.y_m].map(f64::from);
    (x_m.hypot(y_m), y_m.atan2(x_m))
}

/// Whether two places are nearer to each other than this along the beam and across it.
fn is_near(one: (f64, f64), other: (f64, f64), [along_m, across_m]: [f64; 2]) -> bool {
    (one.0 - other.0).abs() <= along_m && (one.1 - other.1).abs() * one.0 <= across_m
}
