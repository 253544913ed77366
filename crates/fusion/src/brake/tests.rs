//! Tests of the braking decision on tracks made for them.

use super::*;

const MS: u64 = 1_000_000;
const EGO: EgoMotion = EgoMotion { speed_mps: 15.0, yaw_rate_radps: 0.0 };
const NEVER: Option<u64> = None;

/// Stands 18 m ahead, which takes 8.5 m/s², and is known to both sensors.
const STANDING: Track = Track {
    id: 7,
    status: Status::Confirmed,
    x_m: 18.0,
    y_m: 0.0,
    vx_mps: -15.0,
    vy_mps: 0.0,
    ax_mps2: 0.0,
    ay_mps2: 0.0,
    covariance: [[0.0; 4]; 4],
    evidence: Evidence::Both,
    known_for_ns: 1000 * MS,
    camera_age_ns: Some(10 * MS),
    radar_age_ns: Some(10 * MS),
};

/// Braking that has watched an empty road for a second, up to 1000 ms.
fn warm() -> Braking {
    let mut braking = Braking::new(BrakePolicy::default());
    for ms in [0, 1000] {
        braking.decide(ms * MS, Mode::Fused, &[], Some(EGO));
    }
    braking
}

/// What it asks for at these times in this mode, while the track is there.
fn asked(braking: &mut Braking, mode: Mode, tracks: &[Track], at_ms: &[u64]) -> Vec<(f64, bool)> {
    let decide = |&ms: &u64| {
        let request = braking.decide(ms * MS, mode, tracks, Some(EGO));
        (request.deceleration_mps2, request.valid)
    };
    at_ms.iter().map(decide).collect()
}

const FULL: (f64, bool) = (9.0, true);
const NOTHING: (f64, bool) = (0.0, true);
const SILENCE: (f64, bool) = (0.0, false);

#[test]
fn each_mode_begins_for_what_it_may() {
    let radar_alone = Track { camera_age_ns: NEVER, evidence: Evidence::Single, ..STANDING };
    let radar_saw_it_move = Track { evidence: Evidence::Moving, ..radar_alone };
    let camera_alone = Track { radar_age_ns: NEVER, evidence: Evidence::Single, ..STANDING };
    let fresh = Track { known_for_ns: 200 * MS, ..camera_alone };
    let camera_alone_far = Track { x_m: 21.0, ..camera_alone };
    let radar_alone_near = Track { x_m: 4.0, ..radar_alone };
    let tentative = Track { status: Status::Tentative, ..STANDING };
    let beside = Track { y_m: 3.5, ..STANDING };
    for (track, fused, camera_only, radar_only) in [
        (STANDING, FULL, FULL, FULL),
        (radar_alone, NOTHING, NOTHING, NOTHING),
        (radar_saw_it_move, FULL, NOTHING, FULL),
        (camera_alone, FULL, FULL, NOTHING),
        (camera_alone_far, NOTHING, FULL, NOTHING),
        (radar_alone_near, NOTHING, NOTHING, NOTHING),
        (fresh, NOTHING, NOTHING, NOTHING),
        (tentative, NOTHING, NOTHING, NOTHING),
        (beside, NOTHING, NOTHING, NOTHING),
    ] {
        let modes = [
            (Mode::Fused, fused),
            (Mode::CameraOnly, camera_only),
            (Mode::RadarOnly, radar_only),
            (Mode::Coasting, SILENCE),
            (Mode::Blind, SILENCE),
        ];
        for (mode, expected) in modes {
            let seen = asked(&mut warm(), mode, &[track], &[1010]);
            assert_eq!(seen, [expected], "{mode:?}: {track:?}");
        }
    }
}

#[test]
fn a_braking_goes_on_while_coasting_but_not_for_ever() {
    let mut braking = warm();
    assert_eq!(asked(&mut braking, Mode::Fused, &[STANDING], &[1010]), [FULL]);
    let times = [1100, 1500, 2010, 2020];
    let seen = asked(&mut braking, Mode::Coasting, &[STANDING], &times);
    assert_eq!(seen, [FULL, FULL, FULL, SILENCE]);
    assert_eq!(asked(&mut braking, Mode::Blind, &[], &[2100]), [SILENCE]);
}

#[test]
fn a_braking_goes_on_for_what_would_not_have_begun_it() {
    let radar_alone = Track { camera_age_ns: NEVER, evidence: Evidence::Single, ..STANDING };
    let mut braking = warm();
    asked(&mut braking, Mode::Fused, &[STANDING], &[1010]);
    let seen = asked(&mut braking, Mode::RadarOnly, &[radar_alone], &[1500, 2000]);
    assert_eq!(seen, [FULL, FULL]);
}

