//! The road, its weather, who is on it and what each of them will do: [`Traffic`], plain data.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::plant::Brakes;
use crate::road::Road;
use crate::weather::Weather;

/// All there is outside of the sensors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Where the road leads.
    pub road: Road,
    /// Weather, light, and what is on the lens.
    pub weather: Weather,
    /// The vehicle that carries the sensors.
    pub ego: Ego,
    /// The other vehicles, in the order that [`Object::actor`](crate::Object::actor) counts.
    pub actors: Vec<Actor>,
}

/// The vehicle that carries the sensors. It keeps its lane, and its speed but for what it is asked
/// to brake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ego {
    /// Ground speed along the road, m/s.
    pub speed_mps: f64,
    /// What carries out a brake request; `None` leaves the loop open: nobody brakes.
    pub brakes: Option<Brakes>,
}

/// Someone or something else on the road.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Actor {
    /// Its name in the scenario.
    pub id: String,
    /// What it is: how it looks to a camera and to a radar.
    pub kind: Kind,
    /// Where it is at time zero.
    pub start: Start,
    /// Its outer dimensions.
    pub size: Size,
    /// What it will do, in any order.
    pub script: Vec<Step>,
}

/// What an actor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A passenger car.
    #[default]
    Car,
    /// A van or a bus: tall, with a flat rear.
    Van,
    /// A lorry.
    Lorry,
    /// A motorcycle with its rider.
    Motorcycle,
    /// A person on foot, adult or child by its size.
    Pedestrian,
    /// A thing that stands on the road.
    Obstacle,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 6] =
        [Kind::Car, Kind::Van, Kind::Lorry, Kind::Motorcycle, Kind::Pedestrian, Kind::Obstacle];

    /// Usual outer dimensions.
    pub const fn size(self) -> Size {
        let (length_m, width_m, height_m) = match self {
            Kind::Car => (4.6, 1.85, 1.5),
            Kind::Van => (5.9, 2.0, 2.6),
            Kind::Lorry => (12.0, 2.5, 3.8),
            Kind::Motorcycle => (2.2, 0.8, 1.5),
            Kind::Pedestrian => (0.5, 0.5, 1.8),
            Kind::Obstacle => (1.0, 1.8, 1.0),
        };
        Size { length_m, width_m, height_m }
    }
}

/// State of an actor at time zero, along the road and across it from where the ego is then.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Gap along the road from the ego's front bumper to the actor's nearest face, m: its rear, or
    /// the front of who comes towards the ego.
    pub x_m: f64,
    /// Lateral position of the centre of that face, m, left positive.
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
    pub const CAR: Self = Kind::Car.size();
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
    /// Changes its speed along the road at an even rate until it has the new one, and keeps that. A
    /// later change takes over from an earlier one.
    Speed {
        /// The new speed, m/s, in the direction of the old one; at or above 0.
        to_mps: f64,
        /// Acceleration or deceleration, m/s², above 0.
        rate_mps2: f64,
    },
    /// Walks straight across at an even speed.
    Walk {
        /// Lateral displacement, m, left positive.
        dy_m: f64,
        /// Lateral speed, m/s, above 0.
        speed_mps: f64,
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
            ego: Ego { speed_mps: 16.7, brakes: Some(Brakes::default()) },
            actors: vec![Actor {
                id: "lead".into(),
                kind: Kind::Van,
                start: Start { x_m: 30.0, y_m: 3.5, speed_mps: 11.1 },
                size: Size::CAR,
                script: vec![
                    Step {
                        at_s: 1.0,
                        manoeuvre: Manoeuvre::LaneChange { dy_m: -3.5, peak_lateral_mps: 2.0 },
                    },
                    Step { at_s: 4.0, manoeuvre: Manoeuvre::Speed { to_mps: 0.0, rate_mps2: 6.0 } },
                ],
            }],
            ..Traffic::default()
        };
        let text = serde_json::to_string(&traffic).unwrap();
        assert_eq!(serde_json::from_str::<Traffic>(&text).unwrap(), traffic);
    }
}
