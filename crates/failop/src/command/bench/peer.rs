//! The processes that a benchmark starts: [`become_peer`], and [`start`] for the one that starts them.

use super::deaths::Kind;
use super::job::{self, Order, Page, Receive, Sent, Transmit};
use anyhow::Context;
use channel::doorbell::Doorbell;
use channel::frames::{Reader, Writer};
use clap::{Args, ValueEnum};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::Ordering;
use sys::clock::now_ns;
use sys::process::{Child, inherited, spawn};
use sys::shm::Shared;
use wire::shared::PAGE_BYTES;

/// Words of the echo's page.
pub(super) const PING: usize = 0;
pub(super) const PONG: usize = 1;
pub(super) const WOKEN_NS: usize = 2;

/// Which process to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Publishes frames. Descriptors: page, frames, pin, doorbell.
    Writer,
    /// Reads frames. Descriptors: page, frames, pin, doorbell.
    Reader,
    /// Answers each wake-up. Descriptor: page.
    Echo,
    /// Answers without ever sleeping. Descriptor: page.
    Spinner,
    /// Sleeps until it is killed. Descriptors: heartbeat page, pipe, socket.
    Sleeper,
    /// Runs until it is killed. Descriptors as the sleeper's.
    Runner,
    /// Sleeps with much memory until it is killed. Descriptors as the sleeper's.
    Giant,
}

impl Role {
    fn victim(self) -> Option<Kind> {
        match self {
            Role::Writer | Role::Reader | Role::Echo | Role::Spinner => None,
            Role::Sleeper => Some(Kind::Sleeper),
            Role::Runner => Some(Kind::Runner),
            Role::Giant => Some(Kind::Giant),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct PeerArguments {
    #[arg(value_enum)]
    role: Role,
    /// Process that started this one
    #[arg(long)]
    parent: u32,
    /// Inherited descriptors
    #[arg(long, value_delimiter = ',')]
    descriptors: Vec<RawFd>,
    #[arg(long)]
    frames: u64,
    #[arg(long)]
    fps: u32,
}

/// Starts a peer that inherits `descriptors`.
pub(super) fn start(role: &str, descriptors: &[BorrowedFd], order: Order) -> anyhow::Result<Child> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let numbers: Vec<_> = descriptors.iter().map(|fd| fd.as_raw_fd().to_string()).collect();
    let (parent, numbers) = (std::process::id().to_string(), numbers.join(","));
    let (frames, fps) = (order.frames.to_string(), order.fps.to_string());
    let arguments = ["bench-peer", role, "--parent", &parent, "--descriptors", &numbers];
    let arguments = [&arguments[..], &["--frames", &frames, "--fps", &fps]].concat();
    spawn(&program, &arguments, descriptors).context("cannot start a process of the benchmark")
}

/// Becomes a process of a benchmark.
pub(crate) fn become_peer(arguments: &PeerArguments) -> anyhow::Result<()> {
    sys::process::die_with_parent(arguments.parent)?;
    let order = Order { frames: arguments.frames, fps: arguments.fps };
    let fds = arguments.descriptors.iter().map(|&fd| Ok(inherited(fd)?));
    let fds = fds.collect::<anyhow::Result<Vec<OwnedFd>>>()?;
    if arguments.role == Role::Echo {
        let [page] = &fds[..] else { anyhow::bail!("one descriptor expected") };
        return echo(&Shared::map(page, 0, PAGE_BYTES)?);
    }
    if arguments.role == Role::Spinner {
        let [page] = &fds[..] else { anyhow::bail!("one descriptor expected") };
        return spin(&Shared::map(page, 0, PAGE_BYTES)?);
    }
    if let Some(kind) = arguments.role.victim() {
        let [page, pipe, _socket] = &fds[..] else { anyhow::bail!("three descriptors expected") };
        return kind.await_death(page, pipe);
    }
    let Ok([page, frames, pin, bell]) = <[OwnedFd; 4]>::try_from(fds) else {
        anyhow::bail!("four descriptors expected");
    };
    let page = Page::attach(page, order.frames)?;
    let bell = Doorbell::attach(bell)?;
    if arguments.role == Role::Writer {
        let writer = Writer::attach(frames, &[pin])?;
        return job::write(&page, order, &mut Publisher { writer, bell });
    }
    let seen = bell.count();
    let reader = Reader::attach(frames, pin)?;
    job::read(&page, order, &mut Subscriber { reader, bell, seen })
}

fn echo(page: &Shared) -> anyhow::Result<()> {
    let [ping, pong, woken_ns] = [PING, PONG, WOKEN_NS].map(|index| &page.words()[index]);
    let mut seen = 0;
    loop {
        while ping.load(Ordering::Acquire) as u32 == seen {
            sys::futex::wait(ping, seen, u64::MAX / 2);
        }
        woken_ns.store(now_ns(), Ordering::Relaxed);
        seen = seen.wrapping_add(1);
        pong.fetch_add(1, Ordering::Release);
        sys::futex::wake(pong);
    }
}

fn spin(page: &Shared) -> anyhow::Result<()> {
    let [ping, pong, woken_ns] = [PING, PONG, WOKEN_NS].map(|index| &page.words()[index]);
    loop {
        let turn = ping.load(Ordering::Acquire);
        if turn == pong.load(Ordering::Relaxed) {
            std::hint::spin_loop();
            continue;
        }
        woken_ns.store(now_ns(), Ordering::Relaxed);
        pong.store(turn, Ordering::Release);
    }
}

struct Publisher {
    writer: Writer,
    bell: Doorbell,
}

impl Transmit for Publisher {
    fn transmit(&mut self, fill: &mut dyn FnMut(&mut [u8])) -> anyhow::Result<Option<Sent>> {
        let Some(mut slot) = self.writer.begin() else { return Ok(None) };
        fill(slot.bytes());
        let published_ns = now_ns();
        slot.publish(published_ns);
        self.bell.ring();
        Ok(Some(Sent { published_ns, done_ns: now_ns() }))
    }
}

struct Subscriber {
    reader: Reader,
    bell: Doorbell,
    /// Rings of the doorbell that were answered.
    seen: u32,
}

impl Receive for Subscriber {
    fn receive(
        &mut self,
        deadline_ns: u64,
        read: &mut dyn FnMut(u64, &[u8]),
    ) -> anyhow::Result<()> {
        self.bell.wait(self.seen, deadline_ns);
        let wake_ns = now_ns();
        self.seen = self.bell.count();
        if let Some(held) = self.reader.newest() {
            read(wake_ns, held.bytes());
        }
        Ok(())
    }
}
