//! Every kind but the signal, which would end this process, as it runs other threads.

use super::*;
use sys::clock::now_ns;

/// Long enough for anything to happen.
const PATIENCE_NS: u64 = 30_000_000_000;

fn kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|&kind| kind != Kind::Signal)
}

/// The owner, and the doorbell as another process has it.
fn pair(kind: Kind) -> (Owned, Doorbell) {
    let owned = Owned::create(kind).unwrap();
    let theirs = Doorbell::inherit(inherited(&owned)).unwrap();
    (owned, theirs)
}

fn inherited(owned: &Owned) -> Inherited {
    let end = owned.end();
    let descriptors = end.fds.iter().map(|fd| fd.try_clone_to_owned().unwrap()).collect();
    Inherited { descriptors, ids: end.ids }
}

#[test]
fn a_ring_before_the_wait_is_not_lost() {
    for kind in kinds() {
        let (owned, theirs) = pair(kind);
        let mine = owned.bell();
        for _ in 0..3 {
            let seen = mine.count();
            theirs.ring();
            theirs.ring();
            let deadline = now_ns() + PATIENCE_NS;
            mine.wait(seen, deadline);
            assert!(now_ns() < deadline, "{kind:?}");
            assert_eq!(mine.count(), seen + 2, "{kind:?}");
        }
    }
}

#[test]
fn a_sleeper_is_woken_each_time() {
    const ROUNDS: u32 = 1000;
    for kind in kinds() {
        let (ping, pong) = (pair(kind), pair(kind));
        let deadline = now_ns() + PATIENCE_NS;
        let answer = |heard: &Doorbell, answer: &Doorbell, ahead: u32| {
            for round in 0..ROUNDS {
                if ahead == 1 {
                    answer.ring();
                }
                while heard.count() == round && now_ns() < deadline {
                    heard.wait(round, deadline);
                }
                if ahead == 0 {
                    answer.ring();
                }
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| answer(ping.0.bell(), &pong.1, 0));
            answer(pong.0.bell(), &ping.1, 1);
        });
        assert_eq!(pong.1.count(), ROUNDS, "{kind:?}");
        assert!(now_ns() < deadline, "{kind:?}");
    }
}

#[test]
fn a_wait_for_a_silent_bell_ends_at_its_deadline_also_after_rings() {
    for kind in kinds() {
        let (owned, theirs) = pair(kind);
        for _ in 0..100 {
            theirs.ring();
        }
        let bell = owned.bell();
        // A ring that was not heard may end a few waits early, not all.
        let deadline = now_ns() + 1_000_000;
        let waits = (0..10).take_while(|_| now_ns() < deadline);
        waits.for_each(|_| bell.wait(bell.count(), deadline));
        assert!(now_ns() >= deadline, "{kind:?}");
    }
}

#[test]
fn what_becomes_readable_is_a_ring_for_one_that_listens() {
    let (link, other) = sys::socket::datagram_pair().unwrap();
    for kind in kinds() {
        let mut bell = pair(kind).1;
        assert_eq!(bell.listen(link.as_fd()).unwrap(), kind == Kind::Poll, "{kind:?}");
    }
    let mut bell = pair(Kind::Poll).1;
    assert!(bell.listen(link.as_fd()).unwrap());
    let seen = bell.count();
    assert!(sys::socket::send(&other, b"x").unwrap().is_sent());
    bell.wait(seen, now_ns() + PATIENCE_NS);
    assert_ne!(bell.count(), seen);
}

#[test]
fn a_bell_whose_mechanism_is_gone_costs_the_deadline() {
    let (owned, bell) = pair(Kind::SysvSemaphore);
    drop(owned);
    let seen = bell.count();
    let deadline = now_ns() + 1_000_000;
    bell.wait(seen, deadline);
    assert!(now_ns() >= deadline);
    bell.ring();
    assert_ne!(bell.count(), seen);
}

#[test]
fn a_foreign_page_or_end_is_refused() {
    let (memory, _page) = crate::page::create(PageKind::Heartbeat, 0).unwrap();
    let refused = Doorbell::attach(memory.fd()).unwrap_err();
    assert!(matches!(refused, AttachError::Foreign { .. }), "{refused}");
    for kind in Kind::ALL {
        let owned = Owned::create(kind).unwrap();
        let mut end = inherited(&owned);
        end.ids.push(7);
        end.ids.reverse();
        end.descriptors.truncate(1);
        let refused = Doorbell::inherit(end).map(|_| kind);
        if kind != Kind::SysvSemaphore {
            assert!(matches!(refused, Err(AttachError::Impossible { .. })), "{refused:?}");
        }
    }
}
