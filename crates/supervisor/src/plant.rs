//! The plant in the eyes of the watchdog: [`PlantProcess`].
//!
//! It is a process of the [`Harness`], of which more can be seen: how far it knows the way.

use crate::boot::{BootError, PlantBoot};
use crate::harness::Harness;
use crate::resources::PlantFds;
use channel::AttachError;
use channel::board::BoardView;
use scenario::Plan;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use wire::plant::{WAY_WORDS, WayTold};
use wire::shared::PageKind;

/// How long the way that the plant tells may lie in the past before it counts as standing still: ten
/// of its ticks, more than a busy host takes from a process of the real-time class.
const PATIENCE_NS: u64 = 100_000_000;

/// The plant at work. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct PlantProcess {
    pub(crate) process: Harness,
    way: BoardView<WAY_WORDS>,
}

/// The plant could not be started.
#[derive(Debug, thiserror::Error)]
pub enum PlantError {
    /// It could not be told what to do.
    #[error("cannot prepare the plant")]
    Boot(#[from] BootError),
    /// What it writes could not be read.
    #[error("cannot map the plant's board")]
    Board(#[from] AttachError),
    /// It could not be started.
    #[error("cannot start the plant")]
    Spawn(#[from] io::Error),
}

impl PlantProcess {
    /// Starts it.
    pub(crate) fn start(
        program: &Path,
        plan: &Plan,
        fds: PlantFds,
    ) -> Result<PlantProcess, PlantError> {
        let PlantFds { events, start, way, brake } = fds;
        let boot = PlantBoot {
            watchdog_pid: std::process::id(),
            events: events.as_raw_fd(),
            start: start.as_raw_fd(),
            way: way.as_raw_fd(),
            brake: brake.as_raw_fd(),
            plan: plan.clone(),
        };
        let view = BoardView::attach(PageKind::Way, way)?;
        let fds = [events, start, way, brake];
        let process = Harness::start::<PlantError>(program, "plant", &boot, &fds)?;
        Ok(PlantProcess { process, way: view })
    }

    /// Up to when the way is known, nanoseconds from the start of the schedule; `None` before it is
    /// ready.
    pub(crate) fn known_until_ns(&self) -> Option<u64> {
        let (_, words) = self.way.read()?;
        let mut told = WayTold::default();
        told.read(&words).then_some((told.known_until_s * 1e9) as u64)
    }

    /// Whether it stands still, `now` nanoseconds from the start of the schedule.
    pub(crate) fn stands_still(&self, now: u64) -> bool {
        self.known_until_ns().is_none_or(|until| now > until.saturating_add(PATIENCE_NS))
    }
}
