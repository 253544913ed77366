//! The catalogue is complete and says what it means.

use super::*;
use crate::kind::{Actor, Interference, Need};
use std::collections::BTreeSet;

fn injection(text: &str) -> Injection {
    serde_json::from_str(text).unwrap()
}

#[test]
fn each_kind_has_a_name_of_its_own_that_scenarios_use() {
    let names: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), KINDS.len());
    for kind in KINDS {
        let unknown = serde_json::from_str::<Injection>(&format!("{{\"{}\":7}}", kind.name));
        let message = unknown.unwrap_err().to_string();
        assert!(!message.contains("unknown variant"), "{}: {message}", kind.name);
    }
}

#[test]
fn each_kind_befalls_somebody_and_exercises_something() {
    for kind in KINDS {
        assert!(!kind.targets.is_empty(), "{}", kind.name);
        assert!(!kind.interference.is_empty(), "{}", kind.name);
        // Of what befalls the watchdog itself, only the hardware above it can know.
        let supervised =
            kind.group != Group::Watchdog || kind.needs.contains(&Need::HardwareWatchdog);
        assert_eq!(!kind.detectors.is_empty(), supervised, "{}", kind.name);
        assert!(kind.meaning.trim().ends_with('.'), "{}", kind.name);
    }
}

#[test]
fn every_interference_is_exercised_or_out_of_reach() {
    for item in Interference::ALL {
        let exercised = KINDS.iter().any(|kind| kind.interference.contains(&item));
        assert_eq!(exercised, item.out_of_reach().is_none(), "{}", item.name());
    }
}

#[test]
fn who_acts_is_who_the_catalogue_says() {
    for (text, actor) in [
        (r#"{"kill":{"signal":"SIGKILL"}}"#, Actor::Watchdog),
        (r#"{"crash":{"how":"abort"}}"#, Actor::Victim),
        (r#"{"drop":{"percent":1.0,"for-s":1.0}}"#, Actor::Victim),
        (r#"{"doze":{"by-ms":5.0}}"#, Actor::Watchdog),
    ] {
        assert_eq!(injection(text).kind().actor, actor, "{text}");
    }
}

#[test]
fn parameters_read_like_the_scenario() {
    for (text, expected) in [
        (r#"{"kill":{"signal":"SIGKILL"}}"#, "SIGKILL"),
        (r#"{"hang":{"how":"spin","for-s":0.4}}"#, "spin, for 0.4 s"),
        (r#"{"hang":{"how":"spin"}}"#, "spin"),
        (r#"{"slow":{"extra-ms":30.0,"for-s":2}}"#, "extra 30 ms, for 2 s"),
        (r#"{"starve":{"percent":90.0,"for-s":1.5}}"#, "90 %, for 1.5 s"),
        (r#"{"interference":{"noise-db":20.0,"for-s":2}}"#, "noise 20 dB, for 2 s"),
        (r#"{"flood":{"per-s":5000,"for-s":1}}"#, "5000 a second, for 1 s"),
        (r#"{"oom":{"limit-kib":64}}"#, "limit 64 KiB"),
        (r#"{"deadlock":{}}"#, ""),
    ] {
        assert_eq!(injection(text).detail(), expected, "{text}");
    }
}
