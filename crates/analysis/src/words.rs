//! Numbers and kinds as words for people.

use fault::catalogue::{Injection, Signal};
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

fn seconds(ns: u64) -> String {
    format!("{} s", ns as f64 / 1e9)
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

/// The parameters of a fault: `SIGKILL`, `spin for 0.4 s`.
pub(crate) fn injection(injection: &Injection) -> String {
    let lasting = |for_ns: Option<u64>| match for_ns {
        Some(ns) => format!(" for {}", seconds(ns)),
        None => String::new(),
    };
    let what = match injection {
        Injection::Kill { signal } => signal.name().to_owned(),
        Injection::Crash { how, .. } => how.name().to_owned(),
        Injection::Hang { how, .. } => how.name().to_owned(),
        Injection::Slow { extra_ns, .. } => format!("{} more each step", limit_ms(*extra_ns)),
        Injection::Drop { percent, .. } => format!("{percent} % of the samples"),
        Injection::Delay { by_ns, .. } => limit_ms(*by_ns),
        Injection::Corrupt { bits, .. } => count(u64::from(*bits), "bit") + " of each sample",
        Injection::Freeze { .. } => "content".to_owned(),
    };
    what + &lasting(injection.duration_ns())
}
