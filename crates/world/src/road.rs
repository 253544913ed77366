//! Where the road leads: [`Road`] as data, [`Course`] as geometry.
//!
//! A place on the road is told along the middle of the ego's lane, m from where the ego is at time
//! zero, and across it, left positive. Sections are arcs of circles, a straight one of infinite
//! radius; they meet without a kink.

use serde::{Deserialize, Serialize};

/// Distance between the middles of two lanes, m.
pub const LANE_WIDTH_M: f64 = 3.5;

/// The road as the scenario describes it. The default is straight, with a lane on each side of the
/// ego's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Road {
    /// Lanes to the left of the ego's.
    pub lanes_left: u8,
    /// Lanes to the right of the ego's.
    pub lanes_right: u8,
    /// From where the ego is at time zero on. Behind the first and after the last the road goes
    /// straight on.
    pub sections: Vec<Section>,
}

impl Default for Road {
    fn default() -> Self {
        Self { lanes_left: 1, lanes_right: 1, sections: Vec::new() }
    }
}

/// A stretch of road of one curvature.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Length, m, above 0.
    pub length_m: f64,
    /// One over the radius, 1/m; left positive, 0 is straight.
    pub curvature_per_m: f64,
}

/// A place and a direction on the plane, in m and rad, x forward, y left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pose {
    /// Forward.
    pub x_m: f64,
    /// Left.
    pub y_m: f64,
    /// Direction, counter-clockwise from x.
    pub heading_rad: f64,
}

/// A road, worked out.
#[derive(Clone, Debug)]
pub struct Course {
    /// Where each arc begins, from the first section on; then the straight rest.
    arcs: Vec<Arc>,
}

#[derive(Clone, Copy, Debug)]
struct Arc {
    from_m: f64,
    pose: Pose,
    curvature_per_m: f64,
}

impl Course {
    /// # Panics
    /// Where a length is not above 0 or a curvature is no number: whoever reads a scenario refuses
    /// these.
    pub fn new(road: &Road) -> Self {
        let mut arc = Arc { from_m: 0.0, pose: Pose::default(), curvature_per_m: 0.0 };
        let mut arcs = Vec::with_capacity(road.sections.len() + 1);
        for section in &road.sections {
            assert!(section.length_m > 0.0 && section.length_m.is_finite(), "a section is long");
            assert!(section.curvature_per_m.is_finite(), "a curvature is a number");
            arc.curvature_per_m = section.curvature_per_m;
            arcs.push(arc);
            let from_m = arc.from_m + section.length_m;
            arc = Arc { from_m, pose: arc.at(from_m), curvature_per_m: 0.0 };
        }
        arcs.push(arc);
        Self { arcs }
    }

    /// Whether the road is one straight line.
    pub fn is_straight(&self) -> bool {
        self.arcs.iter().all(|arc| arc.curvature_per_m == 0.0)
    }

    /// Curvature at a place, 1/m, left positive.
    pub fn curvature_per_m(&self, along_m: f64) -> f64 {
        if along_m < 0.0 { 0.0 } else { self.arc(along_m).curvature_per_m }
    }

    /// A place on the road as seen from another in the middle of the ego's lane, in which x leads
    /// along the road.
    pub fn seen_from(&self, viewer_along_m: f64, along_m: f64, across_m: f64) -> Pose {
        if self.is_straight() {
            return Pose { x_m: along_m - viewer_along_m, y_m: across_m, heading_rad: 0.0 };
        }
        let viewer = self.at(viewer_along_m);
        let place = self.at(along_m);
        let (sin, cos) = libm::sincos(place.heading_rad);
        let (dx_m, dy_m) =
            (place.x_m - across_m * sin - viewer.x_m, place.y_m + across_m * cos - viewer.y_m);
        let (sin, cos) = libm::sincos(viewer.heading_rad);
        Pose {
            x_m: dx_m * cos + dy_m * sin,
            y_m: dy_m * cos - dx_m * sin,
            heading_rad: place.heading_rad - viewer.heading_rad,
        }
    }

