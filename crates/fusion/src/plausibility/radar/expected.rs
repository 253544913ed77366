//! What the radar should say of a track: [`Expected`].

use crate::radar::Detection;
use crate::tracker::Track;

/// A detection may be of a track if it is as near as this along the beam, across it, and in speed.
/// What is off by more is missing.
const SAME_OBJECT_RANGE_M: f32 = 6.0;
/// See [`SAME_OBJECT_RANGE_M`].
const SAME_OBJECT_ACROSS_M: f32 = 2.5;
/// See [`SAME_OBJECT_RANGE_M`].
const SAME_OBJECT_RANGE_RATE_MPS: f32 = 6.0;

/// Where a track should be found and how fast.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    range_m: f32,
    azimuth_rad: f32,
    range_rate_mps: f32,
}

/// By how much a detection is off from what is expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Off {
    pub(super) range_m: f32,
    across_m: f32,
    pub(super) range_rate_mps: f32,
}

impl Expected {
    /// Of a track as it was `back_s` ago.
    pub(super) fn of(track: &Track, back_s: f32) -> Expected {
        let (x, y) = (track.x_m - back_s * track.vx_mps, track.y_m - back_s * track.vy_mps);
        let range_m = x.hypot(y);
        Expected {
            range_m,
            azimuth_rad: y.atan2(x),
            range_rate_mps: (x * track.vx_mps + y * track.vy_mps) / range_m.max(1.0),
        }
    }

    /// By how much the detection that fits best is off, if any fits.
    pub(super) fn nearest(&self, detections: &[Detection]) -> Option<Off> {
        let fitting = detections.iter().map(|it| self.off(it)).filter(Off::fits);
        fitting.min_by(|a, b| a.distance().total_cmp(&b.distance()))
    }

    /// The strongest of the detections that fit.
    pub(super) fn strongest<'a>(&self, detections: &'a [Detection]) -> Option<&'a Detection> {
        let fitting = detections.iter().filter(|it| self.off(it).fits());
        fitting.max_by(|a, b| a.rcs_dbsm.total_cmp(&b.rcs_dbsm))
    }

    /// Whether a detection is where the track is, however fast.
    pub(super) fn is_at(&self, detection: &Detection) -> bool {
        Off { range_rate_mps: 0.0, ..self.off(detection) }.fits()
    }

    fn off(&self, detection: &Detection) -> Off {
        Off {
            range_m: detection.range_m - self.range_m,
            across_m: self.range_m * (detection.azimuth_rad - self.azimuth_rad),
            range_rate_mps: detection.range_rate_mps - self.range_rate_mps,
        }
    }
}

impl Off {
    /// In shares of what one object may be off.
    fn shares(&self) -> [f32; 3] {
        [
            self.range_m / SAME_OBJECT_RANGE_M,
            self.across_m / SAME_OBJECT_ACROSS_M,
            self.range_rate_mps / SAME_OBJECT_RANGE_RATE_MPS,
        ]
    }

    /// A comparison with NaN is false.
    fn fits(&self) -> bool {
        self.shares().iter().all(|share| share.abs() <= 1.0)
    }

    fn distance(&self) -> f32 {
        self.shares().iter().map(|share| share * share).sum()
    }
}
