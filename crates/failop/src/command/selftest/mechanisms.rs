//! The detectors that can be switched off, each with a scenario in which that must be noticed: [`ALL`].

use wire::event::Detector;

/// A detector and the scenario in which it is needed and switched off.
pub(super) struct Mechanism {
    pub(super) detector: Detector,
    pub(super) file: &'static str,
    pub(super) text: &'static str,
}

macro_rules! mechanisms {
    ($($detector:ident $name:literal),+ $(,)?) => {
        /// In the order in which the documentation lists them.
        pub(super) const ALL: &[Mechanism] = &[$(Mechanism {
            detector: Detector::$detector,
            file: concat!("without-", $name, ".toml"),
            text: include_str!(concat!("../../../../../scenarios/must-fail/without-", $name, ".toml")),
        }),+];
    };
}

mechanisms! {
    Exit "exit",
    Heartbeat "heartbeat",
    Startup "startup",
    Alive "alive",
    Deadline "deadline",
    Logical "logical",
    EarlyDeath "early-death",
    Memory "memory",
    Integrity "integrity",
    Sequence "sequence",
    Frozen "frozen",
    Late "late",
    Silence "silence",
    Plausibility "plausibility",
    Time "time",
    Source "source",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_detector_that_can_be_switched_off_has_a_scenario_in_which_it_is_needed() {
        let schema: serde_json::Value =
            serde_json::from_str(&scenario::schema()).expect("a schema is JSON");
        let disable = &schema["$defs"]["Watchdog"]["properties"]["disable"]["items"];
        let names = disable["oneOf"].as_array().expect("words").iter().map(|word| &word["const"]);
        let ours: Vec<&str> = ALL.iter().map(|it| it.detector.name()).collect();
        assert_eq!(names.collect::<Vec<_>>(), ours);
    }

    #[test]
    fn each_scenario_switches_off_its_detector_and_demands_it() {
        for Mechanism { detector, file, text } in ALL {
            let plan = scenario::parse(file, text).expect("a scenario");
            assert_eq!(plan.disabled, [*detector], "{file}");
            assert_eq!(plan.expect.fault["F1"].detected_by, [*detector], "{file}");
            assert!(plan.duration_ns <= 2_500_000_000, "{file}: the self-test is to be short");
        }
    }
}
