//! Whether a camera's picture can be believed: [`PictureMonitor`] looks at a sample of its rows.
//!
//! What it relies on is that a live imager is never smooth: its own noise makes neighbouring
//! pixels differ, everywhere and in each picture anew. The limits are those of an 8-bit imager
//! with a noise of 2 to 5 grey levels that looks at a road by day.

use super::Doubt;
use super::persistence::Persistence;

/// Every so many rows one is looked at: 27 rows of 1080, fifty thousand pixels.
const ROW_STEP: usize = 40;

/// Pixels of a row that are judged together.
const BLOCK_PX: usize = 32;

/// Mean grey below and above which a picture shows nothing. A road by day has 80 to 180.
const MEAN_MIN_GREY: f32 = 24.0;
/// See [`MEAN_MIN_GREY`].
const MEAN_MAX_GREY: f32 = 232.0;

/// Standard deviation of grey below which a picture is uniform: the noise alone makes more. A car
/// at arm's length fills the picture with its paint, so that more contrast cannot be demanded.
const CONTRAST_MIN_GREY: f32 = 1.9;

/// A block is smooth if its pixels differ from their neighbours by less than this on average.
/// Noise of σ makes 1.13 σ: 2.3 at the least.
const SMOOTH_MAX_GREY: f32 = 1.5;

/// More smooth blocks than this share, and something covers the lens. Fewer are chance.
const SMOOTH_SHARE_MAX: f32 = 0.025;

/// More smooth blocks than this share, and the whole picture is out of focus.
const BLURRED_SHARE_MIN: f32 = 0.8;

/// A picture is noisy if half of its blocks are rougher than this. Noise of σ makes 1.13 σ: 5.7 at
/// the most, and edges stand in few blocks.
const ROUGH_MIN_GREY: f32 = 6.8;

/// So many of the sampled rows must equal those of the picture before, bit by bit. Fewer may be
/// alike by chance.
const STUCK_ROWS_MIN: usize = 4;

/// So many rows must equal the row above in [`PROBE_PX`] pixels. Fewer may be alike by chance.
const REPEATED_ROWS_MIN: usize = 4;

/// Pixels in the middle of each row that are compared with the row above.
const PROBE_PX: usize = 16;

/// Judges pictures of one size, in the order of their measurement.
#[derive(Clone, Debug)]
pub struct PictureMonitor {
    width_px: usize,
    /// The sampled rows of the picture before.
    before: Vec<u8>,
    /// Scratch: the roughness of each block.
    blocks: Vec<u16>,
    persistence: Persistence,
}

/// What a picture is like, by its sample.
#[derive(Debug, Default)]
struct Sample {
    pixels: usize,
    sum: u64,
    sum_of_squares: u64,
    stuck_rows: usize,
}

impl PictureMonitor {
    /// For pictures with rows of `width_px` pixels.
    ///
    /// # Panics
    /// If a row is narrower than 32 pixels.
    pub fn new(width_px: usize) -> PictureMonitor {
        assert!(width_px >= BLOCK_PX, "a row has a block");
        PictureMonitor {
            width_px,
            before: Vec::new(),
            blocks: Vec::new(),
            persistence: Persistence::new(2, 3),
        }
    }

    /// Judges a picture: grey, one byte per pixel, row by row without padding. A doubt is told
    /// when two of the last three pictures are doubtful, each for whatever reason.
    ///
    /// What it does not see: an opaque cover on less than about a fortieth of the lens, dirt so far
    /// out of focus that the imager's noise stays in its place, a blur narrower than a pixel, and
    /// anything that looks like a road. Fog, rain, a low sun and night are sound.
    pub fn check(&mut self, pixels: &[u8]) -> Option<Doubt> {
        let doubt = self.judge(pixels);
        let persists = self.persistence.note(doubt.is_some());
        doubt.filter(|_| persists)
    }

    fn judge(&mut self, pixels: &[u8]) -> Option<Doubt> {
        let sample = self.sample(pixels);
        let count = sample.pixels.max(1) as f32;
        let mean = sample.sum as f32 / count;
        let variance = sample.sum_of_squares as f32 / count - mean * mean;
        if mean < MEAN_MIN_GREY {
            return Some(Doubt::Dark);
        }
        if mean > MEAN_MAX_GREY {
            return Some(Doubt::Bright);
        }
        if variance < CONTRAST_MIN_GREY * CONTRAST_MIN_GREY {
            return Some(Doubt::Uniform);
        }
        if sample.stuck_rows >= STUCK_ROWS_MIN {
            return Some(Doubt::StuckPicture);
        }
        // What is smooth repeats its rows, too: it is judged first.
        match judge_blocks(&mut self.blocks) {
            None if self.repeated_rows(pixels) >= REPEATED_ROWS_MIN => Some(Doubt::StuckRows),
            doubt => doubt,
        }
    }

    /// Looks at every [`ROW_STEP`]th row, and keeps it for the next picture.
    fn sample(&mut self, pixels: &[u8]) -> Sample {
        let PictureMonitor { width_px, before, blocks, .. } = self;
        let mut sample = Sample::default();
        let rows = || pixels.chunks_exact(*width_px).skip(ROW_STEP / 2).step_by(ROW_STEP);
        blocks.clear();
        for row in rows() {
            sample.pixels += row.len();
            // Sums of a row fit 32 bits, which the processor adds several at once.
            sample.sum += u64::from(row.iter().map(|&grey| u32::from(grey)).sum::<u32>());
            let squares = row.iter().map(|&grey| u32::from(grey) * u32::from(grey));
            sample.sum_of_squares += u64::from(squares.sum::<u32>());
            blocks.extend(row.as_chunks::<BLOCK_PX>().0.iter().map(roughness));
        }
        if before.len() == sample.pixels {
            let pairs = rows().zip(before.chunks_exact(*width_px));
            sample.stuck_rows = pairs.filter(|(row, before)| row == before).count();
        }
        before.clear();
        rows().for_each(|row| before.extend_from_slice(row));
        sample
    }

    /// How many rows of the picture begin their middle as the row above them does.
    fn repeated_rows(&self, pixels: &[u8]) -> usize {
        let probe = |row: &[u8]| row[self.width_px / 2..][..PROBE_PX].as_chunks::<PROBE_PX>().0[0];
        let mut above = None;
        let is_repeated = |row: &&[u8]| above.replace(probe(row)) == Some(probe(row));
        pixels.chunks_exact(self.width_px).filter(is_repeated).count()
    }
}

/// Sum of the differences between neighbouring pixels of a block.
fn roughness(block: &[u8; BLOCK_PX]) -> u16 {
    block.iter().zip(&block[1..]).map(|(a, b)| u16::from(a.abs_diff(*b))).sum()
}

/// Judges how smooth and how rough the picture is.
fn judge_blocks(blocks: &mut [u16]) -> Option<Doubt> {
    let steps = (BLOCK_PX - 1) as f32;
    let count = blocks.len();
    let is_smooth = |block: &&u16| f32::from(**block) < SMOOTH_MAX_GREY * steps;
    let smooth_share = blocks.iter().filter(is_smooth).count() as f32 / count as f32;
    if smooth_share > BLURRED_SHARE_MIN {
        return Some(Doubt::Blurred);
    }
    if smooth_share > SMOOTH_SHARE_MAX {
        return Some(Doubt::Occluded);
    }
    let (_, &mut median, _) = blocks.select_nth_unstable(count / 2);
    (f32::from(median) > ROUGH_MIN_GREY * steps).then_some(Doubt::Noisy)
}
