//! Which slot of the schedule a frame of a free-running camera serves: [`Slots`].
//!
//! The device has the schedule's rate and not its phase. The phase is that of its first frame; a later one
//! belongs to the slot that it comes nearest to.

use crate::node::grid::Grid;

/// The slots of one stream of a device, from its start to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    grid: Grid,
    phase_ns: Option<u64>,
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
        Slots { grid, phase_ns: None }
    }

    /// Where a frame lies that was captured at this time from the start; `None` after the end of the
    /// schedule.
    pub(super) fn place(&mut self, at_ns: u64) -> Option<Place> {
        let Some(phase_ns) = self.phase_ns else {
            let slot = self.grid.current(at_ns)?;
            let phase_ns = at_ns - self.grid.due_ns(slot);
            self.phase_ns = Some(phase_ns);
            return Some(Place { slot, phase_ns: Some(phase_ns) });
        };
        let half_ns = self.grid.due_ns(1) / 2;
        let slot = self.grid.current((at_ns + half_ns).saturating_sub(phase_ns))?;
        Some(Place { slot, phase_ns: None })
    }

    /// Its device begins anew: its next frame is its first.
    pub(super) fn restart(&mut self) {
        self.phase_ns = None;
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

    fn check(frames: &[(u64, Option<Place>)]) {
        let mut slots = Slots::new(Grid::new(100 * MS, 1, 1000 * MS));
        for (at_ms, place) in frames {
            assert_eq!(slots.place(at_ms * MS), *place, "at {at_ms} ms");
        }
    }

    const fn slot(slot: u64) -> Place {
        Place { slot, phase_ns: None }
    }

    const fn first(slot: u64, phase_ms: u64) -> Place {
        Place { slot, phase_ns: Some(phase_ms * MS) }
    }

    #[test]
    fn each_frame_serves_the_slot_that_it_comes_nearest_to() {
        check(&[
            (99, Some(first(0, 99))),
            (160, Some(slot(1))),
            (248, Some(slot(1))),
            (251, Some(slot(2))),
            (299, Some(slot(2))),
            (1048, Some(slot(9))),
            (1050, None),
        ]);
        check(&[(300, Some(first(3, 0))), (351, Some(slot(4))), (349, Some(slot(3)))]);
    }

    #[test]
    fn a_device_that_begins_anew_has_another_phase() {
        let mut slots = Slots::new(Grid::new(100 * MS, 1, 1000 * MS));
        assert_eq!(slots.place(10 * MS), Some(first(0, 10)));
        slots.restart();
        assert_eq!(slots.place(590 * MS), Some(first(5, 90)));
        assert_eq!(slots.place(700 * MS), Some(slot(6)));
    }
}
