//! What was expected of each stream and what became of it, and its latencies.

use super::markup::{self, Cell, Table};
use crate::{number, words};
use analysis::summary::{Cause, Quantiles, Stream, Streams};

/// The tables of the streams.
pub(super) fn section(streams: &Streams) -> String {
    let named =
        [("camera", &streams.camera), ("radar", &streams.radar), ("fusion", &streams.fusion)];
    markup::section("Streams", &(balance(&named) + &latencies(&named)))
}

/// Expected = delivered + each cause; the sum is written out.
fn balance(streams: &[(&str, &Stream)]) -> String {
    let mut headings = vec!["stream".to_owned(), "#expected".to_owned(), "#= delivered".to_owned()];
    headings.extend(Cause::ALL.map(|cause| format!("#+ {}", cause.words())));
    headings.extend(["#lost".to_owned(), "#repeated".to_owned()]);
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table = Table::new(
        "Samples against the schedule. Each missing one has exactly one cause; repeated ones serve \
         a slot already served and are not counted.",
        &headings,
    );
    for (name, stream) in streams {
        let mut row = vec![
            Cell::name(name),
            Cell::figure(number::count(stream.expected)),
            Cell::figure(number::count(stream.delivered)),
        ];
        row.extend(Cause::ALL.map(|cause| {
            let count = stream.lost.get(&cause);
            count.map_or_else(|| Cell::figure(number::NONE), |count| Cell::count(*count))
        }));
        let lost = words::lost(stream);
        let sum = format!("{} ({})", number::count(lost), number::percent(lost, stream.expected));
        let adds_up = stream.delivered + lost == stream.expected;
        let sum = Cell::figure(if adds_up { sum } else { format!("{sum} ≠") });
        row.push(if adds_up { sum } else { sum.marked() });
        row.push(Cell::count(stream.repeated));
        table.row(row);
    }
    table.finish()
}

fn latencies(streams: &[(&str, &Stream)]) -> String {
    let mut table = Table::new(
        "Latency between two named points, ms (nearest-rank quantiles).",
        &["stream", "interval", "#samples", "#p50", "#p90", "#p99", "#max"],
    );
    for (name, stream) in streams {
        for (interval, quantiles) in &stream.latency_us {
            let Quantiles { count, p50, p90, p99, max } = *quantiles;
            let mut row = vec![
                Cell::name(name),
                Cell::text(words::interval(interval)),
                Cell::figure(number::count(count)),
            ];
            row.extend([p50, p90, p99, max].map(|us| Cell::figure(number::us_as_ms(us))));
            table.row(row);
        }
    }
    table.finish()
}
