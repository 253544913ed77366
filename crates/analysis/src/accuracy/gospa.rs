//! How far a set of estimates is from a set of truths, in one number: [`Gospa`].
//!
//! Generalised optimal sub-pattern assignment (Rahmathullah, García-Fernández, Svensson, FUSION 2017)
//! with α = 2: Gᵖ = Σ dᵖ over the pairs + cᵖ/2 for each missed and each false one. A pair that is
//! farther apart than c is no pair. The parts are in the p-th power of a metre, as they add up.

use super::assignment::assign;

/// Cut-off c, m: what is farther from the truth is of no use for driving.
pub(super) const CUT_OFF_M: f64 = 5.0;
/// Order p.
pub(super) const ORDER: i32 = 2;

/// A place on the plane, m.
pub(super) type Place = [f64; 2];

/// The distance of two sets, in its parts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gospa {
    /// Truth and estimate of each pair, by their places in the lists.
    pub(super) pairs: Vec<(usize, usize)>,
    /// Of the pairs, mᵖ.
    pub(super) localisation: f64,
    /// Of truths without an estimate, mᵖ.
    pub(super) missed: f64,
    /// Of estimates without a truth, mᵖ.
    pub(super) r#false: f64,
}

impl Gospa {
    /// Between truths and estimates, with this cut-off and order.
    pub(super) fn new(
        truths: &[Place],
        estimates: &[Place],
        (cut_off_m, order): (f64, i32),
    ) -> Gospa {
        let worst = cut_off_m.powi(order);
        let cost = |truth: usize, estimate: usize| {
            let (truth, estimate) = (truths[truth], estimates[estimate]);
            let distance_m = (truth[0] - estimate[0]).hypot(truth[1] - estimate[1]);
            distance_m.powi(order).min(worst)
        };
        let all: Vec<(usize, usize)> = if truths.len() <= estimates.len() {
            let found = assign((truths.len(), estimates.len()), cost);
            found.into_iter().enumerate().collect()
        } else {
            let size = (estimates.len(), truths.len());
            let found = assign(size, |estimate, truth| cost(truth, estimate));
            found.into_iter().enumerate().map(|(estimate, truth)| (truth, estimate)).collect()
        };
        let pairs: Vec<_> = all.into_iter().filter(|(t, e)| cost(*t, *e) < worst).collect();
        Gospa {
            localisation: pairs.iter().map(|(t, e)| cost(*t, *e)).sum(),
            missed: (truths.len() - pairs.len()) as f64 * worst / 2.0,
            r#false: (estimates.len() - pairs.len()) as f64 * worst / 2.0,
            pairs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (case, truths, estimates, [c, p, distance, localisation, missed, false]).
    type Golden = (&'static str, &'static [Place], &'static [Place], [f64; 6]);

    /// Computed with `GOSPAMetric` of Stone Soup 1.9.1.
    const GOLDEN: [Golden; 11] = [
        ("exact", &TWO, &TWO, [10.0, 2.0, 0.0, 0.0, 0.0, 0.0]),
        ("offset", &TWO, &[[3.0, 0.0], [10.0, 4.0]], [10.0, 2.0, 5.0, 25.0, 0.0, 0.0]),
        ("one missed", &TWO, &[[0.0, 1.0]], [10.0, 2.0, 7.141_428_428_542_85, 1.0, 50.0, 0.0]),
        ("one false", &ONE, &FALSE, [10.0, 2.0, 7.141_428_428_542_85, 1.0, 0.0, 50.0]),
        ("beyond the cut-off", &ONE, &[[0.0, 25.0]], [10.0, 2.0, 10.0, 0.0, 50.0, 50.0]),
        ("no estimate", &THREE, &[], [10.0, 2.0, 12.247_448_713_915_89, 0.0, 150.0, 0.0]),
        (
            "crossed",
            &TWO,
            &[[9.0, 0.0], [1.0, 0.0]],
            [10.0, 2.0, std::f64::consts::SQRT_2, 2.0, 0.0, 0.0],
        ),
        ("offset, p = 1", &TWO, &[[3.0, 0.0], [10.0, 4.0]], [5.0, 1.0, 7.0, 7.0, 0.0, 0.0]),
        ("one false, p = 1", &ONE, &FALSE, [5.0, 1.0, 3.5, 1.0, 0.0, 2.5]),
        ("no estimate, p = 1", &THREE, &[], [5.0, 1.0, 7.5, 0.0, 7.5, 0.0]),
        (
            "one missed, c = 20",
            &TWO,
            &[[0.0, 1.0]],
            [20.0, 2.0, 14.177_446_878_757_825, 1.0, 200.0, 0.0],
        ),
    ];
    const ONE: [Place; 1] = [[0.0, 0.0]];
    const TWO: [Place; 2] = [[0.0, 0.0], [10.0, 0.0]];
    const THREE: [Place; 3] = [[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]];
    const FALSE: [Place; 2] = [[0.0, 1.0], [50.0, 50.0]];

    /// Gᵖ.
    fn power(gospa: &Gospa) -> f64 {
        gospa.localisation + gospa.missed + gospa.r#false
    }

    #[test]
    fn the_distance_and_its_parts_are_those_of_stone_soup() {
        for (name, truths, estimates, [c, p, distance, localisation, missed, r#false]) in GOLDEN {
            let gospa = Gospa::new(truths, estimates, (c, p as i32));
            let seen = power(&gospa).powf(1.0 / p);
            let parts = [
                (seen, distance),
                (gospa.localisation, localisation),
                (gospa.missed, missed),
                (gospa.r#false, r#false),
            ];
            for (seen, expected) in parts {
                assert!((seen - expected).abs() < 1e-9, "{name}: {gospa:?}");
            }
        }
    }

    #[test]
    fn nobody_and_no_estimate_are_no_distance() {
        assert!(power(&Gospa::new(&[], &[], (CUT_OFF_M, ORDER))).abs() < 1e-12);
    }
}
