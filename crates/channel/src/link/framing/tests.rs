//! Messages through pieces of any size, whole, cut off, and with rubbish between them.

use super::*;
use crate::link::{Mechanism, Urgency};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// A stream or a queue of pieces in memory that holds so many bytes, and from which every wake-up
/// takes all of them to where the receiver finds them.
#[derive(Clone, Debug)]
struct Tube {
    keeps_boundaries: bool,
    piece_bytes: usize,
    room_bytes: usize,
    pieces: Rc<RefCell<VecDeque<Vec<u8>>>>,
}

impl Tube {
    fn held(&self) -> usize {
        self.pieces.borrow().iter().map(Vec::len).sum()
    }
}

impl PieceSender for Tube {
    fn piece_bytes_max(&self) -> usize {
        self.piece_bytes
    }
    fn keeps_boundaries(&self) -> bool {
        self.keeps_boundaries
    }
    fn try_send(&mut self, piece: &[u8], _urgency: Urgency) -> io::Result<Option<usize>> {
        let room = self.room_bytes - self.held();
        let bytes = if self.keeps_boundaries { piece.len() } else { piece.len().min(room) };
        if room == 0 || bytes > room {
            return Ok(None);
        }
        self.pieces.borrow_mut().push_back(piece[..bytes].to_vec());
        Ok(Some(bytes))
    }
    fn wait_for_room(&mut self, deadline_ns: u64) -> io::Result<()> {
        sys::clock::sleep_until(deadline_ns);
        Ok(())
    }
}

impl PieceReceiver for Tube {
    fn piece_bytes_max(&self) -> usize {
        self.piece_bytes
    }
    fn keeps_boundaries(&self) -> bool {
        self.keeps_boundaries
    }
    fn try_receive(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let mut pieces = self.pieces.borrow_mut();
        let Some(mut piece) = pieces.pop_front() else { return Ok(None) };
        let bytes = piece.len().min(buffer.len());
        buffer[..bytes].copy_from_slice(&piece[..bytes]);
        if self.keeps_boundaries {
            return Ok(Some(piece.len()));
        }
        let rest = piece.split_off(bytes);
        if !rest.is_empty() {
            pieces.push_front(rest);
        }
        Ok(Some(bytes))
    }
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

struct Rig {
    tube: Tube,
    sender: Box<dyn Outgoing>,
    receiver: Box<dyn Incoming>,
}

const MESSAGE_BYTES: usize = 1000;

fn rig(pattern: Pattern, (keeps_boundaries, piece_bytes): (bool, usize)) -> Rig {
    let (mechanism, room_bytes) = (Mechanism::Pipe, 8 * MESSAGE_BYTES);
    let spec = Spec { mechanism, pattern, message_bytes: MESSAGE_BYTES, slots: 2 };
    let tube = Tube { keeps_boundaries, piece_bytes, room_bytes, pieces: Rc::default() };
    let sender = outgoing(spec, Box::new(tube.clone()));
    let receiver = incoming(spec, Box::new(tube.clone()));
    Rig { tube, sender, receiver }
}

impl Rig {
    fn send(&mut self, value: u8, length: usize) -> Sent {
        assert!(self.sender.begin().unwrap());
        self.sender.bytes()[..length].fill(value);
        let message = Message { length, published_ns: value.into(), urgency: Urgency::Sample };
        self.sender.publish(message, &|| {}).unwrap()
    }

    /// Everything that is there: the value and the length of each message, `None` for damage.
    fn taken(&mut self) -> Vec<Option<(u8, usize)>> {
        let mut all = Vec::new();
        loop {
            match self.receiver.take().unwrap() {
                Found::Nothing => return all,
                Found::Damaged => all.push(None),
                Found::Message { .. } => {
                    let bytes = self.receiver.bytes();
                    assert!(bytes.iter().all(|byte| *byte == bytes[0]), "whole");
                    all.push(Some((bytes[0], bytes.len())));
                    self.receiver.release();
                }
            }
        }
    }
}

const TUBES: [(bool, usize); 6] =
    [(true, 4096), (true, 300), (true, 1), (false, 4096), (false, 300), (false, 1)];

#[test]
fn messages_of_any_length_come_out_in_order() {
    for tube in TUBES {
        let mut rig = rig(Pattern::Queue, tube);
        for (value, length) in [(1, 1000), (2, 1), (3, 999), (4, 500)] {
            assert_eq!(rig.send(value, length), Sent::Taken);
        }
        let expected = [(1, 1000), (2, 1), (3, 999), (4, 500)].map(Some);
        assert_eq!(rig.taken(), expected, "{tube:?}");
    }
}

#[test]
fn the_newest_supersedes_those_before_it() {
    for tube in TUBES {
        let mut rig = rig(Pattern::Newest, tube);
        for value in 1..=3 {
            assert_eq!(rig.send(value, 1000), Sent::Taken);
        }
        assert_eq!(rig.taken(), [Some((3, 1000))], "{tube:?}");
    }
}

#[test]
fn a_message_that_was_cut_off_costs_itself_alone() {
    for tube in TUBES {
        let mut rig = rig(Pattern::Newest, tube);
        assert_eq!(rig.send(1, 1000), Sent::Taken);
        // Its sender died before the end of it.
        let mut lost = 0;
        while lost < 400 {
            lost += rig.tube.pieces.borrow_mut().pop_back().map_or(1000, |piece| piece.len());
        }
        let mut seen = Vec::new();
        for value in 2..6 {
            assert_eq!(rig.send(value, 1000), Sent::Taken);
            seen.extend(rig.taken());
        }
        seen.retain(Option::is_some);
        assert_eq!(seen.first(), Some(&Some((2, 1000))), "{tube:?}");
        assert_eq!(seen.last(), Some(&Some((5, 1000))), "{tube:?}");
    }
}

#[test]
fn rubbish_is_told_and_survived() {
    for tube in [(true, 4096), (true, 300), (false, 300)] {
        let mut rig = rig(Pattern::Newest, tube);
        for rubbish in [&[0xa5; 200][..], &MAGIC[..9], &[0xff; 290]] {
            rig.tube.pieces.borrow_mut().push_back(rubbish.to_vec());
        }
        assert_eq!(rig.send(7, 1000), Sent::Taken);
        let taken = rig.taken();
        assert_eq!(taken.last(), Some(&Some((7, 1000))), "{tube:?}: {taken:?}");
        assert!(taken.contains(&None), "{tube:?}");
    }
}

#[test]
fn a_sender_that_finds_no_room_gives_up_after_a_while_and_says_so() {
    let mut rig = rig(Pattern::Newest, (false, 300));
    let results: Vec<Sent> = (0..9).map(|value| rig.send(value, 1000)).collect();
    assert_eq!(results[0], Sent::Taken);
    assert_eq!(results[8], Sent::QueueFull);
    assert!(rig.taken().contains(&Some((6, 1000))));
    assert_eq!(rig.send(9, 1000), Sent::Taken);
    assert_eq!(rig.taken().last(), Some(&Some((9, 1000))));
}

#[test]
fn a_message_that_fits_a_piece_goes_as_it_is() {
    let mut rig = rig(Pattern::Queue, (true, 1000));
    assert_eq!(rig.send(1, 1000), Sent::Taken);
    assert_eq!(rig.tube.held(), 1000);
    rig.tube.pieces.borrow_mut().push_back(vec![2; 1001]);
    assert_eq!(rig.taken(), [Some((1, 1000)), None]);
}
