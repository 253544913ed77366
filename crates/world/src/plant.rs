//! How the ego car moves when it is asked to brake: [`Plant`] turns requests into a [`Way`].
//!
//! A way is made of stretches of constant jerk, each in closed form, so that whoever asks where the
//! ego was or will be at one time gets the same bits. What a request changes lies a dead time ahead:
//! up to then the way is known, and no longer changes.

use serde::{Deserialize, Serialize};

/// Brakes, and what lies between a request and them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brakes {
    /// Dead time from a request to the first change of the deceleration, s, above 0.
    pub delay_s: f64,
    /// How fast the deceleration changes, m/s³, above 0.
    pub jerk_mps3: f64,
    /// Largest deceleration that tyres and road allow, m/s², above 0.
    pub deceleration_max_mps2: f64,
    /// How long the last request is held when there is no valid one any more, s.
    pub hold_s: f64,
}

impl Default for Brakes {
    /// An electro-hydraulic brake booster: dead time some 0.1 s, full braking within another 0.2 s;
    /// 9 m/s² on dry asphalt (Euro NCAP tests on surfaces with a peak coefficient of at least 0.9).
    /// The hold bridges the restart of whoever asks.
    fn default() -> Self {
        Self { delay_s: 0.1, jerk_mps3: 45.0, deceleration_max_mps2: 9.0, hold_s: 0.5 }
    }
}

/// Where the ego is along the road and how it moves, at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EgoState {
    /// Distance along the road since time zero, m.
    pub distance_m: f64,
    /// Ground speed, m/s.
    pub speed_mps: f64,
    /// Acceleration, m/s², negative while it brakes.
    pub acceleration_mps2: f64,
}

/// A part of the ego's way with one jerk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// When it begins, s.
    pub from_s: f64,
    /// The state that it begins with.
    pub state: EgoState,
    /// Change of the acceleration, m/s³.
    pub jerk_mps3: f64,
}

impl Stretch {
    fn at(&self, t_s: f64) -> EgoState {
        let EgoState { distance_m, speed_mps, acceleration_mps2 } = self.state;
        let (t, jerk) = (t_s - self.from_s, self.jerk_mps3);
        EgoState {
            distance_m: distance_m
                + t * (speed_mps + t * (acceleration_mps2 / 2.0 + t * (jerk / 6.0))),
            speed_mps: speed_mps + t * (acceleration_mps2 + t * (jerk / 2.0)),
            acceleration_mps2: acceleration_mps2 + t * jerk,
        }
    }

    /// When the speed comes to nothing in it, if it does.
    fn standstill_s(&self) -> Option<f64> {
        let EgoState { speed_mps: v, acceleration_mps2: a, .. } = self.state;
        let half_jerk = self.jerk_mps3 / 2.0;
        let after_s = if half_jerk == 0.0 {
            -v / a
        } else {
            let root = a * a - 4.0 * half_jerk * v;
            // The earlier of the two times, whichever sign the jerk has.
            if root < 0.0 { f64::NAN } else { 2.0 * v / (root.sqrt() - a) }
        };
        (after_s >= 0.0).then_some(self.from_s + after_s)
    }
}

/// Stretches that are kept: the newest. One change of a request makes three at most.
pub const MAX_STRETCHES: usize = 32;

/// The way of the ego, past and to come, as far as it is decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// In order of time, at least one, at most [`MAX_STRETCHES`].
    stretches: Vec<Stretch>,
}

impl Way {
    /// At an even speed for ever.
    pub fn even(speed_mps: f64) -> Self {
        let state = EgoState { speed_mps, ..EgoState::default() };
        Self { stretches: vec![Stretch { from_s: 0.0, state, jerk_mps3: 0.0 }] }
    }

    /// Made of these stretches; `None` where there is none, or they are not in order.
    pub fn from_stretches(stretches: Vec<Stretch>) -> Option<Self> {
        let ordered = stretches.is_sorted_by(|a, b| a.from_s <= b.from_s);
        (!stretches.is_empty() && ordered).then_some(Self { stretches })
    }

    /// Its stretches, in order of time.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// Becomes the way of these stretches, without allocating once it was as long; unchanged where
    /// they are none.
    pub fn replace(&mut self, stretches: &[Stretch]) {
        if !stretches.is_empty() {
            self.stretches.clear();
            self.stretches.extend_from_slice(stretches);
        }
    }

    /// Where the ego is at a time. A time before the first stretch is its beginning.
    pub fn at(&self, t_s: f64) -> EgoState {
        let begun = self.stretches.partition_point(|stretch| stretch.from_s <= t_s);
        let stretch = &self.stretches[begun.max(1) - 1];
        stretch.at(t_s.max(stretch.from_s))
    }

