//! The service's thread: [`Service`]. It never waits for the bus.

use super::state::{Change, Refusal, State};
use channel::bus::{BusError, Connection, Kind, Message, MessageError, Queued};
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use supervisor::Observation;
use sys::clock::{now_ns, sleep_until};
use zbus::Variant;

const OBJECT: &str = "/org/failop/run";
const INTERFACE: &str = "org.failop.Run1";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const INTROSPECTABLE: &str = "org.freedesktop.DBus.Introspectable";
const PEER: &str = "org.freedesktop.DBus.Peer";
/// The object, as `Introspect` tells it.
const XML: &str = include_str!("interface.xml");
/// From one look at records and calls to the next: as often as the recorder hands records over. A
/// caller waits so long at the most.
const TICK_NS: u64 = 20_000_000;
/// Calls answered in a tick; the others wait for the next one: 3200 a second, however many are sent.
const CALLS_PER_TICK: usize = 64;

/// A run that is to be told of.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) state: State,
    pub(super) records: Receiver<Observation>,
    pub(super) missed: Arc<AtomicU64>,
    pub(super) orders: Sender<u32>,
}

#[derive(Debug)]
pub(super) struct Service {
    connection: Connection,
    /// The newest run.
    run: Option<Watched>,
    /// Answers and signals for which there was no room.
    dropped: u64,
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("no such object")]
    Object,
    #[error("no such method")]
    Method,
    #[error("no such property")]
    Property,
    #[error("properties cannot be set")]
    ReadOnly,
    #[error(transparent)]
    Arguments(#[from] MessageError),
    #[error("no scenario runs")]
    NoRun,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the run takes no orders any more")]
    NoOrders,
}

impl CallError {
    /// As D-Bus calls it.
    fn name(&self) -> &'static str {
        match self {
            CallError::Object => "org.freedesktop.DBus.Error.UnknownObject",
            CallError::Method => "org.freedesktop.DBus.Error.UnknownMethod",
            CallError::Property => "org.freedesktop.DBus.Error.UnknownProperty",
            CallError::ReadOnly => "org.freedesktop.DBus.Error.PropertyReadOnly",
            CallError::Arguments(_) => "org.freedesktop.DBus.Error.InvalidArgs",
            CallError::NoRun | CallError::NoOrders => "org.failop.Error.NotRunning",
            CallError::Refused(_) => "org.failop.Error.Refused",
        }
    }
}

impl Service {
    pub(super) fn new(connection: Connection) -> Service {
        Service { connection, run: None, dropped: 0 }
    }

