//! What stalls of the host excuse, and what they do not.

use wire::event::{Detector, LifeState, Mode};
use wire::{Event, Node};

use super::check_kill;
use crate::summary::Verdict::{Fail, Inconclusive, Pass};
use crate::testing::{
    Fate, Script, camera_kill, expectation, fault, fine, plan, t_ns, verdict, without,
};

fn stall(at_ms: f64, late_ms: f64) -> Event {
    Event::HostStall { due_ns: t_ns(at_ms), late_ns: (late_ms * 1e6) as u64 }
}

#[test]
fn only_a_stall_in_the_interval_excuses_a_late_recovery() {
    let key = "expect.fault.F1 recover-within-ms=5.0";
    check_kill(key, &[(2030.0, stall(2015.0, 15.0))], Inconclusive);
    check_kill(key, &[(2030.0, stall(2015.0, 9.0))], Fail);
    check_kill(key, &[(1030.0, stall(1015.0, 15.0))], Fail);
    check_kill("expect.fault.F1 recover-within-ms=10.0", &[(2030.0, stall(2015.0, 15.0))], Pass);
}

#[test]
fn stalls_excuse_a_latency_only_if_they_explain_enough_of_it() {
    for (slow, stalled, expected) in [
        (40..41, 0..0, Pass),
        (40..44, 0..0, Fail),
        (40..44, 40..41, Fail),
        (40..44, 40..43, Inconclusive),
    ] {
        let mut script = Script::new(plan("[expect.fusion]\nlatency-p99-ms = 6.0\n"));
        for frame in stalled {
            let at_ms = script.due_ms(Node::Camera, frame) + 5.0;
            script.watchdog(at_ms + 10.0, stall(at_ms, 10.0));
        }
        let fate = |node, item| {
            let is_slow = node == Node::Camera && slow.contains(&item);
            if is_slow { Fate::UsedAfter(20.0) } else { Fate::Used }
        };
        let summary = script.play(fate).summary();
        assert_eq!(verdict(&summary, "expect.fusion.latency-p99-ms"), expected);
    }
}

#[test]
fn stalls_excuse_losses_only_if_they_explain_enough_of_them() {
    for (gone, stalled, expected) in [
        (40..42, 0..0, Pass),
        (40..44, 0..0, Fail),
        (40..44, 60..62, Fail),
        (40..44, 40..44, Inconclusive),
    ] {
        let mut script = Script::new(plan("[expect.camera]\nframes-lost-max = 2\n"));
        for frame in stalled {
            let at_ms = script.due_ms(Node::Camera, frame);
            script.watchdog(at_ms + 12.0, stall(at_ms, 12.0));
        }
        let summary = script.play(without(Node::Camera, gone)).summary();
        assert_eq!(verdict(&summary, "expect.camera.frames-lost-max"), expected);
    }
}

/// Adds a stall of the host from one time to another.
fn stalls(script: &mut Script, (from_ms, to_ms): (f64, f64)) {
    script.watchdog(to_ms, stall(from_ms, to_ms - from_ms));
}

#[test]
fn stalls_excuse_what_a_fault_costs_only_if_they_explain_enough_of_it() {
    for (stalled, expected) in
        [((2061.0, 2101.0), Inconclusive), ((2140.0, 2152.0), Fail), ((1061.0, 1101.0), Fail)]
    {
        let kill = fault("F1", "camera", 2.01, "kill = { signal = \"SIGKILL\" }");
        let mut script = Script::new(plan(&format!("{kill}[expect.fault.F1]\nlost-max = 1\n")));
        script.watchdog(2010.0, Event::Injecting { fault: 0, incarnation: 1 });
        script.dies_detected(Node::Camera, 2010.0, 256 + 9);
        // The frames due at 2033, 2067 and 2100 ms are lost.
        script.reborn(Node::Camera, 2150.0);
        stalls(&mut script, stalled);
        let summary = script.play(fine).summary();
        let seen = expectation(&summary, "expect.fault.F1.lost-max");
        assert_eq!(seen.verdict, expected, "{seen:?}");
    }
}

#[test]
fn a_silence_of_fusion_is_excused_by_as_much_of_it_as_was_stalled() {
    for (silent, stalled, expected) in [
        ((2500.0, 2900.0), (0.0, 1.0), Fail),
        ((2500.0, 2900.0), (2500.0, 2600.0), Fail),
        ((2500.0, 2900.0), (2500.0, 2850.0), Inconclusive),
        ((2500.0, 2900.0), (1500.0, 1850.0), Fail),
        ((2500.0, 2600.0), (2500.0, 2600.0), Pass),
    ] {
        let mut script = Script::new(plan("[expect.fusion]\nfollows = [\"lead\"]\n"));
        script.hangs(Node::Fusion, silent.0, silent.1);
        stalls(&mut script, stalled);
        let summary = script.play(fine).summary();
        let seen = expectation(&summary, "expect.fusion.follows.lead");
        assert_eq!(seen.verdict, expected, "{silent:?}, {stalled:?}: {seen:?}");
    }
}

