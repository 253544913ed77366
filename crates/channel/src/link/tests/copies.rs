//! What is particular to mechanisms that copy: room, priorities, messages in several pieces.

use super::*;
use crate::store::StoreKind;
use sys::poll::wait_readable;

/// Those that copy, as far as this host has them.
fn copying() -> impl Iterator<Item = Mechanism> {
    let copies = |it: &Mechanism| {
        let by_handle = [Mechanism::MemfdPassing, Mechanism::Hybrid].contains(it);
        !by_handle && StoreKind::of(*it).is_none()
    };
    Mechanism::ALL.into_iter().filter(copies).filter(|it| is_there((*it, Pattern::Queue)))
}

#[test]
fn a_full_link_is_told_and_what_it_holds_comes_out_whole_and_in_order() {
    for mechanism in copying() {
        let (_link, mut outlet, mut inlet) = ends(spec((mechanism, Pattern::Queue)));
        let mut sent: u32 = 0;
        while outlet.send(&numbered(sent), Urgency::Sample).unwrap().is_sent() {
            sent += 1;
            assert!(sent < 1_000_000, "{mechanism}: it must be full at some time");
        }
        assert!(sent >= 3, "{mechanism}: it has three slots, and holds {sent}");
        for number in 0..sent {
            assert_eq!(arrived(&mut inlet).0, numbered(number), "{mechanism}");
        }
        assert!(outlet.send(&numbered(sent), Urgency::Sample).unwrap().is_sent(), "{mechanism}");
    }
}

/// A message that differs from those with other numbers in each of its words.
fn numbered(number: u32) -> Vec<u8> {
    number.to_le_bytes().repeat(250)
}

#[test]
fn a_command_overtakes_where_there_are_priorities() {
    for mechanism in copying() {
        let (_link, mut outlet, mut inlet) = ends(spec((mechanism, Pattern::Queue)));
        for (byte, urgency) in [(1, Urgency::Sample), (2, Urgency::Sample), (3, Urgency::Command)] {
            assert!(outlet.send(&[byte; 100], urgency).unwrap().is_sent());
        }
        let order = [(); 3].map(|()| arrived(&mut inlet).0[0]);
        let has_priorities = matches!(mechanism, Mechanism::PosixMq | Mechanism::SysvMsg);
        assert_eq!(order, if has_priorities { [3, 1, 2] } else { [1, 2, 3] }, "{mechanism}");
    }
}

/// More than any of the mechanisms takes at once, to a receiver that reads meanwhile. On a busy
/// machine the sender may lose its patience; it is told, sends again, and the receiver finds a
/// damaged one.
#[test]
fn a_message_of_many_pieces_arrives_whole() {
    /// More than a pipe holds (1 MiB).
    const BYTES: usize = 1_200_000;
    for mechanism in copying() {
        let pattern = Pattern::Queue;
        let spec = Spec { mechanism, pattern, message_bytes: BYTES, slots: 1 };
        let link = Link::create(spec).unwrap();
        let (end, theirs) = (own(link.outlet()), own(link.inlet()));
        let mut outlet = Outlet::attach(spec, end, None).unwrap();
        std::thread::scope(|scope| {
            let receiver = scope.spawn(move || {
                let mut inlet = Inlet::attach(spec, theirs).unwrap();
                for number in [1, 2] {
                    assert_eq!(undamaged(&mut inlet), vec![number; BYTES], "{mechanism}");
                }
            });
            for number in [1, 2] {
                let deadline_ns = now_ns() + PATIENCE_NS;
                let message = vec![number; BYTES];
                while !outlet.send(&message, Urgency::Sample).unwrap().is_sent() {
                    assert!(now_ns() < deadline_ns, "{mechanism}: no room for {number}");
                    std::thread::yield_now();
                }
            }
            receiver.join().unwrap();
        });
    }
}

fn undamaged(inlet: &mut Inlet) -> Vec<u8> {
    let deadline_ns = now_ns() + PATIENCE_NS;
    while now_ns() < deadline_ns {
        match inlet.take().unwrap() {
            Taken::Message(held) => return held.bytes().to_vec(),
            Taken::Nothing | Taken::Damaged => std::thread::yield_now(),
        }
    }
    panic!("no message came");
}

