//! One job of one round: a link is made, both ends are started, do the job and end: [`run`].

use super::page::{Page, SILENCE_NS};
use super::peer::{Job, Part, Side};
use analysis::ipc::Round;
use anyhow::Context;
use channel::doorbell::Doorbell;
use channel::link::{HandDown, Link};
use std::os::fd::{AsRawFd, BorrowedFd};
use sys::clock::now_ns;
use sys::poll::Poller;
use sys::process::{Child, Exit, spawn};

/// Longest time that an end may take beside what its job is about: it gives up itself long before.
const END_TIMEOUT_NS: u64 = 6 * SILENCE_NS;

/// Processors of sender and receiver; none to leave it to the scheduler.
pub(super) type Placement = Option<[usize; 2]>;

/// Does a job that takes `length_ns`.
pub(super) fn run(job: Job, length_ns: u64, placement: Placement) -> anyhow::Result<Round> {
    let (memory, page) = Page::create(job.timed())?;
    let link = Link::create(job.spec)?;
    let (bell, _rung_by_the_sender) = Doorbell::create()?;
    let start = |side: Side, end: HandDown<'_>| {
        let part = Part {
            side,
            job,
            ends: end.ends(),
            page: memory.fd().as_raw_fd(),
            bell: bell.fd().as_raw_fd(),
            cpu: placement.map(|cpus| cpus[side as usize]),
            parent: std::process::id(),
        };
        let fds = [&end.fds[..], &[memory.fd(), bell.fd()]].concat();
        start(&part, &fds)
    };
    let peers = [start(Side::Sender, link.outlet())?, start(Side::Receiver, link.inlet())?];
    let started = page.start();
    let deadline_ns = if started.is_ok() { now_ns() + length_ns + END_TIMEOUT_NS } else { 0 };
    let exits = peers.map(|peer| end(&peer, deadline_ns));
    started?;
    for (side, exit) in [Side::Sender, Side::Receiver].into_iter().zip(exits) {
        let exit = exit?;
        anyhow::ensure!(
            exit == Exit::Code(0),
            "the {side:?} ended with {exit:?}, see its words above"
        );
    }
    let round = page.round();
    anyhow::ensure!(round.messages > 0, "no message arrived");
    Ok(round)
}

fn start(part: &Part, fds: &[BorrowedFd<'_>]) -> anyhow::Result<Child> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let part = serde_json::to_string(part)?;
    spawn(&program, &["bench-link", &part], fds).context("cannot start an end of the link")
}

/// Waits for the end of a process, and ends it itself at the deadline.
fn end(peer: &Child, deadline_ns: u64) -> anyhow::Result<Exit> {
    let (poller, mut ready) = (Poller::new()?, Vec::new());
    poller.add(peer, 0)?;
    poller.wait(deadline_ns, &mut ready)?;
    if ready.is_empty() {
        peer.kill()?;
    }
    Ok(peer.reap()?)
}
