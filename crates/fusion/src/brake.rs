//! Whether to brake, for whom and how hard. Main type: [`Braking`], which turns tracks into a
//! [`BrakeRequest`] and has no clock, no sensors and no brakes.
//!
//! What each mode may decide:
//!
//! | mode | begins to brake for | goes on braking | says "do not brake" |
//! |---|---|---|---|
//! | fused | (a), (b), (c), (d) | yes | yes |
//! | camera only | (c), at any distance | yes | yes |
//! | radar only | what has [`Evidence`] beyond `Single`; (d) | yes | yes |
//! | coasting | nothing | while a track in conflict lives, for [`BrakePolicy::coasting_ns`] | no |
//! | blind | nothing | no | no |
//!
//! - (a) what both have found, standing or not;
//! - (b) what the radar alone saw move;
//! - (c) what the camera has known for [`BrakePolicy::camera_only_ns`]: where a radar looks as well
//!   and never saw it, within [`BrakePolicy::camera_alone_max_m`];
//! - (d) what the radar found nearer than [`BrakePolicy::too_near_m`] when fusion had seen for no
//!   longer than [`BrakePolicy::warm_up_ns`] since blindness or its start.
//!
//! Where it cannot say "do not brake" there is no statement: the brakes hold what they do for as
//! long as they are built to. So it is without odometry, and for [`BrakePolicy::warm_up_ns`] after
//! blindness or a start: a fusion that is restarted while the car brakes releases nothing, but may
//! already ask for more.
//!
//! A track is in conflict if it will be in the ego's path when the ego gets there, and the ego would
//! have to brake to keep off. Braking begins when that takes so hard a deceleration that a driver
//! would have braked before (the last point to brake, as in J. Hillenbrand et al., IEEE T-ITS 7(4),
//! 2006), and ends when the conflict was resolved for a while, or at standstill.

use crate::config::EgoMotion;
use crate::mode::Mode;
use crate::tracker::{Evidence, Status, Track};

mod conflict;

use conflict::Conflict;

/// What is asked of the brakes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrakeRequest {
    /// Deceleration; 0 is not to brake.
    pub deceleration_mps2: f64,
    /// Time to collision with the track that demands most; infinite without one.
    pub ttc_s: f64,
    /// That track.
    pub track: Option<u32>,
    /// Whether this is a statement; if not, fusion cannot tell.
    pub valid: bool,
}

impl BrakeRequest {
    /// Fusion cannot tell.
    pub const NO_STATEMENT: BrakeRequest =
        BrakeRequest { deceleration_mps2: 0.0, ttc_s: f64::INFINITY, track: None, valid: false };
}

/// When to brake, and what the brakes can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrakePolicy {
    /// Time from a request to the first deceleration, and from the measurement to the request.
    pub dead_time_s: f64,
    /// How fast the deceleration builds up.
    pub jerk_mps3: f64,
    /// Full braking.
    pub full_mps2: f64,
    /// Partial braking, which costs little if it was not needed.
    pub partial_mps2: f64,
    /// Partial braking begins when at least this deceleration is needed.
    pub partial_from_mps2: f64,
    /// Full braking begins when at least this deceleration is needed. The rest up to full braking
    /// is for what the tracks do not know.
    pub full_from_mps2: f64,
    /// Nothing begins for a collision that is farther off than this.
    pub ttc_max_s: f64,
    /// A conflict that needs less is resolved.
    pub end_mps2: f64,
    /// Braking ends once every conflict has been resolved for this long.
    pub resolved_ns: u64,
    /// Gap that is to remain.
    pub margin_m: f64,
    /// Half the width of the ego.
    pub ego_half_width_m: f64,
    /// Half the width of another, about which nothing is known: a car.
    pub other_half_width_m: f64,
    /// Overlap of the two widths that a driver would pass by.
    pub overlap_min_m: f64,
    /// The camera alone must have known a track for this long.
    pub camera_only_ns: u64,
    /// Farther away the camera alone is not believed against a radar that sees nothing.
    pub camera_alone_max_m: f64,
    /// Without any sensor, braking goes on for this long.
    pub coasting_ns: u64,
    /// Nearer than this the camera sees no road, and what the radar finds there while fusion begins
    /// is believed: the fusion before may have seen it with both.
    pub too_near_m: f64,
    /// After a start, no sensor can vouch for an empty road before this.
    pub warm_up_ns: u64,
}

