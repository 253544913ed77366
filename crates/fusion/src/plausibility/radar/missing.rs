//! Whether a list lacks what the radar can see: [`Missing`].

use crate::plausibility::persistence::Persistence;
use crate::radar::Detection;
use crate::tracker::{MAX_TRACKS, Track};

/// In so many of the last lists a track must be missing, the same one: (needed, window).
const MISSES: Persistence = Persistence::new(5, 6);

/// A track is missed only if the lists told of it with this existence in the mean: some 30 dB above
/// the noise. An echo that fluctuates (Swerling I) passes a threshold of 10⁻⁶ with the probability
/// 10^(-6/(1 + snr)) (Skolnik, Radar Handbook, 2.6): one list in seventy lacks one as weak as this.
const MIN_EXISTENCE_PERCENT: f32 = 80.0;

/// Share of the newest list in the mean. It begins at nothing, so that a track is known from a
/// dozen lists at least before it can be missed.
const NEWEST: f32 = 0.125;

/// Tracks that the radar was seen to see well, and in which lists they were missing.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    known: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    id: u32,
    existence_percent: f32,
    misses: Persistence,
}

impl Default for Missing {
    fn default() -> Missing {
        Missing { known: Vec::with_capacity(MAX_TRACKS) }
    }
}

impl Missing {
    /// Forgets the tracks that are no more.
    pub(super) fn forget_all_but(&mut self, tracks: &[Track]) {
        self.known.retain(|known| tracks.iter().any(|track| track.id == known.id));
    }

    /// Takes in which detection of a list is of a track, if any; tells whether it was missing time
    /// and again.
    pub(super) fn note(&mut self, id: u32, found: Option<&Detection>) -> bool {
        let index = self.known.iter().position(|known| known.id == id).unwrap_or_else(|| {
            self.known.push(Known { id, existence_percent: 0.0, misses: MISSES });
            self.known.len() - 1
        });
        let known = &mut self.known[index];
        if let Some(found) = found {
            let newest = f32::from(found.existence_percent);
            known.existence_percent += NEWEST * (newest - known.existence_percent);
        }
        known.misses.note(found.is_none() && known.existence_percent >= MIN_EXISTENCE_PERCENT)
    }
}
