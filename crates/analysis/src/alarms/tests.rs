//! What explains a detection, and what does not.

use wire::event::{Detector, Limit, Mode};
use wire::{Event, Node};

use crate::summary::Verdict;
use crate::testing::{Fate, Script, camera_kill, fine, plan, t_ns, verdict, without};

const DEMAND: &str = "no false alarm";

/// How many false alarms a gap in a stream makes, at this time of this run.
fn check(mut script: Script, at_ms: f64, stream: Node, expected: u64) {
    let gap = Event::SequenceGap { stream, first: 7, count: 1 };
    script.node(Node::Fusion, 1, at_ms, gap);
    let summary = script.play(fine).summary();
    let seen = summary.false_alarms.get(&Detector::Sequence).copied().unwrap_or(0);
    assert_eq!(seen, expected, "{stream} at {at_ms}");
    let wanted = if expected == 0 { Verdict::Pass } else { Verdict::Fail };
    assert_eq!(verdict(&summary, DEMAND), wanted);
}

#[test]
fn a_run_in_which_nothing_happens_has_none() {
    let summary = Script::new(plan("")).play(fine).summary();
    assert!(summary.false_alarms.is_empty());
    assert_eq!(verdict(&summary, DEMAND), Verdict::Pass);
}

#[test]
fn a_fault_in_force_explains_what_is_noticed_of_its_victim() {
    check(camera_kill(""), 2014.0, Node::Camera, 0);
    // It is back after 10 ms, and settles.
    check(camera_kill(""), 3500.0, Node::Camera, 0);
    check(camera_kill(""), 2014.0, Node::Radar, 1);
    check(camera_kill(""), 1990.0, Node::Camera, 1);
}

#[test]
fn before_the_schedule_and_after_it_nobody_is_judged() {
    check(Script::new(plan("")), -10.0, Node::Camera, 0);
    check(Script::new(plan("")), 4010.0, Node::Camera, 0);
}

#[test]
fn a_stall_of_the_host_explains_what_is_noticed_soon_after_it() {
    for (at_ms, expected) in [(1030.0, 0), (1500.0, 1)] {
        let mut script = Script::new(plan(""));
        let stall = Event::HostStall { due_ns: t_ns(1000.0), late_ns: 20_000_000 };
        script.watchdog(1020.0, stall);
        check(script, at_ms, Node::Radar, expected);
    }
}

#[test]
fn a_stall_explains_a_silence_of_the_limit_that_held_then() {
    const TIMEOUT_NS: u64 = 100_000_000;
    for (after, expected) in [(TIMEOUT_NS, 1), (30 * TIMEOUT_NS, 0)] {
        let mut script = Script::new(plan(""));
        let (node, limit) = (Node::Radar, Limit::HeartbeatTimeout);
        script.watchdog(500.0, Event::LimitChanged { node, limit, before: TIMEOUT_NS, after });
        script.watchdog(1020.0, Event::HostStall { due_ns: t_ns(1000.0), late_ns: 20_000_000 });
        let detector = Detector::Heartbeat;
        script.watchdog(3000.0, Event::Detected { node, incarnation: 1, detector });
        let summary = script.play(fine).summary();
        assert_eq!(summary.false_alarms.get(&detector).copied().unwrap_or(0), expected, "{after}");
    }
}

#[test]
fn what_follows_from_a_real_end_is_no_false_alarm() {
    let mut script = Script::new(plan(""));
    script.dies_detected(Node::Radar, 1000.0, 3);
    script.reborn(Node::Radar, 1002.0);
    let change = Event::ModeChanged { from: Mode::Fused, to: Mode::CameraOnly };
    script.node(Node::Fusion, 1, 1100.0, change);
    let summary = script.play(fine).summary();
    assert!(summary.false_alarms.is_empty(), "{:?}", summary.false_alarms);
    assert_eq!(summary.verdict, Verdict::Fail);
}

#[test]
fn a_gap_where_a_sample_is_missing_tells_the_truth() {
    for (gone, expected) in [(7..8, 0), (8..9, 1)] {
        let mut script = Script::new(plan(""));
        let gap = Event::SequenceGap { stream: Node::Radar, first: 7, count: 1 };
        script.node(Node::Fusion, 1, 402.3, gap);
        let summary = script.play(without(Node::Radar, gone)).summary();
        assert_eq!(summary.false_alarms.values().sum::<u64>(), expected);
    }
}

#[test]
fn a_refusal_for_age_and_a_silence_are_held_against_the_schedule() {
    for (fate, expected) in [(Fate::Held(60.0), 0), (Fate::Rejected(Detector::Late), 1)] {
        let play = |node, item| if (node, item) == (Node::Radar, 7) { fate } else { Fate::Used };
        let summary = Script::new(plan("")).play(play).summary();
        assert_eq!(summary.false_alarms.values().sum::<u64>(), expected, "{fate:?}");
    }
    for (gone, expected) in [(17..22, 0), (30..31, 1)] {
        let mut script = Script::new(plan(""));
        let change = Event::ModeChanged { from: Mode::Fused, to: Mode::CameraOnly };
        script.node(Node::Fusion, 1, 1001.0, change);
        let summary = script.play(without(Node::Radar, gone)).summary();
        assert_eq!(summary.false_alarms.values().sum::<u64>(), expected);
    }
}
