//! Where the road is in each row of the picture: [`Ahead`].

use crate::plant::EgoState;
use crate::road::Course;

/// The first sample on the road, m from the camera: nearer than any row shows.
const FIRST_M: f64 = 1.0;
/// Distance of samples: at least this, m, and this share of how far away they are. Between two
/// of them a bend of 50 m radius strays by less than half a pixel from the straight line.
const STEP_M: f64 = 0.5;
const STEP_SHARE: f64 = 0.015;
/// The last sample, m.
const LAST_M: f64 = 3000.0;
/// A road that has turned away farther than this (its cosine) ends there for the picture.
const AWAY: f64 = 0.35;

/// The road at one depth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// The middle of the ego's lane, m to the left.
    pub(super) y_m: f64,
    /// By how much the road is wider along y than across itself.
    pub(super) stretch: f64,
    /// Distance along the road from the ego, m.
    pub(super) along_m: f64,
}

/// The road as this picture shows it.
pub(super) struct Ahead {
    /// Depth of each row that shows the ground, the nearest first.
    depths_m: Vec<f64>,
    /// The road there; as many as the road reaches, none where it is straight.
    places: Vec<Place>,
    is_straight: bool,
}

impl Ahead {
    /// For rows that show the ground at these depths, the nearest first.
    pub(super) fn new(depths_m: Vec<f64>) -> Self {
        let places = Vec::with_capacity(depths_m.len());
        Self { depths_m, places, is_straight: true }
    }

    /// Looks along the road from where the ego is.
    pub(super) fn look(&mut self, road: &Course, ego: EgoState) {
        self.is_straight = road.is_straight();
        self.places.clear();
        if self.is_straight {
            return;
        }
        let sample = |along_m: f64| {
            let pose = road.seen_from(ego.distance_m, ego.distance_m + along_m, 0.0);
            let cos = libm::cos(pose.heading_rad);
            (pose.x_m, Place { y_m: pose.y_m, stretch: cos.max(AWAY).recip(), along_m }, cos)
        };
        let (mut x_m, mut place, _) = sample(FIRST_M);
        while place.along_m < LAST_M && self.places.len() < self.depths_m.len() {
            let step_m = (place.along_m * STEP_SHARE).max(STEP_M);
            let (next_x_m, next, cos) = sample(place.along_m + step_m);
            if cos < AWAY || next_x_m <= x_m {
                break;
            }
            for &depth_m in &self.depths_m[self.places.len()..] {
                if depth_m >= next_x_m {
                    break;
                }
                let share = (depth_m - x_m) / (next_x_m - x_m);
                let between = |a: f64, b: f64| a + (b - a) * share;
                self.places.push(Place {
                    y_m: between(place.y_m, next.y_m),
                    stretch: between(place.stretch, next.stretch),
                    along_m: between(place.along_m, next.along_m),
                });
            }
            (x_m, place) = (next_x_m, next);
        }
    }

    /// The road in the row of this index among those that show the ground, the nearest first;
    /// `None` where it has turned out of view.
    pub(super) fn place(&self, nearness: usize) -> Option<Place> {
        if self.is_straight {
            let along_m = *self.depths_m.get(nearness)?;
            return Some(Place { y_m: 0.0, stretch: 1.0, along_m });
        }
        self.places.get(nearness).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::road::{Road, Section};

    /// On a circle of radius r to the left, y = r − √(r² − x²).
    #[test]
    fn a_bend_is_followed_to_within_a_tenth_of_a_pixel_on_the_ground() {
        let radius_m = 250.0;
        let sections = vec![Section { length_m: 300.0, curvature_per_m: 1.0 / radius_m }];
        let road = Course::new(&Road { sections, ..Road::default() });
        let depths_m: Vec<f64> = (0..180).map(|row| 5.0 + f64::from(row)).collect();
        let mut ahead = Ahead::new(depths_m.clone());
        ahead.look(&road, EgoState::default());
        for (nearness, x_m) in depths_m.into_iter().enumerate() {
            let place = ahead.place(nearness).unwrap();
            let cos = (1.0 - (x_m / radius_m).powi(2)).sqrt();
            let error_m = place.y_m - radius_m * (1.0 - cos);
            assert!(error_m.abs() * 1968.0 / x_m < 0.5, "{x_m} m: {error_m}");
            assert!((place.stretch * cos - 1.0).abs() < 1e-3, "{x_m} m: {place:?}");
        }
    }

    #[test]
    fn a_road_that_turns_back_ends_there() {
        let sections = vec![Section { length_m: 150.0, curvature_per_m: 0.05 }];
        let road = Course::new(&Road { sections, ..Road::default() });
        let mut ahead = Ahead::new(vec![5.0, 15.0, 25.0, 100.0]);
        ahead.look(&road, EgoState::default());
        assert!(ahead.place(1).is_some());
        assert_eq!(ahead.place(2), None);
        assert_eq!(ahead.place(3), None);
    }
}
