//! The content of `summary.md`: the verdict and what matters most, on one screen, for the page of
//! a CI job or a merge request.

mod campaign;
mod coverage;

pub use campaign::campaign_markdown;
pub use coverage::coverage_markdown;

use crate::number::{self, NONE};
use crate::words;
use analysis::Verdict;
use analysis::summary::{Board, Expectation, FaultResult, Isolation, Quantiles, Stream, Summary};
use wire::Node;

/// Most rows of a table; the report has them all.
const ROWS_MAX: usize = 8;

/// The summary as Markdown of at most one screen, what failed first.
pub fn markdown(summary: &Summary) -> String {
    let mut lines = vec![format!(
        "## {} {}: {}",
        words::symbol(summary.verdict),
        words::verdict(summary.verdict).to_uppercase(),
        escaped(&words::run_name(summary)),
    )];
    lines.push(String::new());
    if let Some(told) = words::no_measurement(&summary.host) {
        lines.push(format!("**{told}**"));
        lines.push(String::new());
    }
    lines.push(escaped(&summary.description));
    reasons(&mut lines, summary);
    demands(&mut lines, summary);
    faults(&mut lines, &summary.faults);
    detections(&mut lines, summary);
    streams(&mut lines, summary);
    lines.push(String::new());
    if summary.frames_torn > 0 {
        let torn = number::count(summary.frames_torn);
        lines.push(format!("Read torn, and refused: {torn} frames."));
        lines.push(String::new());
    }
    let tracks = words::tracks(summary).map_or(String::new(), |it| format!("Tracks: {it}. "));
    lines.push(escaped(&format!("{tracks}Safety: {}", words::safety(summary))));
    lines.push(String::new());
    lines.push(
        "[report](report.html) · [timeline](timeline.svg) · [gap and speed](drive.svg) · \
         [bird's eye](birds-eye.svg) · [latency](latency.svg) · \
         [frame loss](frame-loss.svg) · [run.json](run.json)"
            .to_owned(),
    );
    lines.push(String::new());
    lines.push(format!(
        "seed {} · frames by {}, lists by {} · {} · {} · {} · host {}",
        summary.seed,
        escaped(&summary.camera_link),
        escaped(&summary.radar_link),
        number::moment(summary.duration_ms),
        escaped(&summary.ended),
        escaped(&summary.host.cpu_model),
        words::stalls(summary.host_load),
    ));
    lines.extend(summary.board.iter().flat_map(board));
    lines.extend(words::limits_changed(summary).iter().map(|it| format!("\n{}", escaped(it))));
    lines.extend(words::board::warnings(summary).iter().map(|it| format!("\n⚠ {}", escaped(it))));
    lines.join("\n") + "\n"
}

/// What was asked of the board and what was found.
fn board(board: &Board) -> Vec<String> {
    let mut lines = vec![String::new(), format!("Board {}:", escaped(&board.name)), String::new()];
    lines.extend(["| board | asked | found |".to_owned(), "|---|---|---|".to_owned()]);
    let or_none = |text: &str| if text.is_empty() { NONE.to_owned() } else { escaped(text) };
    lines.extend(board.rows.iter().map(|row| {
        format!("| {} | {} | {} |", escaped(&row.topic), or_none(&row.asked), or_none(&row.found))
    }));
    lines
}

fn reasons(lines: &mut Vec<String>, summary: &Summary) {
    if summary.reasons.is_empty() {
        return;
    }
    lines.push(String::new());
    let shown = summary.reasons.iter().take(ROWS_MAX);
    lines.extend(shown.map(|reason| format!("- {}", escaped(reason))));
    more(lines, summary.reasons.len(), "- ");
}

/// Whatever was demanded and not seen; how much was seen.
fn demands(lines: &mut Vec<String>, summary: &Summary) {
    let held = |verdicts: &mut dyn Iterator<Item = Verdict>| {
        verdicts.filter(|v| *v == Verdict::Pass).count()
    };
    let expectations = held(&mut summary.expectations.iter().map(|e| e.verdict));
    let isolation = held(&mut summary.isolation.iter().map(|i| i.verdict));
    let mut missed: Vec<(Verdict, String)> = Vec::new();
    missed.extend(summary.expectations.iter().map(|e| (e.verdict, expectation_row(e))));
    missed.extend(summary.isolation.iter().map(|i| (i.verdict, isolation_row(i))));
    missed.retain(|(verdict, _)| *verdict != Verdict::Pass);
    missed.sort_by_key(|(verdict, _)| words::urgency(*verdict));
    if !missed.is_empty() {
        table(lines, "| | demanded | expected | actual |\n|---|---|---|---|");
        let count = missed.len();
        lines.extend(missed.into_iter().take(ROWS_MAX).map(|(_, row)| row));
        more(lines, count, "");
    }
    lines.push(String::new());
    lines.push(format!(
        "{expectations} of {} expectations hold, {isolation} of {} isolations.",
        summary.expectations.len(),
        summary.isolation.len(),
    ));
}

