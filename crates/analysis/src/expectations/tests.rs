//! Demands, met and missed, and what excuses a miss.

mod outcome;
mod stalls;

use recording::Truncation;
use wire::event::{Ending, LifeState};
use wire::{Event, Node, Source};

use crate::summary::Verdict::{self, Fail, Inconclusive, Pass};
use crate::testing::{Script, camera_kill, expectation, fine, plan, t_ns, verdict};

/// The verdict on one demand of a run in which the camera is killed at 2010 ms.
fn check_kill(key: &str, more: &[(f64, Event)], expected: Verdict) {
    let (table, key) = key.rsplit_once(' ').unwrap();
    let mut script = camera_kill(&format!("[{table}]\n{key}\n"));
    for (at_ms, event) in more {
        script.watchdog(*at_ms, *event);
    }
    let summary = script.play(fine).summary();
    let name = format!("{table}.{}", key.split('=').next().unwrap());
    let seen = expectation(&summary, &name);
    assert_eq!(seen.verdict, expected, "{seen:?}");
    assert_eq!(summary.verdict, expected, "{:?}", summary.reasons);
    assert_eq!(summary.reasons.is_empty(), expected == Pass);
}

#[test]
fn each_demand_can_be_met_and_missed() {
    for (key, expected) in [
        ("expect.camera frames-lost-max=0", Pass),
        ("expect.camera frames-lost-min=1", Fail),
        ("expect.camera restarts-max=1", Pass),
        ("expect.camera restarts-max=0", Fail),
        ("expect.camera up-at-end=true", Pass),
        ("expect.camera up-at-end=false", Fail),
        ("expect.radar messages-lost-max=0", Pass),
        ("expect.fusion latency-p99-ms=5.2", Pass),
        ("expect.fusion latency-p99-ms=5.0", Fail),
        ("expect.fusion latency-p99-in-fault-ms=5.2", Pass),
        ("expect.fusion latency-p99-in-fault-ms=5.0", Fail),
        ("expect.fusion mode-at-end=\"fused\"", Pass),
        ("expect.fusion mode-at-end=\"blind\"", Fail),
        ("expect.fusion never-modes=[\"blind\"]", Pass),
        ("expect.fusion never-modes=[\"fused\"]", Fail),
        ("expect.fault.F1 detect-within-ms=0.4", Pass),
        ("expect.fault.F1 detect-within-ms=0.2", Fail),
        ("expect.fault.F1 handle-within-ms=3.1", Pass),
        ("expect.fault.F1 handle-within-ms=2.9", Fail),
        ("expect.fault.F1 recover-within-ms=9.7", Pass),
        ("expect.fault.F1 recover-within-ms=9.5", Fail),
        ("expect.fault.F1 lost-max=0", Pass),
    ] {
        check_kill(key, &[], expected);
    }
}

#[test]
fn an_end_that_no_fault_explains_is_a_failure() {
    let mut script = Script::new(plan(""));
    script.dies_detected(Node::Radar, 1000.0, 256 + 11);
    script.reborn(Node::Radar, 1002.0);
    let summary = script.play(fine).summary();
    assert_eq!(verdict(&summary, "no process ends unexpectedly"), Fail);
    assert!(summary.reasons[0].contains("radar (incarnation 1) by signal SIGSEGV"));
}

#[test]
fn a_crash_on_the_way_down_is_unexpected() {
    let mut script = Script::new(plan("")).play(fine);
    for (_, record) in &mut script.records {
        if let Event::Exited { node: Node::Fusion, status, .. } = &mut record.event {
            *status = 256 + 11;
        }
    }
    assert_eq!(verdict(&script.summary(), "no process ends unexpectedly"), Fail);
}

#[test]
fn demands_on_a_fault_without_effect_are_inconclusive() {
    let expect = "[expect.fault.F1]\ndetect-within-ms = 1.0\nlost-max = 0\n";
    let mut script = camera_kill(expect).play(fine);
    script.records.retain(|(_, it)| !matches!(it.event, Event::Injecting { .. }));
    let summary = script.summary();
    assert_eq!(verdict(&summary, "expect.fault.F1.detect-within-ms"), Inconclusive);
    assert_eq!(verdict(&summary, "expect.fault.F1.lost-max"), Inconclusive);
}

/// A run that was cut at 3 s.
fn cut_short(truncation: Truncation) -> Script {
    let mut script =
        Script::new(plan("[expect.camera]\nup-at-end = true\nframes-lost-max = 0\n")).play(fine);
    script.records.retain(|(_, record)| record.t_ns < t_ns(3000.0));
    script.truncation = truncation;
    script
}

#[test]
fn an_interrupted_run_is_judged_to_its_cut_and_inconclusive() {
    let mut script = cut_short(Truncation::Complete);
    for node in Node::ALL {
        let (incarnation, state) = (1, LifeState::Ending);
        script.watchdog(3000.0, Event::StateChanged { node, incarnation, state });
        script.watchdog(3001.0, Event::Exited { node, incarnation, status: 256 + 15 });
    }
    script.watchdog(3002.0, Event::RunEnded { ending: Ending::Interrupted });
    let summary = script.summary();
    assert_eq!((summary.ended.as_str(), summary.duration_ms), ("interrupted", 2950.0));
    assert_eq!(summary.streams.radar.expected, 59);
    assert_eq!(verdict(&summary, "expect.camera.frames-lost-max"), Pass);
    assert_eq!(verdict(&summary, "expect.camera.up-at-end"), Inconclusive);
    assert_eq!(summary.verdict, Inconclusive);
}

