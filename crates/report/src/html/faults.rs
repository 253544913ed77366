//! What became of each fault.

use super::markup::{self, Cell, Table, note};
use crate::number::{self, NONE};
use crate::words;
use analysis::summary::{Detection, FaultResult};

/// Most pieces of evidence and detections shown of one fault.
const LINES_MAX: usize = 6;

/// The table of faults.
pub(super) fn section(faults: &[FaultResult]) -> String {
    if faults.is_empty() {
        return markup::section("Faults", &note("This scenario injects no fault."));
    }
    let mut table = Table::new(
        "Times in ms, counted from the effect of the fault unless a moment of the run is meant; \
         margin: FTTI − FHTI.",
        &[
            "id",
            "target",
            "fault",
            "took effect",
            "#at",
            "#FDTI",
            "detected by",
            "#FRTI",
            "#FHTI",
            "#margin",
            "reactions",
            "#recovered",
            "#lost",
        ],
    );
    for fault in faults {
        table.row(row(fault));
    }
    markup::section("Faults", &(table.finish() + &outcomes(faults)))
}

/// What made each trial the class that it is.
fn outcomes(faults: &[FaultResult]) -> String {
    let mut table = Table::new(
        "The class of each trial, and the rule that decided.",
        &["id", "outcome", "#FTTI", "why"],
    );
    for fault in faults {
        table.row(vec![
            Cell::name(&fault.id),
            Cell::tagged(words::outcome_verdict(fault.outcome), words::outcome(fault.outcome)),
            Cell::figure(number::ms(fault.ftti_ms)),
            Cell::text(&fault.outcome_reason),
        ]);
    }
    table.finish()
}

fn row(fault: &FaultResult) -> Vec<Cell> {
    let reactions: Vec<String> = fault
        .reactions
        .iter()
        .map(|r| match fault.injected_at_ms {
            Some(at) => format!("{} {}", r.reaction.name(), number::short(r.at_ms - at)),
            None => r.reaction.name().to_owned(),
        })
        .collect();
    vec![
        Cell::name(&fault.id),
        Cell::word(fault.target.name()),
        Cell::lines([&fault.kind, &fault.detail]),
        took_effect(fault),
        Cell::figure(fault.injected_at_ms.map_or_else(|| NONE.to_owned(), number::moment)),
        Cell::figure(number::short_or_none(fault.fdti_ms)),
        capped(&fault.detections.iter().map(detection).collect::<Vec<_>>()),
        Cell::figure(number::short_or_none(fault.frti_ms)),
        Cell::figure(number::short_or_none(fault.fhti_ms)),
        Cell::figure(number::short_or_none(fault.margin_ms)),
        capped(&reactions),
        Cell::figure(number::short_or_none(fault.recovered_after_ms)),
        Cell::count(fault.frames_lost),
    ]
}

fn took_effect(fault: &FaultResult) -> Cell {
    if let Some(why) = &fault.skipped {
        Cell::text(why)
    } else if fault.activated {
        capped(&fault.evidence)
    } else {
        let why = fault.evidence.first().map_or("no evidence", String::as_str);
        Cell::text(format!("NO: {why}")).marked()
    }
}

fn detection(detection: &Detection) -> String {
    let Detection { detector, by, after_ms, .. } = detection;
    format!("{} ({}) {}", detector.name(), by.name(), number::short(*after_ms))
}

fn capped(lines: &[String]) -> Cell {
    if lines.is_empty() {
        return Cell::text(NONE);
    }
    let more = lines.len().checked_sub(LINES_MAX).filter(|n| *n > 0);
    let more = more.map(|n| format!("… and {n} more"));
    Cell::lines(lines.iter().take(LINES_MAX).chain(&more))
}
