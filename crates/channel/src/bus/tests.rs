//! Connections to buses of a test's own, which do what a real one would not.

use super::*;
use std::io::{BufRead, BufReader};
use std::thread::JoinHandle;

const LIMITS: Limits = Limits { received_bytes: 1000, queued_bytes: 1000 };

/// Lets the other side in, answers its greeting and sends `more`; returns how many bytes came after
/// that until the other side closed.
fn bus(stream: UnixStream, more: Vec<u8>) -> JoinHandle<usize> {
    std::thread::spawn(move || {
        let mut answers = stream.try_clone().unwrap();
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        for (expected, answer) in
            [("\0AUTH EXTERNAL", "DATA\r\n"), ("DATA", "OK 0123\r\n"), ("BEGIN", "")]
        {
            line.clear();
            lines.read_line(&mut line).unwrap();
            assert_eq!(line.trim_end(), expected);
            answers.write_all(answer.as_bytes()).unwrap();
        }
        let mut prefix = [0; PREFIX_BYTES];
        lines.read_exact(&mut prefix).unwrap();
        let mut bytes = prefix.to_vec();
        bytes.resize(message_bytes(&prefix).unwrap(), 0);
        lines.read_exact(&mut bytes[PREFIX_BYTES..]).unwrap();
        let hello = Message::decode(&bytes).unwrap();
        assert_eq!(hello.name(), (BUS, "Hello"));
        answers.write_all(&hello.reply().with(&(":1.7",)).encode(1)).unwrap();
        answers.write_all(&more).unwrap();
        let mut rest = Vec::new();
        lines.read_to_end(&mut rest).unwrap();
        rest.len()
    })
}

/// Both ends; what is not read is limited by the kernel.
fn ends() -> (UnixStream, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    (ours, theirs)
}

fn next(connection: &mut Connection) -> Result<Message, BusError> {
    loop {
        if let Some(message) = connection.receive()? {
            return Ok(message);
        }
        connection.wait(now_ns() + ANSWER_NS)?;
    }
}

#[test]
fn a_bus_lets_us_in_and_what_is_too_long_is_passed_over() {
    let signal = |text: &str| Message::signal("/a", ("org.a.B1", "Said")).with(&(text,)).encode(3);
    let more = [signal(&"x".repeat(200_000)), signal("short")].concat();
    let (ours, theirs) = ends();
    let bus = bus(theirs, more);
    let mut connection = Connection::greet(ours, LIMITS).unwrap();
    assert_eq!(connection.name(), ":1.7");
    let said = next(&mut connection).unwrap();
    assert_eq!(said.body::<(String,)>().unwrap().0, "short");
    assert!(connection.receive().unwrap().is_none());
    drop(connection);
    assert_eq!(bus.join().unwrap(), 0);
}

#[test]
fn a_bus_that_takes_nothing_is_told_and_nothing_more_is_kept() {
    let (ours, theirs) = ends();
    let bus = bus(theirs, Vec::new());
    let mut connection = Connection::greet(ours, LIMITS).unwrap();
    drop(connection.stream);
    // From here on nobody reads.
    let (ours, _theirs) = ends();
    connection.stream = ours;
    let signal = Message::signal("/a", ("org.a.B1", "Said")).with(&("x".repeat(500),));
    let taken = (0..1_000_000).take_while(|_| connection.send(&signal).unwrap() != Queued::NoRoom);
    assert!(taken.count() < 1_000_000);
    assert!(connection.unsent.len() < LIMITS.queued_bytes + signal.encode(1).len() + 1);
    assert_eq!(bus.join().unwrap(), 0);
}

#[test]
fn a_bus_that_refuses_is_silent_dies_or_is_none_is_an_error() {
    let greeted_with = |answer: &[u8]| {
        let (ours, mut theirs) = ends();
        theirs.write_all(answer).unwrap();
        Connection::greet(ours, LIMITS).unwrap_err()
    };
    assert!(matches!(greeted_with(b"REJECTED EXTERNAL\r\n"), BusError::Refused(_)));
    assert!(matches!(greeted_with(b"DATA\r\nOK 1\r\n"), BusError::Silent));
    assert!(matches!(greeted_with(&[b'x'; 10_000]), BusError::Message(_)));
    let (ours, theirs) = ends();
    drop(theirs);
    assert!(matches!(Connection::greet(ours, LIMITS), Err(BusError::Broken(_))));
    let nowhere = Connection::open("unix:path=/nonexistent/bus", LIMITS);
    assert!(matches!(nowhere, Err(BusError::Connect { .. })));
}
