//! Who is killed: [`Victim`], and what it does until then: [`Kind::await_death`].

use crate::command::bench::job::Order;
use crate::command::bench::peer;
use anyhow::Context;
use channel::heartbeat::{Beater, Monitor};
use serde::Serialize;
use std::os::fd::{AsFd, OwnedFd};
use sys::clock::now_ns;
use sys::pipe::{self, Pipe};
use sys::process::Child;
use sys::shm::Memory;
use sys::socket;

/// Resident memory of the giant, in pages of 4 KiB.
const GIANT_BYTES: usize = 64 << 20;
/// Longest time from the start of a victim to its word that it is there.
const START_NS: u64 = 30_000_000_000;
/// What a victim writes into its pipe when it is there.
const HERE: &[u8] = b"!";

/// What a victim is and does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::command::bench) enum Kind {
    /// A small one that sleeps.
    Sleeper,
    /// A small one that runs.
    Runner,
    /// One that sleeps with 64 MB resident.
    Giant,
}

impl Kind {
    pub(super) const ALL: [Kind; 3] = [Kind::Sleeper, Kind::Runner, Kind::Giant];

    pub(super) fn title(self) -> &'static str {
        match self {
            Kind::Sleeper => "a small one that sleeps",
            Kind::Runner => "a small one that runs",
            Kind::Giant => "one that sleeps, 64 MB resident",
        }
    }

    fn role(self) -> &'static str {
        match self {
            Kind::Sleeper => "sleeper",
            Kind::Runner => "runner",
            Kind::Giant => "giant",
        }
    }

    /// The victim's life: holds what tells of its death, says that it is there, and waits.
    pub(in crate::command::bench) fn await_death(
        self,
        page: &OwnedFd,
        pipe: &OwnedFd,
    ) -> anyhow::Result<()> {
        Beater::attach(page)?.hold()?;
        // Written to, so that it is resident.
        let memory = vec![1_u8; if self == Kind::Giant { GIANT_BYTES } else { 0 }];
        let sent = pipe::write(pipe, HERE)?;
        anyhow::ensure!(sent == Some(HERE.len()), "the pipe is empty");
        match self {
            Kind::Sleeper | Kind::Giant => sys::clock::sleep_until(u64::MAX),
            Kind::Runner => sys::crash::spin_until(u64::MAX),
        }
        std::hint::black_box(&memory);
        Ok(())
    }
}

/// A child, and this side of all that tells of its death.
pub(super) struct Victim {
    pub(super) child: Child,
    /// The kernel marks it.
    pub(super) page: Memory,
    /// The end of a pipe whose other end only the child has.
    pub(super) pipe: OwnedFd,
    /// The end of a pair of sockets whose other end only the child has.
    pub(super) socket: OwnedFd,
}

impl Victim {
    /// Starts one and waits until it is there.
    pub(super) fn start(kind: Kind) -> anyhow::Result<Victim> {
        let (page, _monitor) = Monitor::create()?;
        let pipe = Pipe::anonymous(wire::shared::PAGE_BYTES)?;
        let (socket, its_socket) = socket::pair(socket::Kind::Stream)?;
        let handed_down = [page.fd(), pipe.writer.as_fd(), its_socket.as_fd()];
        let child = peer::start(kind.role(), &handed_down, Order { frames: 0, fps: 1 })?;
        // What is only the child's must not be open here.
        drop((pipe.writer, its_socket));
        let victim = Victim { child, page, pipe: pipe.reader, socket };
        victim.await_word()?;
        Ok(victim)
    }

    fn await_word(&self) -> anyhow::Result<()> {
        let deadline = now_ns() + START_NS;
        let mut word = [0; HERE.len()];
        while pipe::read(&self.pipe, &mut word).context("a victim ended by itself")?.is_none() {
            anyhow::ensure!(now_ns() < deadline, "a victim does not start");
            sys::poll::wait_readable(&self.pipe, deadline)?;
        }
        Ok(())
    }
}
