//! D-Bus without waiting: [`Connection`], its [`Message`]s, and the [`Address`] of a bus.
//!
//! One descriptor, no thread, no executor: whoever holds the connection sends and receives when it
//! wants to, and neither a bus that stands still nor one that floods can hold it up or fill its
//! memory. Only the wire format is the library's.

mod address;
mod message;

pub use address::{Address, AddressError};
pub use message::{Kind, Message, MessageError};

use message::{PREFIX_BYTES, message_bytes};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::str::FromStr;
use sys::clock::now_ns;
use sys::poll::wait_readable;

/// Name and object of the bus itself.
pub const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";
/// How long a bus may take to let us in and to answer about a name; then it counts as dead. A healthy
/// one takes about a millisecond.
const ANSWER_NS: u64 = 5_000_000_000;
/// Longest line of the greeting: those of real buses have less than 100 bytes.
const LINE_BYTES_MAX: usize = 4096;
/// What is read at once of a message that is passed over.
const PASSED_BYTES: usize = 64 << 10;
/// The answer that the name is ours.
const OWNER: u32 = 1;

/// What a connection keeps at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest message that is received: a longer one is passed over.
    pub received_bytes: usize,
    /// What waits to be sent: as long as that is more, and the bus takes not all of it, nothing is added.
    pub queued_bytes: usize,
}

/// How a name is asked for, as the bus numbers it.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub enum Claim {
    /// If nobody has it.
    IfFree = 4,
    /// Whoever has it, and whoever comes next takes it over.
    Successor = 7,
}

/// A connection to a bus.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
    limits: Limits,
    serial: u32,
    name: String,
    received: Vec<u8>,
    /// Bytes of a message that is too long and passed over, still to come.
    passing_over: usize,
    unsent: Vec<u8>,
}

/// What became of a message to be sent.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It is sent, or will be, under this number.
    As(u32),
    /// There is no room for it: the bus takes nothing.
    NoRoom,
}

