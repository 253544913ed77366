//! One run for each rule, and what excuses it.

use fault::Outcome::{self, Handled, HarnessError, Late, Latent, Masked, NotActivated};
use fault::Outcome::{UndetectedViolation, WrongReaction};
use wire::event::{Detector, LifeState, Proof, Reaction};
use wire::{Event, Node, Source};

use crate::summary::{Summary, Verdict, WhyNot};
use crate::testing::{
    Fate, Script, camera_kill, expectation, fault, fault_result, fine, plan, t_ns, verdict, without,
};

const TOLERATED: &str = "fault F1 is tolerated";
const NOTHING: &[(f64, Event)] = &[];

fn outcome(summary: &Summary) -> Option<Outcome> {
    fault_result(summary, "F1").outcome
}

/// The class of a run in which the camera is killed, with these demands and these records of the
/// watchdog besides.
fn check_kill(expect: &str, more: &[(f64, Event)], expected: Outcome) -> Summary {
    let mut script = camera_kill(expect);
    for (at_ms, event) in more {
        script.watchdog(*at_ms, *event);
    }
    let summary = script.play(fine).summary();
    let result = fault_result(&summary, "F1");
    assert_eq!(result.outcome, Some(expected), "{expect} {more:?}: {}", result.outcome_reason);
    summary
}

/// A run in which frames 60 to 62 are befallen by a fault that records what it does.
fn touched(inject: &str, more: &str) -> Script {
    let mut script = Script::new(plan(&(fault("F1", "camera", 2.0, inject) + more)));
    for item in 60..63 {
        let at_ms = script.due_ms(Node::Camera, item) + 0.1;
        let event = Event::Applied { fault: 0, proof: Proof::Acted, item, value: 8 };
        script.node(Node::Camera, 1, at_ms, event);
    }
    script
}

fn stall(at_ms: f64) -> Event {
    Event::HostStall { due_ns: t_ns(at_ms), late_ns: 12_000_000 }
}

#[test]
fn a_noticed_fault_is_judged_by_what_was_done_about_it() {
    let radar_fails =
        Event::Detected { node: Node::Radar, incarnation: 1, detector: Detector::Heartbeat };
    let kill = "[expect.fault.F1]\n";
    for (expect, more, expected) in [
        ("", NOTHING, Handled),
        ("[expect]\nftti-ms = 3.1\n", NOTHING, Handled),
        ("[expect]\nftti-ms = 2.9\n", NOTHING, Late),
        (&format!("[expect]\nftti-ms = 2.9\n{kill}ftti-ms = 3.1\n"), NOTHING, Handled),
        ("[expect]\nftti-ms = 2.9\n", &[(2023.0, stall(2011.0))], HarnessError),
        (&format!("{kill}detect-within-ms = 0.2\n"), NOTHING, Late),
        ("[expect.camera]\nrestarts-max = 0\n", NOTHING, WrongReaction),
        ("[expect.radar]\nup-at-end = false\n", NOTHING, Handled),
        ("[expect.fusion]\nmode-at-end = \"blind\"\n", NOTHING, WrongReaction),
        // That too little went wrong is no harm.
        ("[expect.camera]\nframes-lost-min = 9\n", NOTHING, Handled),
        ("[expect.camera]\nframes-torn-min = 9\n", NOTHING, Handled),
        ("", &[(2005.0, radar_fails)], Handled),
        ("", &[(2015.0, radar_fails)], WrongReaction),
        ("", &[(2000.0, stall(1990.0)), (2015.0, radar_fails)], HarnessError),
    ] {
        check_kill(expect, more, expected);
    }
}

#[test]
fn what_is_left_of_the_tolerant_time_is_told() {
    let summary = check_kill("[expect]\nftti-ms = 100.0\n", NOTHING, Handled);
    let result = fault_result(&summary, "F1");
    let margin_ms = result.margin_ms.unwrap();
    assert!((margin_ms - 97.0).abs() < 1e-3 && result.ftti_ms == Some(100.0), "{margin_ms}");
    assert_eq!(verdict(&summary, TOLERATED), Verdict::Pass);
    let late = check_kill("[expect]\nftti-ms = 2.9\n", NOTHING, Late);
    assert_eq!(verdict(&late, TOLERATED), Verdict::Fail);
    assert!(fault_result(&late, "F1").margin_ms.unwrap() < 0.0);
}

