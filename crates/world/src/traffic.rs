//! Who is on the road and what each of them will do: [`Traffic`], plain data.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// The ego and everyone around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// The vehicle that carries the sensors.
    pub ego: Ego,
    /// The other vehicles, in the order that [`Object::actor`](crate::Object::actor) counts.
    pub actors: Vec<Actor>,
}

/// The vehicle that carries the sensors. It keeps its lane and its speed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ego {
    /// Ground speed along the road, m/s.
    pub speed_mps: f64,
}

/// Another vehicle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Actor {
    /// Its name in the scenario.
    pub id: String,
    /// Where it is at time zero.
    pub start: Start,
    /// Its outer dimensions.
    pub size: Size,
    /// What it will do, in any order.
    pub script: Vec<Step>,
}

/// State of an actor at time zero; x and y in the ego frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Gap from the ego's front bumper to the actor's rear face, m.
    pub x_m: f64,
    /// Lateral position of the centre of the rear face, m, left positive.
    pub y_m: f64,
    /// Ground speed along the road, m/s; negative for oncoming traffic.
    pub speed_mps: f64,
}

/// Outer dimensions of a vehicle, m.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// From rear to front.
    pub length_m: f64,
    /// From side to side.
    pub width_m: f64,
    /// From the ground to the roof.
    pub height_m: f64,
}

impl Size {
    /// A passenger car of the European middle class.
    pub const CAR: Self = Self { length_m: 4.6, width_m: 1.85, height_m: 1.5 };
}

impl Default for Size {
    fn default() -> Self {
        Self::CAR
    }
}

/// One line of an actor's script.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// When it begins, s.
    pub at_s: f64,
    /// What begins.
    pub manoeuvre: Manoeuvre,
}

/// What an actor can do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Manoeuvre {
    /// Moves sideways along half a cosine, at rest laterally before and after. The form of the
    /// cut-in of UN R157 in the ASAM ALKS scenarios. The speed along the road stays as it is; lane
    /// changes that overlap add up.
    LaneChange {
        /// Lateral displacement, m, left positive.
        dy_m: f64,
        /// Lateral speed in the middle of the manoeuvre, m/s, above 0.
        peak_lateral_mps: f64,
    },
    /// Brakes to standstill, and stays there. A later brake takes over from an earlier one.
    Brake {
        /// Deceleration, m/s², above 0.
        decel_mps2: f64,
    },
}

/// How long a lane change takes: `y(t) = dy/2·(1 − cos(πt/T))` peaks at `|dy|·π/(2T)`.
pub(crate) fn lane_change_duration_s(dy_m: f64, peak_lateral_mps: f64) -> f64 {
    PI * dy_m.abs() / (2.0 * peak_lateral_mps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_survives_its_own_text() {
        let traffic = Traffic {
            ego: Ego { speed_mps: 16.7 },
            actors: vec![Actor {
                id: "lead".into(),
                start: Start { x_m: 30.0, y_m: 3.5, speed_mps: 11.1 },
                size: Size::CAR,
                script: vec![
                    Step {
                        at_s: 1.0,
                        manoeuvre: Manoeuvre::LaneChange { dy_m: -3.5, peak_lateral_mps: 2.0 },
                    },
                    Step { at_s: 4.0, manoeuvre: Manoeuvre::Brake { decel_mps2: 6.0 } },
                ],
            }],
        };
        let text = serde_json::to_string(&traffic).unwrap();
        assert_eq!(serde_json::from_str::<Traffic>(&text).unwrap(), traffic);
    }
}
