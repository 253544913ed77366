//! Mutual interference: another radar in the same band raises the noise.
//!
//! Chirps that cross spread over all ranges (Brooker, "Mutual Interference of Millimeter-Wave Radar
//! Systems", IEEE Trans. Electromagn. Compat. 49, 2007): what was weak drowns, and the noise has peaks
//! of its own.

use super::{GHOST_SIGMAS, insert};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use wire::radar::{DETECTIONS_MAX, Detection};

/// Signal-to-noise ratio of 1 m² at 100 m, dB, and the natural logarithm of the probability of a false
/// alarm, as of the simulated radar: a list does not tell the ratios of its detections.
const SNR_1M2_100M_DB: f64 = 15.0;
/// See [`SNR_1M2_100M_DB`]: of one in a million.
const LN_FALSE_ALARM: f64 = -13.8;

/// What a radar believes less for each dB of noise more, percent.
const EXISTENCE_PER_DB: f64 = 2.0;

/// False detections in a cycle for each dB, in the mean.
const FALSE_PER_DB: f64 = 0.2;
/// Where they are: in the far beam of a long-range radar.
const FALSE_RANGE_M: std::ops::Range<f64> = 1.0..250.0;
/// See [`FALSE_RANGE_M`].
const FALSE_AZIMUTH_RAD: std::ops::Range<f64> = -0.15..0.15;
/// How fast they seem to go: anything.
const FALSE_RANGE_RATE_MPS: std::ops::Range<f64> = -60.0..30.0;
/// How much they are believed: as what just passes the threshold.
const FALSE_EXISTENCE_PERCENT: std::ops::Range<u8> = 48..66;

/// Raises the noise: takes detections away by their signal-to-noise ratio, lets the others be
/// believed less, and adds false ones. Returns how many came and went.
pub fn interference(list: &mut Vec<Detection>, noise_db: f64, draw: &mut ChaCha8Rng) -> u32 {
    let before = list.len();
    list.retain_mut(|detection| {
        let less = (EXISTENCE_PER_DB * noise_db) as u8;
        detection.existence_percent = detection.existence_percent.saturating_sub(less).max(1);
        let survives = survival_probability(snr_db(detection), noise_db);
        draw.random::<f64>() < survives
    });
    let gone = before - list.len();
    let mean = FALSE_PER_DB * noise_db;
    let came = mean as usize + usize::from(draw.random_bool(mean.fract()));
    let came = came.min(DETECTIONS_MAX.saturating_sub(list.len()));
    for _ in 0..came {
        insert(list, false_detection(draw));
    }
    (gone + came) as u32
}

/// The radar equation; not a number where the detection is none.
fn snr_db(detection: &Detection) -> f64 {
    let range_m = f64::from(detection.range_m.get());
    SNR_1M2_100M_DB + f64::from(detection.rcs_dbsm.get()) - 40.0 * (range_m / 100.0).log10()
}

/// That an echo which was detected is detected in so much more noise: the ratio of the probabilities
/// of detection, Pfa^(1/(1+snr)) each (Swerling I).
fn survival_probability(snr_db: f64, noise_db: f64) -> f64 {
    let share = |snr_db: f64| 1.0 / (1.0 + 10_f64.powf(snr_db / 10.0));
    (LN_FALSE_ALARM * (share(snr_db - noise_db) - share(snr_db))).exp()
}

fn false_detection(draw: &mut ChaCha8Rng) -> Detection {
    let [range_sigma_mm, azimuth_sigma_e4rad, range_rate_sigma_mmps] = GHOST_SIGMAS.map(Into::into);
    let range_m = draw.random_range(FALSE_RANGE_M);
    // What just passes the threshold at this range.
    let rcs_dbsm =
        10.0 * (-LN_FALSE_ALARM).log10() - SNR_1M2_100M_DB + 40.0 * (range_m / 100.0).log10();
    Detection {
        range_m: (range_m as f32).into(),
        azimuth_rad: (draw.random_range(FALSE_AZIMUTH_RAD) as f32).into(),
        range_rate_mps: (draw.random_range(FALSE_RANGE_RATE_MPS) as f32).into(),
        rcs_dbsm: (rcs_dbsm as f32).into(),
        range_sigma_mm,
        azimuth_sigma_e4rad,
        range_rate_sigma_mmps,
        existence_percent: draw.random_range(FALSE_EXISTENCE_PERCENT),
        flags: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    const CYCLES: u64 = 4000;

    fn detection(range_m: f32, rcs_dbsm: f32) -> Detection {
        let existence_percent = 90;
        let (range_m, rcs_dbsm) = (range_m.into(), rcs_dbsm.into());
        Detection { range_m, rcs_dbsm, existence_percent, flags: 7, ..Detection::default() }
    }

    /// How many of one true detection and of the false ones there are in a cycle, in the mean.
    fn per_cycle(range_m: f32, rcs_dbsm: f32, noise_db: f64) -> [f64; 2] {
        let mut counts = [0, 0];
        for cycle in 0..CYCLES {
            let mut list = vec![detection(range_m, rcs_dbsm)];
            let mut draw = ChaCha8Rng::seed_from_u64(cycle);
            let changed = interference(&mut list, noise_db, &mut draw);
            assert!(list.is_sorted_by(|a, b| a.range_m.get() <= b.range_m.get()));
            let own = list.iter().filter(|it| it.flags == 7).count();
            assert_eq!(changed as usize, 1 - own + list.len() - own);
            counts[0] += own;
            counts[1] += list.len() - own;
        }
        counts.map(|count| count as f64 / CYCLES as f64)
    }

    #[test]
    fn weak_detections_drown_and_false_ones_appear() {
        for (range_m, rcs_dbsm, noise_db) in
            [(30.0, 10.0, 10.0), (30.0, 10.0, 40.0), (100.0, 10.0, 10.0), (40.0, -8.0, 10.0)]
        {
            let [own, others] = per_cycle(range_m, rcs_dbsm, noise_db);
            let snr_db = 15.0 + f64::from(rcs_dbsm) - 40.0 * (f64::from(range_m) / 100.0).log10();
            let pd = |snr_db: f64| 1e-6_f64.powf(1.0 / (1.0 + 10_f64.powf(snr_db / 10.0)));
            let expected = pd(snr_db - noise_db) / pd(snr_db);
            let sigma = (expected * (1.0 - expected) / CYCLES as f64).sqrt();
            assert!((own - expected).abs() <= 4.0 * sigma + 0.002, "{own} for {expected}");
            let mean = 0.2 * noise_db;
            assert!((others - mean).abs() <= 4.0 * (0.25 / CYCLES as f64).sqrt(), "{others}");
        }
    }

    #[test]
    fn the_same_draw_interferes_in_the_same_way() {
        let run = |seed| {
            let mut list = vec![detection(50.0, 0.0), detection(80.0, -5.0)];
            interference(&mut list, 15.0, &mut ChaCha8Rng::seed_from_u64(seed));
            list
        };
        assert_eq!(run(4), run(4));
        assert_ne!(run(4), run(5));
    }

    #[test]
    fn a_list_is_never_longer_than_a_message_and_no_number_is_no_harm() {
        let mut list = vec![detection(20.0, 20.0); DETECTIONS_MAX];
        list[3].range_m = f32::NAN.into();
        interference(&mut list, 60.0, &mut ChaCha8Rng::seed_from_u64(1));
        assert!(list.len() <= DETECTIONS_MAX);
        assert!(list.iter().filter(|it| it.flags == 7).all(|it| it.existence_percent == 1));
    }
}
