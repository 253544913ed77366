//! Which slot of the schedule a list of a radar is for that runs free: [`Slots`].
//!
//! The first list tells how the radar's cycles lie to the slots: at most half a period before or after
//! one. From then on each list goes to the slot that is nearest to its beginning, seen from there, and the phase
//! follows them slowly. No list goes to a slot that begins more than a period after it. Times are nanoseconds
//! from the start of the schedule.

use std::ops::Range;

/// The phase follows by one part in so many of what a list is off: the first list may have come late, as the first
/// after a start often does, and no list may say alone where the others lie.
const FOLLOW_DIVISOR: i64 = 8;

/// The slots of a schedule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    period_ns: i64,
    /// How many there are.
    count: u64,
    /// How much after its slot a list begins.
    phase_ns: Option<i64>,
    /// The first slot that has neither been filled nor told missing.
    next: Option<u64>,
}

/// What the slot of a list is to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Its own.
    Free {
        /// Its number.
        number: u64,
        /// Those before it that are empty.
        before: Range<u64>,
    },
    /// It had its list, or was told missing.
    Taken(u64),
}

impl Slots {
    pub(super) fn new(period_ns: u64, duration_ns: u64) -> Slots {
        let count = duration_ns.div_ceil(period_ns);
        Slots { period_ns: period_ns.cast_signed(), count, phase_ns: None, next: None }
    }

    /// Takes the slot of a list that began at this time; `None` after the last.
    pub(super) fn place(&mut self, begun_ns: u64) -> Option<Place> {
        let (begun_ns, period_ns) = (begun_ns.cast_signed(), self.period_ns);
        let nearest = |ns: i64| (ns + period_ns / 2).div_euclid(period_ns);
        let first = || begun_ns - nearest(begun_ns) * period_ns;
        let phase_ns = *self.phase_ns.get_or_insert_with(first);
        let latest = begun_ns.div_euclid(period_ns) + 1;
        let number = u64::try_from(nearest(begun_ns - phase_ns).min(latest)).unwrap_or(0);
        if number >= self.count {
            return None;
        }
        let off_ns = begun_ns - phase_ns - number.cast_signed() * period_ns;
        self.phase_ns = Some(turned(phase_ns + off_ns / FOLLOW_DIVISOR, period_ns));
        let next = self.next.unwrap_or(number);
        if number < next {
            return Some(Place::Taken(number));
        }
        self.next = Some(number + 1);
        Some(Place::Free { number, before: next..number })
    }

    /// When the next slot will be without a list for a whole period; `None` after the last.
    pub(super) fn overdue_ns(&self) -> Option<u64> {
        let next = self.next.unwrap_or(0);
        let after = next.cast_signed() + 1;
        let at_ns = after * self.period_ns + self.phase_ns.unwrap_or(0);
        (next < self.count).then_some(at_ns.cast_unsigned())
    }

    /// Takes the slots that are without a list for a whole period. Who looks for the first time begins
    /// with the current one.
    pub(super) fn overdue(&mut self, now_ns: u64) -> Range<u64> {
        let begin = *self.next.get_or_insert(now_ns / self.period_ns.cast_unsigned());
        while self.overdue_ns().is_some_and(|at_ns| at_ns <= now_ns) {
            self.next = self.next.map(|next| next + 1);
        }
        begin..self.next.unwrap_or(begin)
    }
}

