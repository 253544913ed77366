//! Links compared, for the terminal: [`ipc_lines`].

use super::{fit, printable, width};
use crate::number;
use crate::words::ipc as words;
use analysis::ipc::{Advice, Claim, ClaimKind, Comparison, Link, Ratio, Spread};

/// Width of a mechanism's name: the longest of them.
const NAME: usize = 20;

/// Width of a claim.
const CLAIM: usize = 64;

/// Ratios first, then figures: a table of times and one of costs for each size of message; then the
/// machine and its floors, what was skipped, the claims, and for each stream what to use.
pub fn ipc_lines(comparison: &Comparison) -> String {
    let mut lines = Vec::new();
    for payload_bytes in comparison.payloads() {
        let links: Vec<&Link> = comparison.of(payload_bytes).collect();
        let rate_hz = links.first().map_or(0.0, |link| link.rate_hz);
        let size = number::count(payload_bytes);
        lines.push(format!("{size} B, paced: {} a second", words::rate(rate_hz)));
        lines.extend(times(&links));
        lines.push(String::new());
        lines.extend(costs(&links));
        lines.push(String::new());
    }
    lines.extend(machine(comparison));
    lines.extend(skipped(comparison));
    for (kind, title) in [(ClaimKind::Goal, "goals"), (ClaimKind::Classical, "classical claims")] {
        lines.push(String::new());
        lines.push(title.to_owned());
        lines.extend(comparison.claims.iter().filter(|claim| claim.kind == kind).map(claim));
    }
    lines.extend(comparison.advice.iter().flat_map(advice));
    lines.iter().map(|line| printable(line).trim_end().to_owned() + "\n").collect()
}

/// Cells of these widths, flush right, behind a name.
fn row<const N: usize>(name: &str, cells: &[String; N], widths: [usize; N]) -> String {
    let mut line = format!("  {}", fit(name, NAME));
    line.push_str(&" ".repeat((NAME + 2).saturating_sub(width(&line))));
    for (cell, columns) in cells.iter().zip(widths) {
        line.push_str(&" ".repeat(columns.saturating_sub(width(cell)).max(1)));
        line.push_str(cell);
    }
    line
}

fn times(links: &[&Link]) -> Vec<String> {
    const WIDTHS: [usize; 11] = [8, 9, 8, 8, 8, 9, 8, 8, 8, 8, 7];
    let heading = [
        "× shm",
        "paced p50",
        "p90",
        "p99",
        "p99.9",
        "× shm",
        "b2b p50",
        "p90",
        "p99",
        "p99.9",
        "samples",
    ];
    let mut lines = vec![row("latency, µs", &heading.map(str::to_owned), WIDTHS)];
    lines.extend(links.iter().map(|link| {
        let [paced, next] = [link.paced.latency_us, link.back_to_back.latency_us];
        let of = |ratio, spread: Spread| {
            let Spread { p50, p90, p99, p99_9, .. } = spread;
            let figures = [Some(p50), Some(p90), Some(p99), p99_9].map(number::short_or_none);
            let [p50, p90, p99, p99_9] = figures;
            [times_shm(ratio), p50, p90, p99, p99_9]
        };
        let [a, b, c, d, e] = of(link.against_shm.paced_latency, paced);
        let [f, g, h, i, j] = of(link.against_shm.back_to_back_latency, next);
        let samples = number::count(paced.samples);
        row(link.mechanism.name(), &[a, b, c, d, e, f, g, h, i, j, samples], WIDTHS)
    }));
    lines
}

fn costs(links: &[&Link]) -> Vec<String> {
    const WIDTHS: [usize; 10] = [8, 11, 9, 8, 9, 9, 8, 9, 9, 8];
    let heading = [
        "× shm",
        "messages/s",
        "MB/s",
        "× shm",
        "CPU send",
        "receive",
        "copies",
        "calls s+r",
        "same CPU",
        "holds",
    ];
    let mut lines = vec![row("streaming; CPU, µs", &heading.map(str::to_owned), WIDTHS)];
    lines.extend(links.iter().map(|link| {
        let calls = link.calls.map_or_else(
            || number::NONE.to_owned(),
            |calls| format!("{:.0}+{:.0}", calls.sender, calls.receiver),
        );
        let cells = [
            times_shm(link.against_shm.throughput),
            number::short(link.streaming.messages_per_s),
            number::short(link.streaming.megabytes_per_s),
            times_shm(link.against_shm.cpu),
            number::short(link.paced.sender_cpu_us),
            number::short(link.paced.receiver_cpu_us),
            link.copies.to_string(),
            calls,
            format!("{:.0} %", link.paced.same_cpu_percent),
            if link.holds {
                format!("{} ×", number::short(link.headroom))
            } else {
                "NO".to_owned()
            },
        ];
        row(link.mechanism.name(), &cells, WIDTHS)
    }));
    lines
}

fn times_shm(ratio: Option<Ratio>) -> String {
    number::short_or_none(ratio.map(|ratio| ratio.median))
}

fn machine(comparison: &Comparison) -> Vec<String> {
    let mut lines = vec!["machine".to_owned()];
    let facts = words::machine(&comparison.machine);
    lines.extend(facts.iter().map(|(name, fact)| format!("  {name:<14}{fact}")));
    lines.push("floors in the same run, µs: p50, p99".to_owned());
    lines.extend(comparison.floors.iter().map(|floor| {
        let Spread { p50, p99, .. } = floor.spread_us;
        format!("  {:<60}{:>9}{:>9}", floor.name, number::short(p50), number::short(p99))
    }));
    lines
}

fn skipped(comparison: &Comparison) -> Vec<String> {
    let lines = comparison.skipped.iter().map(|it| {
        format!(
            "SKIPPED  {} with {}: {}",
            it.mechanism,
            words::sizes(&it.payloads_bytes),
            it.reason
        )
    });
    lines.collect()
}

fn claim(claim: &Claim) -> String {
    let name = fit(&claim.name, CLAIM);
    let padding = " ".repeat(CLAIM - width(&name));
    let (measured, verdict) = (words::measured(claim), words::claim_verdict(claim));
    format!("  {name}{padding} {measured:>26}  {verdict}")
}

fn advice(advice: &Advice) -> Vec<String> {
    let mut lines = vec![String::new(), words::advice(advice)];
    lines.extend(words::reasons(advice).iter().map(|reason| format!("  - {reason}")));
    lines
}
