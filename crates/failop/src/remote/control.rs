//! The door at a Unix socket: [`Control`]. One request a line, one answer a line, for scripts and for boards
//! without D-Bus.
//!
//! It never waits for a client. One that sends without end is heard a few lines at a time, one that does not
//! take its answers is dropped.

use super::desk::{OrderError, Watched};
use super::state::State;
use serde_json::{Value, json};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use sys::clock::now_ns;
use sys::lines::Lines;
use sys::signals::ask_to_end;
use sys::socket::listener::Listener;
use sys::socket::{Credentials, receive_some, send_some};

/// Clients at a time; one more is told so and dropped.
const CLIENTS_MAX: usize = 8;
/// Longest request; an id has at most 64 characters. A client that sends a longer one is dropped.
const LINE_BYTES_MAX: usize = 1024;
/// Requests of a client answered at a time; the others wait for the next one.
const LINES_MAX: usize = 16;

/// A socket that clients connect to.
#[derive(Debug)]
pub(crate) struct Control {
    listener: Listener,
    clients: Vec<Client>,
    /// Where orders from outside are told.
    told: Lines,
}

#[derive(Debug)]
struct Client {
    stream: OwnedFd,
    who: Credentials,
    received: Vec<u8>,
}

/// Why a socket cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlError {
    #[error("cannot listen at {path}")]
    Bind { path: String, source: io::Error },
    #[error("cannot take the socket that was handed down")]
    HandedDown(#[source] io::Error),
    #[error("a socket was handed down (LISTEN_FDS): it cannot listen at {path}, too")]
    Both { path: String },
    #[error("cannot open standard error once more")]
    Told(#[source] io::Error),
}

/// Why a client is dropped.
#[derive(Debug, thiserror::Error)]
enum Gone {
    #[error("it has left, or the connection broke")]
    Broken(#[from] io::Error),
    #[error("it does not take its answers")]
    Slow,
    #[error("a request has at most {LINE_BYTES_MAX} bytes")]
    TooLong,
}

/// Why a request has no result.
#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error("there is no request `{0}`; there are: `status`, `inject <fault id>`, `stop`")]
    Unknown(String),
    #[error(transparent)]
    Order(#[from] OrderError),
    #[error("the run cannot be asked to end: {0}")]
    Stop(#[from] io::Error),
}

impl Control {
    /// Listens at this path, or at the socket that a service manager has handed down; `None` if there is
    /// neither.
    pub(crate) fn open(path: Option<&Path>) -> Result<Option<Control>, ControlError> {
        let handed_down = Listener::handed_down().map_err(ControlError::HandedDown)?;
        let named = |path: &Path| path.display().to_string();
        let listener = match (handed_down, path) {
            (Some(_), Some(path)) => return Err(ControlError::Both { path: named(path) }),
            (Some(listener), None) => listener,
            (None, Some(path)) => Listener::bind(path)
                .map_err(|source| ControlError::Bind { path: named(path), source })?,
            (None, None) => return Ok(None),
        };
        let told = Lines::open(io::stderr()).map_err(ControlError::Told)?;
        Ok(Some(Control { listener, clients: Vec::new(), told }))
    }

    /// Takes who has connected, and answers what they ask.
    pub(super) fn serve(&mut self, mut run: Option<&mut Watched>) {
        self.take_clients();
        let Control { clients, told, .. } = self;
        clients.retain_mut(|client| {
            // Why it is gone it knows itself, or is told by then.
            client.serve(run.as_deref_mut(), told).is_ok()
        });
    }

    fn take_clients(&mut self) {
        // A connection that breaks before it is taken is nobody's.
        while let Ok(Some((stream, who))) = self.listener.accept() {
            let client = Client { stream, who, received: Vec::new() };
            if self.clients.len() < CLIENTS_MAX {
                self.clients.push(client);
            } else if let Err(_gone) =
                client.say(&refusal(&format!("{CLIENTS_MAX} clients are connected already")))
            {
            }
        }
    }
}

impl Client {
    fn serve(&mut self, mut run: Option<&mut Watched>, told: &Lines) -> Result<(), Gone> {
        for _ in 0..LINES_MAX {
            let Some(line) = self.next_line()? else { return Ok(()) };
            let answer = self.answer(line.trim(), run.as_deref_mut(), told);
            self.say(&answer.unwrap_or_else(|error| refusal(&error.to_string())))?;
        }
        Ok(())
    }

    /// A request that has arrived in full.
    fn next_line(&mut self) -> Result<Option<String>, Gone> {
        if !self.received.contains(&b'\n') {
            let mut buffer = [0; LINE_BYTES_MAX];
            let Some(count) = receive_some(&self.stream, &mut buffer)? else { return Ok(None) };
            self.received.extend_from_slice(&buffer[..count]);
        }
        let end = self.received.iter().position(|&byte| byte == b'\n');
        if end.unwrap_or(self.received.len()) >= LINE_BYTES_MAX {
            self.say(&refusal(&Gone::TooLong.to_string()))?;
            return Err(Gone::TooLong);
        }
        let Some(end) = end else { return Ok(None) };
        let line = self.received.drain(..=end).collect::<Vec<_>>();
        Ok(Some(String::from_utf8_lossy(&line).into_owned()))
    }

    fn answer(
        &self,
        request: &str,
        run: Option<&mut Watched>,
        told: &Lines,
    ) -> Result<Value, RequestError> {
        let (word, argument) = request.split_once(' ').unwrap_or((request, ""));
        match (word, argument.trim()) {
            ("status", "") => return Ok(status(run.map(|run| &run.state))),
            ("inject", id) if !id.is_empty() => run.ok_or(OrderError::NoRun)?.inject(id)?,
            ("stop", "") => ask_to_end()?,
            _ => return Err(RequestError::Unknown(request.to_owned())),
        }
        let Credentials { pid, uid, .. } = self.who;
        told.tell(&format!("control: `{request}`, asked by process {pid} of user {uid}\n"));
        Ok(json!({ "ok": true }))
    }

    /// Sends a line; an answer for which there is no room is the end of a client.
    fn say(&self, answer: &Value) -> Result<(), Gone> {
        let line = format!("{answer}\n");
        let sent = send_some(&self.stream, line.as_bytes())?;
        if sent == Some(line.len()) { Ok(()) } else { Err(Gone::Slow) }
    }
}

fn refusal(why: &str) -> Value {
    json!({ "ok": false, "error": why })
}

fn status(state: Option<&State>) -> Value {
    let Some(state) = state else { return json!({ "ok": true, "scenario": null }) };
    let processes = state.processes().into_iter().map(|(name, state, incarnation, pid, restarts)| {
        json!({ "name": name, "state": state, "incarnation": incarnation, "pid": pid, "restarts": restarts })
    });
    json!({
        "ok": true,
        "scenario": state.scenario(),
        "elapsed_ns": state.elapsed_ns(now_ns()),
        "system": state.system(),
        "processes": processes.collect::<Vec<_>>(),
        "by_hand": state.by_hand(),
    })
}
