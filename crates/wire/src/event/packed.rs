//! What shares a word of an event with something else.

use super::Event;
use super::words::{Mode, Word};

impl Event {
    /// Packs a mode and a track count for [`Event::Fused`].
    pub fn pack_mode_tracks(mode: Mode, tracks: usize) -> u64 {
        mode.to_word() | (tracks as u64) << 8
    }

    /// The mode and track count that [`Event::pack_mode_tracks`] packed.
    pub fn unpack_mode_tracks(word: u64) -> Option<(Mode, usize)> {
        Some((Mode::from_word(word & 0xff)?, (word >> 8) as usize))
    }
}
