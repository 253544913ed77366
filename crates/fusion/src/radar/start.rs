//! Which objects of a list may start a track: [`StartRules`]. All of them may support one.

use super::Object;
use crate::config::EgoMotion;

/// A weaker echo starts no track: a car is stronger up to 150 m, a person up to 60 m, most clutter
/// is not beyond 60 m.
const MIN_EXISTENCE_PERCENT: u8 = 60;

/// What stands still starts a track only this close to the path of the ego: a stopped car, not a
/// guard rail.
const STANDING_HALF_CORRIDOR_M: f64 = 2.0;
/// And not nearer than this: a stopped car was seen from afar, what turns up here is clutter. Only
/// who begins to look may find it here: a fusion that was restarted behind it.
const STANDING_MIN_RANGE_M: f64 = 8.0;
/// Slower than this the ego's path is straight: its curvature is yaw rate over speed.
const MIN_SPEED_MPS: f64 = 1.0;

/// What goes along behind another is a part of it: axles of the longest lorry or bus, seen below or
/// along its side. So is the weaker of two that noise kept apart.
const PART_BEHIND_M: f64 = 14.0;
/// See [`PART_BEHIND_M`].
const PART_ACROSS_M: f64 = 2.0;
/// See [`PART_BEHIND_M`].
const PART_RANGE_RATE_MPS: f64 = 1.0;
/// Nearer to each other along x than this, two faces are one.
const SAME_FACE_M: f64 = 1.0;

/// A mirror image lies as far beyond a guard rail as what is mirrored lies before it, and goes along
/// with it; 3 σ of ranges and range rates.
const MIRROR_ALONG_M: f64 = 1.5;
/// See [`MIRROR_ALONG_M`].
const MIRROR_SPEED_MPS: f64 = 1.0;
/// How far the rail may be off the middle between the two, more than 2 σ of the azimuth.
const MIRROR_ACROSS_M: f64 = 0.5;
/// How much weaker an image is at least: it went over the rail twice.
const MIRROR_LOSS_DB: f64 = 3.0;
/// So many standing objects in line are a rail.
const RAIL_POSTS: usize = 2;

/// Decides by the whole list.
pub(super) struct StartRules<'a> {
    pub(super) objects: &'a [Object],
    pub(super) ego: Option<EgoMotion>,
    /// Whether fusion has only begun to look.
    pub(super) is_first_look: bool,
}

impl StartRules<'_> {
    pub(super) fn allow(&self, object: &Object) -> bool {
        object.existence_percent >= MIN_EXISTENCE_PERCENT
            && (!object.stands_still || self.is_in_the_way(object))
            && !self
                .objects
                .iter()
                .any(|other| is_part_of(object, other) || self.is_mirror_image(object, other))
    }

    fn is_in_the_way(&self, object: &Object) -> bool {
        (self.is_first_look || object.range_m >= STANDING_MIN_RANGE_M)
            && self.off_path_m(object).abs() <= STANDING_HALF_CORRIDOR_M
    }

    /// How far to the left of the ego's path it is.
    fn off_path_m(&self, object: &Object) -> f64 {
        let curvature_per_m = self
            .ego
            .filter(|ego| ego.speed_mps >= MIN_SPEED_MPS)
            .map_or(0.0, |ego| ego.yaw_rate_radps / ego.speed_mps);
        object.y_m - curvature_per_m * object.x_m * object.x_m / 2.0
    }

    /// Whether a line of standing objects mirrors the other, stronger one in this place.
    fn is_mirror_image(&self, object: &Object, other: &Object) -> bool {
        let goes_along = (object.x_m - other.x_m).abs() <= MIRROR_ALONG_M
            && (object.forward_mps() - other.forward_mps()).abs() <= MIRROR_SPEED_MPS
            && other.rcs_dbsm - object.rcs_dbsm >= MIRROR_LOSS_DB;
        let middle_m = self.off_path_m(object).midpoint(self.off_path_m(other));
        let is_post = |post: &&Object| {
            let slack_m = MIRROR_ACROSS_M + 2.0 * post.range_m * post.azimuth_sigma_rad;
            post.stands_still && (self.off_path_m(post) - middle_m).abs() <= slack_m
        };
        goes_along && self.objects.iter().filter(is_post).count() >= RAIL_POSTS
    }
}

impl Object {
    /// Relative speed along x, if it goes along x.
    fn forward_mps(&self) -> f64 {
        self.range_rate.mps * self.range_m / self.x_m
    }
}

fn is_part_of(object: &Object, other: &Object) -> bool {
    let behind_m = object.x_m - other.x_m;
    let is_behind = if behind_m.abs() <= SAME_FACE_M {
        object.rcs_dbsm < other.rcs_dbsm
    } else {
        (0.0..=PART_BEHIND_M).contains(&behind_m)
    };
    is_behind
        && (object.y_m - other.y_m).abs() <= PART_ACROSS_M
        && (object.forward_mps() - other.forward_mps()).abs() <= PART_RANGE_RATE_MPS
}
