//! The table at the end of an invocation, for the terminal: [`table`].

mod breakage;
mod campaign;
mod ipc;

pub use breakage::breakage_lines;
pub use campaign::campaign_lines;
pub use ipc::ipc_lines;

use crate::number;
use crate::words;
use analysis::{Summary, Verdict};
use wire::Node;

/// No line is wider than this, in columns of the terminal.
const COLUMNS_MAX: usize = 100;
/// Width of the verdict: the longest word.
const VERDICT: usize = 12;
/// Widest scenario name; longer ones are cut short.
const NAME_MAX: usize = 28;
/// Two lines of heading and the width of each figure.
const FIGURES: [(&str, &str, usize); 6] = [
    ("faults", "active", 6),
    ("frames", "lost", 7),
    ("lists", "lost", 7),
    ("p99 ms", "cam→fused", 9),
    ("FDTI ms", "worst", 8),
    ("recovery", "worst ms", 8),
];

/// Whether colours may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With ANSI escape sequences for the verdicts.
    Ansi,
}

/// One line for each run, what came of those that can brake, then the reasons for whatever did not pass.
///
/// At most 100 columns wide, escape sequences not counted; names and reasons that do not fit are
/// cut short or wrapped.
pub fn table(runs: &[Summary], style: Style) -> String {
    let name_width = runs
        .iter()
        .map(|run| width(&printable(&words::run_name(run))))
        .chain(["scenario".len()])
        .max()
        .unwrap_or(0)
        .min(NAME_MAX);
    let mut lines = heading(name_width);
    lines.extend(runs.iter().map(|run| row(run, name_width, style)));
    lines.extend(runs.iter().filter(|run| run.safety.closed_loop).flat_map(outcome));
    for run in runs.iter().filter(|run| run.verdict != Verdict::Pass) {
        lines.push(String::new());
        let name = fit(&printable(&words::run_name(run)), COLUMNS_MAX - VERDICT - 2);
        lines.push(format!("{}  {name}", coloured(run.verdict, style).trim_end()));
        for reason in &run.reasons {
            lines.extend(wrapped(&printable(reason)));
        }
    }
    lines.push(String::new());
    let of = |verdict| runs.iter().filter(|run| run.verdict == verdict).count() as u64;
    lines.push(words::runs(of));
    let mut told =
        runs.iter().filter_map(|run| words::no_measurement(&run.host)).collect::<Vec<_>>();
    told.sort_unstable();
    told.dedup();
    lines.extend(told.into_iter().map(str::to_owned));
    lines.join("\n") + "\n"
}

/// What came of a run in which the car can brake.
fn outcome(run: &Summary) -> Vec<String> {
    let name = fit(&printable(&words::run_name(run)), NAME_MAX);
    let tracks = words::tracks(run).map_or(String::new(), |it| format!(" Fusion: {it}."));
    wrapped(&printable(&format!("{name}: {}{tracks}", words::safety(run))))
}

/// The verdict on one run and its name, for the end of what was told while it lasted.
pub fn verdict_line(run: &Summary) -> String {
    let name = fit(&printable(&words::run_name(run)), NAME_MAX);
    format!("{}  {name}", words::verdict(run.verdict))
}

fn heading(name_width: usize) -> Vec<String> {
    let mut upper = format!("{:VERDICT$}  {:name_width$}", "", "");
    let mut lower = format!("{:VERDICT$}  {:name_width$}", "verdict", "scenario");
    upper.extend(FIGURES.map(|(first, _, width)| format!("  {first:>width$}")));
    lower.extend(FIGURES.map(|(_, second, width)| format!("  {second:>width$}")));
    vec![upper, lower]
}