#[test]
fn a_track_lost_after_samples_were_lost_to_the_host_is_excused() {
    for (stalled, gone, expected) in
        [(2030.0, 61..63, Inconclusive), (2030.0, 0..0, Fail), (1000.0, 61..63, Fail)]
    {
        let mut script = Script::new(plan("[expect.fusion]\nfollows = [\"lead\"]\n"));
        stalls(&mut script, (stalled, stalled + 70.0));
        let mut script = script.play(without(Node::Camera, gone.clone()));
        for (_, record) in &mut script.records {
            if let Event::Track { id, .. } = &mut record.event
                && record.t_ns >= t_ns(2500.0)
            {
                *id = 8;
            }
        }
        let summary = script.summary();
        let seen = expectation(&summary, "expect.fusion.follows.lead");
        assert_eq!(seen.verdict, expected, "{stalled}, {gone:?}: {seen:?}");
    }
}

#[test]
fn a_forbidden_mode_is_excused_if_it_lasted_no_longer_than_the_host_stalled() {
    for (mode_ms, stalled, expected) in [
        (60.0, (2450.0, 2500.0), Fail),
        (60.0, (2430.0, 2500.0), Inconclusive),
        (60.0, (2200.0, 2290.0), Fail),
        (60.0, (2500.0, 2560.0), Inconclusive),
        (0.0, (2430.0, 2500.0), Pass),
    ] {
        let mut script = Script::new(plan("[expect.fusion]\nnever-modes = [\"blind\"]\n"));
        script.hangs(Node::Fusion, 2500.0, 2500.0 + mode_ms);
        stalls(&mut script, stalled);
        if mode_ms > 0.0 {
            for (at_ms, from, to) in
                [(2500.0, Mode::Fused, Mode::Blind), (2500.0 + mode_ms, Mode::Blind, Mode::Fused)]
            {
                script.node(Node::Fusion, 1, at_ms, Event::ModeChanged { from, to });
            }
        }
        let summary = script.play(fine).summary();
        let seen = expectation(&summary, "expect.fusion.never-modes");
        assert_eq!(seen.verdict, expected, "{mode_ms}, {stalled:?}: {seen:?}");
    }
}

#[test]
fn a_wrong_mode_at_the_end_is_excused_if_it_lasted_no_longer_than_the_host_stalled() {
    for (stalled, expected) in
        [((3500.0, 3600.0), Fail), ((3500.0, 4010.0), Inconclusive), ((2500.0, 3000.0), Fail)]
    {
        let expect = "[expect.fusion]\nmode-at-end = \"fused\"\nup-at-end = true\n";
        let mut script = Script::new(plan(expect));
        script.hangs(Node::Fusion, 3500.0, 5000.0);
        stalls(&mut script, stalled);
        let summary = script.play(fine).summary();
        for key in ["mode-at-end", "up-at-end"] {
            let seen = expectation(&summary, &format!("expect.fusion.{key}"));
            assert_eq!(seen.verdict, expected, "{stalled:?}: {seen:?}");
        }
    }
}

#[test]
fn a_restart_after_a_silence_is_excused_by_a_stall_in_it() {
    for (detector, stalled, expected) in [
        (Detector::Heartbeat, (2050.0, 2070.0), Inconclusive),
        (Detector::Heartbeat, (1050.0, 1070.0), Fail),
        (Detector::Heartbeat, (2050.0, 2055.0), Fail),
        (Detector::Exit, (2050.0, 2070.0), Fail),
    ] {
        let expect = "[expect.radar]\nrestarts-max = 0\n[expect]\nisolated = [\"radar\"]\n";
        let always = "no process falls silent unexpectedly";
        let mut script = camera_kill(expect);
        stalls(&mut script, stalled);
        let incarnation = script.dies(Node::Radar, 2100.0, 256 + 9);
        let node = Node::Radar;
        script.watchdog(2099.0, Event::Detected { node, incarnation, detector });
        if detector == Detector::Heartbeat {
            let state = LifeState::Ending;
            script.watchdog(2099.1, Event::StateChanged { node, incarnation, state });
        }
        script.reborn(node, 2102.0);
        let summary = script.play(fine).summary();
        let seen = expectation(&summary, "expect.radar.restarts-max");
        assert_eq!(seen.verdict, expected, "{stalled:?}: {seen:?}");
        let by_silence = if detector == Detector::Heartbeat { expected } else { Pass };
        assert_eq!(verdict(&summary, always), by_silence, "{stalled:?}");
        let isolation = &summary.isolation[0];
        assert_eq!(isolation.verdict, expected, "{stalled:?}: {isolation:?}");
    }
    assert_eq!(
        verdict(
            &camera_kill("[expect.radar]\nrestarts-max=0").play(fine).summary(),
            "expect.radar.restarts-max"
        ),
        Pass
    );
}
