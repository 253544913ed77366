//! Random numbers that depend on the seed, the purpose and the step, and on nothing drawn before.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What the numbers are for. Each purpose has streams of its own, so that a new draw for one
/// changes no other.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// Colours of the vehicles, the skyline; step 0.
    Scenery = 1,
    /// The pool of camera noise; step 0.
    NoisePool = 2,
    /// Where in the pool each row of a frame begins; the step is the frame.
    NoiseRows = 3,
    /// The radar; the step is the cycle.
    Radar = 4,
    /// Rain that the camera sees; the step is the frame.
    Rain = 5,
    /// Dirt on the lens; step 0.
    Dirt = 6,
}

/// Separates the numbers of this crate from others drawn with the same seed.
const DOMAIN: &[u8; 24] = b"failop/world            ";

/// The generator of one purpose at one step (below 2⁵⁶). `ChaCha` guarantees the same numbers on
/// each platform.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    pub(crate) fn new(seed: u64, purpose: Purpose, step: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..].copy_from_slice(DOMAIN);
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream((purpose as u64) << 56 | step & ((1 << 56) - 1));
        Self(rng)
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    pub(crate) fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Uniform in [0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        f64::from(self.bits()) / 4_294_967_296.0
    }

    /// Uniform in [low, high).
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Standard normal, as the sum of twelve uniform numbers (Irwin-Hall): exact arithmetic, the
    /// same bits everywhere, bounded by ±6.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    /// Poisson, by counting arrivals (Knuth, TAOCP 2, 3.4.1), up to `most`.
    pub(crate) fn poisson(&mut self, mean: f64, most: usize) -> usize {
        let limit = (-mean).exp();
        let mut product = self.uniform();
        let mut count = 0;
        while product > limit && count < most {
            product *= self.uniform();
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_seed_purpose_and_step_has_its_own_numbers() {
        let draw = |seed, purpose, step| Draws::new(seed, purpose, step).bits();
        let first = draw(1, Purpose::Radar, 7);
        assert_eq!(first, draw(1, Purpose::Radar, 7));
        for other in
            [draw(2, Purpose::Radar, 7), draw(1, Purpose::Radar, 8), draw(1, Purpose::NoiseRows, 7)]
        {
            assert_ne!(first, other);
        }
    }

    /// Mean and variance over 40,000 draws, within four standard errors.
    #[test]
    fn the_distributions_have_their_moments() {
        const N: usize = 40_000;
        let mut draws = Draws::new(3, Purpose::Radar, 0);
        // name, sample, mean, variance, fourth central moment
        let normal: Vec<f64> = (0..N).map(|_| draws.normal()).collect();
        let poisson: Vec<f64> = (0..N).map(|_| draws.poisson(4.0, 40) as f64).collect();
        for (name, sample, mean, variance, fourth) in
            [("normal", normal, 0.0, 1.0, 2.9), ("poisson", poisson, 4.0, 4.0, 52.0)]
        {
            let n = N as f64;
            let seen_mean = sample.iter().sum::<f64>() / n;
            let seen_variance = sample.iter().map(|x| (x - seen_mean).powi(2)).sum::<f64>() / n;
            let mean_error: f64 = (variance / n).sqrt();
            let variance_error: f64 = ((fourth - variance * variance) / n).sqrt();
            assert!((seen_mean - mean).abs() < 4.0 * mean_error, "{name} mean {seen_mean}");
            assert!(
                (seen_variance - variance).abs() < 4.0 * variance_error,
                "{name} variance {seen_variance}"
            );
        }
    }
}
