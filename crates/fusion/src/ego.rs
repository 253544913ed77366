//! Where the ego went between two measurements. Main type: [`EgoTrail`], its recent odometry.

use std::collections::VecDeque;

use crate::config::EgoMotion;

/// Samples kept. With [`MIN_SPACING_NS`] they reach back further than any late measurement.
const MAX_SAMPLES: usize = 128;

/// A sample that follows its predecessor faster is forgotten when the next one comes.
const MIN_SPACING_NS: u64 = 5_500_000;

/// The odometry of the last 0.7 s at least.
#[derive(Clone, Debug)]
pub(crate) struct EgoTrail {
    /// (time, motion), in order of time.
    samples: VecDeque<(u64, EgoMotion)>,
}

/// How the ego moved between two times, seen from where it was at the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct EgoStep {
    /// Speed at both times.
    pub(crate) speeds_mps: [f64; 2],
    /// Forward and left.
    pub(crate) shift_m: [f64; 2],
    /// By how much it turned, left positive.
    pub(crate) turn_rad: f64,
}

impl EgoTrail {
    pub(crate) fn new() -> EgoTrail {
        EgoTrail { samples: VecDeque::with_capacity(MAX_SAMPLES + 1) }
    }

    /// Takes a sample in, unless it is older than one that is known. What is no finite number makes
    /// the motion unknown, as it is at the start.
    pub(crate) fn set(&mut self, at_ns: u64, motion: EgoMotion) {
        if !(motion.speed_mps.is_finite() && motion.yaw_rate_radps.is_finite()) {
            self.samples.clear();
            return;
        }
        if self.samples.back().is_some_and(|&(newest_ns, _)| at_ns < newest_ns) {
            return;
        }
        if self.newest_spacing_ns() < MIN_SPACING_NS
            || self.samples.back().is_some_and(|&(newest_ns, _)| newest_ns == at_ns)
        {
            self.samples.pop_back();
        }
        self.samples.push_back((at_ns, motion));
        if self.samples.len() > MAX_SAMPLES {
            self.samples.pop_front();
        }
    }

    /// Between the two newest samples.
    fn newest_spacing_ns(&self) -> u64 {
        let mut newest = self.samples.iter().rev().map(|&(at_ns, _)| at_ns);
        match (newest.next(), newest.next()) {
            (Some(newest_ns), Some(before_ns)) => newest_ns - before_ns,
            _ => u64::MAX,
        }
    }

    /// The motion at a time: between two samples on the line between them, else that of the nearest.
    /// `None` without any.
    pub(crate) fn at(&self, at_ns: u64) -> Option<EgoMotion> {
        let next = self.samples.partition_point(|&(sample_ns, _)| sample_ns <= at_ns);
        let Some(&(next_ns, after)) = self.samples.get(next) else {
            return self.samples.back().map(|&(_, motion)| motion);
        };
        let Some(&(before_ns, before)) = next.checked_sub(1).map(|index| &self.samples[index])
        else {
            return Some(after);
        };
        let share = (at_ns - before_ns) as f64 / (next_ns - before_ns) as f64;
        let between = |a: f64, b: f64| a + share * (b - a);
        Some(EgoMotion {
            speed_mps: between(before.speed_mps, after.speed_mps),
            yaw_rate_radps: between(before.yaw_rate_radps, after.yaw_rate_radps),
        })
    }

