//! What repeated trials prove: bounds on a proportion ([`lower_bound`], [`upper_bound`],
//! [`wilson_interval`], [`trials_needed`]) and on a quantile ([`Sample`]).
//!
//! Trials are taken to be independent and alike; nothing is assumed about how values are
//! distributed. A *confidence* is the least probability, from 0 to 1, with which a bound holds.

use crate::quantiles::rank;

/// Halvings of an interval of proportions, after which its ends are as good as equal.
const HALVINGS: u32 = 50;
/// 97.5 % quantile of the standard normal distribution: 2.5 % lie beyond it on either side.
const NORMAL_975: f64 = 1.959_963_984_540_054;

/// Exact one-sided lower bound on the probability of a success (Clopper and Pearson, Biometrika 26,
/// 1934): the proportion under which as many successes would be seen with probability
/// 1 − `confidence`. 0 without any.
pub fn lower_bound(successes: u64, trials: u64, confidence: f64) -> f64 {
    assert!(successes <= trials, "a success is a trial");
    if successes == 0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        // Failures are counted because they are few: the sum over them is short.
        if at_most(trials - successes, trials, 1.0 - middle) <= 1.0 - confidence {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// Exact one-sided upper bound on the probability of a success, likewise. 1 without a failure.
pub fn upper_bound(successes: u64, trials: u64, confidence: f64) -> f64 {
    1.0 - lower_bound(trials - successes, trials, confidence)
}

/// Two-sided interval for the probability of a success that holds with about 95 % (Wilson, Journal
/// of the American Statistical Association 22, 1927): for the eye, not for a proof.
pub fn wilson_interval(successes: u64, trials: u64) -> [f64; 2] {
    if trials == 0 {
        return [0.0, 1.0];
    }
    let n = trials as f64;
    let share = successes as f64 / n;
    let square = NORMAL_975 * NORMAL_975 / n;
    let centre = share + square / 2.0;
    let half = NORMAL_975 * (share * (1.0 - share) / n + square / n / 4.0).sqrt();
    [centre - half, centre + half].map(|end| (end / (1.0 + square)).clamp(0.0, 1.0))
}

/// How many trials show with `confidence` that the probability of a success is at least
/// `proportion` (between 0 and 1, exclusive), where so many of them fail: the least number whose
/// Clopper-Pearson lower bound reaches it.
pub fn trials_needed(proportion: f64, failures: u64, confidence: f64) -> u64 {
    let enough = |trials| at_most(failures, trials, 1.0 - proportion) <= 1.0 - confidence;
    let (mut too_few, mut many) = (failures, failures + 1);
    while !enough(many) {
        (too_few, many) = (many, many * 2);
    }
    while many - too_few > 1 {
        let middle = u64::midpoint(too_few, many);
        if enough(middle) { many = middle } else { too_few = middle }
    }
    many
}

/// Which of so many values, from 1 for the smallest, bounds the `percent`-quantile from above with
/// `confidence`, whatever the distribution: r = min{r : P(X ≤ r − 1) ≥ confidence} for X of the
/// binomial distribution of `trials` and the quantile (David and Nagaraja, Order Statistics, 7.1).
/// `None` where not even the largest does.
pub fn upper_bound_rank(percent: u64, trials: u64, confidence: f64) -> Option<u64> {
    let beyond = cumulative(trials, 1.0 - percent as f64 / 100.0);
    // The same condition, said of the few values above the quantile.
    let spare = beyond.take_while(|probability| *probability <= 1.0 - confidence).count() as u64;
    (spare > 0).then(|| trials + 1 - spare)
}

/// Times of trials, of which some are only known to exceed every bound: right-censored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    ascending: Vec<f64>,
    censored: u64,
}

impl Sample {
    /// These values in any order, and so many censored ones.
    pub fn new(mut observed: Vec<f64>, censored: u64) -> Sample {
        observed.sort_unstable_by(f64::total_cmp);
        Sample { ascending: observed, censored }
    }

    /// All trials, the censored ones too.
    pub fn trials(&self) -> u64 {
        self.ascending.len() as u64 + self.censored
    }

    /// Nearest-rank quantile of all trials; `None` of nothing, and where it is a censored one.
    pub fn quantile(&self, percent: u64) -> Option<f64> {
        self.value(rank(10 * percent, self.trials()))
    }

    /// The value of this rank, from 1; `None` where it is censored.
    pub fn value(&self, rank: u64) -> Option<f64> {
        self.ascending.get((rank as usize).checked_sub(1)?).copied()
    }

    /// What was observed, ascending.
    pub fn into_ascending(self) -> Vec<f64> {
        self.ascending
    }
}

/// P(X ≤ `successes`) of the binomial distribution.
fn at_most(successes: u64, trials: u64, probability: f64) -> f64 {
    let sums = cumulative(trials, probability);
    sums.take(successes as usize + 1).last().expect("there is a sum for no success")
}

/// P(X ≤ 0), P(X ≤ 1), … P(X ≤ `trials`) of the binomial distribution. Each mass follows from the
/// one before; in logarithms, because the first underflows with many trials.
fn cumulative(trials: u64, probability: f64) -> impl Iterator<Item = f64> {
    let ln_failure = (-probability).ln_1p();
    let ln_odds = probability.ln() - ln_failure;
    let mut ln_mass = trials as f64 * ln_failure;
    let mut sum = 0.0;
    (0..=trials).map(move |successes| {
        sum += ln_mass.exp();
        ln_mass += ((trials - successes) as f64 / (successes + 1) as f64).ln() + ln_odds;
        sum
    })
}

#[cfg(test)]
mod tests;
