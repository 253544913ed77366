//! Whatever goes wrong, each sample of the schedule is delivered or lost for exactly one cause, the
//! fault is proven, and the processes show what it did to them.

use crate::rig::{PATIENT, Rig, scenario};
use serde_json::Value;
use std::fs::File;
use wire::Node;

/// A fault, how much time it gets, and how the victim's incarnation ends by it.
struct Row {
    inject: &'static str,
    takes_s: f64,
    exit: Option<&'static str>,
}

const fn row(inject: &'static str, takes_s: f64, exit: Option<&'static str>) -> Row {
    Row { inject, takes_s, exit }
}

/// Everything that can happen to any process. A hang is replaced after the heartbeat timeout of
/// 0.4 s, or passes before it.
const PROCESS_FAULTS: &[Row] = &[
    row("kill = { signal = \"SIGKILL\" }", 0.4, Some("signal SIGKILL")),
    row("kill = { signal = \"SIGTERM\" }", 0.4, Some("signal SIGTERM")),
    row("crash = { how = \"segfault\" }", 0.4, Some("signal SIGSEGV")),
    row("crash = { how = \"abort\" }", 0.4, Some("signal SIGABRT")),
    row("crash = { how = \"panic\" }", 0.4, Some("exit code 101")),
    row("crash = { how = \"exit\" }", 0.4, Some("exit code 0")),
    row("hang = { how = \"stop\" }", 0.9, Some("ended by the watchdog")),
    row("hang = { how = \"spin\" }", 0.9, Some("ended by the watchdog")),
    row("hang = { how = \"block\" }", 0.9, Some("ended by the watchdog")),
    row("hang = { how = \"stop\", for-s = 0.2 }", 0.4, None),
    row("hang = { how = \"spin\", for-s = 0.2 }", 0.4, None),
    row("hang = { how = \"block\", for-s = 0.2 }", 0.4, None),
    row("slow = { extra-ms = 20.0, for-s = 0.3 }", 0.5, None),
];

/// Everything that can happen to the samples of a sensor, and the cause for which it loses some.
const SAMPLE_FAULTS: [(&str, &str); 4] = [
    ("drop = { percent = 100.0, for-s = 0.4 }", "not_produced"),
    ("delay = { by-ms = 120.0, for-s = 0.4 }", "late"),
    ("corrupt = { bits = 5, for-s = 0.4 }", "rejected"),
    ("freeze = { for-s = 0.4 }", "rejected"),
];

/// A victim that gets no processor cannot be seen to spin or to stop: such a run is inconclusive, and
/// is made again.
const TRIES: u32 = 4;

#[test]
fn the_sums_hold_whatever_ends_or_hangs_the_camera() {
    check_process_faults(Node::Camera);
}

#[test]
fn the_sums_hold_whatever_ends_or_hangs_the_radar() {
    check_process_faults(Node::Radar);
}

#[test]
fn the_sums_hold_whatever_ends_or_hangs_fusion() {
    check_process_faults(Node::Fusion);
}

#[test]
fn the_sums_hold_and_the_cause_is_right_whatever_the_camera_sends() {
    check_sample_faults(Node::Camera);
}

#[test]
fn the_sums_hold_and_the_cause_is_right_whatever_the_radar_sends() {
    check_sample_faults(Node::Radar);
}

fn check_process_faults(victim: Node) {
    let supervision = |node| {
        // Only the victim is to be restarted, also on a machine that is slow today.
        let timeout_ms = if node == victim { 400 } else { 20_000 };
        format!(
            "[watchdog.{node}]\nheartbeat-timeout-ms = {timeout_ms}\nrestart = {{ limit = 100 }}\n"
        )
    };
    let mut text = Node::ALL.map(supervision).concat();
    let mut at_s = 0.4;
    for (number, row) in PROCESS_FAULTS.iter().enumerate() {
        text += &fault(number, victim, at_s, row.inject);
        at_s += row.takes_s;
    }
    let rig = Rig::new();
    let _turn = turn_to_spin();
    let text = scenario("process-faults", at_s, &text);
    let clear_run = (0..TRIES).find_map(|_| {
        let (_, run) = rig.run("process-faults", &text);
        check_sums(&run, at_s, &format!("process faults of {victim}"));
        rig.nothing_is_left();
        all_took_effect(&run).then_some(run)
    });
    let run = clear_run.unwrap_or_else(|| rig.run_json("process-faults"));
    check_faults(&run, PROCESS_FAULTS.len());
    check_lives(&run, victim);
}

