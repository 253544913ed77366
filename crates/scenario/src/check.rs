//! What only several keys together can tell to be wrong: [`findings`].
//!
//! It reads the tree, not the mirror, and passes over what is absent or of a wrong type, so that
//! its findings stand beside the validator's instead of after them.

mod board;
mod faults;
mod inject;
mod safety;
mod traffic;
mod watchdog;

use std::collections::{BTreeMap, BTreeSet};

use crate::mistake::Finding;
use crate::preset;
use crate::text::{Camera, Radar};
use crate::tree::Value;
use crate::validate::did_you_mean;
pub(crate) use board::board_findings;
pub(crate) use faults::Times;
pub(crate) use traffic::encounter_within_run;
use wire::Mechanism;

/// Every contradiction in the tree.
pub(crate) fn findings(document: &Value) -> Vec<Finding> {
    let run = Run::new(document);
    let mut findings = Vec::new();
    unique_ids(document, "actor", &mut findings);
    unique_ids(document, "fault", &mut findings);
    for actor in list(document, "actor") {
        script_within_run(actor, &run, &mut findings);
    }
    traffic::check(document, &mut findings);
    faults::check(document, &run, &mut findings);
    isolated_are_no_targets(document, &mut findings);
    expected_faults_exist(document, &mut findings);
    followed_actors_exist(document, &mut findings);
    limits_agree(document, &mut findings);
    single_slot_stands_alone(document, &mut findings);
    modes_agree(document, &mut findings);
    safety::demands_agree(document, &mut findings);
    watchdog::limits_agree(document, &mut findings);
    findings
}

/// What the times of a run are compared with.
struct Run {
    duration_s: f64,
    fps: f64,
    radar_period_s: f64,
}

impl Run {
    fn new(document: &Value) -> Self {
        let positive = |keys| document.at(keys).and_then(Value::number).filter(|n| *n > 0.0);
        Self {
            duration_s: positive(&["duration-s"]).unwrap_or(f64::INFINITY),
            fps: positive(&["camera", "fps"]).unwrap_or(f64::from(Camera::default().fps)),
            radar_period_s: positive(&["radar", "period-ms"]).unwrap_or(Radar::default().period_ms)
                / 1e3,
        }
    }
}

fn list<'t>(document: &'t Value, key: &str) -> &'t [Value] {
    document.get(key).map(Value::items).unwrap_or_default()
}

/// Whether the ego car brakes when fusion asks it to.
fn is_closed_loop(document: &Value) -> bool {
    document.get("preset").is_some() || document.at(&["ego", "brakes"]).is_some()
}

/// What messages call an actor or a fault.
fn named(kind: &str, value: &Value) -> String {
    match value.get("id").and_then(Value::text) {
        Some(id) => format!("{kind} \"{id}\""),
        None => format!("this {kind}"),
    }
}

fn unique_ids(document: &Value, key: &str, findings: &mut Vec<Finding>) {
    let mut seen = BTreeMap::new();
    for (index, value) in list(document, key).iter().enumerate() {
        let Some((id, name)) = value.get("id").and_then(|id| Some((id, id.text()?))) else {
            continue;
        };
        if let Some(first) = seen.insert(name, index + 1) {
            findings.push(Finding::wrong(
                &id.span,
                format!(
                    "{key} {} has the id \"{name}\" of {key} {first}; each needs its own",
                    index + 1
                ),
            ));
        }
    }
}

fn script_within_run(actor: &Value, run: &Run, findings: &mut Vec<Finding>) {
    for at in list(actor, "script").iter().filter_map(|step| step.get("at-s")) {
        if let Some(at_s) = at.number().filter(|at_s| *at_s >= run.duration_s) {
            findings.push(Finding::wrong(
                &at.span,
                format!(
                    "{} acts at {at_s} s, but the run ends at {} s",
                    named("actor", actor),
                    run.duration_s,
                ),
            ));
        }
    }
}

fn isolated_are_no_targets(document: &Value, findings: &mut Vec<Finding>) {
    let Some(isolated) = document.at(&["expect", "isolated"]) else { return };
    let faults = list(document, "fault");
    if faults.is_empty() && !isolated.items().is_empty() {
        findings.push(Finding::wrong(
            &isolated.span,
            "`isolated` demands that faults go unnoticed, but there is no [[fault]]".to_owned(),
        ));
    }
    for name in isolated.items().iter().filter(|name| name.text().is_some()) {
        let text = name.text().unwrap_or_default();
        let own =
            faults.iter().find(|fault| fault.get("target").and_then(Value::text) == Some(text));
        if let Some(fault) = own {
            let message = format!(
                "\"{text}\" cannot be isolated: it is the target of {}",
                named("fault", fault)
            );
            findings.push(Finding::wrong(&name.span, message));
        }
    }
}

