//! What fusion tells the radar: a [`Command`] every so often, which the radar acknowledges.

use super::Driver;
use anyhow::Context;
use channel::link::{Sent, Urgency};
use wire::Event;
use wire::radar::{self, MessageInfo, command};

/// Time between two commands to the radar.
const COMMAND_PERIOD_NS: u64 = 500_000_000;

/// The newest command to the radar, times from the start of the schedule.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Command {
    number: u32,
    sent_ns: u64,
    pub(super) next_ns: u64,
}

impl Driver {
    /// Says what there is to say to the radar now, if anything.
    pub(super) fn command_radar(&mut self) -> anyhow::Result<()> {
        let now = self.runtime.now_ns();
        if now < self.command.next_ns {
            return Ok(());
        }
        self.command = Command {
            number: self.command.number + 1,
            sent_ns: now,
            next_ns: now + COMMAND_PERIOD_NS,
        };
        let sent_ns = self.runtime.absolute_ns(now);
        let (number, incarnation) = (self.command.number, self.runtime.incarnation);
        let info = MessageInfo { number, incarnation, captured_ns: sent_ns, sent_ns };
        let ego_speed_mps = self.vehicle.own_motion().speed_mps as f32;
        let content = radar::Command { mode: radar::Mode::Measuring, ego_speed_mps };
        // A full queue costs this command; the next follows.
        let message = command(info, content);
        let event = match self.commands.send(&message, Urgency::Command).context("command")? {
            Sent::Taken => Event::CommandSent { command: number.into() },
            Sent::QueueFull => Event::CommandOverrun { command: number.into() },
        };
        self.runtime.events.tell_at(sent_ns, event);
        Ok(())
    }

    /// The radar has taken a command; one that is not the newest tells nothing any more.
    pub(super) fn take_acknowledgement(&mut self, info: MessageInfo, received_ns: u64) {
        if info.number == self.command.number {
            let sent_ns = self.runtime.absolute_ns(self.command.sent_ns);
            self.runtime.events.tell(Event::CommandAcknowledged {
                command: info.number.into(),
                round_trip_ns: received_ns.saturating_sub(sent_ns),
            });
        }
    }
}
