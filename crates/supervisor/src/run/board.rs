//! The board that a run takes place on: its hardware watchdog is shown life, a reset is told, and two faults
//! bring one about.

use super::{RunError, Watchdog, kernel};
use crate::outside::AssaultError;
use crate::resumed::Resumed;
use crate::vitals::Condition;
use std::io;
use sys::clock::{now_ns, sleep_until};
use wire::event::{Event, Proof};

/// The first process of a machine: the kernel does not let it be killed.
const INIT_PID: u32 = 1;
/// "Operation not permitted", in the words of the kernel.
const EPERM: i32 = 1;
/// How long a watchdog that hangs waits for the reset: so many timeouts. If none comes, the run ends in order,
/// and tells that the fault had no effect.
const HANG_TIMEOUTS: u64 = 3;

impl Watchdog<'_> {
    /// Tells of the hardware watchdog, and of a reset that the run goes on after.
    pub(super) fn begin(&mut self, resumed: Option<&Resumed>) -> Result<(), RunError> {
        if let Some(armed) = self.life_signs.armed(self.plan.board.watchdog.as_ref()) {
            self.events.tell(armed);
        }
        let Some(resumed) = resumed else { return Ok(()) };
        self.events.tell(Event::BoardReset {
            last_ns: resumed.last_ns,
            booted_ns: resumed.clock.ahead_ns,
            boot_status: self.life_signs.boot_status(),
            clock_went_on: resumed.clock.went_on.into(),
        });
        if let Some(fault) = resumed.fault {
            let value = now_ns().saturating_sub(resumed.last_ns);
            self.events.tell(Event::Applied { fault, proof: Proof::Acted, item: 0, value });
        }
        self.begin_schedule(resumed.t0_ns)
    }

    /// Shows that the watchdog lives to whom it may concern, if it does what it should: its loop was to turn
    /// at `due_ns`.
    pub(super) fn show_life(&mut self, due_ns: u64) -> Result<(), RunError> {
        if !self.life_signs.are_wanted() {
            return Ok(());
        }
        let now_ns = now_ns();
        let decision_due_ns = self.policy.deadline_ns();
        let probes = self.probes.lasting(now_ns);
        let condition = Condition {
            now_ns,
            late_ns: now_ns.saturating_sub(due_ns.min(decision_due_ns)),
            recorder_silent_ns: self.recorder.silent_ns(now_ns),
            probe_late_ns: probes.map(|it| it.late_ns).max().unwrap_or(0),
        };
        let news = self.life_signs.show(&condition).map_err(kernel("be shown life"))?;
        if let Some(event) = news {
            self.events.tell(event);
        }
        Ok(())
    }

    /// Stops the hardware watchdog.
    pub(super) fn end_life_signs(&mut self) -> Result<(), RunError> {
        let told = self.life_signs.end().map_err(kernel("stop the hardware watchdog"))?;
        if let Some(event) = told {
            self.events.tell(event);
        }
        Ok(())
    }

    /// Kills the watchdog once the record of it is on storage.
    pub(super) fn kill_itself(&self) -> Result<Option<u64>, AssaultError> {
        self.leave_a_record()?;
        if std::process::id() == INIT_PID {
            return Err(AssaultError::Refused(io::Error::from_raw_os_error(EPERM)));
        }
        sys::crash::kill_self()
    }

    /// Hangs the watchdog, once the record of it is on storage.
    pub(super) fn hang_itself(&self) -> Result<Option<u64>, AssaultError> {
        self.leave_a_record()?;
        let timeout_s = self.life_signs.timeout_s().unwrap_or(0);
        sleep_until(now_ns() + u64::from(timeout_s) * HANG_TIMEOUTS * 1_000_000_000);
        Ok(None)
    }

    fn leave_a_record(&self) -> Result<(), AssaultError> {
        if self.recorder.sync(self.directory) {
            return Ok(());
        }
        Err(AssaultError::Refused(io::Error::from(io::ErrorKind::TimedOut)))
    }
}
