//! The status and control service on D-Bus: [`Bus`]. Off unless `failop run --dbus` asks for it.
//!
//! It watches copies of the records on a thread of its own, in the normal scheduling class, which
//! never waits for the bus. The bus can change a run in one way alone: by injecting a fault that the
//! scenario leaves to a person.

mod service;
mod state;

use channel::bus::{BusError, Claim, Connection, Limits};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use fault::Need;
use fault::fault::FAULTS_MAX;
use scenario::Plan;
use service::{Service, Watched};
use state::State;
use std::collections::BTreeMap;
use std::thread::JoinHandle;
use supervisor::Observer;

/// The name by which others find the service; with the process id behind it where another run has it.
const NAME: &str = "org.failop.Run";
/// Records on their way to the service: those of about 10 s, at 320 a second. What finds no room is left out and
/// counted.
const RECORDS_MAX: usize = 4096;
/// A call needs less than 1 KB. The largest answers, the counters and a description of the interface,
/// have about 3 KB: so many wait for a bus that takes nothing, before answers and signals are dropped
/// and counted.
const LIMITS: Limits = Limits { received_bytes: 16 << 10, queued_bytes: 256 << 10 };

/// A running service.
#[derive(Debug)]
pub(crate) struct Bus {
    name: String,
    runs: Sender<Watched>,
    thread: JoinHandle<Result<(), BusError>>,
}

/// What ties a run to the service.
#[derive(Debug)]
pub(crate) struct Ties {
    pub(crate) observer: Observer,
    /// Faults that a person asks for.
    pub(crate) by_hand: Receiver<u32>,
}

impl Bus {
    /// Connects to the bus at this address, takes a name there, and serves. An error if that cannot be
    /// done within some seconds.
    pub(crate) fn start(address: &str) -> Result<Bus, BusError> {
        let mut connection = Connection::open(address, LIMITS)?;
        let mut name = NAME.to_owned();
        if !connection.request_name(&name, Claim::IfFree)? {
            name = format!("{NAME}.p{}", std::process::id());
            if !connection.request_name(&name, Claim::IfFree)? {
                return Err(BusError::Answer(format!("the name {name} is taken")));
            }
        }
        let (runs, given) = unbounded();
        let service = Service::new(connection);
        let thread = std::thread::spawn(move || service.work(&given));
        Ok(Bus { name, runs, thread })
    }

    /// The name under which it serves.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Tells of this run from here on.
    pub(crate) fn watch(&self, plan: &Plan, lacking: &BTreeMap<Need, String>) -> Ties {
        let (observer, records) = bounded(RECORDS_MAX);
        let (orders, by_hand) = bounded(FAULTS_MAX);
        let observer = Observer::new(observer);
        let state = State::new(plan, lacking);
        let watched = Watched { state, records, missed: observer.missed(), orders };
        // A service that has ended says why when it is finished.
        if let Err(_ended) = self.runs.send(watched) {}
        Ties { observer, by_hand }
    }

    /// Ends the service; an error is why it ended before.
    pub(crate) fn finish(self) -> Result<(), BusError> {
        drop(self.runs);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
