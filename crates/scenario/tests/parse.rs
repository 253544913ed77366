//! From text to plan: units, defaults, and no panic on whatever text.

use fault::act::{CrashHow, Outside, ProcessFault, SampleFault, Signal, StepFault};
use fault::{Act, Cause, Start, Target};
use scenario::{Plan, parse};
use wire::Node;
use wire::event::{LifeState, Mode};

const EXAMPLE: &str = include_str!("../../../scenarios/camera-kill-cut-in.toml");
const SMALLEST: &str = "schema = 1\nname = \"a\"\nduration-s = 4\n[ego]\nspeed-kph = 36\n";

fn plan(text: &str) -> Plan {
    parse("test.toml", text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// The smallest scenario with one fault.
fn with_fault(fault: &str) -> Plan {
    plan(&format!("{SMALLEST}[[fault]]\nid = \"F1\"\n{fault}\n"))
}

#[test]
fn the_smallest_file_gets_the_documented_defaults() {
    let plan = plan(SMALLEST);
    assert_eq!((plan.name.as_str(), plan.description.as_str(), plan.seed), ("a", "", 0));
    assert_eq!(plan.duration_ns, 4_000_000_000);
    assert!((plan.traffic.ego.speed_mps - 10.0).abs() < 1e-12);
    assert_eq!((plan.camera.fps, plan.camera.buffers), (30, 2));
    assert_eq!(plan.radar.period_ns, 50_000_000);
    assert!(plan.host.realtime);
    for supervision in plan.supervision {
        assert_eq!(supervision.heartbeat_timeout_ns, 100_000_000);
        assert_eq!(supervision.startup_timeout_ns, 1_000_000_000);
        assert_eq!(supervision.restart.limit, 5);
        assert_eq!(supervision.restart.window_ns, 10_000_000_000);
        assert_eq!(supervision.restart.delay_ns, 0);
    }
    assert!(plan.faults.is_empty() && plan.traffic.actors.is_empty());
    assert_eq!(plan.expect.isolation_margin_ns, 5_000_000);
}

#[test]
fn the_example_becomes_the_plan_it_tells() {
    let plan = plan(EXAMPLE);
    assert_eq!((plan.name.as_str(), plan.seed), ("camera-kill-cut-in", 42));
    let actor = &plan.traffic.actors[0];
    assert!((actor.start.speed_mps - 40.0 / 3.6).abs() < 1e-12);
    assert_eq!((actor.size, actor.script.len()), (world::traffic::Size::CAR, 2));
    let fault = &plan.faults[0];
    assert_eq!((fault.target, fault.start), (Target::Camera, Start::At(4_000_000_000)));
    assert_eq!(fault.injection.act(), Act::Outside(Outside::Signal(Signal::Sigkill)));
    let expect = &plan.expect;
    assert_eq!(expect.isolated, [Node::Radar, Node::Fusion]);
    assert_eq!(expect.camera.lost_max, Some(3));
    assert_eq!(expect.fusion.latency_p99_ns, Some(50_000_000));
    assert_eq!(expect.fault["F1"].detect_within_ns, Some(20_000_000));
    assert_eq!(expect.fault["F1"].recover_within_ns, Some(150_000_000));
}

#[test]
fn every_kind_of_fault_is_understood_and_refused_where_it_cannot_act() {
    for (text, act) in [
        ("kill = { signal = \"SIGTERM\" }", Act::Outside(Outside::Signal(Signal::Sigterm))),
        ("crash = { how = \"panic\" }", Act::Process(ProcessFault::Crash(CrashHow::Panic))),
        ("hang = { how = \"stop\" }", Act::Outside(Outside::Stop)),
        ("slow = { extra-ms = 20, for-s = 0.5 }", Act::Step(StepFault::Slow(20_000_000))),
        ("drop = { percent = 12.5, for-s = 0.5 }", Act::Sample(SampleFault::Drop)),
        ("delay = { by-ms = 0.5, for-s = 0.5 }", Act::Sample(SampleFault::Delay(500_000))),
        ("freeze = { for-s = 0.5 }", Act::Sample(SampleFault::Freeze)),
    ] {
        let plan = with_fault(&format!("target = \"radar\"\nat-s = 1.0\ninject.{text}"));
        let injection = &plan.faults[0].injection;
        assert_eq!(injection.act(), act, "{text}");
        let lasts = text.contains("for-s").then_some(500_000_000);
        assert_eq!(injection.duration_ns(), lasts, "{text}");

        let on_fusion = format!(
            "{SMALLEST}[[fault]]\nid = \"F1\"\ntarget = \"fusion\"\nat-s = 1.0\ninject.{text}\n"
        );
        let refused = parse("test.toml", &on_fusion).is_err();
        assert_eq!(refused, matches!(act, Act::Sample(_)), "fusion has no samples: {text}");
    }
}

#[test]
fn what_sets_a_fault_off_is_known_before_the_run_or_seen_by_the_watchdog() {
    const ACTOR: &str = "[[actor]]\nid = \"a\"\nstart = { x-m = 30, y-m = 0, speed-kph = 0 }\n";
    let first = "[[fault]]\nid = \"F0\"\ntarget = \"radar\"\nat-s = 1.5\ninject.deadlock = {}\n";
    for (when, expected) in [
        ("at-s = 2", Start::At(2_000_000_000)),
        // 10 m/s towards a standing car 30 m ahead.
        ("when.closer = { actor = \"a\", than-m = 20 }", Start::At(1_001_000_000)),
        ("when.after = { fault = \"F0\", delay-ms = 20 }", Start::At(1_520_000_000)),
        ("when.detected = { fault = \"F0\" }", Start::After(Cause::Detected(0), 0)),
        (
            "when.recovering = { fault = \"F0\", delay-ms = 1 }",
            Start::After(Cause::Recovering(0), 1_000_000),
        ),
        (
            "when.state = { of = \"fusion\", is = \"waiting\" }",
            Start::After(Cause::State(Node::Fusion, LifeState::Waiting), 0),
        ),
    ] {
        let fault = "[[fault]]\nid = \"F1\"\ntarget = \"camera\"";
        let text = format!("{SMALLEST}{ACTOR}{first}{fault}\n{when}\ninject.deadlock = {{}}\n");
        let plan = plan(&text);
        assert_eq!(plan.faults[1].start, expected, "{when}");
    }
}

#[test]
fn each_repetition_is_a_fault_of_its_own_with_the_demands_of_all() {
    let plan = with_fault(
        "target = \"camera\"\nat-s = 1\nrepeat = { every-s = 0.5, times = 3 }\n\
         inject.freeze = { for-s = 0.1 }\n[expect.fault.F1]\nlost-max = 7",
    );
    let seen: Vec<_> =
        plan.faults.iter().map(|fault| (fault.id.as_str(), fault.start.at_ns())).collect();
    let at = |ms: u64| Some(ms * 1_000_000);
    assert_eq!(seen, [("F1.1", at(1000)), ("F1.2", at(1500)), ("F1.3", at(2000))]);
    assert!(["F1.1", "F1.2", "F1.3"].iter().all(|id| plan.expect.fault[*id].lost_max == Some(7)));
}

#[test]
fn a_phase_is_drawn_from_the_seed_within_a_frame_period() {
    let text = "target = \"camera\"\nat-s = 1\ninject.deadlock = {}";
    let start = |phase: &str, repetition, of| {
        let mut plan = with_fault(&format!("{text}\n{phase}"));
        plan.draw_phases(repetition, of);
        plan.faults[0].start.at_ns().unwrap()
    };
    assert_eq!(start("", 1, 1), 1_000_000_000, "a single run keeps its times");
    let drawn: Vec<u64> = (1..=50).map(|number| start("", number, 50)).collect();
    assert!(drawn.iter().all(|at| (1_000_000_000..1_033_333_334).contains(at)), "{drawn:?}");
    assert!(drawn.iter().collect::<std::collections::BTreeSet<_>>().len() > 40);
    assert_eq!(start("", 7, 50), drawn[6], "the same every time");
    assert_ne!(start("phase = \"random\"", 1, 1), 1_000_000_000);
}

#[test]
fn a_frame_number_is_a_time_for_every_target() {
    for target in ["camera", "radar", "fusion"] {
        let plan = with_fault(&format!(
            "target = \"{target}\"\nat-frame = 50\ninject.kill = {{ signal = \"SIGKILL\" }}\n\
             [camera]\nfps = 20"
        ));
        assert_eq!(plan.faults[0].start, Start::At(2_500_000_000));
    }
}

#[test]
fn a_fault_may_last_to_the_very_end() {
    let plan = with_fault("target = \"camera\"\nat-s = 3.9\ninject.freeze = { for-s = 0.1 }");
    let fault = &plan.faults[0];
    assert_eq!(fault.start.at_ns().and_then(|at| fault.end_ns(at)), Some(plan.duration_ns));
}

#[test]
fn every_word_of_an_expectation_is_understood() {
    let text = format!(
        "{SMALLEST}[[actor]]\nid = \"a\"\nstart = {{ x-m = 1, y-m = 0, speed-kph = 0 }}\n\
         [expect.radar]\nmessages-lost-min = 1\nmessages-lost-max = 2\nup-at-end = false\n\
         [expect.fusion]\nmode-at-end = \"camera-only\"\nnever-modes = [\"blind\", \"fused\"]\n\
         follows = [\"a\"]\nlatency-p99-in-fault-ms = 1\nrestarts-max = 3\n\
         outputs-lost-max = 0\n"
    );
    let expect = plan(&text).expect;
    assert_eq!((expect.radar.lost_min, expect.radar.lost_max), (Some(1), Some(2)));
    assert_eq!(expect.radar.process.up_at_end, Some(false));
    assert_eq!(expect.fusion.mode_at_end, Some(Mode::CameraOnly));
    assert_eq!(expect.fusion.never_modes, [Mode::Blind, Mode::Fused]);
    assert_eq!(expect.fusion.follows, ["a"]);
    assert_eq!(expect.fusion.lost_max, Some(0));
    assert_eq!(expect.fusion.latency_p99_in_fault_ns, Some(1_000_000));
    assert_eq!(expect.fusion.process.restarts_max, Some(3));
}

/// A refused text has at least one mistake, all of them inside the text and in its order.
fn survives(text: &str) {
    if let Err(mistakes) = parse("test.toml", text) {
        assert!(!mistakes.is_empty());
        assert!(mistakes.is_sorted_by_key(|mistake| (mistake.line, mistake.column)));
        assert!(mistakes.iter().all(|mistake| mistake.line <= text.matches('\n').count() + 1));
        assert!(mistakes.to_string().starts_with("test.toml:"));
    }
}

#[test]
fn no_truncated_text_panics() {
    for end in 0..EXAMPLE.len() {
        survives(&EXAMPLE[..end]);
        survives(&EXAMPLE[end..]);
    }
}

#[test]
fn no_changed_byte_panics() {
    let replacements =
        ["", "\"", "[", "]", "{", "}", "=", ".", "-", "9", "\n", "#", "'", "ä", "\0"];
    for at in 0..EXAMPLE.len() {
        for replacement in replacements {
            survives(&format!("{}{replacement}{}", &EXAMPLE[..at], &EXAMPLE[at + 1..]));
        }
    }
}

#[test]
fn no_nesting_is_too_deep() {
    let keys = ["a"; 79].join(".");
    survives(&format!("{}{keys} = 1{}", format!("{keys} = {{").repeat(78), "}".repeat(78)));
    survives(&"[".repeat(100_000));
    survives(&format!("a = {}", "[".repeat(100_000)));
    survives(&vec!["a"; 100_000].join("."));
    survives(&format!("a = \"{}\"", "ä".repeat(100_000)));
}

#[test]
fn a_message_is_one_line_whatever_the_file_holds() {
    let text = format!("{SMALLEST}[expect.fault.\"a\\nb\\u001b[2J\"]\n\"\\n\" = 1\n");
    let mistakes = parse("test.toml", &text).unwrap_err();
    assert_eq!(mistakes.len(), 2);
    assert!(mistakes.iter().all(|mistake| !mistake.message.contains(char::is_control)));
}
