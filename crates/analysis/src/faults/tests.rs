//! Runs with each kind of fault: evidence, detection, reaction, recovery.

use wire::event::{Detector, LifeState, Proof, Reaction};
use wire::{Event, Node, Source};

use crate::summary::{FaultResult, Summary, Verdict};
use crate::testing::{
    Fate, Script, camera_kill, expectation, fault, fault_result, fine, plan, t_ns, verdict,
};

const TOOK_EFFECT: &str = "fault F1 took effect";

/// Asserts equal times, within a microsecond.
fn near(seen_ms: Option<f64>, expected_ms: f64) {
    let seen_ms = seen_ms.expect("a time");
    assert!((seen_ms - expected_ms).abs() < 1e-3, "{seen_ms} for {expected_ms}");
}

fn detectors(result: &FaultResult) -> Vec<(Detector, Source)> {
    result.detections.iter().map(|it| (it.detector, it.by)).collect()
}

fn reactions(result: &FaultResult) -> Vec<Reaction> {
    result.reactions.iter().map(|it| it.reaction).collect()
}

fn without_effect(summary: &Summary, why: &str) {
    let result = fault_result(summary, "F1");
    assert!(!result.activated && result.injected_at_ms.is_none());
    assert_eq!(result.evidence, [why]);
    assert_eq!(verdict(summary, TOOK_EFFECT), Verdict::Inconclusive);
}

fn camera_script(inject: &str) -> Script {
    Script::new(plan(&fault("F1", "camera", 2.0, inject)))
}

fn applied(script: &mut Script, at_ms: f64, item: u64, proof: Proof, value: u64) {
    script.node(Node::Camera, 1, at_ms, Event::Applied { fault: 0, proof, item, value });
}

#[test]
fn a_kill_is_detected_handled_and_recovered_from() {
    let summary = camera_kill("").play(fine).summary();
    let result = fault_result(&summary, "F1");
    assert_eq!(
        result.evidence,
        ["camera (pid 101) ended by signal SIGKILL, 0.200 ms after the fault began"]
    );
    near(result.injected_at_ms, 2010.0);
    near(result.ended_at_ms, 2010.2);
    assert_eq!(detectors(result), [(Detector::Exit, Source::Watchdog)]);
    assert_eq!(reactions(result), [Reaction::Restart]);
    near(result.fdti_ms, 0.3);
    near(result.frti_ms, 2.7);
    near(result.fhti_ms, 3.0);
    // Reborn at 3 ms, captured at 4.5, published at 6.5, taken at 6.6, fused at 9.6.
    near(result.recovered_after_ms, 9.6);
    let chain: Vec<&str> = result.recovery_chain_ms.keys().map(String::as_str).collect();
    assert_eq!(chain, ["attached", "detected", "fused", "published", "running", "spawned"]);
    near(result.recovery_chain_ms.get("published").copied(), 6.5);
    assert_eq!(result.frames_lost, 0);
    assert_eq!(summary.processes[0].incarnations.len(), 2);
    assert_eq!(summary.processes[0].incarnations[0].exit.as_deref(), Some("signal SIGKILL"));
    assert_eq!(summary.processes[0].incarnations[1].exit.as_deref(), Some("ended by the watchdog"));
    assert_eq!(summary.verdict, Verdict::Pass, "{:?}", summary.reasons);
}

#[test]
fn the_last_frame_of_the_dead_is_no_recovery() {
    let mut script = camera_script("kill = { signal = \"SIGKILL\" }");
    // Frame 60 is published at 2002 and fused at 2005.1, after the end of its maker.
    script.watchdog(2003.0, Event::Injecting { fault: 0, incarnation: 1 });
    script.dies_detected(Node::Camera, 2003.0, 256 + 9);
    script.reborn(Node::Camera, 2006.0);
    let summary = script.play(fine).summary();
    near(fault_result(&summary, "F1").recovered_after_ms, 3.0 + 1.5 + 5.1);
}

#[test]
fn a_signal_that_the_victim_survives_is_no_fault() {
    let mut script = camera_script("kill = { signal = \"SIGTERM\" }");
    script.watchdog(2000.0, Event::Injecting { fault: 0, incarnation: 1 });
    // At the end of the run the watchdog ends it, by the same signal.
    let summary = script.play(fine).summary();
    without_effect(
        &summary,
        "the fault was begun, and nothing shows that it had an effect on camera",
    );
}

