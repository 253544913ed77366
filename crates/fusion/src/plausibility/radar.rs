//! Whether a radar's list can be believed: [`RadarMonitor`] compares it with what the sensor can
//! see, with the list before, with the tracks that the camera supports and with the standing world.
//!
//! A sound radar fluctuates, is hidden from, sees one car as several and a few that are none: each
//! comparison is made only where the list itself shows that the radar should know better.

mod deviations;
mod expected;
mod ghosts;
mod missing;

use super::Doubt;
use super::persistence::Persistence;
use crate::config::{Config, FieldOfView};
use crate::fusion::Output;
use crate::radar::Detection;
use crate::tracker::{Status, Track};
use deviations::Deviations;
use expected::Expected;
use ghosts::Ghosts;
use missing::Missing;

/// What the radar measures beyond the views in which it should see vehicles, and its noise.
const BEYOND_VIEW_M: f32 = 10.0;
/// See [`BEYOND_VIEW_M`].
const BEYOND_VIEW_RAD: f32 = 0.15;
/// Fastest that anything on a road is relative to the ego: two cars at 250 km/h.
const RANGE_RATE_MAX_MPS: f32 = 140.0;

/// A track is a reference while the camera saw it this recently.
const CAMERA_AGE_MAX_NS: u64 = 200_000_000;

/// What is as fast as the ego drives towards it, up to this, belongs to the standing world.
const STANDING_RANGE_RATE_MPS: f32 = 3.0;

/// Largest median deviation of a sound radar from the tracks. Tracks follow the radar in part, so
/// that a lasting bias must be larger to be seen.
const RANGE_BIAS_MAX_M: f32 = 0.5;
/// Largest median deviation of range rates from the tracks and the standing world. A car that
/// brakes hard is off by more from its track, and outvoted by what stands beside the road.
const RANGE_RATE_BIAS_MAX_MPS: f32 = 0.6;

/// Half the width of a lorry, and how far a track may be off its middle.
const HIDING_HALF_WIDTH_M: f64 = 1.5;
/// Half the width of a car, of which no part may be hidden.
const HIDDEN_HALF_WIDTH_M: f64 = 1.0;

/// Judges the lists of one radar, in the order of their measurement.
#[derive(Clone, Debug)]
pub struct RadarMonitor {
    radar_views: [FieldOfView; 2],
    camera_view: FieldOfView,
    before: Vec<Detection>,
    ego_speed_mps: Option<f32>,
    range_m: Deviations,
    range_rate_mps: Deviations,
    missing: Missing,
    out_of_range: Persistence,
    stuck: Persistence,
    biased: Persistence,
    ghosts: Ghosts,
}

/// What fusion believed before it took a list in.
#[derive(Clone, Copy, Debug)]
pub struct Belief<'a> {
    /// The time of the output.
    pub at_ns: u64,
    /// What was believed then.
    pub output: &'a Output,
}

impl RadarMonitor {
    /// For sensors that see as `config` says.
    pub fn new(config: &Config) -> RadarMonitor {
        RadarMonitor {
            radar_views: config.radar_views,
            camera_view: config.camera_view,
            before: Vec::new(),
            ego_speed_mps: None,
            range_m: Deviations::default(),
            range_rate_mps: Deviations::default(),
            missing: Missing::default(),
            out_of_range: Persistence::new(2, 3),
            stuck: Persistence::new(2, 3),
            biased: Persistence::new(3, 4),
            ghosts: Ghosts::default(),
        }
    }

    /// Tells the ego's own speed, by which the standing world is recognised. What is no finite
    /// number makes it unknown, as it is at the start.
    pub fn set_ego_speed_mps(&mut self, speed_mps: f64) {
        self.ego_speed_mps = speed_mps.is_finite().then_some(speed_mps as f32);
    }

    /// Judges the list measured at `captured_ns` by what fusion believed before it.
    ///
    /// What it does not see: whatever lies where the camera sees nothing or beyond all that it
    /// sees, a ghost that stands or is no stronger than a motorcycle, the absence of what is as weak as a
    /// far pedestrian, and a bias below half a metre or 0.6 m/s.
    pub fn check(
        &mut self,
        captured_ns: u64,
        detections: &[Detection],
        belief: Belief,
    ) -> Option<Doubt> {
        let back_s = (belief.at_ns as f64 - captured_ns as f64) as f32 * 1e-9;
        self.range_m.begin_list();
        self.range_rate_mps.begin_list();
        let is_missing = self.compare(detections, belief.output, back_s);
        let is_out_of_range = detections.iter().any(|detection| !self.can_see(detection));
        let is_out_of_range = self.out_of_range.note(is_out_of_range);
        let is_stuck = !detections.is_empty() && self.before == detections;
        let is_stuck = self.stuck.note(is_stuck);
        self.note_standing(detections, &belief.output.tracks, back_s);
        let is_biased = self.is_biased();
        let is_ghost = self.ghosts.note(detections, belief.output, &self.camera_view);
        self.before.clear();
        self.before.extend_from_slice(detections);
        [
            (is_out_of_range, Doubt::OutOfRange),
            (is_stuck, Doubt::StuckList),
            (is_missing, Doubt::Missing),
            (is_biased, Doubt::Biased),
            (is_ghost, Doubt::Ghost),
        ]
        .into_iter()
        .find_map(|(is_told, doubt)| is_told.then_some(doubt))
    }

