//! D-Bus as a link: a bus of its own, whose daemon hands every message from one process to the other.
//!
//! A message is a call, which nobody answers, of the receiver's method `Piece` with an array of bytes.
//! Order: as sent. Boundaries: kept. Back-pressure: the daemon reads no more from a sender of whom it
//! holds as much as the link is to hold (`max_incoming_bytes`); what the kernel's socket buffer holds
//! comes on top; then the sender is told. Priority: none. Credentials: the kernel tells the daemon who
//! connects, and it lets in this user alone. What the daemon holds survives its sender, and is lost with
//! the receiver; what is sent while there is no receiver is lost. Nobody survives the daemon: it ends
//! with its owner, by a signal from the kernel if the owner is killed, and its socket, which has no file,
//! with it.

use super::carrier::{Owner, PieceReceiver, PieceSender};
use super::{HandDown, Inherited, LinkError, Spec, Urgency, foreign, framing, refused};
use crate::bus::{BusError, Claim, Connection, Kind, Limits, Message, Queued};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use sys::clock::now_ns;
use sys::poll::{wait_any, wait_writable};
use sys::process::{Child, spawn};
use sys::shm::Memory;

/// The receiver's name, object and method.
const RECEIVER: &str = "org.failop.Link";
const OBJECT: &str = "/org/failop/link";
const PIECE: (&str, &str) = ("org.failop.Link1", "Piece");
/// What stands around a piece: 200 bytes, and what the bus adds.
const AROUND_BYTES: usize = 1024;
/// How long a daemon may take to start; one does in some milliseconds.
const START_NS: u64 = 10_000_000_000;
/// More than the address that it says then.
const ADDRESS_BYTES: usize = 256;
/// What the daemon may hold for a receiver: more than what it takes from a sender.
const OUTGOING_BYTES_MAX: u64 = 1_000_000_000;
/// How long a sender waits in the middle of a message, as in `framing`: the kernel takes up to 32 KB or
/// nothing, but a frame in parts. The rest goes with the next.
const PATIENCE_NS: u64 = 30_000_000;

/// The daemon.
#[derive(Debug)]
pub(super) struct Daemon {
    child: Child,
    id: u64,
}

/// A link by a bus of its own.
pub(super) fn create(spec: Spec) -> Result<Box<Daemon>, LinkError> {
    static BUSES: AtomicU32 = AtomicU32::new(0);
    let programs = [found(spec, "setpriv")?, found(spec, "dbus-daemon")?];
    // Relaxed: nothing but the number matters.
    let number = BUSES.fetch_add(1, Ordering::Relaxed);
    let id = u64::from(std::process::id()) << 32 | u64::from(number);
    let daemon = Daemon::start(spec, &programs, id).map_err(refused(spec))?;
    Ok(Box::new(daemon))
}

fn found(spec: Spec, program: &str) -> Result<PathBuf, LinkError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
    places.find(|place| place.is_file()).ok_or_else(|| LinkError::Lacking {
        mechanism: spec.mechanism,
        why: format!("{program} is not installed"),
    })
}

/// Where the bus of this number is: a name without a file.
fn address(id: u64) -> String {
    format!("unix:abstract=failop-link-{id:x}")
}

fn configuration(spec: Spec, id: u64) -> String {
    let held_bytes = spec.slots * (framing::whole_bytes(spec) + AROUND_BYTES);
    format!(
        "<busconfig><type>session</type><listen>{}</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\"><allow send_destination=\"*\"/>\
         <allow receive_sender=\"*\"/><allow own=\"*\"/></policy>\
         <limit name=\"max_incoming_bytes\">{held_bytes}</limit>\
         <limit name=\"max_outgoing_bytes\">{OUTGOING_BYTES_MAX}</limit></busconfig>",
        address(id),
    )
}

impl Daemon {
    fn start(spec: Spec, [setpriv, daemon]: &[PathBuf; 2], id: u64) -> io::Result<Daemon> {
        let text = configuration(spec, id);
        let memory = Memory::anonymous("bus", text.len())?;
        File::from(memory.fd().try_clone_to_owned()?).write_all(text.as_bytes())?;
        let (mut ready, says) = io::pipe()?;
        let file = format!("--config-file=/proc/self/fd/{}", memory.fd().as_raw_fd());
        let print = format!("--print-address={}", says.as_raw_fd());
        let daemon = daemon.display().to_string();
        // It ends with this thread, which therefore must outlive the link.
        let arguments = [
            "--pdeathsig",
            "KILL",
            &daemon,
            "--nofork",
            "--nopidfile",
            // Its complaints about limits belong in no report.
            "--syslog-only",
            &file,
            &print,
        ];
        let child = spawn(setpriv, &arguments, &[memory.fd(), says.as_fd()])?;
        let daemon = Daemon { child, id };
        drop(says);
        // One that cannot have its address says nothing, and whoever has it is not ours.
        let has_ended = || io::Error::other("the bus did not start");
        wait_any(&[ready.as_fd()], now_ns() + START_NS)?.ok_or_else(has_ended)?;
        if ready.read(&mut [0; ADDRESS_BYTES])? == 0 {
            return Err(has_ended());
        }
        Ok(daemon)
    }

    fn hand_down(&self) -> HandDown<'_> {
        HandDown { fds: Vec::new(), ids: vec![self.id] }
    }
}

