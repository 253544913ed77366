//! From text to plan: units, defaults, and no panic on whatever text.

use fault::act::{CrashHow, Outside, ProcessFault, SampleFault, Signal, StepFault};
use fault::{Act, Cause, Start, Target};
use scenario::{Plan, parse};
use wire::Node;
use wire::event::{LifeState, Mode};
use world::plant::Brakes;
use world::traffic::{Kind, Manoeuvre, Size, Step};
use world::weather::{Light, Weather};

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
fn road_weather_and_brakes_become_those_of_the_world() {
    let plan = plan(
        "schema = 1\nname = \"a\"\nduration-s = 4\n\
         [road]\nlanes-right = 0\n[[road.section]]\nlength-m = 50\n\
         [[road.section]]\nlength-m = 90\nradius-m = -200\n\
         [weather]\nlight = \"low-sun\"\nvisibility-m = 80\nrain-mmph = 10\nlens-dirt = 0.25\n\
         [ego]\nspeed-kph = 36\n[ego.brakes]\ndelay-ms = 200\nhold-ms = 0\n",
    );
    let road = plan.traffic.road;
    let sections: Vec<_> =
        road.sections.iter().map(|it| (it.length_m, it.curvature_per_m)).collect();
    assert_eq!((road.lanes_left, road.lanes_right), (1, 0));
    assert_eq!(sections, [(50.0, 0.0), (90.0, -0.005)]);
    let expected = Weather {
        light: Light::LowSun,
        visibility_m: Some(80.0),
        rain_mmph: 10.0,
        lens_dirt: 0.25,
    };
    assert_eq!(plan.traffic.weather, expected);
    let brakes = Brakes { delay_s: 0.2, hold_s: 0.0, ..Brakes::default() };
    assert_eq!(plan.traffic.ego.brakes, Some(brakes));
}

#[test]
fn brakes_have_the_documented_defaults_and_are_there_only_if_asked_for() {
    assert_eq!(plan(SMALLEST).traffic.ego.brakes, None);
    let brakes = plan(&format!("{SMALLEST}[ego.brakes]\n")).traffic.ego.brakes;
    assert_eq!(brakes, Some(Brakes::default()));
}

#[test]
fn an_actor_is_as_large_as_its_kind_but_for_what_the_file_says() {
    for (text, kind, size) in [
        ("", Kind::Car, Kind::Car.size()),
        ("kind = \"lorry\"", Kind::Lorry, Kind::Lorry.size()),
        (
            "kind = \"van\"\nsize = { height-m = 3 }",
            Kind::Van,
            Size { height_m: 3.0, ..Kind::Van.size() },
        ),
    ] {
        let start = "id = \"a\"\nstart = { x-m = 9, y-m = 0, speed-kph = 0 }";
        let actors = plan(&format!("{SMALLEST}[[actor]]\n{start}\n{text}\n")).traffic.actors;
        assert_eq!((actors[0].kind, actors[0].size), (kind, size), "{text}");
    }
}

#[test]
fn every_manoeuvre_is_understood() {
    for (text, manoeuvre) in [
        ("brake = { decel-mps2 = 4 }", Manoeuvre::Speed { to_mps: 0.0, rate_mps2: 4.0 }),
        (
            "brake = { decel-mps2 = 4, to-kph = 18 }",
            Manoeuvre::Speed { to_mps: 5.0, rate_mps2: 4.0 },
        ),
        (
            "accelerate = { accel-mps2 = 2, to-kph = 72 }",
            Manoeuvre::Speed { to_mps: 20.0, rate_mps2: 2.0 },
        ),
        ("walk = { dy-m = -6, speed-kph = 18 }", Manoeuvre::Walk { dy_m: -6.0, speed_mps: 5.0 }),
        (
            "lane-change = { dy-m = 3.5, peak-lateral-mps = 2 }",
            Manoeuvre::LaneChange { dy_m: 3.5, peak_lateral_mps: 2.0 },
        ),
    ] {
        let actor = "[[actor]]\nid = \"a\"\nstart = { x-m = 9, y-m = 0, speed-kph = -36 }\n";
        let step = format!("script = [{{ at-s = 1, do.{text} }}]\n");
        let actors = plan(&format!("{SMALLEST}{actor}{step}")).traffic.actors;
        assert_eq!(actors[0].script, [Step { at_s: 1.0, manoeuvre }], "{text}");
    }
}

#[test]
fn a_preset_stands_beside_actors_and_faults_of_the_file() {
    let text = "schema = 1\nname = \"a\"\nduration-s = 7\n\
        preset.ncap-ccrs = { ego-kph = 36 }\n\
        [[actor]]\nid = \"b\"\nstart = { x-m = 9, y-m = 3.5, speed-kph = 0 }\n\
        [[fault]]\nid = \"F1\"\ntarget = \"radar\"\ninject.deadlock = {}\n\
        when.closer = { actor = \"target\", than-m = 20 }\n\
        [expect.fusion]\nfollows = [\"target\", \"b\"]\n";
    let plan = plan(text);
    let ids: Vec<_> = plan.traffic.actors.iter().map(|actor| actor.id.as_str()).collect();
    assert_eq!(ids, ["target", "b"]);
    assert!((plan.traffic.ego.speed_mps - 10.0).abs() < 1e-12);
    assert_eq!(plan.faults[0].start, Start::At(3_001_000_000));
    for end in 0..text.len() {
        survives(&text[..end]);
        survives(&format!("{}9{}", &text[..end], &text[end..]));
        survives(&format!("{}-{}", &text[..end], &text[end..]));
    }
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
        ("when.by-hand = {}", Start::After(Cause::ByHand(1), 0)),
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
