//! A second process of a role beside the one in service: [`Impostor`].
//!
//! It is the real process on the real channels. Its own pages tell it that it is the one in service; the
//! watchdog does not supervise it, and what it records is only counted.

use crate::boot::{self, Boot, pack};
use crate::children::Seat;
use crate::looks::Victim;
use crate::outside::AssaultError;
use crate::resources::{Resources, doorbell_kind};
use channel::doorbell::Owned;
use channel::events::{self, EventReader};
use channel::heartbeat::Monitor;
use channel::status::{NodeStatus, Presence, StatusBoard};
use fault::act::ImpostorHow;
use scenario::Plan;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use sys::process::Child;
use sys::shm::Memory;
use wire::Event;

/// Number of an incarnation that no watchdog of a run ever gives.
const UNKNOWN_INCARNATION: u32 = 1_000_000;
/// Its event ring in the run directory, as long as it takes to open it.
const RING_FILE: &str = "impostor.events";

/// What an impostor is made with.
pub(crate) struct Making<'a> {
    pub(crate) program: &'a Path,
    pub(crate) directory: &'a Path,
    pub(crate) plan: &'a Plan,
    pub(crate) resources: &'a Resources,
}

/// An impostor at work. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Impostor {
    child: Child,
    events: EventReader,
    _pages: (Memory, Owned, Memory, OwnedFd),
}

impl Impostor {
    pub(crate) fn start(
        making: &Making,
        how: ImpostorHow,
        beside: Victim,
    ) -> Result<Impostor, AssaultError> {
        let Victim { node, incarnation } = beside;
        let incarnation = match how {
            ImpostorHow::OtherInstance => UNKNOWN_INCARNATION,
            ImpostorHow::SameInstance => incarnation,
        };
        let ring_path = making.directory.join(RING_FILE);
        let ring = events::create(&ring_path)?;
        std::fs::remove_file(&ring_path)?;
        let (heartbeat, _monitor) = Monitor::create()?;
        let doorbell = Owned::create(doorbell_kind(making.plan, node))?;
        let (status, board) = StatusBoard::create()?;
        board.show(node, NodeStatus { writer: incarnation, presence: Presence::Up });
        let status = status.read_only()?;
        let (mut descriptors, mut fds) = making.resources.handed_down(Seat { node, index: 0 });
        let own = [
            (&mut descriptors.heartbeat, heartbeat.fd()),
            (&mut descriptors.events, ring.fd()),
            (&mut descriptors.status, status.as_fd()),
        ];
        for (number, fd) in own {
            *number = fd.as_raw_fd();
            fds.push(fd);
        }
        let bell = doorbell.end();
        descriptors.doorbell = bell.ends();
        fds.extend(bell.fds);
        let told = Boot {
            node,
            incarnation,
            watchdog_pid: std::process::id(),
            lacking: Vec::new(),
            descriptors,
            // Nothing befalls an impostor.
            plan: Plan { faults: Vec::new(), ..making.plan.clone() },
        };
        // Before it is started: one that nobody can count would run on.
        let events = EventReader::attach(ring.fd())?;
        let child = boot::start(making.program, node.name(), &pack(&told)?, &fds)?;
        Ok(Impostor { child, events, _pages: (heartbeat, doorbell, ring, status) })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// How many samples it has handed over.
    pub(crate) fn handed_over(&mut self) -> u64 {
        let mut count = 0;
        self.events.drain(|_, record| {
            let handed_over =
                matches!(record.event, Event::FramePublished { .. } | Event::RadarSent { .. });
            count += u64::from(handed_over);
        });
        count
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        // It is ours and not buried: the kernel takes the signal.
        if self.child.kill().is_ok()
            && let Err(_gone) = self.child.reap()
        {}
    }
}
