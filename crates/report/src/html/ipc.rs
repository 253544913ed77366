//! The page on links compared: [`ipc_html`].

use super::markup::{Cell, Table, escaped, note, section, terms};
use super::overview::{banner, card_list, lead};
use super::page::{document, figure};
use crate::number;
use crate::plot::{ipc_cpu_svg, ipc_latency_svg};
use crate::words::ipc as words;
use analysis::Verdict;
use analysis::ipc::{
    Advice, Claim, ClaimKind, ClaimVerdict, Comparison, Latency, Link, Ratio, Spread,
};

/// A comparison of links as one self-contained page: what to use, what of the claims holds, plots, and
/// every figure with the machine it belongs to.
pub fn ipc_html(comparison: &Comparison) -> String {
    let missed = |verdict| comparison.goals(verdict).map(|goal| goal.name.clone());
    let missed: Vec<String> = missed(ClaimVerdict::DoesNotHold)
        .map(|name| format!("missed: {name}"))
        .chain(missed(ClaimVerdict::NotMeasured).map(|name| format!("not measured: {name}")))
        .chain(comparison.has_failed.then(|| "a mechanism failed: see what was skipped".to_owned()))
        .collect();
    let content = [
        banner(comparison.verdict(), "which link for which stream", &missed),
        lead(
            "Every mechanism between the same two processes: the sender generates each message in \
             place where the mechanism allows it, the receiver reads and verifies every byte. Latency \
             ends with the last verified byte. Rounds of all mechanisms ran by turns; × compares \
             round with round.",
        ),
        cards(comparison),
        comparison.advice.iter().map(advice).collect(),
        claims(comparison),
        figure(
            "Latency at the stream's rate",
            ipc_latency_svg(comparison, |it| &it.paced, "paced"),
        ),
        figure(
            "Latency back to back",
            ipc_latency_svg(comparison, |it| &it.back_to_back, "back-to-back"),
        ),
        figure("CPU time of a message", ipc_cpu_svg(comparison)),
        holding(comparison),
        comparison.payloads().into_iter().map(|size| figures(comparison, size)).collect(),
        guarantees(comparison),
        skipped(comparison),
        machine(comparison),
    ];
    document(comparison.verdict(), "which link for which stream", &content.concat())
}

fn cards(comparison: &Comparison) -> String {
    let goals = |verdict| number::count(comparison.goals(verdict).count() as u64);
    let count = |kind, verdict| {
        let of = comparison.claims.iter().filter(|it| it.kind == kind && it.verdict == verdict);
        number::count(of.count() as u64)
    };
    let mechanisms: std::collections::BTreeSet<_> =
        comparison.links.iter().map(|link| link.mechanism).collect();
    let holds = ClaimVerdict::Holds;
    let sizes = comparison.payloads().len();
    card_list([
        (
            "mechanisms",
            number::count(mechanisms.len() as u64),
            format!("with {sizes} sizes of message"),
        ),
        ("rounds", number::count(comparison.machine.rounds.into()), "by turns".to_owned()),
        ("goals met", goals(holds), "set by failop to itself".to_owned()),
        ("goals missed", goals(ClaimVerdict::DoesNotHold), "told above".to_owned()),
        (
            "claims that hold",
            count(ClaimKind::Classical, holds),
            "of the classical ones".to_owned(),
        ),
        (
            "claims that do not",
            count(ClaimKind::Classical, ClaimVerdict::DoesNotHold),
            "here, today".to_owned(),
        ),
    ])
}

fn advice(advice: &Advice) -> String {
    let mut table = Table::new(
        "Those that carried the stream, at its rate, the fastest first; the sender has nothing to do \
         between two messages.",
        &["mechanism", "#× best", "#p50 µs", "#p99 µs", "#CPU µs", "#headroom ×"],
    );
    for it in &advice.candidates {
        let name = Cell::name(it.mechanism.name());
        let chosen = Some(it.mechanism) == advice.recommended;
        table.row(vec![
            if chosen { name.bold() } else { name },
            Cell::figure(number::short(it.over_best.median)),
            Cell::figure(number::short(it.p50_us)),
            Cell::figure(number::short(it.p99_us)),
            Cell::figure(number::short(it.cpu_us)),
            Cell::figure(number::short(it.headroom)),
        ]);
    }
    let mut html = "<ul>\n".to_owned();
    html.extend(words::reasons(advice).iter().map(|it| format!("<li>{}</li>\n", escaped(it))));
    section(&words::advice(advice), &(html + "</ul>\n" + &table.finish()))
}

