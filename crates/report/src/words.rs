//! The words that every output uses for a verdict, a cause and an interval.

use crate::number;
use analysis::Verdict;
use analysis::summary::{Cause, FaultResult, HostLoad, Quantiles, Stream, Streams, Summary};
use wire::Node;

/// A verdict as a word.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// A verdict as a symbol, for those who do not see its colour.
pub(crate) fn symbol(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✔",
        Verdict::Fail => "✘",
        Verdict::Inconclusive => "?",
    }
}

/// Where a row stands when what failed comes first.
pub(crate) fn urgency(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 0,
        Verdict::Inconclusive => 1,
        Verdict::Pass => 2,
    }
}

/// What the probes saw of the host: `stalled twice, at worst for 12.0 ms`.
pub(crate) fn stalls(load: HostLoad) -> String {
    let times = match load.stalls {
        0 => return "never stalled".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{} times", number::count(n)),
    };
    format!("stalled {times}, at worst for {}", number::ms(Some(load.worst_stall_ms)))
}

/// A cause of loss in words.
pub(crate) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::NotProduced => "not produced",
        Cause::Overrun => "overrun",
        Cause::Rejected => "rejected",
        Cause::Superseded => "superseded",
        Cause::Late => "late",
        Cause::NoInput => "no input",
    }
}

/// The name of an interval for people: `captured_to_fused` becomes `captured→fused`.
pub(crate) fn interval(name: &str) -> String {
    name.replace("_to_", "→").replace('_', " ")
}

/// The name of an interval of a stream; those of fusion name the sensor themselves.
pub(crate) fn interval_of(stream: Node, name: &str) -> String {
    match stream {
        Node::Fusion => interval(name),
        Node::Camera | Node::Radar => format!("{stream} {}", interval(name)),
    }
}

/// The latency from the measurement of a sensor's sample to the output made from it.
pub(crate) fn captured_to_fused(streams: &Streams, sensor: Node) -> Option<&Quantiles> {
    streams.fusion.latency_us.get(&format!("{sensor}_captured_to_fused"))
}

/// Samples of a stream that are missing.
pub(crate) fn lost(stream: &Stream) -> u64 {
    stream.lost.values().sum()
}

/// The name of a run: the scenario, with its number where it was repeated.
pub(crate) fn run_name(summary: &Summary) -> String {
    match summary.repetition {
        0 | 1 => summary.scenario.clone(),
        n => format!("{} #{n}", summary.scenario),
    }
}

/// How many faults took effect, of how many: `1/2`.
pub(crate) fn activated(summary: &Summary) -> String {
    let activated = summary.faults.iter().filter(|f| f.activated).count();
    format!("{activated}/{}", summary.faults.len())
}

/// The largest value of a figure over all faults that have it.
pub(crate) fn worst(
    summary: &Summary,
    figure: impl Fn(&FaultResult) -> Option<f64>,
) -> Option<f64> {
    summary.faults.iter().filter_map(figure).max_by(f64::total_cmp)
}
