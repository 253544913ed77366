//! From a step in the picture to what stands there: [`Gauge`] measures it and tells vehicles and
//! people from marks, stains and shadows on the road.

use std::ops::Range;

use super::edge::{LowerEdge, Profile, row_mean};
use super::steps::Step;
use crate::config::CameraCalibration;

/// Widths of what runs on a road: from a narrow car to a lorry with its mirrors, with some
/// tolerance.
const WIDE_M: Range<f64> = 1.2..3.0;

/// Widths of who walks or rides: a child's feet to a motorcycle's panniers.
const NARROW_M: Range<f64> = 0.22..1.1;

/// Heights at which a narrow thing must differ from what is beside it, m: a child has all of them.
const NARROW_HEIGHTS_M: [f64; 4] = [0.25, 0.45, 0.65, 0.85];
/// Half the width looked at, and how far beside it the road is looked at, m.
const NARROW_HALF_M: f64 = 0.08;
const BESIDE_M: Range<f64> = 0.3..0.5;

/// What lies flat on the road is even up to this height, were it upright, m; a vehicle shows the
/// end of the shadow below it, its bumper, its wheels.
const FLAT_UP_TO_M: f64 = 0.75;
/// Even: within this share of the step at its edge.
const FLAT_SHARE: f64 = 0.12;

/// Both ends of an edge are level to within so many rows.
const LEVEL_PX: f64 = 3.0;
/// Above that it is darker than this share of the way to the road: a pallet has bright blocks.
const LEVEL_SHARE: f64 = 0.75;

/// How far behind its end what casts a shadow is looked for, m: a car's shadow is as long when the
/// sun stands 6° high.
const CAST_M: f64 = 15.0;
/// The road below a vehicle is darker than the vehicle's shadow before it by this share of the
/// shadow's own step at the least.
const CAST_SHARE: f64 = 0.2;
/// How far to the side it may be, per m: the tangent of the azimuth of a sun that blinds.
const CAST_LEANS: [f64; 5] = [-0.2, -0.1, 0.0, 0.1, 0.2];
/// Places looked at on the way.
const CAST_SAMPLES: u32 = 24;

/// Uncertainty of the lower edge, 1 σ: a pixel's raster and a little pitch.
const EDGE_SIGMA_PX: f64 = 0.35;
/// Uncertainty of the middle, 1 σ: the raster, and the vehicle's side at a distance.
const MIDDLE_SIGMA_PX: f64 = 2.2;
/// The middle of a narrow thing is uncertain besides, m, 1 σ: feet move.
const NARROW_MIDDLE_SIGMA_M: f64 = 0.08;
/// Part of the range that is uncertain besides, for unevenness of the road.
const ROAD_SIGMA_SHARE: f64 = 0.0025;

/// How broad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breadth {
    /// A vehicle on two tracks, or an obstacle as wide.
    Wide,
    /// A person, or a motorcycle.
    Narrow,
}

/// Something that stands on the road.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Upright {
    pub(super) breadth: Breadth,
    pub(super) columns: Range<usize>,
    /// Depth along the optical axis, m, and its 1 σ.
    pub(super) x_m: f64,
    pub(super) x_sigma_m: f64,
    /// Column of its middle, and its 1 σ.
    pub(super) middle_px: f64,
    pub(super) middle_sigma_px: f64,
}

/// Measures at full resolution. Working memory.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    profile: Profile,
}

impl Gauge {
    /// What stands above a step, or `None` if nothing does.
    pub(super) fn measure(
        &mut self,
        camera: &CameraCalibration,
        pixels: &[u8],
        step: &Step,
        is_dark: bool,
    ) -> Option<Upright> {
        let width = camera.width_px as usize;
        let edge = self.profile.lower_edge(pixels, width, &middle_half(&step.columns), step.row)?;
        let columns = self.profile.ends(pixels, width, &step.columns, &edge)?;
        let x_m = camera.road_distance_m(edge.row_px);
        let width_m = columns.len() as f64 * x_m / camera.focal_px;
        let picture = Picture { camera, pixels, px_per_m: camera.focal_px / x_m };
        if x_m <= 0.0 {
            return None;
        }
        let breadth = if WIDE_M.contains(&width_m) {
            Breadth::Wide
        } else if NARROW_M.contains(&width_m) && picture.stands_out(&columns, &edge) {
            Breadth::Narrow
        } else {
            return None;
        };
        let is_level = breadth == Breadth::Narrow || picture.is_level(&columns, &edge);
        let is_cast = !is_dark && picture.is_cast(&columns, &edge);
        if !is_level || is_cast || picture.is_flat(&columns, &edge) {
            return None;
        }
        let per_row_m = x_m * x_m / (camera.focal_px * camera.mount_height_m);
        let unsteady_px = match breadth {
            Breadth::Wide => 0.0,
            Breadth::Narrow => NARROW_MIDDLE_SIGMA_M * picture.px_per_m,
        };
        Some(Upright {
            breadth,
            x_m,
            x_sigma_m: (EDGE_SIGMA_PX * per_row_m).hypot(ROAD_SIGMA_SHARE * x_m),
            middle_px: (columns.start + columns.end) as f64 / 2.0,
            middle_sigma_px: MIDDLE_SIGMA_PX.hypot(unsteady_px),
            columns,
        })
    }
}

