//! The page on all runs of an invocation: [`coverage_html`].

use super::markup::{Cell, Table, note, section, terms};
use super::overview::{banner, card_list, lead};
use super::page::document;
use crate::{number, words};
use analysis::Coverage;
use analysis::Summary;
use analysis::Verdict;
use analysis::coverage::{FaultCoverage, InterferenceCoverage, KindCoverage};
use analysis::summary::Exercise;
use std::collections::BTreeMap;

/// What all runs exercised as one self-contained page: the interferences, the kinds of fault, what was
/// skipped, and what was never injected.
pub fn coverage_html(coverage: &Coverage, runs: &[Summary]) -> String {
    let verdict = runs.iter().map(|run| run.verdict).max().unwrap_or(Verdict::Inconclusive);
    let with = |verdict| runs.iter().filter(|run| run.verdict == verdict).count() as u64;
    let name = format!("coverage, {}", words::runs(with));
    let not_passed = runs.iter().filter(|run| run.verdict != Verdict::Pass);
    let not_passed: Vec<String> = not_passed
        .map(|run| format!("{}: {}", words::run_name(run), words::verdict(run.verdict)))
        .collect();
    let content = [
        banner(verdict, &name, &not_passed),
        lead(
            "What these runs exercised of the catalogue of faults and of the list of interferences.",
        ),
        cards(coverage),
        interference(&coverage.interference),
        kinds(&coverage.kinds),
        skipped(coverage),
        never_injected(coverage),
        footer(coverage),
    ];
    document(verdict, &name, &content.concat())
}

fn cards(coverage: &Coverage) -> String {
    let trials: u64 = coverage.outcomes.values().sum();
    let of = |result| {
        let count = coverage.interference.iter().filter(|it| it.result == result).count();
        number::count(count as u64)
    };
    let beside = format!("of {}", coverage.interference.len());
    let injected = coverage.kinds.len() - coverage.never_injected.len();
    card_list([
        (
            "scenarios",
            number::count(coverage.scenarios.len() as u64),
            format!("{} runs", coverage.runs),
        ),
        ("trials", number::count(trials), words::outcomes(&coverage.outcomes)),
        ("kinds injected", number::count(injected as u64), format!("of {}", coverage.kinds.len())),
        ("interferences passed", of(Exercise::Passed), beside.clone()),
        ("interferences failed", of(Exercise::Failed), beside.clone()),
        ("not exercised", of(Exercise::NotExercised), beside),
    ])
}

fn interference(rows: &[InterferenceCoverage]) -> String {
    let mut table = Table::new(
        "The list of ISO 26262-6, Annex D. Passed: every fault that exercises it was masked or handled \
         in every run; the worst one decides.",
        &["", "item", "class", "faults", "why not"],
    );
    for row in rows {
        table.row(vec![
            Cell::tagged(words::exercise_verdict(row.result), words::exercise(row.result)),
            Cell::name(&row.name),
            Cell::text(&row.class),
            Cell::lines(row.faults.iter().map(fault).collect::<Vec<_>>()),
            Cell::text(row.reason.as_deref().unwrap_or("")),
        ]);
    }
    section("Interference", &table.finish())
}

fn fault(fault: &FaultCoverage) -> String {
    let FaultCoverage { scenario, fault, kind, target, outcomes, skipped } = fault;
    let outcomes = words::outcomes_and_skipped(outcomes, *skipped);
    format!("{scenario} {fault}: {kind} on {target}: {outcomes}")
}

fn kinds(rows: &[KindCoverage]) -> String {
    let mut table = Table::new(
        "Every kind of fault of the catalogue, with its trials by class.",
        &["kind", "group", "#trials", "#skipped", "classes"],
    );
    for row in rows {
        table.row(vec![
            Cell::name(&row.kind),
            Cell::text(&row.group),
            Cell::count(row.trials),
            Cell::count(row.skipped),
            Cell::text(words::outcomes(&row.outcomes)),
        ]);
    }
    section("Kinds of fault", &table.finish())
}

fn skipped(coverage: &Coverage) -> String {
    if coverage.skipped.is_empty() {
        return section("Skipped", &note("Nothing: this host has all that these faults need."));
    }
    let mut table = Table::new("What this host cannot do.", &["scenario", "fault", "kind", "why"]);
    for it in &coverage.skipped {
        table.row(vec![
            Cell::name(&it.scenario),
            Cell::text(&it.fault),
            Cell::word(&it.kind),
            Cell::text(&it.reason),
        ]);
    }
    section("Skipped", &table.finish())
}

fn never_injected(coverage: &Coverage) -> String {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let never = coverage.kinds.iter().filter(|it| coverage.never_injected.contains(&it.kind));
    for it in never {
        kinds.entry(&it.group).or_default().push(&it.kind);
    }
    let lines: Vec<String> = kinds
        .iter()
        .map(|(group, kinds)| note(&format!("{group}: {}", kinds.join(", "))))
        .collect();
    let body =
        if lines.is_empty() { note("Nothing: every kind was tried.") } else { lines.concat() };
    section("Never injected", &body)
}

fn footer(coverage: &Coverage) -> String {
    let about = terms([
        ("program", format!("failop {}", coverage.program_version)),
        ("format", format!("coverage.json schema {}", coverage.schema)),
        ("scenarios", coverage.scenarios.join(", ")),
    ]);
    format!(
        "<footer>\n{about}<p>Evidence, not certification: this page tells what was tried. How surely \
         a fault is detected, repeated runs of its scenario tell.</p>\n</footer>\n"
    )
}
