//! Whether a track and the ego will meet, and what keeps them apart. Main type: [`Conflict`].

use super::BrakePolicy;
use crate::config::EgoMotion;
use crate::tracker::Track;

/// Straighter than this, over the distances at which one brakes, is straight: 1 cm within 45 m.
const CURVATURE_MIN_PER_M: f64 = 1e-5;

/// Slower than this a yaw rate says nothing about where the ego goes.
const CURVATURE_SPEED_MIN_MPS: f64 = 2.0;

/// Hardest braking that another is believed to do, as the ego's own.
const OTHER_DECELERATION_MAX_MPS2: f64 = 9.0;

/// Nobody is believed to keep a lateral speed for longer than this.
const CROSSING_MAX_S: f64 = 3.0;

/// Who is beside the path comes into it only if his lateral speed differs from 0 by so many standard
/// deviations.
const CROSSING_SIGMAS: f64 = 2.0;

/// Who comes towards the ego faster than this over ground follows a road that the ego does not know:
/// beyond a bend it seems to cross.
const ONCOMING_MIN_MPS: f64 = 2.0;

/// Such a one counts only where it is in the path already, and meets the ego this soon.
const ONCOMING_TTC_MAX_S: f64 = 1.5;

/// A place in the path must be known this well, in standard deviations: far away, the next lane is
/// as near as the radar is vague.
const SPARE_SIGMAS: f64 = 0.5;

/// A track that the ego must brake for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conflict<'a> {
    pub(super) track: &'a Track,
    /// Until they touch, if the ego keeps its speed.
    pub(super) ttc_s: f64,
    /// Even deceleration of the ego, after its dead time, that keeps them apart.
    pub(super) needed_mps2: f64,
}

/// A track along the ego's path: how far, how fast over ground, how hard it brakes.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    gap_m: f64,
    speed_mps: f64,
    deceleration_mps2: f64,
    offset_m: f64,
    offset_rate_mps: f64,
    /// Variances of the two, and their covariance.
    offset_variances: [f64; 3],
}

impl<'a> Conflict<'a> {
    /// `None` where they will not touch.
    pub(super) fn of(track: &'a Track, ego: EgoMotion, policy: &BrakePolicy) -> Option<Self> {
        let ahead = Ahead::of(track, ego);
        let ttc_s = ahead.ttc_s(ego.speed_mps)?;
        let reach_m = policy.ego_half_width_m + policy.other_half_width_m - policy.overlap_min_m;
        let is_elsewhere = ttc_s > ONCOMING_TTC_MAX_S || ahead.offset_m.abs() > reach_m;
        if ahead.speed_mps < -ONCOMING_MIN_MPS && is_elsewhere {
            return None;
        }
        if !ttc_s.is_finite() || !ahead.will_be_within(reach_m, ttc_s.min(CROSSING_MAX_S)) {
            return None;
        }
        let needed_mps2 = ahead.needed_mps2(ego.speed_mps, policy);
        Some(Conflict { track, ttc_s, needed_mps2 })
    }
}

impl Ahead {
    /// In coordinates along the circle that the ego drives on.
    fn of(track: &Track, ego: EgoMotion) -> Ahead {
        let [x, y, vx, vy] = [track.x_m, track.y_m, track.vx_mps, track.vy_mps].map(f64::from);
        // Over ground: a track's velocity is seen from axes that turn.
        let yaw_rate = ego.yaw_rate_radps;
        let (vx, vy) = (vx + ego.speed_mps - yaw_rate * y, vy + yaw_rate * x);
        let curvature =
            if ego.speed_mps >= CURVATURE_SPEED_MIN_MPS { yaw_rate / ego.speed_mps } else { 0.0 };
        let (gap_m, offset_m, heading_rad) = if curvature.abs() < CURVATURE_MIN_PER_M {
            (x, y, 0.0)
        } else {
            let radius = 1.0 / curvature;
            let heading = x.atan2((radius - y) * radius.signum()) * radius.signum();
            (radius * heading, radius - x.hypot(radius - y).copysign(radius), heading)
        };
        let (sin, cos) = heading_rad.sin_cos();
        let along_mps2 = f64::from(track.ax_mps2) * cos + f64::from(track.ay_mps2) * sin;
        Ahead {
            gap_m,
            speed_mps: vx * cos + vy * sin,
            deceleration_mps2: (-along_mps2).clamp(0.0, OTHER_DECELERATION_MAX_MPS2),
            offset_m,
            offset_rate_mps: vy * cos - vx * sin,
            // A bend turns these little over the distances at which one brakes.
            offset_variances: [(1, 1), (3, 3), (1, 3)]
                .map(|(row, column)| f64::from(track.covariance[row][column])),
        }
    }