impl Default for BrakePolicy {
    /// Brakes with a dead time of 0.1 s, 45 m/s³ and 9 m/s² on dry asphalt; 1 m of margin, as Euro
    /// NCAP's AEB tests allow any gap above 0.
    fn default() -> BrakePolicy {
        BrakePolicy {
            dead_time_s: 0.15,
            jerk_mps3: 45.0,
            full_mps2: 9.0,
            partial_mps2: 4.0,
            partial_from_mps2: 4.5,
            full_from_mps2: 6.0,
            ttc_max_s: 3.0,
            end_mps2: 1.0,
            resolved_ns: 300_000_000,
            margin_m: 1.0,
            ego_half_width_m: 0.95,
            other_half_width_m: 0.9,
            overlap_min_m: 0.3,
            camera_only_ns: 300_000_000,
            camera_alone_max_m: 20.0,
            coasting_ns: 1_000_000_000,
            too_near_m: 5.0,
            warm_up_ns: 500_000_000,
        }
    }
}

/// How hard it brakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Partial,
    Full,
}

/// A braking that has begun.
#[derive(Clone, Copy, Debug)]
struct Begun {
    stage: Stage,
    /// When a conflict was last there.
    conflict_ns: u64,
}

/// The decision, with its memory.
#[derive(Clone, Debug)]
pub(crate) struct Braking {
    policy: BrakePolicy,
    begun: Option<Begun>,
    /// Since when there is something to go by, without a blindness in between.
    seeing_since_ns: Option<u64>,
    /// When a sensor was last alive.
    alive_ns: u64,
    /// The newest time that was decided on.
    newest_ns: u64,
}

impl Braking {
    pub(crate) fn new(policy: BrakePolicy) -> Braking {
        Braking { policy, begun: None, seeing_since_ns: None, alive_ns: 0, newest_ns: 0 }
    }

    /// Decides by what is believed at `now_ns`. A time before an earlier one counts as that one.
    pub(crate) fn decide(
        &mut self,
        now_ns: u64,
        mode: Mode,
        tracks: &[Track],
        ego: Option<EgoMotion>,
    ) -> BrakeRequest {
        let now_ns = now_ns.max(self.newest_ns);
        self.newest_ns = now_ns;
        let (Some(ego), true) = (ego, mode != Mode::Blind) else {
            self.begun = None;
            self.seeing_since_ns = None;
            return BrakeRequest::NO_STATEMENT;
        };
        let since_ns = *self.seeing_since_ns.get_or_insert(now_ns);
        if mode != Mode::Coasting {
            self.alive_ns = now_ns;
        }
        let policy = self.policy;
        let conflicts = || {
            let confirmed = tracks.iter().filter(|track| track.status == Status::Confirmed);
            confirmed.filter_map(|track| Conflict::of(track, ego, &policy))
        };
        let worst = worst(conflicts());
        let seeing_ns = now_ns - since_ns;
        let beginning =
            conflicts().filter(|conflict| policy.may_begin(mode, conflict.track, seeing_ns));
        let demanded = beginning.filter_map(|conflict| policy.stage(&conflict)).max();
        self.note(now_ns, demanded, worst, ego);
        let deceleration_mps2 = self.begun.map_or(0.0, |begun| policy.deceleration_mps2(begun));
        let outlived = now_ns - self.alive_ns > policy.coasting_ns;
        let valid = match (mode, self.begun) {
            (Mode::Coasting, None) => false,
            (Mode::Coasting, Some(_)) => !outlived,
            (_, None) => now_ns - since_ns >= policy.warm_up_ns,
            (_, Some(_)) => true,
        };
        if !valid {
            return BrakeRequest::NO_STATEMENT;
        }
        BrakeRequest {
            deceleration_mps2,
            ttc_s: worst.map_or(f64::INFINITY, |conflict| conflict.ttc_s),
            track: worst.map(|conflict| conflict.track.id),
            valid,
        }
    }

