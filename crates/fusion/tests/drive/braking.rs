//! Euro NCAP's AEB tests (Car-to-Car v4.3.1, VRU v4.5.1) and what must not brake.

use std::ops::Range;

use crate::course::{Course, Kill, Victim, actor};
use crate::outcome::{Outcome, drive};
use world::traffic::{Kind, Manoeuvre, Step};

const KPH: f64 = 1.0 / 3.6;

/// Stationary: the ego comes from 4 s away and a bit.
fn ccrs(ego_kph: f64) -> Course {
    let v = ego_kph * KPH;
    Course::new(v, vec![actor(Kind::Car, 4.5 * v, 0.0, 0.0, vec![])], 7.5)
}

/// Moving at 20 km/h.
fn ccrm(ego_kph: f64) -> Course {
    let (v, other) = (ego_kph * KPH, 20.0 * KPH);
    Course::new(v, vec![actor(Kind::Car, 4.5 * (v - other), 0.0, other, vec![])], 8.0)
}

/// Both at 50 km/h, the other begins to brake after 2 s.
fn ccrb(gap_m: f64, rate_mps2: f64) -> Course {
    let v = 50.0 * KPH;
    let brake = Step { at_s: 2.0, manoeuvre: Manoeuvre::Speed { to_mps: 0.0, rate_mps2 } };
    Course::new(v, vec![actor(Kind::Car, gap_m, 0.0, v, vec![brake])], 12.0)
}

/// A car rolls sideways into the ego's way at walking pace, to be in its middle when the ego comes:
/// the course of a pedestrian's test, with somebody whom both sensors know.
fn crossing(ego_kph: f64) -> Course {
    let (v, walk) = (ego_kph * KPH, 5.0 * KPH);
    let step = Manoeuvre::Walk { dy_m: 8.0, speed_mps: walk };
    let script = vec![Step { at_s: 4.5 - 4.0 / walk, manoeuvre: step }];
    Course::new(v, vec![actor(Kind::Car, 4.5 * v, -4.0, 0.0, script)], 8.0)
}

/// Who must not be hit, and how to come near.
fn cars() -> Vec<(String, Course)> {
    let speeds = |from: u32, to: u32| (from..=to).step_by(10).map(f64::from);
    let mut all = Vec::new();
    all.extend(speeds(10, 80).map(|kph| (format!("CCRs {kph} km/h"), ccrs(kph))));
    all.extend(speeds(30, 80).map(|kph| (format!("CCRm {kph} km/h"), ccrm(kph))));
    // The last is of the protocol of 2026: a headway of one second.
    for (gap_m, rate) in [(12.0, 2.0), (12.0, 6.0), (40.0, 2.0), (40.0, 6.0), (13.9, 4.0)] {
        all.push((format!("CCRb {gap_m} m, {rate} m/s²"), ccrb(gap_m, rate)));
    }
    all
}

/// A line of a table of outcomes.
fn line(name: &str, outcome: &Outcome) -> String {
    let Outcome { gap_m, impact_mps, began } = outcome;
    let (at_s, ttc_s) = began.unwrap_or((f64::NAN, f64::NAN));
    format!("{name}: gap {gap_m:.2} m, impact {impact_mps:.1} m/s, {at_s:.2} s, TTC {ttc_s:.2} s\n")
}

#[test]
fn no_car_of_the_tests_is_hit_nor_braked_for_from_afar() {
    let mut table = String::new();
    let mut sound = true;
    for (name, course) in cars() {
        let outcome = drive(&course);
        table += &line(&name, &outcome);
        sound &= (0.5..10.0).contains(&outcome.gap_m);
    }
    assert!(sound, "{table}");
}

#[test]
fn who_comes_into_the_way_from_the_side_is_braked_for() {
    let mut table = String::new();
    let mut sound = true;
    for kph in [20.0, 30.0, 40.0, 50.0, 60.0] {
        let outcome = drive(&crossing(kph));
        table += &line(&format!("crossing, {kph} km/h"), &outcome);
        sound &= outcome.gap_m > 0.0;
    }
    assert!(sound, "{table}");
}

/// When a sensor is lost, in a drive that brakes at `began_s` without a fault.
fn lost(began_s: f64, from_s: f64, for_s: f64) -> Range<u64> {
    let ns = |s: f64| (s * 1e9) as u64;
    ns(began_s + from_s)..ns(began_s + from_s + for_s)
}

#[test]
fn the_loss_of_either_sensor_at_any_moment_lets_no_car_be_hit() {
    for course in [ccrs(50.0), ccrm(60.0), ccrb(12.0, 6.0), ccrb(40.0, 6.0)] {
        let began_s = drive(&course).began.expect("it brakes").0;
        for from_s in [-1.0, -0.5, -0.2, 0.0, 0.3] {
            let window = lost(began_s, from_s, 1.0);
            let no_camera = Course { no_camera: window.clone(), ..course.clone() };
            let no_radar = Course { no_radar: window.clone(), ..course.clone() };
            for faulty in [no_camera, no_radar] {
                let outcome = drive(&faulty);
                assert!(outcome.gap_m > 0.0, "{from_s} s: {outcome:?} {window:?}");
            }
        }
    }
}

#[test]
fn a_fusion_that_is_restarted_lets_no_car_be_hit() {
    for course in [ccrs(50.0), ccrm(60.0), ccrb(12.0, 6.0), ccrb(40.0, 6.0)] {
        let began_s = drive(&course).began.expect("it brakes").0;
        for from_s in [-0.4, -0.2, -0.1, 0.0, 0.1, 0.2, 0.4, 0.8] {
            let at_ns = ((began_s + from_s) * 1e9) as u64;
            let kill = Some(Kill { victim: Victim::Fusion, at_ns, restart_ns: 10_000_000 });
            let outcome = drive(&Course { kill, ..course.clone() });
            assert!(outcome.gap_m > 0.0, "restarted {from_s} s after: {outcome:?}");
        }
    }
}

#[test]
fn nobody_brakes_for_what_is_not_in_the_way() {
    let v = 80.0 * KPH;
    let change = |dy_m| Manoeuvre::LaneChange { dy_m, peak_lateral_mps: 1.5 };
    let leave = vec![Step { at_s: 1.0, manoeuvre: change(3.5) }];
    let enter = vec![Step { at_s: 1.0, manoeuvre: change(3.5) }];
    let mut bend = Course::new(v, vec![actor(Kind::Car, 90.0, -3.5, 0.0, vec![])], 5.0);
    bend.traffic.road.sections =
        vec![world::road::Section { length_m: 500.0, curvature_per_m: -0.005 }];
    let cases = [
        ("parked beside", Course::new(v, vec![actor(Kind::Car, 90.0, -3.5, 0.0, vec![])], 5.0)),
        ("oncoming", Course::new(v, vec![actor(Kind::Car, 200.0, 3.5, -v, vec![])], 5.0)),
        ("leaves", Course::new(v, vec![actor(Kind::Car, 60.0, 0.0, v - 5.0, leave)], 5.0)),
        ("cuts in as fast", Course::new(v, vec![actor(Kind::Car, 15.0, -3.5, v, enter)], 5.0)),
        ("follows", Course::new(v, vec![actor(Kind::Car, 15.0, 0.0, v, vec![])], 5.0)),
        ("parked beside a bend", bend),
    ];
    for (name, course) in cases {
        for seed in 0..3 {
            let outcome = drive(&Course { seed, ..course.clone() });
            assert_eq!(outcome.began, None, "{name}, seed {seed}: {outcome:?}");
        }
    }
}