    /// From a time on, the acceleration goes to another at a rate, and stays there; the car stops
    /// rather than go backwards.
    fn turn(&mut self, from_s: f64, to_mps2: f64, jerk_mps3: f64) {
        let state = self.at(from_s);
        self.stretches.retain(|stretch| stretch.from_s < from_s);
        let change_mps2 = to_mps2 - state.acceleration_mps2;
        let jerk_mps3 = jerk_mps3.copysign(change_mps2);
        let mut stretch = Stretch { from_s, state, jerk_mps3 };
        let reached_s = from_s + change_mps2 / jerk_mps3;
        if self.stops_in(&stretch, reached_s) {
            return;
        }
        self.stretches.push(stretch);
        stretch = Stretch {
            from_s: reached_s,
            state: EgoState { acceleration_mps2: to_mps2, ..stretch.at(reached_s) },
            jerk_mps3: 0.0,
        };
        if !self.stops_in(&stretch, f64::INFINITY) {
            self.stretches.push(stretch);
        }
        let surplus = self.stretches.len().saturating_sub(MAX_STRETCHES);
        self.stretches.drain(..surplus);
    }

    /// If the car comes to a standstill in this stretch before `until_s`: adds it and the standstill.
    fn stops_in(&mut self, stretch: &Stretch, until_s: f64) -> bool {
        let Some(at_s) = stretch.standstill_s().filter(|at_s| *at_s <= until_s) else {
            return false;
        };
        let distance_m = stretch.at(at_s).distance_m;
        self.stretches.push(*stretch);
        let state = EgoState { distance_m, ..EgoState::default() };
        self.stretches.push(Stretch { from_s: at_s, state, jerk_mps3: 0.0 });
        true
    }
}

/// What whoever decides on braking says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Request {
    /// Brake like this, m/s², at or above 0; 0 is not to brake.
    Decelerate(f64),
    /// Nothing that counts: it has just begun, it cannot tell, or it is silent.
    NoStatement,
}

/// The ego car: takes requests, makes the way.
///
/// Called at each tick of a fixed grid of time, it gives the same way for the same requests at the
/// same ticks.
#[derive(Clone, Debug)]
pub struct Plant {
    brakes: Brakes,
    way: Way,
    /// The deceleration that the last tick asked for.
    asked_mps2: f64,
    /// Since when there has been no statement.
    silent_since_s: Option<f64>,
    known_until_s: f64,
}

impl Plant {
    /// At time zero, at an even speed.
    ///
    /// # Panics
    /// Where a delay, a jerk or a deceleration is not above 0: whoever reads a scenario refuses these.
    pub fn new(speed_mps: f64, brakes: Brakes) -> Self {
        let Brakes { delay_s, jerk_mps3, deceleration_max_mps2, .. } = brakes;
        let positive = |number: f64| number.is_finite() && number > 0.0;
        assert!(
            [delay_s, jerk_mps3, deceleration_max_mps2].into_iter().all(positive),
            "brakes have a delay, a jerk and a deceleration above 0"
        );
        let way = Way::even(speed_mps);
        Self { brakes, way, asked_mps2: 0.0, silent_since_s: None, known_until_s: delay_s }
    }

    /// What was requested until `now_s`, later than at any earlier call. Returns whether the way has
    /// changed, from [`known_until_s`](Self::known_until_s) on.
    pub fn tick(&mut self, now_s: f64, request: Request) -> bool {
        let Brakes { delay_s, jerk_mps3, deceleration_max_mps2, hold_s } = self.brakes;
        let asked_mps2 = match request {
            Request::Decelerate(mps2) if mps2.is_finite() => {
                self.silent_since_s = None;
                mps2.clamp(0.0, deceleration_max_mps2)
            }
            Request::Decelerate(_) | Request::NoStatement => {
                let since_s = *self.silent_since_s.get_or_insert(now_s);
                if now_s - since_s > hold_s { 0.0 } else { self.asked_mps2 }
            }
        };
        self.known_until_s = now_s + delay_s;
        let changed = asked_mps2.to_bits() != self.asked_mps2.to_bits();
        if changed {
            self.asked_mps2 = asked_mps2;
            let moves = self.way.at(self.known_until_s).speed_mps > 0.0;
            if moves {
                self.way.turn(self.known_until_s, -asked_mps2, jerk_mps3);
            }
        }
        changed
    }

    /// The way.
    pub fn way(&self) -> &Way {
        &self.way
    }

