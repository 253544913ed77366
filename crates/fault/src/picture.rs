//! What a camera can deliver that is not the road: operators on the pixels of one 8-bit grey
//! picture, row by row without padding, before it is protected. A CRC finds none of them.
//!
//! Each costs a few milliseconds at 1920 × 1080 at most: what the camera's own budget bears.
//! Where something lies follows from the draw that the caller gives; with the same draw for each
//! frame, it stays there.

use crate::act::PictureHow;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

/// Grey of a covered lens, and of one that looks into the sun.
const BLACK_GREY: u8 = 0;
/// See [`BLACK_GREY`].
const WHITE_GREY: u8 = 255;

/// Share of the light that passes dirt, as a shift (a sixteenth), and the grey of its own shade.
const DIRT_SHIFT: u8 = 4;
/// See [`DIRT_SHIFT`].
const DIRT_GREY: u8 = 8;

/// A drop of water takes this much of the local contrast, as a shift (an eighth is left), and
/// brightens by so much.
const DROP_SHIFT: u8 = 3;
/// See [`DROP_SHIFT`].
const DROP_BRIGHTENING_GREY: u8 = 24;

/// Radii of drops, shares of the picture's height: millimetres on a lens.
const DROP_RADIUS: std::ops::Range<f64> = 0.03..0.08;

/// Places in a pool of noise where a row can begin: one random number per row instead of one per
/// pixel.
const NOISE_BEGINNINGS: usize = 1 << 16;

/// Random bytes whose sum is one normal deviate (Irwin-Hall): the sum of twelve has a standard
/// deviation of 256, a mean of 1,530 and lies within ±6 σ.
const BYTES_PER_DEVIATE: usize = 12;
/// See [`BYTES_PER_DEVIATE`].
const DEVIATE_MEAN: i32 = 1530;
/// See [`BYTES_PER_DEVIATE`].
const DEVIATE_SIGMA: f32 = 256.0;

/// Widest blur: beyond it a picture of the road is grey all over.
pub const BLUR_MAX_PX: usize = 128;

/// Spoils a picture. What lies somewhere on it does so where the draw says.
pub fn spoil(pixels: &mut [u8], width_px: usize, how: PictureHow, draw: &mut ChaCha8Rng) {
    match how {
        PictureHow::Black => black(pixels),
        PictureHow::White => white(pixels),
        PictureHow::Noise(sigma_grey) => noise(pixels, width_px, sigma_grey as f32, draw),
        PictureHow::Blur(square_px) => blur(pixels, width_px, square_px as usize),
        PictureHow::Occlusion(percent) => {
            occlude(pixels, width_px, f64::from(percent) / 100.0, draw);
        }
        PictureHow::Drops(count) => drops(pixels, width_px, count, draw),
        PictureHow::StuckRows => {
            let height_px = pixels.len() / width_px;
            stuck_rows(pixels, width_px, height_px / 2, height_px);
        }
    }
}

/// Adds Gaussian noise of this standard deviation, in grey levels.
pub fn noise(pixels: &mut [u8], width_px: usize, sigma_grey: f32, draw: &mut ChaCha8Rng) {
    let mut bytes = vec![0; (NOISE_BEGINNINGS + width_px) * BYTES_PER_DEVIATE];
    draw.fill_bytes(&mut bytes);
    let (deviates, _) = bytes.as_chunks::<BYTES_PER_DEVIATE>();
    let scale = sigma_grey / DEVIATE_SIGMA;
    let deviate = |bytes: &[u8; BYTES_PER_DEVIATE]| {
        let sum: i32 = bytes.iter().map(|&byte| i32::from(byte)).sum();
        ((sum - DEVIATE_MEAN) as f32 * scale).round().clamp(-255.0, 255.0) as i16
    };
    let pool: Vec<i16> = deviates.iter().map(deviate).collect();
    for row in rows(pixels, width_px) {
        let from = draw.random_range(0..NOISE_BEGINNINGS);
        for (grey, level) in row.iter_mut().zip(&pool[from..]) {
            *grey = (i16::from(*grey) + level).clamp(0, 255) as u8;
        }
    }
}

/// Replaces each pixel by the mean of the square of `square_px` pixels around it, at most
/// [`BLUR_MAX_PX`]; one of an even width reaches one pixel more to the right and down. Beyond the border
/// the border's pixels go on.
pub fn blur(pixels: &mut [u8], width_px: usize, square_px: usize) {
    let square = square_px.clamp(1, BLUR_MAX_PX);
    let (before, after) = ((square - 1) / 2, square / 2);
    let mut line = Vec::with_capacity(width_px + square - 1);
    for row in rows(pixels, width_px) {
        line.clear();
        line.extend(std::iter::repeat_n(row[0], before));
        line.extend_from_slice(row);
        line.extend(std::iter::repeat_n(row[width_px - 1], after));
        let mut sum: u32 = line[..square - 1].iter().map(|&grey| u32::from(grey)).sum();
        for (column, grey) in row.iter_mut().enumerate() {
            sum += u32::from(line[column + square - 1]);
            *grey = (sum / square as u32) as u8;
            sum -= u32::from(line[column]);
        }
    }
    blur_columns(pixels, width_px, (before, after));
}

