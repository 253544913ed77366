//! The stimulus in the eyes of the watchdog: [`StimulusProcess`]; and the bus that it needs, [`ready_bus`].
//!
//! It is the harness, not under test: it is not restarted, and a run that lost it proves nothing. It dies
//! with the watchdog.

use crate::boot::{BootError, StimulusBoot, pack};
use crate::resources::StimulusFds;
use scenario::Plan;
use scenario::board::Can;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;
use sys::can::link::{LinkError, Setting, up};
use sys::process::{Child, Exit, Usage, spawn};

/// The stimulus at work. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct StimulusProcess {
    child: Child,
}

/// The stimulus could not be started, or there is no bus.
#[derive(Debug, thiserror::Error)]
pub enum StimulusError {
    /// A CAN interface of the board file.
    #[error("the radar's CAN bus is not ready")]
    Bus(#[from] LinkError),
    /// It could not be told what to do.
    #[error("cannot prepare the stimulus")]
    Boot(#[from] BootError),
    /// It could not be started.
    #[error("cannot start the stimulus")]
    Spawn(#[from] io::Error),
}

/// Takes the interfaces of a board file up that are down.
pub(crate) fn ready_bus(can: &Can) -> Result<(), LinkError> {
    [Some(&can.interface), can.stimulus.as_ref()]
        .into_iter()
        .flatten()
        .try_for_each(|interface| up(interface, setting(can)))
}

/// How a board file sets a controller.
fn setting(can: &Can) -> Setting {
    Setting { bitrate_kbps: can.bitrate_kbps, restart_ms: can.restart_ms }
}

impl StimulusProcess {
    /// Starts it.
    pub(crate) fn start(
        program: &Path,
        plan: &Plan,
        fds: StimulusFds,
    ) -> Result<StimulusProcess, StimulusError> {
        let StimulusFds { events, start, way } = fds;
        let boot = StimulusBoot {
            watchdog_pid: std::process::id(),
            events: events.as_raw_fd(),
            start: start.as_raw_fd(),
            way: way.map(|way| way.as_raw_fd()),
            plan: plan.clone(),
        };
        let memory = pack(&boot)?;
        let number = memory.fd().as_raw_fd().to_string();
        let inherited: Vec<BorrowedFd> =
            [events, start, memory.fd()].into_iter().chain(way).collect();
        let child = spawn(program, &["node", "stimulus", "--boot", &number], &inherited)?;
        Ok(StimulusProcess { child })
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

impl Drop for StimulusProcess {
    fn drop(&mut self) {
        // It is ours; where it was buried already, the kernel says so.
        if self.child.kill().is_ok()
            && let Err(_gone) = self.child.reap()
        {}
    }
}

impl AsFd for StimulusProcess {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.child.as_fd()
    }
}
