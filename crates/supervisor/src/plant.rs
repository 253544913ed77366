//! The plant in the eyes of the watchdog: [`PlantProcess`].
//!
//! It is the harness, not under test: it is not restarted, and a run that lost it proves nothing. It
//! dies with the watchdog.

use crate::boot::{BootError, PlantBoot, pack};
use crate::resources::PlantFds;
use channel::AttachError;
use channel::board::BoardView;
use scenario::Plan;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;
use sys::process::{Child, Exit, Usage, spawn};
use wire::plant::{WAY_WORDS, WayTold};
use wire::shared::PageKind;

/// How long the way that the plant tells may lie in the past before it counts as standing still: ten
/// of its ticks, more than a busy host takes from a process of the real-time class.
const PATIENCE_NS: u64 = 100_000_000;

/// The plant at work. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct PlantProcess {
    child: Child,
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
        let memory = pack(&boot)?;
        let number = memory.fd().as_raw_fd().to_string();
        let inherited = [events, start, way, brake, memory.fd()];
        let child = spawn(program, &["node", "plant", "--boot", &number], &inherited)?;
        Ok(PlantProcess { child, way: view })
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

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// What it has used.
    pub(crate) fn usage(&self) -> io::Result<Usage> {
        self.child.usage()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&self) -> io::Result<Option<Exit>> {
        self.child.try_reap()
    }
}

impl Drop for PlantProcess {
    fn drop(&mut self) {
        // It is ours; where it was buried already, the kernel says so.
        if self.child.kill().is_ok()
            && let Err(_gone) = self.child.reap()
        {}
    }
}

impl AsFd for PlantProcess {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.child.as_fd()
    }
}
