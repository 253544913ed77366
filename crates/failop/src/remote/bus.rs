//! The door on D-Bus: [`Bus`]. It never waits for the bus.

use super::desk::{OrderError, Watched};
use super::state::{Change, State};
use channel::bus::{BusError, Claim, Connection, Kind, Limits, Message, MessageError, Queued};
use std::collections::BTreeMap;
use sys::clock::now_ns;
use zbus::Variant;

/// The name by which others find the service; with the process id behind it where another run has it.
const NAME: &str = "org.failop.Run";
const OBJECT: &str = "/org/failop/run";
const INTERFACE: &str = "org.failop.Run1";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const INTROSPECTABLE: &str = "org.freedesktop.DBus.Introspectable";
const PEER: &str = "org.freedesktop.DBus.Peer";
/// The object, as `Introspect` tells it.
const XML: &str = include_str!("interface.xml");
/// Calls answered at a time; the others wait for the next one: 3200 a second, however many are sent.
const CALLS_MAX: usize = 64;
/// A call needs less than 1 KB. The largest answers, the counters and a description of the interface,
/// have about 3 KB: so many wait for a bus that takes nothing, before answers and signals are dropped
/// and counted.
const LIMITS: Limits = Limits { received_bytes: 16 << 10, queued_bytes: 256 << 10 };

/// A name on a bus.
#[derive(Debug)]
pub(crate) struct Bus {
    connection: Connection,
    name: String,
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
    #[error(transparent)]
    Order(#[from] OrderError),
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
            CallError::Order(OrderError::NoRun | OrderError::NoOrders) => {
                "org.failop.Error.NotRunning"
            }
            CallError::Order(OrderError::Refused(_)) => "org.failop.Error.Refused",
        }
    }
}

impl Bus {
    /// Connects to the bus at this address and takes a name there. An error if that cannot be done
    /// within some seconds.
    pub(crate) fn open(address: &str) -> Result<Bus, BusError> {
        let mut connection = Connection::open(address, LIMITS)?;
        let mut name = NAME.to_owned();
        if !connection.request_name(&name, Claim::IfFree)? {
            name = format!("{NAME}.p{}", std::process::id());
            if !connection.request_name(&name, Claim::IfFree)? {
                return Err(BusError::Answer(format!("the name {name} is taken")));
            }
        }
        Ok(Bus { connection, name, dropped: 0 })
    }

    /// The name under which it serves.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Tells everyone what has changed, and answers whom it can.
    pub(super) fn serve(
        &mut self,
        mut run: Option<&mut Watched>,
        changes: Vec<(Change, u64)>,
    ) -> Result<(), BusError> {
        for (change, t_ns) in changes {
            self.send(&signal(change, t_ns))?;
        }
        for _ in 0..CALLS_MAX {
            let Some(message) = self.connection.receive()? else { break };
            if message.kind == Kind::Call {
                self.answer(&message, run.as_deref_mut())?;
            }
        }
        self.connection.flush()?;
        Ok(())
    }

    fn send(&mut self, message: &Message) -> Result<(), BusError> {
        if self.connection.send(message)? == Queued::NoRoom {
            self.dropped += 1;
        }
        Ok(())
    }

    fn answer(&mut self, call: &Message, run: Option<&mut Watched>) -> Result<(), BusError> {
        let answer = self.result(call, run).unwrap_or_else(|error| {
            let why = error.to_string();
            call.refuse(error.name(), &why)
        });
        if call.wants_reply { self.send(&answer) } else { Ok(()) }
    }

    fn result(&self, call: &Message, run: Option<&mut Watched>) -> Result<Message, CallError> {
        let path = call.path.as_deref().unwrap_or("");
        let reply = call.reply();
        let running = run.ok_or(OrderError::NoRun);
        let state = running.as_ref().ok().map(|run| &run.state);
        match call.name() {
            (PEER, "Ping") => Ok(reply),
            (INTROSPECTABLE | "", "Introspect") => Ok(reply.with(&(introspect(path)?,))),
            _ if path != OBJECT => Err(CallError::Object),
            (PROPERTIES | "", "Get") => {
                let (interface, property) = call.body::<(String, String)>()?;
                let mut found = properties(&interface, state).into_iter();
                let (_, value) =
                    found.find(|(name, _)| *name == property).ok_or(CallError::Property)?;
                Ok(reply.with(&(value,)))
            }
            (PROPERTIES | "", "GetAll") => {
                let (interface,) = call.body::<(String,)>()?;
                Ok(reply.with(&(BTreeMap::from_iter(properties(&interface, state)),)))
            }
            (PROPERTIES | "", "Set") => Err(CallError::ReadOnly),
            (INTERFACE | "", "ListProcesses") => Ok(reply.with(&(running?.state.processes(),))),
            (INTERFACE | "", "Counters") => Ok(reply.with(&(self.counters(running?),))),
            (INTERFACE | "", "Inject") => {
                let (id,) = call.body::<(String,)>()?;
                running?.inject(&id)?;
                Ok(reply)
            }
            _ => Err(CallError::Method),
        }
    }

    fn counters(&self, run: &Watched) -> BTreeMap<String, u64> {
        let mut counters = run.state.counters();
        counters.insert("records-missed".to_owned(), run.records_missed());
        counters.insert("messages-dropped".to_owned(), self.dropped);
        counters
    }
}

/// Those of this interface; an empty name stands for all.
fn properties<'a>(interface: &str, state: Option<&'a State>) -> Vec<(&'static str, Variant<'a>)> {
    if !matches!(interface, INTERFACE | "") {
        return Vec::new();
    }
    let by_hand = state.map_or(Vec::new(), State::by_hand);
    vec![
        ("Scenario", Variant::from(state.map_or("", State::scenario))),
        ("ElapsedNs", Variant::from(state.map_or(0, |it| it.elapsed_ns(now_ns())))),
        ("SystemState", Variant::from(state.map_or("none", State::system))),
        ("FaultsByHand", Variant::from(by_hand)),
    ]
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