/// A bus cannot be reached, or is none.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The address is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No socket of the address leads to a bus.
    #[error("cannot connect to the bus at {address}")]
    Connect {
        /// The address.
        address: String,
        /// Why not.
        source: io::Error,
    },
    /// It does not let us in.
    #[error("the bus does not let this user in: {0}")]
    Refused(String),
    /// It does not answer.
    #[error("the bus has not answered within {} s", ANSWER_NS / 1_000_000_000)]
    Silent,
    /// It answers with an error.
    #[error("the bus answers: {0}")]
    Answer(String),
    /// The connection broke.
    #[error("the connection to the bus broke")]
    Broken(#[from] io::Error),
    /// It sends what is no message.
    #[error("the bus speaks no D-Bus")]
    Message(#[from] MessageError),
}

impl Connection {
    /// Connects to the bus at this address and greets it. Waits for answers, but not for ever.
    pub fn open(address: &str, limits: Limits) -> Result<Connection, BusError> {
        let address = Address::from_str(address)?;
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for socket in address.sockets() {
            match sys::stream::connect(socket) {
                Ok(stream) => return Connection::greet(stream, limits),
                Err(error) => last = error,
            }
        }
        Err(BusError::Connect { address: address.text().to_owned(), source: last })
    }

    fn greet(stream: UnixStream, limits: Limits) -> Result<Connection, BusError> {
        let mut connection = Connection {
            stream,
            limits,
            serial: 0,
            name: String::new(),
            received: Vec::new(),
            passing_over: 0,
            unsent: Vec::new(),
        };
        // Who we are, the kernel tells the bus.
        connection.unsent.extend_from_slice(b"\0AUTH EXTERNAL\r\nDATA\r\n");
        let deadline_ns = now_ns() + ANSWER_NS;
        for expected in ["DATA", "OK"] {
            let line = connection.line(deadline_ns)?;
            if !line.starts_with(expected) {
                return Err(BusError::Refused(line));
            }
        }
        connection.unsent.extend_from_slice(b"BEGIN\r\n");
        let hello = connection.ask(&Message::call(BUS, BUS_PATH, (BUS, "Hello")))?;
        (connection.name,) = hello.body()?;
        Ok(connection)
    }

    fn line(&mut self, deadline_ns: u64) -> Result<String, BusError> {
        loop {
            self.flush()?;
            if let Some(end) = self.received.windows(2).position(|two| two == b"\r\n") {
                let line = self.received.drain(..end + 2).take(end).collect::<Vec<_>>();
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            if self.received.len() == LINE_BYTES_MAX {
                return Err(MessageError::Prefix.into());
            }
            self.wait(deadline_ns)?;
            // The bus says no more before it is told to begin.
            self.fill(LINE_BYTES_MAX)?;
        }
    }

    /// Sleeps until something is there.
    fn wait(&self, deadline_ns: u64) -> Result<(), BusError> {
        wait_readable(&self.stream, deadline_ns)?;
        if now_ns() >= deadline_ns { Err(BusError::Silent) } else { Ok(()) }
    }

    /// The name by which the bus knows this connection.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What becomes readable when a message is there.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Calls a method and waits for its result, but not for ever. What else arrives meanwhile is
    /// passed over: to be used before anyone knows this connection.
    pub fn ask(&mut self, call: &Message) -> Result<Message, BusError> {
        let deadline_ns = now_ns() + ANSWER_NS;
        let Queued::As(serial) = self.send(call)? else { return Err(BusError::Silent) };
        loop {
            self.flush()?;
            while let Some(answer) = self.receive()? {
                match answer.kind {
                    _ if answer.reply_serial != Some(serial) => {}
                    Kind::Error => {
                        let name = answer.error.clone().unwrap_or_default();
                        let why = answer.body::<(String,)>().map_or(name, |(why,)| why);
                        return Err(BusError::Answer(why));
                    }
                    _ => return Ok(answer),
                }
            }
            self.wait(deadline_ns)?;
        }
    }

    /// Asks for a name that others can find; returns whether it is ours.
    pub fn request_name(&mut self, name: &str, claim: Claim) -> Result<bool, BusError> {
        let call = Message::call(BUS, BUS_PATH, (BUS, "RequestName")).with(&(name, claim as u32));
        let (answer,) = self.ask(&call)?.body::<(u32,)>()?;
        Ok(answer == OWNER)
    }

    /// Sends a message, or keeps what the bus does not take at once.
    pub fn send(&mut self, message: &Message) -> io::Result<Queued> {
        if self.unsent.len() > self.limits.queued_bytes && !self.flush()? {
            return Ok(Queued::NoRoom);
        }
        let serial = self.next_serial();
        self.unsent.extend_from_slice(&message.encode(serial));
        self.flush()?;
        Ok(Queued::As(serial))
    }

    /// Sends a message, unless the bus takes not even its beginning: then nothing is kept.
    pub fn offer(&mut self, message: &Message) -> io::Result<Queued> {
        if !self.flush()? {
            return Ok(Queued::NoRoom);
        }
        let serial = self.next_serial();
        self.unsent = message.encode(serial);
        let whole_bytes = self.unsent.len();
        self.flush()?;
        if self.unsent.len() == whole_bytes {
            self.unsent.clear();
            return Ok(Queued::NoRoom);
        }
        Ok(Queued::As(serial))
    }

    /// 0 is no number.
    fn next_serial(&mut self) -> u32 {
        self.serial = self.serial.checked_add(1).unwrap_or(1);
        self.serial
    }

    /// Sends as much as the bus takes of what was kept; returns whether that was all.
    pub fn flush(&mut self) -> io::Result<bool> {
        let mut sent = 0;
        let result = loop {
            match self.stream.write(&self.unsent[sent..]) {
                Ok(0) => break Ok(()),
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.unsent.drain(..sent);
        result.map(|()| self.unsent.is_empty())
    }

    /// Takes the next message, if one is there. Nothing behind it is read: while there is more, the
    /// descriptor stays readable.
    pub fn receive(&mut self) -> Result<Option<Message>, BusError> {
        loop {
            if !self.pass_over()? {
                return Ok(None);
            }
            let needed = match self.received.first_chunk::<PREFIX_BYTES>() {
                None => PREFIX_BYTES,
                Some(prefix) => message_bytes(prefix)?,
            };
            if needed > self.limits.received_bytes {
                self.passing_over = needed - self.received.len();
                self.received.clear();
            } else if needed > PREFIX_BYTES && self.received.len() == needed {
                let message = Message::decode(&self.received)?;
                self.received.clear();
                return Ok(Some(message));
            } else if self.fill(needed)? == 0 {
                return Ok(None);
            }
        }
    }

    /// Takes what is left of a message that is too long; returns whether it is gone.
    fn pass_over(&mut self) -> io::Result<bool> {
        while self.passing_over > 0 {
            let passed = self.fill(self.passing_over.min(PASSED_BYTES))?;
            if passed == 0 {
                return Ok(false);
            }
            self.passing_over -= passed;
            self.received.clear();
        }
        Ok(true)
    }

    /// Takes bytes from the kernel until there are so many; returns how many came.
    fn fill(&mut self, up_to: usize) -> io::Result<usize> {
        let before = self.received.len();
        self.received.resize(up_to.max(before), 0);
        let result = self.stream.read(&mut self.received[before..]);
        self.received.truncate(before + result.as_ref().map_or(0, |&count| count));
        match result {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests;
