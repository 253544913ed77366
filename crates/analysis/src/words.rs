//! Numbers and kinds as words for people.

use fault::Target;
use fault::act::Signal;
use wire::Node;

use crate::timeline::{HowEnded, ms};

/// `12.345 ms`.
pub(crate) fn in_ms(ns: i64) -> String {
    format!("{:.3} ms", ms(ns))
}

/// A length from a plan, `150 ms`.
pub(crate) fn limit_ms(ns: u64) -> String {
    format!("{} ms", ns as f64 / 1e6)
}

/// `1 frame`, `2 frames`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// What one sample of a stream is called.
pub(crate) fn sample(stream: Node) -> &'static str {
    match stream {
        Node::Camera => "frame",
        Node::Radar => "detection list",
        Node::Fusion => "output",
    }
}

/// What one sample that a target may lose is called.
pub(crate) fn sample_of(target: Target) -> &'static str {
    target.node().map_or("sample", sample)
}

/// `SIGKILL`.
pub(crate) fn signal(number: u32) -> String {
    let known =
        Signal::ALL.into_iter().find(|signal| i64::from(signal.number()) == i64::from(number));
    known.map_or_else(|| format!("number {number}"), |signal| signal.name().to_owned())
}

/// `signal SIGKILL`, `exit code 101`.
pub(crate) fn exit(how: HowEnded) -> String {
    match how {
        HowEnded::Code(code) => format!("exit code {code}"),
        HowEnded::Signal(number) => format!("signal {}", signal(number)),
    }
}
