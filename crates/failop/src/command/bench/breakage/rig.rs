//! A link with a sending and a receiving process that can be killed, buried and started again: [`Rig`].

use super::peer::{Orders, Role, word};
use anyhow::Context;
use channel::doorbell::{Doorbell, Kind, Owned};
use channel::link::{Ends, HandDown, Link, Spec};
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering;
use supervisor::boot::pack;
use sys::clock::{now_ns, sleep_until};
use sys::process::{Child, spawn};
use sys::shm::{Memory, Shared};
use wire::shared::PAGE_BYTES;

/// How long something is waited for that must come.
const PATIENCE_NS: u64 = 20_000_000_000;
/// Time between two looks.
const LOOK_NS: u64 = 50_000;

/// A process and the page in which it tells what it does, the same for all its incarnations.
#[derive(Debug)]
pub(super) struct Actor {
    role: Role,
    child: Child,
    memory: Memory,
    page: Shared,
}

impl Actor {
    pub(super) fn word(&self, index: usize) -> u64 {
        self.page.words()[index].load(Ordering::Acquire)
    }

    /// The numbers by which what an owner has made is reached.
    pub(super) fn ids(&self) -> Vec<u64> {
        let words = (word::IDS..).map(|index| self.word(index));
        words.map_while(|id| id.checked_sub(1)).collect()
    }

    /// What the process is doing.
    pub(super) fn child(&self) -> &Child {
        &self.child
    }

    /// Forgets the extremes and counts of what was before.
    pub(super) fn clear(&self, indices: &[usize]) {
        for &index in indices {
            self.page.words()[index].store(0, Ordering::Release);
        }
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // It is ours, and at worst buried already.
        if let Err(_gone) = bury(&self.child) {}
    }
}

/// A link at work.
#[derive(Debug)]
pub(super) struct Rig {
    // Before the link: who uses it ends first.
    pub(super) sender: Actor,
    pub(super) receiver: Actor,
    spec: Spec,
    link: Link,
    bell: Owned,
    period_ns: u64,
}

impl Rig {
    /// Makes a link and starts both processes.
    pub(super) fn start(spec: Spec, period_ns: u64) -> anyhow::Result<Rig> {
        let link = Link::create(spec)?;
        let bell = Owned::create(Kind::of(spec.mechanism))?;
        let start = |role, end| actor(role, (spec, period_ns), (end, bell.end()));
        let receiver = start(Role::Receiver, link.inlet())?;
        let sender = start(Role::Sender, link.outlet())?;
        Ok(Rig { sender, receiver, spec, link, bell, period_ns })
    }

    /// Waits until the receiver has got so many messages from now on. Returns when the first of them
    /// came.
    pub(super) fn wait_for_messages(&self, count: u64) -> anyhow::Result<()> {
        let from = self.receiver.word(word::DONE);
        wait("messages", || self.receiver.word(word::DONE) >= from + count)
    }

    /// Waits for a message with a number beyond `number` and returns when it came.
    pub(super) fn wait_beyond(&self, number: u64) -> anyhow::Result<u64> {
        wait("a new message", || self.receiver.word(word::NUMBER) > number)?;
        Ok(self.receiver.word(word::CAME_NS))
    }

    /// Kills the sender, buries it and starts its successor. Returns the number of the message that it
    /// had in hand, and whether it was handing it over.
    pub(super) fn replace_sender(&mut self) -> anyhow::Result<(u64, bool)> {
        bury(&self.sender.child)?;
        let was = (self.sender.word(word::NUMBER), self.sender.word(word::DOING) == word::SENDING);
        self.link.bury_sender();
        let how = (self.spec, self.period_ns);
        self.sender.child = again(&self.sender, how, (self.link.outlet(), self.bell.end()))?;
        Ok(was)
    }

    /// Kills the receiver, buries it and starts its successor.
    pub(super) fn replace_receiver(&mut self) -> anyhow::Result<()> {
        self.receiver.child.kill()?;
        wait("the end of a receiver", || self.receiver.child.runs_no_more().unwrap_or(true))?;
        self.bell.bury_waiter(self.receiver.child.pid());
        self.receiver.child.reap()?;
        self.link.bury_receiver();
        let how = (self.spec, self.period_ns);
        self.receiver.child = again(&self.receiver, how, (self.link.inlet(), self.bell.end()))?;
        Ok(())
    }

    /// Starts a process that does nothing but ring.
    pub(super) fn ringer(&self) -> anyhow::Result<Actor> {
        let nothing = HandDown::default();
        actor(Role::Ringer, (self.spec, 0), (nothing, self.bell.end()))
    }

    /// The receiver's bell.
    pub(super) fn bell(&self) -> &Doorbell {
        self.bell.bell()
    }
}

/// Starts a process that makes a link and keeps it, and waits until it has.
pub(super) fn owner(spec: Spec) -> anyhow::Result<Actor> {
    let bell = Owned::create(Kind::Futex)?;
    let owner = actor(Role::Owner, (spec, 0), (HandDown::default(), bell.end()))?;
    wait("an owner", || owner.word(word::DOING) == word::READY)?;
    Ok(owner)
}

/// Waits until something is so.
pub(super) fn wait(what: &str, is_so: impl Fn() -> bool) -> anyhow::Result<()> {
    let deadline_ns = now_ns() + PATIENCE_NS;
    while !is_so() {
        anyhow::ensure!(now_ns() < deadline_ns, "waited in vain for {what}");
        sleep_until(now_ns() + LOOK_NS);
    }
    Ok(())
}

/// Kills a process, whatever it is doing, and buries it.
pub(super) fn bury(child: &Child) -> anyhow::Result<()> {
    child.kill()?;
    child.reap()?;
    Ok(())
}

fn actor(
    role: Role,
    how: (Spec, u64),
    what: (HandDown<'_>, HandDown<'_>),
) -> anyhow::Result<Actor> {
    let memory = Memory::anonymous("failop-breakage", PAGE_BYTES)?;
    let page = Shared::map(memory.fd(), 0, PAGE_BYTES)?;
    let child = child(role, how, what, &memory)?;
    Ok(Actor { role, child, memory, page })
}

fn again(
    before: &Actor,
    how: (Spec, u64),
    what: (HandDown<'_>, HandDown<'_>),
) -> anyhow::Result<Child> {
    child(before.role, how, what, &before.memory)
}

fn child(
    role: Role,
    (spec, period_ns): (Spec, u64),
    (end, bell): (HandDown<'_>, HandDown<'_>),
    page: &Memory,
) -> anyhow::Result<Child> {
    let ends: Ends = end.ends();
    let orders = pack(&Orders {
        role,
        parent: std::process::id(),
        spec,
        end: ends,
        bell: bell.ends(),
        page: page.fd().as_raw_fd(),
        period_ns,
    })?;
    let program = std::env::current_exe().context("cannot find this program")?;
    let number = orders.fd().as_raw_fd().to_string();
    let fds = [&end.fds[..], &bell.fds, &[page.fd(), orders.fd()]].concat();
    Ok(spawn(&program, &["breakage-peer", &number], &fds)?)
}