#[test]
fn a_request_to_end_takes_effect_by_an_end_in_order_or_by_the_signal() {
    for (status, exit) in
        [(0, "exit code 0, asked by the watchdog (SIGTERM)"), (256 + 15, "signal SIGTERM")]
    {
        let mut script = camera_script("kill = { signal = \"SIGTERM\" }");
        script.watchdog(0.0, Event::Started { pid: 77 });
        script.watchdog(2000.0, Event::Injecting { fault: 0, incarnation: 1 });
        if status == 0 {
            script.node(Node::Camera, 1, 2000.5, Event::Stopping { by: 77 });
        }
        script.dies_detected(Node::Camera, 2001.0, status);
        script.reborn(Node::Camera, 2004.0);
        let summary = script.play(fine).summary();
        assert!(fault_result(&summary, "F1").activated, "{status}");
        assert_eq!(summary.processes[0].incarnations[0].exit.as_deref(), Some(exit));
    }
}

#[test]
fn a_kill_without_a_living_target_is_no_fault() {
    let mut script = camera_script("kill = { signal = \"SIGKILL\" }");
    script.watchdog(2000.0, Event::NotInjected { fault: 0, errno: 0 });
    without_effect(&script.play(fine).summary(), "camera was not alive when the fault was due");
}

#[test]
fn a_crash_counts_only_with_its_own_way_of_ending() {
    for (how, status, activated) in [
        ("segfault", 256 + 11, true),
        ("abort", 256 + 6, true),
        ("panic", 101, true),
        ("exit", 0, true),
        ("segfault", 256 + 7, false),
        ("exit", 1, false),
    ] {
        let mut script = camera_script(&format!("crash = {{ how = \"{how}\" }}"));
        applied(&mut script, 2000.0, 0, Proof::EndedWithCode, 0);
        script.dies_detected(Node::Camera, 2000.0, status);
        script.reborn(Node::Camera, 2003.0);
        let summary = script.play(fine).summary();
        let result = fault_result(&summary, "F1");
        assert_eq!(result.activated, activated, "{how} {status}: {:?}", result.evidence);
        assert_eq!(result.recovered_after_ms.is_some(), activated);
        assert_ne!(summary.verdict, Verdict::Fail, "{:?}", summary.reasons);
    }
}

#[test]
fn a_hang_that_is_killed_recovers_by_its_successor() {
    let mut script = camera_script("hang = { how = \"spin\" }");
    applied(&mut script, 2000.0, 0, Proof::SeenSpinning, 0);
    script.hangs(Node::Camera, 2000.0, 2101.0);
    let proof = Proof::SeenSpinning;
    script.watchdog(2100.0, Event::Evidence { fault: 0, proof, value: 99_000 });
    let (node, incarnation) = (Node::Camera, 1);
    let detector = Detector::Heartbeat;
    script.watchdog(2100.0, Event::Detected { node, incarnation, detector });
    script.watchdog(2101.0, Event::Reacted { node, incarnation, reaction: Reaction::Kill });
    script.dies(Node::Camera, 2101.0, 256 + 9);
    script.reborn(Node::Camera, 2104.0);
    let summary = script.play(fine).summary();
    let result = fault_result(&summary, "F1");
    assert!(result.activated, "{:?}", result.evidence);
    near(result.fdti_ms, 100.0);
    near(result.frti_ms, 1.0);
    assert_eq!(reactions(result), [Reaction::Kill, Reaction::Restart]);
    near(result.recovered_after_ms, 104.0 + 1.5 + 2.0 + 0.1 + 3.0);
    // Due at 2000, 2033 and 2067; the newborn serves the slot of 2100.
    assert_eq!(result.frames_lost, 4 - 1);
    assert_eq!(summary.processes[0].incarnations[0].exit.as_deref(), Some("ended by the watchdog"));
    assert_ne!(summary.verdict, Verdict::Fail, "{:?}", summary.reasons);
}

#[test]
fn a_hang_that_ends_by_itself_recovers_in_place() {
    let mut script = camera_script("hang = { how = \"block\", for-s = 0.05 }");
    applied(&mut script, 2000.0, 0, Proof::SeenBlocked, 0);
    script.hangs(Node::Camera, 2000.0, 2050.0);
    script.node(Node::Camera, 1, 2050.0, Event::Resumed { fault: 0 });
    let summary = script.play(fine).summary();
    let result = fault_result(&summary, "F1");
    assert_eq!(result.evidence, ["camera recorded that it hung for 50.000 ms"]);
    near(result.ended_at_ms, 2050.0);
    // Frame 62 is due at 2066.7 and fused 5.1 ms later.
    near(result.recovered_after_ms, 66.666_666 + 5.1);
    assert!(result.recovery_chain_ms.is_empty());
    assert_eq!(result.frames_lost, 2);
}

