//! Pixels → who is on the road. Main types: [`Detector`], [`Sighting`].
//!
//! By day, and at night as far as the beams reach: below whatever stands on the road it is darker
//! than on the road before it. Going down the picture such a lower edge is a step from dark to
//! bright, as wide as what stands there, sharp, and bounded on both sides; and what stands goes on
//! above it. Where the road meets it tells the distance. Steps are found in a picture reduced
//! four-fold and measured at full resolution.
//!
//! At night there are lamps besides: two alike, round, level, as high and as far apart as those of
//! a vehicle. Their distance is known to an eighth only, and the sighting says so.
//!
//! Nothing but pixels and calibration is used. What it sees, in 120 seeded scenes of each weather
//! (`cargo run --release -p fusion --example detection`), vehicles found, people and motorcycles found,
//! and sightings that are of someone, each up to the distance named. In brackets is the least that
//! `tests/detection` lets pass in 40 of these scenes:
//!
//! | weather | vehicles | people and motorcycles | sightings, to 80 m |
//! |---|---|---|---|
//! | day | 99 % (93) to 80 m, 86 % to 100 m | 96 % (85) to 60 m | 99 % (95) |
//! | rain, 10 to 50 mm/h | 97 % (92) to 80 m | 95 % (85) to 60 m | 98 % (93) |
//! | fog, visibility 200 m | 97 % (90) to 60 m: 0.3 of the visibility | 94 % (85) to 40 m | 100 % (97) |
//! | fog, visibility 80 m | 100 % (95) to 20 m: 0.25 of it | 90 % (80) to 20 m | 100 % (97) |
//! | sun low ahead | 95 % (88) to 60 m | 80 % (65) to 40 m | 96 % (90) |
//! | night | 96 % (90) to 80 m, by lamps from 40 m on | motorcycles 98 %, people 10 % to 60 m | 92 % (87) |
//! | night and rain of 10 mm/h | 67 % (50) to 60 m | no | 90 % (80) |
//! | night and fog, visibility 200 m | 73 % (60) to 60 m | no | 96 % (90) |
//! | a tenth of the lens dirty | 86 % (75) to 80 m | 84 % (65) to 60 m | 97 % (90) |
//! | three tenths of the lens dirty | 65 % (50) to 80 m | 74 % (50) to 60 m | 91 % (80) |
//!
//! Obstacles on the road are found as far as people are, up to 30 % fewer of them.
//!
//! Beyond 80 m nothing starts a track, and people and motorcycles are not looked for beyond 60 m. What
//! something nearer hides in part is not told: its middle is not known. Dirt on the lens shifts what
//! is seen by more than the stated uncertainty; in all other weathers that is the errors' own.

mod edge;
mod lamps;
mod reduce;
mod steps;
mod upright;

use std::ops::Range;

use crate::config::CameraCalibration;
use crate::measurement::Measurement;
use lamps::Lamps;
use reduce::CELL_PX;
use steps::{Step, Steps};
use upright::{Breadth, Gauge, Upright};

/// Roads farther away than this are not searched: a shadow is then as thin as a cell.
const MAX_DISTANCE_M: f64 = 110.0;

/// What is farther away than this starts no track: a wrong one costs more than a late one there.
const MAX_STARTING_M: f64 = 80.0;

/// It is night if the sky is darker than this share of the road before the camera.
const DARK_SHARE: f64 = 0.5;

/// People and motorcycles farther away than this are not told from posts and noise.
const MAX_NARROW_M: f64 = 60.0;

/// Runs narrower than this are tyres, posts and noise.
const MIN_RUN_M: f64 = 0.22;

/// Most steps looked at more closely in a frame, the nearest first: bounds the work.
const MAX_STEPS: usize = 512;

/// Length of a vehicle's side that may show beside its rear, m.
const SIDE_M: f64 = 5.0;

/// Something that was seen on the road.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sighting {
    /// Direction of the middle of its nearest face, left positive.
    pub azimuth_rad: f64,
    /// 1 σ of it.
    pub azimuth_sigma_rad: f64,
    /// Distance on the ground.
    pub range_m: f64,
    /// 1 σ of it.
    pub range_sigma_m: f64,
    /// Whether it is certain enough to start a track of its own.
    pub starts_track: bool,
}

/// Finds vehicles and people in frames. Owns its working memory; a frame allocates nothing once it
/// was as crowded as frames get.
#[derive(Debug)]
pub struct Detector {
    camera: CameraCalibration,
    steps: Steps,
    gauge: Gauge,
    lamps: Lamps,
    /// Columns in which something hides what is behind it.
    hidden: Vec<Range<usize>>,
    seen: Vec<Sighting>,
}