impl Owner for Daemon {
    fn outlet(&self) -> HandDown<'_> {
        self.hand_down()
    }

    fn inlet(&self) -> HandDown<'_> {
        self.hand_down()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // One that is gone already only has to be buried.
        if self.child.kill().is_ok() && self.child.reap().is_err() {}
    }
}

fn connect(spec: Spec, end: &Inherited) -> Result<Connection, LinkError> {
    let ([id], []) = (&end.ids[..], &end.descriptors[..]) else { return Err(foreign(spec, end)) };
    let received_bytes = framing::whole_bytes(spec) + AROUND_BYTES;
    let limits = Limits { received_bytes, queued_bytes: 0 };
    Connection::open(&address(*id), limits).map_err(broken).map_err(refused(spec))
}

fn broken(error: BusError) -> io::Error {
    match error {
        BusError::Broken(error) => error,
        error => io::Error::other(error),
    }
}

/// The sender's end.
#[derive(Debug)]
pub(super) struct Sender {
    connection: Connection,
    piece_bytes_max: usize,
}

pub(super) fn outlet(spec: Spec, end: &Inherited) -> Result<Box<Sender>, LinkError> {
    let connection = connect(spec, end)?;
    Ok(Box::new(Sender { connection, piece_bytes_max: framing::piece_bytes(spec) }))
}

impl PieceSender for Sender {
    fn piece_bytes_max(&self) -> usize {
        self.piece_bytes_max
    }

    fn keeps_boundaries(&self) -> bool {
        true
    }

    fn try_send(&mut self, piece: &[u8], _urgency: Urgency) -> io::Result<Option<usize>> {
        let mut call = Message::call(RECEIVER, OBJECT, PIECE).with_bytes(piece);
        call.wants_reply = false;
        if self.connection.offer(&call)? == Queued::NoRoom {
            return Ok(None);
        }
        let deadline_ns = now_ns() + PATIENCE_NS;
        while !self.connection.flush()? && now_ns() < deadline_ns {
            self.wait_for_room(deadline_ns)?;
        }
        Ok(Some(piece.len()))
    }

    fn wait_for_room(&mut self, deadline_ns: u64) -> io::Result<()> {
        wait_writable(self.connection.descriptor(), deadline_ns)
    }
}

/// The receiver's end.
#[derive(Debug)]
pub(super) struct Receiver {
    connection: Connection,
    piece_bytes_max: usize,
}

pub(super) fn inlet(spec: Spec, end: &Inherited) -> Result<Box<Receiver>, LinkError> {
    let mut connection = connect(spec, end)?;
    let name = connection.request_name(RECEIVER, Claim::Successor);
    name.map_err(broken).map_err(refused(spec))?;
    Ok(Box::new(Receiver { connection, piece_bytes_max: framing::piece_bytes(spec) }))
}

impl PieceReceiver for Receiver {
    fn piece_bytes_max(&self) -> usize {
        self.piece_bytes_max
    }

    fn keeps_boundaries(&self) -> bool {
        true
    }

    fn try_receive(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        // What the bus itself says is passed over.
        while let Some(message) = self.connection.receive().map_err(broken)? {
            if let (Kind::Call, Some(piece)) = (message.kind, message.bytes()) {
                let taken = piece.len().min(buffer.len());
                buffer[..taken].copy_from_slice(&piece[..taken]);
                return Ok(Some(piece.len()));
            }
        }
        Ok(None)
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.connection.descriptor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Mechanism, Pattern};
    use sys::poll::wait_readable;

    fn piece(receiver: &mut Receiver) -> Vec<u8> {
        let mut buffer = [0; 64];
        loop {
            if let Some(length) = receiver.try_receive(&mut buffer).unwrap() {
                return buffer[..length].to_vec();
            }
            wait_readable(receiver.connection.descriptor(), now_ns() + START_NS).unwrap();
        }
    }

    #[test]
    fn a_successor_gets_what_is_sent_from_then_on_and_the_bus_ends_with_its_link() {
        let (mechanism, pattern) = (Mechanism::Dbus, Pattern::Queue);
        let spec = Spec { mechanism, pattern, message_bytes: 64, slots: 3 };
        let link = match create(spec) {
            Err(LinkError::Lacking { why, .. }) => {
                writeln!(io::stderr(), "SKIPPED: {why}").unwrap();
                return;
            }
            link => link.unwrap(),
        };
        let end = Inherited { descriptors: Vec::new(), ids: vec![link.id] };
        let mut sender = outlet(spec, &end).unwrap();
        let mut first = inlet(spec, &end).unwrap();
        assert_eq!(sender.try_send(b"one", Urgency::Sample).unwrap(), Some(3));
        assert_eq!(piece(&mut first), b"one");
        let mut successor = inlet(spec, &end).unwrap();
        assert_eq!(sender.try_send(b"two", Urgency::Sample).unwrap(), Some(3));
        assert_eq!(piece(&mut successor), b"two");
        assert_eq!(first.try_receive(&mut [0; 64]).unwrap(), None);
        let programs = ["setpriv", "dbus-daemon"].map(|it| found(spec, it).unwrap());
        assert!(Daemon::start(spec, &programs, link.id).is_err(), "its address is taken");
        drop(link);
        assert!(matches!(connect(spec, &end), Err(LinkError::System { .. })));
    }
}
