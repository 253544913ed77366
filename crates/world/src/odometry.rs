//! What the ego's own sensors tell of its motion: [`Odometry`].

use crate::plant::EgoState;
use crate::road::Course;
use crate::traffic::Traffic;

/// Resolution of the speed on a vehicle bus, m/s: 0.01 km/h steps are common, 0.02 m/s is what the
/// ARS 408 takes (message 0x300).
const SPEED_STEP_MPS: f64 = 0.02;
/// Resolution of the yaw rate, rad/s: 0.01°/s, what the ARS 408 takes (message 0x301).
const YAW_RATE_STEP_RADPS: f64 = 0.01 / 180.0 * std::f64::consts::PI;

/// Wheel speed sensors and a yaw rate sensor, exact but for their resolution.
#[derive(Clone, Debug)]
pub struct Odometry {
    road: Course,
}

/// One sample of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OwnMotion {
    /// Ground speed, m/s.
    pub speed_mps: f64,
    /// How fast the ego turns, rad/s, left positive.
    pub yaw_rate_radps: f64,
}

impl Odometry {
    /// # Panics
    /// As [`Course::new`].
    pub fn new(traffic: &Traffic) -> Self {
        Self { road: Course::new(&traffic.road) }
    }

    /// What it tells while the ego is in this state.
    pub fn measure(&self, ego: EgoState) -> OwnMotion {
        let in_steps = |value: f64, step: f64| (value / step).round() * step;
        let yaw_rate_radps = ego.speed_mps * self.road.curvature_per_m(ego.distance_m);
        OwnMotion {
            speed_mps: in_steps(ego.speed_mps, SPEED_STEP_MPS),
            yaw_rate_radps: in_steps(yaw_rate_radps, YAW_RATE_STEP_RADPS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::road::{Road, Section};

    #[test]
    fn it_tells_speed_and_yaw_rate_in_steps() {
        let sections = vec![Section { length_m: 500.0, curvature_per_m: -0.002 }];
        let road = Road { sections, ..Road::default() };
        let odometry = Odometry::new(&Traffic { road, ..Traffic::default() });
        for speed_mps in [0.0, 13.8888, 27.777] {
            let state = EgoState { distance_m: 100.0, speed_mps, acceleration_mps2: 0.0 };
            let seen = odometry.measure(state);
            assert!((seen.speed_mps - speed_mps).abs() <= SPEED_STEP_MPS / 2.0 + 1e-12);
            let turns = seen.yaw_rate_radps + 0.002 * speed_mps;
            assert!(turns.abs() <= YAW_RATE_STEP_RADPS / 2.0 + 1e-12);
        }
    }
}
