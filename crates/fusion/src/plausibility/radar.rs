//! Whether a radar's list can be believed: [`RadarMonitor`] compares it with what the sensor can
//! see, with the list before, with the tracks that the camera supports and with the standing world.

use super::Doubt;
use super::persistence::Persistence;
use crate::config::{Config, FieldOfView};
use crate::fusion::Output;
use crate::radar::Detection;
use crate::tracker::{MAX_TRACKS, Status, Track};

/// What the radar measures beyond the views in which it should see vehicles, and its noise.
const BEYOND_VIEW_M: f32 = 10.0;
/// See [`BEYOND_VIEW_M`].
const BEYOND_VIEW_RAD: f32 = 0.15;
/// Fastest that anything on a road is relative to the ego: two cars at 250 km/h.
const RANGE_RATE_MAX_MPS: f32 = 140.0;

/// A track is a reference while the camera saw it this recently.
const CAMERA_AGE_MAX_NS: u64 = 200_000_000;

/// A detection may be of a track if it is as near as this along the beam, across it, and in speed.
/// What is off by more is missing.
const SAME_OBJECT_RANGE_M: f32 = 6.0;
/// See [`SAME_OBJECT_RANGE_M`].
const SAME_OBJECT_ACROSS_M: f32 = 2.5;
/// See [`SAME_OBJECT_RANGE_M`].
const SAME_OBJECT_RANGE_RATE_MPS: f32 = 6.0;

/// What is as fast as the ego drives towards it, up to this, belongs to the standing world.
const STANDING_RANGE_RATE_MPS: f32 = 3.0;

/// Deviations whose median is a bias: some lists of a scene with two cars.
const DEVIATIONS: usize = 15;

/// Largest median deviation of a sound radar from the tracks. Tracks follow the radar in part, so
/// that a lasting bias must be larger to be seen.
const RANGE_BIAS_MAX_M: f32 = 0.5;
/// Largest median deviation of range rates from the tracks and the standing world. A car that
/// brakes hard is off by more from its track, and outvoted by what stands beside the road.
const RANGE_RATE_BIAS_MAX_MPS: f32 = 0.6;

/// A track is missing from a list only within this range, where a car has several echoes: one of
/// them alone comes and goes.
const MISSING_RANGE_MAX_M: f64 = 55.0;

/// In so many of the last lists a track must be missing, the same one: (needed, window).
const MISSING: Persistence = Persistence::new(5, 6);

/// A track that the camera did not see for so long where it looks, while the radar does, is of
/// nothing.
const GHOST_CAMERA_AGE_NS: u64 = 500_000_000;

/// A track is hidden from the camera by a nearer one in the same direction, within this.
const HIDDEN_RAD: f64 = 0.08;