    /// Serves until there are no more runs, or the bus is gone.
    pub(super) fn work(mut self, runs: &Receiver<Watched>) -> Result<(), BusError> {
        let mut tick_ns = now_ns();
        loop {
            // Whether it was the last run is known before its last records are taken.
            let next = runs.try_recv();
            self.take_records()?;
            match next {
                Ok(run) => self.run = Some(run),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
            for _ in 0..CALLS_PER_TICK {
                let Some(message) = self.connection.receive()? else { break };
                if message.kind == Kind::Call {
                    self.serve(&message)?;
                }
            }
            self.connection.flush()?;
            // After a stall it does not catch up.
            tick_ns = now_ns().max(tick_ns + TICK_NS);
            sleep_until(tick_ns);
        }
    }

    fn take_records(&mut self) -> Result<(), BusError> {
        let Some(Watched { state, records, .. }) = &mut self.run else { return Ok(()) };
        let note = |(_, record)| Some((state.note(&record)?, record.t_ns));
        for (change, t_ns) in records.try_iter().filter_map(note).collect::<Vec<_>>() {
            self.send(&signal(change, t_ns))?;
        }
        Ok(())
    }

    fn send(&mut self, message: &Message) -> Result<(), BusError> {
        if self.connection.send(message)? == Queued::NoRoom {
            self.dropped += 1;
        }
        Ok(())
    }

    fn serve(&mut self, call: &Message) -> Result<(), BusError> {
        let answer = self.answer(call).unwrap_or_else(|error| {
            let why = error.to_string();
            call.refuse(error.name(), &why)
        });
        if call.wants_reply { self.send(&answer) } else { Ok(()) }
    }

    fn answer(&mut self, call: &Message) -> Result<Message, CallError> {
        let path = call.path.as_deref().unwrap_or("");
        let reply = call.reply();
        match call.name() {
            (PEER, "Ping") => Ok(reply),
            (INTROSPECTABLE | "", "Introspect") => Ok(reply.with(&(introspect(path)?,))),
            _ if path != OBJECT => Err(CallError::Object),
            (PROPERTIES | "", "Get") => {
                let (interface, property) = call.body::<(String, String)>()?;
                let properties = self.properties(&interface);
                let mut found = properties.into_iter().filter(|(name, _)| *name == property);
                let (_, value) = found.next().ok_or(CallError::Property)?;
                Ok(reply.with(&(value,)))
            }
            (PROPERTIES | "", "GetAll") => {
                let (interface,) = call.body::<(String,)>()?;
                Ok(reply.with(&(BTreeMap::from_iter(self.properties(&interface)),)))
            }
            (PROPERTIES | "", "Set") => Err(CallError::ReadOnly),
            (INTERFACE | "", "ListProcesses") => {
                Ok(reply.with(&(self.watched()?.state.processes(),)))
            }
            (INTERFACE | "", "Counters") => Ok(reply.with(&(self.counters()?,))),
            (INTERFACE | "", "Inject") => {
                let (id,) = call.body::<(String,)>()?;
                let Watched { state, orders, .. } = self.watched()?;
                let fault = state.inject(&id, now_ns())?;
                orders.try_send(fault).map_or(Err(CallError::NoOrders), |()| Ok(reply))
            }
            _ => Err(CallError::Method),
        }
    }

    fn watched(&mut self) -> Result<&mut Watched, CallError> {
        self.run.as_mut().ok_or(CallError::NoRun)
    }

    fn counters(&mut self) -> Result<BTreeMap<String, u64>, CallError> {
        let dropped = self.dropped;
        let Watched { state, missed, .. } = self.watched()?;
        let mut counters = state.counters();
        // Relaxed: a number that stands for itself.
        counters.insert("records-missed".to_owned(), missed.load(Ordering::Relaxed));
        counters.insert("messages-dropped".to_owned(), dropped);
        Ok(counters)
    }

    /// Those of this interface; an empty name stands for all.
    fn properties(&self, interface: &str) -> Vec<(&'static str, Variant<'_>)> {
        if !matches!(interface, INTERFACE | "") {
            return Vec::new();
        }
        let state = self.run.as_ref().map(|run| &run.state);
        let by_hand = state.map_or(Vec::new(), State::by_hand);
        vec![
            ("Scenario", Variant::from(state.map_or("", State::scenario))),
            ("ElapsedNs", Variant::from(state.map_or(0, |it| it.elapsed_ns(now_ns())))),
            ("SystemState", Variant::from(state.map_or("none", State::system))),
            ("FaultsByHand", Variant::from(by_hand)),
        ]
    }
}

fn signal(change: Change, t_ns: u64) -> Message {
    match change {
        Change::Process { name, state, incarnation, pid } => {
            let signal = Message::signal(OBJECT, (INTERFACE, "ProcessStateChanged"));
            signal.with(&(name, state, incarnation, pid, t_ns))
        }
        Change::System { state } => {
            Message::signal(OBJECT, (INTERFACE, "SystemStateChanged")).with(&(state, t_ns))
        }
    }
}

/// What there is at a path: the object, or what leads to it.
fn introspect(path: &str) -> Result<String, CallError> {
    if path == OBJECT {
        return Ok(XML.to_owned());
    }
    let below = OBJECT.strip_prefix(path.trim_end_matches('/')).ok_or(CallError::Object)?;
    let child = below.strip_prefix('/').and_then(|below| below.split('/').next());
    let child = child.ok_or(CallError::Object)?;
    Ok(format!("<node><node name=\"{child}\"/></node>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_leads_to_the_object() {
        for (path, child) in [("/", "org"), ("/org", "failop"), ("/org/failop", "run")] {
            assert!(introspect(path).unwrap().contains(&format!("\"{child}\"")), "{path}");
        }
        assert!(introspect(OBJECT).unwrap().contains(INTERFACE));
        for path in ["/or", "/org/failop/run/x", "/x"] {
            assert!(introspect(path).is_err(), "{path}");
        }
    }
}