impl Detector {
    /// For frames of this camera.
    pub fn new(camera: CameraCalibration) -> Detector {
        Detector {
            camera,
            steps: Steps::default(),
            gauge: Gauge::default(),
            lamps: Lamps::default(),
            hidden: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Fills `measurements` with what is seen in a frame of the calibrated size, nearest first.
    pub(crate) fn detect(&mut self, pixels: &[u8], measurements: &mut Vec<Measurement>) {
        measurements.clear();
        measurements.extend(self.look(pixels).iter().map(|sighting| Measurement {
            azimuth_rad: sighting.azimuth_rad,
            azimuth_sigma_rad: sighting.azimuth_sigma_rad,
            range_m: sighting.range_m,
            range_sigma_m: sighting.range_sigma_m,
            range_rate: None,
            starts_track: sighting.starts_track,
        }));
    }

    /// What is seen in a frame, nearest first: grey, one byte per pixel, row by row. Nothing is seen
    /// in a frame of another size than the calibrated one.
    pub fn look(&mut self, pixels: &[u8]) -> &[Sighting] {
        self.seen.clear();
        self.hidden.clear();
        let is_picture = pixels.len() == self.camera.frame_bytes() && !pixels.is_empty();
        if is_picture && self.camera.width_px as usize >= CELL_PX {
            let is_dark = is_dark(&self.camera, pixels);
            self.find_upright(pixels, is_dark);
            if is_dark {
                self.find_lamps(pixels);
            }
        }
        &self.seen
    }

    fn find_upright(&mut self, pixels: &[u8], is_dark: bool) {
        let Detector { camera, steps, gauge, hidden, seen, .. } = self;
        // A calibration that makes no sense gives any row, 0 and beyond the image included; nothing
        // has a place on its ground plane then.
        let first_row = camera.road_row_px(MAX_DISTANCE_M).max(camera.centre_y_px).ceil() as usize;
        let min_run_px =
            |row: usize| MIN_RUN_M * camera.focal_px / camera.road_distance_m(row as f64);
        let rows = first_row.saturating_sub(2 * CELL_PX)..camera.height_px as usize;
        let mut left = MAX_STEPS;
        steps.scan(pixels, camera.width_px as usize, rows, min_run_px, |step| {
            // As high as the camera, a vehicle hides the road behind it: what is dark there is part
            // of itself.
            let overlaps =
                |it: &Range<usize>| it.start < step.columns.end && step.columns.start < it.end;
            if left == 0 || hidden.iter().any(overlaps) {
                return;
            }
            left -= 1;
            if is_cut_off(camera, &step) {
                hidden.push(step.columns);
            } else if let Some(upright) = gauge.measure(camera, pixels, &step, is_dark)
                && upright.x_m <= max_distance_m(upright.breadth)
            {
                hidden.push(covered(camera, &upright));
                seen.push(sighting(
                    camera,
                    (upright.x_m, upright.x_sigma_m),
                    (upright.middle_px, upright.middle_sigma_px),
                ));
            }
        });
    }

    fn find_lamps(&mut self, pixels: &[u8]) {
        let Detector { camera, lamps, hidden, seen, .. } = self;
        lamps.scan(camera, pixels, |pair| {
            let middle = pair.middle_px as usize;
            if !hidden.iter().any(|columns| columns.contains(&middle)) {
                let depth = (pair.x_m, pair.x_sigma_m);
                seen.push(sighting(camera, depth, (pair.middle_px, pair.middle_sigma_px)));
                hidden.push(pair.columns);
            }
        });
    }
}

fn max_distance_m(breadth: Breadth) -> f64 {
    match breadth {
        Breadth::Wide => MAX_DISTANCE_M,
        Breadth::Narrow => MAX_NARROW_M,
    }
}

/// At a depth and in a column, each with its 1 σ.
fn sighting(
    camera: &CameraCalibration,
    (x_m, x_sigma_m): (f64, f64),
    (middle_px, middle_sigma_px): (f64, f64),
) -> Sighting {
    let slope = (camera.centre_x_px - middle_px) / camera.focal_px;
    let stretch = slope.hypot(1.0);
    Sighting {
        azimuth_rad: slope.atan(),
        azimuth_sigma_rad: middle_sigma_px / camera.focal_px,
        range_m: x_m * stretch,
        range_sigma_m: x_sigma_m * stretch,
        starts_track: x_m <= MAX_STARTING_M,
    }
}

/// Whether it is night: the sky is darker than the road before the camera.
fn is_dark(camera: &CameraCalibration, pixels: &[u8]) -> bool {
    let width = camera.width_px as usize;
    let mean = |row: usize| edge::row_mean(pixels, width, &(0..width), row);
    let horizon = camera.centre_y_px.clamp(0.0, f64::from(camera.height_px)) as usize;
    let rows = [horizon / 2, usize::midpoint(horizon, camera.height_px as usize)];
    let [sky, road] = rows.map(|row| mean(row.min(camera.height_px as usize - 1)));
    sky < DARK_SHARE * road
}

/// The columns in which something hides what is behind it: its face, and a vehicle's side, which is
/// seen on the way to the optical axis.
fn covered(camera: &CameraCalibration, upright: &Upright) -> Range<usize> {
    let Range { start, end } = upright.columns;
    if upright.breadth == Breadth::Narrow {
        return start..end;
    }
    let nearer = |column: usize| {
        let off_px = column as f64 - camera.centre_x_px;
        (camera.centre_x_px + off_px * upright.x_m / (upright.x_m + SIDE_M)) as usize
    };
    nearer(start).min(start)..nearer(end).max(end)
}

/// Whether the border of the image cuts a run off, so that neither width nor middle are known.
fn is_cut_off(camera: &CameraCalibration, step: &Step) -> bool {
    step.columns.start == 0 || step.columns.end + CELL_PX > camera.width_px as usize
}

#[cfg(test)]
mod tests;