fn claims(comparison: &Comparison) -> String {
    let mut table = Table::new(
        "A goal names its factor; a classical claim only says which is better. Median of the rounds, \
         and the least and greatest of them.",
        &["", "claim", "compared", "#measured", "#wanted"],
    );
    for claim in &comparison.claims {
        table.row(vec![
            Cell::tagged(claim_verdict(claim), words::claim_verdict(claim)),
            Cell::name(&claim.name),
            Cell::text(words::subject(claim.subject)),
            Cell::figure(words::measured(claim)),
            Cell::figure(words::wanted(claim)),
        ]);
    }
    section("Goals and classical claims", &table.finish())
}

fn claim_verdict(claim: &Claim) -> Verdict {
    match (claim.verdict, claim.kind) {
        (ClaimVerdict::Holds, _) => Verdict::Pass,
        (ClaimVerdict::DoesNotHold, ClaimKind::Goal) => Verdict::Fail,
        // That a textbook errs is no failure of ours.
        (ClaimVerdict::DoesNotHold, ClaimKind::Classical) => Verdict::Inconclusive,
        (ClaimVerdict::NotMeasured, _) => Verdict::Skipped,
    }
}

fn holding(comparison: &Comparison) -> String {
    let tables = comparison.advice.iter().map(|advice| {
        let stream = &advice.stream;
        let mut table = Table::new(
            &format!(
                "{}: {} B {} times a second",
                stream.name,
                number::count(stream.payload_bytes),
                words::rate(stream.rate_hz)
            ),
            &["mechanism", "", "#headroom ×", "#% of a processor", "#lost", "#p99 µs"],
        );
        for link in comparison.of(stream.payload_bytes) {
            let (verdict, word) = if link.holds {
                (Verdict::Pass, "holds")
            } else {
                (Verdict::Fail, "does not hold")
            };
            table.row(vec![
                Cell::name(link.mechanism.name()),
                Cell::tagged(verdict, word),
                Cell::figure(number::short(link.headroom)),
                Cell::figure(number::short(link.cpu_percent)),
                Cell::count(link.paced.lost),
                Cell::figure(number::short(link.paced.latency_us.p99)),
            ]);
        }
        table.finish()
    });
    let about = note(
        "Headroom: messages a second that it could carry without loss for each one that the stream \
         has. It holds if nothing was lost, 99 % of messages came within one period, and the headroom \
         is at least 1.",
    );
    section("What holds which stream", &(about + &tables.collect::<String>()))
}

fn figures(comparison: &Comparison, payload_bytes: u64) -> String {
    let links: Vec<&Link> = comparison.of(payload_bytes).collect();
    let rate = links.first().map_or(0.0, |link| link.rate_hz);
    let title = format!("{} B", number::count(payload_bytes));
    section(&title, &(times(&links, rate) + &costs(&links, rate)))
}

fn times(links: &[&Link], rate_hz: f64) -> String {
    let caption = format!(
        "Latency, µs: paced at {} a second, then back to back. p99.9 needs 1000 messages.",
        words::rate(rate_hz)
    );
    let mut table = Table::new(
        &caption,
        &[
            "mechanism",
            "#× shm",
            "#paced p50",
            "#p90",
            "#p99",
            "#p99.9",
            "#messages",
            "#× shm",
            "#back to back p50",
            "#p90",
            "#p99",
            "#p99.9",
            "#messages",
        ],
    );
    for link in links {
        let of = |ratio, latency: &Latency| {
            let Spread { samples, p50, p90, p99, p99_9, .. } = latency.latency_us;
            let figures = [Some(p50), Some(p90), Some(p99), p99_9].map(number::short_or_none);
            let mut cells = vec![times_shm(ratio)];
            cells.extend(figures.map(Cell::figure));
            cells.push(Cell::count(samples));
            cells
        };
        let mut cells = vec![Cell::name(link.mechanism.name())];
        cells.extend(of(link.against_shm.paced_latency, &link.paced));
        cells.extend(of(link.against_shm.back_to_back_latency, &link.back_to_back));
        table.row(cells);
    }
    table.finish()
}