/// A picture at the depth of an edge.
struct Picture<'a> {
    camera: &'a CameraCalibration,
    pixels: &'a [u8],
    px_per_m: f64,
}

impl Picture<'_> {
    /// Mean brightness of these columns at a height above the edge, `None` outside the picture.
    fn grey(&self, columns: &Range<usize>, edge: &LowerEdge, height_m: f64) -> Option<f64> {
        let width = self.camera.width_px as usize;
        let row = edge.row_px - height_m * self.px_per_m;
        let is_inside = (1.0..f64::from(self.camera.height_px)).contains(&row)
            && columns.end <= width
            && !columns.is_empty();
        is_inside.then(|| {
            let row = row as usize;
            let upper = row_mean(self.pixels, width, columns, row - 1);
            f64::midpoint(upper, row_mean(self.pixels, width, columns, row))
        })
    }

    /// Whether the darkness above an edge goes on evenly as if it lay on the road.
    fn is_flat(&self, columns: &Range<usize>, edge: &LowerEdge) -> bool {
        let middle = middle_half(columns);
        (1..=5).all(|step| {
            let height_m = f64::from(step) / 5.0 * FLAT_UP_TO_M;
            self.grey(&middle, edge, height_m)
                .is_some_and(|grey| (grey - edge.dark).abs() < FLAT_SHARE * edge.contrast())
        })
    }

    /// Whether an edge is as low at its left as at its right end, as a face towards the camera is; a
    /// border of the road that something hides in part is not.
    fn is_level(&self, columns: &Range<usize>, edge: &LowerEdge) -> bool {
        let eighth = columns.len() / 8;
        let ends = [
            columns.start + eighth..columns.start + 3 * eighth,
            columns.end - 3 * eighth..columns.end - eighth,
        ];
        let half = f64::midpoint(edge.dark, edge.road);
        let like_road = edge.dark + LEVEL_SHARE * edge.contrast();
        let up_m = LEVEL_PX / self.px_per_m;
        ends.iter().all(|end| {
            self.grey(end, edge, up_m).is_some_and(|above| above < like_road)
                && self.grey(end, edge, -up_m).is_some_and(|below| below > half)
        })
    }

    /// Whether the darkness is a shadow that lies on the road: followed along the road, away from
    /// the camera, it ends at something darker still, the road below what casts it.
    fn is_cast(&self, columns: &Range<usize>, edge: &LowerEdge) -> bool {
        let x_m = self.camera.road_distance_m(edge.row_px);
        let below_horizon_px = edge.row_px - self.camera.centre_y_px;
        let far_px = edge.row_px - self.camera.road_row_px(x_m + CAST_M);
        let darker = edge.dark - CAST_SHARE * edge.contrast();
        let middle_px = (columns.start + columns.end) as f64 / 2.0;
        (1..=CAST_SAMPLES).any(|sample| {
            let up_px = far_px * f64::from(sample) / f64::from(CAST_SAMPLES);
            let share = 1.0 - up_px / below_horizon_px;
            let behind_m = x_m / share - x_m;
            CAST_LEANS.iter().any(|lean| {
                // The same place across the road, and what the sun's direction adds.
                let off_px = middle_px - self.camera.centre_x_px + lean * behind_m * self.px_per_m;
                let middle_px = self.camera.centre_x_px + off_px * share;
                let half_px = columns.len() as f64 * share / 8.0;
                let strip = (middle_px - half_px) as usize..(middle_px + half_px) as usize + 1;
                self.grey(&strip, edge, up_px / self.px_per_m).is_some_and(|grey| grey < darker)
            })
        })
    }

    /// Whether something narrow rises there, with free road or air on both sides of it.
    fn stands_out(&self, columns: &Range<usize>, edge: &LowerEdge) -> bool {
        let middle_px = usize::midpoint(columns.start, columns.end) as f64;
        let strip = |from_m: f64, to_m: f64| {
            let [from, to] = [from_m, to_m].map(|m| (middle_px + m * self.px_per_m).max(0.0));
            from as usize..(to as usize).max(from as usize + 1)
        };
        let half_m = columns.len() as f64 / 2.0 / self.px_per_m;
        let body = strip(-NARROW_HALF_M, NARROW_HALF_M);
        let left = strip(-half_m - BESIDE_M.end, -half_m - BESIDE_M.start);
        let right = strip(half_m + BESIDE_M.start, half_m + BESIDE_M.end);
        let differs = |height_m: f64| {
            let [body, left, right] =
                [&body, &left, &right].map(|columns| self.grey(columns, edge, height_m));
            let differs =
                |beside: Option<f64>| Some((body? - beside?).abs() > 0.25 * edge.contrast());
            differs(left) == Some(true) && differs(right) == Some(true)
        };
        NARROW_HEIGHTS_M.iter().filter(|height_m| differs(**height_m)).count() >= 3
    }
}

/// The middle half of a run: its ends are ragged.
fn middle_half(columns: &Range<usize>) -> Range<usize> {
    let quarter = columns.len() / 4;
    columns.start + quarter..columns.end - quarter
}
