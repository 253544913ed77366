//! Shows the board's hardware watchdog and the service manager that the watchdog lives: [`LifeSigns`].
//!
//! [`Vitals`] decides; here it is done, on the thread of the watchdog's loop and on no other.

use crate::vitals::{Condition, Decision, Vitals};
use scenario::board::HardwareWatchdog as Wanted;
use std::io;
use std::path::Path;
use sys::hardware_watchdog::{Found, HardwareWatchdog, OpenError};
use sys::service_manager::ServiceManager;
use wire::event::Event;

/// Timeout of a device that is not there: what the service manager wants is a matter of its own.
const NO_DEVICE_S: u32 = 1;

/// Who wants to see that the watchdog lives.
#[derive(Debug)]
pub(crate) struct LifeSigns<'a> {
    device: Option<(HardwareWatchdog, Found)>,
    manager: Option<&'a ServiceManager>,
    vitals: Vitals,
}

impl<'a> LifeSigns<'a> {
    /// Opens the hardware watchdog that the board file names: from here on it must be shown life.
    pub(crate) fn start(
        wanted: Option<&Wanted>,
        manager: Option<&'a ServiceManager>,
    ) -> Result<LifeSigns<'a>, OpenError> {
        let open = |it: &Wanted| HardwareWatchdog::open(Path::new(&it.device), it.timeout_s);
        let device = wanted.map(open).transpose()?;
        let timeout_s = device.as_ref().map_or(NO_DEVICE_S, |(_, found)| found.timeout_s);
        Ok(LifeSigns { device, manager, vitals: Vitals::new(timeout_s) })
    }

    /// What was found of the device, as it is told.
    pub(crate) fn armed(&self, wanted: Option<&Wanted>) -> Option<Event> {
        let (_, found) = self.device.as_ref()?;
        Some(Event::HardwareWatchdogArmed {
            asked_s: wanted?.timeout_s,
            timeout_s: found.timeout_s,
            options: found.options,
            boot_status: found.boot_status,
            stoppable: found.stoppable.into(),
        })
    }

    /// What the device says of the start of the machine; 0 where there is none, or it does not know.
    pub(crate) fn boot_status(&self) -> u32 {
        self.device.as_ref().map_or(0, |(_, found)| found.boot_status)
    }

    /// The device's timeout, s, where there is one.
    pub(crate) fn timeout_s(&self) -> Option<u32> {
        self.device.as_ref().map(|(_, found)| found.timeout_s)
    }

    /// Whether anybody wants to see it.
    pub(crate) fn are_wanted(&self) -> bool {
        self.device.is_some() || self.manager.is_some()
    }

    /// Shows life as far as it may be shown; returns what is to be told of it.
    pub(crate) fn show(&mut self, condition: &Condition) -> io::Result<Option<Event>> {
        let (decision, news) = self.vitals.look(condition);
        if decision != Decision::Refuse
            && let Some(manager) = self.manager
        {
            manager.sign()?;
        }
        if decision == Decision::Feed
            && let Some((device, _)) = &self.device
        {
            device.keep_alive()?;
        }
        Ok(news)
    }

    /// The run is over: the hardware watchdog must not miss who is gone in order.
    pub(crate) fn end(&mut self) -> io::Result<Option<Event>> {
        let Some((mut device, found)) = self.device.take() else { return Ok(None) };
        device.disarm()?;
        Ok(found.stoppable.then_some(Event::HardwareWatchdogDisarmed {}))
    }
}
