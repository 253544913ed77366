//! Every shipped scenario in which the ego car brakes is about a collision: it comes if nobody brakes,
//! and whoever brakes in time is seen to avoid it.

use std::path::Path;

use scenario::{Plan, collect, load};
use world::{Kind, Motion, Plant, Request};

const TICK_S: f64 = 0.01;

/// The shipped scenarios with brakes, by name.
fn closed_loops() -> Vec<(String, Plan)> {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let files = collect(&[scenarios]).expect("the folder holds scenarios").into_iter();
    let plans = files.map(|path| load(&path).expect("a shipped scenario").plan);
    plans
        .filter(|plan| plan.traffic.ego.brakes.is_some())
        .map(|plan| (plan.name.clone(), plan))
        .collect()
}

/// What comes of full braking from a time on.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// When the ego car first touches somebody, s.
    collision_s: Option<f64>,
    /// Whether at the end it comes nearer to somebody in its way.
    closing: bool,
}

fn drive(plan: &Plan, brakes_from_s: f64) -> Outcome {
    let ego = plan.traffic.ego;
    let mut plant = Plant::new(ego.speed_mps, ego.brakes.expect("it has brakes"));
    let motion = Motion::new(&plan.traffic);
    let mut outcome = Outcome { collision_s: None, closing: false };
    let ticks = (plan.duration_ns as f64 * 1e-9 / TICK_S).round() as u32;
    for tick in 0..=ticks {
        let now_s = f64::from(tick) * TICK_S;
        let full = now_s >= brakes_from_s;
        plant.tick(now_s, Request::Decelerate(if full { f64::MAX } else { 0.0 }));
        let reach_m = |width_m: f64| f64::midpoint(width_m, Kind::Car.size().width_m);
        let in_the_way: Vec<_> = motion
            .at(now_s, plant.way().at(now_s))
            .filter(|it| it.y_m.abs() < reach_m(it.size.width_m) && it.x_m > -it.size.length_m)
            .collect();
        if in_the_way.iter().any(|it| it.x_m <= 0.0) {
            outcome.collision_s.get_or_insert(now_s);
        }
        outcome.closing = in_the_way.iter().any(|it| it.vx_mps < -1e-9);
    }
    outcome
}

#[test]
fn a_collision_comes_if_nobody_brakes_and_does_not_if_somebody_does_in_time() {
    let all = closed_loops();
    assert!(all.len() >= 10);
    for (name, plan) in all {
        let unbraked = drive(&plan, f64::INFINITY);
        let collision_s = unbraked.collision_s.unwrap_or_else(|| panic!("{name}: {unbraked:?}"));
        let avoided = Outcome { collision_s: None, closing: false };
        assert_eq!(drive(&plan, collision_s - 1.5), avoided, "{name}, {collision_s} s");
        assert_ne!(drive(&plan, collision_s - 0.3), avoided, "{name}, {collision_s} s");
    }
}
