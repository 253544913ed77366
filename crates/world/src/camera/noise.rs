//! The imager: [`Noise`] takes a row through the lens, adds shot and read noise and writes it.
//!
//! The noise comes from a pool of Gaussian noise from which each row takes a random stretch: one
//! random number per row instead of one per pixel. Fresh noise for each pixel would cost several
//! times as much as all the rest of the picture.

use super::kernels::{Kernels, LensRow, NoiseRow};
use crate::random::{Draws, Purpose};

/// Standard deviation of the noise of a pixel of asphalt by day, grey levels of 256: a
/// signal-to-noise ratio of 30 dB, an automotive imager by day. Other greys and other light differ:
/// see [`noise_sigma_grey`].
pub const NOISE_SIGMA_GREY: f64 = 3.0;

/// Read noise at gain 1, grey levels.
const READ_SIGMA_GREY: f64 = 1.5;
/// Variance of shot noise at gain 1 per grey level, such that asphalt of grey 92 has
/// [`NOISE_SIGMA_GREY`] in all.
const SHOT_PER_GREY: f64 = 0.0734;

/// Standard deviation of the noise of a pixel of this grey at this gain of the exposure: read and
/// shot noise, √((read·gain)² + shot·gain·grey) (EMVA 1288, with grey for electrons).
pub fn noise_sigma_grey(grey: f64, gain: f64) -> f64 {
    let read = READ_SIGMA_GREY * gain;
    (read * read + SHOT_PER_GREY * gain * grey).sqrt()
}

/// Places in the pool where a row can begin. The pool stays in the second-level cache and is made
/// in some 0.1 ms, which a restarted camera has to wait for.
const BEGINNINGS: usize = 1 << 16;

/// Standard deviation of the pool.
const POOL_SIGMA: f64 = 24.0;

/// The greys between which the straight line that stands for the root of [`noise_sigma_grey`] is exact; it
/// is within 0.4 grey levels from 8 to 255.
const CHORD_GREY: (f64, f64) = (32.0, 180.0);

pub(super) struct Noise {
    kernels: Kernels,
    pool: Vec<i8>,
    /// See [`NoiseRow`].
    at_zero: i16,
    per_grey: i16,
}

impl Noise {
    pub(super) fn new(width: usize, gain: f64, seed: u64) -> Self {
        let mut bytes = vec![0; BEGINNINGS + width];
        Draws::new(seed, Purpose::NoisePool, 0).fill(&mut bytes);
        let quantiles = quantiles();
        let pool = bytes.into_iter().map(|byte| quantiles[usize::from(byte)]).collect();
        let [low, high] = [CHORD_GREY.0, CHORD_GREY.1]
            .map(|grey| noise_sigma_grey(grey, gain) / POOL_SIGMA * 256.0);
        let per_grey = (high - low) / (CHORD_GREY.1 - CHORD_GREY.0);
        Self {
            kernels: Kernels::new(),
            pool,
            at_zero: (low - per_grey * CHORD_GREY.0) as i16,
            per_grey: (per_grey * 256.0) as i16,
        }
    }

    /// The noise of one frame.
    pub(super) fn frame(&self, seed: u64, frame: u64) -> FrameNoise<'_> {
        FrameNoise { draws: Draws::new(seed, Purpose::NoiseRows, frame), noise: self }
    }
}

pub(super) struct FrameNoise<'a> {
    draws: Draws,
    noise: &'a Noise,
}

impl FrameNoise<'_> {
    /// Writes the next row of the frame: `row` through the lens with these gains and offsets, and its
    /// noise.
    pub(super) fn expose(&mut self, row: &[u8], lens: LensRow, out: &mut [u8]) {
        let from = self.draws.bits() as usize % BEGINNINGS;
        let Noise { kernels, pool, at_zero, per_grey } = self.noise;
        let pool = &pool[from..][..row.len()];
        let noise = NoiseRow { pool, at_zero: *at_zero, per_grey: *per_grey };
        kernels.expose(row, lens, noise, out);
    }
}

/// Random byte → pool value: the quantiles of the normal distribution in the middle of each byte's
/// share.
fn quantiles() -> [i8; 256] {
    let below = |level: i32| {
        let sigmas = (f64::from(level) + 0.5) / POOL_SIGMA;
        0.5 * (1.0 + libm::erf(sigmas / std::f64::consts::SQRT_2))
    };
    let mut table = [0; 256];
    let mut level = i32::from(i8::MIN);
    let mut share = below(level);
    for (byte, value) in table.iter_mut().enumerate() {
        while share < (byte as f64 + 0.5) / 256.0 {
            level += 1;
            share = below(level);
        }
        *value = level as i8;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_has_no_mean_and_the_stated_deviation() {
        let noise = Noise::new(1920, 1.0, 5);
        let levels = || noise.pool.iter().map(|&level| f64::from(level));
        let n = noise.pool.len() as f64;
        let mean = levels().sum::<f64>() / n;
        let sigma = (levels().map(|level| level * level).sum::<f64>() / n).sqrt();
        // Four standard errors of the mean; 2 % for the tails that 256 quantiles cut off.
        assert!(mean.abs() < 4.0 * POOL_SIGMA / n.sqrt(), "mean {mean}");
        assert!((sigma / POOL_SIGMA - 1.0).abs() < 0.02, "sigma {sigma}");
    }

    #[test]
    fn asphalt_by_day_has_the_stated_noise() {
        assert!((noise_sigma_grey(92.0, 1.0) - NOISE_SIGMA_GREY).abs() < 0.01);
    }

    /// By all gains that occur.
    #[test]
    fn the_noise_of_every_grey_is_close_to_the_root_of_its_variance() {
        let (gains, offsets) = ([256; 1920], [128; 1920]);
        for gain in [0.85, 1.0, 2.0] {
            let noise = Noise::new(1920, gain, 5);
            for grey in [20, 40, 92, 150, 220] {
                let mut out = [0; 1920];
                let lens = LensRow { gains: &gains, offsets: &offsets };
                noise.frame(5, 0).expose(&[grey; 1920], lens, &mut out);
                let square = |&seen: &u8| (f64::from(seen) - f64::from(grey)).powi(2);
                let sigma = (out.iter().map(square).sum::<f64>() / 1920.0).sqrt();
                let stated = noise_sigma_grey(f64::from(grey), gain);
                assert!((sigma - stated).abs() < 0.5, "{gain}, {grey}: {sigma} for {stated}");
            }
        }
    }

    #[test]
    fn noise_saturates_instead_of_wrapping() {
        let noise = Noise::new(1920, 2.0, 5);
        let (gains, offsets) = ([256; 1920], [128; 1920]);
        for grey in [0, 3, 100, 255] {
            let mut out = [0; 1920];
            noise.frame(5, 0).expose(
                &[grey; 1920],
                LensRow { gains: &gains, offsets: &offsets },
                &mut out,
            );
            for seen in out {
                assert!(seen.abs_diff(grey) <= 25, "{grey} became {seen}");
            }
        }
    }
}