    /// Whether it will be no farther than this beside the path `after_s`: by its lateral speed as far
    /// as that is known to be one, and with half a standard deviation to spare.
    fn will_be_within(&self, reach_m: f64, after_s: f64) -> bool {
        let [place, speed, both] = self.offset_variances;
        let moves_sideways = self.offset_rate_mps.abs() > CROSSING_SIGMAS * speed.sqrt();
        let is_outside = self.offset_m.abs() > reach_m;
        if is_outside && !moves_sideways {
            return false;
        }
        let then_m = self.offset_m + self.offset_rate_mps * after_s;
        let variance = place + after_s * (2.0 * both + after_s * speed);
        then_m.abs() + SPARE_SIGMAS * variance.max(0.0).sqrt() <= reach_m
    }

    /// When the other stands, if it brakes until then.
    fn stands_after_s(&self) -> f64 {
        if self.speed_mps <= 0.0 || self.deceleration_mps2 <= 0.0 {
            f64::INFINITY
        } else {
            self.speed_mps / self.deceleration_mps2
        }
    }

    /// How far it still drives until it stands.
    fn stopping_m(&self) -> f64 {
        0.5 * self.speed_mps * self.stands_after_s()
    }

    /// Until the ego, at an even speed, touches it; infinite if it never does, `None` behind.
    fn ttc_s(&self, ego_mps: f64) -> Option<f64> {
        if self.gap_m < 0.0 {
            return None;
        }
        let closing = ego_mps - self.speed_mps;
        let brakes = if self.speed_mps > 0.0 { self.deceleration_mps2 } else { 0.0 };
        // gap − closing·t − brakes·t²/2 = 0, in the form that does not divide by a small number.
        let root = closing * closing + 2.0 * brakes * self.gap_m;
        let moving_s = 2.0 * self.gap_m / (closing + root.sqrt());
        if moving_s > 0.0 && moving_s <= self.stands_after_s() {
            return Some(moving_s);
        }
        if self.stands_after_s().is_finite() && ego_mps > 0.0 {
            return Some((self.gap_m + self.stopping_m()) / ego_mps);
        }
        Some(if self.gap_m == 0.0 && closing > 0.0 { 0.0 } else { f64::INFINITY })
    }

    /// The even deceleration, after the dead time, with which the ego keeps off by the margin:
    /// either it is as slow as the other before they meet, or it stops behind where the other does.
    fn needed_mps2(&self, ego_mps: f64, policy: &BrakePolicy) -> f64 {
        // The build-up of the deceleration costs as much way as half of it at full braking.
        let dead_s = policy.dead_time_s + 0.5 * policy.full_mps2 / policy.jerk_mps3;
        let brakes = if self.speed_mps > 0.0 { self.deceleration_mps2 } else { 0.0 };
        let room_m = self.gap_m - policy.margin_m;
        let closing = ego_mps - self.speed_mps;
        let gap_then_m = room_m - closing * dead_s - 0.5 * brakes * dead_s * dead_s;
        let closing_then = closing + brakes * dead_s;
        if closing_then <= 0.0 && brakes == 0.0 {
            return 0.0;
        }
        let meets_after_s = dead_s + 2.0 * gap_then_m / closing_then;
        if gap_then_m > 0.0 && closing_then > 0.0 && meets_after_s <= self.stands_after_s() {
            return brakes + closing_then * closing_then / (2.0 * gap_then_m);
        }
        let stopping_m = if self.stands_after_s().is_finite() { self.stopping_m() } else { 0.0 };
        if self.stands_after_s().is_infinite() && gap_then_m <= 0.0 {
            return f64::INFINITY;
        }
        let way_m = room_m + stopping_m - ego_mps * dead_s;
        if way_m <= 0.0 { f64::INFINITY } else { ego_mps * ego_mps / (2.0 * way_m) }
    }
}
