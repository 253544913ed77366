//! The stimulus, a process of the [`Harness`], in the eyes of the watchdog: [`start`]; and the bus that it needs,
//! [`ready_bus`].

use crate::boot::{BootError, StimulusBoot};
use crate::harness::Harness;
use crate::resources::StimulusFds;
use scenario::Plan;
use scenario::board::Can;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use sys::can::link::{LinkError, Setting, up};

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

/// Starts the stimulus.
pub(crate) fn start(
    program: &Path,
    plan: &Plan,
    fds: StimulusFds,
) -> Result<Harness, StimulusError> {
    let StimulusFds { events, start, way } = fds;
    let boot = StimulusBoot {
        watchdog_pid: std::process::id(),
        events: events.as_raw_fd(),
        start: start.as_raw_fd(),
        way: way.map(|way| way.as_raw_fd()),
        plan: plan.clone(),
    };
    let fds: Vec<_> = [events, start].into_iter().chain(way).collect();
    Harness::start(program, "stimulus", &boot, &fds)
}
