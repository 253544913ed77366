//! Where everyone truly is at any time: [`Motion`], the ground truth.
//!
//! Closed form: nothing is integrated step by step, so every process that asks for one time gets
//! the same bits, whatever it asked for before. Sine and cosine are `libm`'s, the same on each
//! machine.

use std::f64::consts::PI;

use crate::plant::EgoState;
use crate::road::Course as RoadCourse;
use crate::traffic::{Actor, Kind, Manoeuvre, Size, Traffic, lane_change_duration_s};

/// The true motion of all actors.
#[derive(Clone, Debug)]
pub struct Motion {
    road: RoadCourse,
    courses: Vec<Course>,
}

/// The true state of one actor at one time, in the ego frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Object {
    /// Index into [`Traffic::actors`].
    pub actor: usize,
    /// What it is.
    pub kind: Kind,
    /// Forward position of the centre of its nearest face (the rear; the front of who comes towards
    /// the ego), m from the ego's front bumper; negative behind it.
    pub x_m: f64,
    /// Lateral position of the same, m, left positive.
    pub y_m: f64,
    /// Rate of change of x, m/s; negative while the gap closes.
    pub vx_mps: f64,
    /// Rate of change of y, m/s.
    pub vy_mps: f64,
    /// Direction of the road where it is against that of the ego, rad, left positive.
    pub heading_rad: f64,
    /// Outer dimensions.
    pub size: Size,
}

impl Motion {
    /// Works out the courses of all actors.
    ///
    /// # Panics
    /// Where a number is not finite, a step begins before time zero, a rate or a lateral speed is not
    /// above 0, or a size is not above 0: whoever reads a scenario refuses these. As
    /// [`road::Course::new`](crate::road::Course::new).
    pub fn new(traffic: &Traffic) -> Self {
        Self {
            road: RoadCourse::new(&traffic.road),
            courses: traffic.actors.iter().map(Course::new).collect(),
        }
    }

    /// The state of every actor while the ego is in this state, in the order of [`Traffic::actors`]. A
    /// time before zero is zero.
    pub fn at(&self, t_s: f64, ego: EgoState) -> impl Iterator<Item = Object> + '_ {
        let t_s = t_s.max(0.0);
        let yaw_rate_radps = self.yaw_rate_radps(ego);
        self.courses.iter().enumerate().map(move |(actor, course)| {
            let (along_m, speed_mps) = course.along(t_s);
            let (across_m, lateral_mps) = course.across(t_s);
            let pose = self.road.seen_from(ego.distance_m, along_m, across_m);
            // Over ground along the road: shorter on the inside of a bend.
            let along_mps = speed_mps * (1.0 - across_m * self.road.curvature_per_m(along_m));
            let (sin, cos) = libm::sincos(pose.heading_rad);
            Object {
                actor,
                kind: course.kind,
                x_m: pose.x_m,
                y_m: pose.y_m,
                vx_mps: along_mps * cos - lateral_mps * sin - ego.speed_mps
                    + yaw_rate_radps * pose.y_m,
                vy_mps: along_mps * sin + lateral_mps * cos - yaw_rate_radps * pose.x_m,
                heading_rad: pose.heading_rad,
                size: course.size,
            }
        })
    }

    /// The road, worked out.
    pub fn road(&self) -> &RoadCourse {
        &self.road
    }

    /// How fast the ego turns, rad/s, left positive.
    pub fn yaw_rate_radps(&self, ego: EgoState) -> f64 {
        ego.speed_mps * self.road.curvature_per_m(ego.distance_m)
    }
}

/// One actor's script, worked out.
#[derive(Clone, Debug)]
struct Course {
    kind: Kind,
    size: Size,
    y_m: f64,
    /// In order of time; the first begins at zero.
    legs: Vec<Leg>,
    changes: Vec<Change>,
}

/// From its beginning on: an even change to another speed, then that.
#[derive(Clone, Copy, Debug)]
struct Leg {
    from_s: f64,
    x_m: f64,
    speed_mps: f64,
    acceleration_mps2: f64,
    /// How long the change takes.
    change_s: f64,
}

