//! The owner of the channel: starts its children, kills them, buries them, starts them again: [`Rig`]
//! and [`Storm`].

use crate::child::{self, state};
use crate::ends::Owned;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::Ordering;
use sys::clock::{now_ns, sleep_until};
use sys::process::{Child, Exit, RunState, spawn};
use sys::shm::{Memory, Shared};
use wire::shared::PAGE_BYTES;

/// How long an event is waited for before the test counts as stuck.
const PATIENCE_NS: u64 = 60_000_000_000;
/// How often the owner looks.
const LOOK_NS: u64 = 100_000;
/// A kill comes at most this long after both have shown progress: some frames later.
const KILL_WITHIN_NS: u64 = 3_000_000;
const SIGKILL: Exit = Exit::Signal(9);

/// What a child is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Fills and publishes.
    Writer,
    /// Publishes and goes on writing into what it has published.
    Scribbler,
    /// Verifies.
    Reader,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::Writer => "writer",
            Role::Scribbler => "scribbler",
            Role::Reader => "reader",
        }
    }
}

/// A child, what it inherits, and the page in which it shows what it does: the same for all its
/// incarnations.
struct Actor {
    role: Role,
    channel: &'static str,
    fds: [OwnedFd; 2],
    /// `None` from its burial to the start of its successor.
    child: Option<Child>,
    memory: Memory,
    page: Shared,
}

impl Actor {
    fn start(role: Role, channel: &dyn Owned) -> Actor {
        let memory = Memory::anonymous("kill-storm-state", PAGE_BYTES).expect("a state page");
        let page = Shared::map(memory.fd(), 0, PAGE_BYTES).expect("its mapping");
        let fds = if role == Role::Reader { channel.reader_fds() } else { channel.writer_fds() };
        let mut actor = Actor { role, channel: channel.name(), fds, child: None, memory, page };
        actor.restart();
        actor
    }

    /// Starts it, its predecessor buried.
    fn restart(&mut self) {
        let program = std::env::current_exe().expect("this program has a path");
        let [slots, cell] = &self.fds;
        let fds = [slots.as_fd(), cell.as_fd(), self.memory.fd()];
        let mut arguments =
            [child::MARK, self.role.name(), self.channel].map(str::to_owned).to_vec();
        arguments.push(std::process::id().to_string());
        arguments.extend(fds.iter().map(|fd| fd.as_raw_fd().to_string()));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.child = Some(spawn(&program, &arguments, &fds).expect("a child starts"));
    }

    fn living(&self) -> &Child {
        self.child.as_ref().expect("a child that is not buried")
    }

    fn word(&self, index: usize) -> u64 {
        // Acquire: pairs with the child's Release, so that its counters are not older than this.
        self.page.words()[index].load(Ordering::Acquire)
    }
}

/// A channel with a writing and a reading process.
pub(crate) struct Rig {
    channel: Box<dyn Owned>,
    writer: Actor,
    reader: Actor,
}

impl Rig {
    /// Starts both at a channel; `writer` says which kind writes.
    pub(crate) fn new(channel: impl Owned + 'static, writer: Role) -> Rig {
        Rig {
            writer: Actor::start(writer, &channel),
            reader: Actor::start(Role::Reader, &channel),
            channel: Box::new(channel),
        }
    }

    /// Frames that readers accepted.
    pub(crate) fn accepted(&self) -> u64 {
        self.reader.word(state::DONE)
    }

    /// Accepted frames that were not whole.
    pub(crate) fn torn(&self) -> u64 {
        self.reader.word(state::TORN)
    }

    fn published(&self) -> u64 {
        self.writer.word(state::DONE)
    }

    fn actor(&self, role: Role) -> &Actor {
        if role == Role::Reader { &self.reader } else { &self.writer }
    }

    fn actor_mut(&mut self, role: Role) -> &mut Actor {
        if role == Role::Reader { &mut self.reader } else { &mut self.writer }
    }

    /// Waits for an event; meanwhile no child may end by itself.
    pub(crate) fn wait(&self, event: &str, happened: impl Fn(&Rig) -> bool) {
        let deadline = now_ns() + PATIENCE_NS;
        while !happened(self) {
            for actor in [&self.writer, &self.reader] {
                let Some(child) = &actor.child else { continue };
                let exit = child.try_reap().expect("a child can be waited for");
                assert_eq!(exit, None, "the {} ended by itself", actor.role.name());
            }
            assert!(now_ns() < deadline, "stuck: never came that {event}");
            sleep_until(now_ns() + LOOK_NS);
        }
    }

