//! The twin of a scenario, which must pass: [`twin`].
//!
//! A verdict is worth something if it changes with what it is about. Without its faults a scenario has
//! nothing to complain of; with every detector on, a fault is noticed that was not noticed without
//! one. Whoever passes with the fault and without it, or fails with the detector and without it, proves
//! nothing.

use thiserror::Error;
use toml::{Table, Value};

/// A twin without faults of which no safety is demanded is no longer than this, seconds, unless a
/// manoeuvre begins later: two
/// seconds for fusion to follow everyone, and half a second to be judged.
const QUIET_S: f64 = 2.5;
/// How long a twin goes on after the beginning of a manoeuvre, seconds.
const AFTER_MANOEUVRE_S: f64 = 0.5;
/// Longest name of a scenario, characters.
const NAME_MAX: usize = 64;
/// The mode of a fusion that lacks nothing.
const WHOLE: &str = "fused";

/// What is different in the twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twin {
    /// Nothing goes wrong, and nothing is demanded that only a fault brings about.
    WithoutFaults,
    /// The same, and as long, so that what came of the faults is seen beside it.
    ToCompare,
    /// No detector is switched off.
    WithAllDetectors,
}

/// A scenario has no twin, because its text is no TOML.
#[derive(Debug, Error)]
#[error("the scenario is not written in TOML")]
pub struct TwinError(#[from] toml::de::Error);

impl Twin {
    /// What is added to the name.
    pub const fn suffix(self) -> &'static str {
        match self {
            Twin::WithoutFaults => "-without-faults",
            Twin::ToCompare => "-twin",
            Twin::WithAllDetectors => "-with-all-detectors",
        }
    }

    /// The name of the twin of a scenario of this name.
    pub fn name_for(self, name: &str) -> String {
        let kept = name.chars().take(NAME_MAX - self.suffix().len());
        kept.chain(self.suffix().chars()).collect()
    }
}

/// The text of the twin of the scenario with this text.
pub fn twin(text: &str, twin: Twin) -> Result<String, TwinError> {
    let mut scenario: Table = text.parse()?;
    if let Some(Value::String(name)) = scenario.get_mut("name") {
        *name = twin.name_for(name);
    }
    match twin {
        Twin::WithoutFaults => {
            shorten(&mut scenario);
            without_faults(&mut scenario);
        }
        Twin::ToCompare => without_faults(&mut scenario),
        Twin::WithAllDetectors => {
            if let Some(watchdog) = table(&mut scenario, "watchdog") {
                watchdog.remove("disable");
            }
        }
    }
    Ok(scenario.to_string())
}

fn table<'t>(of: &'t mut Table, key: &str) -> Option<&'t mut Table> {
    of.get_mut(key)?.as_table_mut()
}

fn without_faults(scenario: &mut Table) {
    scenario.remove("fault");
    let Some(expect) = table(scenario, "expect") else { return };
    if let Some(safety) = table(expect, "safety") {
        safety.remove("brake-delay-max-ms");
        if safety.get("collision").and_then(Value::as_bool) == Some(true) {
            safety.remove("collision");
        }
    }
    expect.remove("fault");
    expect.remove("isolated");
    for process in ["camera", "radar", "fusion"] {
        let Some(demands) = table(expect, process) else { continue };
        for effect in ["frames-lost-min", "messages-lost-min", "latency-p99-in-fault-ms"] {
            demands.remove(effect);
        }
        if let Some(up) = demands.get_mut("up-at-end") {
            *up = Value::Boolean(true);
        }
        if let Some(mode) = demands.get_mut("mode-at-end") {
            *mode = Value::String(WHOLE.to_owned());
        }
        if let Some(Value::Array(never)) = demands.get_mut("never-modes") {
            never.retain(|mode| mode.as_str() != Some(WHOLE));
        }
    }
}

/// Leaves out the time in which nothing happens any more. Where safety is demanded or the ego car
/// brakes, whether it hits somebody is seen at the end.
fn shorten(scenario: &mut Table) {
    let has = |table: &str, key: &str| scenario.get(table).is_some_and(|it| it.get(key).is_some());
    if has("expect", "safety") || has("ego", "brakes") || scenario.contains_key("preset") {
        return;
    }
    let actors = scenario.get("actor").and_then(Value::as_array).into_iter().flatten();
    let scripts = actors.filter_map(|actor| actor.get("script")?.as_array()).flatten();
    let begins = scripts.filter_map(|step| number(step.get("at-s")?));
    let needed_s = begins.map(|at_s| at_s + AFTER_MANOEUVRE_S).fold(QUIET_S, f64::max);
    if let Some(duration) = scenario.get_mut("duration-s")
        && let Some(whole_s) = number(duration)
    {
        *duration = Value::Float(whole_s.min(needed_s));
    }
}