    /// Up to when the way will not change any more, s.
    pub fn known_until_s(&self) -> f64 {
        self.known_until_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK_S: f64 = 0.01;

    /// Ticks up to `end_s` with what `ask` says at each.
    fn drive(plant: &mut Plant, end_s: f64, ask: impl Fn(f64) -> Request) {
        let ticks = (end_s / TICK_S).round() as u32;
        for tick in 0..=ticks {
            let now_s = f64::from(tick) * TICK_S;
            plant.tick(now_s, ask(now_s));
        }
    }

    fn full_from(from_s: f64) -> impl Fn(f64) -> Request {
        move |now_s| Request::Decelerate(if now_s >= from_s { 9.0 } else { 0.0 })
    }

    /// Small steps of the equations of motion, for comparison.
    fn integrated(from_s: f64, speed_mps: f64, brakes: Brakes, end_s: f64) -> EgoState {
        let steps = 200_000;
        let dt = end_s / f64::from(steps);
        let mut state = EgoState { speed_mps, ..EgoState::default() };
        for step in 0..steps {
            let t = (f64::from(step) + 0.5) * dt;
            let ramp = (t - from_s - brakes.delay_s).max(0.0) * brakes.jerk_mps3;
            let a = -ramp.min(brakes.deceleration_max_mps2);
            let v = (state.speed_mps + a * dt).max(0.0);
            state.distance_m += 0.5 * (state.speed_mps + v) * dt;
            state.speed_mps = v;
        }
        state
    }

    #[test]
    fn nobody_asks_and_the_speed_stays() {
        let mut plant = Plant::new(20.0, Brakes::default());
        drive(&mut plant, 5.0, |_| Request::Decelerate(0.0));
        assert!((plant.way().at(5.0).distance_m - 100.0).abs() < 1e-12);
        assert_eq!(plant.way().stretches().len(), 1);
    }

    #[test]
    fn braking_agrees_with_the_equations_of_motion() {
        for (speed_mps, end_s) in [(20.0, 2.0), (20.0, 6.0), (1.0, 3.0), (0.2, 3.0)] {
            let brakes = Brakes::default();
            let mut plant = Plant::new(speed_mps, brakes);
            drive(&mut plant, end_s, full_from(1.0));
            let (seen, expected) =
                (plant.way().at(end_s), integrated(1.0, speed_mps, brakes, end_s));
            assert!((seen.distance_m - expected.distance_m).abs() < 1e-3, "{seen:?} {expected:?}");
            assert!((seen.speed_mps - expected.speed_mps).abs() < 1e-3, "{seen:?} {expected:?}");
        }
    }

    #[test]
    fn a_car_never_goes_backwards() {
        let mut plant = Plant::new(10.0, Brakes::default());
        drive(&mut plant, 20.0, full_from(0.5));
        for tick in 0..2000 {
            assert!(plant.way().at(f64::from(tick) * TICK_S).speed_mps >= -1e-9, "{tick}");
        }
        let standing =
            EgoState { distance_m: plant.way().at(15.0).distance_m, ..EgoState::default() };
        assert_eq!(plant.way().at(19.0), standing);
    }

    #[test]
    fn a_request_that_ends_leaves_the_speed_that_is_left() {
        let mut plant = Plant::new(20.0, Brakes::default());
        let short =
            |now_s: f64| Request::Decelerate(if (1.0..1.5).contains(&now_s) { 6.0 } else { 0.0 });
        drive(&mut plant, 4.0, short);
        let (early, late) = (plant.way().at(3.0), plant.way().at(4.0));
        assert!((late.speed_mps - 17.0).abs() < 0.1, "{late:?}");
        assert!((early.speed_mps - late.speed_mps).abs() < 1e-12);
    }

    #[test]
    fn what_is_known_does_not_change() {
        let mut plant = Plant::new(20.0, Brakes::default());
        let mut known = Vec::new();
        for tick in 0..600_u32 {
            let now_s = f64::from(tick) * TICK_S;
            let asked = f64::from(tick * 7 % 13);
            plant.tick(now_s, Request::Decelerate(if tick % 40 < 20 { asked } else { 0.0 }));
            known.push((plant.known_until_s(), plant.way().at(plant.known_until_s())));
            // As far back as the memory reaches.
            for (t_s, state) in known.iter().rev().take(8) {
                assert_eq!(plant.way().at(*t_s), *state, "at {t_s} s, told at {now_s} s");
            }
        }
        assert!(plant.way().stretches().len() <= MAX_STRETCHES);
    }

    #[test]
    fn the_last_request_is_held_for_a_while_and_no_longer() {
        let brakes = Brakes { hold_s: 0.5, ..Brakes::default() };
        let mut plant = Plant::new(30.0, brakes);
        drive(&mut plant, 2.0, |now_s| {
            if now_s < 1.0 { full_from(0.5)(now_s) } else { Request::NoStatement }
        });
        assert!((plant.way().at(1.5).acceleration_mps2 + 9.0).abs() < 1e-9);
        assert!(plant.way().at(1.95).acceleration_mps2.abs() < 1e-12);
    }
}
