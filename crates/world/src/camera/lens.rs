//! From the lens to the sensor: [`Lens`] dims towards the corners, scatters the sun and carries
//! dirt. All of it is one gain and one offset per pixel, worked out for a few rows at a time.

use std::ops::Range;

use super::CameraModel;
use super::kernels::{Kernels, LensRow};
use super::row::{Ellipse, MAX_HALF_PX};
use crate::random::{Draws, Purpose};
use crate::weather::{Light, Weather};

/// Rows that share their gains and offsets: over so few, neither changes by more than two grey
/// levels.
const BLOCK_ROWS: usize = 4;

/// Radii of spots of dirt, px of a picture 1920 wide, out of focus as they are.
const SPOT_PX: (f64, f64) = (24.0, 130.0);
/// How much of the light a spot keeps off at the most, in 256ths.
const SPOT_COVER: (f64, f64) = (110.0, 235.0);
/// Most spots; so many cover more than nine tenths of any picture.
const MAX_SPOTS: usize = 1500;
/// The share of the picture that is covered is counted in a raster of so many columns and rows.
const RASTER: (usize, usize) = (160, 90);

/// The veil of a low sun, grey levels at its centre, and where it has fallen to half, px of a picture
/// 1920 wide.
const VEIL_GREY: u32 = 90;
const VEIL_HALF_PX: (f64, f64) = (380.0, 170.0);
/// The sun's height above the horizon as a tangent (6°), and its place to the right of the road.
pub(super) const SUN_ELEVATION: f64 = 0.105;
pub(super) const SUN_AZIMUTH: f64 = 0.08;

/// Grey 1 in the fixed point of gains and offsets.
const ONE: u16 = 256;

pub(super) struct Lens {
    kernels: Kernels,
    /// cos⁴ of the angle off the axis, as the product of a column's and a row's share (of 2¹⁵).
    columns: Vec<u16>,
    rows: Vec<u16>,
    /// The veil in the same form; empty without a low sun.
    veil_columns: Vec<u16>,
    veil_rows: Vec<u16>,
    spots: Vec<Spot>,
    spot_grey: u16,
    /// For the rows at work: out = (grey · gain + offset) / 256.
    gains: Vec<u16>,
    offsets: Vec<u16>,
}

struct Spot {
    rows: Range<usize>,
    ellipse: Ellipse,
    /// How much of the light it keeps off in its middle, in 256ths.
    most: i32,
}

impl Lens {
    pub(super) fn new(model: &CameraModel, weather: &Weather, seed: u64) -> Self {
        let (width, height) = (model.width_px as usize, model.height_px as usize);
        let tangent =
            |index: usize, centre_px: f64| (index as f64 + 0.5 - centre_px) / model.focal_px;
        let dims = |tangent: f64| {
            let cos2 = 1.0 / (1.0 + tangent * tangent);
            (cos2 * cos2 * 32_768.0) as u16
        };
        let scale = f64::from(model.width_px) / 1920.0;
        let falls = |off_px: f64, half_px: f64| {
            let off = off_px / (half_px * scale);
            32_768.0 / (1.0 + off * off)
        };
        let sun_u_px = model.centre_x_px + SUN_AZIMUTH * model.focal_px;
        let sun_v_px = model.centre_y_px - SUN_ELEVATION * model.focal_px;
        let is_sunny = weather.light == Light::LowSun;
        let veiled = |length: usize| 0..if is_sunny { length } else { 0 };
        Self {
            kernels: Kernels::new(),
            columns: (0..width).map(|column| dims(tangent(column, model.centre_x_px))).collect(),
            rows: (0..height).map(|row| dims(tangent(row, model.centre_y_px))).collect(),
            veil_columns: veiled(width)
                .map(|column| falls(column as f64 - sun_u_px, VEIL_HALF_PX.0) as u16)
                .collect(),
            veil_rows: veiled(height)
                .map(|row| falls(row as f64 - sun_v_px, VEIL_HALF_PX.1) as u16)
                .collect(),
            spots: spots(model, weather.lens_dirt, seed),
            spot_grey: match weather.light {
                Light::Day => 96,
                Light::LowSun => 150,
                Light::Night => 14,
            },
            gains: vec![0; width],
            offsets: vec![0; width],
        }
    }