/// A lateral displacement.
#[derive(Clone, Copy, Debug)]
struct Change {
    from_s: f64,
    duration_s: f64,
    dy_m: f64,
    profile: Profile,
}

#[derive(Clone, Copy, Debug)]
enum Profile {
    /// Half a cosine.
    Cosine,
    /// A straight line.
    Even,
}

impl Course {
    fn new(actor: &Actor) -> Self {
        let Size { length_m, width_m, height_m } = actor.size;
        let start = actor.start;
        let positive = |number: f64| number.is_finite() && number > 0.0;
        assert!([length_m, width_m, height_m].into_iter().all(positive), "a size is above 0");
        assert!(
            [start.x_m, start.y_m, start.speed_mps].into_iter().all(f64::is_finite),
            "a start is made of numbers"
        );

        let mut changes = Vec::new();
        let mut speeds = Vec::new();
        for step in &actor.script {
            let from_s = step.at_s;
            assert!(from_s.is_finite() && from_s >= 0.0, "a step begins at or after zero");
            let mut change = |dy_m: f64, duration_s, profile| {
                assert!(dy_m.is_finite(), "a lateral displacement is a number");
                changes.push(Change { from_s, duration_s, dy_m, profile });
            };
            match step.manoeuvre {
                Manoeuvre::LaneChange { dy_m, peak_lateral_mps } => {
                    assert!(positive(peak_lateral_mps), "a peak lateral speed is above 0");
                    change(dy_m, lane_change_duration_s(dy_m, peak_lateral_mps), Profile::Cosine);
                }
                Manoeuvre::Walk { dy_m, speed_mps } => {
                    assert!(positive(speed_mps), "a walking speed is above 0");
                    change(dy_m, dy_m.abs() / speed_mps, Profile::Even);
                }
                Manoeuvre::Speed { to_mps, rate_mps2 } => {
                    assert!(positive(rate_mps2), "a rate is above 0");
                    assert!(to_mps.is_finite() && to_mps >= 0.0, "a speed is at or above 0");
                    speeds.push((from_s, to_mps, rate_mps2));
                }
            }
        }

        speeds.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (x_m, speed_mps) = (start.x_m, start.speed_mps);
        let mut leg = Leg { from_s: 0.0, x_m, speed_mps, acceleration_mps2: 0.0, change_s: 0.0 };
        let mut legs = vec![leg];
        for (from_s, to_mps, rate_mps2) in speeds {
            let (x_m, speed_mps) = leg.at(from_s);
            // In the direction in which it began.
            let change_mps = to_mps.copysign(start.speed_mps) - speed_mps;
            leg = Leg {
                from_s,
                x_m,
                speed_mps,
                acceleration_mps2: rate_mps2.copysign(change_mps),
                change_s: change_mps.abs() / rate_mps2,
            };
            legs.push(leg);
        }
        Self { kind: actor.kind, size: actor.size, y_m: start.y_m, legs, changes }
    }

    /// Position along the road in the ego frame of time zero, m, and ground speed, m/s.
    fn along(&self, t_s: f64) -> (f64, f64) {
        let begun = self.legs.partition_point(|leg| leg.from_s <= t_s);
        self.legs[begun.max(1) - 1].at(t_s)
    }

    /// Lateral position, m, and speed, m/s.
    fn across(&self, t_s: f64) -> (f64, f64) {
        self.changes.iter().fold((self.y_m, 0.0), |(y_m, vy_mps), change| {
            let (dy_m, v_mps) = change.at(t_s);
            (y_m + dy_m, vy_mps + v_mps)
        })
    }
}

impl Leg {
    fn at(&self, t_s: f64) -> (f64, f64) {
        let elapsed_s = t_s - self.from_s;
        let changing_s = elapsed_s.min(self.change_s);
        let speed_mps = self.speed_mps + self.acceleration_mps2 * changing_s;
        let changed_m = 0.5 * (self.speed_mps + speed_mps) * changing_s;
        (self.x_m + changed_m + speed_mps * (elapsed_s - changing_s), speed_mps)
    }
}

