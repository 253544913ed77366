//! A sensor that contradicts what is believed is suspicious, and a sound one never is.

use crate::course::{Course, Sample, actor};
use fusion::plausibility::ConsistencyMonitor;
use world::traffic::{Kind, Manoeuvre, Step};

/// Whether the camera and the radar were suspicious at any time, with this seed.
fn suspicious(course: &Course, seed: u64) -> [bool; 2] {
    let mut monitors = [ConsistencyMonitor::of_camera(), ConsistencyMonitor::of_radar()];
    let mut suspicious = [false; 2];
    Course { seed, ..course.clone() }.run(|moment| {
        if let (Some(sample), Some(output)) = (moment.sample, moment.output) {
            let index = usize::from(sample == Sample::Radar);
            suspicious[index] |= monitors[index].check(output).is_some();
        }
    });
    suspicious
}

/// Behind a slower car, a car that brakes hard, a standing one, one that cuts in; nobody brakes.
fn courses() -> [Course; 4] {
    let brake = Manoeuvre::Speed { to_mps: 0.0, rate_mps2: 6.0 };
    let cut_in = Manoeuvre::LaneChange { dy_m: 3.5, peak_lateral_mps: 2.0 };
    let car = |x_m, y_m, speed_mps, at_s, manoeuvre| {
        actor(Kind::Car, x_m, y_m, speed_mps, vec![Step { at_s, manoeuvre }])
    };
    let courses = [
        (25.0, car(65.0, 0.0, 18.0, 60.0, brake), 8.0),
        (25.0, car(35.0, 0.0, 25.0, 4.0, brake), 7.0),
        (14.0, car(65.0, 0.0, 0.0, 60.0, brake), 4.2),
        (25.0, car(30.0, -3.5, 23.0, 2.0, cut_in), 8.0),
    ];
    courses.map(|(speed_mps, other, end_s)| {
        let mut course = Course::new(speed_mps, vec![other], end_s);
        course.traffic.ego.brakes = None;
        course
    })
}

#[test]
fn sound_sensors_are_never_suspicious() {
    for course in courses() {
        for seed in 0..4 {
            assert_eq!(suspicious(&course, seed), [false; 2], "seed {seed}: {course:?}");
        }
    }
}

#[test]
fn a_radar_that_is_off_in_range_is_suspicious() {
    for course in courses() {
        for range_bias_m in [2.0, -2.0] {
            let biased = Course { range_bias_m, ..course.clone() };
            assert!(suspicious(&biased, 1)[1], "{range_bias_m} m: {course:?}");
        }
    }
}

/// Before a standing car its list is soon farther off than one object can be: that is for
/// [`RadarMonitor`](fusion::plausibility::RadarMonitor) to see, which compares list with list.
#[test]
fn a_radar_that_repeats_itself_is_suspicious_where_what_it_shows_moves_off_slowly() {
    let [slower, brakes, _, cuts_in] = courses();
    for course in [slower, cuts_in, brakes] {
        let stuck = Course { stuck_ns: Some(3_000_000_000), ..course.clone() };
        assert_ne!(suspicious(&stuck, 1), [false; 2], "{course:?}");
    }
}

/// Two tenths of a second show where they make metres: the other sensor then disagrees.
#[test]
fn time_stamps_that_are_off_make_the_two_disagree() {
    let [slower, brakes, standing, _] = courses();
    for course in [slower, brakes, standing] {
        for radar_clock_ns in [200_000_000, -200_000_000] {
            let off = Course { radar_clock_ns, ..course.clone() };
            assert_ne!(suspicious(&off, 1), [false; 2], "{radar_clock_ns} ns: {course:?}");
        }
    }
}
