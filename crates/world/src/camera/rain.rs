//! Rain in front of the lens: [`Rain`], streaks of drops that fall while the shutter is open.

use super::CameraModel;
use super::row::mix;
use crate::random::{Draws, Purpose};

/// Streaks in a picture per mm/h, and the most of them: beyond 60 mm/h the picture gets no fuller.
const STREAKS_PER_MMPH: f64 = 8.0;
const MAX_STREAKS: f64 = 480.0;

/// Their length in rows: a drop at 2 to 10 m falls some 8 cm in 10 ms.
const LENGTH_PX: (f64, f64) = (14.0, 70.0);

/// Longer ones are nearer, and two pixels wide.
const WIDE_PX: f64 = 42.0;

/// How much of the picture behind a streak is replaced by it, in 256ths.
const COVER: (f64, f64) = (28.0, 92.0);

/// How far streaks at the edge lean outwards, as they come towards a camera that drives.
const LEAN: f64 = 0.35;

pub(super) struct Rain {
    streaks: Vec<Streak>,
    count: usize,
    grey: u8,
    /// Streaks above the row at work have ended.
    first: usize,
}

#[derive(Clone, Copy)]
struct Streak {
    top: usize,
    bottom: usize,
    /// First column, and how far it moves from row to row, in 256ths.
    column: i32,
    lean: i32,
    width: i32,
    cover: u16,
}

impl Rain {
    pub(super) fn new(rain_mmph: f64, grey: f64) -> Self {
        let count = (rain_mmph * STREAKS_PER_MMPH).clamp(0.0, MAX_STREAKS) as usize;
        Self { streaks: Vec::with_capacity(count), count, grey: grey as u8, first: 0 }
    }

    pub(super) fn is_dry(&self) -> bool {
        self.count == 0
    }

    /// The streaks of one frame.
    pub(super) fn fall(&mut self, model: &CameraModel, seed: u64, frame: u64) {
        self.first = 0;
        self.streaks.clear();
        if self.is_dry() {
            return;
        }
        let mut draws = Draws::new(seed, Purpose::Rain, frame);
        let (width, height) = (f64::from(model.width_px), f64::from(model.height_px));
        for _ in 0..self.count {
            let u_px = draws.between(0.0, width);
            let length_px = draws.between(LENGTH_PX.0, LENGTH_PX.1);
            let top_px = draws.between(-length_px, height);
            self.streaks.push(Streak {
                top: top_px.max(0.0) as usize,
                bottom: (top_px + length_px).max(0.0) as usize,
                column: (u_px * 256.0) as i32,
                lean: (LEAN * (u_px - model.centre_x_px) / model.focal_px * 256.0) as i32,
                width: if length_px > WIDE_PX { 2 } else { 1 },
                cover: draws.between(COVER.0, COVER.1) as u16,
            });
        }
        self.streaks.sort_unstable_by_key(|streak| streak.top);
    }

    /// Paints them into a row; rows come from the top.
    pub(super) fn paint(&mut self, index: usize, row: &mut [u8]) {
        let longest = LENGTH_PX.1 as usize + 1;
        let ended = |streak: &Streak| streak.top + longest < index;
        while self.streaks.get(self.first).is_some_and(ended) {
            self.first += 1;
        }
        for streak in self.streaks[self.first..].iter().take_while(|streak| streak.top <= index) {
            if index < streak.bottom {
                let first = (streak.column + streak.lean * (index - streak.top) as i32) >> 8;
                for column in first..first + streak.width {
                    if let Some(pixel) = row.get_mut(column as usize) {
                        mix(std::slice::from_mut(pixel), self.grey, streak.cover);
                    }
                }
            }
        }
    }
}