    /// Begins, raises, keeps or ends a braking.
    fn note(
        &mut self,
        now_ns: u64,
        demanded: Option<Stage>,
        worst: Option<Conflict>,
        ego: EgoMotion,
    ) {
        let conflict = worst.is_some_and(|worst| worst.needed_mps2 >= self.policy.end_mps2);
        self.begun = match (self.begun, demanded) {
            (None, None) => None,
            (None, Some(stage)) => Some(Begun { stage, conflict_ns: now_ns }),
            (Some(begun), demanded) => {
                let stage = demanded.map_or(begun.stage, |stage| stage.max(begun.stage));
                let conflict_ns = if conflict { now_ns } else { begun.conflict_ns };
                let resolved = now_ns - conflict_ns >= self.policy.resolved_ns;
                let stands = ego.speed_mps <= 0.0;
                (!resolved && !stands).then_some(Begun { stage, conflict_ns })
            }
        };
    }
}

/// The conflict that demands most.
fn worst<'a>(conflicts: impl Iterator<Item = Conflict<'a>>) -> Option<Conflict<'a>> {
    conflicts.max_by(|a, b| a.needed_mps2.total_cmp(&b.needed_mps2))
}

impl BrakePolicy {
    /// The table at the head of this file.
    fn may_begin(&self, mode: Mode, track: &Track, seeing_ns: u64) -> bool {
        let was_too_near = || self.was_too_near(track, seeing_ns);
        match mode {
            Mode::Fused => {
                was_too_near()
                    || self.is_known_to_camera(track)
                        && f64::from(track.x_m) <= self.camera_alone_max_m
                    || track.radar_age_ns.is_some()
                        && (track.camera_age_ns.is_some() || track.evidence > Evidence::Single)
            }
            Mode::CameraOnly => self.is_known_to_camera(track),
            Mode::RadarOnly => track.evidence > Evidence::Single || was_too_near(),
            Mode::Coasting | Mode::Blind => false,
        }
    }

    fn is_known_to_camera(&self, track: &Track) -> bool {
        track.camera_age_ns.is_some() && track.known_for_ns >= self.camera_only_ns
    }

    /// Whether the radar found it, just after fusion began to see, where the camera sees nothing. Its
    /// speed now tells where that was.
    fn was_too_near(&self, track: &Track, seeing_ns: u64) -> bool {
        let known_s = track.known_for_ns as f64 * 1e-9;
        let first_m = f64::from(track.x_m) - f64::from(track.vx_mps) * known_s;
        let is_early = seeing_ns.saturating_sub(track.known_for_ns) <= self.warm_up_ns;
        track.radar_age_ns.is_some() && is_early && first_m <= self.too_near_m
    }

    /// How hard to brake for a conflict, if at all yet.
    fn stage(&self, conflict: &Conflict) -> Option<Stage> {
        let needed = conflict.needed_mps2;
        match conflict.ttc_s <= self.ttc_max_s {
            true if needed >= self.full_from_mps2 => Some(Stage::Full),
            true if needed >= self.partial_from_mps2 => Some(Stage::Partial),
            _ => None,
        }
    }

    fn deceleration_mps2(&self, begun: Begun) -> f64 {
        match begun.stage {
            Stage::Partial => self.partial_mps2,
            Stage::Full => self.full_mps2,
        }
    }
}

#[cfg(test)]
mod tests;