impl Change {
    fn at(&self, t_s: f64) -> (f64, f64) {
        let elapsed_s = t_s - self.from_s;
        if elapsed_s <= 0.0 {
            return (0.0, 0.0);
        }
        if elapsed_s >= self.duration_s {
            return (self.dy_m, 0.0);
        }
        match self.profile {
            Profile::Even => {
                let rate_mps = self.dy_m / self.duration_s;
                (rate_mps * elapsed_s, rate_mps)
            }
            Profile::Cosine => {
                let rate = PI / self.duration_s;
                let (sin, cos) = libm::sincos(rate * elapsed_s);
                (0.5 * self.dy_m * (1.0 - cos), 0.5 * self.dy_m * rate * sin)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::Way;
    use crate::road::{Road, Section};
    use crate::traffic::{Ego, Start, Step};

    const LANE_CHANGE: Manoeuvre = Manoeuvre::LaneChange { dy_m: -3.5, peak_lateral_mps: 2.0 };
    const BRAKE: Manoeuvre = Manoeuvre::Speed { to_mps: 0.0, rate_mps2: 6.0 };
    const EGO_MPS: f64 = 25.0;

    /// One car, 20 m/s, 30 m ahead in the left lane of an ego at 25 m/s.
    fn motion(script: &[(f64, Manoeuvre)]) -> Motion {
        Motion::new(&traffic(script))
    }

    fn traffic(script: &[(f64, Manoeuvre)]) -> Traffic {
        let step = |&(at_s, manoeuvre)| Step { at_s, manoeuvre };
        Traffic {
            ego: Ego { speed_mps: EGO_MPS, brakes: None },
            actors: vec![Actor {
                id: "car".into(),
                kind: Kind::Car,
                start: Start { x_m: 30.0, y_m: 3.5, speed_mps: 20.0 },
                size: Size::CAR,
                script: script.iter().map(step).collect(),
            }],
            ..Traffic::default()
        }
    }

    fn state(motion: &Motion, t_s: f64) -> [f64; 4] {
        let object = motion.at(t_s, Way::even(EGO_MPS).at(t_s)).next().unwrap();
        [object.x_m, object.y_m, object.vx_mps, object.vy_mps]
    }

    fn check(script: &[(f64, Manoeuvre)], t_s: f64, expected: [f64; 4]) {
        let seen = state(&motion(script), t_s);
        for (seen, expected) in seen.into_iter().zip(expected) {
            assert!((seen - expected).abs() < 1e-9, "at {t_s} s: {seen} for {expected}");
        }
    }

    #[test]
    fn without_a_script_a_car_keeps_lane_and_speed() {
        check(&[], 0.0, [30.0, 3.5, -5.0, 0.0]);
        check(&[], 4.0, [10.0, 3.5, -5.0, 0.0]);
        check(&[], 8.0, [-10.0, 3.5, -5.0, 0.0]);
    }

    #[test]
    fn a_time_before_zero_is_zero() {
        check(&[(0.0, LANE_CHANGE), (0.0, BRAKE)], -3.0, [30.0, 3.5, -5.0, 0.0]);
    }

    #[test]
    fn a_lane_change_rests_at_both_ends_and_peaks_in_the_middle() {
        let duration_s = PI * 3.5 / 4.0;
        let script = [(1.0, LANE_CHANGE)];
        check(&script, 1.0, [25.0, 3.5, -5.0, 0.0]);
        check(&script, 1.0 + duration_s / 2.0, [25.0 - 2.5 * duration_s, 1.75, -5.0, -2.0]);
        check(&script, 1.0 + duration_s, [25.0 - 5.0 * duration_s, 0.0, -5.0, 0.0]);
        check(&script, 5.0, [5.0, 0.0, -5.0, 0.0]);
    }

    #[test]
    fn two_lane_changes_lead_two_lanes_away() {
        check(&[(0.0, LANE_CHANGE), (1.0, LANE_CHANGE)], 5.0, [5.0, -3.5, -5.0, 0.0]);
    }

    #[test]
    fn a_lane_change_of_nothing_is_nothing() {
        let none = Manoeuvre::LaneChange { dy_m: 0.0, peak_lateral_mps: 1.0 };
        check(&[(0.0, none)], 0.0, [30.0, 3.5, -5.0, 0.0]);
        check(&[(0.0, none)], 1.0, [25.0, 3.5, -5.0, 0.0]);
    }

    #[test]
    fn a_brake_ends_in_standstill_and_never_reverses() {
        let stops_after_s = 20.0 / 6.0;
        let stops_at_m = 50.0 + 20.0 * 20.0 / 12.0;
        for t_s in [1.0 + stops_after_s, 6.0, 60.0] {
            check(&[(1.0, BRAKE)], t_s, [stops_at_m - 25.0 * t_s, 3.5, -25.0, 0.0]);
        }
        let motion = motion(&[(1.0, BRAKE)]);
        for tick in 0..1000 {
            let [_, _, vx_mps, _] = state(&motion, f64::from(tick) * 0.01);
            assert!(vx_mps >= -25.0, "reverses after {tick} ticks");
        }
    }

    #[test]
    fn a_later_brake_takes_over() {
        let hard = Manoeuvre::Speed { to_mps: 0.0, rate_mps2: 10.0 };
        let both = [(2.0, hard), (1.0, BRAKE)];
        check(&both, 2.0, [50.0 + 17.0 - 50.0, 3.5, -11.0, 0.0]);
        check(&both, 3.0, [50.0 + 17.0 + 9.0 - 75.0, 3.5, -21.0, 0.0]);
        check(&both, 9.0, [50.0 + 17.0 + 9.8 - 225.0, 3.5, -25.0, 0.0]);
    }

    #[test]
    fn a_brake_at_standstill_changes_nothing() {
        check(&[(0.0, BRAKE), (30.0, BRAKE)], 40.0, [30.0 + 400.0 / 12.0 - 1e3, 3.5, -25.0, 0.0]);
    }

    #[test]
    fn velocity_is_the_slope_of_position() {
        let motion = motion(&[(1.0, LANE_CHANGE), (1.5, BRAKE)]);
        let dt_s = 1e-5;
        for tick in 1..600 {
            let t_s = f64::from(tick) * 0.01 + 0.003;
            let [before, after] = [t_s - dt_s, t_s + dt_s].map(|t_s| state(&motion, t_s));
            let [_, _, vx_mps, vy_mps] = state(&motion, t_s);
            assert!(((after[0] - before[0]) / (2.0 * dt_s) - vx_mps).abs() < 1e-3);
            assert!(((after[1] - before[1]) / (2.0 * dt_s) - vy_mps).abs() < 1e-3);
        }
    }

    #[test]
    fn a_cut_in_passes_in_front_of_the_ego() {
        let motion = motion(&[(1.0, LANE_CHANGE), (2.0, BRAKE)]);
        let [x_m, y_m, vx_mps, _] = state(&motion, 3.75);
        assert!(x_m > 0.0 && y_m.abs() < 0.1 && vx_mps < -10.0, "{x_m} {y_m} {vx_mps}");
    }

    #[test]
    fn in_a_bend_velocity_is_the_slope_of_the_position_that_the_ego_sees() {
        let mut traffic = traffic(&[(0.5, LANE_CHANGE), (1.0, BRAKE)]);
        let sections = vec![Section { length_m: 400.0, curvature_per_m: 0.004 }];
        traffic.road = Road { sections, ..Road::default() };
        let motion = Motion::new(&traffic);
        let (t_s, h) = (1.3, 1e-5);
        let [before, now, after] = [t_s - h, t_s, t_s + h]
            .map(|t_s| motion.at(t_s, Way::even(EGO_MPS).at(t_s)).next().unwrap());
        assert!(((after.x_m - before.x_m) / (2.0 * h) - now.vx_mps).abs() < 1e-5, "{now:?}");
        assert!(((after.y_m - before.y_m) / (2.0 * h) - now.vy_mps).abs() < 1e-5, "{now:?}");
        assert!(now.heading_rad > 0.05, "{now:?}");
    }

    #[test]
    #[should_panic(expected = "a rate is above 0")]
    fn a_brake_that_accelerates_is_refused() {
        motion(&[(0.0, Manoeuvre::Speed { to_mps: 0.0, rate_mps2: -1.0 })]);
    }
}
