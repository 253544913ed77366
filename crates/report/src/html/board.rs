//! The board that a run took place on, and what its times are worth.

use super::markup::{Cell, Table, escaped, note, section as section_of};
use crate::number::NONE;
use crate::words;
use analysis::Summary;

/// What must be known before any time is read; nothing where times are measurements.
pub(super) fn banner(summary: &Summary) -> String {
    let told = words::no_measurement(&summary.host);
    told.map_or_else(String::new, |told| {
        format!("<p class=\"banner inconclusive\"><strong>{}</strong></p>\n", escaped(told))
    })
}

/// The board; nothing without a board file.
pub(super) fn section(summary: &Summary) -> String {
    let Some(board) = &summary.board else { return String::new() };
    let mut table = Table::new(
        "What the board file asks for, and what was found.",
        &["topic", "asked", "found"],
    );
    let or_none = |text: &str| if text.is_empty() { NONE.to_owned() } else { text.to_owned() };
    for row in &board.rows {
        table.row(vec![
            Cell::name(&row.topic),
            Cell::text(or_none(&row.asked)),
            Cell::text(or_none(&row.found)),
        ]);
    }
    section_of(&format!("Board: {}", board.name), &(note(&board.description) + &table.finish()))
}
