//! Whatever goes wrong, each sample of the schedule is delivered or lost for exactly one cause, the
//! fault is proven, and the processes show what it did to them.

use crate::rig::{PATIENT, Rig, scenario};
use serde_json::Value;
use std::fs::File;
use wire::Node;

/// A fault, how long a run of it lasts, and how the victim's incarnation ends by it.
struct Row {
    inject: &'static str,
    takes_s: f64,
    exit: Option<&'static str>,
}

const fn row(inject: &'static str, takes_s: f64, exit: Option<&'static str>) -> Row {
    Row { inject, takes_s, exit }
}

pub(crate) const BY_WATCHDOG: &str = "ended by the watchdog";

/// A process at work hears the request and ends in order.
const AS_ASKED: &str = "exit code 0, asked by the watchdog (SIGTERM)";

/// Everything that can happen to any process. A hang without an end is replaced after the heartbeat
/// timeout of [`TIMEOUT_MS`], and has several times as long; the others pass before anyone notices.
const PROCESS_FAULTS: &[Row] = &[
    row("kill = { signal = \"SIGKILL\" }", 0.8, Some("signal SIGKILL")),
    row("kill = { signal = \"SIGTERM\" }", 0.8, Some(AS_ASKED)),
    row("crash = { how = \"segfault\" }", 0.8, Some("signal SIGSEGV")),
    row("crash = { how = \"abort\" }", 0.8, Some("signal SIGABRT")),
    row("crash = { how = \"panic\" }", 0.8, Some("exit code 101")),
    row("crash = { how = \"exit\" }", 0.8, Some("exit code 0")),
    row("hang = { how = \"stop\" }", 3.5, Some(BY_WATCHDOG)),
    row("hang = { how = \"spin\" }", 3.5, Some(BY_WATCHDOG)),
    row("hang = { how = \"block\" }", 3.5, Some(BY_WATCHDOG)),
    row("hang = { how = \"stop\", for-s = 0.2 }", 1.0, None),
    row("hang = { how = \"spin\", for-s = 0.2 }", 1.0, None),
    row("hang = { how = \"block\", for-s = 0.2 }", 1.0, None),
    row("slow = { extra-ms = 20.0, for-s = 0.3 }", 1.0, None),
];

const TIMEOUT_MS: u64 = 500;

/// Everything that can happen to the samples of a sensor, and the cause for which it loses some.
const SAMPLE_FAULTS: [(&str, &str); 4] = [
    ("drop = { percent = 100.0, for-s = 0.4 }", "not_produced"),
    ("delay = { by-ms = 120.0, for-s = 0.4 }", "late"),
    ("corrupt = { bits = 5, for-s = 0.4 }", "rejected"),
    ("freeze = { for-s = 0.4 }", "rejected"),
];

/// How often a run is made that does not show what it should while the host stalls: a victim that gets
/// no processor cannot be seen to spin, and each stall prolongs the silence that is allowed.
const TRIES: u32 = 30;

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
fn every_signal_that_a_scenario_may_send_ends_its_victim() {
    for signal in fault::act::Signal::ALL {
        let inject = format!("kill = {{ signal = \"{}\" }}", signal.name());
        let rig = Rig::new();
        let text =
            scenario("signal", 0.8, &(PATIENT.to_owned() + &fault(0, Node::Radar, 0.4, &inject)));
        let run = run_until(&rig, "signal", &text, took_effect);
        check_fault(&run);
        let ends: Vec<&str> = exits(&run, Node::Radar).collect();
        let end = match signal {
            fault::act::Signal::Sigterm => AS_ASKED.to_owned(),
            _ => format!("signal {}", signal.name()),
        };
        assert_eq!(ends, [&end, BY_WATCHDOG], "{inject}");
    }
}

#[test]
fn the_sums_hold_and_the_cause_is_right_whatever_the_camera_sends() {
    check_sample_faults(Node::Camera);
}

#[test]
fn the_sums_hold_and_the_cause_is_right_whatever_the_radar_sends() {
    check_sample_faults(Node::Radar);
}

/// Each fault in a run of its own, and all of them in one.
fn check_process_faults(victim: Node) {
    let mut all = supervision(victim);
    let mut at_s = 0.4;
    for (number, row) in PROCESS_FAULTS.iter().enumerate() {
        check_process_fault(victim, row);
        all += &fault(number, victim, at_s, row.inject);
        at_s += if row.exit == Some(BY_WATCHDOG) { 1.0 } else { 0.4 };
    }
    let rig = Rig::new();
    let _turn = turn_to_spin();
    let (_, run) = rig.run("all-faults", &scenario("all-faults", at_s, &all));
    check_sums(&run, at_s, &format!("all process faults of {victim}"));
    rig.nothing_is_left();
}

