//! What repeated runs come to, for the terminal: [`campaign_lines`].

use super::{COLUMNS_MAX, fit, printable};
use crate::{number, words};
use analysis::Campaign;
use analysis::campaign::{FaultTrials, Times};

/// A line on the runs and a few on each fault, at most 100 columns wide.
pub fn campaign_lines(campaign: &Campaign) -> String {
    let of = |verdict| campaign.runs.get(&verdict).copied().unwrap_or(0);
    let mut lines = vec![format!("{}, {}", campaign.scenario, words::runs(of))];
    lines.extend(campaign.faults.iter().flat_map(of_fault));
    lines.iter().map(|line| fit(&printable(line), COLUMNS_MAX) + "\n").collect()
}

fn of_fault(fault: &FaultTrials) -> Vec<String> {
    let coverage = &fault.coverage;
    let mut lines = vec![format!("  {} {}", fault.id, words::fault(fault))];
    lines.push(format!(
        "    detected in {} of {} trials: coverage ≥ {}",
        number::count(coverage.detected),
        number::count(coverage.trials),
        number::at_least(coverage.lower_bound),
    ));
    if !fault.set_aside.is_empty() {
        lines.push(format!("    {}", words::set_aside(fault)));
    }
    let times = [("FDTI", &fault.fdti), ("FHTI", &fault.fhti), ("recovery", &fault.recovery)];
    lines.extend(times.map(|(name, times)| of_times(name, times)));
    lines
}

fn of_times(name: &str, times: &Times) -> String {
    let time = |quantile_ms| words::time(quantile_ms, times);
    format!(
        "    {:<11} p50 {:<6} p95 {} ({}), p99 {} ({}), max {}",
        format!("{name} ms"),
        time(times.p50_ms),
        time(times.p95_ms),
        words::bound(times.p95_bound),
        time(times.p99_ms),
        words::bound(times.p99_bound),
        time(times.max_ms),
    )
}
