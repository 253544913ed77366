//! What fusion knows about its sensors. Main type: [`Config`].

use crate::brake::BrakePolicy;
use crate::plausibility::Regularity;

/// The pinhole model of the camera, which looks straight ahead, level, without distortion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CameraCalibration {
    /// Columns of a frame.
    pub width_px: u32,
    /// Rows of a frame.
    pub height_px: u32,
    /// Focal length; pixels are square.
    pub focal_px: f64,
    /// Column of the optical axis, counted from the left edge of the first column.
    pub centre_x_px: f64,
    /// Row of the optical axis, counted from the upper edge of the first row: the horizon.
    pub centre_y_px: f64,
    /// Height of the optical centre above the road.
    pub mount_height_m: f64,
}

impl CameraCalibration {
    /// Bytes of one frame, one byte per pixel, rows without padding.
    pub fn frame_bytes(&self) -> usize {
        self.width_px as usize * self.height_px as usize
    }

    /// Forward distance of the road at image row `row_px` (infinite or negative at and above the
    /// horizon).
    pub(crate) fn road_distance_m(&self, row_px: f64) -> f64 {
        self.focal_px * self.mount_height_m / (row_px - self.centre_y_px)
    }

    /// Image row of the road at forward distance `distance_m`.
    pub(crate) fn road_row_px(&self, distance_m: f64) -> f64 {
        self.centre_y_px + self.focal_px * self.mount_height_m / distance_m
    }

    /// The region in which the detector is expected to see a vehicle.
    pub fn field_of_view(&self) -> FieldOfView {
        let half_width_px = self.centre_x_px.min(f64::from(self.width_px) - self.centre_x_px);
        FieldOfView {
            half_angle_rad: 0.9 * (half_width_px / self.focal_px).atan(),
            min_range_m: 8.0,
            max_range_m: 70.0,
        }
    }
}

/// A sector in front of the ego in which a sensor is expected to see a vehicle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldOfView {
    /// Largest azimuth to either side.
    pub half_angle_rad: f64,
    /// Nearest range.
    pub min_range_m: f64,
    /// Farthest range.
    pub max_range_m: f64,
}

impl FieldOfView {
    /// Whether a point at this range and azimuth lies inside.
    pub fn contains(&self, range_m: f64, azimuth_rad: f64) -> bool {
        azimuth_rad.abs() <= self.half_angle_rad
            && (self.min_range_m..=self.max_range_m).contains(&range_m)
    }
}

/// How the ego moves over ground, as its own odometry tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EgoMotion {
    /// Forward.
    pub speed_mps: f64,
    /// Left positive.
    pub yaw_rate_radps: f64,
}

/// Everything fusion is told at its start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// The camera's geometry.
    pub camera: CameraCalibration,
    /// Nominal time between two frames.
    pub camera_period_ns: u64,
    /// Nominal time between two radar messages.
    pub radar_period_ns: u64,
    /// When the camera measures, and when the radar does.
    pub regularity: [Regularity; 2],
    /// A sensor counts as gone when its newest data is older than this many of its periods.
    ///
    /// Three: one period between two measurements, one of latency, and one lost measurement is no
    /// outage.
    pub periods_until_gone: u32,
    /// Where the camera should see a vehicle. A vehicle it does not find outside is not counted as
    /// a miss.
    pub camera_view: FieldOfView,
    /// Where the radar should see a vehicle: in its near or its far beam.
    pub radar_views: [FieldOfView; 2],
    /// The radar tells range rates modulo this, in metres a second.
    pub radar_range_rate_span_mps: f64,
    /// How long a confirmed track lives without a measurement while both sensors are alive, in
    /// seconds.
    pub coast_s: f64,
    /// The same while a sensor is out, in seconds: time passes slower for a track then, by the
    /// ratio of the two.
    pub coast_in_outage_s: f64,
    /// When to brake, and what the brakes can do.
    pub brake: BrakePolicy,
}

impl Config {
    /// The defaults for a camera at 30 Hz and a radar at 20 Hz.
    pub fn new(camera: CameraCalibration) -> Config {
        Config {
            camera,
            camera_period_ns: 33_333_333,
            radar_period_ns: 50_000_000,
            regularity: [Regularity::Scheduled; 2],
            periods_until_gone: 3,
            camera_view: camera.field_of_view(),
            radar_views: [
                FieldOfView { half_angle_rad: 0.7, min_range_m: 1.0, max_range_m: 65.0 },
                FieldOfView { half_angle_rad: 0.15, min_range_m: 1.0, max_range_m: 250.0 },
            ],
            // From -400 to +200 km/h, as a Continental ARS 408-21.
            radar_range_rate_span_mps: 600.0 / 3.6,
            coast_s: 1.0,
            coast_in_outage_s: 2.5,
            brake: BrakePolicy::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::limits::{COAST_IN_OUTAGE_NS, PERIODS_UNTIL_GONE};

    #[test]
    fn runs_are_judged_by_what_fusion_does() {
        let config = Config::new(CameraCalibration {
            width_px: 1920,
            height_px: 1080,
            focal_px: 1500.0,
            centre_x_px: 960.0,
            centre_y_px: 540.0,
            mount_height_m: 1.3,
        });
        assert_eq!(config.periods_until_gone, PERIODS_UNTIL_GONE);
        assert!((config.coast_in_outage_s * 1e9 - COAST_IN_OUTAGE_NS as f64).abs() < 1.0);
    }
}
