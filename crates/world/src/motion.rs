//! Where everyone truly is at any time: [`Motion`], the ground truth.
//!
//! Closed form: nothing is integrated step by step, so every process that asks for one time gets
//! the same bits, whatever it asked for before.

use std::f64::consts::PI;

use crate::traffic::{Actor, Manoeuvre, Size, Traffic, lane_change_duration_s};

/// The true motion of all actors relative to the ego.
#[derive(Clone, Debug)]
pub struct Motion {
    ego_speed_mps: f64,
    courses: Vec<Course>,
}

/// The true state of one actor at one time, in the ego frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Object {
    /// Index into [`Traffic::actors`].
    pub actor: usize,
    /// Gap from the ego's front bumper to the actor's rear face, m; negative behind it.
    pub x_m: f64,
    /// Lateral position of the centre of the rear face, m, left positive.
    pub y_m: f64,
    /// Speed relative to the ego along x, m/s; negative while the gap closes.
    pub vx_mps: f64,
    /// Speed relative to the ego along y, m/s.
    pub vy_mps: f64,
    /// Outer dimensions.
    pub size: Size,
}

impl Motion {
    /// Works out the courses of all actors.
    ///
    /// # Panics
    /// Where a number is not finite, a step begins before time zero, a deceleration or a peak
    /// lateral speed is not above 0, or a size is not above 0: whoever reads a scenario refuses
    /// these.
    pub fn new(traffic: &Traffic) -> Self {
        assert!(traffic.ego.speed_mps.is_finite(), "the ego's speed is a number");
        Self {
            ego_speed_mps: traffic.ego.speed_mps,
            courses: traffic.actors.iter().map(Course::new).collect(),
        }
    }

    /// The state of every actor, in the order of [`Traffic::actors`]. A time before zero is zero.
    pub fn at(&self, t_s: f64) -> impl Iterator<Item = Object> + '_ {
        let t_s = t_s.max(0.0);
        self.courses.iter().enumerate().map(move |(actor, course)| {
            let (x_ground_m, speed_mps) = course.along(t_s);
            let (y_m, vy_mps) = course.across(t_s);
            Object {
                actor,
                x_m: x_ground_m - self.ego_speed_mps * t_s,
                y_m,
                vx_mps: speed_mps - self.ego_speed_mps,
                vy_mps,
                size: course.size,
            }
        })
    }

    /// How far the ego has come since time zero, m.
    pub fn ego_distance_m(&self, t_s: f64) -> f64 {
        self.ego_speed_mps * t_s.max(0.0)
    }

    /// Ground speed of the ego along the road, m/s.
    pub fn ego_speed_mps(&self) -> f64 {
        self.ego_speed_mps
    }
}

/// One actor's script, worked out.
#[derive(Clone, Debug)]
struct Course {
    size: Size,
    y_m: f64,
    /// In order of time; the first begins at zero.
    legs: Vec<Leg>,
    changes: Vec<Change>,
}

/// From its beginning on: constant deceleration to standstill, then standing.
#[derive(Clone, Copy, Debug)]
struct Leg {
    from_s: f64,
    x_m: f64,
    speed_mps: f64,
    decel_mps2: f64,
}

#[derive(Clone, Copy, Debug)]
struct Change {
    from_s: f64,
    duration_s: f64,
    dy_m: f64,
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
        let mut brakes = Vec::new();
        for step in &actor.script {
            assert!(step.at_s.is_finite() && step.at_s >= 0.0, "a step begins at or after zero");
            match step.manoeuvre {
                Manoeuvre::LaneChange { dy_m, peak_lateral_mps } => {
                    assert!(positive(peak_lateral_mps), "a peak lateral speed is above 0");
                    assert!(dy_m.is_finite(), "a lateral displacement is a number");
                    let duration_s = lane_change_duration_s(dy_m, peak_lateral_mps);
                    changes.push(Change { from_s: step.at_s, duration_s, dy_m });
                }
                Manoeuvre::Brake { decel_mps2 } => {
                    assert!(positive(decel_mps2), "a deceleration is above 0");
                    brakes.push((step.at_s, decel_mps2));
                }
            }
        }

        brakes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut leg =
            Leg { from_s: 0.0, x_m: start.x_m, speed_mps: start.speed_mps, decel_mps2: 0.0 };
        let mut legs = vec![leg];
        for (from_s, decel_mps2) in brakes {
            let (x_m, speed_mps) = leg.at(from_s);
            leg = Leg { from_s, x_m, speed_mps, decel_mps2 };
            legs.push(leg);
        }
        Self { size: actor.size, y_m: start.y_m, legs, changes }
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
        let deceleration_mps2 = self.decel_mps2.copysign(self.speed_mps);
        let elapsed_s = t_s - self.from_s;
        let standstill_s = self.speed_mps / deceleration_mps2; // infinite or NaN without braking
        if elapsed_s >= standstill_s {
            return (self.x_m + 0.5 * self.speed_mps * standstill_s, 0.0);
        }
        let speed_mps = self.speed_mps - deceleration_mps2 * elapsed_s;
        (self.x_m + 0.5 * (self.speed_mps + speed_mps) * elapsed_s, speed_mps)
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
        let rate = PI / self.duration_s;
        let (sin, cos) = (rate * elapsed_s).sin_cos();
        (0.5 * self.dy_m * (1.0 - cos), 0.5 * self.dy_m * rate * sin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::{Ego, Start, Step};

    const LANE_CHANGE: Manoeuvre = Manoeuvre::LaneChange { dy_m: -3.5, peak_lateral_mps: 2.0 };
    const BRAKE: Manoeuvre = Manoeuvre::Brake { decel_mps2: 6.0 };

    /// One car, 20 m/s, 30 m ahead in the left lane of an ego at 25 m/s.
    fn motion(script: &[(f64, Manoeuvre)]) -> Motion {
        let step = |&(at_s, manoeuvre)| Step { at_s, manoeuvre };
        Motion::new(&Traffic {
            ego: Ego { speed_mps: 25.0 },
            actors: vec![Actor {
                id: "car".into(),
                start: Start { x_m: 30.0, y_m: 3.5, speed_mps: 20.0 },
                size: Size::CAR,
                script: script.iter().map(step).collect(),
            }],
        })
    }

    fn state(motion: &Motion, t_s: f64) -> [f64; 4] {
        let object = motion.at(t_s).next().unwrap();
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
        let hard = Manoeuvre::Brake { decel_mps2: 10.0 };
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
    #[should_panic(expected = "a deceleration is above 0")]
    fn a_brake_that_accelerates_is_refused() {
        motion(&[(0.0, Manoeuvre::Brake { decel_mps2: -1.0 })]);
    }
}
