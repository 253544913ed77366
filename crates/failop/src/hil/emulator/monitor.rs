//! QEMU's monitor: what happens to the machine as such, [`Monitor`].
//!
//! The protocol is QMP: a greeting, our readiness, then events, each a JSON object on a line of its own. QEMU
//! is given one end of a pair of sockets, so that nothing has a name.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use sys::clock::now_ns;
use sys::socket::{self, Kind};

/// Told once, before anything else is told to us.
const READY: &[u8] = b"{\"execute\":\"qmp_capabilities\"}\n";
/// Events that are kept. Others tell of devices and of time.
const KEPT: [&str; 5] = ["WATCHDOG", "RESET", "SHUTDOWN", "POWERDOWN", "GUEST_PANICKED"];
/// Most events that are kept: a board that is reset again and again says nothing more.
const EVENTS_MAX: usize = 1000;
/// Longest line; a longer one is no event.
const LINE_MAX: usize = 64 << 10;

/// QEMU's monitor.
#[derive(Debug)]
pub(super) struct Monitor {
    socket: OwnedFd,
    line: Vec<u8>,
    events: Vec<Event>,
}

/// Something that happened to the machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Event {
    /// On the clock of this machine, ns.
    #[serde(skip)]
    at_ns: u64,
    /// From the start of the emulator, ms.
    at_ms: f64,
    #[serde(rename = "event")]
    name: String,
    data: serde_json::Value,
}

/// What is understood of a line.
#[derive(Debug, Deserialize)]
struct Line {
    event: Option<String>,
    #[serde(default)]
    data: serde_json::Value,
}

impl Monitor {
    /// Our end, and the one for QEMU.
    pub(super) fn new() -> io::Result<(Monitor, OwnedFd)> {
        let (socket, far) = socket::pair(Kind::Stream)?;
        let sent = socket::send_some(&socket, READY)?;
        assert_eq!(sent, Some(READY.len()), "a socket that was just made has room");
        Ok((Monitor { socket, line: Vec::new(), events: Vec::new() }, far))
    }

    /// Arguments of QEMU for its end.
    pub(super) fn arguments(far: &OwnedFd) -> Vec<String> {
        let socket = format!("socket,id=monitor,fd={}", far.as_raw_fd());
        ["-chardev", &socket, "-mon", "chardev=monitor,mode=control"].map(str::to_owned).to_vec()
    }

    /// Takes what is there. False at the end.
    pub(super) fn read(&mut self) -> io::Result<bool> {
        let mut piece = [0; 4096];
        loop {
            match socket::receive_some(&self.socket, &mut piece) {
                Ok(Some(count)) => self.take(&piece[..count]),
                Ok(None) => return Ok(true),
                Err(error) if is_end(&error) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    fn take(&mut self, piece: &[u8]) {
        for &byte in piece {
            if byte != b'\n' {
                if self.line.len() < LINE_MAX {
                    self.line.push(byte);
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            if let Some((name, data)) = parse(&line)
                && self.events.len() < EVENTS_MAX
            {
                self.events.push(Event { at_ns: now_ns(), at_ms: 0.0, name, data });
            }
        }
    }

    /// Writes the events, with times from the start of the board.
    pub(super) fn write_events(self, path: &Path, begun_ns: u64) -> anyhow::Result<()> {
        let mut events = self.events;
        for event in &mut events {
            event.at_ms = event.at_ns.saturating_sub(begun_ns) as f64 * 1e-6;
        }
        std::fs::write(path, report::json(&events))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

impl AsFd for Monitor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
}

/// The event of a line, if it is one that is kept.
fn parse(line: &[u8]) -> Option<(String, serde_json::Value)> {
    let line = serde_json::from_slice::<Line>(line).ok()?;
    let event = line.event.filter(|event| KEPT.contains(&event.as_str()))?;
    Some((event, line.data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watchdog_is_an_event_and_a_greeting_is_none() {
        let greeting = br#"{"QMP": {"version": {"qemu": {"major": 10}}, "capabilities": []}}"#;
        let clock =
            br#"{"timestamp": {"seconds": 1}, "event": "RTC_CHANGE", "data": {"offset": 1}}"#;
        let watchdog = br#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "WATCHDOG", "data": {"action": "reset"}}"#;
        for nothing in [&b"{\"return\": {}}"[..], greeting, clock, b"garbage", b""] {
            assert_eq!(parse(nothing), None);
        }
        let (event, data) = parse(watchdog).unwrap();
        assert_eq!((event.as_str(), data["action"].as_str()), ("WATCHDOG", Some("reset")));
    }

    #[test]
    fn events_come_in_pieces_and_are_written_with_their_times() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("machine-events.json");
        let (mut monitor, far) = Monitor::new().unwrap();
        for piece in [&b"{\"event\":\"RESET\",\"da"[..], b"ta\":{\"guest\":true}}\n{\"eve"] {
            assert_eq!(socket::send_some(&far, piece).unwrap(), Some(piece.len()));
        }
        assert!(monitor.read().unwrap());
        drop(far);
        assert!(!monitor.read().unwrap());
        monitor.write_events(&path, 0).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let events: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(events.as_array().unwrap().len(), 1);
        assert_eq!(events[0]["event"], "RESET");
        assert!(events[0]["at_ms"].as_f64().unwrap() > 0.0);
    }
}