#[test]
fn a_run_whose_watchdog_was_killed_is_judged_to_its_last_record() {
    let summary = cut_short(Truncation::WatchdogEnded).summary();
    assert_eq!(summary.ended, "the watchdog was killed");
    assert!((2900.0..3000.0).contains(&summary.duration_ms), "{}", summary.duration_ms);
    assert_eq!(summary.streams.camera.lost.values().sum::<u64>(), 0);
    assert_eq!(summary.verdict, Inconclusive);
}

#[test]
fn a_run_that_never_began_is_inconclusive() {
    let radar_ends = Event::Exited { node: Node::Radar, incarnation: 1, status: 3 };
    for (ending, word, expected) in [
        (Ending::CannotStart, "cannot start", Inconclusive),
        (Ending::Interrupted, "interrupted", Inconclusive),
    ] {
        let mut script = Script::new(plan(""));
        script.records.retain(|(_, it)| !matches!(it.event, Event::RunStarted { .. }));
        script.watchdog(1.0, radar_ends);
        script.watchdog(2.0, Event::RunEnded { ending });
        let summary = script.summary();
        assert_eq!((summary.ended.as_str(), summary.streams.fusion.expected), (word, 0));
        assert_eq!(verdict(&summary, "every process starts"), Inconclusive);
        assert_eq!(verdict(&summary, "no process ends unexpectedly"), expected);
        assert_eq!(summary.verdict, expected);
    }
}

#[test]
fn an_end_before_the_schedule_began_is_no_failure() {
    let mut script = Script::new(plan(""));
    script.dies_detected(Node::Radar, -20.0, 3);
    script.reborn(Node::Radar, -10.0);
    let summary = script.play(fine).summary();
    let seen = expectation(&summary, "no process ends unexpectedly");
    assert_eq!(seen.verdict, Inconclusive);
    let why = "a process could not be started: radar (incarnation 1) by exit code 3 at -19.800 ms.";
    assert_eq!(seen.reason.as_deref(), Some(why));
    assert_eq!(summary.verdict, Inconclusive);
}

#[test]
fn of_many_ends_three_are_told() {
    let mut script = Script::new(plan(""));
    for number in 0..5 {
        let at_ms = 1000.0 + 100.0 * f64::from(number);
        script.dies_detected(Node::Radar, at_ms, 3);
        script.reborn(Node::Radar, at_ms + 2.0);
    }
    let summary = script.play(fine).summary();
    let seen = expectation(&summary, "no process ends unexpectedly");
    assert!(seen.actual.ends_with("at 1200.200 ms, … and 2 more"), "{}", seen.actual);
    assert_eq!(seen.verdict, Fail);
}

#[test]
fn lost_records_make_a_run_inconclusive() {
    let mut script = Script::new(plan("")).play(fine);
    script.lost = vec![(Source::Watchdog, 3), (Source::Watchdog, 4)];
    let summary = script.summary();
    assert_eq!((summary.records_lost["watchdog"], summary.verdict), (7, Inconclusive));
}

#[test]
fn an_actor_is_followed_by_one_track() {
    for (from_ms, id, x_m, expected) in [
        (5000.0, 7, 30.5, Pass),
        (2500.0, 8, 30.5, Fail),
        (2500.0, 7, 33.5, Fail),
        (2500.0, 7, 32.5, Pass),
    ] {
        let mut script = Script::new(plan("[expect.fusion]\nfollows = [\"lead\"]\n")).play(fine);
        for (_, record) in &mut script.records {
            if let Event::Track { id: old, x_m: old_x_m, .. } = &mut record.event
                && record.t_ns >= t_ns(from_ms)
            {
                (*old, *old_x_m) = (id, x_m);
            }
        }
        let summary = script.summary();
        let seen = expectation(&summary, "expect.fusion.follows.lead");
        assert_eq!(seen.verdict, expected, "{seen:?}");
    }
}

#[test]
fn a_fusion_that_hangs_to_the_end_is_not_taken_at_its_last_word() {
    let expect = "[expect.fusion]\nmode-at-end = \"fused\"\nup-at-end = true\n\
                  outputs-lost-max = 0\nfollows = [\"lead\"]\n";
    let mut script = Script::new(plan(expect));
    script.hangs(Node::Fusion, 3000.0, 5000.0);
    let summary = script.play(fine).summary();
    for key in ["mode-at-end", "up-at-end", "outputs-lost-max", "follows.lead"] {
        assert_eq!(verdict(&summary, &format!("expect.fusion.{key}")), Fail, "{key}");
    }
    assert!(summary.modes.last().unwrap().to_ms < 3200.0, "{:?}", summary.modes);
    assert_eq!(Script::new(plan(expect)).play(fine).summary().verdict, Pass);
}
