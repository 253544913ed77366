//! The limits of supervision, those that the text leaves open made from the rates of the sensors:
//! [`supervision`].

use fault::units::{ns_from_ms, ns_from_s};

use crate::plan;
use crate::text::watchdog as text;
use wire::Node;

/// Periods in a cycle of alive supervision: one slot more or less is no failure then.
const PERIODS_PER_CYCLE: u64 = 10;
/// What alive supervision allows a sensor, of the steps that are due: 30 % less, 30 % more.
const LEAST_AND_MOST_PERCENT: [u64; 2] = [70, 130];
/// The same for fusion: nothing when no sensor sends, and what has queued up after a pause.
const FUSION_LEAST_AND_MOST_PERCENT: [u64; 2] = [0, 200];
/// Periods that a step may take: afterwards a whole slot is lost.
const PERIODS_PER_STEP: u64 = 2;

/// How `node` is supervised.
pub(super) fn supervision(
    watchdog: &text::Watchdog,
    node: Node,
    (camera, radar): (plan::Camera, plan::Radar),
) -> plan::Supervision {
    let frame_ns = camera.due_ns(1);
    let (it, periods_ns) = match node {
        Node::Camera => (&watchdog.camera, vec![frame_ns]),
        Node::Radar => (&watchdog.radar, vec![radar.period_ns]),
        Node::Fusion => (&watchdog.fusion, vec![frame_ns, radar.period_ns]),
    };
    let heartbeat_timeout_ns = ns_from_ms(it.heartbeat_timeout_ms);
    plan::Supervision {
        heartbeat_timeout_ns,
        startup_timeout_ns: ns_from_ms(it.startup_timeout_ms),
        stop_timeout_ns: ns_from_ms(it.stop_timeout_ms),
        memory_limit_kib: u64::from(it.memory_limit_mib) * 1024,
        alive: alive(&it.alive, node, &periods_ns),
        deadline: plan::Deadline {
            min_ns: ns_from_ms(it.deadline_ms.min),
            max_ns: it.deadline_ms.max.map_or_else(
                || (fastest(&periods_ns) * PERIODS_PER_STEP).max(heartbeat_timeout_ns / 4 * 3),
                ns_from_ms,
            ),
        },
        restart: restart(&it.restart),
        on_give_up: it.on_give_up,
    }
}

fn fastest(periods_ns: &[u64]) -> u64 {
    periods_ns.iter().copied().min().expect("every node has a rhythm")
}

fn alive(text: &text::Alive, node: Node, periods_ns: &[u64]) -> plan::Alive {
    let cycle_ns =
        text.cycle_ms.map_or_else(|| fastest(periods_ns) * PERIODS_PER_CYCLE, ns_from_ms);
    let [least, most] = match node {
        Node::Camera | Node::Radar => LEAST_AND_MOST_PERCENT,
        Node::Fusion => FUSION_LEAST_AND_MOST_PERCENT,
    };
    let steps = |percent: u64| -> f64 {
        let due: f64 = periods_ns.iter().map(|&period| cycle_ns as f64 / period as f64).sum();
        due * percent as f64 / 100.0
    };
    plan::Alive {
        cycle_ns,
        min: text.min.unwrap_or(steps(least) as u32),
        max: text.max.unwrap_or(steps(most).ceil() as u32),
        tolerance_cycles: text.tolerance_cycles,
    }
}

fn restart(text: &text::Restart) -> plan::Restart {
    plan::Restart {
        limit: text.limit,
        window_ns: ns_from_s(text.window_s),
        delay_ns: ns_from_ms(text.delay_ms),
        backoff: plan::Backoff {
            factor: text.backoff.factor,
            max_ns: ns_from_ms(text.backoff.max_ms),
            reset_after_ns: ns_from_s(text.backoff.reset_after_s),
        },
        strategy: text.strategy,
        standby: text.standby,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Mechanism;

    fn camera(fps: u32) -> plan::Camera {
        plan::Camera {
            fps,
            buffers: 2,
            sync: plan::FrameSync::AtomicSwap,
            protection: true,
            link: Mechanism::Shm,
        }
    }

    fn radar(period_ns: u64) -> plan::Radar {
        plan::Radar { period_ns, protection: true, link: Mechanism::UnixDgram }
    }

    #[test]
    fn limits_that_are_left_open_follow_from_the_rates() {
        let rates = |fps, radar_ms: u64| (camera(fps), radar(radar_ms * 1_000_000));
        for (node, fps, radar_ms, (cycle_ms, min, max), deadline_ms) in [
            (Node::Camera, 30, 50, (333, 7, 13), 75),
            (Node::Radar, 30, 50, (500, 7, 13), 100),
            (Node::Fusion, 30, 50, (333, 0, 34), 75),
            (Node::Camera, 10, 50, (1000, 7, 13), 200),
            (Node::Fusion, 10, 5, (50, 0, 21), 75),
        ] {
            let plan = supervision(&text::Watchdog::default(), node, rates(fps, radar_ms));
            let alive = plan.alive;
            let found = (alive.cycle_ns / 1_000_000, alive.min, alive.max);
            assert_eq!(found, (cycle_ms, min, max), "{node} at {fps} FPS, {radar_ms} ms");
            assert_eq!(plan.deadline.max_ns / 1_000_000, deadline_ms, "{node}");
        }
    }

    #[test]
    fn who_tolerates_a_longer_silence_tolerates_a_longer_step() {
        let mut watchdog = text::Watchdog::default();
        watchdog.fusion.heartbeat_timeout_ms = 2000.0;
        let rates = (camera(30), radar(50_000_000));
        let plan = supervision(&watchdog, Node::Fusion, rates);
        assert_eq!(plan.deadline.max_ns, 1_500_000_000);
    }
}
