//! The processes that are broken: [`run`] becomes one of them, as its [`Orders`] say.
//!
//! What a process has done stands in a page that outlives it, so that its successor and the one who breaks
//! it can tell.

use super::super::job;
use anyhow::Context;
use channel::doorbell::{Doorbell, Kind, Owned};
use channel::link::{Ends, Inlet, Link, Outlet, Sent, Spec, Taken};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU64, Ordering};
use supervisor::boot::unpack;
use sys::clock::{now_ns, sleep_until};
use sys::process::inherited;
use sys::shm::Shared;
use wire::shared::PAGE_BYTES;

/// How long a sender waits that was told that there is no room.
const RETRY_NS: u64 = 200_000;
/// How long a receiver sleeps at the longest.
const LOOK_NS: u64 = 100_000_000;
/// A message that is older when it comes is stale: three periods of a camera.
const STALE_NS: u64 = 100_000_000;

/// What to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Role {
    /// Sends.
    Sender,
    /// Receives and verifies.
    Receiver,
    /// Rings the receiver's bell again and again.
    Ringer,
    /// Makes a link and a bell of its own and keeps them.
    Owner,
}

/// What a process is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Orders {
    pub(super) role: Role,
    /// Whose death is its own.
    pub(super) parent: u32,
    pub(super) spec: Spec,
    pub(super) end: Ends,
    /// Of the receiver.
    pub(super) bell: Ends,
    /// What it has done.
    pub(super) page: RawFd,
    /// Between two messages; 0: as fast as it can.
    pub(super) period_ns: u64,
}

/// Words of the page of a process.
pub(super) mod word {
    /// What it is doing: one of the two below, or 0.
    pub(crate) const DOING: usize = 0;
    /// A sender hands a message over.
    pub(crate) const SENDING: u64 = 1;
    /// An owner has made its link.
    pub(crate) const READY: u64 = 2;
    /// Number of the newest message that was begun, or received.
    pub(crate) const NUMBER: usize = 1;
    /// Messages handed over, or received whole; rings.
    pub(crate) const DONE: usize = 2;
    /// Messages for which there was no room.
    pub(crate) const REFUSED: usize = 3;
    /// Longest time for which a message was being handed over, ns.
    pub(crate) const BLOCKED_NS: usize = 4;
    /// Messages taken for whole that were not.
    pub(crate) const TORN: usize = 5;
    /// Times that something came that was no whole message.
    pub(crate) const DAMAGED: usize = 6;
    /// Numbers that never came.
    pub(crate) const MISSING: usize = 7;
    /// Messages that came again.
    pub(crate) const REPEATED: usize = 8;
    /// Messages that were too old when they came.
    pub(crate) const STALE: usize = 9;
    /// Age of the oldest, ns.
    pub(crate) const OLDEST_NS: usize = 10;
    /// When the newest came.
    pub(crate) const CAME_NS: usize = 11;
    /// Times that a receiver was woken by its own deadline.
    pub(crate) const OVERSLEPT: usize = 12;
    /// From here on: the numbers + 1 by which what an owner has made is reached where it has no
    /// descriptor; then 0.
    pub(crate) const IDS: usize = 16;
}

/// Becomes what the orders on descriptor `orders` say. Returns only what went wrong.
pub(crate) fn run(orders: RawFd) -> anyhow::Result<Infallible> {
    let orders = inherited(orders).context("no orders")?;
    let Orders { role, parent, spec, end, bell, page, period_ns } = unpack(&orders)?;
    sys::process::die_with_parent(parent)?;
    let page = Shared::map(inherited(page)?, 0, PAGE_BYTES)?;
    if role == Role::Owner {
        return own(spec, &page);
    }
    let mut bell = Doorbell::inherit(bell.take()?)?;
    match role {
        Role::Sender => send(&mut Outlet::attach(spec, end.take()?, Some(bell))?, &page, period_ns),
        Role::Receiver => {
            let mut inlet = Inlet::attach(spec, end.take()?)?;
            if let Some(descriptor) = inlet.descriptor() {
                bell.listen(descriptor)?;
            }
            receive(&mut inlet, &bell, &page)
        }
        Role::Ringer | Role::Owner => loop {
            ring(&bell, &page);
        },
    }
}