fn expectation_row(row: &Expectation) -> String {
    format!(
        "| {} | {} | {} | {} |",
        words::symbol(row.verdict),
        escaped(&row.name),
        escaped(&row.expected),
        escaped(&row.actual),
    )
}

fn isolation_row(row: &Isolation) -> String {
    let reason = row.reason.as_deref().map_or_else(|| NONE.to_owned(), escaped);
    format!(
        "| {} | {} isolated from {} | does not notice | {reason} |",
        words::symbol(row.verdict),
        row.process,
        escaped(&row.fault),
    )
}

fn faults(lines: &mut Vec<String>, faults: &[FaultResult]) {
    if faults.is_empty() {
        return;
    }
    table(
        lines,
        "| fault | outcome | FDTI | FHTI | margin to FTTI | recovered after | lost |\n\
         |---|---|--:|--:|--:|--:|--:|",
    );
    for fault in faults.iter().take(ROWS_MAX) {
        lines.push(format!(
            "| {}: {} {} {} | {} | {} | {} | {} | {} | {} |",
            escaped(&fault.id),
            fault.target,
            escaped(&fault.kind),
            escaped(&fault.detail),
            outcome(fault),
            number::ms(fault.fdti_ms),
            number::ms(fault.fhti_ms),
            number::ms(fault.margin_ms),
            number::ms(fault.recovered_after_ms),
            number::count(fault.frames_lost),
        ));
    }
    more(lines, faults.len(), "");
}

/// The class of a trial; what is not as it should be stands out.
fn outcome(fault: &FaultResult) -> String {
    let word = words::outcome(fault.outcome);
    match words::outcome_verdict(fault.outcome) {
        Verdict::Pass | Verdict::Skipped => word.to_owned(),
        Verdict::Inconclusive | Verdict::Fail => format!("**{word}**"),
    }
}

/// The matrices in a line.
fn detections(lines: &mut Vec<String>, summary: &Summary) {
    let interference = words::exercised(summary.interference.iter().map(|it| it.result));
    lines.push(String::new());
    lines.push(format!(
        "Faults: {}. False alarms: {}. Interference (ISO 26262-6, Annex D): {interference}.",
        words::noticed(summary),
        words::false_alarms(summary),
    ));
}

fn streams(lines: &mut Vec<String>, summary: &Summary) {
    table(
        lines,
        "| stream | expected | lost | captured→fused p50 | p99 | max |\n|---|--:|--:|--:|--:|--:|",
    );
    let streams = &summary.streams;
    let rows = [
        (Node::Camera, &streams.camera),
        (Node::Radar, &streams.radar),
        (Node::Fusion, &streams.fusion),
    ];
    for (node, stream) in rows {
        lines.push(stream_row(node, stream, words::captured_to_fused(streams, node)));
    }
}

fn stream_row(name: Node, stream: &Stream, latency: Option<&Quantiles>) -> String {
    let causes: Vec<String> = stream
        .lost
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(cause, count)| format!("{} {}", number::count(*count), cause.words()))
        .collect();
    let lost = if causes.is_empty() { "0".to_owned() } else { causes.join(", ") };
    let quantile = |value: Option<f64>| number::ms(value.map(|us| us / 1000.0));
    format!(
        "| {name} | {} | {lost} | {} | {} | {} |",
        number::count(stream.expected),
        quantile(latency.map(|q| q.p50)),
        quantile(latency.map(|q| q.p99)),
        quantile(latency.map(|q| q.max)),
    )
}

fn table(lines: &mut Vec<String>, head: &str) {
    lines.push(String::new());
    lines.push(head.to_owned());
}

fn more(lines: &mut Vec<String>, count: usize, bullet: &str) {
    if count > ROWS_MAX {
        if bullet.is_empty() {
            lines.push(String::new());
        }
        lines.push(format!("{bullet}… and {} more in the report.", count - ROWS_MAX));
    }
}

/// Text that Markdown shows as it is, on one line.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '~' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_stays_text_in_a_cell() {
        for (text, expected) in [
            ("a|b", "a\\|b"),
            ("<b>&", "&lt;b&gt;&amp;"),
            ("two\nlines", "two lines"),
            ("[x](y)", "\\[x\\](y)"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