/// Judges the lists of one radar, in the order of their measurement.
#[derive(Clone, Debug)]
pub struct RadarMonitor {
    radar_views: [FieldOfView; 2],
    camera_view: FieldOfView,
    before: Vec<Detection>,
    ego_speed_mps: Option<f32>,
    range_m: Deviations,
    range_rate_mps: Deviations,
    /// In which lists each reference track, by its id, was missing.
    misses: Vec<(u32, Persistence)>,
    out_of_range: Persistence,
    stuck: Persistence,
    biased: Persistence,
    ghost: Persistence,
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
            misses: Vec::with_capacity(MAX_TRACKS),
            out_of_range: Persistence::new(2, 3),
            stuck: Persistence::new(2, 3),
            biased: Persistence::new(3, 4),
            ghost: Persistence::new(6, 8),
        }
    }

    /// Tells the ego's own speed, by which the standing world is recognised. What is no finite
    /// number makes it unknown, as it is at the start.
    pub fn set_ego_speed_mps(&mut self, speed_mps: f64) {
        self.ego_speed_mps = speed_mps.is_finite().then_some(speed_mps as f32);
    }

    /// Judges the list measured at `captured_ns` by what fusion believed before it.
    ///
    /// What it does not see: whatever lies where the camera sees nothing, and a bias below half a
    /// metre or 0.6 m/s.
    pub fn check(
        &mut self,
        captured_ns: u64,
        detections: &[Detection],
        belief: Belief,
    ) -> Option<Doubt> {
        let is_missing = self.compare(captured_ns, detections, belief);
        let is_out_of_range = detections.iter().any(|detection| !self.can_see(detection));
        let is_out_of_range = self.out_of_range.note(is_out_of_range);
        let is_stuck = !detections.is_empty() && self.before == detections;
        let is_stuck = self.stuck.note(is_stuck);
        self.note_standing(detections);
        let is_biased = self.range_m.median().abs() > RANGE_BIAS_MAX_M
            || self.range_rate_mps.median().abs() > RANGE_RATE_BIAS_MAX_MPS;
        let is_biased = self.biased.note(is_biased);
        let is_ghost = self.has_ghost(belief.output);
        let is_ghost = self.ghost.note(is_ghost);
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

    /// Looks for each reference track in the list: notes by how much it is off, and tells whether
    /// one is missing time and again.
    fn compare(&mut self, captured_ns: u64, detections: &[Detection], belief: Belief) -> bool {
        let back_s = (belief.at_ns as f64 - captured_ns as f64) as f32 * 1e-9;
        let tracks = &belief.output.tracks;
        self.misses.retain(|(id, _)| tracks.iter().any(|track| track.id == *id));
        let mut is_missing = false;
        for track in tracks.iter().filter(|track| is_confirmed(track)) {
            if !self.is_reference(track) {
                continue;
            }
            let nearest = Expected::of(track, back_s).nearest(detections);
            if let Some([range_m, range_rate_mps]) = nearest {
                self.range_m.note(range_m);
                self.range_rate_mps.note(range_rate_mps);
            }
            if place(track).0 <= MISSING_RANGE_MAX_M {
                is_missing |= self.note_missing(track.id, nearest.is_none());
            }
        }
        is_missing
    }

    fn note_missing(&mut self, id: u32, is_missing: bool) -> bool {
        let index = self.misses.iter().position(|(other, _)| *other == id);
        let index = index.unwrap_or_else(|| {
            self.misses.push((id, MISSING));
            self.misses.len() - 1
        });
        self.misses[index].1.note(is_missing)
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
        track.camera_age_ns.is_some_and(|age| age <= CAMERA_AGE_MAX_NS)
            && self.camera_view.contains(range_m, azimuth_rad)
            && self.radar_views.iter().any(|view| view.contains(range_m, azimuth_rad))
    }

    /// Whether the radar sees something where the camera, which lives, looks and sees nothing.
    fn has_ghost(&self, output: &Output) -> bool {
        output.camera_age_ns.is_some_and(|age| age <= CAMERA_AGE_MAX_NS)
            && output.tracks.iter().any(|track| self.is_ghost(track, &output.tracks))
    }

    fn is_ghost(&self, track: &Track, tracks: &[Track]) -> bool {
        let (range_m, azimuth_rad) = place(track);
        let hides = |other: &Track| {
            let (other_m, other_rad) = place(other);
            other_m < range_m && (other_rad - azimuth_rad).abs() <= HIDDEN_RAD
        };
        is_confirmed(track)
            && track.camera_age_ns.is_none_or(|age| age > GHOST_CAMERA_AGE_NS)
            && track.radar_age_ns.is_some_and(|age| age <= CAMERA_AGE_MAX_NS)
            && self.camera_view.contains(range_m, azimuth_rad)
            && !tracks.iter().any(hides)
    }

    /// Notes by how much the standing world is off from the speed of the ego.
    fn note_standing(&mut self, detections: &[Detection]) {
        let Some(ego_speed_mps) = self.ego_speed_mps else { return };
        for detection in detections {
            let off_mps = detection.range_rate_mps + ego_speed_mps * detection.azimuth_rad.cos();
            if off_mps.abs() <= STANDING_RANGE_RATE_MPS {
                self.range_rate_mps.note(off_mps);
            }
        }
    }
}

/// The last deviations of one measured value from what it should be.
#[derive(Clone, Debug, Default)]
struct Deviations {
    ring: [f32; DEVIATIONS],
    count: usize,
}

impl Deviations {
    fn note(&mut self, deviation: f32) {
        self.ring[self.count % DEVIATIONS] = deviation;
        self.count += 1;
    }

    /// 0 until there are enough.
    fn median(&self) -> f32 {
        if self.count < DEVIATIONS {
            return 0.0;
        }
        let mut sorted = self.ring;
        sorted.sort_unstable_by(f32::total_cmp);
        sorted[DEVIATIONS / 2]
    }
}

/// What the radar should say of a track.
struct Expected {
    range_m: f32,
    azimuth_rad: f32,
    range_rate_mps: f32,
}

impl Expected {
    /// Of a track as it was `back_s` ago.
    fn of(track: &Track, back_s: f32) -> Expected {
        let (x, y) = (track.x_m - back_s * track.vx_mps, track.y_m - back_s * track.vy_mps);
        let range_m = x.hypot(y);
        Expected {
            range_m,
            azimuth_rad: y.atan2(x),
            range_rate_mps: (x * track.vx_mps + y * track.vy_mps) / range_m.max(1.0),
        }
    }

    /// By how much the detection that fits best is off in range and range rate, if any fits.
    fn nearest(&self, detections: &[Detection]) -> Option<[f32; 2]> {
        let off = |detection: &Detection| {
            let range_m = detection.range_m - self.range_m;
            let across_m = self.range_m * (detection.azimuth_rad - self.azimuth_rad);
            let range_rate_mps = detection.range_rate_mps - self.range_rate_mps;
            let shares = [
                range_m / SAME_OBJECT_RANGE_M,
                across_m / SAME_OBJECT_ACROSS_M,
                range_rate_mps / SAME_OBJECT_RANGE_RATE_MPS,
            ];
            // A comparison with NaN is false.
            let fits = shares.iter().all(|share| share.abs() <= 1.0);
            let distance: f32 = shares.iter().map(|share| share * share).sum();
            fits.then_some((distance, [range_m, range_rate_mps]))
        };
        let nearest = detections.iter().filter_map(off).min_by(|a, b| a.0.total_cmp(&b.0));
        nearest.map(|(_, deviation)| deviation)
    }
}

fn is_confirmed(track: &Track) -> bool {
    track.status == Status::Confirmed
}

/// Range and azimuth of a track.
fn place(track: &Track) -> (f64, f64) {
    let (x, y) = (f64::from(track.x_m), f64::from(track.y_m));
    (x.hypot(y), y.atan2(x))
}
