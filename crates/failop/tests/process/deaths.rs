//! Whoever is killed from outside, in whatever state: nobody survives the watchdog, nothing is left
//! behind, and the record tells everything up to the end.

use crate::processes::{is_stopped, signal};
use crate::rig::{
    PATIENT, Rig, Running, names, records, run_json, scenario, wait, wait_for_records,
};
use crate::sums::expectation;
use recording::Recording;
use serde_json::Value;
use std::path::Path;
use wire::{Node, Source};

/// Longer than anything that is waited for: these runs end by a signal.
const ENDLESS_S: f64 = 600.0;
const OUTPUTS: [&str; 9] = [
    "birds-eye.svg",
    "drive.svg",
    "frame-loss.svg",
    "latency.svg",
    "recording.failop",
    "report.html",
    "run.json",
    "summary.md",
    "timeline.svg",
];

/// Waits until the run is where the signal is to hit it.
type Moment = fn(&Running, &Path);

fn when_a_process_is_started(running: &Running, _: &Path) {
    wait("a first process", || Node::ALL.into_iter().find_map(|node| running.node(node)));
}

fn when_data_flows(_: &Running, run: &Path) {
    wait_for_records(run, 100);
}

/// After [`STOPPED`] has struck.
fn when_fusion_is_stopped(running: &Running, run: &Path) {
    when_data_flows(running, run);
    let fusion = running.wait_for_node(Node::Fusion);
    wait("fusion is stopped", || is_stopped(fusion).then_some(()));
}

/// A hang that nobody ends before the test does.
const STOPPED: &str = "[watchdog.fusion]\nheartbeat-timeout-ms = 60000\n\
    [[fault]]\nid = \"F1\"\ntarget = \"fusion\"\nat-s = 1.5\ninject.hang = { how = \"stop\" }";

#[test]
fn a_watchdog_killed_while_it_starts_its_processes_leaves_nothing_but_its_record() {
    let run = check_watchdog_killed("", when_a_process_is_started);
    assert_eq!(run["streams"]["camera"]["delivered"], 0);
}

#[test]
fn a_watchdog_killed_while_data_flows_leaves_nothing_but_its_record() {
    let run = check_watchdog_killed("", when_data_flows);
    assert!(run["streams"]["camera"]["delivered"].as_u64() > Some(0), "{}", run["streams"]);
}

#[test]
fn a_watchdog_killed_while_a_process_is_stopped_leaves_nothing_but_its_record() {
    let run = check_watchdog_killed(STOPPED, when_fusion_is_stopped);
    assert!(run["streams"]["camera"]["delivered"].as_u64() > Some(0), "{}", run["streams"]);
    // Whether the watchdog lived to see what it did to fusion is left to chance.
    let evidence = run["faults"][0]["evidence"][0].as_str().expect("a sentence");
    assert_ne!(evidence, "the run ended before the fault was due");
}

/// Kills the watchdog; returns what `failop report` finds out about the run.
fn check_watchdog_killed(text: &str, moment: Moment) -> Value {
    let rig = Rig::new();
    let directory = rig.run_directory("killed");
    let running = rig.begin("killed", &scenario("killed", ENDLESS_S, text));
    moment(&running, &directory);
    assert_eq!(running.kill().signal, Some(9));
    rig.nothing_is_left();
    // Everyone is dead: what they have written is written.
    let written = Source::ALL.map(|source| (source, records(&directory, source)));
    let report = rig.failop(&["report", &directory.display().to_string()]);
    assert_eq!(report.code, Some(3), "{report:?}");
    assert!(report.stdout.contains("killed"), "{}", report.stdout);
    let recording = Recording::open(&directory).expect("the recording is readable");
    assert_eq!(recording.lost, []);
    for (source, written) in written {
        let told = recording.records.iter().filter(|(of, _)| *of == source).count() as u64;
        assert_eq!(told, written, "records of {source:?}, down to the last before the kill");
    }
    let run = run_json(&directory);
    assert_eq!(run["verdict"], "inconclusive", "{}", run["expectations"]);
    assert!(run["reasons"][0].is_string(), "{}", run["reasons"]);
    run
}

