//! The content of `campaign.md`: [`campaign_markdown`], on one screen.

use super::{ROWS_MAX, escaped, more, table};
use crate::{number, words};
use analysis::Campaign;
use analysis::campaign::{FaultTrials, Times};

/// What repeated runs come to, as Markdown of at most one screen.
pub fn campaign_markdown(campaign: &Campaign) -> String {
    let verdict = campaign.verdict();
    let of = |verdict| campaign.runs.get(&verdict).copied().unwrap_or(0);
    let mut lines = vec![
        format!(
            "## {} {}: {}, {}",
            words::symbol(verdict),
            words::verdict(verdict).to_uppercase(),
            escaped(&campaign.scenario),
            words::runs(of),
        ),
        String::new(),
        escaped(&campaign.description),
    ];
    not_passed(&mut lines, campaign);
    let faults = &campaign.faults;
    if !faults.is_empty() {
        coverage(&mut lines, faults);
        times(&mut lines, faults);
        more(&mut lines, faults.len(), "");
        lines.push(String::new());
        lines.push(format!(
            "Campaign coverage and bounds (≤) hold with {:.0} % confidence; *never* exceeds every \
             bound.",
            campaign.confidence * 100.0,
        ));
    }
    lines.push(String::new());
    lines.push("[report](campaign.html) · [campaign.json](campaign.json)".to_owned());
    lines.join("\n") + "\n"
}

fn not_passed(lines: &mut Vec<String>, campaign: &Campaign) {
    if campaign.not_passed.is_empty() {
        return;
    }
    lines.push(String::new());
    let shown = campaign.not_passed.iter().take(ROWS_MAX);
    lines.extend(shown.map(|run| format!("- {}", escaped(&words::not_passed(run)))));
    more(lines, campaign.not_passed.len(), "- ");
}

fn coverage(lines: &mut Vec<String>, faults: &[FaultTrials]) {
    table(
        lines,
        "| fault | trials | took effect | do not count | detected | coverage |\n\
         |---|--:|--:|---|--:|--:|",
    );
    lines.extend(faults.iter().take(ROWS_MAX).map(|fault| {
        format!(
            "| {}: {} | {} | {} | {} | {} of {} | ≥ {} |",
            escaped(&fault.id),
            escaped(&words::fault(fault)),
            number::count(fault.trials),
            number::count(fault.activated),
            words::set_aside(fault),
            number::count(fault.coverage.detected),
            number::count(fault.coverage.trials),
            number::at_least(fault.coverage.lower_bound),
        )
    }));
}

fn times(lines: &mut Vec<String>, faults: &[FaultTrials]) {
    table(
        lines,
        "| ms | p50 | p95 | bound | p99 | bound | max | never |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|",
    );
    for fault in faults.iter().take(ROWS_MAX) {
        lines.push(times_row(&format!("{} FDTI", fault.id), &fault.fdti));
        lines.push(times_row(&format!("{} recovery", fault.id), &fault.recovery));
    }
}

fn times_row(name: &str, times: &Times) -> String {
    let time = |quantile_ms| words::time(quantile_ms, times);
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} |",
        escaped(name),
        time(times.p50_ms),
        time(times.p95_ms),
        words::bound(times.p95_bound),
        time(times.p99_ms),
        words::bound(times.p99_bound),
        time(times.max_ms),
        number::count(times.censored),
    )
}
