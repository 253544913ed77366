//! What a protected sample's counter tells its receiver: [`CounterCheck`].
//!
//! The counter check of AUTOSAR PRS E2E Protocol (doc. 849), Profiles 4 and 7: the distance to the
//! counter before, counted around the end of the counter's range. It never judges content: only
//! samples that passed their CRC, length and data id may come here.

use super::state_machine::Status;

/// Judges one counter after the other.
#[derive(Clone, Debug)]
pub struct CounterCheck {
    /// All ones of a counter, 16 or 32.
    mask: u32,
    /// Largest step that counts as loss and not as a wrong sequence.
    delta_max: u32,
    last: Option<u32>,
}

/// Largest step between two frames that counts as loss: a second at 30 Hz. What is beyond is no
/// lost frame but another sequence.
pub const FRAME_DELTA_MAX: u32 = 30;

/// Largest step between two radar messages that counts as loss: a second at 20 Hz.
pub const RADAR_DELTA_MAX: u32 = 20;

impl CounterCheck {
    /// For the 16-bit counter of Profile 4.
    ///
    /// # Panics
    /// If `delta_max` is 0 or beyond half of the counter's range, where forwards and backwards are
    /// the same.
    pub fn profile4(delta_max: u32) -> CounterCheck {
        CounterCheck::new(u32::from(u16::MAX), delta_max)
    }

    /// For the 32-bit counter of Profile 7.
    ///
    /// # Panics
    /// As [`profile4`](Self::profile4).
    pub fn profile7(delta_max: u32) -> CounterCheck {
        CounterCheck::new(u32::MAX, delta_max)
    }

    fn new(mask: u32, delta_max: u32) -> CounterCheck {
        assert!((1..=mask / 2).contains(&delta_max), "a step has a direction");
        CounterCheck { mask, delta_max, last: None }
    }

    /// Judges the counter of a sample that passed its other checks. The first is always
    /// [`Status::Ok`]; each becomes the one that the next is compared with, as the profiles have
    /// it, also after a wrong sequence.
    pub fn check(&mut self, counter: u32) -> Status {
        let last = self.last.replace(counter);
        let Some(last) = last else { return Status::Ok };
        match counter.wrapping_sub(last) & self.mask {
            0 => Status::Repeated,
            1 => Status::Ok,
            delta if delta <= self.delta_max => Status::OkSomeLost,
            _ => Status::WrongSequence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Status::{Ok, OkSomeLost, Repeated, WrongSequence};
    use super::*;

    fn check(mut counters: CounterCheck, table: &[(u32, Status)]) {
        for (step, &(counter, expected)) in table.iter().enumerate() {
            assert_eq!(counters.check(counter), expected, "step {step}, counter {counter}");
        }
    }

    #[test]
    fn the_step_from_the_counter_before_tells_what_happened() {
        let table = [
            (7, Ok),
            (8, Ok),
            (8, Repeated),
            (10, OkSomeLost),
            (13, OkSomeLost),
            (17, WrongSequence),
            (18, Ok),
            (16, WrongSequence),
            (17, Ok),
        ];
        check(CounterCheck::profile4(3), &table);
        check(CounterCheck::profile7(3), &table);
    }

    #[test]
    fn a_counter_wraps_around_at_the_end_of_its_own_range() {
        let around =
            |last: u32| [(last - 1, Ok), (last, Ok), (0, Ok), (0, Repeated), (2, OkSomeLost)];
        check(CounterCheck::profile4(3), &around(u32::from(u16::MAX)));
        check(CounterCheck::profile7(3), &around(u32::MAX));
        check(CounterCheck::profile4(3), &[(65_534, Ok), (1, OkSomeLost), (65_535, WrongSequence)]);
        check(CounterCheck::profile7(3), &[(65_535, Ok), (0, WrongSequence)]);
    }

    #[test]
    #[should_panic(expected = "a step has a direction")]
    fn a_step_beyond_half_the_range_is_refused() {
        CounterCheck::profile4(40_000);
    }
}
