//! Nearest-rank quantiles: [`quantiles_us`].
//!
//! The p-quantile of n values is the ⌈p·n⌉-th smallest: always a value that was seen, never an
//! interpolation between two.

use crate::summary::Quantiles;

/// Rank of the quantile with so many thousandths of `count` values at most, from 1.
pub(crate) fn rank(permille: u64, count: u64) -> u64 {
    (permille * count).div_ceil(1000).max(1)
}

/// Quantiles of lengths in nanoseconds, as microseconds; `None` of nothing.
pub(crate) fn quantiles_us(lengths_ns: impl Iterator<Item = i64>) -> Option<Quantiles> {
    let mut sorted: Vec<i64> = lengths_ns.collect();
    sorted.sort_unstable();
    let count = sorted.len() as u64;
    let at = |permille| sorted.get(rank(permille, count) as usize - 1).map(|&ns| ns as f64 / 1e3);
    Some(Quantiles { count, p50: at(500)?, p90: at(900)?, p99: at(990)?, max: at(1000)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lengths_us: &[i64], expected: [f64; 4]) {
        let seen = quantiles_us(lengths_us.iter().map(|us| us * 1000)).unwrap();
        let [p50, p90, p99, max] = expected;
        let count = lengths_us.len() as u64;
        assert_eq!(seen, Quantiles { count, p50, p90, p99, max }, "of {lengths_us:?}");
    }

    #[test]
    fn quantiles_are_values_that_were_seen() {
        check(&[7], [7.0; 4]);
        check(&[9, 1], [1.0, 9.0, 9.0, 9.0]);
        check(&[15, 20, 35, 40, 50], [35.0, 50.0, 50.0, 50.0]);
        let hundred: Vec<i64> = (1..=100).rev().collect();
        check(&hundred, [50.0, 90.0, 99.0, 100.0]);
        let one_more: Vec<i64> = (1..=101).collect();
        check(&one_more, [51.0, 91.0, 100.0, 101.0]);
    }

    #[test]
    fn nothing_has_no_quantiles() {
        assert_eq!(quantiles_us(std::iter::empty()), None);
    }
}