fn costs(links: &[&Link], rate_hz: f64) -> String {
    let caption = format!(
        "Streaming as fast as the link lets, nothing lost; CPU time of each message at {} a second; \
         copies by construction; system calls counted in a round of their own; how often both ends \
         were on one processor.",
        words::rate(rate_hz)
    );
    let mut table = Table::new(
        &caption,
        &[
            "mechanism",
            "#× shm",
            "#messages/s",
            "#MB/s",
            "#× shm",
            "#CPU µs sender",
            "#receiver",
            "#copies",
            "#calls sender",
            "#receiver",
            "#same CPU paced",
            "#streaming",
        ],
    );
    for link in links {
        let calls = |of: fn(&analysis::ipc::Calls) -> f64| {
            Cell::figure(number::short_or_none(link.calls.as_ref().map(of)))
        };
        table.row(vec![
            Cell::name(link.mechanism.name()),
            times_shm(link.against_shm.throughput),
            Cell::figure(number::short(link.streaming.messages_per_s)),
            Cell::figure(number::short(link.streaming.megabytes_per_s)),
            times_shm(link.against_shm.cpu),
            Cell::figure(number::short(link.paced.sender_cpu_us)),
            Cell::figure(number::short(link.paced.receiver_cpu_us)),
            Cell::count(link.copies.into()),
            calls(|it| it.sender),
            calls(|it| it.receiver),
            Cell::figure(format!("{:.0} %", link.paced.same_cpu_percent)),
            Cell::figure(format!("{:.0} %", link.streaming.same_cpu_percent)),
        ]);
    }
    table.finish()
}

fn times_shm(ratio: Option<Ratio>) -> Cell {
    Cell::figure(number::short_or_none(ratio.map(|ratio| ratio.median))).bold()
}

fn guarantees(comparison: &Comparison) -> String {
    let mut table =
        Table::new("By construction, whatever was measured.", &["mechanism", "kind", "it"]);
    let mut told = std::collections::BTreeSet::new();
    for link in comparison.links.iter().filter(|link| told.insert(link.mechanism)) {
        table.row(vec![
            Cell::name(link.mechanism.name()),
            Cell::word(words::family(link.family)),
            Cell::text(link.guarantees),
        ]);
    }
    section("What each promises", &table.finish())
}

fn skipped(comparison: &Comparison) -> String {
    if comparison.skipped.is_empty() {
        return String::new();
    }
    let mut table = Table::new("What was not measured here.", &["mechanism", "sizes", "why"]);
    for it in &comparison.skipped {
        table.row(vec![
            Cell::name(it.mechanism.name()),
            Cell::word(words::sizes(&it.payloads_bytes)),
            Cell::text(&it.reason),
        ]);
    }
    section("Skipped", &table.finish())
}

fn machine(comparison: &Comparison) -> String {
    let mut floors = Table::new(
        "What the machine's own primitives took in the same run, µs.",
        &["", "#p50", "#p90", "#p99", "#samples"],
    );
    for floor in &comparison.floors {
        let Spread { samples, p50, p90, p99, .. } = floor.spread_us;
        floors.row(vec![
            Cell::name(&floor.name),
            Cell::figure(number::short(p50)),
            Cell::figure(number::short(p90)),
            Cell::figure(number::short(p99)),
            Cell::count(samples),
        ]);
    }
    section("Machine", &(floors.finish() + &terms(words::machine(&comparison.machine))))
}
