//! From the checked text to the plan: SI units, nanoseconds, no option left open: [`plan()`].

mod board;
mod faults;
mod traffic;
mod watchdog;

use std::collections::BTreeMap;

use fault::units::{ns_from_ms, ns_from_s};
use wire::Node;

use crate::board::Board;
use crate::plan::{self, FrameSync};
use crate::text::{self, expect, fault::Phase};
pub(crate) use board::board;
pub(crate) use faults::Never;
use faults::{Resolved, Run};

/// The plan that the text asks for. The text has passed all checks; what it cannot keep to is a
/// fault that never begins, or for which the run is too short.
pub(crate) fn plan(mut text: text::Scenario) -> Result<plan::Plan, Never> {
    let text::Camera { fps, buffers, sync, protection, link } = text.camera;
    let buffers = if sync == FrameSync::None { 1 } else { buffers };
    let camera = plan::Camera { fps, buffers, sync, protection, link };
    let duration_ns = ns_from_s(text.duration_s);
    let traffic = traffic::traffic(&mut text);
    let run = Run { traffic: &traffic, camera, duration_ns };
    let resolved = faults::faults(&text.fault, &run)?;
    let random = text.fault.iter().filter(|fault| fault.phase == Phase::Random);
    let random_phase = random.flat_map(|fault| resolved.ids(&fault.id)).map(str::to_owned);
    let radar = plan::Radar {
        period_ns: ns_from_ms(text.radar.period_ms),
        protection: text.radar.protection,
        link: text.radar.link,
    };
    let supervision =
        Node::ALL.map(|node| watchdog::supervision(&text.watchdog, node, (camera, radar)));
    Ok(plan::Plan {
        name: text.name,
        description: text.description,
        seed: text.seed,
        duration_ns,
        camera,
        radar,
        supervision,
        disabled: text.watchdog.disable,
        emergency_operation_ns: text.watchdog.emergency_operation_s.map(ns_from_s),
        host: plan::Host { realtime: text.host.realtime },
        board: Board::default(),
        random_phase: random_phase.collect(),
        expect: expectations(text.expect, &resolved),
        faults: resolved.faults,
        traffic,
    })
}

fn mps_from_kph(kilometres_an_hour: f64) -> f64 {
    kilometres_an_hour / 3.6
}

fn expectations(text: expect::Expect, faults: &Resolved) -> plan::Expect {
    let expect::Expect {
        isolated,
        ftti_ms,
        isolation_margin_ms,
        camera,
        radar,
        fusion,
        tracking,
        safety,
        fault,
    } = text;
    let mut by_fault = BTreeMap::new();
    for (id, demands) in &fault {
        by_fault.extend(faults.ids(id).map(|id| (id.to_owned(), fault_expect(demands))));
    }
    plan::Expect {
        isolated,
        ftti_ns: ftti_ms.map(ns_from_ms),
        isolation_margin_ns: ns_from_ms(isolation_margin_ms),
        camera: plan::StreamExpect {
            lost_max: camera.frames_lost_max,
            lost_min: camera.frames_lost_min,
            process: process(camera.restarts_max, camera.up_at_end),
        },
        torn: plan::TornExpect { max: camera.frames_torn_max, min: camera.frames_torn_min },
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
        tracking: plan::TrackingExpect {
            position_rmse_max_m: tracking.position_rmse_max_m,
            velocity_rmse_max_mps: tracking.velocity_rmse_max_mps,
            gospa_max_m: tracking.gospa_max_m,
            id_switches_max: tracking.id_switches_max,
        },
        safety: plan::SafetyExpect {
            collision: safety.collision,
            gap_min_m: safety.gap_min_m,
            ttc_min_s: safety.ttc_min_s,
            impact_speed_max_mps: safety.impact_speed_max_kph.map(mps_from_kph),
            brake_request: safety.brake_request,
            brake_delay_max_ns: safety.brake_delay_max_ms.map(ns_from_ms),
        },
        fault: by_fault,
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
        ftti_ns: text.ftti_ms.map(ns_from_ms),
        position_rmse_max_m: text.position_rmse_max_m,
        gospa_max_m: text.gospa_max_m,
        id_switches_max: text.id_switches_max,
        reconfirm_within_ns: text.reconfirm_within_ms.map(ns_from_ms),
        outcomes: text.outcome.clone(),
        detected_by: text.detected_by.clone(),
    }
}