    /// The middle of the ego's lane, as seen from where the ego is at time zero.
    fn at(&self, along_m: f64) -> Pose {
        if along_m < 0.0 {
            return Pose { x_m: along_m, ..Pose::default() };
        }
        self.arc(along_m).at(along_m)
    }

    fn arc(&self, along_m: f64) -> &Arc {
        let begun = self.arcs.partition_point(|arc| arc.from_m <= along_m);
        &self.arcs[begun.max(1) - 1]
    }
}

impl Arc {
    fn at(&self, along_m: f64) -> Pose {
        let length_m = along_m - self.from_m;
        let turn_rad = length_m * self.curvature_per_m;
        let (sin, cos) = libm::sincos(self.pose.heading_rad);
        // Ahead and to the left of the arc's beginning.
        let (ahead_m, left_m) = if self.curvature_per_m == 0.0 {
            (length_m, 0.0)
        } else {
            let (sin, cos) = libm::sincos(turn_rad);
            (sin / self.curvature_per_m, (1.0 - cos) / self.curvature_per_m)
        };
        Pose {
            x_m: self.pose.x_m + ahead_m * cos - left_m * sin,
            y_m: self.pose.y_m + ahead_m * sin + left_m * cos,
            heading_rad: self.pose.heading_rad + turn_rad,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{FRAC_PI_2, PI};

    fn course(sections: &[(f64, f64)]) -> Course {
        let section =
            |&(length_m, curvature_per_m): &(f64, f64)| Section { length_m, curvature_per_m };
        Course::new(&Road { sections: sections.iter().map(section).collect(), ..Road::default() })
    }

    fn check(seen: Pose, x_m: f64, y_m: f64, heading_rad: f64) {
        let expected = [x_m, y_m, heading_rad];
        for (seen, expected) in [seen.x_m, seen.y_m, seen.heading_rad].into_iter().zip(expected) {
            assert!((seen - expected).abs() < 1e-9, "{seen} for {expected}");
        }
    }

    #[test]
    fn a_straight_road_goes_straight_on() {
        check(course(&[]).seen_from(10.0, 50.0, -3.5), 40.0, -3.5, 0.0);
        check(course(&[(100.0, 0.0)]).seen_from(-10.0, 250.0, 3.5), 260.0, 3.5, 0.0);
    }

    #[test]
    fn a_quarter_of_a_circle_leads_as_far_left_as_ahead() {
        let quarter = course(&[(FRAC_PI_2 * 100.0, 0.01)]);
        check(quarter.seen_from(0.0, FRAC_PI_2 * 100.0, 0.0), 100.0, 100.0, FRAC_PI_2);
        // From its end the beginning lies behind, and the rest straight ahead.
        check(quarter.seen_from(FRAC_PI_2 * 100.0, FRAC_PI_2 * 100.0 + 30.0, 2.0), 30.0, 2.0, 0.0);
        check(quarter.seen_from(FRAC_PI_2 * 100.0, 0.0, 0.0), -100.0, 100.0, -FRAC_PI_2);
    }

    #[test]
    fn sections_follow_each_other_without_a_kink() {
        let bends = course(&[(50.0, 0.0), (PI * 20.0, -0.05), (30.0, 0.02)]);
        for end in [50.0, 50.0 + PI * 20.0, 80.0 + PI * 20.0] {
            let (before, after) =
                (bends.seen_from(0.0, end - 1e-10, 1.0), bends.seen_from(0.0, end + 1e-10, 1.0));
            check(before, after.x_m, after.y_m, after.heading_rad);
        }
        check(bends.seen_from(0.0, 50.0 + PI * 20.0, 0.0), 50.0, -40.0, -PI);
    }

    #[test]
    fn a_place_across_a_bend_lies_on_a_circle_of_its_own() {
        let bend = course(&[(1000.0, 0.01)]);
        check(bend.seen_from(0.0, FRAC_PI_2 * 100.0, 20.0), 80.0, 100.0, FRAC_PI_2);
    }
}
