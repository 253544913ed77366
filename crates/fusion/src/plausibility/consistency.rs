//! Whether a sensor's samples agree with what is believed: [`ConsistencyMonitor`] compares the mean
//! of its normalised innovations squared (NIS) with their χ² distribution (Y. Bar-Shalom, X. Li,
//! T. Kirubarajan, "Estimation with Applications to Tracking and Navigation", 2001, 5.4).
//!
//! Of two sensors that disagree it cannot tell which is wrong: the tracks follow the more exact one,
//! and the other is surprised. A radar whose time stamps are off makes the camera suspicious.

use super::Doubt;
use crate::fusion::Output;
use crate::tracker::{Seen, Status, Track};

/// Values of which the mean is judged: 1.3 s of the camera and 2 s of the radar with one track.
const WINDOW: usize = 40;

/// Largest mean of a sound camera, of two values each: a sound filter's is below 3.1 in 99.9 % of
/// all windows (χ² of 80 degrees of freedom over 40), and half as much again is for what no model
/// knows: a car that brakes hard, a road that is not level.
const CAMERA_MEAN_MAX: f64 = 4.5;
/// The same of a radar, of three values each (χ² of 120 degrees of freedom over 40: 4.3 at 99.9 %).
const RADAR_MEAN_MAX: f64 = 6.5;

/// Nearer than this along the beam and across it, an object that no track claimed and a track that
/// no object was taken for are one: out of the gate.
const SAME_OBJECT_RANGE_M: f64 = 6.0;
/// See [`SAME_OBJECT_RANGE_M`].
const SAME_OBJECT_ACROSS_M: f64 = 1.5;

/// What an object out of the gate counts as: twice the gate of three values.
const OUT_OF_GATE: f64 = 28.0;

/// Judges the samples of one sensor by how much they surprise.
#[derive(Clone, Debug)]
pub struct ConsistencyMonitor {
    mean_max: f64,
    ring: [f64; WINDOW],
    count: usize,
}

impl ConsistencyMonitor {
    /// For a camera.
    pub fn of_camera() -> ConsistencyMonitor {
        ConsistencyMonitor::new(CAMERA_MEAN_MAX)
    }

    /// For a radar.
    pub fn of_radar() -> ConsistencyMonitor {
        ConsistencyMonitor::new(RADAR_MEAN_MAX)
    }

    fn new(mean_max: f64) -> ConsistencyMonitor {
        ConsistencyMonitor { mean_max, ring: [0.0; WINDOW], count: 0 }
    }

    /// Judges the sensor by the sample that this output was made from, and those before.
    pub fn check(&mut self, output: &Output) -> Option<Doubt> {
        for track in output.tracks.iter().filter(|track| track.status == Status::Confirmed) {
            if let Some(surprise) = surprise(track, &output.seen) {
                self.ring[self.count % WINDOW] = surprise;
                self.count += 1;
            }
        }
        let mean = self.ring.iter().sum::<f64>() / WINDOW as f64;
        (self.count >= WINDOW && mean > self.mean_max).then_some(Doubt::Inconsistent)
    }
}

/// By how much the sample surprises whoever believes in the track; `None` where it tells nothing of
/// it.
fn surprise(track: &Track, seen: &[Seen]) -> Option<f64> {
    if let Some(own) = seen.iter().find(|seen| seen.track == Some(track.id)) {
        return Some(own.nis);
    }
    let [x_m, y_m] = [track.x_m, track.y_m].map(f64::from);
    let (range_m, azimuth_rad) = (x_m.hypot(y_m), y_m.atan2(x_m));
    let is_near = |seen: &Seen| {
        (seen.range_m - range_m).abs() <= SAME_OBJECT_RANGE_M
            && (seen.azimuth_rad - azimuth_rad).abs() * range_m <= SAME_OBJECT_ACROSS_M
    };
    seen.iter().any(|seen| seen.track.is_none() && is_near(seen)).then_some(OUT_OF_GATE)
}
