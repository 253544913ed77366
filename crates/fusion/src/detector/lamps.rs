//! Pairs of lamps in the dark: [`Lamps`] finds the tail lights or headlights of one vehicle by their
//! height and their distance from each other.
//!
//! UN R48: rear position lamps are 0.35 to 1.5 m above the ground and at least 0.6 m apart, within
//! 0.4 m of the vehicle's sides; dipped headlights 0.5 to 1.2 m. What is usual lies closer together.

use std::ops::Range;

use super::reduce::{CELL_PX, reduce};
use crate::config::CameraCalibration;

/// Usual distance between the lamps of a pair, m, and its 1 σ: from a small car to a lorry.
const APART_M: f64 = 1.7;
const APART_SIGMA_M: f64 = 0.25;
/// Usual height of a lamp, m, and its 1 σ.
const HEIGHT_M: f64 = 0.8;
const HEIGHT_SIGMA_M: f64 = 0.12;
/// Heights that a pair may have, reckoned with the usual distance.
const HEIGHTS_M: Range<f64> = 0.35..1.05;

/// Distances at which lamps are looked for, m: nearer, the edge on the lit road is better.
const DISTANCES_M: Range<f64> = 25.0..110.0;

/// A lamp is so many times as bright as its row of the picture, and so many grey levels brighter.
const BRIGHT_TIMES: u32 = 3;
const BRIGHT_GREY: u32 = 40;

/// Lamps of a pair are level to within so many pixels, or this share of their distance.
const LEVEL_PX: f64 = 2.5;
const LEVEL_SHARE: f64 = 0.06;
/// And equally bright, and equally large, to within this factor.
const ALIKE: f64 = 1.7;
/// A lamp is about as wide as high: the one is at most so many times the other. Road marks are
/// stretched.
const ROUND: f64 = 2.2;

/// Most lamps in a frame: bounds the search for pairs. The topmost are kept.
const MAX_LAMPS: usize = 64;

/// Uncertainty of the middle of a pair, px, 1 σ: one lamp may be turned away or half hidden.
const MIDDLE_SIGMA_PX: f64 = 2.0;

/// One lamp in the picture.
#[derive(Clone, Copy, Debug)]
struct Lamp {
    u_px: f64,
    v_px: f64,
    width_px: f64,
    height_px: f64,
    grey: f64,
}

/// Two lamps of one vehicle.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) columns: Range<usize>,
    pub(super) x_m: f64,
    pub(super) x_sigma_m: f64,
    pub(super) middle_px: f64,
    pub(super) middle_sigma_px: f64,
}

/// Looks for lamps. Working memory.
#[derive(Debug, Default)]
pub(super) struct Lamps {
    rows: Vec<Vec<u8>>,
    lamps: Vec<Lamp>,
}

impl Lamps {
    /// Calls `found` with each pair, the most usual first. A lamp is of one pair at the most.
    pub(super) fn scan(
        &mut self,
        camera: &CameraCalibration,
        pixels: &[u8],
        mut found: impl FnMut(Pair),
    ) {
        self.find_lamps(camera, pixels);
        while let Some((left, right)) = most_alike(camera, &self.lamps) {
            found(pair(camera, &self.lamps[left], &self.lamps[right]));
            for used in [left.max(right), left.min(right)] {
                self.lamps.swap_remove(used);
            }
        }
    }

    fn find_lamps(&mut self, camera: &CameraCalibration, pixels: &[u8]) {
        let width = camera.width_px as usize;
        let lowest_m = HEIGHTS_M.start;
        let bottom = camera.centre_y_px
            + camera.focal_px * (camera.mount_height_m - lowest_m) / DISTANCES_M.start;
        let bottom = bottom.min(f64::from(camera.height_px));
        let strips = camera.centre_y_px.max(0.0) as usize / CELL_PX..bottom as usize / CELL_PX + 1;
        self.rows.resize_with(strips.len(), Vec::new);
        let all = pixels.chunks_exact(width * CELL_PX);
        for (strip, cells) in all.take(strips.end).skip(strips.start).zip(&mut self.rows) {
            reduce(strip, width, cells);
        }
        self.lamps.clear();
        for index in 1..self.rows.len().saturating_sub(1) {
            let cells = &self.rows[index];
            let mean = cells.iter().map(|&cell| u32::from(cell)).sum::<u32>() / cells.len() as u32;
            let threshold = (mean * BRIGHT_TIMES).max(mean + BRIGHT_GREY).min(250) as u8;
            let inner = 2..cells.len().saturating_sub(2);
            for (column, &cell) in cells.iter().enumerate().filter(|(at, _)| inner.contains(at)) {
                if cell >= threshold
                    && self.lamps.len() < MAX_LAMPS
                    && is_peak(&self.rows, index, column)
                {
                    let at = (column * CELL_PX, (strips.start + index) * CELL_PX);
                    self.lamps.extend(lamp(pixels, width, at, threshold));
                }
            }
        }
    }
}

