//! An absolute schedule that restarts keep: [`Grid`].
//!
//! Slot k is due at a fixed time; a process that comes late serves the slot that is current and
//! leaves those before it unserved.

/// The schedule of a sensor: slot k is due at `due(k)`, as long as k < `slots`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    /// (numerator, denominator): slot k is due k · numerator / denominator nanoseconds after the
    /// start.
    period_ns: (u64, u64),
    slots: u64,
    next: u64,
}

impl Grid {
    /// The schedule of `plan`'s length with a period of `numerator / denominator` nanoseconds.
    pub(super) fn new(numerator_ns: u64, denominator: u64, duration_ns: u64) -> Grid {
        let mut grid = Grid { period_ns: (numerator_ns, denominator), slots: u64::MAX, next: 0 };
        grid.slots = grid.first_after(duration_ns.saturating_sub(1));
        grid
    }

    /// When slot `slot` is due, after the start.
    pub(super) fn due_ns(&self, slot: u64) -> u64 {
        let (numerator, denominator) = self.period_ns;
        (u128::from(slot) * u128::from(numerator) / u128::from(denominator)) as u64
    }

    /// When the next slot is due; `None` after the last.
    pub(super) fn next_due_ns(&self) -> Option<u64> {
        (self.next < self.slots).then(|| self.due_ns(self.next))
    }

    /// Takes the slot that is current at `now_ns`, if it was not taken before.
    pub(super) fn take(&mut self, now_ns: u64) -> Option<u64> {
        let current = self.first_after(now_ns).checked_sub(1)?.min(self.slots.checked_sub(1)?);
        if current < self.next {
            return None;
        }
        self.next = current + 1;
        Some(current)
    }

    /// The slot that is current at `time_ns`; `None` after the last.
    pub(super) fn current(&self, time_ns: u64) -> Option<u64> {
        self.first_after(time_ns).checked_sub(1).filter(|slot| *slot < self.slots)
    }

    fn first_after(&self, time_ns: u64) -> u64 {
        let (numerator, denominator) = self.period_ns;
        let estimate = u128::from(time_ns) * u128::from(denominator) / u128::from(numerator);
        let mut slot = estimate as u64;
        while self.due_ns(slot) <= time_ns {
            slot += 1;
        }
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn every_slot_is_taken_once_at_its_due_time() {
        let mut grid = Grid::new(SECOND, 30, SECOND);
        let mut taken = Vec::new();
        while let Some(due) = grid.next_due_ns() {
            assert_eq!(due.checked_sub(1).and_then(|early| grid.take(early)), None);
            taken.push(grid.take(due).unwrap());
            assert_eq!(grid.take(due), None, "once");
        }
        assert_eq!(taken, (0..30).collect::<Vec<_>>());
    }

    #[test]
    fn who_comes_late_serves_the_current_slot() {
        let mut grid = Grid::new(50_000_000, 1, SECOND);
        assert_eq!(grid.take(0), Some(0));
        assert_eq!(grid.take(149_999_999), Some(2));
        assert_eq!(grid.next_due_ns(), Some(150_000_000));
        assert_eq!(grid.take(10 * SECOND), Some(19), "the last");
        assert_eq!(grid.next_due_ns(), None);
        assert_eq!(grid.take(10 * SECOND), None);
    }
}
