//! The processes with their lives and resources, and the modes of fusion.

use super::markup::{Cell, Table, note, section as section_of};
use crate::number::{self, NONE};
use analysis::summary::{Process, Summary};

/// Most incarnations of each process, and most mode changes, that are shown.
const ROWS_MAX: usize = 40;

/// The table of incarnations and the table of resources.
pub(super) fn section(summary: &Summary) -> String {
    let mut lives = Table::new(
        "Each life of each process.",
        &["process", "incarnation", "#pid", "#spawned", "#reaped", "how it ended"],
    );
    for process in &summary.processes {
        for life in process.incarnations.iter().take(ROWS_MAX) {
            lives.row(vec![
                Cell::name(&process.name),
                Cell::text(format!("#{}", life.number)),
                Cell::figure(life.pid.to_string()),
                Cell::figure(number::moment(life.started_ms)),
                Cell::figure(life.ended_ms.map_or_else(|| NONE.to_owned(), number::moment)),
                Cell::text(life.exit.as_deref().unwrap_or(NONE)),
            ]);
        }
    }
    let beyond = |process: &Process| process.incarnations.len().saturating_sub(ROWS_MAX);
    let left_out = left_out(summary.processes.iter().map(beyond).sum());
    section_of("Processes", &(lives.finish() + &left_out + &resources(&summary.processes)))
}

fn resources(processes: &[Process]) -> String {
    let mut table = Table::new(
        "Resources in steady state, the first half second left out.",
        &[
            "process",
            "state at the end",
            "#over",
            "#user",
            "#system",
            "#of one core",
            "#minor faults",
            "#major faults",
            "#resident",
        ],
    );
    for process in processes {
        let figure = |of: &dyn Fn(&analysis::summary::Usage) -> String| {
            Cell::figure(process.usage.as_ref().map_or_else(|| NONE.to_owned(), of))
        };
        table.row(vec![
            Cell::name(&process.name),
            Cell::text(process.state_at_end.map_or(NONE, |state| state.name())),
            figure(&|u| number::moment(u.interval_ms)),
            figure(&|u| number::ms(Some(u.user_ms))),
            figure(&|u| number::ms(Some(u.system_ms))),
            figure(&|u| format!("{:.2} %", u.core_percent)),
            process.usage.map_or_else(|| Cell::figure(NONE), |u| Cell::count(u.minor_faults)),
            process.usage.map_or_else(|| Cell::figure(NONE), |u| Cell::count(u.major_faults)),
            figure(&|u| format!("{:.1} MiB", u.rss_kib as f64 / 1024.0)),
        ]);
    }
    table.finish()
}

/// What stands below a table that does not hold everything.
fn left_out(rows: usize) -> String {
    match rows {
        0 => String::new(),
        rows => note(&format!("{rows} more in run.json.")),
    }
}

/// The table of fusion's modes.
pub(super) fn modes(summary: &Summary) -> String {
    if summary.modes.is_empty() {
        return section_of("Modes of fusion", &note("Fusion never told its mode."));
    }
    let mut table =
        Table::new("Which sensors fusion based its output on.", &["mode", "#from", "#to", "#for"]);
    for span in summary.modes.iter().take(ROWS_MAX) {
        table.row(vec![
            Cell::name(span.mode.name()),
            Cell::figure(number::moment(span.from_ms)),
            Cell::figure(number::moment(span.to_ms)),
            Cell::figure(number::ms(Some(span.to_ms - span.from_ms))),
        ]);
    }
    let left_out = left_out(summary.modes.len().saturating_sub(ROWS_MAX));
    section_of("Modes of fusion", &(table.finish() + &left_out))
}
