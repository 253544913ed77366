//! Whether the radar sees what is not there: [`Ghosts`].

use super::expected::Expected;
use super::{CAMERA_AGE_MAX_NS, hides, is_confirmed, is_in_sight, place};
use crate::config::FieldOfView;
use crate::fusion::Output;
use crate::plausibility::persistence::Persistence;
use crate::radar::Detection;
use crate::tracker::{Evidence, Track};

/// A track that the camera did not see for so long where it looks, while the radar does, is of
/// nothing.
const CAMERA_AGE_NS: u64 = 500_000_000;
/// The radar sees a track if it found it as recently as this, two lists ago. A mirror image is in
/// one list of many.
const RADAR_AGE_MAX_NS: u64 = 120_000_000;

/// What reflects less may be a motorcycle (3 dB m²), a pedestrian (-8), a mirror image, clutter:
/// the camera has a right not to see some of them. The rear of a car has 10.
const MIN_RCS_DBSM: f32 = 5.0;

/// Parts of a vehicle that the camera sees: in front of its face, as noise has it, and behind it,
/// as long as the longest lorry; across it; in speed.
const PART_IN_FRONT_M: f32 = 4.0;
/// See [`PART_IN_FRONT_M`].
const PART_BEHIND_M: f32 = 14.0;
/// See [`PART_IN_FRONT_M`].
const PART_ACROSS_M: f32 = 2.5;
/// See [`PART_IN_FRONT_M`].
const PART_SPEED_MPS: f32 = 3.0;

/// Counts the lists with a ghost.
#[derive(Clone, Debug)]
pub(super) struct Ghosts {
    lists: Persistence,
}

impl Default for Ghosts {
    fn default() -> Ghosts {
        Ghosts { lists: Persistence::new(6, 8) }
    }
}

impl Ghosts {
    /// Takes a list in, with what is believed and where the camera should see a vehicle; tells
    /// whether a ghost persists.
    pub(super) fn note(
        &mut self,
        detections: &[Detection],
        output: &Output,
        camera_view: &FieldOfView,
    ) -> bool {
        let tracks = &output.tracks;
        // In fog, rain and at night a camera sees less far: what it sees is the witness of how far.
        let in_sight = tracks.iter().filter(|track| is_confirmed(track) && is_in_sight(track));
        let sight_m = in_sight.map(|track| place(track).0).fold(0.0, f64::max);
        let camera_view =
            FieldOfView { max_range_m: camera_view.max_range_m.min(sight_m), ..*camera_view };
        let is_strong = |track: &Track| {
            let strongest = Expected::of(track, 0.0).strongest(detections);
            strongest.is_some_and(|it| it.rcs_dbsm >= MIN_RCS_DBSM)
        };
        let is_ghost = |track: &Track| {
            let (range_m, azimuth_rad) = place(track);
            is_radar_alone(track)
                && camera_view.contains(range_m, azimuth_rad)
                && is_strong(track)
                && !tracks.iter().any(|other| hides(other, track) || is_part_of(track, other))
        };
        let camera_lives = output.camera_age_ns.is_some_and(|age| age <= CAMERA_AGE_MAX_NS);
        self.lists.note(camera_lives && tracks.iter().any(is_ghost))
    }
}

/// Whether the radar sees something that moves, and the camera does not. What stands may be flat.
fn is_radar_alone(track: &Track) -> bool {
    is_confirmed(track)
        && track.evidence >= Evidence::Moving
        && track.camera_age_ns.is_none_or(|age| age > CAMERA_AGE_NS)
        && track.radar_age_ns.is_some_and(|age| age <= RADAR_AGE_MAX_NS)
}

/// Whether it goes along with a vehicle that the camera has seen.
fn is_part_of(track: &Track, other: &Track) -> bool {
    let behind_m = track.x_m - other.x_m;
    track.id != other.id
        && other.camera_age_ns.is_some()
        && (-PART_IN_FRONT_M..=PART_BEHIND_M).contains(&behind_m)
        && (track.y_m - other.y_m).abs() <= PART_ACROSS_M
        && (track.vx_mps - other.vx_mps).abs() <= PART_SPEED_MPS
}