/// A phase that has come to lie nearer to another slot, as seen from there: what follows lists that came late
/// would otherwise stay a slot off. Only beyond three quarters of a period, so that lists that lie halfway
/// between two slots do not go to and fro.
fn turned(phase_ns: i64, period_ns: i64) -> i64 {
    let limit_ns = period_ns / 4 * 3;
    if phase_ns.abs() > limit_ns { phase_ns - phase_ns.signum() * period_ns } else { phase_ns }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn free(number: u64, before: Range<u64>) -> Place {
        Place::Free { number, before }
    }

    #[test]
    fn lists_go_to_the_slot_that_is_nearest_seen_from_the_first() {
        // 30 ms after its slot, or 42 ms before the next: with jitter of 10 ms, always the same side.
        let mut slots = Slots::new(72 * MS, 10_000 * MS);
        for (number, begun_ms) in [(2, 174), (3, 256), (4, 308), (5, 390)] {
            assert_eq!(slots.place(begun_ms * MS), Some(free(number, number..number)));
        }
        let mut early = Slots::new(72 * MS, 10_000 * MS);
        assert_eq!(early.place(100 * MS), Some(free(1, 1..1)), "28 ms late");
        assert_eq!(
            Slots::new(72 * MS, 10_000 * MS).place(120 * MS),
            Some(free(2, 2..2)),
            "24 ms early"
        );
    }

    #[test]
    fn a_first_list_that_came_late_does_not_say_for_ever_where_the_others_lie() {
        let mut slots = Slots::new(50 * MS, 10_000 * MS);
        assert_eq!(slots.place(130 * MS), Some(free(3, 3..3)), "that of slot 2");
        assert_eq!(slots.place(150 * MS), Some(Place::Taken(3)));
        for number in 4..24 {
            assert_eq!(slots.place(number * 50 * MS), Some(free(number, number..number)));
        }
        assert_eq!(slots.place(1220 * MS), Some(free(24, 24..24)), "20 ms late");
    }

    #[test]
    fn lists_that_come_late_after_a_first_one_that_did_find_their_slots_again() {
        let mut slots = Slots::new(50 * MS, 10_000 * MS);
        assert_eq!(slots.place(126 * MS), Some(free(3, 3..3)), "that of slot 2");
        let place = |number: u64| slots.place((number * 50 + 5) * MS);
        let places = (3..40).map(place).collect::<Vec<_>>();
        assert_eq!(places[0], Some(free(4, 4..4)), "a slot off");
        assert_eq!(places[36], Some(free(39, 39..39)));
        let taken = places.iter().filter(|it| matches!(it, Some(Place::Taken(_))));
        assert_eq!(taken.count(), 1, "{places:?}");
    }

    #[test]
    fn no_list_is_for_a_slot_that_begins_more_than_a_period_after_it() {
        let mut slots = Slots::new(50 * MS, 10_000 * MS);
        let begun_ms = [126, 155, 205, 255, 345];
        let places = begun_ms.map(|ms| slots.place(ms * MS));
        let expected = [3, 4, 5, 6, 7].map(|slot| Some(free(slot, slot..slot)));
        assert_eq!(places, expected, "slot 8 begins at 400 ms");
    }

    #[test]
    fn a_second_list_for_a_slot_is_told_and_so_are_those_that_are_left_out() {
        let mut slots = Slots::new(72 * MS, 720 * MS);
        assert_eq!(slots.place(0), Some(free(0, 0..0)));
        assert_eq!(slots.place(30 * MS), Some(Place::Taken(0)));
        assert_eq!(slots.place(290 * MS), Some(free(4, 1..4)));
        assert_eq!(slots.place(719 * MS), None, "that is slot 10 of 10");
    }

    #[test]
    fn a_slot_is_overdue_a_period_after_its_list_should_have_begun() {
        let mut slots = Slots::new(72 * MS, 720 * MS);
        assert_eq!(slots.overdue(80 * MS), 1..1, "it begins with the current one");
        assert_eq!(slots.overdue_ns(), Some(144 * MS));
        assert_eq!(slots.overdue(144 * MS), 1..2);
        assert_eq!(slots.place(150 * MS), Some(free(2, 2..2)));
        assert_eq!(slots.overdue_ns(), Some((288 + 6) * MS));
        assert_eq!(slots.overdue(10_000 * MS), 3..10);
        assert_eq!((slots.overdue_ns(), slots.overdue(20_000 * MS)), (None, 10..10));
    }
}