    /// Buries a killed child and tells what it was doing.
    fn bury(&mut self, role: Role) -> u64 {
        let actor = self.actor_mut(role);
        let exit = actor.living().reap().expect("a killed child ends");
        actor.child = None;
        assert_eq!(exit, SIGKILL, "the {} ended otherwise than by the kill", role.name());
        // Relaxed: nobody else has the page until the successor is started.
        actor.page.words()[state::DOING].swap(state::IDLE, Ordering::Relaxed)
    }

    fn check(&self) {
        let count = |word| self.reader.word(word);
        let place = count(state::WRONG_PLACE);
        assert_eq!(count(state::TORN), 0, "torn frames; the last is wrong from word {place} on");
        assert_eq!(count(state::BACKWARDS), 0, "frames older than one before");
        assert_eq!(count(state::MISMATCHED), 0, "frames with another's time or number");
        assert_eq!(count(state::MISSED), 0, "frames that came behind a gap");
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // A child that ended by itself was buried by `wait` and takes no signal.
        for child in [&self.writer, &self.reader].into_iter().filter_map(|it| it.child.as_ref()) {
            if child.kill().is_ok() && child.reap().is_err() {}
        }
    }
}

/// What the victims were doing when they were killed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Struck {
    pub(crate) filling: u32,
    pub(crate) reading: u32,
    pub(crate) stopped: u32,
}

/// A series of kills, drawn from a seed.
pub(crate) struct Storm {
    pub(crate) rig: Rig,
    pub(crate) struck: Struck,
    random: u64,
}

impl Storm {
    pub(crate) fn new(rig: Rig, seed: u64) -> Storm {
        let storm = Storm { rig, struck: Struck::default(), random: seed };
        storm.rig.wait("the first frame is accepted", |rig| rig.accepted() > 0);
        storm
    }

    /// Kills the writer or the reader, in turn, at a random moment; every fourth victim is stopped
    /// first. Then everyone must get on.
    pub(crate) fn kill(&mut self, number: u32) {
        let role = if number.is_multiple_of(2) { Role::Writer } else { Role::Reader };
        sleep_until(now_ns() + self.draw() % KILL_WITHIN_NS);
        if number / 2 % 4 == 3 {
            self.stop(role);
            self.struck.stopped += 1;
        }
        self.rig.actor(role).living().kill().expect("a child can be killed");
        match self.rig.bury(role) {
            state::FILLING => self.struck.filling += 1,
            state::READING => self.struck.reading += 1,
            _ => {}
        }
        let (published, accepted) = (self.rig.published(), self.rig.accepted());
        let newest = self.rig.writer.word(state::NUMBER);
        if role == Role::Reader {
            self.rig.channel.bury_reader();
            if number / 2 % 4 == 1 && self.rig.channel.overwrites() {
                // With two slots that takes both of them, also the one that the dead reader held.
                self.rig
                    .wait("the writer publishes for nobody", |rig| rig.published() > published + 2);
            }
        }
        self.rig.actor_mut(role).restart();
        self.rig.wait("the writer publishes after a kill", |rig| rig.published() > published + 1);
        self.rig.wait("the reader accepts a frame begun after a kill", |rig| {
            rig.accepted() > accepted && rig.reader.word(state::NUMBER) > newest
        });
        self.rig.check();
    }

    /// Stops the victim; its peer must not wait for it.
    fn stop(&self, role: Role) {
        let victim = self.rig.actor(role).living();
        victim.stop().expect("a child can be stopped");
        self.rig.wait("the victim is stopped", |_| {
            victim.usage().is_ok_and(|usage| usage.state == RunState::Stopped)
        });
        let peer = if role == Role::Reader { &self.rig.writer } else { &self.rig.reader };
        let turns = peer.word(state::TURNS);
        self.rig
            .wait("the peer of a stopped process gets on", |_| peer.word(state::TURNS) > turns + 1);
    }

    /// `SplitMix64` (Steele, Lea, Flood 2014).
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ self.random >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}