#[test]
fn a_process_killed_by_a_stranger_is_replaced_and_fails_the_run() {
    let rig = Rig::new();
    let directory = rig.run_directory("stranger");
    let mut running = rig.begin("stranger", &scenario("stranger", ENDLESS_S, PATIENT));
    wait_for_records(&directory, 50);
    for node in Node::ALL {
        let victim = running.wait_for_node(node);
        signal("KILL", &victim.to_string());
        wait("the successor", || running.node(node).filter(|&pid| pid != victim));
        let seen = records(&directory, Source::Node(Node::Fusion));
        wait_for_records(&directory, seen + 20);
    }
    signal("INT", &running.pid().to_string());
    let ended = running.wait();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    rig.nothing_is_left();
    let run = rig.run_json("stranger");
    assert_eq!(run["verdict"], "fail");
    assert_eq!(expectation(&run, "no process ends unexpectedly")["verdict"], "fail");
    for node in Node::ALL {
        let lives = &run["processes"][node.index()]["incarnations"];
        assert_eq!(lives.as_array().map(Vec::len), Some(2), "{lives}");
        assert_eq!(lives[0]["exit"], "signal SIGKILL", "{lives}");
        assert_ne!(lives[0]["pid"], lives[1]["pid"], "{lives}");
    }
}

#[test]
fn a_process_silenced_by_a_stranger_is_replaced_and_does_not_pass() {
    let rig = Rig::new();
    let directory = rig.run_directory("silenced");
    let mut running = rig.begin("silenced", &scenario("silenced", ENDLESS_S, ""));
    wait_for_records(&directory, 50);
    let victim = running.wait_for_node(Node::Radar);
    signal("STOP", &victim.to_string());
    wait("the successor", || running.node(Node::Radar).filter(|&pid| pid != victim));
    signal("INT", &running.pid().to_string());
    let ended = running.wait();
    let run = rig.run_json("silenced");
    let seen = expectation(&run, "no process falls silent unexpectedly");
    // A stall of the host may have silenced it as well.
    let calm = run["host_load"]["stalls"] == 0;
    assert!(seen["verdict"] == "fail" || !calm && seen["verdict"] == "inconclusive", "{seen}");
    assert!(matches!(ended.code, Some(1 | 3)), "{ended:?}");
    assert!(
        seen["actual"].as_str().is_some_and(|it| it.contains("radar (incarnation 1)")),
        "{seen}"
    );
}

#[test]
fn two_runs_do_not_share_a_directory() {
    let rig = Rig::new();
    let directory = rig.run_directory("shared");
    let mut first = rig.begin("shared", &scenario("shared", ENDLESS_S, PATIENT));
    wait_for_records(&directory, 50);
    let second = rig.failop(&["run", "--quiet", "--out", "out", "shared.toml"]);
    assert_eq!(second.code, Some(3), "{second:?}");
    assert!(second.stderr.contains("another run is at work in this directory"), "{second:?}");
    let seen = records(&directory, Source::Node(Node::Fusion));
    wait_for_records(&directory, seen + 20);
    signal("INT", &first.pid().to_string());
    assert_eq!(first.wait().code, Some(3));
    let run = rig.run_json("shared");
    assert_eq!(expectation(&run, "the record is consistent")["verdict"], "pass", "{run}");
    rig.nothing_is_left();
}

#[test]
fn an_interrupt_ends_everything_in_order_and_everything_is_written() {
    for (name, to_group, text, moment) in [
        ("INT", true, "", when_data_flows as Moment),
        ("INT", false, "", when_a_process_is_started),
        ("TERM", false, STOPPED, when_fusion_is_stopped),
    ] {
        check_interrupted(name, to_group, text, moment);
    }
}

fn check_interrupted(name: &str, to_group: bool, text: &str, moment: Moment) {
    let rig = Rig::new();
    let directory = rig.run_directory("first");
    let first = rig.file("1.toml", &scenario("first", ENDLESS_S, text));
    let second = rig.file("2.toml", &scenario("second", ENDLESS_S, ""));
    let mut running = rig.start(&["run", "--out", "out", &first, &second]);
    moment(&running, &directory);
    let sign = if to_group { "-" } else { "" };
    signal(name, &format!("{sign}{}", running.pid()));
    let ended = running.wait();
    assert_eq!(ended.code, Some(3), "{name}: {ended:?}");
    assert!(ended.stdout.contains("1 more not run"), "{name}: {}", ended.stdout);
    rig.nothing_is_left();
    assert_eq!(names(&directory), OUTPUTS, "{name}");
    assert_eq!(names(&rig.path("out")), ["first", "junit.xml"], "{name}");
    let run = rig.run_json("first");
    assert_eq!(run["verdict"], "inconclusive", "{name}");
    assert_eq!(run["ended"], "interrupted", "{name}");
}
