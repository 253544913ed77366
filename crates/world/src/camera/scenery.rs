//! All that nobody drives or walks: [`Scenery`] paints sky, skyline, verge, asphalt and road marks.

use std::ops::Range;

use super::CameraModel;
use super::ahead::{Ahead, Place};
use super::kernels::Kernels;
use super::light::{Air, Tones, beam_across, beam_ahead};
use super::row::{fill, of_256};
use crate::plant::EgoState;
use crate::random::Draws;
use crate::road::{Course, LANE_WIDTH_M};
use crate::traffic::Traffic;
use crate::weather::Light;

/// Width of a road mark, m, and the pattern of a broken one: the guiding line of a German
/// motorway, 6 m of line and 12 m of gap (RMS-1).
const MARK_WIDTH_M: f64 = 0.15;
const DASH_M: f64 = 6.0;
const DASH_PERIOD_M: f64 = 18.0;

/// From the outer mark to the verge, m.
const SHOULDER_M: f64 = 2.0;

/// Woods along the horizon: how far away, m, the columns between two corners of their outline, and
/// its height in rows.
const WOODS_M: f64 = 800.0;
const CORNER_PX: usize = 32;
const WOODS_PX: Range<f64> = 4.0..22.0;

/// Asphalt is laid in patches that differ by a little: length, m, how many differ, and by how many
/// grey levels at the most.
const PATCH_M: f64 = 5.0;
const PATCHES: usize = 64;
const PATCH_GREY: f64 = 3.0;

/// Wet asphalt is darker by this share where the camera looks down on it, and mirrors the sky where
/// it looks along it: half as much as possible at this distance, m.
const WET_DARKER: f64 = 0.3;
const MIRROR_HALF_M: f64 = 60.0;
const MIRROR_MOST: f64 = 0.6;
/// Rain at which a road is wet all over, mm/h.
pub(super) const WET_MMPH: f64 = 2.0;

pub(super) struct Scenery {
    model: CameraModel,
    /// The outer marks and the broken ones, m to the left of the middle of the ego's lane.
    edges_m: [f64; 2],
    dashes_m: Vec<f64>,
    /// For each column, how many rows the woods reach above the horizon.
    skyline: Vec<u8>,
    woods: u8,
    patches: Vec<f64>,
    /// The rows that show the sky, from the top, and those that show the ground, below them.
    sky: Vec<u8>,
    ground: Vec<Ground>,
    ahead: Ahead,
    /// How far the ego is into the current period of broken marks and of patches.
    phase_m: f64,
    patch_phase_m: f64,
    /// At night, the share (of 256) of the beams in each column.
    beam: Vec<u16>,
    kernels: Kernels,
}

/// A row of ground.
struct Ground {
    x_m: f64,
    verge: u8,
    mark: u8,
    asphalt: f64,
    /// Where no beam reaches at night.
    unlit: u8,
    /// Share of the patches' differences that is left.
    patch: f64,
}

impl Scenery {
    pub(super) fn new(model: CameraModel, traffic: &Traffic, draws: &mut Draws) -> Self {
        let tones = Tones::of(traffic.weather.light);
        let air = Air::new(&traffic.weather, &tones);
        let skyline = skyline(model.width_px as usize, draws);
        let patches = (0..PATCHES).map(|_| draws.between(-PATCH_GREY, PATCH_GREY)).collect();
        let (left, right) =
            (i32::from(traffic.road.lanes_left), i32::from(traffic.road.lanes_right));
        let border_m = |lane: i32| (f64::from(lane) + 0.5) * LANE_WIDTH_M;
        let rows = 0..model.height_px as usize;
        let (ground_rows, sky_rows): (Vec<_>, Vec<_>) =
            rows.partition(|&row| model.descent(row) > 0.0);
        let wet = (traffic.weather.rain_mmph / WET_MMPH).clamp(0.0, 1.0);
        let depth_m = |row: usize| model.mount_height_m / model.descent(row);
        let is_night = traffic.weather.light == Light::Night;
        let ground = |&row: &usize| Ground::new(depth_m(row), &tones, &air, (is_night, wet));
        let azimuth = |column: usize| (column as f64 + 0.5 - model.centre_x_px) / model.focal_px;
        let columns = 0..if is_night { model.width_px as usize } else { 0 };
        Self {
            model,
            edges_m: [border_m(left), border_m(-right - 1)],
            dashes_m: (-right..left).map(border_m).collect(),
            skyline,
            woods: air.fade(tones.woods, air.passes(WOODS_M)) as u8,
            patches,
            sky: sky_rows.iter().map(|&row| sky_grey(&model, row, &tones, &air)).collect(),
            ground: ground_rows.iter().map(ground).collect(),
            ahead: Ahead::new(ground_rows.iter().rev().map(|&row| depth_m(row)).collect()),
            phase_m: 0.0,
            patch_phase_m: 0.0,
            beam: columns.map(|column| of_256(beam_across(azimuth(column)))).collect(),
            kernels: Kernels::new(),
        }
    }

