//! Every means that notices the death of a child tells every death, once.

use crate::rig::{Ended, Rig};
use serde_json::Value;
use std::io::Write;

const KILLS: u64 = 3;
const VICTIMS: [&str; 3] = ["sleeper", "runner", "giant"];
/// These need nothing but a child.
const ALWAYS_THERE: [&str; 5] = ["pidfd", "robust-futex", "pipe-end", "socket-end", "sigchld"];

#[test]
fn every_means_of_noticing_tells_every_death_once() {
    let rig = Rig::new();
    let Ended { code, stdout, stderr, .. } =
        rig.failop(&["bench", "deaths", "--kills", &KILLS.to_string(), "--json"]);
    assert_eq!(code, Some(0), "{stdout} {stderr}");
    rig.nothing_is_left();
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    for row in rows {
        let count = |key: &str| row[key].as_u64().expect("a number");
        let counts = ["told", "missed", "wrong"].map(count);
        assert_eq!(counts, [KILLS, 0, 0], "{row}");
    }
    let detectors = |victim: &str| {
        let its = rows.iter().filter(|row| row["victim"] == victim);
        its.map(|row| row["detector"].as_str().expect("a name")).collect::<Vec<_>>()
    };
    let skipped = report["skipped"].as_array().expect("skipped");
    let mut expected = ALWAYS_THERE.to_vec();
    if skipped.is_empty() {
        expected.push("connector");
    } else {
        assert_eq!((skipped.len(), &skipped[0]["detector"]), (1, &"connector".into()));
        // Not by a macro: what those print is hidden while a test passes.
        let told = format!("SKIPPED {}\n", skipped[0]);
        std::io::stderr().write_all(told.as_bytes()).expect("a standard error");
    }
    for victim in VICTIMS {
        assert_eq!(detectors(victim), expected, "{victim}");
    }
}
