//! What lies between the simulated sensors and fusion, for every test that drives both.

use fusion::{CameraCalibration, Detection};
use world::CameraModel;

/// What fusion is told of the camera.
pub(crate) fn calibration(model: &CameraModel) -> CameraCalibration {
    CameraCalibration {
        width_px: model.width_px,
        height_px: model.height_px,
        focal_px: model.focal_px,
        centre_x_px: model.centre_x_px,
        centre_y_px: model.centre_y_px,
        mount_height_m: model.mount_height_m,
    }
}

/// A detection as the radar sends it.
pub(crate) fn on_the_wire(seen: &world::Detection) -> wire::radar::Detection {
    wire::radar::Detection {
        range_m: seen.range_m.into(),
        azimuth_rad: seen.azimuth_rad.into(),
        range_rate_mps: seen.range_rate_mps.into(),
        rcs_dbsm: seen.rcs_dbsm.into(),
        range_sigma_mm: ((seen.range_sigma_m * 1e3) as u16).into(),
        azimuth_sigma_e4rad: ((seen.azimuth_sigma_rad * 1e4) as u16).into(),
        range_rate_sigma_mmps: ((seen.range_rate_sigma_mps * 1e3) as u16).into(),
        existence_percent: seen.existence,
        flags: 0,
    }
}

/// A detection as fusion takes it in.
pub(crate) fn off_the_wire(detection: &wire::radar::Detection) -> Detection {
    Detection {
        range_m: detection.range_m.get(),
        azimuth_rad: detection.azimuth_rad.get(),
        range_rate_mps: detection.range_rate_mps.get(),
        rcs_dbsm: detection.rcs_dbsm.get(),
        range_sigma_m: f32::from(detection.range_sigma_mm.get()) * 1e-3,
        azimuth_sigma_rad: f32::from(detection.azimuth_sigma_e4rad.get()) * 1e-4,
        range_rate_sigma_mps: f32::from(detection.range_rate_sigma_mmps.get()) * 1e-3,
        existence_percent: detection.existence_percent,
    }
}
