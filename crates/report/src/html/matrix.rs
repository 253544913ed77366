//! The two matrices of a run: who noticed which fault, and which interference was exercised.

use super::markup::{Cell, Table, note, section};
use crate::{number, words};
use analysis::Summary;
use analysis::summary::{DetectionCell, DetectionRow, Exercised, InterferenceResult};
use wire::event::Detector;

/// Faults × detectors. Columns without a mark are left out.
pub(super) fn detections(summary: &Summary) -> String {
    const TITLE: &str = "Detection matrix";
    let rows = &summary.detection_matrix;
    let false_alarms = note(&format!("False alarms: {}.", words::false_alarms(summary)));
    if rows.is_empty() {
        let nothing = note("There was no fault to notice.");
        return section(TITLE, &(nothing + &false_alarms));
    }
    let shown: Vec<Detector> =
        Detector::ALL.iter().copied().filter(|it| rows.iter().any(|row| has(row, *it))).collect();
    let headings: Vec<String> = shown.iter().map(|it| format!("|{}", it.name())).collect();
    let headings: Vec<&str> =
        ["fault", "what"].into_iter().chain(headings.iter().map(String::as_str)).collect();
    let mut table = Table::new(
        "ms from the effect of the fault to each detector that responded; the first one in bold. \
         ○: it can respond to such a fault and did not. !: it responded although none of its kind \
         makes it.",
        &headings,
    );
    for row in rows {
        let fault = summary.faults.iter().find(|fault| fault.id == row.fault);
        let what = fault.map_or(String::new(), |it| format!("{} {}", it.target, it.kind));
        let cells = row.detectors.iter().filter(|cell| shown.contains(&cell.detector)).map(mark);
        table.row([Cell::name(&row.fault), Cell::text(what)].into_iter().chain(cells).collect());
    }
    section(TITLE, &(table.finish() + &false_alarms))
}

fn has(row: &DetectionRow, detector: Detector) -> bool {
    row.detectors.iter().any(|it| it.detector == detector && (it.expected || it.fired))
}

fn mark(cell: &DetectionCell) -> Cell {
    let after = number::short_or_none(cell.after_ms);
    match (cell.fired, cell.expected, cell.first) {
        (false, false, _) => Cell::mark(""),
        (false, true, _) => Cell::mark("○"),
        (true, true, true) => Cell::mark(after).bold(),
        (true, true, false) => Cell::mark(after),
        (true, false, true) => Cell::mark(format!("! {after}")).bold(),
        (true, false, false) => Cell::mark(format!("! {after}")),
    }
}

/// The list of ISO 26262-6, Annex D, with the faults that exercise each item.
pub(super) fn interference(rows: &[InterferenceResult]) -> String {
    let results = words::exercised(rows.iter().map(|row| row.result));
    let mut table = Table::new(
        &format!(
            "Interference between software elements (ISO 26262-6, Annex D): {results}. Passed: every \
             fault that exercises it was masked or handled."
        ),
        &["", "item", "class", "faults", "why not"],
    );
    for row in rows {
        table.row(vec![
            Cell::tagged(words::exercise_verdict(row.result), words::exercise(row.result)),
            Cell::name(&row.name),
            Cell::text(&row.class),
            Cell::text(row.faults.iter().map(exercised).collect::<Vec<_>>().join(", ")),
            Cell::text(row.reason.as_deref().unwrap_or("")),
        ]);
    }
    section("Interference", &table.finish())
}

fn exercised(fault: &Exercised) -> String {
    format!("{} ({})", fault.fault, words::outcome(fault.outcome))
}
