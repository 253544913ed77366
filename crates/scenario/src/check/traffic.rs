//! What only several keys together can tell to be wrong with road, ego car and actors: [`check`].

use super::{list, named};
use crate::mistake::{Finding, FindingKind};
use crate::preset;
use crate::schema;
use crate::shape::Shape;
use crate::text::Scenario;
use crate::text::preset::Preset;
use crate::tree::Value;

/// The sharpest bend, m: who starts 50 m beside the ego's lane, as far as may be, is not yet at its
/// centre.
const LEAST_RADIUS_M: f64 = 60.0;
/// Less overlap than this is a near miss, and none of the protocol's tests.
const LEAST_OVERLAP_PERCENT: f64 = 25.0;
/// How far two speeds may differ and still be the same.
const SAME_KPH: f64 = 1e-6;

/// Everything that is wrong with them.
pub(super) fn check(document: &Value, findings: &mut Vec<Finding>) {
    one_ego(document, findings);
    bends_are_wide(document, findings);
    for actor in list(document, "actor") {
        not_of_the_preset(document, actor, findings);
        speeds_agree(actor, findings);
    }
    for entry in document.get("preset").into_iter().flat_map(Value::entries) {
        preset_agrees(&entry.key, &entry.value, findings);
    }
}

/// The ego car is in the file, or a preset brings it.
fn one_ego(document: &Value, findings: &mut Vec<Finding>) {
    match (document.get("preset"), document.get("ego")) {
        (Some(_), Some(ego)) => findings.push(Finding::wrong(
            &ego.span,
            "`ego` stands beside a preset, which brings the ego car; allowed beside a preset: \
             everything else, further [[actor]] too"
                .to_owned(),
        )),
        (None, None) => {
            let root = schema::document();
            let allowed = Shape::of(root, &root["properties"]["ego"]).words("ego");
            findings.push(Finding {
                span: document.span.clone(),
                message: format!(
                    "the file lacks the key `ego`; it must be {allowed}, or a `preset` must bring it"
                ),
                kind: FindingKind::Missing,
            });
        }
        _ => {}
    }
}

fn bends_are_wide(document: &Value, findings: &mut Vec<Finding>) {
    let sections = document.at(&["road", "section"]).map(Value::items).unwrap_or_default();
    for radius in sections.iter().filter_map(|section| section.get("radius-m")) {
        if let Some(radius_m) = radius.number().filter(|it| it.abs() < LEAST_RADIUS_M) {
            let message = format!(
                "`radius-m` is {radius_m}, too sharp a bend; it must be {LEAST_RADIUS_M} m or more \
                 to the left, -{LEAST_RADIUS_M} m or less to the right, or absent: straight"
            );
            findings.push(Finding::wrong(&radius.span, message));
        }
    }
}

fn not_of_the_preset(document: &Value, actor: &Value, findings: &mut Vec<Finding>) {
    let Some((id, name)) = actor.get("id").and_then(|id| Some((id, id.text()?))) else { return };
    for entry in document.get("preset").into_iter().flat_map(Value::entries) {
        if preset::ids(&entry.key).contains(&name) {
            let message =
                format!("`{}` brings an actor \"{name}\"; each needs its own id", entry.key);
            findings.push(Finding::wrong(&id.span, message));
        }
    }
}

