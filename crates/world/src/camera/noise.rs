//! Sensor noise: [`Noise`], a pool of Gaussian noise from which each row takes a random stretch.
//!
//! One random number per row instead of one per pixel: fresh noise for each pixel would cost
//! several times as much as all the rest of the picture.

use crate::random::{Draws, Purpose};

/// Standard deviation of the noise of a pixel, grey levels of 256: a signal-to-noise ratio of 30 dB
/// over asphalt, an automotive imager by day.
pub const NOISE_SIGMA_GREY: f64 = 3.0;

/// Places in the pool where a row can begin. The pool stays in the second-level cache and is made
/// in some 0.1 ms, which a restarted camera has to wait for.
const BEGINNINGS: usize = 1 << 16;

/// The mean of the stored noise, which is kept above zero so that adding and subtracting are one
/// saturating instruction each. The price: grey above 255 − `BIAS` comes out darker by up to `BIAS`.
const BIAS: u8 = 18;

pub(super) struct Noise {
    pool: Vec<u8>,
}

impl Noise {
    pub(super) fn new(width: usize, seed: u64) -> Self {
        let mut pool = vec![0; BEGINNINGS + width];
        Draws::new(seed, Purpose::NoisePool, 0).fill(&mut pool);
        for level in &mut pool {
            *level = QUANTILES[usize::from(*level)];
        }
        Self { pool }
    }

    /// The noise of one frame.
    pub(super) fn frame(&self, seed: u64, frame: u64) -> FrameNoise<'_> {
        FrameNoise { draws: Draws::new(seed, Purpose::NoiseRows, frame), pool: &self.pool }
    }
}

pub(super) struct FrameNoise<'a> {
    draws: Draws,
    pool: &'a [u8],
}

impl FrameNoise<'_> {
    /// Writes the next row of the frame: `row` and its noise.
    pub(super) fn add(&mut self, row: &[u8], out: &mut [u8]) {
        let from = self.draws.bits() as usize % BEGINNINGS;
        let noise = &self.pool[from..][..row.len()];
        for ((out, &grey), &level) in out.iter_mut().zip(row).zip(noise) {
            *out = grey.saturating_add(level).saturating_sub(BIAS);
        }
    }
}

/// Random byte → noise + `BIAS`: the quantiles of the binomial distribution of 36 coins, whose
/// standard deviation is [`NOISE_SIGMA_GREY`]. Whole numbers, hence the same everywhere.
const QUANTILES: [u8; 256] = {
    const COINS: u64 = 36; // its mean, 18, is the bias
    let mut table = [0; 256];
    let mut level = 0;
    let mut ways = 1_u64; // to get `level` heads
    let mut ways_up_to = 1_u64;
    let mut byte = 0;
    while byte < 256 {
        // The middle of the byte's share: (byte + ½)/256 of all 2^36 ways.
        let quantile = (2 * byte as u64 + 1) << (36 - 9);
        while ways_up_to < quantile {
            ways = ways * (COINS - level) / (level + 1);
            ways_up_to += ways;
            level += 1;
        }
        table[byte] = level as u8;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_has_the_stated_mean_and_deviation() {
        let noise = Noise::new(1920, 5);
        let levels = || noise.pool.iter().map(|&level| f64::from(level) - f64::from(BIAS));
        let n = noise.pool.len() as f64;
        let mean = levels().sum::<f64>() / n;
        let sigma = (levels().map(|level| level * level).sum::<f64>() / n).sqrt();
        // Four standard errors of the mean; 2 % for the tails that 256 quantiles cut off.
        assert!(mean.abs() < 4.0 * NOISE_SIGMA_GREY / n.sqrt(), "mean {mean}");
        assert!((sigma / NOISE_SIGMA_GREY - 1.0).abs() < 0.02, "sigma {sigma}");
    }

    #[test]
    fn noise_saturates_instead_of_wrapping() {
        let noise = Noise::new(1920, 5);
        for grey in [0, 3, 100, 237] {
            let mut out = [0; 1920];
            noise.frame(5, 0).add(&[grey; 1920], &mut out);
            for seen in out {
                assert!(seen.abs_diff(grey) <= BIAS, "{grey} became {seen}");
            }
        }
    }
}