    /// Where the sun stands in the picture, px.
    pub(super) fn sun(model: &CameraModel) -> (f64, f64) {
        (
            model.centre_x_px + SUN_AZIMUTH * model.focal_px,
            model.centre_y_px - SUN_ELEVATION * model.focal_px,
        )
    }

    /// The gains and offsets of a row; rows come from the top.
    pub(super) fn row(&mut self, index: usize) -> LensRow<'_> {
        if index.is_multiple_of(BLOCK_ROWS) {
            let middle = (index + BLOCK_ROWS / 2).min(self.rows.len() - 1);
            self.work_out(middle);
        }
        LensRow { gains: &self.gains, offsets: &self.offsets }
    }

    fn work_out(&mut self, row: usize) {
        let Self { kernels, gains, offsets, .. } = self;
        kernels.scale(&self.columns, self.rows[row], gains);
        offsets.fill(ONE / 2);
        if let Some(&veil) = self.veil_rows.get(row) {
            let grey = (u32::from(veil) * VEIL_GREY) >> 15;
            kernels.add_veil(&self.veil_columns, grey as u16, offsets);
        }
        for spot in self.spots.iter().filter(|spot| spot.rows.contains(&row)) {
            let cut = spot.ellipse.cut(row, gains.len());
            kernels.cover(&cut, (spot.most, self.spot_grey), (gains, offsets));
        }
    }
}

/// Spots until they cover this share of the picture by half or more of what they keep off.
fn spots(model: &CameraModel, share: f64, seed: u64) -> Vec<Spot> {
    let mut raster = Raster::new(model);
    let wanted = (share.clamp(0.0, 1.0) * raster.covered.len() as f64) as usize;
    let (width, height) = (f64::from(model.width_px), f64::from(model.height_px));
    let scale = width / 1920.0;
    let mut draws = Draws::new(seed, Purpose::Dirt, 0);
    let mut spots = Vec::new();
    while raster.count < wanted && spots.len() < MAX_SPOTS {
        let half_px = (draws.between(SPOT_PX.0, SPOT_PX.1) * scale).clamp(1.0, MAX_HALF_PX);
        let ellipse = Ellipse {
            middle_px: (draws.between(0.0, width), draws.between(0.0, height)),
            half_px: (half_px, half_px * draws.between(0.7, 1.0)),
        };
        let most = draws.between(SPOT_COVER.0, SPOT_COVER.1) as i32;
        spots.push(Spot { rows: ellipse.rows(), ellipse, most });
        raster.mark(&ellipse);
    }
    spots
}

/// The picture in coarse cells.
struct Raster {
    cell_px: (f64, f64),
    covered: Vec<bool>,
    /// Of these, how many are covered.
    count: usize,
}

impl Raster {
    fn new(model: &CameraModel) -> Self {
        let (columns, rows) = RASTER;
        let cell_px =
            (f64::from(model.width_px) / columns as f64, f64::from(model.height_px) / rows as f64);
        Self { cell_px, covered: vec![false; columns * rows], count: 0 }
    }

    fn mark(&mut self, ellipse: &Ellipse) {
        let (columns, rows) = RASTER;
        let reach = |middle_px: f64, half_px: f64, cell_px: f64, cells: usize| {
            let first = ((middle_px - half_px) / cell_px).max(0.0) as usize;
            first..(((middle_px + half_px) / cell_px) as usize + 1).min(cells)
        };
        let (u_px, v_px) = ellipse.middle_px;
        for row in reach(v_px, ellipse.half_px.1, self.cell_px.1, rows) {
            let up = ((row as f64 + 0.5) * self.cell_px.1 - v_px) / ellipse.half_px.1;
            for column in reach(u_px, ellipse.half_px.0, self.cell_px.0, columns) {
                let across = ((column as f64 + 0.5) * self.cell_px.0 - u_px) / ellipse.half_px.0;
                let cell = &mut self.covered[row * columns + column];
                // Within, a spot keeps off half or more of what it does in its middle.
                if across * across + up * up < 0.75 && !*cell {
                    *cell = true;
                    self.count += 1;
                }
            }
        }
    }
}
