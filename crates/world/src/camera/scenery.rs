//! All that is not a vehicle: [`Scenery`] paints sky, skyline, verge, asphalt and road marks.

use std::ops::Range;

use super::{CameraModel, fill};
use crate::random::Draws;
use crate::road::LANE_WIDTH_M;

/// Width of a road mark, m, and the pattern of a broken one: the guiding line of a German
/// motorway, 6 m of line and 12 m of gap (RMS-1).
const MARK_WIDTH_M: f64 = 0.15;
const DASH_M: f64 = 6.0;
const DASH_PERIOD_M: f64 = 18.0;

/// From the outer mark to the verge, m.
const SHOULDER_M: f64 = 2.0;

/// Grey levels near the camera, and of the haze they fade into at the horizon.
const ASPHALT: f64 = 92.0;
const VERGE: f64 = 66.0;
const MARK: f64 = 196.0;
const HAZE: f64 = 150.0;

/// Where the haze has taken half, m.
const HALF_HAZE_M: f64 = 400.0;

/// Grey of the sky at the top of the picture and above the horizon.
const ZENITH: f64 = 132.0;
const LOW_SKY: f64 = 204.0;

/// Woods along the horizon: their grey, the columns between two corners of their outline, and its
/// height in rows.
const WOODS: u8 = 112;
const CORNER_PX: usize = 32;
const WOODS_PX: Range<f64> = 4.0..22.0;

pub(super) struct Scenery {
    model: CameraModel,
    /// For each column, how many rows the woods reach above the horizon.
    skyline: Vec<u8>,
    /// How far the ego is into the current period of broken marks.
    phase_m: f64,
}

impl Scenery {
    pub(super) fn new(model: CameraModel, draws: &mut Draws) -> Self {
        let mut skyline = vec![0; model.width_px as usize];
        let mut corner = || draws.between(WOODS_PX.start, WOODS_PX.end);
        let mut from = corner();
        for stretch in skyline.chunks_mut(CORNER_PX) {
            let to = corner();
            for (column, height) in stretch.iter_mut().enumerate() {
                *height = (from + (to - from) * column as f64 / CORNER_PX as f64) as u8;
            }
            from = to;
        }
        Self { model, skyline, phase_m: 0.0 }
    }

    /// Moves the road below the ego to where it has come.
    pub(super) fn advance(&mut self, ego_distance_m: f64) {
        self.phase_m = ego_distance_m.rem_euclid(DASH_PERIOD_M);
    }

    pub(super) fn paint(&self, index: usize, row: &mut [u8]) {
        let descent = self.model.descent(index);
        if descent > 0.0 {
            self.paint_ground(self.model.mount_height_m / descent, row);
        } else {
            self.paint_sky(index, row);
        }
    }

    fn paint_sky(&self, index: usize, row: &mut [u8]) {
        let above_px = self.model.centre_y_px - index as f64 - 0.5;
        let height = above_px / self.model.centre_y_px;
        row.fill((LOW_SKY + (ZENITH - LOW_SKY) * height) as u8);
        if above_px < WOODS_PX.end {
            let above_px = above_px as u8;
            for (grey, &woods_px) in row.iter_mut().zip(&self.skyline) {
                *grey = if above_px < woods_px { WOODS } else { *grey };
            }
        }
    }

    /// A row shows the ground at one depth.
    fn paint_ground(&self, x_m: f64, row: &mut [u8]) {
        let haze = x_m / (x_m + HALF_HAZE_M);
        let grey = |near: f64| near + (HAZE - near) * haze;
        let px_per_m = self.model.focal_px / x_m;
        let asphalt = grey(ASPHALT);
        let mut strip = |y_m: f64, half_width_m: f64, grey: f64| {
            let middle_px = self.model.centre_x_px - y_m * px_per_m;
            let half_width_px = half_width_m * px_per_m;
            fill(row, middle_px - half_width_px, middle_px + half_width_px, grey as u8);
        };
        strip(0.0, f64::INFINITY, grey(VERGE));
        strip(0.0, 1.5 * LANE_WIDTH_M + SHOULDER_M, asphalt);
        for y_m in [-1.5 * LANE_WIDTH_M, 1.5 * LANE_WIDTH_M] {
            strip(y_m, MARK_WIDTH_M, grey(MARK));
        }
        let dash = self.dash_share(x_m);
        if dash > 0.0 {
            for y_m in [-0.5 * LANE_WIDTH_M, 0.5 * LANE_WIDTH_M] {
                strip(y_m, MARK_WIDTH_M / 2.0, asphalt + (grey(MARK) - asphalt) * dash);
            }
        }
    }

    /// How much of a row at this depth is dash: all or nothing, until one row spans a whole dash
    /// and they merge.
    fn dash_share(&self, x_m: f64) -> f64 {
        let span_m = x_m * x_m / (self.model.focal_px * self.model.mount_height_m);
        if span_m > DASH_M {
            return DASH_M / DASH_PERIOD_M;
        }
        let into_m = (self.phase_m + x_m) % DASH_PERIOD_M;
        if into_m < DASH_M { 1.0 } else { 0.0 }
    }
}