#[test]
fn a_stop_counts_only_when_the_kernel_showed_it() {
    let mut script = camera_script("hang = { how = \"stop\", for-s = 0.05 }");
    script.watchdog(2000.0, Event::Injecting { fault: 0, incarnation: 1 });
    script.watchdog(2050.0, Event::Lifted { fault: 0 });
    let mut seen = Script::new(script.plan.clone());
    seen.records = script.records.clone();
    seen.watchdog(2001.0, Event::Evidence { fault: 0, proof: Proof::SeenStopped, value: 0 });
    assert!(!fault_result(&script.play(fine).summary(), "F1").activated);
    let summary = seen.play(fine).summary();
    near(fault_result(&summary, "F1").ended_at_ms, 2050.0);
}

#[test]
fn corrupt_frames_are_rejected_until_the_fault_is_over() {
    let mut script = camera_script("corrupt = { bits = 8, for-s = 0.1 }");
    for frame in 60..63 {
        let at_ms = script.due_ms(Node::Camera, frame) + 1.9;
        applied(&mut script, at_ms, frame, Proof::Acted, 8);
    }
    let summary = script
        .play(|node, item| match (node, item) {
            (Node::Camera, 60) => Fate::Garbled,
            (Node::Camera, 61 | 62) => Fate::Rejected(Detector::Integrity),
            _ => Fate::Used,
        })
        .summary();
    let result = fault_result(&summary, "F1");
    assert_eq!(result.evidence, ["3 frames damaged: 24 bits in all"]);
    let fusion = Source::Node(Node::Fusion);
    assert_eq!(detectors(result), [(Detector::Integrity, fusion)]);
    assert_eq!((result.frames_lost, result.frti_ms), (3, Some(0.0)));
    near(result.recovered_after_ms, 100.0 - 1.9 + 5.1);
    assert_eq!(summary.verdict, Verdict::Pass, "{:?}", summary.reasons);
}

#[test]
fn a_loss_that_draws_no_sample_is_no_fault() {
    let script = camera_script("drop = { percent = 1.0, for-s = 0.1 }");
    without_effect(&script.play(fine).summary(), "nothing in camera was touched");
}

#[test]
fn dropped_frozen_delayed_and_slowed_samples_are_counted() {
    for (inject, proof, value, words) in [
        ("drop = { percent = 100.0, for-s = 0.1 }", Proof::Acted, 1, "3 frames withheld"),
        ("freeze = { for-s = 0.1 }", Proof::Acted, 1, "3 frames with frozen content"),
        (
            "delay = { by-ms = 40.0, for-s = 0.1 }",
            Proof::Acted,
            40_000_000,
            "3 frames held back by 40.000 ms on average",
        ),
        (
            "slow = { extra-ms = 5.0, for-s = 0.1 }",
            Proof::Acted,
            5_000_000,
            "3 steps slowed by 5.000 ms on average",
        ),
    ] {
        let mut script = camera_script(inject);
        for frame in 60..63 {
            let at_ms = script.due_ms(Node::Camera, frame);
            applied(&mut script, at_ms, frame, proof, value);
        }
        let summary = script.play(fine).summary();
        assert_eq!(fault_result(&summary, "F1").evidence, [words]);
        near(fault_result(&summary, "F1").recovered_after_ms, 100.0 + 5.1);
    }
}

#[test]
fn a_delay_lasts_until_the_last_sample_it_held_back_is_handed_over() {
    let mut script = camera_script("delay = { by-ms = 200.0, for-s = 0.1 }");
    for frame in 60..63 {
        let due_ms = script.due_ms(Node::Camera, frame);
        applied(&mut script, due_ms, frame, Proof::Acted, 200_000_000);
    }
    // Frame 64 is fused after the fault's time; a held-back one takes the place of 65.
    let summary = script
        .play(|node, item| match (node, item) {
            (Node::Camera, 60..63) => Fate::Held(200.0),
            (Node::Camera, 65) => Fate::Superseded,
            _ => Fate::Used,
        })
        .summary();
    let result = fault_result(&summary, "F1");
    // Frame 62 is due at 2066.7, handed over at 2268.7; frame 69 is due at 2300.
    near(result.ended_at_ms, 266.666_666 + 2002.0);
    near(result.recovered_after_ms, 300.0 + 5.1);
    assert_eq!(result.frames_lost, 4);
}