fn send(outlet: &mut Outlet, page: &Shared, period_ns: u64) -> anyhow::Result<Infallible> {
    let words = page.words();
    let mut due_ns = now_ns();
    loop {
        due_ns = now_ns().max(due_ns + period_ns);
        if period_ns > 0 {
            sleep_until(due_ns);
        }
        let number = words[word::NUMBER].fetch_add(1, Ordering::Relaxed) + 1;
        while hand_over(outlet, words, number)? == Sent::QueueFull {
            add(&words[word::REFUSED], 1);
            if period_ns > 0 {
                break;
            }
            sleep_until(now_ns() + RETRY_NS);
        }
    }
}

fn hand_over(outlet: &mut Outlet, words: &[AtomicU64], number: u64) -> anyhow::Result<Sent> {
    let Some(mut fill) = outlet.begin()? else { return Ok(Sent::QueueFull) };
    job::fill(fill.bytes(), number);
    words[word::DOING].store(word::SENDING, Ordering::Release);
    let begun_ns = now_ns();
    let sent = fill.publish_at(begun_ns)?.wake();
    words[word::BLOCKED_NS].fetch_max(now_ns() - begun_ns, Ordering::Relaxed);
    words[word::DOING].store(0, Ordering::Release);
    if sent == Sent::Taken {
        add(&words[word::DONE], 1);
    }
    Ok(sent)
}

fn receive(inlet: &mut Inlet, bell: &Doorbell, page: &Shared) -> anyhow::Result<Infallible> {
    let words = page.words();
    loop {
        let seen = bell.count();
        match inlet.take()? {
            Taken::Nothing => {
                let deadline_ns = now_ns() + LOOK_NS;
                bell.wait(seen, deadline_ns);
                add(&words[word::OVERSLEPT], u64::from(now_ns() >= deadline_ns));
            }
            Taken::Damaged => add(&words[word::DAMAGED], 1),
            Taken::Message(held) => {
                let came_ns = now_ns();
                let (number, whole) = job::sum(held.bytes());
                if whole {
                    note(words, number, (held.published_ns(), came_ns));
                } else {
                    add(&words[word::TORN], 1);
                }
            }
        }
    }
}

/// Notes a whole message.
fn note(words: &[AtomicU64], number: u64, (published_ns, came_ns): (u64, u64)) {
    let newest = words[word::NUMBER].load(Ordering::Relaxed);
    if number <= newest {
        add(&words[word::REPEATED], 1);
    } else {
        add(&words[word::MISSING], number - newest - 1);
        words[word::NUMBER].store(number, Ordering::Relaxed);
    }
    let age_ns = came_ns.saturating_sub(published_ns);
    add(&words[word::STALE], u64::from(age_ns > STALE_NS));
    words[word::OLDEST_NS].fetch_max(age_ns, Ordering::Relaxed);
    words[word::CAME_NS].store(came_ns, Ordering::Relaxed);
    // Release: who sees the count sees what was noted.
    words[word::DONE].fetch_add(1, Ordering::Release);
}

fn ring(bell: &Doorbell, page: &Shared) {
    bell.ring();
    // In a real-time class nobody else of the same priority would run on this processor.
    std::thread::yield_now();
    add(&page.words()[word::DONE], 1);
}

fn own(spec: Spec, page: &Shared) -> anyhow::Result<Infallible> {
    let (link, bell) = (Link::create(spec)?, Owned::create(Kind::of(spec.mechanism))?);
    let ids = [link.outlet().ids, bell.end().ids].concat();
    for (word, id) in page.words()[word::IDS..].iter().zip(ids) {
        word.store(id + 1, Ordering::Relaxed);
    }
    // Release: who sees it ready sees its numbers.
    page.words()[word::DOING].store(word::READY, Ordering::Release);
    loop {
        // Until it is killed.
        sleep_until(u64::MAX / 2);
    }
}

fn add(word: &AtomicU64, by: u64) {
    word.fetch_add(by, Ordering::Relaxed);
}