/// The means of each pixel and so many above and below it.
fn blur_columns(pixels: &mut [u8], width_px: usize, (before, after): (usize, usize)) {
    let source = pixels.to_vec();
    let last = source.len() / width_px - 1;
    let row = |index: usize| &source[index.min(last) * width_px..][..width_px];
    let mut sums = vec![0_u16; width_px];
    let window = std::iter::repeat_n(0, before).chain(0..after);
    for above in window.map(row) {
        add(&mut sums, above);
    }
    // A multiplication by 2¹⁶/n, rounded up, instead of a division by n: at most one level off.
    let factor = (1_u32 << 16).div_ceil((before + 1 + after) as u32);
    for (index, out) in rows(pixels, width_px).enumerate() {
        add(&mut sums, row(index + after));
        for (grey, &sum) in out.iter_mut().zip(&sums) {
            *grey = ((u32::from(sum) * factor) >> 16).min(255) as u8;
        }
        for (sum, &grey) in sums.iter_mut().zip(row(index.saturating_sub(before))) {
            *sum -= u16::from(grey);
        }
    }
}

fn add(sums: &mut [u16], row: &[u8]) {
    for (sum, &grey) in sums.iter_mut().zip(row) {
        *sum += u16::from(grey);
    }
}

/// No light at all.
pub fn black(pixels: &mut [u8]) {
    pixels.fill(BLACK_GREY);
}

/// Too much light everywhere.
pub fn white(pixels: &mut [u8]) {
    pixels.fill(WHITE_GREY);
}

/// Dirt on the lens: a dark blotch of the picture's own proportions covers `share` (0 to 1) of it,
/// somewhere.
pub fn occlude(pixels: &mut [u8], width_px: usize, share: f64, draw: &mut ChaCha8Rng) {
    let height_px = pixels.len() / width_px;
    let edge = share.clamp(0.0, 1.0).sqrt();
    let [width, height] = [width_px, height_px].map(|all| (all as f64 * edge).round() as usize);
    let left = draw.random_range(0..=width_px - width);
    let top = draw.random_range(0..=height_px - height);
    for row in rows(pixels, width_px).skip(top).take(height) {
        for grey in &mut row[left..left + width] {
            *grey = (*grey >> DIRT_SHIFT) + DIRT_GREY;
        }
    }
}

/// Drops of water on the lens: `count` discs somewhere, in each of which hardly any contrast is
/// left and all is brighter.
pub fn drops(pixels: &mut [u8], width_px: usize, count: u32, draw: &mut ChaCha8Rng) {
    let height_px = (pixels.len() / width_px) as f64;
    for _ in 0..count {
        let drop = Disc {
            radius: height_px * draw.random_range(DROP_RADIUS),
            x: draw.random_range(0.0..width_px as f64),
            y: draw.random_range(0.0..height_px),
        };
        let (mut sum, mut area) = (0_u64, 0_u64);
        for part in drop.parts(pixels, width_px) {
            sum += part.iter().map(|&grey| u64::from(grey)).sum::<u64>();
            area += part.len() as u64;
        }
        let mean = sum.checked_div(area).unwrap_or(0) as u8;
        let base = mean - (mean >> DROP_SHIFT) + DROP_BRIGHTENING_GREY.min(255 - mean);
        for grey in drop.parts(pixels, width_px).flatten() {
            *grey = base.saturating_add(*grey >> DROP_SHIFT);
        }
    }
}

/// A disc somewhere on a picture, in pixels.
struct Disc {
    x: f64,
    y: f64,
    radius: f64,
}

impl Disc {
    /// What the disc covers of each row that it reaches.
    fn parts<'a>(
        &self,
        pixels: &'a mut [u8],
        width_px: usize,
    ) -> impl Iterator<Item = &'a mut [u8]> {
        let first = (self.y - self.radius).max(0.0) as usize;
        let last = (self.y + self.radius) as usize;
        rows(pixels, width_px).enumerate().skip(first).take(last - first).map(|(index, row)| {
            let half = (self.radius.powi(2) - (index as f64 - self.y).powi(2)).max(0.0).sqrt();
            let end = ((self.x + half) as usize).min(row.len());
            let start = ((self.x - half).max(0.0) as usize).min(end);
            &mut row[start..end]
        })
    }
}

/// Rows of the sensor that are read out as the row before them: `count` from `first_row` on, as
/// far as the picture reaches. The first row of a picture has none before it and repeats itself.
pub fn stuck_rows(pixels: &mut [u8], width_px: usize, first_row: usize, count: usize) {
    let height_px = pixels.len() / width_px;
    let source = first_row.saturating_sub(1);
    for row in first_row..first_row.saturating_add(count).min(height_px) {
        pixels.copy_within(source * width_px..(source + 1) * width_px, row * width_px);
    }
}

fn rows(pixels: &mut [u8], width_px: usize) -> std::slice::ChunksExactMut<'_, u8> {
    pixels.chunks_exact_mut(width_px)
}

#[cfg(test)]
mod tests;
