//! What was demanded and what was seen, what failed first.

use super::markup::{Cell, Table, note, section};
use crate::number::{self, NONE};
use crate::words;
use analysis::summary::{Expectation, Isolation, Quantiles};

/// The table of expectations.
pub(super) fn expectations(rows: &[Expectation]) -> String {
    if rows.is_empty() {
        return section("Expectations", &note("Nothing was demanded of this run."));
    }
    let mut rows: Vec<&Expectation> = rows.iter().collect();
    rows.sort_by_key(|row| words::urgency(row.verdict));
    let mut table = Table::new(
        "Every demand of the scenario file and those that always hold, misses first.",
        &["", "demand", "expected", "actual", "reason"],
    );
    for row in rows {
        table.row(vec![
            Cell::verdict(row.verdict),
            Cell::name(&row.name),
            Cell::text(&row.expected),
            Cell::text(&row.actual),
            Cell::text(row.reason.as_deref().unwrap_or("")),
        ]);
    }
    section("Expectations", &table.finish())
}

/// The table of isolation.
pub(super) fn isolation(rows: &[Isolation]) -> String {
    if rows.is_empty() {
        return section("Isolation", &note("The scenario demands no isolation."));
    }
    let mut rows: Vec<&Isolation> = rows.iter().collect();
    rows.sort_by_key(|row| words::urgency(row.verdict));
    let mut table = Table::new(
        "A process is isolated from a fault in another when it kept its process, lost nothing, and \
         its latency was not worse than its own outside all faults by more than the margin. \
         Latencies: p50 / p99 (samples), ms.",
        &[
            "",
            "process",
            "fault",
            "its process",
            "#lost",
            "latency",
            "#outside faults",
            "#during",
            "#margin",
            "reason",
        ],
    );
    for row in rows {
        table.row(vec![
            Cell::verdict(row.verdict),
            Cell::name(row.process.name()),
            Cell::text(&row.fault),
            if row.kept_its_process { Cell::text("kept") } else { Cell::text("LOST").marked() },
            Cell::count(row.lost),
            Cell::text(words::interval(&row.latency)),
            Cell::figure(quantiles(row.fault_free_us)),
            Cell::figure(quantiles(row.during_us)),
            Cell::figure(number::short(row.margin_ms)),
            Cell::text(row.reason.as_deref().unwrap_or("")),
        ]);
    }
    section("Isolation", &table.finish())
}

fn quantiles(quantiles: Option<Quantiles>) -> String {
    quantiles.map_or_else(
        || NONE.to_owned(),
        |q| {
            let (p50, p99) = (number::us_as_ms(q.p50), number::us_as_ms(q.p99));
            format!("{p50} / {p99} ({})", number::count(q.count))
        },
    )
}
