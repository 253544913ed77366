//! One job of one round: a link is made, both ends are started, do the job and end: [`run`], and
//! [`count_calls`] for one whose system calls are counted.

use super::page::{Page, SILENCE_NS};
use super::peer::{Job, Part, Side};
use analysis::ipc::Round;
use anyhow::Context;
use channel::doorbell::{Kind, Owned};
use channel::link::{HandDown, Link};
use std::os::fd::{AsRawFd, BorrowedFd};
use sys::clock::now_ns;
use sys::poll::Poller;
use sys::process::{Child, Exit, spawn};

/// Longest time that an end may take beside what its job is about: it gives up itself long before.
const END_TIMEOUT_NS: u64 = 6 * SILENCE_NS;

const SIDES: [Side; 2] = [Side::Sender, Side::Receiver];

/// Processors of sender and receiver; none to leave it to the scheduler.
pub(super) type Placement = Option<[usize; 2]>;

/// A link with a process at each end, ready to begin.
struct Started {
    page: Page,
    peers: [Child; 2],
    /// Given back when both have ended.
    _link: (Link, Owned),
}

/// Does a job that takes `length_ns`.
pub(super) fn run(job: Job, length_ns: u64, placement: Placement) -> anyhow::Result<Round> {
    let Started { page, peers, _link } = start_both(job, placement)?;
    page.go();
    let deadline_ns = now_ns() + length_ns + END_TIMEOUT_NS;
    let exits = peers.map(|peer| end(&peer, deadline_ns));
    for (side, exit) in SIDES.into_iter().zip(exits) {
        expect_success(side, exit?)?;
    }
    let round = page.round();
    anyhow::ensure!(round.messages > 0, "no message arrived");
    Ok(round)
}

/// Does a job, and counts the system calls of one end from its beginning to the end of the process.
pub(super) fn count_calls(job: Job, side: Side) -> anyhow::Result<u64> {
    let Started { page, peers: [sender, receiver], _link } = start_both(job, None)?;
    let (traced, other) =
        if side == Side::Sender { (sender, receiver) } else { (receiver, sender) };
    match traced.count_calls(|| page.go()) {
        Ok((calls, exit)) => {
            end(&other, now_ns() + END_TIMEOUT_NS)?;
            expect_success(side, exit)?;
            Ok(calls)
        }
        Err(error) => {
            end(&traced, 0)?;
            end(&other, 0)?;
            Err(error).context("cannot count system calls")
        }
    }
}

fn expect_success(side: Side, exit: Exit) -> anyhow::Result<()> {
    anyhow::ensure!(
        exit == Exit::Code(0),
        "the {side:?} ended with {exit:?}: its words are on standard error"
    );
    Ok(())
}

fn start_both(job: Job, placement: Placement) -> anyhow::Result<Started> {
    let (memory, page) = Page::create(job.timed())?;
    let link = Link::create(job.spec)?;
    let bell = Owned::create(Kind::of(job.spec.mechanism))?;
    let start_end = |side: Side, end: HandDown<'_>| {
        let part = Part {
            side,
            job,
            ends: end.ends(),
            page: memory.fd().as_raw_fd(),
            bell: bell.end().ends(),
            cpu: placement.map(|cpus| cpus[side as usize]),
            parent: std::process::id(),
        };
        let fds = [&end.fds[..], &bell.end().fds, &[memory.fd()]].concat();
        start(&part, &fds)
    };
    let sender = start_end(Side::Sender, link.outlet())?;
    let receiver = match start_end(Side::Receiver, link.inlet()) {
        Ok(receiver) => receiver,
        Err(error) => {
            end(&sender, 0)?;
            return Err(error);
        }
    };
    let peers = [sender, receiver];
    if let Err(error) = page.wait_for_both() {
        for peer in &peers {
            end(peer, 0)?;
        }
        return Err(error);
    }
    Ok(Started { page, peers, _link: (link, bell) })
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
