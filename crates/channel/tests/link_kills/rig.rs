//! The owner of a link: starts and kills those at its ends: [`Rig`] and [`Actor`].

use crate::{child, nap};
use channel::link::{HandDown, Inherited, Link, Mechanism, Pattern, Spec};
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering;
use sys::clock::now_ns;
use sys::process::{Child, Exit, RunState, spawn};
use sys::shm::{Memory, Shared};
use wire::shared::PAGE_BYTES;

/// How long an event is waited for before the test counts as stuck.
const PATIENCE_NS: u64 = 60_000_000_000;
/// A camera's frame: more than a pipe or a message queue holds.
const MESSAGE_BYTES: usize = 2_073_600;

/// What the link of a test carries.
pub(crate) fn spec(mechanism: Mechanism) -> Spec {
    Spec { mechanism, pattern: Pattern::Newest, message_bytes: MESSAGE_BYTES, slots: 3 }
}

/// An end for this process.
pub(crate) fn own(end: HandDown<'_>) -> Inherited {
    let own = |fd: &std::os::fd::BorrowedFd<'_>| fd.try_clone_to_owned().expect("a descriptor");
    Inherited { descriptors: end.fds.iter().map(own).collect(), ids: end.ids }
}

/// A link and the page in which children tell what they see.
pub(crate) struct Rig {
    pub(crate) link: Link,
    memory: Memory,
}

impl Rig {
    pub(crate) fn new(mechanism: Mechanism) -> Rig {
        let memory = Memory::anonymous("link-kills", PAGE_BYTES).expect("a state page");
        Rig { link: Link::create(spec(mechanism)).expect("a link"), memory }
    }

    /// Starts a child in this role, for its `life`-th life.
    pub(crate) fn start(&self, role: &str, life: u64) -> Actor {
        let end = if role == "receiver" { self.link.inlet() } else { self.link.outlet() };
        let mut arguments = vec![child::MARK.to_owned(), role.to_owned()];
        arguments.push(std::process::id().to_string());
        arguments.push(life.to_string());
        arguments.push(self.memory.fd().as_raw_fd().to_string());
        arguments.push(self.link.spec().mechanism.to_string());
        arguments.extend(end.fds.iter().map(|fd| format!("fd:{}", fd.as_raw_fd())));
        arguments.extend(end.ids.iter().map(|id| format!("id:{id}")));
        let mut fds = end.fds;
        fds.push(self.memory.fd());
        let program = std::env::current_exe().expect("this program has a path");
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Actor {
            child: spawn(&program, &arguments, &fds).expect("a child starts"),
            page: Shared::map(self.memory.fd(), 0, PAGE_BYTES).expect("the state page"),
        }
    }
}

/// A child, killed at the latest when it is dropped.
pub(crate) struct Actor {
    child: Child,
    page: Shared,
}

impl Actor {
    /// A word of the state page.
    pub(crate) fn word(&self, index: usize) -> u64 {
        // Relaxed: a count that is looked at again and again.
        self.page.words()[index].load(Ordering::Relaxed)
    }

    /// Waits for an event; meanwhile the child may not end by itself.
    pub(crate) fn wait(&self, event: &str, mut happened: impl FnMut() -> bool) {
        let deadline_ns = now_ns() + PATIENCE_NS;
        while !happened() {
            let exit = self.child.try_reap().expect("a child can be waited for");
            assert_eq!(exit, None, "the child ended by itself");
            assert!(now_ns() < deadline_ns, "stuck: never came that {event}");
            nap();
        }
    }

    pub(crate) fn stop(&self) {
        self.child.stop().expect("a child can be stopped");
        self.wait_until(RunState::Stopped);
    }

    pub(crate) fn wait_until(&self, state: RunState) {
        self.wait("it does what is wanted", || {
            self.child.usage().is_ok_and(|usage| usage.state == state)
        });
    }

    /// Kills and buries it.
    pub(crate) fn kill(&self) {
        self.child.kill().expect("a child can be killed");
        assert_eq!(self.reap(), Exit::Signal(9), "it ended otherwise than by the kill");
    }

    /// Waits for its end and buries it.
    pub(crate) fn reap(&self) -> Exit {
        self.child.reap().expect("a child ends")
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // One that was buried takes no signal.
        if self.child.kill().is_ok() && self.child.reap().is_err() {}
    }
}
