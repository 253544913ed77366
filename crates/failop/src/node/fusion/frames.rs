//! When fusion looks into the frame buffer ([`Looks`]), and whether what it finds there is whole.
//!
//! Into one that is synchronised it looks whenever it is woken. One that is not wakes nobody: fusion looks
//! once a period, as a task of a time-triggered schedule does, by a clock of its own. The schedules of
//! camera and fusion begin together, and their clocks drift apart: the look slides through the time in
//! which the camera fills the slot, from the first row to the last and out of it.

use super::{Driver, Inherited};
use crate::node::grid::Grid;
use crate::node::take;
use channel::exhibit::ExhibitWriter;
use channel::link::Held;
use scenario::Plan;
use scenario::plan::FrameSync;
use sys::clock::now_ns;
use wire::frame::{WIDTH_PX, check, pixels};
use wire::{Event, Node};

/// How much slower than the camera's fusion's clock goes, nanoseconds a second: that of two quartzes of
/// ±100 ppm at opposite ends. In 6 s the look slides by 1.2 ms, and filling a slot takes less.
const DRIFT_NS: u64 = 200_000;

/// When fusion looks, and where it keeps what it finds torn: of a frame buffer that is not synchronised.
pub(super) struct Looks(Option<Unsynchronised>);

struct Unsynchronised {
    grid: Grid,
    exhibit: ExhibitWriter,
}

impl Looks {
    pub(super) fn attach(plan: &Plan, inherited: &Inherited) -> anyhow::Result<Looks> {
        let Some(exhibit) = inherited.exhibit.filter(|_| plan.camera.sync == FrameSync::None)
        else {
            return Ok(Looks(None));
        };
        let grid = Grid::new(1_000_000_000 + DRIFT_NS, plan.camera.fps.into(), plan.duration_ns);
        let exhibit = ExhibitWriter::attach(take(exhibit, "the exhibit")?)?;
        Ok(Looks(Some(Unsynchronised { grid, exhibit })))
    }

    /// When the next look is due, from the start of the schedule.
    pub(super) fn next_ns(&self) -> u64 {
        self.0.as_ref().and_then(|it| it.grid.next_due_ns()).unwrap_or(u64::MAX)
    }

    /// Whether it is time to look; asked and granted, the next look is due a period later.
    pub(super) fn are_due(&mut self, now_ns: u64) -> bool {
        self.0.as_mut().is_none_or(|it| it.grid.take(now_ns).is_some())
    }

    /// What there is to tell of a damaged frame that the camera was in: the row where it was, up to which
    /// the frame is of the next one. Of such frames one is kept.
    fn torn(&mut self, frame: u64, held: &Held<'_>) -> Option<Event> {
        let Unsynchronised { exhibit, .. } = self.0.as_mut()?;
        let [was, is] = [held.bytes(), held.overwritten()?].map(pixels);
        let mut rows = was.chunks_exact(WIDTH_PX).zip(is.chunks_exact(WIDTH_PX));
        let row = rows.position(|(was, is)| was != is).map(|row| row as u32);
        if let Some(row) = row {
            exhibit.keep((frame, row), was);
        }
        Some(Event::FrameTorn { frame, row: row.unwrap_or(u32::MAX) })
    }
}

impl Driver {
    /// Checks the integrity of a frame, if frames are checked.
    pub(super) fn is_damaged(&mut self, frame: u64, held: &Held<'_>) -> bool {
        if !self.integrity[Node::Camera.index()] {
            return false;
        }
        let begun_ns = now_ns();
        let is_damaged = check(held.bytes()).is_err();
        self.runtime.events.tell(Event::FrameChecked { frame, begun_ns });
        if is_damaged && let Some(torn) = self.looks.torn(frame, held) {
            self.runtime.events.tell(torn);
        }
        is_damaged
    }
}
