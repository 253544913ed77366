//! What stands on the two boards of a closed loop: the way of the ego car ([`WayTold`], plant →
//! sensors and fusion) and what fusion asks of the brakes ([`BrakeTold`], fusion → plant).

/// Most stretches of a way.
pub const STRETCHES_MAX: usize = 32;
const STRETCH_WORDS: usize = 5;
const STRETCHES_AT: usize = 2;
/// Words of a way.
pub const WAY_WORDS: usize = STRETCHES_AT + STRETCHES_MAX * STRETCH_WORDS;
/// Words of a brake request.
pub const BRAKE_WORDS: usize = 4;

/// A part of the way with one jerk; times from the start of the schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StretchTold {
    /// When it begins, s.
    pub from_s: f64,
    /// Distance along the road that it begins with, m.
    pub distance_m: f64,
    /// Speed that it begins with, m/s.
    pub speed_mps: f64,
    /// Acceleration that it begins with, m/s².
    pub acceleration_mps2: f64,
    /// Jerk, m/s³.
    pub jerk_mps3: f64,
}

/// The way of the ego car, past and to come, as far as it is decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WayTold {
    /// Up to when it will not change any more, s.
    pub known_until_s: f64,
    /// In order of time, 1 to [`STRETCHES_MAX`]; the oldest may be left out.
    pub stretches: Vec<StretchTold>,
}

impl WayTold {
    /// As the words of its board; of too many stretches the oldest are left out.
    pub fn to_words(&self) -> [u64; WAY_WORDS] {
        let mut words = [0; WAY_WORDS];
        let kept = &self.stretches[self.stretches.len().saturating_sub(STRETCHES_MAX)..];
        words[0] = self.known_until_s.to_bits();
        words[1] = kept.len() as u64;
        let (slots, _) = words[STRETCHES_AT..].as_chunks_mut::<STRETCH_WORDS>();
        for (slot, stretch) in slots.iter_mut().zip(kept) {
            let StretchTold { from_s, distance_m, speed_mps, acceleration_mps2, jerk_mps3 } =
                *stretch;
            *slot = [from_s, distance_m, speed_mps, acceleration_mps2, jerk_mps3].map(f64::to_bits);
        }
        words
    }

    /// Becomes what these words hold, in the memory that it has. `false` if they are no way: then it is
    /// what it was.
    pub fn read(&mut self, words: &[u64; WAY_WORDS]) -> bool {
        let count = words[1] as usize;
        if !(1..=STRETCHES_MAX).contains(&count) {
            return false;
        }
        self.known_until_s = f64::from_bits(words[0]);
        self.stretches.clear();
        let (slots, _) = words[STRETCHES_AT..].as_chunks::<STRETCH_WORDS>();
        self.stretches.extend(slots[..count].iter().map(|slot| {
            let [from_s, distance_m, speed_mps, acceleration_mps2, jerk_mps3] =
                slot.map(f64::from_bits);
            StretchTold { from_s, distance_m, speed_mps, acceleration_mps2, jerk_mps3 }
        }));
        true
    }
}

/// What fusion asks of the brakes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrakeTold {
    /// Incarnation of fusion.
    pub incarnation: u32,
    /// When it said so, `CLOCK_MONOTONIC` nanoseconds.
    pub at_ns: u64,
    /// Deceleration, m/s²; 0 is not to brake. `None` where it cannot tell.
    pub deceleration_mps2: Option<f64>,
}

impl BrakeTold {
    /// As the words of its board.
    pub fn to_words(self) -> [u64; BRAKE_WORDS] {
        let valid = self.deceleration_mps2.is_some();
        let deceleration_mps2 = self.deceleration_mps2.unwrap_or(0.0);
        [self.incarnation.into(), self.at_ns, valid.into(), deceleration_mps2.to_bits()]
    }

    /// What these words hold.
    pub fn from_words([incarnation, at_ns, valid, deceleration]: [u64; BRAKE_WORDS]) -> Self {
        let deceleration_mps2 = (valid == 1).then(|| f64::from_bits(deceleration));
        Self { incarnation: incarnation as u32, at_ns, deceleration_mps2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(stretches: usize) -> WayTold {
        let stretch =
            |index| StretchTold { from_s: index as f64, speed_mps: 9.0, ..Default::default() };
        WayTold { known_until_s: 4.5, stretches: (0..stretches).map(stretch).collect() }
    }

    #[test]
    fn a_way_survives_its_words_but_for_its_oldest_part() {
        let mut read = WayTold::default();
        for (stretches, kept) in [(1, 1), (STRETCHES_MAX, STRETCHES_MAX), (STRETCHES_MAX + 3, 32)] {
            assert!(read.read(&way(stretches).to_words()));
            let all = way(stretches).stretches;
            assert_eq!(read.stretches, all[stretches - kept..]);
        }
    }

    #[test]
    fn words_that_are_no_way_change_nothing() {
        let mut read = way(2);
        let mut words = [0; WAY_WORDS];
        assert!(!read.read(&words));
        words[1] = STRETCHES_MAX as u64 + 1;
        assert!(!read.read(&words));
        assert_eq!(read, way(2));
    }

    #[test]
    fn a_request_survives_its_words() {
        for deceleration_mps2 in [None, Some(0.0), Some(6.5)] {
            let told = BrakeTold { incarnation: 3, at_ns: 77, deceleration_mps2 };
            assert_eq!(BrakeTold::from_words(told.to_words()), told);
        }
    }
}