/// Whether a cell is the brightest of those around it, the first of several that are equal.
fn is_peak(rows: &[Vec<u8>], index: usize, column: usize) -> bool {
    let grey = rows[index][column];
    (index - 1..=index + 1).all(|row| {
        (column - 2..=column + 2).all(|other| {
            let is_before = (row, other) < (index, column);
            (row, other) == (index, column)
                || if is_before { rows[row][other] < grey } else { rows[row][other] <= grey }
        })
    })
}

/// The bright spot around a pixel; `None` where it is no round spot.
fn lamp(pixels: &[u8], width: usize, (u, v): (usize, usize), threshold: u8) -> Option<Lamp> {
    let (middle_u, middle_v) = (u + CELL_PX / 2, v + CELL_PX / 2);
    let grey = f64::from(pixels[middle_v * width + middle_u]);
    // Half way to the dark around it.
    let floor = f64::midpoint(grey, f64::from(threshold) / f64::from(BRIGHT_TIMES + 1));
    let is_bright = |(u, v): (usize, usize)| {
        u < width && pixels.get(v * width + u).is_some_and(|&grey| f64::from(grey) > floor)
    };
    let reach = |step: &dyn Fn(usize) -> Option<(usize, usize)>| {
        (1..MAX_RADIUS_PX).take_while(|&off| step(off).is_some_and(is_bright)).count()
    };
    let left = reach(&|off| Some((middle_u.checked_sub(off)?, middle_v)));
    let right = reach(&|off| Some((middle_u + off, middle_v)));
    let up = reach(&|off| Some((middle_u, middle_v.checked_sub(off)?)));
    let down = reach(&|off| Some((middle_u, middle_v + off)));
    let (width_px, height_px) = ((left + right + 1) as f64, (up + down + 1) as f64);
    let is_round = width_px < ROUND * height_px && height_px < ROUND * width_px;
    let is_whole = [left, right, up, down].iter().all(|&reach| reach + 1 < MAX_RADIUS_PX);
    (is_round && is_whole).then(|| Lamp {
        u_px: middle_u as f64 + 0.5 + (right as f64 - left as f64) / 2.0,
        v_px: middle_v as f64 + 0.5 + (down as f64 - up as f64) / 2.0,
        width_px,
        height_px,
        grey,
    })
}

/// Spots with a larger radius are no lamps at the distances looked at.
const MAX_RADIUS_PX: usize = 48;

/// The two lamps that are most like those of one vehicle, the left one first.
fn most_alike(camera: &CameraCalibration, lamps: &[Lamp]) -> Option<(usize, usize)> {
    let pairs = lamps.iter().enumerate().flat_map(|(left, one)| {
        lamps.iter().enumerate().filter_map(move |(right, other)| {
            unlikeness(camera, one, other).map(|unlikeness| (unlikeness, (left, right)))
        })
    });
    pairs.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, pair)| pair)
}

/// How unlike the lamps of one vehicle two lamps are, by their height; `None` where they are not at all.
fn unlikeness(camera: &CameraCalibration, left: &Lamp, right: &Lamp) -> Option<f64> {
    let apart_px = right.u_px - left.u_px;
    if apart_px <= left.width_px.max(right.width_px) {
        return None;
    }
    let is_level = (left.v_px - right.v_px).abs() <= LEVEL_PX.max(LEVEL_SHARE * apart_px);
    let alike = |a: f64, b: f64| a <= ALIKE * b && b <= ALIKE * a;
    let is_alike = alike(left.grey, right.grey)
        && alike(left.width_px * left.height_px, right.width_px * right.height_px);
    let x_m = camera.focal_px * APART_M / apart_px;
    let height_m = height_m(camera, x_m, f64::midpoint(left.v_px, right.v_px));
    let is_plausible = HEIGHTS_M.contains(&height_m) && DISTANCES_M.contains(&x_m);
    (is_level && is_alike && is_plausible).then_some((height_m - HEIGHT_M).abs())
}

fn height_m(camera: &CameraCalibration, x_m: f64, v_px: f64) -> f64 {
    camera.mount_height_m - (v_px - camera.centre_y_px) * x_m / camera.focal_px
}

/// Where two lamps are: by their distance from each other, and by how far they are below the
/// camera, each with the share that is uncertain of it.
fn pair(camera: &CameraCalibration, left: &Lamp, right: &Lamp) -> Pair {
    let by_apart_m = camera.focal_px * APART_M / (right.u_px - left.u_px);
    let fall_m = camera.mount_height_m - HEIGHT_M;
    let fall_px = f64::midpoint(left.v_px, right.v_px) - camera.centre_y_px;
    let by_height_m = camera.focal_px * fall_m / fall_px;
    let weights = [APART_SIGMA_M / APART_M, HEIGHT_SIGMA_M / fall_m].map(|share| share.powi(-2));
    let weight = weights[0] + weights[1];
    // Of the inverse, which is linear in pixels.
    let x_m = weight / (weights[0] / by_apart_m + weights[1] / by_height_m);
    Pair {
        columns: left.u_px as usize..right.u_px as usize,
        x_m,
        x_sigma_m: x_m / weight.sqrt(),
        middle_px: f64::midpoint(left.u_px, right.u_px),
        middle_sigma_px: MIDDLE_SIGMA_PX,
    }
}