#[test]
fn a_descriptor_is_readable_while_a_message_is_there() {
    for mechanism in copying() {
        let (_link, mut outlet, mut inlet) = ends(spec((mechanism, Pattern::Newest)));
        assert_eq!(inlet.descriptor().is_none(), mechanism == Mechanism::SysvMsg, "{mechanism}");
        assert!(outlet.send(&[1; 100], Urgency::Sample).unwrap().is_sent());
        if let Some(descriptor) = inlet.descriptor() {
            wait_readable(descriptor, now_ns() + PATIENCE_NS).unwrap();
        }
        assert_eq!(arrived(&mut inlet).0, [1; 100]);
    }
}

/// Lent pages are read when the receiver reads, however long that takes.
#[test]
fn a_sender_leaves_lent_messages_alone_until_they_are_read() {
    let spec = spec((Mechanism::Vmsplice, Pattern::Queue));
    let (_link, mut outlet, mut inlet) = ends(spec);
    for round in 0..5 {
        for byte in 0..3 {
            assert!(outlet.send(&[round + byte; 1000], Urgency::Sample).unwrap().is_sent());
        }
        assert!(outlet.begin().unwrap().is_none(), "all three are lent");
        for byte in 0..3 {
            assert_eq!(taken(&mut inlet).unwrap().0, [round + byte; 1000]);
        }
    }
}

/// Only when the owner is gone as well: it keeps both ends open for those who come next.
#[test]
fn a_receiver_is_told_that_everyone_else_is_gone() {
    for mechanism in copying() {
        let (link, outlet, mut inlet) = ends(spec((mechanism, Pattern::Queue)));
        drop(outlet);
        assert!(taken(&mut inlet).is_none(), "{mechanism}: the owner is there");
        drop(link);
        let is_told = match mechanism {
            Mechanism::UnixDgram | Mechanism::PosixMq => None,
            Mechanism::SysvMsg => Some(io::ErrorKind::InvalidInput),
            _ => Some(io::ErrorKind::UnexpectedEof),
        };
        if is_told == Some(io::ErrorKind::UnexpectedEof) {
            wait_readable(inlet.descriptor().unwrap(), now_ns() + PATIENCE_NS).unwrap();
        }
        assert_eq!(inlet.take().err().map(|error| error.kind()), is_told, "{mechanism}");
    }
}

#[test]
fn a_sender_is_told_that_everyone_else_is_gone() {
    for mechanism in copying() {
        let (link, mut outlet, inlet) = ends(spec((mechanism, Pattern::Queue)));
        drop((link, inlet));
        let is_told = match mechanism {
            // Its descriptor holds the queue as well: messages stay in it for whoever inherits that.
            Mechanism::PosixMq => continue,
            Mechanism::SysvMsg => io::ErrorKind::InvalidInput,
            Mechanism::UnixDgram => io::ErrorKind::ConnectionRefused,
            _ => io::ErrorKind::BrokenPipe,
        };
        // By TCP a message gets under way before the answer comes that nobody is there.
        let deadline_ns = now_ns() + PATIENCE_NS;
        let mut error = None;
        while error.is_none() && now_ns() < deadline_ns {
            error = outlet.send(&[1; 10], Urgency::Sample).err();
        }
        assert_eq!(error.map(|error| error.kind()), Some(is_told), "{mechanism}");
    }
}

#[test]
fn no_system_v_queue_outlives_its_link() {
    let (link, mut outlet, _inlet) = ends(spec((Mechanism::SysvMsg, Pattern::Queue)));
    assert!(outlet.send(&[1; 100], Urgency::Sample).unwrap().is_sent());
    let id = link.outlet().ids[0].to_string();
    let is_listed = || {
        let table = std::fs::read_to_string("/proc/sysvipc/msg").unwrap();
        table.lines().any(|line| line.split_whitespace().nth(1) == Some(&id))
    };
    assert!(is_listed());
    drop(link);
    assert!(!is_listed());
    assert!(outlet.send(&[2; 100], Urgency::Sample).is_err(), "a queue that is gone is told");
}
