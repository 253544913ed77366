//! Ends that are replaced while slots are on their way.

use super::*;
use wire::Mechanism;

const SLOTS: usize = 3;

fn spec(pattern: Pattern) -> Spec {
    Spec { mechanism: Mechanism::Hybrid, pattern, message_bytes: 100, slots: SLOTS }
}

fn own(end: HandDown<'_>) -> Inherited {
    let descriptors = end.fds.iter().map(|fd| fd.try_clone_to_owned().unwrap()).collect();
    Inherited { descriptors, ids: end.ids }
}

fn sender(link: &Hybrid) -> Lending {
    outlet(spec(Pattern::Queue), own(link.outlet())).unwrap()
}

fn receiver(link: &Hybrid) -> Borrowing {
    inlet(spec(Pattern::Queue), own(link.inlet())).unwrap()
}

/// Sends a message that consists of this byte; whether there was room.
fn put(sender: &mut Lending, byte: u8) -> bool {
    if !sender.begin().unwrap() {
        return false;
    }
    sender.bytes().fill(byte);
    let message = Message { length: 100, published_ns: 0, urgency: Urgency::Sample };
    sender.publish(message, &|| ()).unwrap().is_sent()
}

/// Takes a message without releasing it, and says which byte it consists of.
fn hold(receiver: &mut Borrowing) -> Option<u8> {
    match receiver.take().unwrap() {
        Found::Nothing => None,
        Found::Damaged => panic!("damaged"),
        Found::Message { .. } => {
            let byte = receiver.bytes()[0];
            assert_eq!(receiver.bytes(), [byte; 100]);
            Some(byte)
        }
    }
}

fn take(receiver: &mut Borrowing) -> Option<u8> {
    let byte = hold(receiver)?;
    receiver.release();
    Some(byte)
}

#[test]
fn a_full_link_is_told_and_a_released_slot_is_filled_again() {
    let link = create_link(spec(Pattern::Queue)).unwrap();
    let (mut sender, mut receiver) = (sender(&link), receiver(&link));
    for round in 0..50 {
        let sent = (0..5).filter(|number| put(&mut sender, round * 5 + number)).count();
        assert_eq!(sent, SLOTS, "{round}");
        for number in 0..SLOTS as u8 {
            assert_eq!(take(&mut receiver), Some(round * 5 + number));
        }
        assert_eq!(take(&mut receiver), None);
    }
}

#[test]
fn a_held_slot_is_not_filled() {
    let link = create_link(spec(Pattern::Queue)).unwrap();
    let (mut sender, mut receiver) = (sender(&link), receiver(&link));
    assert!(put(&mut sender, 1));
    assert_eq!(hold(&mut receiver), Some(1));
    for byte in 2..50 {
        put(&mut sender, byte);
        assert_eq!(receiver.bytes(), [1; 100]);
    }
}

#[test]
fn what_dead_receivers_held_comes_back_also_if_they_held_everything() {
    let link = create_link(spec(Pattern::Queue)).unwrap();
    let mut sender = sender(&link);
    for round in 0..20 {
        for byte in 0..SLOTS as u8 {
            assert!(put(&mut sender, byte), "{round}");
            // Dies with what it holds.
            assert_eq!(hold(&mut receiver(&link)), Some(byte));
        }
        for _ in 0..40 {
            assert!(!put(&mut sender, 0));
        }
        // Dies with the first question, before it has answered.
        assert!(receive(&link.receiver, &mut [0; HANDLE_BYTES]).unwrap().is_some());
        // Whoever comes next is asked to say where it is.
        assert_eq!(take(&mut receiver(&link)), None);
    }
}

#[test]
fn what_dead_senders_sent_is_received_and_not_overwritten() {
    let link = create_link(spec(Pattern::Queue)).unwrap();
    let mut receiver = receiver(&link);
    for round in 0..20 {
        for byte in 0..SLOTS as u8 {
            let mut sender = sender(&link);
            assert!(put(&mut sender, byte), "{round}");
            // Dies in the middle of the next.
            if sender.begin().unwrap() {
                sender.bytes().fill(99);
            }
        }
        assert!(!put(&mut sender(&link), 99));
        for byte in 0..SLOTS as u8 {
            assert_eq!(take(&mut receiver), Some(byte), "{round}");
        }
        assert_eq!(take(&mut receiver), None);
    }
}

#[test]
fn the_newest_supersedes_and_its_elders_come_back_at_once() {
    let link = create_link(spec(Pattern::Newest)).unwrap();
    let mut sender = sender(&link);
    let mut receiver = inlet(spec(Pattern::Newest), own(link.inlet())).unwrap();
    for round in 0..50 {
        assert!(put(&mut sender, round));
        assert!(put(&mut sender, round + 100));
        assert_eq!(hold(&mut receiver), Some(round + 100));
        assert!(put(&mut sender, 250));
        assert!(put(&mut sender, 251), "the superseded one is back");
        assert_eq!(receiver.bytes(), [round + 100; 100]);
        receiver.release();
        assert_eq!(take(&mut receiver), Some(251));
    }
}

#[test]
fn a_handle_or_acknowledgement_that_lies_is_refused() {
    let link = create_link(spec(Pattern::Queue)).unwrap();
    let (mut sender, mut receiver) = (sender(&link), receiver(&link));
    let nothing = |length| Message { length, published_ns: 0, urgency: Urgency::Sample };
    for (slot, length) in [(3, 100), (0, 101), (u64::MAX - 1, 1), (0, usize::MAX)] {
        assert!(sender.send(1, slot, nothing(length)).unwrap().is_sent());
        assert_eq!(receiver.take().unwrap(), Found::Damaged);
    }
    assert!(send(&sender.socket, b"no handle").unwrap().is_sent());
    assert_eq!(receiver.take().unwrap(), Found::Damaged);
    let filled = (0..10).filter(|&byte| put(&mut sender, byte)).count();
    assert_eq!(filled, SLOTS);
    receiver.acknowledge(u64::MAX).unwrap();
    assert!(!put(&mut sender, 0), "nobody has read anything");
}
