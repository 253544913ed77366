//! Pixels → vehicles. Main type: [`Detector`].
//!
//! Below every vehicle lies a shadow that is darker than any road in daylight, as wide as the
//! vehicle, and its lower edge is where the rear face meets the ground. The road below the horizon
//! is reduced four-fold, each row is compared with its own mean, dark runs are joined to regions,
//! and a region whose place and width on the ground plane are those of a vehicle is measured at
//! full resolution. Nothing but pixels and calibration is used.

mod edge;
mod reduce;
mod regions;

use std::ops::Range;

use crate::config::CameraCalibration;
use crate::measurement::Measurement;
use edge::Profile;
use reduce::{CELL_PX, RowReducer};
use regions::{Region, Regions};

/// A cell is shadow below this share of its row's mean: shadow is about a third as bright as
/// asphalt, grass two thirds.
const SHADOW_SHARE: f32 = 0.55;

/// Roads farther away than this are not searched: a shadow is then as thin as a cell.
const MAX_DISTANCE_M: f64 = 110.0;

/// Widths of what runs on a road: from a narrow car to a lorry with its mirrors, with some
/// tolerance.
const MIN_WIDTH_M: f64 = 1.2;
/// See [`MIN_WIDTH_M`].
const MAX_WIDTH_M: f64 = 3.0;

/// Runs narrower than this are tyres, posts and noise.
const MIN_RUN_M: f64 = 0.6;

/// Uncertainty of the lower edge of a shadow, 1 σ: a pixel's raster and a little pitch.
const EDGE_SIGMA_PX: f64 = 0.6;
/// Uncertainty of the middle of a shadow, 1 σ: the raster, and the vehicle's side at a distance.
const MIDDLE_SIGMA_PX: f64 = 1.5;
/// Part of the range that is uncertain besides, for unevenness of the road.
const ROAD_SIGMA_SHARE: f64 = 0.005;

/// Finds vehicles in frames. Owns its working memory; a frame allocates nothing once it was as
/// crowded as frames get.
#[derive(Debug)]
pub(crate) struct Detector {
    camera: CameraCalibration,
    /// First image row that is searched, as far away as [`MAX_DISTANCE_M`].
    first_row: usize,
    reducer: RowReducer,
    regions: Regions,
    profile: Profile,
    /// Columns in which a vehicle hides what is behind it.
    hidden: Vec<Range<usize>>,
}

impl Detector {
    pub(crate) fn new(camera: CameraCalibration) -> Detector {
        // A calibration that makes no sense gives any row, 0 and beyond the image included; no
        // region has a place on its ground plane then.
        let first_row = camera.road_row_px(MAX_DISTANCE_M).max(camera.centre_y_px).ceil() as usize;
        Detector {
            camera,
            first_row,
            reducer: RowReducer::default(),
            regions: Regions::default(),
            profile: Profile::default(),
            hidden: Vec::new(),
        }
    }

    /// Fills `measurements` with the vehicles in a frame of the calibrated size, nearest first.
    pub(crate) fn detect(&mut self, pixels: &[u8], measurements: &mut Vec<Measurement>) {
        measurements.clear();
        self.hidden.clear();
        if pixels.len() != self.camera.frame_bytes() || (self.camera.width_px as usize) < CELL_PX {
            return;
        }
        self.find_regions(pixels);
        let Detector { camera, regions, profile, hidden, .. } = self;
        for region in regions.nearest_first() {
            // As high as the camera, a vehicle hides the road behind it: what is dark there is part
            // of itself.
            let middle = usize::midpoint(region.left, region.right);
            if hidden.iter().any(|columns: &Range<usize>| columns.contains(&middle)) {
                continue;
            }
            let measurement = measure(camera, profile, pixels, region);
            if measurement.is_some() || is_cut_off(camera, region) {
                hidden.push(region.left..region.right);
            }
            measurements.extend(measurement);
        }
    }

    fn find_regions(&mut self, pixels: &[u8]) {
        let width = self.camera.width_px as usize;
        self.regions.clear();
        let rows =
            pixels.chunks_exact(width * CELL_PX).enumerate().skip(self.first_row.div_ceil(CELL_PX));
        for (index, strip) in rows {
            let cells = self.reducer.reduce(strip, width);
            let threshold = reduce::mean(cells) * SHADOW_SHARE;
            let distance_m = self.camera.road_distance_m(((index + 1) * CELL_PX) as f64);
            let min_run = MIN_RUN_M * self.camera.focal_px / distance_m / CELL_PX as f64;
            self.regions.add_row(index, cells, threshold as u8, min_run.max(1.0) as usize);
        }
    }
}

/// The vehicle above a region, or `None` if there is none.
fn measure(
    camera: &CameraCalibration,
    profile: &mut Profile,
    pixels: &[u8],
    region: &Region,
) -> Option<Measurement> {
    let width = camera.width_px as usize;
    if is_cut_off(camera, region) {
        return None;
    }
    let columns = region.foot_left * CELL_PX..region.foot_right * CELL_PX;
    let edge = profile.lower_edge(pixels, width, columns, region.bottom * CELL_PX)?;
    // The lowest row that is shadow altogether. The region as a whole is wider: it may reach along
    // the vehicle's side.
    let foot = pixels.chunks_exact(width).nth((edge.row_px - 1.0) as usize)?;
    let columns = edge::ends(foot, &(region.left * CELL_PX..region.right * CELL_PX), edge.half)?;
    let x_m = camera.road_distance_m(edge.row_px);
    let width_m = columns.len() as f64 * x_m / camera.focal_px;
    if !(MIN_WIDTH_M..=MAX_WIDTH_M).contains(&width_m) || !(0.0..=MAX_DISTANCE_M).contains(&x_m) {
        return None;
    }
    let middle_px = (columns.start + columns.end) as f64 / 2.0;
    let slope = (camera.centre_x_px - middle_px) / camera.focal_px;
    let range_m = x_m * slope.hypot(1.0);
    let per_row_m = x_m * x_m / (camera.focal_px * camera.mount_height_m);
    Some(Measurement {
        azimuth_rad: slope.atan(),
        azimuth_sigma_rad: MIDDLE_SIGMA_PX / camera.focal_px,
        range_m,
        range_sigma_m: (EDGE_SIGMA_PX * per_row_m).hypot(ROAD_SIGMA_SHARE * range_m),
        range_rate: None,
        starts_track: true,
    })
}

/// Whether the border of the image cuts a region off, so that neither width nor middle are known.
fn is_cut_off(camera: &CameraCalibration, region: &Region) -> bool {
    region.left == 0 || (region.right + 1) * CELL_PX > camera.width_px as usize
}

#[cfg(test)]
mod tests;
