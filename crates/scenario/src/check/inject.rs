//! What only several keys together can tell to be wrong with what a fault injects: [`check`].

use fault::{Injection, KINDS, Need};
use wire::Node;

use super::faults::SAME_S;
use super::{Run, is_closed_loop, named};
use crate::mistake::Finding;
use crate::tree::{Entry, Value};

/// Most samples that a delay holds back at a time. A frame takes 2 MB, so that the camera keeps at
/// most 133 MB; 64 samples are two seconds of the camera and three of the radar at their defaults,
/// far older than any receiver accepts. A file that asks for more is refused.
const HELD_BACK_MAX: f64 = 64.0;

/// Everything that is wrong with what the fault injects.
pub(super) fn check(document: &Value, fault: &Value, run: &Run, findings: &mut Vec<Finding>) {
    reset_needs_open_loop(document, fault, findings);
    delay_holds_back_few(fault, run, findings);
    for entry in fault.get("inject").into_iter().flat_map(Value::entries) {
        findings.extend(parameters_agree(entry));
    }
}

/// What the catalogue knows of parameters that contradict each other.
fn parameters_agree(entry: &Entry) -> Option<Finding> {
    let json = [(entry.key.clone(), entry.value.json())].into_iter().collect();
    // What is no injection at all, the validator tells.
    let injection: Injection = serde_json::from_value(json).ok()?;
    let flaw = injection.flaw()?;
    let (span, found) = match entry.value.get(flaw.key) {
        Some(value) => (&value.span, format!("is {}", value.json())),
        None => (&entry.key_span, "is absent".to_owned()),
    };
    Some(Finding::wrong(span, format!("`{}` {found}; {}", flaw.key, flaw.allowed)))
}

/// What resets the board takes the plant with it: nobody knows any more where the ego car is.
fn reset_needs_open_loop(document: &Value, fault: &Value, findings: &mut Vec<Finding>) {
    let entries = fault.get("inject").into_iter().flat_map(Value::entries);
    for entry in entries.filter(|_| is_closed_loop(document)) {
        let mut kinds = KINDS.iter().filter(|kind| kind.name == entry.key);
        if kinds.any(|kind| kind.needs.contains(&Need::HardwareWatchdog)) {
            findings.push(Finding::wrong(
                &entry.key_span,
                format!(
                    "`{}` resets the board, and the plant of a closed loop with it; it must stand in \
                     a file without [ego.brakes] and without a preset",
                    entry.key
                ),
            ));
        }
    }
}

/// As many samples are held back as are due within the delay.
fn delay_holds_back_few(fault: &Value, run: &Run, findings: &mut Vec<Finding>) {
    let target = fault.get("target").and_then(Value::text);
    let period_s = match target {
        Some(name) if name == Node::Camera.name() => 1.0 / run.fps,
        Some(name) if name == Node::Radar.name() => run.radar_period_s,
        _ => return,
    };
    let Some(by) = fault.at(&["inject", "delay", "by-ms"]) else { return };
    let Some(by_ms) = by.number() else { return };
    let jitter_ms = fault.at(&["inject", "delay", "jitter-ms"]).and_then(Value::number);
    let by_ms = by_ms + jitter_ms.unwrap_or(0.0);
    let held_back = by_ms / 1e3 / period_s;
    if held_back > HELD_BACK_MAX + SAME_S {
        let at_most_ms = (HELD_BACK_MAX * period_s * 1e3).floor();
        let message = format!(
            "{} holds back {by_ms} ms of samples, {} at a time; at most {HELD_BACK_MAX} are kept, \
             here {at_most_ms} ms",
            named("fault", fault),
            held_back.ceil(),
        );
        findings.push(Finding::wrong(&by.span, message));
    }
}
