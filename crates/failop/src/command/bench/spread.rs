//! How a figure is spread over its samples: [`Spread`].

use super::job::quantile;
use serde::Serialize;
use std::io::{self, Write};

/// Quantiles of a figure, in one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
    pub(super) samples: usize,
}

impl Spread {
    /// Of nanoseconds, in units of `unit_ns`.
    pub(super) fn of(samples_ns: &[u64], unit_ns: f64) -> Spread {
        let mut sorted = samples_ns.to_vec();
        sorted.sort_unstable();
        let at = |percent| quantile(&sorted, percent) as f64 / unit_ns;
        let (p50, p90, p99, max) = (at(50), at(90), at(99), at(100));
        Spread { p50, p90, p99, max, samples: sorted.len() }
    }

    /// Of nanoseconds, in microseconds.
    pub(super) fn of_us(samples_ns: &[u64]) -> Spread {
        Spread::of(samples_ns, 1e3)
    }
}

/// The head of a table of spreads.
pub(super) fn write_head(out: &mut impl Write, title: &str) -> io::Result<()> {
    writeln!(out, "{title:<52}{:>11}{:>11}{:>11}{:>11}", "p50", "p90", "p99", "max")
}

/// A line of a table of spreads.
pub(super) fn write_line(out: &mut impl Write, name: &str, spread: &Spread) -> io::Result<()> {
    let Spread { p50, p90, p99, max, .. } = spread;
    writeln!(out, "  {name:<50}{p50:>11.2}{p90:>11.2}{p99:>11.2}{max:>11.2}")
}
