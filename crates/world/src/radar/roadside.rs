//! What stands beside the road: clutter, a guard rail, and what is mirrored in it: [`Roadside`].

use super::body::rcs_dbsm;
use super::receiver::MIN_RANGE_M;
use super::{Beam, Echo, MAX_DETECTIONS, RadarModel, Rail};
use crate::motion::Object;
use crate::plant::EgoState;
use crate::random::Draws;
use crate::road::{Course, LANE_WIDTH_M, Road};

/// Cross-section of clutter and of a post of the rail, dB m².
const STANDING_RCS_DBSM: f64 = -5.0;

/// Distance between two posts, m, as in the common steel systems of EN 1317.
const POST_SPACING_M: f64 = 4.0;
/// Where posts reflect, from the ego on, m: beyond, they hide one another.
const RAIL_AHEAD_M: (f64, f64) = (5.0, 100.0);

/// What a mirror image loses against its actor on the way over the rail and back, dB.
const MIRROR_LOSS_DB: f64 = 20.0;

/// All that stands and reflects.
#[derive(Clone, Debug)]
pub(super) struct Roadside {
    clutter_per_cycle: f64,
    beams: [Beam; 2],
    rail: Option<Rail>,
    /// Left of the middle of the ego's lane.
    rail_across_m: f64,
}

impl Roadside {
    pub(super) fn new(model: &RadarModel, road: &Road) -> Self {
        let gap_m = model.rail.map_or(0.0, |rail| rail.gap_m);
        Self {
            clutter_per_cycle: model.clutter_per_cycle,
            beams: [model.far, model.near],
            rail: model.rail,
            rail_across_m: (f64::from(road.lanes_left) + 0.5) * LANE_WIDTH_M + gap_m,
        }
    }

    /// Clutter and posts of one cycle.
    pub(super) fn echoes(&self, road: &Course, ego: EgoState, draws: &mut Draws) -> Vec<Echo> {
        let clutter = draws.poisson(self.clutter_per_cycle, MAX_DETECTIONS);
        let mut echoes: Vec<Echo> = (0..clutter).map(|_| self.clutter(ego, draws)).collect();
        if let Some(rail) = self.rail {
            let posts = draws.poisson(rail.echoes_per_cycle, MAX_DETECTIONS);
            echoes.extend((0..posts).map(|_| self.post(road, ego, draws)));
        }
        echoes
    }

    /// A standing thing somewhere in one of the beams.
    fn clutter(&self, ego: EgoState, draws: &mut Draws) -> Echo {
        let [far, near] = self.beams;
        let beam = if draws.uniform() < 0.5 { far } else { near };
        let azimuth_rad = draws.between(-beam.half_width_rad, beam.half_width_rad);
        let range_m = draws.between(MIN_RANGE_M, beam.max_range_m);
        standing(range_m, azimuth_rad, ego)
    }

    fn post(&self, road: &Course, ego: EgoState, draws: &mut Draws) -> Echo {
        let along_m = ego.distance_m + draws.between(RAIL_AHEAD_M.0, RAIL_AHEAD_M.1);
        let post_m = (along_m / POST_SPACING_M).floor() * POST_SPACING_M;
        let pose = road.seen_from(ego.distance_m, post_m, self.rail_across_m);
        let echo = Echo::new([pose.x_m, pose.y_m], [0.0; 2], 0.0);
        standing(echo.range_m, echo.azimuth_rad, ego)
    }

    /// The mirror image of an actor in the rail, and how probable it is; `None` of who is not between
    /// the ego and the rail.
    ///
    /// The waves go over the rail on both ways, so that the image is where a plane mirror shows it
    /// (Kopp, Kellner, Piroli, Dietmayer, "Fast Rule-Based Clutter Detection in Automotive Radar
    /// Data", ITSC 2021, on multi-path by guard rails).
    pub(super) fn ghost(
        &self,
        road: &Course,
        object: &Object,
        ego: EgoState,
    ) -> Option<(f64, Echo)> {
        let rail = self.rail?;
        let to_rail_m = self.rail_across_m - object.y_m;
        if object.x_m <= 0.0 || to_rail_m <= 0.0 {
            return None;
        }
        // Where angle of incidence and angle of reflection are equal.
        let ahead_m = object.x_m * self.rail_across_m / (self.rail_across_m + to_rail_m);
        let mirror = road.seen_from(ego.distance_m, ego.distance_m + ahead_m, self.rail_across_m);
        let (sin, cos) = libm::sincos(mirror.heading_rad);
        let behind_m = (object.y_m - mirror.y_m) * cos - (object.x_m - mirror.x_m) * sin;
        // Over ground, since the rail stands.
        let (vx_mps, vy_mps) = (object.vx_mps + ego.speed_mps, object.vy_mps);
        let off_mps = vy_mps * cos - vx_mps * sin;
        let place = [object.x_m + 2.0 * behind_m * sin, object.y_m - 2.0 * behind_m * cos];
        let velocity = [vx_mps + 2.0 * off_mps * sin - ego.speed_mps, vy_mps - 2.0 * off_mps * cos];
        let rcs_dbsm = rcs_dbsm(object.kind) - MIRROR_LOSS_DB;
        (behind_m < 0.0).then(|| (rail.ghost_probability, Echo::new(place, velocity, rcs_dbsm)))
    }
}

fn standing(range_m: f64, azimuth_rad: f64, ego: EgoState) -> Echo {
    let range_rate_mps = -ego.speed_mps * libm::cos(azimuth_rad);
    Echo { range_m, azimuth_rad, range_rate_mps, rcs_dbsm: STANDING_RCS_DBSM }
}