#[test]
fn a_victim_that_nobody_replaces_is_a_wrong_reaction_unless_it_was_given_up() {
    let kill = fault("F1", "camera", 2.0, "kill = { signal = \"SIGKILL\" }");
    for (at_ms, given_up, expected) in
        [(2000.0, false, WrongReaction), (2000.0, true, Handled), (3900.0, false, HarnessError)]
    {
        let mut script = Script::new(plan(&kill));
        script.watchdog(at_ms, Event::Injecting { fault: 0, incarnation: 1 });
        script.dies_detected(Node::Camera, at_ms, 256 + 9);
        if given_up {
            let (node, incarnation) = (Node::Camera, 1);
            let reaction = Reaction::GiveUp;
            script.watchdog(at_ms + 1.0, Event::Reacted { node, incarnation, reaction });
            let state = LifeState::Down;
            script.watchdog(at_ms + 1.0, Event::StateChanged { node, incarnation, state });
        }
        let summary = script.play(fine).summary();
        let why = &fault_result(&summary, "F1").outcome_reason;
        assert_eq!(outcome(&summary), Some(expected), "{at_ms} {given_up}: {why}");
    }
}

#[test]
fn an_unnoticed_fault_is_judged_by_the_harm_it_did() {
    let corrupt = "corrupt = { bits = 8, for-s = 0.1 }";
    let drop = "drop = { percent = 100.0, for-s = 0.1 }";
    for (inject, gone, expected) in [
        ("slow = { extra-ms = 1.0, for-s = 0.1 }", 0..0, Masked),
        ("freeze = { for-s = 0.1 }", 0..0, Latent),
        (corrupt, 0..0, UndetectedViolation),
        (corrupt, 60..63, UndetectedViolation),
        (drop, 60..63, UndetectedViolation),
    ] {
        let summary = touched(inject, "").play(without(Node::Camera, gone)).summary();
        assert_eq!(outcome(&summary), Some(expected), "{inject}");
        let fails = expected == UndetectedViolation;
        let verdict = verdict(&summary, TOLERATED);
        assert_eq!(verdict, if fails { Verdict::Fail } else { Verdict::Pass }, "{inject}");
    }
}

#[test]
fn to_tell_of_a_loss_is_to_notice_it() {
    let mut script = touched("drop = { percent = 100.0, for-s = 0.1 }", "");
    let gap = Event::SequenceGap { stream: Node::Camera, first: 60, count: 3 };
    script.node(Node::Fusion, 1, 2102.2, gap);
    let summary = script.play(without(Node::Camera, 60..63)).summary();
    assert_eq!(outcome(&summary), Some(Handled));
}

#[test]
fn a_loss_that_the_host_may_have_caused_is_no_violation() {
    let mut script = touched("slow = { extra-ms = 1.0, for-s = 0.1 }", "");
    script.watchdog(2052.0, stall(2040.0));
    let summary = script.play(without(Node::Camera, 61..62)).summary();
    assert_eq!(outcome(&summary), Some(HarnessError));
    let tolerated = expectation(&summary, TOLERATED);
    assert_eq!(
        (tolerated.verdict, tolerated.cause),
        (Verdict::Inconclusive, Some(WhyNot::HostStall))
    );
}

#[test]
fn a_fault_of_which_the_record_cannot_tell_is_a_harness_error() {
    for (source, expected) in [
        (Source::Watchdog, HarnessError),
        (Source::Node(Node::Camera), HarnessError),
        (Source::Node(Node::Radar), Handled),
    ] {
        let mut script = camera_kill("").play(fine);
        script.lost = vec![(source, 3)];
        assert_eq!(outcome(&script.summary()), Some(expected), "{source:?}");
    }
    for (errno, expected) in [(0, NotActivated), (1, HarnessError)] {
        let kill = fault("F1", "camera", 2.0, "kill = { signal = \"SIGKILL\" }");
        let mut script = Script::new(plan(&kill));
        script.watchdog(2000.0, Event::NotInjected { fault: 0, errno });
        assert_eq!(outcome(&script.play(fine).summary()), Some(expected), "errno {errno}");
    }
}

