//! Every mechanism, as its users see it.

use super::*;
use crate::doorbell::Doorbell;
use std::io::Write;
use sys::clock::now_ns;

mod copies;

/// How long an event is waited for before a test counts as stuck.
const PATIENCE_NS: u64 = 60_000_000_000;

/// What a process would inherit.
pub(super) fn own(end: HandDown<'_>) -> Inherited {
    let descriptors = end.fds.iter().map(|fd| fd.try_clone_to_owned().unwrap()).collect();
    Inherited { descriptors, ids: end.ids }
}

/// Both ends of a link within one process.
fn ends(spec: Spec) -> (Link, Outlet, Inlet) {
    let link = Link::create(spec).unwrap();
    let outlet = Outlet::attach(spec, own(link.outlet()), None).unwrap();
    let inlet = Inlet::attach(spec, own(link.inlet())).unwrap();
    (link, outlet, inlet)
}

/// Whether this host has it; what is missing is told.
fn is_there(which: (Mechanism, Pattern)) -> bool {
    let Err(LinkError::Lacking { mechanism, why }) = Link::create(spec(which)) else { return true };
    writeln!(std::io::stderr(), "SKIPPED {mechanism}: {why}").unwrap();
    false
}

/// What this host has.
fn mechanisms() -> impl Iterator<Item = (Mechanism, Pattern)> {
    let with_patterns = |it| [(it, Pattern::Newest), (it, Pattern::Queue)];
    Mechanism::ALL.into_iter().flat_map(with_patterns).filter(|it| is_there(*it))
}

fn spec((mechanism, pattern): (Mechanism, Pattern)) -> Spec {
    Spec { mechanism, pattern, message_bytes: 1000, slots: 3 }
}

fn taken(inlet: &mut Inlet) -> Option<(Vec<u8>, u64)> {
    match inlet.take().unwrap() {
        Taken::Message(held) => Some((held.bytes().to_vec(), held.published_ns())),
        Taken::Nothing => None,
        Taken::Damaged => panic!("damaged"),
    }
}

/// The next message, which may take a moment from one end to the other.
fn arrived(inlet: &mut Inlet) -> (Vec<u8>, u64) {
    let deadline_ns = now_ns() + PATIENCE_NS;
    while now_ns() < deadline_ns {
        if let Some(message) = taken(inlet) {
            return message;
        }
        std::thread::yield_now();
    }
    panic!("no message came");
}

#[test]
fn a_message_comes_out_as_it_went_in() {
    for which in mechanisms() {
        let (_link, mut outlet, mut inlet) = ends(spec(which));
        assert!(taken(&mut inlet).is_none());
        let mut fill = outlet.begin().unwrap().unwrap();
        fill.bytes().fill(7);
        assert_eq!(fill.publish_at(99).unwrap().wake(), Sent::Taken);
        let (bytes, published_ns) = arrived(&mut inlet);
        assert_eq!(bytes, [7; 1000], "{which:?}");
        assert!(published_ns == 99 || which.1 == Pattern::Queue, "{which:?}");
        assert!(taken(&mut inlet).is_none());
    }
}

#[test]
fn an_empty_message_is_one_like_others() {
    for which in mechanisms().filter(|(_, pattern)| *pattern == Pattern::Queue) {
        let (_link, mut outlet, mut inlet) = ends(spec(which));
        for message in [&[][..], &[5; 10]] {
            assert!(outlet.send(message, Urgency::Sample).unwrap().is_sent());
            assert_eq!(arrived(&mut inlet).0, message, "{which:?}");
        }
    }
}

#[test]
fn a_message_that_is_dropped_unpublished_is_never_seen() {
    for which in mechanisms() {
        let (_link, mut outlet, mut inlet) = ends(spec(which));
        outlet.begin().unwrap().unwrap().bytes().fill(1);
        assert!(taken(&mut inlet).is_none(), "{which:?}");
    }
}

#[test]
fn a_torn_message_is_seen_before_it_is_complete_and_the_next_is_whole() {
    let (_link, mut outlet, mut inlet) = ends(spec((Mechanism::Shm, Pattern::Newest)));
    let mut fill = outlet.begin().unwrap().unwrap();
    fill.bytes().fill(1);
    let look = || assert_eq!(taken(&mut inlet).unwrap(), (vec![1; 1000], 7));
    assert_eq!(fill.publish_torn(7, look, |rest| rest[500..].fill(2)).unwrap(), Sent::Taken);
    assert!(taken(&mut inlet).is_none(), "it was published once");
    assert_eq!(outlet.send(&[3; 1000], Urgency::Sample).unwrap(), Sent::Taken);
    assert_eq!(taken(&mut inlet).unwrap().0, [3; 1000]);
}

#[test]
fn sending_rings_the_bell_of_the_receiver() {
    let spec = spec((Mechanism::UnixDgram, Pattern::Queue));
    let link = Link::create(spec).unwrap();
    let (memory, bell) = Doorbell::create().unwrap();
    let descriptors = vec![link.outlet().fds[0].try_clone_to_owned().unwrap()];
    let end = Inherited { descriptors, ids: Vec::new() };
    let theirs = Doorbell::attach(memory.fd()).unwrap();
    let mut outlet = Outlet::attach(spec, end, Some(theirs)).unwrap();
    let seen = bell.count();
    assert_eq!(outlet.send(&[1; 10], Urgency::Sample).unwrap(), Sent::Taken);
    assert_ne!(bell.count(), seen);
}

#[test]
fn an_end_of_something_else_is_refused() {
    for which in mechanisms() {
        let spec = spec(which);
        let refused = Inlet::attach(spec, Inherited::default()).unwrap_err();
        assert!(matches!(refused, LinkError::Foreign { .. }), "{refused}");
    }
}
