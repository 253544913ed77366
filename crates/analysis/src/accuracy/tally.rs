//! The sums of one phase: [`Tally`].

use std::collections::BTreeMap;
use wire::Node;

use super::compared::{Compared, Pair};
use crate::quantiles::quantiles_us;
use crate::summary::{Consistency, GospaParts, Quantiles, TrackErrors};

/// States that NEES is about: x, y, vx, vy.
const NEES_DOF: u32 = 4;
/// Of the standard normal distribution: 2.5 % lie above it.
const Z_975: f64 = 1.959_964;

/// What outputs came to, summed up.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) outputs: u64,
    pub(super) lead: Errors,
    pub(super) all: Errors,
    gospa: [f64; 3],
    nees: Vec<f64>,
    nis: BTreeMap<Node, Vec<f64>>,
    /// Nanoseconds.
    ages: BTreeMap<Node, Vec<i64>>,
}

/// Errors, summed up.
#[derive(Debug, Default)]
pub(super) struct Errors {
    owed: u64,
    paired: u64,
    position_squares: f64,
    velocity_squares: f64,
    position_max_m: f64,
}

impl Errors {
    fn add(&mut self, pair: Option<&Pair>) {
        self.owed += 1;
        let Some(pair) = pair else { return };
        self.paired += 1;
        self.position_squares += pair.position_error_m.powi(2);
        self.velocity_squares += pair.velocity_error_mps.powi(2);
        self.position_max_m = self.position_max_m.max(pair.position_error_m);
    }

    pub(super) fn errors(&self) -> TrackErrors {
        let any = |value: f64| (self.paired > 0).then_some(value);
        let root_mean = |squares: f64| any((squares / self.paired as f64).sqrt());
        TrackErrors {
            owed: self.owed,
            paired: self.paired,
            position_rmse_m: root_mean(self.position_squares),
            position_max_m: any(self.position_max_m),
            velocity_rmse_mps: root_mean(self.velocity_squares),
        }
    }
}

impl Tally {
    pub(super) fn add(&mut self, compared: &Compared) {
        self.outputs += 1;
        for actor in &compared.owed {
            let pair = compared.track_of(*actor);
            self.all.add(pair);
            if compared.lead == Some(*actor) {
                self.lead.add(pair);
            }
        }
        for (sum, part) in self.gospa.iter_mut().zip(compared.gospa) {
            *sum += part;
        }
        self.nees.extend(compared.pairs.iter().filter_map(|pair| pair.nees));
        let (stream, nis) = &compared.nis;
        self.nis.entry(*stream).or_default().extend(nis);
        for pair in &compared.pairs {
            for (sensor, age_us) in [Node::Camera, Node::Radar].into_iter().zip(pair.ages_us) {
                let age_ns = age_us.map(|us| i64::from(us) * 1000);
                self.ages.entry(sensor).or_default().extend(age_ns);
            }
        }
    }

    pub(super) fn gospa(&self) -> Option<GospaParts> {
        let squares: f64 = self.gospa.iter().sum();
        let total_m = (squares / self.outputs as f64).sqrt();
        let share = |part: f64| if squares > 0.0 { total_m * part / squares } else { 0.0 };
        let [localisation_m, missed_m, false_m] = self.gospa.map(share);
        (self.outputs > 0).then_some(GospaParts { total_m, localisation_m, missed_m, false_m })
    }

    pub(super) fn nees(&self) -> Option<Consistency> {
        consistency(&self.nees, NEES_DOF)
    }

    pub(super) fn nis(&self) -> BTreeMap<Node, Consistency> {
        // The camera measures azimuth and range, the radar also the range rate.
        let dof = |sensor: Node| if sensor == Node::Camera { 2 } else { 3 };
        let all = self.nis.iter();
        all.filter_map(|(sensor, nis)| Some((*sensor, consistency(nis, dof(*sensor))?))).collect()
    }

    pub(super) fn ages(&self) -> BTreeMap<Node, Quantiles> {
        let all = self.ages.iter();
        all.filter_map(|(sensor, ages)| Some((*sensor, quantiles_us(ages.iter().copied())?)))
            .collect()
    }
}

fn consistency(values: &[f64], dof: u32) -> Option<Consistency> {
    let count = values.len() as u64;
    let mean = values.iter().sum::<f64>() / count as f64;
    let sum_dof = count as f64 * f64::from(dof);
    let bound = |z: f64| chi_squared(sum_dof, z) / count as f64;
    let band_95 = (bound(-Z_975), bound(Z_975));
    (count > 0).then_some(Consistency { mean, count, dof, band_95 })
}

/// The quantile of χ² at a quantile of the normal distribution (Wilson and Hilferty, PNAS 17, 1931).
fn chi_squared(dof: f64, z: f64) -> f64 {
    let spread = 2.0 / (9.0 * dof);
    dof * (1.0 - spread + z * spread.sqrt()).powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_of_the_mean_is_that_of_chi_squared() {
        // scipy 1.16, `chi2.ppf([.025, .975], 4 n) / n`.
        for (count, low, high) in [(50, 3.255, 4.821), (100, 3.465, 4.573), (1000, 3.827, 4.177)] {
            let band = consistency(&vec![4.0; count], NEES_DOF).unwrap().band_95;
            assert!((band.0 - low).abs() < 2e-3 && (band.1 - high).abs() < 2e-3, "{band:?}");
        }
    }
}