#[test]
fn a_scenario_is_taken_at_its_word_on_the_classes_that_it_allows() {
    let corrupt = "corrupt = { bits = 8, for-s = 0.1 }";
    for (allowed, expected) in
        [("\"undetected-violation\"", Verdict::Pass), ("\"masked\", \"handled\"", Verdict::Fail)]
    {
        let expect = format!("[expect.fault.F1]\noutcome = [{allowed}]\n");
        let summary = touched(corrupt, &expect).play(fine).summary();
        assert_eq!(verdict(&summary, "expect.fault.F1.outcome"), expected, "{allowed}");
        assert_eq!(summary.verdict, expected, "{:?}", summary.reasons);
        assert!(summary.expectations.iter().all(|it| it.name != TOLERATED));
    }
}

#[test]
fn each_named_detector_must_have_responded() {
    for (named, more, expected) in [
        ("exit", NOTHING, Verdict::Pass),
        ("silence", NOTHING, Verdict::Fail),
        ("silence", &[(2027.0, stall(2015.0))], Verdict::Inconclusive),
    ] {
        let mut script = camera_kill(&format!("[expect.fault.F1]\ndetected-by = [\"{named}\"]\n"));
        for (at_ms, event) in more {
            script.watchdog(*at_ms, *event);
        }
        let summary = script.play(fine).summary();
        assert_eq!(verdict(&summary, "expect.fault.F1.detected-by"), expected, "{named} {more:?}");
    }
}

/// A run with a fault that the host cannot do, and, if it is given, another one.
fn lacking(more: &str) -> Script {
    let suspend = fault("F1", "camera", 2.0, "suspend = { for-s = 0.1 }");
    let expect = "[expect]\nisolated = [\"radar\"]\n[expect.camera]\nframes-lost-min = 1\n\
                  [expect.fault.F1]\ndetect-within-ms = 20.0\n";
    let mut script = Script::new(plan(&format!("{suspend}{more}{expect}")));
    let need = fault::Need::CgroupFreezer.name().to_owned();
    script.host.lacks.insert(need, "no control group may be written".to_owned());
    script
}

#[test]
fn a_fault_that_the_host_cannot_do_is_skipped_and_so_is_the_run_that_has_no_other() {
    let summary = lacking("").play(fine).summary();
    let result = fault_result(&summary, "F1");
    assert_eq!((result.outcome, result.activated), (None, false));
    let why = "the host lacks a control group freezer: no control group may be written";
    assert_eq!(result.skipped.as_deref(), Some(why));
    assert_eq!(summary.verdict, Verdict::Skipped, "{:?}", summary.reasons);
    assert!(summary.reasons.iter().any(|reason| reason.contains(why)), "{:?}", summary.reasons);
    for key in ["camera.frames-lost-min", "fault.F1.detect-within-ms"] {
        let seen = expectation(&summary, &format!("expect.{key}"));
        assert_eq!((seen.verdict, seen.cause), (Verdict::Skipped, Some(WhyNot::Skipped)), "{key}");
    }
    assert_eq!(summary.isolation[0].verdict, Verdict::Skipped);
}

#[test]
fn a_run_is_judged_by_the_faults_that_were_not_skipped() {
    let kill = fault("F2", "camera", 2.01, "kill = { signal = \"SIGKILL\" }");
    for (reborn, expected) in [(true, Verdict::Pass), (false, Verdict::Fail)] {
        let more = format!("{kill}[expect.fault.F2]\nrecover-within-ms = 20.0\n");
        let mut script = lacking(&more);
        script.watchdog(2010.0, Event::Injecting { fault: 1, incarnation: 1 });
        script.dies_detected(Node::Camera, 2010.0, 256 + 9);
        if reborn {
            script.reborn(Node::Camera, 2013.0);
        }
        let summary = script.play(|_, _| Fate::Used).summary();
        assert_eq!(summary.verdict, expected, "{:?}", summary.reasons);
        assert_eq!(summary.reasons.is_empty(), expected == Verdict::Pass);
    }
}