#[test]
fn a_crash_loop_ends_in_giving_up() {
    let mut script = camera_script("crash = { how = \"panic\", for-s = 1.0 }");
    for (incarnation, at_ms) in [(1, 2000.0), (2, 2010.0)] {
        let event = Event::Applied { fault: 0, proof: Proof::EndedWithCode, item: 0, value: 0 };
        script.node(Node::Camera, incarnation, at_ms, event);
        script.dies_detected(Node::Camera, at_ms, 101);
        if incarnation == 1 {
            script.reborn(Node::Camera, 2003.0);
        }
    }
    let (node, incarnation) = (Node::Camera, 2);
    script.watchdog(2011.0, Event::Reacted { node, incarnation, reaction: Reaction::GiveUp });
    let state = wire::event::LifeState::Down;
    script.watchdog(2011.0, Event::StateChanged { node, incarnation, state });
    let summary = script.play(fine).summary();
    let result = fault_result(&summary, "F1");
    assert_eq!(result.evidence.len(), 2);
    assert_eq!(result.recovered_after_ms, None);
    assert_eq!(reactions(result), [Reaction::Restart, Reaction::GiveUp]);
    assert_eq!(summary.processes[0].state_at_end, Some(state));
    // The newborn repeated frame 60 before it crashed; 61 to 119 were never made.
    assert_eq!(result.frames_lost, 59);
    assert_ne!(summary.verdict, Verdict::Fail, "{:?}", summary.reasons);
}

#[test]
fn overlapping_faults_share_detections_by_kind() {
    let both = fault("F1", "camera", 2.0, "corrupt = { bits = 8, for-s = 1.0 }")
        + &fault("F2", "camera", 2.2, "kill = { signal = \"SIGKILL\" }");
    let mut script = Script::new(plan(&both));
    applied(&mut script, 2000.0, 60, Proof::Acted, 8);
    script.watchdog(2210.0, Event::Injecting { fault: 1, incarnation: 1 });
    script.dies_detected(Node::Camera, 2210.0, 256 + 9);
    script.reborn(Node::Camera, 2213.0);
    let bad = |node, item| node == Node::Camera && item != 70 && (60..90).contains(&item);
    let fate = |node, item| {
        if bad(node, item) { Fate::Rejected(Detector::Integrity) } else { Fate::Used }
    };
    let summary = script.play(fate).summary();
    let fusion = Source::Node(Node::Fusion);
    let [corrupt, kill] = ["F1", "F2"].map(|id| detectors(fault_result(&summary, id)));
    assert_eq!(corrupt, [(Detector::Integrity, fusion)]);
    assert_eq!(kill, [(Detector::Exit, Source::Watchdog)]);
}

#[test]
fn a_killed_fusion_recovers_with_data_captured_after_its_birth() {
    let kill = fault("F1", "fusion", 2.0, "kill = { signal = \"SIGKILL\" }");
    let mut script = Script::new(plan(&kill));
    script.watchdog(2010.0, Event::Injecting { fault: 0, incarnation: 1 });
    script.dies_detected(Node::Fusion, 2010.0, 256 + 9);
    script.reborn(Node::Fusion, 2012.0);
    let summary = script.play(fine).summary();
    let result = fault_result(&summary, "F1");
    // Frame 61 is due at 2033.3.
    near(result.recovered_after_ms, 23.333_333 + 5.1);
    assert_eq!(result.frames_lost, 0);
    assert_eq!(expectation(&summary, TOOK_EFFECT).reason, None);
}

#[test]
fn a_standby_that_failed_before_does_not_hide_who_was_replaced() {
    let node = Node::Camera;
    for is_ready in [true, false] {
        let mut script = camera_script("kill = { signal = \"SIGKILL\" }");
        // Two stood by and died; the third takes over, or is started when the first is gone.
        for (incarnation, at_ms) in
            [(2, 500.0), (3, 800.0), (4, if is_ready { 900.0 } else { 2010.0 })]
        {
            let called_ns = t_ns(at_ms - 0.1);
            let pid = 100 + incarnation;
            script.watchdog(at_ms, Event::Spawned { node, incarnation, pid, called_ns });
            if incarnation < 4 {
                let status = 256 + 9;
                script.watchdog(at_ms + 100.0, Event::Exited { node, incarnation, status });
            }
        }
        script.watchdog(2000.0, Event::Injecting { fault: 0, incarnation: 1 });
        let reaction = if is_ready {
            script.dies(node, 2000.0, 256 + 9);
            let (incarnation, detector) = (1, Detector::Exit);
            script.watchdog(2000.3, Event::Detected { node, incarnation, detector });
            Reaction::StandbyTakeover
        } else {
            script.dies_detected(node, 2000.0, 256 + 9);
            Reaction::Restart
        };
        let (incarnation, state) = (4, LifeState::Running);
        script.watchdog(2011.0, Event::StateChanged { node, incarnation, state });
        script.watchdog(2011.0, Event::Reacted { node, incarnation, reaction });
        let summary = script.play(fine).summary();
        let result = fault_result(&summary, "F1");
        assert_eq!(reactions(result), [reaction]);
        near(result.frti_ms, 10.7);
        // Nobody came back, and the chain is that of the one who should have.
        let spawned_ms = result.recovery_chain_ms.get("spawned").copied();
        near(spawned_ms, if is_ready { 900.0 - 2000.0 } else { 10.0 });
    }
}
