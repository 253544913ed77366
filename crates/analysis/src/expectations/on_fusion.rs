//! Demands on what fusion puts out: [`judge`].

use wire::Node;
use wire::event::Mode;

use super::{Demand, Finding, NOT_OBSERVED, follows};
use crate::analyse::Findings;
use crate::excuses::START_NS;
use crate::latency::CAPTURED_TO_FUSED;
use crate::modes;
use crate::quantiles::{quantiles_us, rank};
use crate::summary::{About, Expectation, WhyNot};
use crate::timeline::{Moment, Span};
use crate::words::{in_ms, limit_ms};

pub(super) fn judge(findings: &Findings) -> Vec<Expectation> {
    let expect = &findings.timeline.plan.expect.fusion;
    let outside = expect.latency_p99_ns.map(|limit| latency(findings, Where::OutsideFaults, limit));
    let inside =
        expect.latency_p99_in_fault_ns.map(|limit| latency(findings, Where::InFaults, limit));
    let mode_at_end = expect.mode_at_end.map(|mode| at_end(findings, mode));
    let mut all: Vec<Expectation> = outside.into_iter().chain(inside).chain(mode_at_end).collect();
    if !expect.never_modes.is_empty() {
        all.push(never(findings, &expect.never_modes));
    }
    all.extend(expect.follows.iter().map(|actor| follows::judge(findings, actor)));
    all
}

fn name(key: &str) -> String {
    About::Process { process: Node::Fusion, key }.name()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    OutsideFaults,
    InFaults,
}

/// The 99 % quantile from exposure to output. A sample is inside a fault if any part of its way
/// was. The miss is the host's where so many of the samples over the limit were on their way
/// during a stall that the rest of them would have passed.
fn latency(findings: &Findings, place: Where, limit_ns: u64) -> Expectation {
    let (key, words) = match place {
        Where::OutsideFaults => ("latency-p99-ms", "outside faults"),
        Where::InFaults => ("latency-p99-in-fault-ms", "inside faults"),
    };
    let inside = |span: Span| findings.in_fault(span) == (place == Where::InFaults);
    let samples = findings.latencies.of(Node::Fusion, CAPTURED_TO_FUSED[0]).iter();
    let samples: Vec<Span> = samples.copied().filter(|span| inside(*span)).collect();
    let limit = i64::try_from(limit_ns).unwrap_or(i64::MAX);
    let over = || samples.iter().filter(|span| span.length() > limit);
    let count = samples.len() as u64;
    let allowed = count - rank(990, count).min(count);
    let p99 = quantiles_us(samples.iter().map(|span| span.length())).map(|it| it.p99);
    let actual = p99.map_or(NOT_OBSERVED.to_owned(), |us| format!("{:.3} ms", us / 1e3));
    let frames_due = findings
        .outcomes
        .of(Node::Camera)
        .iter()
        .any(|frame| inside(Span { from: frame.due, to: frame.due }));
    let excess = (over().count() as u64).saturating_sub(allowed);
    let stalled = over().filter(|span| findings.stalls.disturb(**span)).count() as u64;
    let finding = match place {
        _ if count > 0 && excess == 0 => Finding::Met,
        _ if count > 0 && stalled >= excess => {
            let why = format!("p99 was {actual} {words}, and the host stalled.");
            Finding::Unclear(WhyNot::HostStall, why)
        }
        _ if count > 0 => {
            Finding::Missed(format!("p99 was {actual} {words}, not within {}.", limit_ms(limit_ns)))
        }
        Where::OutsideFaults if frames_due => {
            Finding::Missed("no frame was fused outside faults.".into())
        }
        _ => Finding::Unclear(WhyNot::NoData, format!("no frame was fused {words}.")),
    };
    let expected = format!("at most {}", limit_ms(limit_ns));
    Demand { name: name(key), expected, actual }.came_to(finding)
}

fn at_end(findings: &Findings, wanted: Mode) -> Expectation {
    let last = modes::at_end(&findings.timeline, &findings.modes);
    let actual = match last.mode {
        Some(mode) => mode.name().to_owned(),
        None if findings.modes.is_empty() => NOT_OBSERVED.to_owned(),
        None => format!("none, silent or down since {}", in_ms(last.span.from)),
    };
    let finding = match (last.mode == Some(wanted), findings.timeline.end.whole) {
        (_, false) => Finding::ended_early(),
        (true, true) => Finding::Met,
        (false, true) => {
            let by_host = findings.is_mode_of_stalls(last.span);
            Finding::missed(&format!("fusion's mode at the end: {actual}"), by_host)
        }
    };
    let name = name("mode-at-end");
    Demand { name, expected: wanted.name().to_owned(), actual }.came_to(finding)
}

fn never(findings: &Findings, forbidden: &[Mode]) -> Expectation {
    let settled = Span { from: START_NS, to: Moment::MAX };
    let seen = || {
        let modes = findings.modes.iter();
        modes.filter(|it| forbidden.contains(&it.mode) && it.span.overlaps(settled))
    };
    let own = seen().find(|it| !findings.is_mode_of_stalls(it.span));
    let (actual, finding) = match own.or_else(|| seen().next()) {
        None => ("none of them".to_owned(), Finding::Met),
        Some(it) => {
            let (mode, from, to) = (it.mode.name(), in_ms(it.span.from), in_ms(it.span.to));
            let why = format!("fusion was {mode} from {from} to {to}");
            (mode.to_owned(), Finding::missed(&why, own.is_none()))
        }
    };
    let names: Vec<&str> = forbidden.iter().map(|mode| mode.name()).collect();
    let name = name("never-modes");
    Demand { name, expected: format!("never {}", names.join(" or ")), actual }.came_to(finding)
}
