//! What only several keys together can tell to be wrong with a fault: [`check`].

use fault::fault::FAULTS_MAX;
use fault::{KINDS, Kind, Target};

use super::{Run, actor_ids, ids, inject, known, list, named};
use crate::mistake::Finding;
use crate::tree::Value;

/// How far two times in seconds may differ and still be the same nanosecond: 3.9 + 0.1 is not
/// exactly 4.0.
pub(super) const SAME_S: f64 = 1e-9;

/// Everything that is wrong with the faults.
pub(super) fn check(document: &Value, run: &Run, findings: &mut Vec<Finding>) {
    let faults = list(document, "fault");
    for (index, fault) in faults.iter().enumerate() {
        within_run(fault, run, findings);
        target_can_suffer(fault, findings);
        inject::check(document, fault, run, findings);
        cause_is_there(document, (fault, &faults[..index]), findings);
    }
    few_enough(document, findings);
}

/// When a fault strikes.
pub(crate) struct Times {
    /// When it begins for the first and for the last time.
    pub(crate) begins_s: [f64; 2],
    /// How long it lasts, if it ends by itself.
    pub(crate) for_s: Option<f64>,
}

/// The key that takes a fault beyond the end of the run.
pub(crate) enum Beyond {
    /// What it begins at.
    Start,
    /// How often it begins.
    Repeat,
    /// How long it lasts.
    Duration,
}

impl Times {
    /// What of it lies beyond the end of the run, if anything does.
    pub(crate) fn beyond(&self, id: &str, end_s: f64) -> Option<(Beyond, String)> {
        // A time for messages: 3.9 + 4.2 shall read 8.1.
        let seconds = |time_s: f64| (time_s * 1e6).round() / 1e6;
        let begins = |at_s: f64| at_s < end_s - SAME_S;
        let [first_s, last_s] = self.begins_s;
        let until_s = last_s + self.for_s.unwrap_or(0.0);
        let (key, what) = if !begins(first_s) {
            (Beyond::Start, format!("begins at {} s", seconds(first_s)))
        } else if !begins(last_s) {
            (Beyond::Repeat, format!("begins for the last time at {} s", seconds(last_s)))
        } else if until_s > end_s + SAME_S {
            (Beyond::Duration, format!("lasts until {} s", seconds(until_s)))
        } else {
            return None;
        };
        Some((key, format!("{id} {what}, but the run ends at {} s", seconds(end_s))))
    }
}

fn within_run(fault: &Value, run: &Run, findings: &mut Vec<Finding>) {
    const WAYS: [&str; 3] = ["at-s", "at-frame", "when"];
    let given: Vec<&str> = WAYS.into_iter().filter(|key| fault.get(key).is_some()).collect();
    let (place, first_s) = match given[..] {
        [] => {
            let message =
                format!("{} lacks its time: `at-s`, `at-frame` or `when`", named("fault", fault));
            findings.push(Finding::wrong(&fault.span, message));
            return;
        }
        [first, second, ..] => {
            let message = format!(
                "{} has both `{first}` and `{second}`; it must have one",
                named("fault", fault)
            );
            let span = fault.get(second).map_or(&fault.span, |value| &value.span);
            findings.push(Finding::wrong(span, message));
            return;
        }
        [way] => {
            let value = fault.get(way).expect("it is given");
            match way {
                "at-s" => (value, value.number()),
                "at-frame" => (value, value.number().map(|frame| frame / run.fps)),
                // The plan has its times, as far as they are known before the run.
                _ => return,
            }
        }
    };
    let Some(first_s) = first_s else { return };
    let repeat = |key| fault.at(&["repeat", key]).and_then(Value::number);
    let repeated = repeat("every-s").zip(repeat("times"));
    let later_s = repeated.map_or(0.0, |(every_s, times)| every_s * (times - 1.0).max(0.0));
    let mut parameters = fault.get("inject").into_iter().flat_map(Value::entries);
    let lasts = parameters.find_map(|entry| entry.value.get("for-s"));
    let times =
        Times { begins_s: [first_s, first_s + later_s], for_s: lasts.and_then(Value::number) };
    if let Some((key, message)) = times.beyond(&named("fault", fault), run.duration_s) {
        let place = match key {
            Beyond::Start => place,
            Beyond::Repeat => fault.at(&["repeat", "times"]).unwrap_or(place),
            Beyond::Duration => lasts.unwrap_or(place),
        };
        findings.push(Finding::wrong(&place.span, message));
    }
}

fn target_can_suffer(fault: &Value, findings: &mut Vec<Finding>) {
    let target = fault.get("target").and_then(Value::text);
    let Some(target) = Target::ALL.into_iter().find(|it| Some(it.name()) == target) else { return };
    for entry in fault.get("inject").into_iter().flat_map(Value::entries) {
        let Some(kind) = KINDS.iter().find(|kind| kind.name == entry.key) else { continue };
        if kind.targets.contains(&target) {
            continue;
        }
        let whom: Vec<String> = kind.targets.iter().map(|target| format!("\"{target}\"")).collect();
        let fitting = |kind: &&Kind| kind.targets.contains(&target);
        let kinds: Vec<&str> = KINDS.iter().filter(fitting).map(|kind| kind.name).collect();
        findings.push(Finding::wrong(
            &entry.key_span,
            format!(
                "`{}` befalls {}, and the target is \"{target}\"; allowed for it: {}",
                entry.key,
                whom.join(" or "),
                kinds.join(", "),
            ),
        ));
    }
}

/// What sets a fault off must be in the file; another fault, before it.
fn cause_is_there(
    document: &Value,
    (fault, before): (&Value, &[Value]),
    findings: &mut Vec<Finding>,
) {
    let Some(when) = fault.get("when") else { return };
    for entry in when.entries() {
        if let Some(actor) = entry.value.get("actor")
            && let Some(name) = actor.text()
        {
            let actors = actor_ids(document);
            if !actors.contains(name) {
                let message =
                    format!("`closer` names no actor with \"{name}\"{}", known(name, &actors));
                findings.push(Finding::wrong(&actor.span, message));
            }
        }
        if let Some(other) = entry.value.get("fault")
            && let Some(name) = other.text()
        {
            let before = before.iter().filter_map(|fault| fault.get("id")?.text()).collect();
            let here = |ids: &std::collections::BTreeSet<&str>| ids.contains(name);
            if !here(&before) {
                let message = if here(&ids(document, "fault")) {
                    format!("`{}` names \"{name}\", which must stand before this fault", entry.key)
                } else {
                    format!(
                        "`{}` names no fault with \"{name}\"{}",
                        entry.key,
                        known(name, &before)
                    )
                };
                findings.push(Finding::wrong(&other.span, message));
            }
        }
    }
}

/// Each repetition is a fault of its own.
fn few_enough(document: &Value, findings: &mut Vec<Finding>) {
    let times = |fault: &Value| {
        fault.at(&["repeat", "times"]).and_then(Value::number).map_or(1.0, |times| times.max(1.0))
    };
    let faults = list(document, "fault");
    let all: f64 = faults.iter().map(times).sum();
    if let Some(last) = faults.last().filter(|_| all > FAULTS_MAX as f64) {
        let message =
            format!("the faults begin {all} times in all; at most {FAULTS_MAX} are allowed");
        findings.push(Finding::wrong(&last.span, message));
    }
}
