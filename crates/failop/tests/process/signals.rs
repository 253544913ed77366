//! Signals from strangers, to nodes and to the watchdog, with real processes.

use crate::processes::signal;
use crate::rig::{PATIENT, Rig, Running, records, scenario, wait, wait_for_records};
use recording::Recording;
use std::path::Path;
use wire::event::{Detector, Limit};
use wire::{Event, Node, Record, Source};

/// Longer than anything that is waited for: these runs end by a signal.
const ENDLESS_S: f64 = 600.0;

/// Ends the run; what was recorded.
fn end(mut running: Running, rig: &Rig, name: &str) -> (String, Vec<(Source, Record)>) {
    signal("INT", &running.pid().to_string());
    let ended = running.wait();
    assert!(ended.code.is_some(), "{ended:?}");
    rig.nothing_is_left();
    let recording = Recording::open(&rig.run_directory(name)).expect("the recording is readable");
    assert_eq!(recording.lost, []);
    (ended.stderr, recording.records)
}

/// Waits until `node` has written so many more records.
fn wait_for_more(run: &Path, node: Node, more: u64) {
    let before = records(run, Source::Node(node));
    wait("more records", || (records(run, Source::Node(node)) >= before + more).then_some(()));
}

#[test]
fn a_node_that_a_stranger_asks_to_end_ends_in_order_and_is_replaced() {
    for node in Node::ALL {
        let rig = Rig::new();
        let running = rig.begin("asked", &scenario("asked", ENDLESS_S, PATIENT));
        let run = rig.run_directory("asked");
        wait_for_records(&run, 100);
        let first = running.wait_for_node(node);
        signal("TERM", &first.to_string());
        wait("its successor", || running.node(node).filter(|&pid| pid != first));
        wait_for_more(&run, node, 20);
        let watchdog = running.pid();
        let (_, records) = end(running, &rig, "asked");

        let mut own = records
            .iter()
            .filter(|(source, record)| *source == Source::Node(node) && record.incarnation == 1);
        let Some(Event::Stopping { by }) = own.next_back().map(|(_, last)| last.event) else {
            panic!("{node}: its last record tells that it ends");
        };
        assert!(by != 0 && by != watchdog, "{node}: a stranger asked, not {by}");
        let told = |event: Event| records.iter().any(|(_, record)| record.event == event);
        assert!(told(Event::Exited { node, incarnation: 1, status: 0 }), "{node}");
        let detector = Detector::Exit;
        assert!(told(Event::Detected { node, incarnation: 1, detector }), "{node}: noticed");
        let exit = &rig.run_json("asked")["processes"][node.index()]["incarnations"][0]["exit"];
        assert_eq!(*exit, format!("exit code 0, asked by process {by} (SIGTERM)"));
    }
}

#[test]
fn a_node_tells_each_step_from_one_request_to_the_next() {
    let rig = Rig::new();
    let running = rig.begin("debug", &scenario("debug", ENDLESS_S, PATIENT));
    let run = rig.run_directory("debug");
    wait_for_records(&run, 100);
    let radar = running.wait_for_node(Node::Radar).to_string();
    for _switched in 0..2 {
        signal("USR1", &radar);
        wait_for_more(&run, Node::Radar, 10);
    }
    let (stderr, records) = end(running, &rig, "debug");

    let mut telling = false;
    let (mut switched, mut sent) = (Vec::new(), Vec::new());
    for (_, record) in records.iter().filter(|(source, _)| *source == Source::Node(Node::Radar)) {
        match record.event {
            Event::DebugSwitched { on, dropped, errno } => {
                assert_eq!((dropped, errno), (0, 0));
                telling = on == 1;
                switched.push(on);
            }
            Event::RadarSent { cycle, .. } if telling => sent.push(cycle),
            _ => {}
        }
    }
    assert_eq!(switched, [1, 0]);
    assert!(sent.len() > 2, "{sent:?}");
    let lines = stderr.lines().filter(|line| line.contains(" s radar #1: Sent "));
    let told: Vec<&str> = lines.filter_map(|line| line.split(' ').next_back()).collect();
    assert_eq!(told, sent.iter().map(u64::to_string).collect::<Vec<_>>());
}

/// A camera that hangs, and nobody but its silence tells.
const SILENT_HANG: &str = "[[fault]]\nid = \"F1\"\ntarget = \"camera\"\nat-s = 0.3\n\
    inject.hang = { how = \"block\" }\n[watchdog]\ndisable = [\"alive\", \"deadline\"]\n";

#[test]
fn a_limit_that_is_reloaded_acts_at_once_and_is_recorded() {
    const MS: u64 = 1_000_000;
    let text = |limits: &str| scenario("reload", ENDLESS_S, &format!("{SILENT_HANG}{limits}"));
    let rig = Rig::new();
    let running = rig.begin("reload", &text(PATIENT));
    let run = rig.run_directory("reload");
    let first = running.wait_for_node(Node::Camera);
    // The hang begins in the first frame after 0.3 s: by then the radar has told a few lists.
    wait_for_records(&run, 1);
    wait_for_more(&run, Node::Radar, 20);
    let tighter = "heartbeat-timeout-ms = 2000\n";
    rig.file("reload.toml", &text(&PATIENT.replacen("heartbeat-timeout-ms = 60000\n", tighter, 1)));
    signal("HUP", &running.pid().to_string());
    wait("its successor", || running.node(Node::Camera).filter(|&pid| pid != first));
    let (_, records) = end(running, &rig, "reload");

    let (node, limit) = (Node::Camera, Limit::HeartbeatTimeout);
    let changed = Event::LimitChanged { node, limit, before: 60_000 * MS, after: 2_000 * MS };
    let at = |event: Event| {
        let found = records.iter().find(|(_, record)| record.event == event);
        found.unwrap_or_else(|| panic!("never told: {event:?}")).1.t_ns
    };
    let found = at(Event::Detected { node, incarnation: 1, detector: Detector::Heartbeat });
    let silent_for = found.checked_sub(at(changed)).expect("found by the limit that was reloaded");
    assert!(silent_for >= 2_000 * MS, "a silence counts from the reload on: {silent_for}");
    let others = records.iter().filter(|(_, record)| {
        matches!(record.event, Event::LimitChanged { node, .. } if node != Node::Camera)
    });
    assert_eq!(others.count(), 0);
}

#[test]
fn a_file_that_is_wrong_changes_no_limit_and_is_told_with_its_place() {
    let rig = Rig::new();
    let running = rig.begin("wrong", &scenario("wrong", ENDLESS_S, PATIENT));
    let run = rig.run_directory("wrong");
    wait_for_records(&run, 50);
    rig.file("wrong.toml", &scenario("wrong", ENDLESS_S, "[watchdog.camera]\nheartbeat = 1\n"));
    signal("HUP", &running.pid().to_string());
    wait("a word on the file", || {
        let told = std::fs::read_to_string(rig.path("stderr")).expect("what it prints");
        told.contains("stay as they are").then_some(())
    });
    wait_for_more(&run, Node::Fusion, 20);
    let (stderr, records) = end(running, &rig, "wrong");
    assert!(stderr.contains("wrong.toml:7:1: unknown key `heartbeat`"), "{stderr}");
    let changed = |(_, record): &(Source, Record)| {
        matches!(record.event, Event::LimitChanged { .. } | Event::Detected { .. })
    };
    assert!(!records.iter().any(changed), "the run goes on as it was");
}
