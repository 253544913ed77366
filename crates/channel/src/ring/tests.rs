//! What both sides see of a ring, in one process.

use super::*;

fn ends(ring: &Ring) -> (Producer, Consumer) {
    (producer(ring), consumer(ring))
}

fn producer(ring: &Ring) -> Producer {
    Producer::attach(ring.slots_fd(), ring.position_read_only().unwrap()).unwrap()
}

fn consumer(ring: &Ring) -> Consumer {
    Consumer::attach(ring.slots_read_only().unwrap(), ring.position_fd()).unwrap()
}

/// Puts a message of `length` bytes, each `value`, published at `value`; whether there was room.
fn put(producer: &mut Producer, value: u8, length: usize) -> bool {
    let Some(mut slot) = producer.begin() else { return false };
    slot.bytes()[..length].fill(value);
    slot.publish(length, value.into());
    true
}

fn first_byte(consumer: &mut Consumer) -> Option<u8> {
    consumer.take().map(|item| item.bytes()[0])
}

#[test]
fn messages_come_out_whole_in_order_and_once() {
    for (slots, slot_bytes) in [(1, 1), (3, 16), (5, 1024), (2, 4096), (3, 2_073_600)] {
        let ring = Ring::create(slots, slot_bytes).unwrap();
        let (mut producer, mut consumer) = ends(&ring);
        assert!(consumer.take().is_none(), "nothing was put");
        for value in 1..=20 {
            let length = slot_bytes - usize::from(value) % slot_bytes;
            assert!(put(&mut producer, value, length));
            let item = consumer.take().unwrap();
            assert_eq!(item.bytes(), vec![value; length], "{slots} slots of {slot_bytes}");
            assert_eq!((item.published_ns(), item.number()), (value.into(), u64::from(value) - 1));
        }
        assert!(consumer.take().is_none(), "everything was taken");
    }
}

#[test]
fn a_full_ring_is_told_and_loses_nothing() {
    let ring = Ring::create(3, 16).unwrap();
    let (mut producer, mut consumer) = ends(&ring);
    assert_eq!([1, 2, 3, 4].map(|value| put(&mut producer, value, 1)), [true, true, true, false]);
    let held = consumer.take().unwrap();
    assert!(!put(&mut producer, 4, 1), "a held message has its slot");
    assert_eq!(held.bytes(), [1]);
    drop(held);
    assert!(put(&mut producer, 4, 1));
    assert_eq!(
        [(); 4].map(|()| first_byte(&mut consumer)),
        [2, 3, 4].map(Some).into_iter().chain([None]).collect::<Vec<_>>()[..]
    );
}

#[test]
fn an_unpublished_message_is_never_seen_and_a_restarted_writer_goes_on() {
    let ring = Ring::create(2, 16).unwrap();
    let (mut first, mut consumer) = ends(&ring);
    assert!(put(&mut first, 1, 1));
    first.begin().unwrap().bytes().fill(99);
    let mut second = producer(&ring);
    assert!(put(&mut second, 2, 1));
    assert!(!put(&mut second, 3, 1), "it knows what was not given back");
    assert_eq!([(); 3].map(|()| first_byte(&mut consumer)), [Some(1), Some(2), None]);
}

#[test]
fn a_restarted_reader_takes_again_what_its_predecessor_held() {
    let ring = Ring::create(3, 16).unwrap();
    let (mut producer, mut first) = ends(&ring);
    assert!([1, 2, 3].into_iter().all(|value| put(&mut producer, value, 1)));
    assert_eq!(first_byte(&mut first), Some(1));
    std::mem::forget(first.take().unwrap());
    let mut second = consumer(&ring);
    assert_eq!([(); 3].map(|()| first_byte(&mut second)), [Some(2), Some(3), None]);
}

/// Stores a word past every guard, as a wild write does.
fn scribble(fd: BorrowedFd<'_>, word: usize, value: u64) {
    let page = Shared::map(fd, 0, 2 * PAGE_BYTES).or_else(|_| Shared::map(fd, 0, PAGE_BYTES));
    page.unwrap().words()[word].store(value, Ordering::Relaxed);
}

#[test]
fn a_wild_length_reaches_no_byte_outside_the_slot() {
    let ring = Ring::create(1, 16).unwrap();
    let (mut producer, mut consumer) = ends(&ring);
    assert!(put(&mut producer, 1, 16));
    scribble(ring.slots_fd(), (PAGE_BYTES + 16) / 8, u64::MAX);
    assert_eq!(consumer.take().unwrap().bytes(), [1; 16]);
}

#[test]
fn after_a_wild_counter_of_either_side_both_go_on() {
    for wild in [5, 1 << 40, u64::MAX, u64::MAX - 1] {
        for by_writer in [true, false] {
            let ring = Ring::create(2, 16).unwrap();
            let (mut producer, mut consumer) = ends(&ring);
            assert!(put(&mut producer, 1, 1) && put(&mut producer, 2, 1));
            if by_writer {
                scribble(ring.slots_fd(), queue::HEAD, wild);
            } else {
                scribble(ring.position_fd(), position::TAIL, wild);
            }
            assert!(!put(&mut producer, 3, 1), "nobody trusts {wild}");
            while consumer.take().is_some() {}
            assert!(put(&mut producer, 4, 1), "after {wild}");
            assert_eq!(first_byte(&mut consumer), Some(4), "after {wild}");
        }
    }
}

#[test]
fn a_reader_beside_a_running_writer_sees_every_message_whole() {
    const MESSAGES: u64 = 200_000;
    let ring = Ring::create(7, 64).unwrap();
    let (mut producer, mut consumer) = ends(&ring);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut number = 0;
            while number < MESSAGES {
                let Some(mut slot) = producer.begin() else {
                    std::thread::yield_now();
                    continue;
                };
                slot.bytes().fill(number as u8);
                slot.publish(1 + number as usize % 64, number);
                number += 1;
            }
        });
        let mut expected = 0;
        while expected < MESSAGES {
            let Some(item) = consumer.take() else {
                std::thread::yield_now();
                continue;
            };
            assert_eq!(item.published_ns(), expected);
            assert_eq!(item.bytes(), vec![expected as u8; 1 + expected as usize % 64]);
            expected += 1;
        }
    });
}

#[test]
fn impossible_rings_are_refused() {
    let bytes_max = POOL_BYTES_MAX;
    for (slots, bytes) in
        [(0, 100), (SLOTS_MAX + 1, 1), (2, 0), (2, bytes_max), (1, usize::MAX), (SLOTS_MAX, 4096)]
    {
        assert!(Ring::create(slots, bytes).is_err(), "{slots} slots of {bytes}");
    }
}
