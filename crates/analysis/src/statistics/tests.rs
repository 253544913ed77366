//! Bounds against values from tables.

use super::*;

const CONFIDENCE: f64 = 0.95;

fn near(seen: f64, expected: f64) -> bool {
    (seen - expected).abs() < 5e-5
}

#[test]
fn the_lower_bound_of_a_proportion_is_exact() {
    for (successes, trials, expected) in [
        (59, 59, 0.9505),
        (299, 299, 0.9900),
        (298, 299, 0.9842),
        (999, 1000, 0.9953),
        (1, 1, 0.05),
        (5, 10, 0.2224),
        (0, 10, 0.0),
        (0, 0, 0.0),
        (100_000, 100_000, 0.99997),
    ] {
        let seen = lower_bound(successes, trials, CONFIDENCE);
        assert!(near(seen, expected), "{successes}/{trials}: {seen}");
    }
}

#[test]
fn the_upper_bound_of_a_proportion_is_the_lower_one_of_its_opposite() {
    // Without a success, 1 − 0.05^(1/n): about 3/n, the rule of three.
    for (successes, trials, expected) in
        [(0, 59, 0.0495), (1, 299, 0.0158), (5, 10, 0.7776), (10, 10, 1.0), (0, 0, 1.0)]
    {
        let seen = upper_bound(successes, trials, CONFIDENCE);
        assert!(near(seen, expected), "{successes}/{trials}: {seen}");
    }
}

#[test]
fn the_wilson_interval_lies_around_the_share_and_within_0_and_1() {
    for (successes, trials, [low, high]) in [
        (0, 10, [0.0, 0.2775]),
        (10, 10, [0.7225, 1.0]),
        (5, 10, [0.2366, 0.7634]),
        (298, 299, [0.9813, 0.9994]),
        (0, 0, [0.0, 1.0]),
    ] {
        let seen = wilson_interval(successes, trials);
        assert!(near(seen[0], low) && near(seen[1], high), "{successes}/{trials}: {seen:?}");
    }
}

#[test]
fn the_trials_needed_grow_with_the_failures_among_them() {
    for (failures, expected) in [
        (0, [29, 59, 299, 2995]),
        (1, [46, 93, 473, 4742]),
        (2, [61, 124, 628, 6294]),
        (3, [76, 153, 773, 7752]),
    ] {
        let seen =
            [0.9, 0.95, 0.99, 0.999].map(|proportion| trials_needed(proportion, failures, 0.95));
        assert_eq!(seen, expected, "{failures} failures");
        let bounds = seen.map(|trials| lower_bound(trials - failures, trials, CONFIDENCE));
        assert!(bounds.is_sorted() && bounds[3] >= 0.999, "{bounds:?}");
    }
}

#[test]
fn a_quantile_is_bounded_by_a_value_that_was_seen_once_there_are_enough() {
    for (percent, trials, expected) in [
        (95, 0, None),
        (95, 58, None),
        (95, 59, Some(59)),
        (95, 92, Some(92)),
        (95, 93, Some(92)),
        (95, 1000, Some(962)),
        (99, 298, None),
        (99, 299, Some(299)),
        (99, 1000, Some(996)),
        (50, 1, None),
        (50, 5, Some(5)),
    ] {
        let seen = upper_bound_rank(percent, trials, CONFIDENCE);
        assert_eq!(seen, expected, "p{percent} of {trials}");
    }
}

#[test]
fn a_censored_trial_exceeds_every_bound_and_is_never_dropped() {
    let observed = || (1..=95).rev().map(f64::from).collect::<Vec<f64>>();
    let quantiles = |sample: &Sample| [1, 50, 95, 96, 100].map(|percent| sample.quantile(percent));
    let sample = Sample::new(observed(), 5);
    assert_eq!(sample.trials(), 100);
    assert_eq!(quantiles(&sample), [Some(1.0), Some(50.0), Some(95.0), None, None]);
    assert_eq!((sample.value(0), sample.value(95), sample.value(96)), (None, Some(95.0), None));
    let whole = Sample::new(observed(), 0);
    assert_eq!(quantiles(&whole), [Some(1.0), Some(48.0), Some(91.0), Some(92.0), Some(95.0)]);
    assert_eq!(quantiles(&Sample::default()), [None; 5]);
    assert_eq!(quantiles(&Sample::new(Vec::new(), 3)), [None; 5]);
}

#[test]
fn probabilities_add_up_to_1_also_where_the_first_underflows() {
    for (trials, probability) in [(1, 0.5), (1000, 0.01), (100_000, 0.3), (100_000, 0.999)] {
        let sum = at_most(trials, trials, probability);
        assert!((sum - 1.0).abs() < 1e-6, "{trials}, {probability}: {sum}");
    }
}
