//! A process that is killed and started again: [`Actor`].

use crate::child::MARK;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use sys::clock::{now_ns, sleep_until};
use sys::process::{Child, Exit, RunState, spawn};
use sys::shm::{Memory, Shared};
use wire::shared::PAGE_BYTES;

/// How long an event is waited for before the test counts as stuck.
pub(crate) const PATIENCE_NS: u64 = 60_000_000_000;
/// How often the owner looks.
const LOOK_NS: u64 = 100_000;
const SIGKILL: Exit = Exit::Signal(9);

/// A child, what it inherits, and the page in which it shows what it does: the same for all its
/// incarnations.
pub(crate) struct Actor {
    /// Which role it plays, and at what.
    part: [&'static str; 2],
    fds: Vec<OwnedFd>,
    /// `None` from its burial to the start of its successor.
    child: Option<Child>,
    memory: Memory,
    page: Shared,
}

impl Actor {
    pub(crate) fn start(part: [&'static str; 2], fds: impl Into<Vec<OwnedFd>>) -> Actor {
        let memory = Memory::anonymous("kill-storm-state", PAGE_BYTES).expect("a state page");
        let page = Shared::map(memory.fd(), 0, PAGE_BYTES).expect("its mapping");
        let mut actor = Actor { part, fds: fds.into(), child: None, memory, page };
        actor.restart();
        actor
    }

    /// Starts it, its predecessor buried.
    pub(crate) fn restart(&mut self) {
        let program = std::env::current_exe().expect("this program has a path");
        let fds: Vec<BorrowedFd> =
            self.fds.iter().map(AsFd::as_fd).chain([self.memory.fd()]).collect();
        let [role, at] = self.part;
        let mut arguments = [MARK, role, at].map(str::to_owned).to_vec();
        arguments.push(std::process::id().to_string());
        arguments.extend(fds.iter().map(|fd| fd.as_raw_fd().to_string()));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.child = Some(spawn(&program, &arguments, &fds).expect("a child starts"));
    }

    pub(crate) fn pid(&self) -> u32 {
        self.living().pid()
    }

    fn living(&self) -> &Child {
        self.child.as_ref().expect("a child that is not buried")
    }

    /// A word of its page.
    pub(crate) fn word(&self, index: usize) -> u64 {
        // Acquire: pairs with the child's Release, so that its counters are not older than this.
        self.words()[index].load(Ordering::Acquire)
    }

    /// Its page.
    pub(crate) fn words(&self) -> &[AtomicU64] {
        self.page.words()
    }

    pub(crate) fn stop(&self) {
        self.living().stop().expect("a child can be stopped");
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.living().usage().is_ok_and(|usage| usage.state == RunState::Stopped)
    }

    /// Kills and buries it.
    pub(crate) fn kill(&mut self) {
        let child = self.child.take().expect("a child that is not buried");
        child.kill().expect("a child can be killed");
        let exit = child.reap().expect("a killed child ends");
        assert_eq!(exit, SIGKILL, "the {} ended otherwise than by the kill", self.part[0]);
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // A child that ended by itself was buried by `wait` and takes no signal.
        if let Some(child) = &self.child
            && child.kill().is_ok()
            && child.reap().is_err()
        {}
    }
}

/// Waits for an event; meanwhile none of the children may end by itself.
pub(crate) fn wait(children: &[&Actor], event: &str, mut happened: impl FnMut() -> bool) {
    let deadline = now_ns() + PATIENCE_NS;
    while !happened() {
        for actor in children {
            let Some(child) = &actor.child else { continue };
            let exit = child.try_reap().expect("a child can be waited for");
            assert_eq!(exit, None, "the {} ended by itself", actor.part[0]);
        }
        assert!(now_ns() < deadline, "stuck: never came that {event}");
        sleep_until(now_ns() + LOOK_NS);
    }
}

/// Random numbers from a seed: `SplitMix64` (Steele, Lea, Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}
