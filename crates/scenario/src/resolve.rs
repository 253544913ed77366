//! From the checked text to the plan: SI units, nanoseconds, no option left open: [`plan()`].

use fault::Injection;
use wire::Node;
use world::traffic;

use crate::plan;
use crate::text::{self, actor, expect, fault::Inject};

mod watchdog;

/// The plan that the text asks for. The text has passed all checks.
pub(crate) fn plan(text: text::Scenario) -> plan::Plan {
    let camera = plan::Camera { fps: text.camera.fps, buffers: text.camera.buffers };
    let radar = plan::Radar { period_ns: ns_from_ms(text.radar.period_ms) };
    let supervision =
        Node::ALL.map(|node| watchdog::supervision(&text.watchdog, node, (camera, radar)));
    plan::Plan {
        name: text.name,
        description: text.description,
        seed: text.seed,
        duration_ns: ns_from_s(text.duration_s),
        traffic: traffic::Traffic {
            ego: traffic::Ego { speed_mps: mps_from_kph(text.ego.speed_kph) },
            actors: text.actor.into_iter().map(actor).collect(),
        },
        camera,
        radar,
        supervision,
        disabled: text.watchdog.disable,
        emergency_operation_ns: text.watchdog.emergency_operation_s.map(ns_from_s),
        host: plan::Host { realtime: text.host.realtime },
        faults: text.fault.into_iter().map(|fault| self::fault(fault, camera)).collect(),
        expect: expectations(text.expect),
    }
}

fn ns_from_s(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

fn ns_from_ms(milliseconds: f64) -> u64 {
    (milliseconds * 1e6).round() as u64
}

fn mps_from_kph(kilometres_an_hour: f64) -> f64 {
    kilometres_an_hour / 3.6
}

fn actor(text: actor::Actor) -> traffic::Actor {
    let actor::Start { x_m, y_m, speed_kph } = text.start;
    let actor::Size { length_m, width_m, height_m } = text.size;
    traffic::Actor {
        id: text.id,
        start: traffic::Start { x_m, y_m, speed_mps: mps_from_kph(speed_kph) },
        size: traffic::Size { length_m, width_m, height_m },
        script: text.script.iter().map(step).collect(),
    }
}

fn step(text: &actor::Step) -> traffic::Step {
    use traffic::Manoeuvre;
    let manoeuvre = match text.r#do {
        actor::Manoeuvre::LaneChange(actor::LaneChange { dy_m, peak_lateral_mps }) => {
            Manoeuvre::LaneChange { dy_m, peak_lateral_mps }
        }
        actor::Manoeuvre::Brake(actor::Brake { decel_mps2 }) => Manoeuvre::Brake { decel_mps2 },
    };
    traffic::Step { at_s: text.at_s, manoeuvre }
}

fn fault(text: text::fault::Fault, camera: plan::Camera) -> fault::Fault {
    let start_ns = match (text.at_s, text.at_frame) {
        (Some(at_s), _) => ns_from_s(at_s),
        (None, frame) => camera.due_ns(frame.expect("one of the two was checked to be there")),
    };
    fault::Fault { id: text.id, target: text.target, start_ns, injection: injection(&text.inject) }
}

fn injection(text: &Inject) -> Injection {
    match text {
        Inject::Kill(it) => Injection::Kill { signal: it.signal },
        Inject::Crash(it) => Injection::Crash { how: it.how, for_ns: it.for_s.map(ns_from_s) },
        Inject::Hang(it) => Injection::Hang { how: it.how, for_ns: it.for_s.map(ns_from_s) },
        Inject::Slow(it) => {
            Injection::Slow { extra_ns: ns_from_ms(it.extra_ms), for_ns: ns_from_s(it.for_s) }
        }
        Inject::Drop(it) => Injection::Drop { percent: it.percent, for_ns: ns_from_s(it.for_s) },
        Inject::Delay(it) => {
            Injection::Delay { by_ns: ns_from_ms(it.by_ms), for_ns: ns_from_s(it.for_s) }
        }
        Inject::Corrupt(it) => Injection::Corrupt { bits: it.bits, for_ns: ns_from_s(it.for_s) },
        Inject::Freeze(it) => Injection::Freeze { for_ns: ns_from_s(it.for_s) },
    }
}

fn expectations(text: expect::Expect) -> plan::Expect {
    let expect::Expect { isolated, isolation_margin_ms, camera, radar, fusion, fault } = text;
    plan::Expect {
        isolated,
        isolation_margin_ns: ns_from_ms(isolation_margin_ms),
        camera: plan::StreamExpect {
            lost_max: camera.frames_lost_max,
            lost_min: camera.frames_lost_min,
            process: process(camera.restarts_max, camera.up_at_end),
        },
        radar: plan::StreamExpect {
            lost_max: radar.messages_lost_max,
            lost_min: radar.messages_lost_min,
            process: process(radar.restarts_max, radar.up_at_end),
        },
        fusion: plan::FusionExpect {
            lost_max: fusion.outputs_lost_max,
            latency_p99_ns: fusion.latency_p99_ms.map(ns_from_ms),
            latency_p99_in_fault_ns: fusion.latency_p99_in_fault_ms.map(ns_from_ms),
            mode_at_end: fusion.mode_at_end,
            never_modes: fusion.never_modes,
            follows: fusion.follows,
            process: process(fusion.restarts_max, fusion.up_at_end),
        },
        fault: fault.into_iter().map(|(id, demands)| (id, fault_expect(&demands))).collect(),
    }
}

fn process(restarts_max: Option<u32>, up_at_end: Option<bool>) -> plan::ProcessExpect {
    plan::ProcessExpect { restarts_max, up_at_end }
}

fn fault_expect(text: &expect::Fault) -> plan::FaultExpect {
    plan::FaultExpect {
        detect_within_ns: text.detect_within_ms.map(ns_from_ms),
        handle_within_ns: text.handle_within_ms.map(ns_from_ms),
        recover_within_ns: text.recover_within_ms.map(ns_from_ms),
        lost_max: text.lost_max,
    }
}
