//! Schedules of samples and what befalls them, with what is handed over when.

use super::*;
use crate::node::faults::Hit;
use fault::act::{Damage, HeaderField};
use wire::Node;

/// Time between two samples.
const PERIOD_NS: u64 = 100;
/// Bytes of a sample, each of which is its number.
const BYTES: usize = 8;

fn rig(keeps: usize) -> (Outbox<u64>, Injector) {
    let injector = Injector::new(&[], Node::Radar, 7, 0, &[]);
    let mut outbox = Outbox::new(&injector, |bytes, _field| {
        bytes[0] = !bytes[0];
        8
    });
    outbox.keeps = keeps;
    (outbox, injector)
}

fn hits(item: u64, faults: &[SampleFault]) -> Hits {
    let hit = |(fault, &what)| Hit { fault, what, since_ns: 0 };
    Hits { item, hits: (0..).zip(faults).map(hit).collect() }
}

/// Samples 0, 1, 2, …, each with what befalls it, and the hand-overs: (time, number).
#[track_caller]
fn check(befalls: &[&[SampleFault]], expected: &[(u64, u64)]) {
    let (mut outbox, injector) = rig(4);
    let mut handed_over = Vec::new();
    let mut now_ns = 0;
    for item in 0..befalls.len() as u64 + 10 {
        now_ns = item * PERIOD_NS;
        while let Some(at_ns) = outbox.next_release_ns().filter(|at_ns| *at_ns <= now_ns) {
            let sample = outbox.released(at_ns).expect("it is due");
            handed_over.push((at_ns, sample.made));
        }
        let Some(faults) = befalls.get(item as usize) else { continue };
        let mut bytes = [item as u8; BYTES];
        let posted = outbox.post(now_ns, (item, &mut bytes), &hits(item, faults), &injector);
        handed_over.extend(posted.own_bytes.map(|_| (now_ns, item)));
        handed_over.extend(posted.others.iter().map(|sample| (now_ns, sample.made)));
    }
    assert_eq!(handed_over, expected);
    assert_eq!(outbox.released(now_ns + 1_000_000), None, "nothing stays");
}

#[test]
fn what_nothing_befalls_goes_at_once() {
    check(&[&[], &[], &[]], &[(0, 0), (100, 1), (200, 2)]);
}

#[test]
fn a_dropped_sample_never_goes() {
    use SampleFault::{Delay, Drop, Duplicate};
    check(&[&[], &[Drop], &[Delay(10), Drop, Duplicate], &[]], &[(0, 0), (300, 3)]);
}

#[test]
fn a_delayed_sample_goes_later_and_others_may_overtake_it() {
    use SampleFault::Delay;
    check(
        &[&[Delay(150)], &[], &[Delay(30), Delay(40)], &[Delay(5)]],
        &[(100, 1), (150, 0), (270, 2), (305, 3)],
    );
}

#[test]
fn a_sample_that_is_outrun_goes_after_the_next_that_goes() {
    use SampleFault::{Drop, Reorder};
    let swapped = &[(100, 1), (100, 0), (300, 3), (300, 2)];
    check(&[&[Reorder], &[], &[Reorder], &[]], swapped);
    check(&[&[Reorder][..]; 4], swapped);
    check(&[&[Reorder], &[Drop], &[]], &[(200, 2), (200, 0)]);
}

#[test]
fn a_duplicate_goes_twice_wherever_it_waited() {
    use SampleFault::{Delay, Duplicate};
    check(
        &[&[Duplicate], &[Delay(10), Duplicate], &[Duplicate, Duplicate]],
        &[(0, 0), (0, 0), (110, 1), (110, 1), (200, 2), (200, 2), (200, 2)],
    );
}

#[test]
fn an_old_sample_goes_in_place_of_the_one_that_is_due_if_there_is_one() {
    use SampleFault::{Duplicate, Replay};
    check(
        &[&[Replay(1)], &[Replay(1)], &[Replay(2)], &[], &[Replay(3), Duplicate]],
        &[(0, 0), (100, 0), (200, 0), (300, 3), (400, 1), (400, 1)],
    );
}

#[test]
fn a_limited_rate_lets_samples_wait_in_their_order_and_its_end_lets_them_all_go() {
    use SampleFault::LimitRate;
    // One in 250 ns.
    let slow: &[SampleFault] = &[LimitRate(4e6)];
    check(
        &[slow, slow, slow, slow, slow, &[], &[]],
        &[(0, 0), (250, 1), (500, 2), (500, 3), (500, 4), (500, 5), (600, 6)],
    );
    check(&[slow, &[], slow, slow], &[(0, 0), (100, 1), (200, 2), (450, 3)]);
}

#[test]
fn no_more_wait_for_a_limited_rate_than_the_queue_holds() {
    let (mut outbox, injector) = rig(0);
    let limited = hits(0, &[SampleFault::LimitRate(1.0)]);
    for item in 0..200 {
        let posted = outbox.post(0, (item, &mut [0; BYTES]), &limited, &injector);
        assert_eq!(posted.own_bytes.is_some(), item == 0);
    }
    assert_eq!(outbox.queue.len(), QUEUE_MAX);
}

/// What is done to the bytes of the second of two samples, 0x01… and 0x03…
#[track_caller]
fn check_bytes(faults: &[SampleFault], expected: &[u8], acted: &[(u32, u64)]) {
    let (mut outbox, injector) = rig(2);
    let first = outbox.post(0, (1, &mut [1; BYTES]), &hits(1, &[]), &injector);
    assert_eq!(first, Posted { own_bytes: Some(BYTES), others: vec![], acted: vec![] });
    let mut bytes = [3; BYTES];
    let posted = outbox.post(0, (3, &mut bytes), &hits(3, faults), &injector);
    assert_eq!(&bytes[..posted.own_bytes.unwrap()], expected);
    assert_eq!(posted.acted, acted);
    assert_eq!(outbox.kept.back().unwrap().bytes, [3; BYTES], "kept as it was protected");
}

#[test]
fn bytes_are_damaged_after_they_were_kept_and_each_change_is_counted() {
    let stale = SampleFault::Damage(Damage::StaleHalf);
    let zeroes = SampleFault::Damage(Damage::Zeroes);
    let header = SampleFault::Header(HeaderField::Length);
    check_bytes(&[], &[3; BYTES], &[]);
    check_bytes(&[stale], &[3, 3, 3, 3, 1, 1, 1, 1], &[(0, 4)]);
    check_bytes(&[zeroes, stale], &[3, 3, 3, 3, 1, 1, 1, 1], &[(0, 8), (1, 4)]);
    check_bytes(&[SampleFault::Freeze, header], &[252, 3, 3, 3, 3, 3, 3, 3], &[(1, 8)]);
    check_bytes(&[SampleFault::Shorten(5)], &[3; 5], &[(0, 3)]);
    check_bytes(&[SampleFault::Shorten(9)], &[3; BYTES], &[]);
    check_bytes(&[SampleFault::Shorten(0), zeroes], &[], &[(0, 8)]);
}