fn row(run: &Summary, name_width: usize, style: Style) -> String {
    let (camera, radar) = (&run.streams.camera, &run.streams.radar);
    let measured = words::no_measurement(&run.host).is_none();
    let p99 = words::captured_to_fused(&run.streams, Node::Camera).filter(|_| measured);
    let p99_ms = p99.map(|q| q.p99 / 1000.0);
    let figures = [
        words::activated(run),
        lost(words::lost(camera)),
        lost(words::lost(radar)),
        number::short_or_none(p99_ms),
        number::short_or_none(words::worst(run, |f| f.fdti_ms)),
        number::short_or_none(words::worst(run, |f| f.recovered_after_ms)),
    ];
    let name = fit(&printable(&words::run_name(run)), name_width);
    let padding = " ".repeat(name_width - width(&name));
    let mut line = format!("{}  {name}{padding}", coloured(run.verdict, style));
    let widths = FIGURES.map(|(_, _, width)| width);
    line.extend(
        figures.iter().zip(widths).map(|(f, width)| format!("  {:>width$}", fit(f, width))),
    );
    line
}

/// A count that fits its column: a figure is rounded, never cut.
fn lost(count: u64) -> String {
    if count < 1_000_000 { number::count(count) } else { format!("{:.1e}", count as f64) }
}

/// A verdict in its colour, as wide as its column.
fn coloured(verdict: Verdict, style: Style) -> String {
    let word = format!("{:VERDICT$}", words::verdict(verdict));
    let code = match (style, verdict) {
        (Style::Plain, _) => return word,
        (Style::Ansi, Verdict::Pass) => "32",
        (Style::Ansi, Verdict::Fail) => "1;31",
        (Style::Ansi, Verdict::Inconclusive) => "33",
        (Style::Ansi, Verdict::Skipped) => "36",
    };
    format!("\x1b[{code}m{word}\x1b[0m")
}

/// A reason as a list entry, wrapped between words where it can be.
fn wrapped(text: &str) -> Vec<String> {
    const INDENT: &str = "    ";
    let mut lines = vec!["  - ".to_owned()];
    for word in text.split_whitespace() {
        let mut word = word.to_owned();
        loop {
            let line = lines.last_mut().expect("there is a first line");
            let fresh = line.len() == INDENT.len();
            let space = usize::from(!fresh);
            if width(line) + space + width(&word) <= COLUMNS_MAX {
                line.push_str(&" ".repeat(space));
                line.push_str(&word);
                break;
            }
            if fresh {
                let rest = split_off(&mut word, COLUMNS_MAX - INDENT.len());
                line.push_str(&word);
                word = rest;
            }
            lines.push(INDENT.to_owned());
        }
    }
    lines
}

/// Cuts a word after so many columns and returns the rest.
fn split_off(word: &mut String, columns: usize) -> String {
    let mut used = 0;
    let at = word.char_indices().find(|(_, c)| {
        used += char_width(*c);
        used > columns
    });
    word.split_off(at.map_or(word.len(), |(index, _)| index))
}

/// The text, cut short with `…` where it is wider than so many columns.
fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = text.to_owned();
    split_off(&mut kept, columns.saturating_sub(1));
    kept.push('…');
    kept
}

/// The text without control characters: a name moves no cursor.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Columns of a character: two for East Asian wide ones and pictures, else one, which is too many
/// for combining marks and never too few.
fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x1100..=0x115F | 0x231A..=0x231B | 0x2614..=0x2615 | 0x2E80..=0xFFEF | 0x1_F000.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_short() {
        for (text, columns, expected) in
            [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("車車車", 4, "車…"), ("", 0, "")]
        {
            assert_eq!(fit(text, columns), expected);
        }
    }

    #[test]
    fn a_reason_is_wrapped_between_words_and_never_too_wide() {
        let long = format!("{} {} end", "word ".repeat(30), "x".repeat(250));
        let lines = wrapped(&long);
        assert!(lines.iter().all(|line| width(line) <= COLUMNS_MAX), "{lines:#?}");
        assert_eq!(lines.concat().matches('x').count(), 250);
        assert!(lines[0].starts_with("  - word word"));
    }
}
