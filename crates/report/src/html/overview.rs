//! The top of a page: the verdict with its reasons, and the key figures.

use super::markup::escaped;
use crate::{number, words};
use analysis::summary::Stream;
use analysis::{Summary, Verdict};
use wire::Node;

/// Most reasons in the banner; the others stand in the tables.
const REASONS_MAX: usize = 12;

/// The verdict by colour, word and symbol; the name of what was run; why it is not a pass.
pub(super) fn banner(verdict: Verdict, name: &str, reasons: &[String]) -> String {
    let word = words::verdict(verdict);
    let mut html = format!(
        "<header class=\"banner {word}\">\n<p class=\"mark\"><span aria-hidden=\"true\">{}</span> \
         {}</p>\n<h1>{}</h1>\n",
        words::symbol(verdict),
        word.to_uppercase(),
        escaped(name),
    );
    if !reasons.is_empty() {
        html.push_str("<ul>\n");
        let shown = reasons.iter().take(REASONS_MAX);
        html.extend(shown.map(|reason| format!("<li>{}</li>\n", escaped(reason))));
        let more = reasons.len().checked_sub(REASONS_MAX).filter(|n| *n > 0);
        html.extend(more.map(|n| format!("<li>… and {n} more, in the tables below</li>\n")));
        html.push_str("</ul>\n");
    }
    html + "</header>\n"
}

/// What the scenario is about.
pub(super) fn lead(description: &str) -> String {
    format!("<p class=\"lead\">{}</p>\n", escaped(description))
}

/// The key figures.
pub(super) fn cards(summary: &Summary) -> String {
    let (camera, radar) = (&summary.streams.camera, &summary.streams.radar);
    let measured = words::no_measurement(&summary.host).is_none();
    let p99_ms = |sensor| {
        let found = words::captured_to_fused(&summary.streams, sensor).filter(|_| measured);
        found.map(|q| q.p99 / 1000.0)
    };
    let beside = |words: &str| if measured { words } else { "emulated: no measurement" }.to_owned();
    let usage: Option<f64> = summary
        .processes
        .iter()
        .map(|p| p.usage.map(|u| u.core_percent))
        .sum::<Option<f64>>()
        .filter(|_| measured && !summary.processes.is_empty());
    let cards = [
        ("run", format!("{:.1} s", summary.duration_ms / 1000.0), summary.ended.clone()),
        ("faults in effect", words::activated(summary), fault_names(summary)),
        ("worst FDTI", number::ms(words::worst(summary, |f| f.fdti_ms)), "to detection".into()),
        ("worst FHTI", number::ms(words::worst(summary, |f| f.fhti_ms)), "to reaction".into()),
        (
            "worst recovery",
            number::ms(words::worst(summary, |f| f.recovered_after_ms)),
            "to fresh fused output".into(),
        ),
        (
            "least margin",
            number::ms(words::least_margin_ms(summary)),
            "FTTI − FHTI, where there is an FTTI".into(),
        ),
        ("false alarms", number::count(summary.false_alarms.values().sum()), alarms(summary)),
        ("camera lost", number::count(words::lost(camera)), of(camera)),
        ("radar lost", number::count(words::lost(radar)), of(radar)),
        ("camera p99", number::ms(p99_ms(Node::Camera)), beside("captured→fused, whole run")),
        ("radar p99", number::ms(p99_ms(Node::Radar)), beside("captured→fused, whole run")),
        (
            "processor",
            usage.map_or_else(|| number::NONE.to_owned(), |v| format!("{v:.1} %")),
            beside("of one core, all processes"),
        ),
    ];
    card_list(cards)
}

/// Figures, each with its name and what stands beside it.
pub(super) fn card_list<const N: usize>(cards: [(&str, String, String); N]) -> String {
    let mut html = "<dl class=\"cards\">\n".to_owned();
    html.extend(cards.map(|(name, figure, beside)| {
        format!(
            "<div><dt>{}</dt><dd>{}</dd><dd class=\"beside\">{}</dd></div>\n",
            escaped(name),
            escaped(&figure),
            escaped(&beside),
        )
    }));
    html + "</dl>\n"
}

fn fault_names(summary: &Summary) -> String {
    match summary.faults.as_slice() {
        [] => "none injected".to_owned(),
        faults if faults.len() <= 2 => {
            faults.iter().map(|f| format!("{} {}", f.target, f.kind)).collect::<Vec<_>>().join(", ")
        }
        _ => "see the table".to_owned(),
    }
}

fn alarms(summary: &Summary) -> String {
    let names: Vec<&str> = summary.false_alarms.keys().map(|it| it.name()).collect();
    if names.is_empty() { "no detection without a cause".to_owned() } else { names.join(", ") }
}

fn of(stream: &Stream) -> String {
    let (lost, expected) = (words::lost(stream), stream.expected);
    format!("of {}, {}", number::count(expected), number::percent(lost, expected))
}
