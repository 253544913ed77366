//! The content of `coverage.md`: [`coverage_markdown`].

use super::{escaped, table};
use crate::{number, words};
use analysis::Coverage;
use analysis::coverage::{FaultCoverage, InterferenceCoverage};
use std::collections::BTreeSet;

/// Most faults named beside an interference; the page has them all.
const FAULTS_MAX: usize = 3;

/// What all runs of an invocation exercised, as Markdown.
pub fn coverage_markdown(coverage: &Coverage) -> String {
    let results = coverage.interference.iter().map(|it| it.result);
    let mut lines = vec![
        format!("## Coverage of {} in {} runs", scenarios(coverage), number::count(coverage.runs)),
        String::new(),
        format!("Trials: {}.", words::outcomes(&coverage.outcomes)),
        String::new(),
        format!("Interference (ISO 26262-6, Annex D): {}.", words::exercised(results)),
    ];
    table(&mut lines, "| interference | result | by |\n|---|---|---|");
    lines.extend(coverage.interference.iter().map(interference));
    kinds(&mut lines, coverage);
    lines.push(String::new());
    lines.push("[report](coverage.html) · [coverage.json](coverage.json)".to_owned());
    lines.join("\n") + "\n"
}

fn scenarios(coverage: &Coverage) -> String {
    match coverage.scenarios.len() {
        1 => "1 scenario".to_owned(),
        n => format!("{n} scenarios"),
    }
}

fn interference(row: &InterferenceCoverage) -> String {
    let result = words::exercise(row.result);
    let symbol = words::symbol(words::exercise_verdict(row.result));
    let named = row.faults.iter().take(FAULTS_MAX).map(fault);
    let mut by: Vec<String> = named.collect();
    let more = row.faults.len().saturating_sub(FAULTS_MAX);
    by.extend((more > 0).then(|| format!("… and {more} more")));
    by.extend(row.reason.as_deref().map(escaped));
    format!("| {} | {symbol} {result} | {} |", row.name, by.join("; "))
}

fn fault(it: &FaultCoverage) -> String {
    let outcomes = words::outcomes_and_skipped(&it.outcomes, it.skipped);
    format!("{} {} ({}): {outcomes}", escaped(&it.scenario), escaped(&it.fault), it.kind)
}

fn kinds(lines: &mut Vec<String>, coverage: &Coverage) {
    let injected = coverage.kinds.len() - coverage.never_injected.len();
    lines.push(String::new());
    lines.push(format!("{injected} of {} kinds of fault were injected.", coverage.kinds.len()));
    if !coverage.never_injected.is_empty() {
        lines.push(String::new());
        lines.push(format!("Never injected: {}.", coverage.never_injected.join(", ")));
    }
    let skipped: BTreeSet<String> = coverage
        .skipped
        .iter()
        .map(|it| format!("- {} was skipped: {}", it.kind, escaped(&it.reason)))
        .collect();
    if !skipped.is_empty() {
        lines.push(String::new());
        lines.extend(skipped);
    }
}