    /// Moves the road below the ego to where it has come.
    pub(super) fn advance(&mut self, road: &Course, ego: EgoState) {
        self.phase_m = ego.distance_m.rem_euclid(DASH_PERIOD_M);
        self.patch_phase_m = ego.distance_m.rem_euclid(PATCH_M * PATCHES as f64);
        self.ahead.look(road, ego);
    }

    pub(super) fn paint(&self, index: usize, row: &mut [u8]) {
        match index.checked_sub(self.sky.len()) {
            None => self.paint_sky(index, row),
            Some(below) => self.paint_ground(below, row),
        }
    }

    fn paint_sky(&self, index: usize, row: &mut [u8]) {
        let above_px = self.model.centre_y_px - index as f64 - 0.5;
        row.fill(self.sky[index]);
        if above_px < WOODS_PX.end {
            let above_px = above_px as u8;
            for (grey, &woods_px) in row.iter_mut().zip(&self.skyline) {
                *grey = if above_px < woods_px { self.woods } else { *grey };
            }
        }
    }

    /// A row shows the ground at one depth.
    fn paint_ground(&self, below: usize, row: &mut [u8]) {
        let ground = &self.ground[below];
        row.fill(ground.verge);
        if let Some(place) = self.ahead.place(self.ground.len() - 1 - below) {
            self.paint_road(ground, place, row);
        }
        // The beams' light falls off to the sides.
        if !self.beam.is_empty() {
            self.kernels.dim(&self.beam, ground.unlit, row);
        }
    }

    fn paint_road(&self, ground: &Ground, place: Place, row: &mut [u8]) {
        let px_per_m = self.model.focal_px / ground.x_m;
        let middle_px = self.model.centre_x_px - place.y_m * px_per_m;
        let px_per_m = px_per_m * place.stretch;
        let [left_m, right_m] = self.edges_m;
        let asphalt = ground.asphalt + ground.patch * self.patch(place.along_m);
        let u = |y_m: f64| middle_px - y_m * px_per_m;
        fill(row, u(left_m + SHOULDER_M), u(right_m - SHOULDER_M), asphalt as u8);
        for y_m in self.edges_m {
            fill(row, u(y_m + MARK_WIDTH_M), u(y_m - MARK_WIDTH_M), ground.mark);
        }
        let dash = self.dash_share(ground.x_m, place.along_m);
        if dash > 0.0 {
            let grey = (asphalt + (f64::from(ground.mark) - asphalt) * dash) as u8;
            for y_m in &self.dashes_m {
                fill(row, u(y_m + MARK_WIDTH_M / 2.0), u(y_m - MARK_WIDTH_M / 2.0), grey);
            }
        }
    }

    fn patch(&self, along_m: f64) -> f64 {
        self.patches[((self.patch_phase_m + along_m) / PATCH_M) as usize % PATCHES]
    }

    /// How much of a row at this depth is dash: all or nothing, until one row spans a whole dash
    /// and they merge.
    fn dash_share(&self, x_m: f64, along_m: f64) -> f64 {
        let span_m = x_m * x_m / (self.model.focal_px * self.model.mount_height_m);
        if span_m > DASH_M {
            return DASH_M / DASH_PERIOD_M;
        }
        let into_m = (self.phase_m + along_m) % DASH_PERIOD_M;
        if into_m < DASH_M { 1.0 } else { 0.0 }
    }
}

impl Ground {
    fn new(x_m: f64, tones: &Tones, air: &Air, (is_night, wet): (bool, f64)) -> Self {
        let passes = air.passes(x_m);
        let lit = if is_night { tones.unlit + (1.0 - tones.unlit) * beam_ahead(x_m) } else { 1.0 };
        let mirrors = wet * MIRROR_MOST * x_m / (x_m + MIRROR_HALF_M);
        let dry = tones.asphalt * lit * (1.0 - wet * WET_DARKER);
        let asphalt = dry + (tones.low_sky - dry) * mirrors;
        Self {
            x_m,
            verge: air.fade(tones.verge * lit, passes) as u8,
            mark: air.fade(tones.mark * lit * (1.0 - wet * WET_DARKER / 2.0), passes) as u8,
            asphalt: air.fade(asphalt, passes),
            unlit: air.fade(tones.asphalt * tones.unlit, passes) as u8,
            patch: passes * lit,
        }
    }
}

fn skyline(width: usize, draws: &mut Draws) -> Vec<u8> {
    let mut skyline = vec![0; width];
    let mut corner = || draws.between(WOODS_PX.start, WOODS_PX.end);
    let mut from = corner();
    for stretch in skyline.chunks_mut(CORNER_PX) {
        let to = corner();
        for (column, height) in stretch.iter_mut().enumerate() {
            *height = (from + (to - from) * column as f64 / CORNER_PX as f64) as u8;
        }
        from = to;
    }
    skyline
}

fn sky_grey(model: &CameraModel, row: usize, tones: &Tones, air: &Air) -> u8 {
    let above_px = model.centre_y_px - row as f64 - 0.5;
    let height = above_px / model.centre_y_px;
    let clear = tones.low_sky + (tones.zenith - tones.low_sky) * height;
    air.fade(clear, air.sky_passes(above_px.max(0.5) / model.focal_px)) as u8
}
