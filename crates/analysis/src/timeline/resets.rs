//! The hardware watchdog of the board and what it does: [`Armed`], [`Reset`].

use wire::Event;
use wire::event::LifeState;

use super::{Moment, Spawned, StateChange, Timeline};

/// The hardware watchdog runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Armed {
    pub(crate) timeout_s: u32,
    pub(crate) boot_status: u32,
    pub(crate) stoppable: bool,
}

/// The board was reset, and the run went on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reset {
    /// The last record of before.
    pub(crate) last: Moment,
    /// When the kernel started again, as exact as the board's clock, and not before the last record.
    pub(crate) booted: Moment,
    /// When the run went on.
    pub(crate) resumed: Moment,
    pub(crate) boot_status: u32,
    pub(crate) clock_went_on: bool,
}

impl Timeline<'_> {
    /// Of the devices of a run that went on, the last one counts.
    pub(super) fn file_board(&mut self, at: Moment, event: &Event) {
        match *event {
            Event::HardwareWatchdogArmed { timeout_s, boot_status, stoppable, .. } => {
                let stoppable = stoppable != 0;
                self.watchdog.armed_device = Some(Armed { timeout_s, boot_status, stoppable });
            }
            Event::BoardReset { last_ns, booted_ns, boot_status, clock_went_on } => {
                let last = self.moment(last_ns);
                self.file_reset(Reset {
                    last,
                    booted: self.moment(booted_ns).max(last),
                    resumed: at,
                    boot_status,
                    clock_went_on: clock_went_on != 0,
                });
            }
            _ => self.watchdog.board.file(at, event),
        }
    }

    /// The first output after a reset.
    pub(crate) fn back_after(&self, reset: &Reset) -> Option<Moment> {
        self.fusion.outputs.iter().find(|it| it.at >= reset.resumed).map(|it| it.at)
    }

    /// Nobody has lived through it.
    fn file_reset(&mut self, reset: Reset) {
        self.watchdog.resets.push(reset);
        let lived: Vec<Spawned> = self.watchdog.spawned.clone();
        for Spawned { node, incarnation, .. } in lived {
            if self.exit_of(node, incarnation).is_none() {
                let (at, state) = (reset.last, LifeState::Down);
                self.watchdog.states.push(StateChange { at, node, incarnation, state });
            }
        }
    }
}