    /// The way from one time to a later one, piece by piece on arcs of circles: exact where speed
    /// and yaw rate are even between two samples. `None` without any sample.
    pub(crate) fn between(&self, from_ns: u64, to_ns: u64) -> Option<EgoStep> {
        let mut last = self.at(from_ns)?;
        let mut last_ns = from_ns;
        let mut step =
            EgoStep { speeds_mps: [last.speed_mps; 2], shift_m: [0.0; 2], turn_rad: 0.0 };
        let first = self.samples.partition_point(|&(sample_ns, _)| sample_ns <= from_ns);
        let inside = self.samples.range(first..).take_while(|&&(sample_ns, _)| sample_ns < to_ns);
        let end = (to_ns > from_ns).then(|| self.at(to_ns).map(|motion| (to_ns, motion))).flatten();
        for (at_ns, motion) in inside.copied().chain(end) {
            let dt_s = (at_ns - last_ns) as f64 * 1e-9;
            let length_m = 0.5 * (last.speed_mps + motion.speed_mps) * dt_s;
            let turn_rad = 0.5 * (last.yaw_rate_radps + motion.yaw_rate_radps) * dt_s;
            let (sin, cos) = (step.turn_rad + turn_rad / 2.0).sin_cos();
            // An arc's chord lies in the direction of its middle.
            let half = turn_rad / 2.0;
            let chord_m = if half == 0.0 { length_m } else { length_m * half.sin() / half };
            step.shift_m[0] += chord_m * cos;
            step.shift_m[1] += chord_m * sin;
            step.turn_rad += turn_rad;
            step.speeds_mps[1] = motion.speed_mps;
            (last, last_ns) = (motion, at_ns);
        }
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// Samples every 10 ms up to 1.5 s, made by a law.
    fn trail(law: impl Fn(f64) -> (f64, f64)) -> EgoTrail {
        let mut trail = EgoTrail::new();
        for ms in (0..=1500).step_by(10) {
            let (speed_mps, yaw_rate_radps) = law(ms as f64 * 1e-3);
            trail.set(ms * MS, EgoMotion { speed_mps, yaw_rate_radps });
        }
        trail
    }

    #[test]
    fn on_a_circle_the_way_is_exact() {
        let (speed_mps, yaw_rate) = (20.0, 0.4);
        let trail = trail(|_| (speed_mps, yaw_rate));
        let step = trail.between(503 * MS, 1217 * MS).unwrap();
        let (radius_m, turn_rad) = (speed_mps / yaw_rate, yaw_rate * 0.714);
        assert!((step.turn_rad - turn_rad).abs() < 1e-12);
        assert!((step.shift_m[0] - radius_m * turn_rad.sin()).abs() < 1e-9, "{step:?}");
        assert!((step.shift_m[1] - radius_m * (1.0 - turn_rad.cos())).abs() < 1e-9, "{step:?}");
    }

    #[test]
    fn while_it_brakes_the_way_is_the_integral_of_the_speed() {
        let step = trail(|t_s| (30.0 - 9.0 * t_s, 0.0)).between(604 * MS, 1296 * MS).unwrap();
        let way_m = 30.0 * 0.692 - 4.5 * (1.296_f64.powi(2) - 0.604_f64.powi(2));
        assert!((step.shift_m[0] - way_m).abs() < 1e-9, "{step:?}");
        assert!((step.speeds_mps[0] - step.speeds_mps[1] - 9.0 * 0.692).abs() < 1e-9, "{step:?}");
    }

    #[test]
    fn beyond_the_samples_the_nearest_holds() {
        let trail = trail(|t_s| (10.0 + t_s, 0.0));
        assert!((trail.at(9000 * MS).unwrap().speed_mps - 11.5).abs() < 1e-12);
        assert!(trail.at(0).unwrap().speed_mps < 11.0);
        let step = trail.between(1500 * MS, 3500 * MS).unwrap();
        assert!((step.shift_m[0] - 23.0).abs() < 1e-9, "{step:?}");
        assert_eq!(EgoTrail::new().between(0, 1), None);
    }

    #[test]
    fn samples_of_any_pace_reach_back_far_enough_and_nonsense_forgets_them() {
        let mut trail = EgoTrail::new();
        for ms in 0..2000 {
            trail.set(ms * MS, EgoMotion { speed_mps: ms as f64, yaw_rate_radps: 0.0 });
        }
        assert!(trail.samples.len() <= MAX_SAMPLES);
        assert!((trail.at(1300 * MS).unwrap().speed_mps - 1300.0).abs() < 1e-9);
        assert!((trail.at(1999 * MS).unwrap().speed_mps - 1999.0).abs() < 1e-9);
        trail.set(500 * MS, EgoMotion { speed_mps: 0.0, yaw_rate_radps: 0.0 });
        assert!((trail.at(1999 * MS).unwrap().speed_mps - 1999.0).abs() < 1e-9);
        trail.set(2000 * MS, EgoMotion { speed_mps: f64::NAN, yaw_rate_radps: 0.0 });
        assert_eq!(trail.at(2000 * MS), None);
    }
}