/// An integer or a float as a number.
fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, parse};
    use std::path::Path;

    const SCENARIO: &str = r#"
        schema = 1
        name = "both"
        duration-s = 9
        [ego]
        speed-kph = 60
        [[actor]]
        id = "lead"
        start = { x-m = 35, y-m = 0, speed-kph = 60 }
        script = [{ at-s = 3, do.brake = { decel-mps2 = 3 } }]
        [watchdog]
        disable = ["exit"]
        [watchdog.camera.restart]
        limit = 1
        [[fault]]
        id = "F1"
        target = "camera"
        at-s = 1
        inject.crash = { how = "abort", for-s = 1 }
        [expect]
        isolated = ["radar"]
        [expect.camera]
        frames-lost-min = 9
        frames-lost-max = 99
        up-at-end = false
        [expect.fusion]
        mode-at-end = "radar-only"
        never-modes = ["blind", "fused"]
        latency-p99-in-fault-ms = 70
        follows = ["lead"]
        [expect.fault.F1]
        detected-by = ["exit"]
    "#;

    fn plan_of(text: &str, which: Twin) -> Plan {
        let text = twin(text, which).expect("TOML");
        parse("twin", &text).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"))
    }

    #[test]
    fn a_twin_without_faults_demands_nothing_of_them_and_all_else() {
        let plan = plan_of(SCENARIO, Twin::WithoutFaults);
        assert_eq!(plan.name, "both-without-faults");
        assert_eq!(plan.duration_ns, 3_500_000_000, "until after the braking begins");
        assert!(plan.faults.is_empty() && plan.expect.isolated.is_empty());
        assert_eq!(plan.disabled.len(), 1);
        let whole = SCENARIO
            .replace("frames-lost-min = 9\n", "")
            .replace("up-at-end = false", "up-at-end = true")
            .replace("\"radar-only\"", "\"fused\"")
            .replace(", \"fused\"]", "]")
            .replace("latency-p99-in-fault-ms = 70\n", "")
            .replace("isolated = [\"radar\"]\n", "")
            .replace("[expect.fault.F1]\n", "")
            .replace("detected-by = [\"exit\"]\n", "");
        assert_eq!(plan.expect, parse("whole", &whole).expect("a scenario").expect);
    }

    #[test]
    fn a_twin_to_compare_with_is_as_long_and_else_one_without_faults() {
        let plan = plan_of(SCENARIO, Twin::ToCompare);
        let mut short = plan_of(SCENARIO, Twin::WithoutFaults);
        assert_eq!((plan.name.as_str(), plan.duration_ns), ("both-twin", 9_000_000_000));
        (short.name, short.duration_ns) = (plan.name.clone(), plan.duration_ns);
        assert_eq!(plan, short);
    }

    #[test]
    fn a_twin_without_faults_lasts_as_long_where_the_ego_car_brakes() {
        let brakes = SCENARIO.replace(
            "speed-kph = 60\n        [[actor]]",
            "speed-kph = 60\n        brakes = {}\n        [[actor]]",
        );
        let preset = SCENARIO.replace(
            "[ego]\n        speed-kph = 60",
            "[preset]\n        ncap-ccrs = { ego-kph = 50 }",
        );
        for text in [brakes, preset] {
            let (plan, with) =
                (plan_of(&text, Twin::WithoutFaults), parse("with", &text).expect("a scenario"));
            assert!(plan.traffic.ego.brakes.is_some() && plan.faults.is_empty());
            assert_eq!((plan.duration_ns, plan.traffic), (with.duration_ns, with.traffic));
        }
    }

    #[test]
    fn a_twin_that_must_be_safe_is_as_long_and_needs_no_twin_of_its_own() {
        let safety = "[expect.safety]\nimpact-speed-max-kph = 30\nbrake-delay-max-ms = 50\n";
        let text = format!("{SCENARIO}\n[ego.brakes]\n{safety}collision = true");
        let plan = plan_of(&text, Twin::WithoutFaults);
        assert_eq!(plan.duration_ns, 9_000_000_000);
        let demanded = plan.expect.safety;
        assert!(!demanded.needs_twin() && demanded.collision.is_none());
        assert!((demanded.impact_speed_max_mps.unwrap() - 30.0 / 3.6).abs() < 1e-12);
    }

    #[test]
    fn a_twin_with_all_detectors_differs_in_nothing_else() {
        let plan = plan_of(SCENARIO, Twin::WithAllDetectors);
        let mut with = parse("both", SCENARIO).expect("a scenario");
        with.name = "both-with-all-detectors".to_owned();
        with.disabled.clear();
        assert_eq!(plan, with);
    }

    #[test]
    fn every_scenario_has_twins_that_are_scenarios() {
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        let folders = [scenarios.clone(), scenarios.join("must-fail")];
        for file in crate::collect(&folders).expect("the scenarios") {
            let text = std::fs::read_to_string(&file).expect("a readable file");
            for which in [Twin::WithoutFaults, Twin::ToCompare, Twin::WithAllDetectors] {
                plan_of(&text, which);
            }
        }
    }

    #[test]
    fn a_long_name_stays_a_name() {
        let text = SCENARIO.replace("\"both\"", &format!("\"{}\"", "x".repeat(NAME_MAX)));
        assert_eq!(plan_of(&text, Twin::WithAllDetectors).name.len(), NAME_MAX);
    }
}
