use super::link::{Condition as Link, LinkError, Setting, create_virtual, down, find, up};
use super::*;
use crate::poll::wait_readable;
use std::io::Write;

const PATIENCE_NS: u64 = 60_000_000_000;
const SETTING: Setting = Setting { bitrate_kbps: 500, restart_ms: 100 };

/// Not by a macro: what those print is hidden while a test passes.
fn skip(why: &dyn std::error::Error) {
    let line =
        format!("SKIPPED: {why}: {}\n", why.source().map_or(String::new(), ToString::to_string));
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// A bus of its own for each test; `None`, told in plain sight, where the host gives none.
fn bus(name: &'static str) -> Option<Bus> {
    if let Err(lacking) = create_virtual(name) {
        skip(&lacking);
        return None;
    }
    let bus = Bus(name);
    match CanSocket::open(name, &[]) {
        Ok(_) => Some(bus),
        Err(lacking @ OpenError::Absent(_)) => {
            skip(&lacking);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

struct Bus(&'static str);

impl Drop for Bus {
    fn drop(&mut self) {
        let index = find(self.0).unwrap().index;
        let (what, how) = (libc::RTM_DELLINK, libc::NLM_F_ACK as u16);
        let request = netlink::Request { what, how, index, ..netlink::Request::default() };
        netlink::ask(request).unwrap();
    }
}

fn frame(id: u16) -> Frame {
    Frame { id, length: 3, bytes: [1, 2, 3, 0, 0, 0, 0, 0] }
}

fn next(socket: &CanSocket) -> Heard {
    let deadline = now_ns() + PATIENCE_NS;
    while now_ns() < deadline {
        if let Some(heard) = socket.receive().unwrap() {
            return heard;
        }
        wait_readable(socket, deadline).unwrap();
    }
    panic!("nothing came");
}

#[test]
fn frames_come_with_their_time_and_only_those_that_are_asked_for() {
    let Some(bus) = bus("failop-t0") else { return };
    up(bus.0, SETTING).unwrap();
    let (listener, talker) =
        (CanSocket::open(bus.0, &[0x60a]).unwrap(), CanSocket::open(bus.0, &[]).unwrap());
    let before = now_ns();
    assert_eq!(talker.send(&frame(0x123)).unwrap(), Sent::Taken);
    assert_eq!(talker.send(&frame(0x60a)).unwrap(), Sent::Taken);
    let Heard::Frame(heard, at_ns) = next(&listener) else { panic!("no frame") };
    assert_eq!((heard, heard.data()), (frame(0x60a), &[1, 2, 3][..]));
    assert!((before - 1_000_000..=now_ns()).contains(&at_ns));
    assert_eq!(listener.receive().unwrap(), None);
}

#[test]
fn a_socket_outlives_its_interface_going_down_and_up() {
    let Some(bus) = bus("failop-t1") else { return };
    assert_eq!(find(bus.0).unwrap().condition, Link::Down);
    up(bus.0, SETTING).unwrap();
    let (listener, talker) =
        (CanSocket::open(bus.0, &[0x60a]).unwrap(), CanSocket::open(bus.0, &[]).unwrap());
    down(bus.0).unwrap();
    assert_eq!(find(bus.0).unwrap().condition, Link::Down);
    assert_eq!(next(&listener), Heard::Down);
    assert_eq!(listener.receive().unwrap(), None, "it is told once");
    assert_eq!(next(&talker), Heard::Down);
    assert_eq!(talker.send(&frame(0x60a)).unwrap(), Sent::Down);
    up(bus.0, SETTING).unwrap();
    assert_eq!(find(bus.0).unwrap().condition, Link::Up);
    assert_eq!(talker.send(&frame(0x60a)).unwrap(), Sent::Taken);
    assert!(matches!(next(&listener), Heard::Frame(..)));
}

#[test]
fn what_is_no_can_bus_is_told_by_its_name() {
    let missing = find("failop-no-such").unwrap_err();
    assert!(matches!(missing, LinkError::Missing(_)), "{missing}");
    let loopback = find("lo").unwrap_err();
    assert!(matches!(loopback, LinkError::NotCan { .. }), "{loopback}");
}

#[test]
fn error_frames_tell_how_the_controller_is() {
    let cases = [
        (0x40, 0, Condition::BusOff),
        (0x44, 0x20, Condition::BusOff),
        (0x100, 0, Condition::Restarted),
        (0x04, 0x10, Condition::Passive),
        (0x04, 0x01, Condition::Overflow),
        (0x04, 0x40, Condition::Active),
        (0x80, 0, Condition::Passing),
    ];
    for (class, detail, expected) in cases {
        let mut bytes = [0; FRAME_BYTES];
        bytes[..4].copy_from_slice(&(libc::CAN_ERR_FLAG | class).to_le_bytes());
        bytes[DATA_AT + 1] = detail;
        assert_eq!(heard(&bytes, 0), Heard::Controller(expected));
    }
}