/// The ids in a list of tables.
fn ids<'t>(document: &'t Value, key: &str) -> BTreeSet<&'t str> {
    list(document, key).iter().filter_map(|value| value.get("id")?.text()).collect()
}

/// The ids of everyone on the road, those that a preset brings included.
fn actor_ids(document: &Value) -> BTreeSet<&str> {
    let preset = document.get("preset").into_iter().flat_map(Value::entries);
    let brought = preset.flat_map(|entry| preset::ids(&entry.key)).copied();
    ids(document, "actor").into_iter().chain(brought).collect()
}

/// What follows "names no …": the nearest id and all of them.
fn known(found: &str, ids: &BTreeSet<&str>) -> String {
    let guess = did_you_mean(found, ids.iter().copied());
    let ids = if ids.is_empty() {
        "the file has none".to_owned()
    } else {
        format!("known: {}", ids.iter().copied().collect::<Vec<_>>().join(", "))
    };
    format!("{guess}; {ids}")
}

fn expected_faults_exist(document: &Value, findings: &mut Vec<Finding>) {
    let faults = ids(document, "fault");
    let expected = document.at(&["expect", "fault"]).into_iter().flat_map(Value::entries);
    for entry in expected.filter(|entry| !faults.contains(entry.key.as_str())) {
        let message =
            format!("[expect.fault.{}] names no fault{}", entry.key, known(&entry.key, &faults));
        findings.push(Finding::wrong(&entry.key_span, message));
    }
}

fn followed_actors_exist(document: &Value, findings: &mut Vec<Finding>) {
    let actors = actor_ids(document);
    for follows in document.at(&["expect", "fusion", "follows"]).into_iter().flat_map(Value::items)
    {
        if let Some(name) = follows.text().filter(|name| !actors.contains(*name)) {
            let message =
                format!("`follows` names no actor with \"{name}\"{}", known(name, &actors));
            findings.push(Finding::wrong(&follows.span, message));
        }
    }
}

fn limits_agree(document: &Value, findings: &mut Vec<Finding>) {
    for (table, least, most) in [
        ("camera", "frames-lost-min", "frames-lost-max"),
        ("camera", "frames-torn-min", "frames-torn-max"),
        ("radar", "messages-lost-min", "messages-lost-max"),
    ] {
        let limit = |key| document.at(&["expect", table, key]);
        if let (Some(low), Some(high)) = (limit(least), limit(most))
            && let (Some(low_count), Some(high_count)) = (low.number(), high.number())
            && low_count > high_count
        {
            let message =
                format!("`{least}` is {low_count}, more than `{most}`, which is {high_count}");
            findings.push(Finding::wrong(&low.span, message));
        }
    }
}

/// Without synchronisation there is a single slot, in shared memory.
fn single_slot_stands_alone(document: &Value, findings: &mut Vec<Finding>) {
    if document.at(&["camera", "sync"]).and_then(Value::text) != Some("none") {
        return;
    }
    if let Some(buffers) = document.at(&["camera", "buffers"]) {
        let message =
            "with `sync = \"none\"` the frame buffer has a single slot: leave out `buffers`";
        findings.push(Finding::wrong(&buffers.span, message.to_owned()));
    }
    let link = document.at(&["camera", "link"]);
    if let Some(link) = link.filter(|link| link.text() != Some(Mechanism::Shm.name())) {
        let message = "with `sync = \"none\"` frames lie in one slot for which nobody is woken: `link` can only be \"shm\"";
        findings.push(Finding::wrong(&link.span, message.to_owned()));
    }
}

fn modes_agree(document: &Value, findings: &mut Vec<Finding>) {
    let Some(fusion) = document.at(&["expect", "fusion"]) else { return };
    let Some(end) = fusion.get("mode-at-end").and_then(Value::text) else { return };
    for never in list(fusion, "never-modes").iter().filter(|never| never.text() == Some(end)) {
        let message = format!("\"{end}\" must never be seen, and `mode-at-end` demands it");
        findings.push(Finding::wrong(&never.span, message));
    }
}
