//! The owner of the channel: starts its children, kills them, buries them, starts them again: [`Rig`]
//! and [`Storm`].

use crate::actor::{self, Actor, Random};
use crate::child::state;
use crate::ends::Owned;
use std::sync::atomic::Ordering;
use sys::clock::{now_ns, sleep_until};

/// A kill comes at most this long after both have shown progress: some frames later.
const KILL_WITHIN_NS: u64 = 3_000_000;

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
            writer: Actor::start([writer.name(), channel.name()], channel.writer_fds()),
            reader: Actor::start([Role::Reader.name(), channel.name()], channel.reader_fds()),
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
        actor::wait(&[&self.writer, &self.reader], event, || happened(self));
    }

    /// Kills and buries a child and tells what it was doing.
    fn kill(&mut self, role: Role) -> u64 {
        let actor = self.actor_mut(role);
        actor.kill();
        // Relaxed: nobody else has the page until the successor is started.
        actor.words()[state::DOING].swap(state::IDLE, Ordering::Relaxed)
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
    random: Random,
}

impl Storm {
    pub(crate) fn new(rig: Rig, seed: u64) -> Storm {
        let storm = Storm { rig, struck: Struck::default(), random: Random(seed) };
        storm.rig.wait("the first frame is accepted", |rig| rig.accepted() > 0);
        storm
    }

    /// Kills the writer or the reader, in turn, at a random moment; every fourth victim is stopped
    /// first. Then everyone must get on.
    pub(crate) fn kill(&mut self, number: u32) {
        let role = if number.is_multiple_of(2) { Role::Writer } else { Role::Reader };
        sleep_until(now_ns() + self.random.draw() % KILL_WITHIN_NS);
        if number / 2 % 4 == 3 {
            self.stop(role);
            self.struck.stopped += 1;
        }
        match self.rig.kill(role) {
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
        let victim = self.rig.actor(role);
        victim.stop();
        self.rig.wait("the victim is stopped", |_| victim.is_stopped());
        let peer = if role == Role::Reader { &self.rig.writer } else { &self.rig.reader };
        let turns = peer.word(state::TURNS);
        self.rig
            .wait("the peer of a stopped process gets on", |_| peer.word(state::TURNS) > turns + 1);
    }
}
