//! A victim under the eyes of its owner: [`Rig`].

use crate::victim::{self, PAGE_BYTES, told};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::Ordering;
use sys::clock::{now_ns, sleep_until};
use sys::process::{Child, Exit, spawn};
use sys::shm::{Memory, Shared};

/// How long an event is waited for before the test counts as stuck.
const PATIENCE_NS: u64 = 60_000_000_000;
/// How often the owner looks.
const LOOK_NS: u64 = 1_000_000;

/// A child, the page in which it tells what came of it, and one that it may only read.
pub(crate) struct Rig {
    pub(crate) child: Child,
    page: Shared,
    read_only: Shared,
}

impl Rig {
    /// Starts the victim of this name.
    pub(crate) fn start(role: &str) -> Rig {
        let memory = Memory::anonymous("told", PAGE_BYTES).expect("a page");
        let other = Memory::anonymous("read-only", PAGE_BYTES).expect("a page");
        let view = other.read_only().expect("a descriptor to read");
        let owner = std::process::id().to_string();
        let (page_fd, view_fd) =
            (memory.fd().as_raw_fd().to_string(), view.as_raw_fd().to_string());
        let program = std::env::current_exe().expect("this program has a path");
        let arguments = [victim::MARK, role, &owner, &page_fd, &view_fd];
        Rig {
            child: spawn(&program, &arguments, &[memory.fd(), view.as_fd()]).expect("a child"),
            page: Shared::map(memory.fd(), 0, PAGE_BYTES).expect("its page"),
            read_only: Shared::map(other.fd(), 0, PAGE_BYTES).expect("its view"),
        }
    }

    /// Starts the victim and waits until it says that it is ready.
    pub(crate) fn ready(role: &str) -> Rig {
        let rig = Rig::start(role);
        rig.wait("the victim is ready", |rig| rig.told(told::READY) == 1);
        rig
    }

    /// Tells a victim that waits to go on.
    pub(crate) fn go(&self) {
        // Release: pairs with the victim's Acquire, which goes on with what the owner did before.
        self.page.words()[told::READY].store(2, Ordering::Release);
    }

    /// What the victim told.
    pub(crate) fn told(&self, word: usize) -> u64 {
        // Acquire: pairs with the victim's Release.
        self.page.words()[word].load(Ordering::Acquire)
    }

    /// The word that the victim must not be able to write.
    pub(crate) fn written(&self) -> u64 {
        // Relaxed: nobody stores to it.
        self.read_only.words()[told::WRITTEN].load(Ordering::Relaxed)
    }

    /// Waits until the victim has made a turn that it had not made before.
    pub(crate) fn wait_for_a_turn(&self) {
        let before = self.told(told::TURNS);
        self.wait("the victim runs", |rig| rig.told(told::TURNS) > before);
    }

    /// Waits for an event; meanwhile the victim may not end.
    pub(crate) fn wait(&self, event: &str, happened: impl Fn(&Rig) -> bool) {
        let deadline_ns = now_ns() + PATIENCE_NS;
        while !happened(self) {
            let exit = self.child.try_reap().expect("a child can be waited for");
            assert_eq!(exit, None, "the victim ended before {event}");
            assert!(now_ns() < deadline_ns, "stuck: never came that {event}");
            sleep_until(now_ns() + LOOK_NS);
        }
    }

    /// Waits until the victim has ended and tells how.
    pub(crate) fn end(&self) -> Exit {
        self.child.reap().expect("a child ends")
    }

    /// Kills the victim.
    pub(crate) fn kill(&self) {
        self.child.kill().expect("a child can be killed");
        assert_eq!(self.end(), Exit::Signal(9));
    }
}