/// Who brakes gets slower, who accelerates gets faster.
fn speeds_agree(actor: &Value, findings: &mut Vec<Finding>) {
    let Some(start_kph) = actor.at(&["start", "speed-kph"]).and_then(Value::number) else { return };
    let mut changes: Vec<(f64, SpeedChange<'_>)> = list(actor, "script")
        .iter()
        .filter_map(|step| Some((step.get("at-s")?.number()?, speed_change(step.get("do")?)?)))
        .collect();
    changes.sort_by(|(one_s, _), (other_s, _)| one_s.total_cmp(other_s));
    // In force: since when, from which speed, to which, km/h, and how fast, m/s².
    let (mut since_s, mut from_kph, mut to_kph, mut rate_mps2) =
        (0.0, start_kph.abs(), start_kph.abs(), 0.0);
    for (at_s, change) in changes {
        let most_kph: f64 = rate_mps2 * (at_s - since_s) * 3.6;
        let kph = from_kph + (to_kph - from_kph).clamp(-most_kph, most_kph);
        let wrong = match change.name {
            "brake" => change.to_kph > kph + SAME_KPH,
            _ => change.to_kph < kph - SAME_KPH,
        };
        if wrong {
            let message = format!(
                "{} has a speed of {} km/h at {at_s} s; `{}` leads to a {} one, not to {} km/h",
                named("actor", actor),
                (kph * 10.0).round() / 10.0,
                change.name,
                if change.name == "brake" { "lower" } else { "higher" },
                change.to_kph,
            );
            findings.push(Finding::wrong(&change.place.span, message));
        }
        (since_s, from_kph, to_kph, rate_mps2) = (at_s, kph, change.to_kph, change.rate_mps2);
    }
}

/// A `brake` or an `accelerate`.
struct SpeedChange<'t> {
    name: &'t str,
    to_kph: f64,
    rate_mps2: f64,
    place: &'t Value,
}

fn speed_change(manoeuvre: &Value) -> Option<SpeedChange<'_>> {
    let entry = manoeuvre.entries().first()?;
    let rate_key = match entry.key.as_str() {
        "brake" => "decel-mps2",
        "accelerate" => "accel-mps2",
        _ => return None,
    };
    let (place, to_kph) = match entry.value.get("to-kph") {
        Some(to) => (to, to.number()?),
        None => (&entry.value, 0.0),
    };
    let rate_mps2 = entry.value.get(rate_key)?.number().filter(|rate| *rate > 0.0)?;
    Some(SpeedChange { name: &entry.key, to_kph, rate_mps2, place })
}

fn preset_agrees(name: &str, preset: &Value, findings: &mut Vec<Finding>) {
    let number = |key: &str| preset.get(key).and_then(Value::number);
    if let (Some(overlap), Some(percent)) =
        (preset.get("overlap-percent"), number("overlap-percent"))
        && percent.abs() < LEAST_OVERLAP_PERCENT
    {
        let message = format!(
            "`overlap-percent` is {percent}, almost a miss; it must be {LEAST_OVERLAP_PERCENT} % or \
             more at the left side, -{LEAST_OVERLAP_PERCENT} % or less at the right"
        );
        findings.push(Finding::wrong(&overlap.span, message));
    }
    if let (Some(delta), Some(delta_kph), Some(ego_kph)) =
        (preset.get("delta-kph"), number("delta-kph"), number("ego-kph"))
        && ego_kph + delta_kph < 0.0
    {
        let message = format!(
            "`delta-kph` is {delta_kph}, and the ego car drives at {ego_kph} km/h: the other would \
             drive backwards"
        );
        findings.push(Finding::wrong(&delta.span, message));
    }
    if name == "ncap-ccrb" {
        match (preset.get("headway-m"), preset.get("headway-s")) {
            (Some(_), Some(second)) => findings.push(Finding::wrong(
                &second.span,
                "`ncap-ccrb` has both `headway-m` and `headway-s`; it must have one".to_owned(),
            )),
            (None, None) => findings.push(Finding::wrong(
                &preset.span,
                "`ncap-ccrb` lacks its gap: `headway-m` or `headway-s`".to_owned(),
            )),
            _ => {}
        }
    }
}

/// A run with a preset must show what comes of it. The text has the right shape.
pub(crate) fn encounter_within_run(document: &Value, scenario: &Scenario) -> Option<Finding> {
    let preset = scenario.preset.as_ref()?;
    if let Preset::NcapCcrb(it) = preset
        && it.headway_m.is_none()
        && it.headway_s.is_none()
    {
        return None;
    }
    let expansion = preset::expand(preset);
    let needed_s = (expansion.settled_s() * 10.0).ceil() / 10.0;
    (scenario.duration_s < needed_s).then(|| {
        let message = format!(
            "the run ends at {} s; an ego car that does not brake reaches \"target\" at {:.1} s, and \
             what comes of braking is seen by {needed_s} s",
            scenario.duration_s, expansion.encounter_s,
        );
        let place = document.get("duration-s").map_or(0..0, |duration| duration.span.clone());
        Finding::wrong(&place, message)
    })
}