fn check_process_fault(victim: Node, row: &Row) {
    let rig = Rig::new();
    let text = supervision(victim) + &fault(0, victim, 0.4, row.inject);
    let text = scenario("process-fault", row.takes_s, &text);
    let _turn = row.inject.contains("spin").then(turn_to_spin);
    let shown = |run: &Value| {
        check_sums(run, row.takes_s, row.inject);
        rig.nothing_is_left();
        took_effect(run) && exits(run, victim).count() == 1 + row.exit.iter().count()
    };
    let run = run_until(&rig, "process-fault", &text, shown);
    check_fault(&run);
    check_lives(&run, victim, row);
}

/// Supervision that restarts the victim alone, also on a machine that is slow today.
fn supervision(victim: Node) -> String {
    let table = |node| {
        let timeout_ms = if node == victim { TIMEOUT_MS } else { 20_000 };
        format!(
            "[watchdog.{node}]\nheartbeat-timeout-ms = {timeout_ms}\nrestart = {{ limit = 100 }}\n"
        )
    };
    Node::ALL.map(table).concat()
}

/// Runs the scenario, again while it does not show what it should and the host stalls.
pub(crate) fn run_until(
    rig: &Rig,
    name: &str,
    text: &str,
    shown: impl Fn(&Value) -> bool,
) -> Value {
    let clear = |run: &Value| shown(run) || run["host_load"]["stalls"] == 0;
    let mut runs = (0..TRIES).map(|_| rig.run(name, text).1);
    runs.find(clear).unwrap_or_else(|| rig.run_json(name))
}

fn took_effect(run: &Value) -> bool {
    run["faults"][0]["activated"] == true
}

/// How the incarnations of a process ended.
pub(crate) fn exits(run: &Value, node: Node) -> impl Iterator<Item = &str> {
    let lives = run["processes"][node.index()]["incarnations"].as_array().expect("incarnations");
    lives.iter().filter_map(|life| life["exit"].as_str())
}

fn check_sample_faults(sensor: Node) {
    for (inject, cause) in SAMPLE_FAULTS {
        let rig = Rig::new();
        let text = format!("{PATIENT}{}", fault(0, sensor, 0.4, inject));
        let text = scenario("sample-fault", 1.2, &text);
        let lost = |run: &Value| run["streams"][sensor.name()]["lost"][cause].as_u64();
        let run = run_until(&rig, "sample-fault", &text, |run| {
            check_sums(run, 1.2, inject);
            took_effect(run) && lost(run) > Some(0)
        });
        check_fault(&run);
        assert!(lost(&run) > Some(0), "{inject} loses samples as {cause}: {}", run["streams"]);
    }
}

/// Held while victims spin at real-time priority, across the processes that run tests: more of them
/// than processors would starve one another before they hang.
pub(crate) fn turn_to_spin() -> File {
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/turn-to-spin");
    let file = File::create(path).expect("a file to lock");
    file.lock().expect("a lock that its holder's end releases");
    file
}

pub(crate) fn fault(number: usize, target: Node, at_s: f64, inject: &str) -> String {
    let target = target.name();
    format!(
        "[[fault]]\nid = \"F{number}\"\ntarget = \"{target}\"\nat-s = {at_s:.3}\ninject.{inject}\n"
    )
}

/// Every sample that the schedule demands is delivered or lost, in each stream.
pub(crate) fn check_sums(run: &Value, duration_s: f64, what: &str) {
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

fn check_fault(run: &Value) {
    let faults = run["faults"].as_array().expect("faults");
    assert_eq!(faults.len(), 1);
    let fault = &faults[0];
    assert_eq!(fault["activated"], true, "{fault}");
    assert!(fault["evidence"][0].is_string(), "{fault}");
    assert!(fault["injected_at_ms"].is_number(), "{fault}");
}

/// The victim was replaced if its fault ends it and else was not; its peers never were.
fn check_lives(run: &Value, victim: Node, row: &Row) {
    for node in Node::ALL {
        let process = &run["processes"][node.index()];
        assert_eq!(process["name"], node.name());
        let lives = process["incarnations"].as_array().expect("incarnations");
        let exits: Vec<&str> = exits(run, node).collect();
        let by_fault = row.exit.filter(|_| node == victim);
        // The last incarnation lives to the end of the run.
        let expected: Vec<&str> = by_fault.into_iter().chain([BY_WATCHDOG]).collect();
        assert_eq!(exits, expected, "{}: {node}: {process}", row.inject);
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