#[test]
fn a_resolved_conflict_ends_it_after_a_while_and_standstill_at_once() {
    let mut braking = warm();
    asked(&mut braking, Mode::Fused, &[STANDING], &[1010]);
    let seen = asked(&mut braking, Mode::Fused, &[], &[1100, 1300, 1310, 1320]);
    assert_eq!(seen, [FULL, FULL, NOTHING, NOTHING]);
    asked(&mut braking, Mode::Fused, &[STANDING], &[1400]);
    let standstill = EgoMotion { speed_mps: 0.0, yaw_rate_radps: 0.0 };
    let request = braking.decide(1410 * MS, Mode::Fused, &[STANDING], Some(standstill));
    assert_eq!((request.deceleration_mps2, request.valid), NOTHING);
}

#[test]
fn after_a_start_it_may_ask_for_braking_before_it_may_deny_it() {
    let mut braking = Braking::new(BrakePolicy::default());
    assert_eq!(asked(&mut braking, Mode::Fused, &[], &[0, 100, 499]), [SILENCE; 3]);
    assert_eq!(asked(&mut braking.clone(), Mode::Fused, &[], &[500]), [NOTHING]);
    assert_eq!(asked(&mut braking, Mode::Fused, &[STANDING], &[499]), [FULL]);
}

#[test]
fn what_the_radar_alone_finds_too_near_counts_if_it_was_there_at_the_start() {
    let evidence = Evidence::Single;
    let known_for_ns = 100 * MS;
    let near = Track { camera_age_ns: NEVER, evidence, known_for_ns, x_m: 3.0, ..STANDING };
    let from_afar = Track { known_for_ns: 300 * MS, ..near };
    for mode in [Mode::Fused, Mode::RadarOnly] {
        let mut braking = Braking::new(BrakePolicy::default());
        asked(&mut braking, mode, &[], &[0]);
        assert_eq!(asked(&mut braking.clone(), mode, &[near], &[600]), [FULL], "{mode:?}");
        for (track, at_ms) in [(near, 700), (from_afar, 600)] {
            let seen = asked(&mut braking.clone(), mode, &[track], &[at_ms]);
            assert_eq!(seen, [NOTHING], "{mode:?}");
        }
    }
}

#[test]
fn without_odometry_there_is_no_statement() {
    let request = warm().decide(1010 * MS, Mode::Fused, &[STANDING], None);
    assert_eq!(request, BrakeRequest::NO_STATEMENT);
}

#[test]
fn it_brakes_in_part_before_it_brakes_in_full() {
    let at = |x_m: f32| {
        let track = Track { x_m, ..STANDING };
        asked(&mut warm(), Mode::Fused, &[track], &[1010])[0]
    };
    assert_eq!([40.0, 28.0, 18.0].map(at), [NOTHING, (4.0, true), FULL]);
}

/// The even deceleration that is needed, by small steps of the equations of motion.
#[test]
fn what_is_needed_agrees_with_the_equations_of_motion() {
    let policy = BrakePolicy { dead_time_s: 0.2, jerk_mps3: 1e9, ..BrakePolicy::default() };
    for (gap_m, other_mps, brakes_mps2) in
        [(30.0, 0.0, 0.0), (20.0, 8.0, 0.0), (14.0, 14.0, 6.0), (30.0, 14.0, 3.0), (9.0, 5.0, 9.0)]
    {
        let track =
            Track { x_m: gap_m, vx_mps: other_mps - 15.0, ax_mps2: -brakes_mps2, ..STANDING };
        let conflict = Conflict::of(&track, EGO, &policy).expect("it is in the way");
        let smallest = |deceleration_mps2: f64| {
            let (mut gap, mut ego, mut other) = (f64::from(gap_m), 15.0, f64::from(other_mps));
            let (dt, mut least) = (1e-4, f64::INFINITY);
            for step in 0..200_000 {
                let brakes = if f64::from(step) * dt < 0.2 { 0.0 } else { deceleration_mps2 };
                gap += dt * (other - ego);
                ego = (ego - brakes * dt).max(0.0);
                other = (other - f64::from(brakes_mps2) * dt).max(0.0);
                least = gap.min(least);
            }
            least
        };
        let least_m = smallest(conflict.needed_mps2);
        assert!((least_m - policy.margin_m).abs() < 0.02, "{conflict:?}: {least_m}");
    }
}

#[test]
fn the_path_is_the_circle_that_the_ego_drives_on() {
    let policy = BrakePolicy::default();
    for yaw_rate_radps in [0.3, -0.3] {
        // On the circle of 50 m, and straight ahead, 20 m away.
        let ego = EgoMotion { yaw_rate_radps, ..EGO };
        let angle = 0.4_f32;
        let side = 50.0 * (1.0 - angle.cos()) * yaw_rate_radps.signum() as f32;
        let (x_m, rate) = (50.0 * angle.sin(), yaw_rate_radps as f32);
        let on_it =
            Track { x_m, y_m: side, vx_mps: -15.0 + rate * side, vy_mps: -rate * x_m, ..STANDING };
        let conflict = Conflict::of(&on_it, ego, &policy).expect("it is on the circle");
        assert!((conflict.ttc_s - 20.0 / 15.0).abs() < 1e-3, "{conflict:?}");
        let ahead = Track { y_m: 0.0, vx_mps: -15.0, ..on_it };
        assert!(Conflict::of(&ahead, ego, &policy).is_none());
    }
}