    /// Whether the last lists were biased time and again, and this one is.
    fn is_biased(&mut self) -> bool {
        let values =
            [(&self.range_m, RANGE_BIAS_MAX_M), (&self.range_rate_mps, RANGE_RATE_BIAS_MAX_MPS)];
        let mut biased = values.iter().filter(|(off, limit)| off.are_biased(*limit)).peekable();
        let persists = self.biased.note(biased.peek().is_some());
        persists && biased.any(|(off, limit)| off.go_on(*limit))
    }

    /// Looks for each reference track in the list: notes by how much it is off, and tells whether
    /// one is missing time and again.
    fn compare(&mut self, detections: &[Detection], output: &Output, back_s: f32) -> bool {
        let tracks = &output.tracks;
        self.missing.forget_all_but(tracks);
        let mut is_missing = false;
        for track in tracks.iter().filter(|track| is_confirmed(track)) {
            if !self.is_reference(track) {
                continue;
            }
            let expected = Expected::of(track, back_s);
            if let Some(off) = expected.nearest(detections) {
                self.range_m.note(off.range_m);
                self.range_rate_mps.note(off.range_rate_mps);
            }
            if !tracks.iter().any(|other| hides(other, track)) {
                is_missing |= self.missing.note(track.id, expected.strongest(detections));
            }
        }
        is_missing
    }

    /// Whether the sensor can measure such a thing. A comparison with NaN is false.
    fn can_see(&self, detection: &Detection) -> bool {
        let in_range = self.radar_views.iter().any(|view| {
            detection.range_m <= view.max_range_m as f32 + BEYOND_VIEW_M
                && detection.azimuth_rad.abs() <= view.half_angle_rad as f32 + BEYOND_VIEW_RAD
        });
        in_range
            && detection.range_m >= 0.0
            && detection.range_rate_mps.abs() <= RANGE_RATE_MAX_MPS
            && detection.rcs_dbsm.is_finite()
    }

    /// Whether both sensors should see the track and the camera does.
    fn is_reference(&self, track: &Track) -> bool {
        let (range_m, azimuth_rad) = place(track);
        is_in_sight(track)
            && self.camera_view.contains(range_m, azimuth_rad)
            && self.radar_views.iter().any(|view| view.contains(range_m, azimuth_rad))
    }

    /// Notes by how much the standing world is off from the speed of the ego. A car that creeps is
    /// none of it.
    fn note_standing(&mut self, detections: &[Detection], tracks: &[Track], back_s: f32) {
        let Some(ego_speed_mps) = self.ego_speed_mps else { return };
        let is_of_track = |detection: &Detection| {
            let mut confirmed = tracks.iter().filter(|track| is_confirmed(track));
            confirmed.any(|track| Expected::of(track, back_s).is_at(detection))
        };
        for detection in detections {
            let off_mps = detection.range_rate_mps + ego_speed_mps * detection.azimuth_rad.cos();
            if off_mps.abs() <= STANDING_RANGE_RATE_MPS && !is_of_track(detection) {
                self.range_rate_mps.note(off_mps);
            }
        }
    }
}

fn is_confirmed(track: &Track) -> bool {
    track.status == Status::Confirmed
}

/// Whether the camera sees the track.
fn is_in_sight(track: &Track) -> bool {
    track.camera_age_ns.is_some_and(|age| age <= CAMERA_AGE_MAX_NS)
}

/// Range and azimuth of a track.
fn place(track: &Track) -> (f64, f64) {
    let (x, y) = (f64::from(track.x_m), f64::from(track.y_m));
    (x.hypot(y), y.atan2(x))
}

/// Whether a nearer track, of which there is no doubt, is in the way of a farther one, at least in
/// part.
fn hides(nearer: &Track, farther: &Track) -> bool {
    let ((near_m, near_rad), (far_m, far_rad)) = (place(nearer), place(farther));
    let apart_rad = (near_rad - far_rad).abs();
    is_confirmed(nearer)
        && near_m < far_m
        && apart_rad <= HIDING_HALF_WIDTH_M / near_m + HIDDEN_HALF_WIDTH_M / far_m
}
