//! One process that waits at a doorbell, one that rings it, and their owner: [`Rig`].

use channel::doorbell::{Doorbell, Kind, Owned};
use channel::link::{Ends, HandDown};
use std::os::fd::RawFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use sys::clock::{now_ns, sleep_until};
use sys::process::{Child, Exit, RunState, die_with_parent, inherited, spawn};
use sys::shm::{Memory, Shared};
use wire::shared::PAGE_BYTES;

/// First argument of a child; no test has this name.
pub(crate) const MARK: &str = "become";
/// How long an event is waited for before the test counts as stuck.
pub(crate) const PATIENCE_NS: u64 = 60_000_000_000;
/// How long a waiter sleeps when nobody rings: what a feeder that dies while it rings may cost.
const SLEEP_NS: u64 = 20_000_000;
/// How often the owner looks.
const LOOK_NS: u64 = 50_000;

/// Words of the state page.
const RINGS: usize = 0;
const WAKES: usize = 8;
/// Word of a child's own page that it holds until it dies.
const BEAT: usize = 64;

/// The owner.
pub(crate) struct Rig {
    pub(crate) owned: Owned,
    memory: Memory,
    state: Shared,
    ringer: Child,
    waiter: Child,
}

impl Rig {
    pub(crate) fn new(kind: Kind) -> Rig {
        let owned = Owned::create(kind).expect("a doorbell");
        let memory = Memory::anonymous("bells-state", PAGE_BYTES).expect("a state page");
        let state = Shared::map(memory.fd(), 0, PAGE_BYTES).expect("its mapping");
        let ringer = start("ringer", &owned, &memory);
        let waiter = start("waiter", &owned, &memory);
        Rig { owned, memory, state, ringer, waiter }
    }

    pub(crate) fn rings(&self) -> u64 {
        self.state.words()[RINGS].load(Ordering::Acquire)
    }

    pub(crate) fn wakes(&self) -> u64 {
        self.state.words()[WAKES].load(Ordering::Acquire)
    }

    /// Waits until the waiter has seen the count change so often again, and the ringer has rung.
    pub(crate) fn see_wakes(&mut self, count: u64) {
        let (wakes, rings) = (self.wakes() + count, self.rings() + count);
        self.wait("rings and wakes go on", |rig| rig.wakes() >= wakes && rig.rings() >= rings);
    }

    pub(crate) fn wait(&self, what: &str, is_there: impl Fn(&Rig) -> bool) {
        let deadline = now_ns() + PATIENCE_NS;
        while !is_there(self) {
            for child in [&self.ringer, &self.waiter] {
                let state = child.usage().expect("a child that is not buried").state;
                assert_ne!(state, RunState::Ended, "{what}: a child has ended: {self:?}");
            }
            assert!(now_ns() < deadline, "{what}: {self:?}");
            sleep_until(now_ns() + LOOK_NS);
        }
    }

    /// Kills one of the two, buries it and starts its successor. `number` spreads the moments.
    pub(crate) fn kill(&mut self, is_ringer: bool, number: u32) {
        sleep_until(now_ns() + moment_ns(number));
        let (role, child) =
            if is_ringer { ("ringer", &mut self.ringer) } else { ("waiter", &mut self.waiter) };
        assert_eq!(end(&self.owned, child), Exit::Signal(9), "{role}");
        *child = start(role, &self.owned, &self.memory);
    }

    /// Stops the ringer at some moment.
    pub(crate) fn stop_ringer(&self, number: u32) {
        sleep_until(now_ns() + moment_ns(number));
        self.ringer.stop().expect("a child that is not buried");
        self.wait("the ringer is stopped", |rig| {
            rig.ringer.usage().expect("not buried").state == RunState::Stopped
        });
    }
}

/// Kills a child and buries it, as an owner has to: its number leaves the page in between.
fn end(owned: &Owned, child: &Child) -> Exit {
    child.kill().expect("a child that is not buried");
    while child.usage().expect("a child that is not buried").state != RunState::Ended {}
    owned.bury_waiter(child.pid());
    child.reap().expect("a child that is not buried")
}

/// Somewhere within half a millisecond.
fn moment_ns(number: u32) -> u64 {
    u64::from(number.wrapping_mul(0x9e37_79b9)) % 500_000
}

impl std::fmt::Debug for Rig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rings, wakes) = (self.rings(), self.wakes());
        write!(formatter, "{:?}: {rings} rings, {wakes} wakes", self.owned.bell())
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        for child in [&self.ringer, &self.waiter] {
            end(&self.owned, child);
        }
    }
}

fn start(role: &str, owned: &Owned, state: &Memory) -> Child {
    let program = std::env::current_exe().expect("this program has a path");
    let HandDown { mut fds, ids } = owned.end();
    fds.push(state.fd());
    let ends = HandDown { fds: fds.clone(), ids }.ends();
    let mut arguments = vec![MARK.to_owned(), role.to_owned(), std::process::id().to_string()];
    arguments.push(ends.ids.first().map_or("-".to_owned(), u64::to_string));
    arguments.extend(ends.descriptors.iter().map(RawFd::to_string));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    spawn(&program, &arguments, &fds).expect("a child starts")
}

/// Becomes the role that the arguments name; returns only when it cannot.
pub(crate) fn become_child(arguments: &[String]) -> ExitCode {
    let [role, parent, id, descriptors @ ..] = arguments else { return ExitCode::from(2) };
    if !parent.parse().is_ok_and(|parent| die_with_parent(parent).is_ok()) {
        return ExitCode::from(3);
    }
    let mut descriptors: Vec<RawFd> = descriptors.iter().filter_map(|fd| fd.parse().ok()).collect();
    let state = descriptors.pop().expect("the owner hands a state page down");
    let state = inherited(state).expect("the owner hands it down");
    let state = Shared::map(state, 0, PAGE_BYTES).expect("the owner made the state page");
    // As every node does: its heartbeat is on the same list of robust locks as those of the doorbell.
    let beat = Memory::anonymous("bells-beat", PAGE_BYTES).expect("a page");
    let beat = Box::leak(Box::new(Shared::map(beat.fd(), 0, PAGE_BYTES).expect("its mapping")));
    sys::robust::hold(beat.words(), BEAT).expect("a robust list");
    let ends = Ends { descriptors, ids: id.parse().into_iter().collect() };
    let bell = Doorbell::inherit(ends.take().expect("handed down")).expect("made by the owner");
    match role.as_str() {
        "ringer" => ring(&bell, &state.words()[RINGS]),
        _ => wait(&bell, &state.words()[WAKES]),
    }
}

/// Rings and rings.
fn ring(bell: &Doorbell, rings: &AtomicU64) -> ExitCode {
    loop {
        bell.ring();
        rings.fetch_add(1, Ordering::Release);
    }
}

/// Waits, and counts the changes that it sees.
fn wait(bell: &Doorbell, wakes: &AtomicU64) -> ExitCode {
    loop {
        let seen = bell.count();
        bell.wait(seen, now_ns() + SLEEP_NS);
        if bell.count() != seen {
            wakes.fetch_add(1, Ordering::Release);
        }
    }
}