fn check_sample_faults(sensor: Node) {
    for (inject, cause) in SAMPLE_FAULTS {
        let rig = Rig::new();
        let text = format!("{PATIENT}{}", fault(0, sensor, 0.4, inject));
        let text = scenario("sample-fault", 1.2, &text);
        let (_, run) = rig.run("sample-fault", &text);
        check_sums(&run, 1.2, inject);
        check_faults(&run, 1);
        let lost = &run["streams"][sensor.name()]["lost"];
        assert!(lost[cause].as_u64() > Some(0), "{inject} loses samples as {cause}: {lost}");
    }
}

/// Held while victims spin at real-time priority, across the processes that run tests: more of them
/// than processors would starve one another before they hang.
fn turn_to_spin() -> File {
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/turn-to-spin");
    let file = File::create(path).expect("a file to lock");
    file.lock().expect("a lock that its holder's end releases");
    file
}

fn fault(number: usize, target: Node, at_s: f64, inject: &str) -> String {
    let target = target.name();
    format!(
        "[[fault]]\nid = \"F{number}\"\ntarget = \"{target}\"\nat-s = {at_s:.3}\ninject.{inject}\n"
    )
}

/// Every sample that the schedule demands is delivered or lost, in each stream.
fn check_sums(run: &Value, duration_s: f64, what: &str) {
    let frames = (duration_s * 30.0 - 1e-6).ceil() as u64;
    let cycles = (duration_s * 20.0 - 1e-6).ceil() as u64;
    for (stream, demanded) in [("camera", frames), ("radar", cycles), ("fusion", frames + cycles)] {
        let counts = &run["streams"][stream];
        let number = |value: &Value| value.as_u64().expect("a count");
        let lost: u64 = counts["lost"].as_object().expect("causes").values().map(number).sum();
        assert_eq!(number(&counts["expected"]), demanded, "{what}: {stream}");
        assert_eq!(number(&counts["delivered"]) + lost, demanded, "{what}: {counts}");
        assert!(number(&counts["delivered"]) > 0, "{what}: something arrives: {counts}");
    }
    let consistent = expectation(run, "the record is consistent");
    assert_eq!(consistent["verdict"], "pass", "{what}: {consistent}");
}

fn all_took_effect(run: &Value) -> bool {
    run["faults"].as_array().is_some_and(|faults| faults.iter().all(|it| it["activated"] == true))
}

fn check_faults(run: &Value, count: usize) {
    let faults = run["faults"].as_array().expect("faults");
    assert_eq!(faults.len(), count);
    for fault in faults {
        assert_eq!(fault["activated"], true, "{fault}");
        assert!(fault["evidence"][0].is_string(), "{fault}");
        assert!(fault["injected_at_ms"].is_number(), "{fault}");
    }
}

/// The victim was replaced for each fault that ends it and for no other; its peers never were.
fn check_lives(run: &Value, victim: Node) {
    let ends = PROCESS_FAULTS.iter().filter_map(|row| row.exit);
    // The last incarnation lives to the end of the run.
    let expected: Vec<&str> = ends.chain(["ended by the watchdog"]).collect();
    for node in Node::ALL {
        let process = &run["processes"][node.index()];
        assert_eq!(process["name"], node.name());
        let lives = process["incarnations"].as_array().expect("incarnations");
        let exits: Vec<&str> = lives.iter().filter_map(|life| life["exit"].as_str()).collect();
        let expected = if node == victim { &expected[..] } else { &expected[expected.len() - 1..] };
        assert_eq!(exits, expected, "{node}: {process}");
        let mut pids: Vec<u64> = lives.iter().filter_map(|life| life["pid"].as_u64()).collect();
        pids.sort_unstable();
        pids.dedup();
        assert_eq!(pids.len(), lives.len(), "each life is another process: {process}");
    }
}

/// The expectation of this name.
pub(crate) fn expectation<'a>(run: &'a Value, name: &str) -> &'a Value {
    let all = run["expectations"].as_array().expect("expectations");
    all.iter().find(|it| it["name"] == name).expect("a demand that always holds")
}
