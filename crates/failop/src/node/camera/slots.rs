//! Which slot of the schedule a frame of a free-running camera serves: [`Slots`].
//!
//! The device has the schedule's rate and not its phase. The phase is that of its first frame; from then on
//! the device's own numbers tell, since the time of one frame alone may be off, the first one's too. A rate
//! that is a little off adds up: once the times say so by three quarters of a period, they are followed.

use crate::node::grid::Grid;

/// The slots of one stream of a device, from its start to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    grid: Grid,
    phase_ns: Option<u64>,
    last: u64,
}

/// Where a frame lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The slot that it serves.
    pub(super) slot: u64,
    /// The phase, of the first frame alone, which tells it.
    pub(super) phase_ns: Option<u64>,
}

impl Slots {
    pub(super) fn new(grid: Grid) -> Slots {
        Slots { grid, phase_ns: None, last: 0 }
    }

    /// Where a frame lies that was captured at this time from the start, and is so many frames after the last
    /// one, if the device did not begin to count anew; `None` after the end of the schedule.
    pub(super) fn place(&mut self, at_ns: u64, after_last: Option<u32>) -> Option<Place> {
        let Some(phase_ns) = self.phase_ns else {
            let slot = self.grid.current(at_ns)?;
            let phase_ns = at_ns - self.grid.due_ns(slot);
            (self.phase_ns, self.last) = (Some(phase_ns), slot);
            return Some(Place { slot, phase_ns: Some(phase_ns) });
        };
        let counted = after_last.map(|frames| self.last + u64::from(frames));
        let counted = counted.filter(|&slot| {
            let off_ns = at_ns.abs_diff(self.grid.due_ns(slot) + phase_ns);
            off_ns <= self.period_ns() / 4 * 3
        });
        let half_ns = self.period_ns() / 2;
        let timed_ns = (at_ns + half_ns).saturating_sub(phase_ns);
        let slot = self.grid.current(counted.map_or(timed_ns, |slot| self.grid.due_ns(slot)))?;
        self.last = slot;
        Some(Place { slot, phase_ns: None })
    }

    /// Its device begins anew: its next frame is its first.
    pub(super) fn restart(&mut self) {
        self.phase_ns = None;
    }

    /// How long after the slot's due time its frame is captured; 0 until the first one tells.
    pub(super) fn phase_ns(&self) -> u64 {
        self.phase_ns.unwrap_or(0)
    }

    /// When a slot is due, from the start.
    pub(super) fn due_ns(&self, slot: u64) -> u64 {
        self.grid.due_ns(slot)
    }

    /// Time between two slots, ns.
    pub(super) fn period_ns(&self) -> u64 {
        self.grid.due_ns(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// Times of frames, the number after the last, and where they lie.
    fn check(frames: &[(u64, Option<u32>, Option<Place>)]) {
        let mut slots = Slots::new(Grid::new(100 * MS, 1, 1000 * MS));
        for (at_ms, after, place) in frames {
            assert_eq!(slots.place(at_ms * MS, *after), *place, "at {at_ms} ms");
        }
    }

    const fn slot(slot: u64) -> Place {
        Place { slot, phase_ns: None }
    }

    const fn first(slot: u64, phase_ms: u64) -> Place {
        Place { slot, phase_ns: Some(phase_ms * MS) }
    }

    #[test]
    fn a_frame_whose_number_tells_nothing_serves_the_slot_that_it_comes_nearest_to() {
        check(&[
            (99, None, Some(first(0, 99))),
            (160, None, Some(slot(1))),
            (248, None, Some(slot(1))),
            (251, None, Some(slot(2))),
            (1048, None, Some(slot(9))),
            (1050, None, None),
        ]);
    }

    #[test]
    fn numbers_count_where_times_waver_also_that_of_the_first_frame() {
        check(&[
            (50, None, Some(first(0, 50))),
            (102, Some(1), Some(slot(1))),
            (198, Some(1), Some(slot(2))),
            (403, Some(2), Some(slot(4))),
        ]);
    }

    #[test]
    fn a_rate_that_is_off_is_followed_once_it_has_added_up() {
        check(&[
            (0, None, Some(first(0, 0))),
            (130, Some(1), Some(slot(1))),
            (260, Some(1), Some(slot(2))),
            (390, Some(1), Some(slot(4))),
            (470, Some(1), Some(slot(5))),
        ]);
    }

    #[test]
    fn a_device_that_begins_anew_has_another_phase() {
        let mut slots = Slots::new(Grid::new(100 * MS, 1, 1000 * MS));
        assert_eq!(slots.place(10 * MS, None), Some(first(0, 10)));
        slots.restart();
        assert_eq!(slots.place(590 * MS, None), Some(first(5, 90)));
        assert_eq!(slots.place(700 * MS, Some(1)), Some(slot(6)));
    }
}
