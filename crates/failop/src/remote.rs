//! Who looks at a run from outside, and injects faults by hand: [`Remote`]. Off unless `failop run --dbus` or
//! `--control` asks for it, or a service manager hands a socket down.
//!
//! It watches copies of the records on a thread of its own, in the normal scheduling class, which
//! never waits for anyone. Nobody out there can change a run but in two ways: by injecting a fault that
//! the scenario leaves to a person, and, through the control socket, by ending it as Ctrl-C does.

pub(crate) mod bus;
pub(crate) mod control;
mod desk;
mod state;

use bus::Bus;
use channel::bus::BusError;
use control::Control;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use desk::{Desk, Watched};
use fault::Need;
use fault::fault::FAULTS_MAX;
use scenario::Plan;
use state::State;
use std::collections::BTreeMap;
use std::thread::JoinHandle;
use supervisor::Observer;

/// Records on their way: those of about 10 s, at 320 a second. What finds no room is left out and
/// counted.
const RECORDS_MAX: usize = 4096;

/// A running service.
#[derive(Debug)]
pub(crate) struct Remote {
    runs: Sender<Watched>,
    thread: JoinHandle<Result<(), BusError>>,
}

/// The ways to it.
#[derive(Debug, Default)]
pub(crate) struct Doors {
    pub(crate) bus: Option<Bus>,
    pub(crate) control: Option<Control>,
}

/// What ties a run to the service.
#[derive(Debug)]
pub(crate) struct Ties {
    pub(crate) observer: Observer,
    /// Faults that a person asks for.
    pub(crate) by_hand: Receiver<u32>,
}

impl Remote {
    /// Serves at these doors; `None` if there is none.
    pub(crate) fn start(doors: Doors) -> Option<Remote> {
        if doors.bus.is_none() && doors.control.is_none() {
            return None;
        }
        let (runs, given) = unbounded();
        let desk = Desk::new(doors);
        let thread = std::thread::spawn(move || desk.work(&given));
        Some(Remote { runs, thread })
    }

    /// Tells of this run from here on.
    pub(crate) fn watch(&self, plan: &Plan, lacking: &BTreeMap<Need, String>) -> Ties {
        let (observer, records) = bounded(RECORDS_MAX);
        let (orders, by_hand) = bounded(FAULTS_MAX);
        let observer = Observer::new(observer);
        let state = State::new(plan, lacking);
        let watched = Watched { state, records, missed: observer.missed(), orders };
        self.runs.send(watched).expect("the thread ends after the last run");
        Ties { observer, by_hand }
    }

    /// Ends the service; an error is why the bus was left before.
    pub(crate) fn finish(self) -> Result<(), BusError> {
        drop(self.runs);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
