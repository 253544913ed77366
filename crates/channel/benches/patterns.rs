//! What the shared-memory patterns cost: a ring's message to another thread, every word written and read;
//! a journal's event with and without another author; a board's state.

use channel::board::{Board, BoardView};
use channel::journal::{Author, Journal};
use channel::ring::{Consumer, Producer, Ring};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use sys::clock::now_ns;
use wire::shared::PageKind;

/// Payloads of the streams, and slots for them.
const PAYLOADS: [(&str, usize, usize); 4] = [
    ("16 B", 16, 1024),
    ("1 KB", 1024, 256),
    ("64 KB", 64 << 10, 16),
    ("2,073,600 B", 2_073_600, 4),
];
const EVENT_BYTES: usize = 64;
/// How long an author waits for another.
const PATIENCE_NS: u64 = 10_000_000_000;

fn ends(ring: &Ring) -> (Producer, Consumer) {
    let position = ring.position_read_only().expect("a descriptor");
    let slots = ring.slots_read_only().expect("a descriptor");
    let producer = Producer::attach(ring.slots_fd(), position).expect("the writing end");
    (producer, Consumer::attach(slots, ring.position_fd()).expect("the reading end"))
}

/// Sends one message, every word written.
fn put(producer: &mut Producer, number: u64) {
    loop {
        let Some(mut slot) = producer.begin() else {
            std::thread::yield_now();
            continue;
        };
        let bytes = slot.bytes();
        for word in bytes.as_chunks_mut::<8>().0 {
            *word = number.to_le_bytes();
        }
        let length = bytes.len();
        return slot.publish(length, number);
    }
}

/// Receives one message, every word read.
fn take(consumer: &mut Consumer) -> u64 {
    loop {
        let Some(item) = consumer.take() else {
            std::thread::yield_now();
            continue;
        };
        let words = item.bytes().as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        return words.fold(0, |sum, word| sum ^ word);
    }
}

fn ring(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ring, to another thread");
    for (name, bytes, slots) in PAYLOADS {
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(name, |bencher| {
            let ring = Ring::create(slots, bytes).expect("a ring");
            let (mut producer, mut consumer) = ends(&ring);
            bencher.iter_custom(|messages| {
                let start_ns = now_ns();
                std::thread::scope(|scope| {
                    scope.spawn(|| (0..messages).for_each(|number| put(&mut producer, number)));
                    for _ in 0..messages {
                        black_box(take(&mut consumer));
                    }
                });
                Duration::from_nanos(now_ns() - start_ns)
            });
        });
    }
}

fn author(journal: &Journal) -> Author {
    let position = journal.ring().position_read_only().expect("a descriptor");
    Author::attach(journal.ring().slots_fd(), position, journal.lock_fd()).expect("an author")
}

/// Appends an event; where the journal is full, the reader empties it first.
fn append(author: &mut Author, consumer: &mut Consumer) {
    let write = |bytes: &mut [u8]| {
        bytes.fill(1);
        EVENT_BYTES
    };
    while author.append(now_ns() + PATIENCE_NS, write).is_err() {
        while consumer.take().is_some() {}
    }
}

fn journal(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal, an event of 64 B");
    for (name, others) in [("alone", 0), ("beside another author", 1)] {
        group.bench_function(name, |bencher| {
            let journal = Journal::create(4096, EVENT_BYTES).expect("a journal");
            let (_, mut consumer) = ends(journal.ring());
            let stop = &AtomicBool::new(false);
            std::thread::scope(|scope| {
                for _ in 0..others {
                    scope.spawn(|| {
                        let mut author = author(&journal);
                        while !stop.load(Ordering::Relaxed) {
                            // Full or busy: the measured one makes room, and goes on.
                            if author.append(now_ns() + PATIENCE_NS, |_| EVENT_BYTES).is_err() {
                                std::thread::yield_now();
                            }
                        }
                    });
                }
                let mut mine = author(&journal);
                bencher.iter(|| append(&mut mine, &mut consumer));
                stop.store(true, Ordering::Relaxed);
            });
        });
    }
}

fn board(criterion: &mut Criterion) {
    let memory = Board::<8>::create(PageKind::Way).expect("a board");
    let writer = Board::<8>::attach(PageKind::Way, memory.fd()).expect("its writer");
    let reader = BoardView::<8>::attach(PageKind::Way, memory.fd()).expect("its reader");
    let mut group = criterion.benchmark_group("board, a state of 8 words");
    group.bench_function("published", |bencher| bencher.iter(|| writer.publish(&[1; 8])));
    group.bench_function("read", |bencher| bencher.iter(|| reader.read()));
}

criterion_group!(benches, ring, journal, board);
criterion_main!(benches);
