//! Everything that the processes share, owned by the watchdog: [`Resources`].
//!
//! Descriptors alone lead to it; nothing has a name in any file system but the event rings, which
//! stand in the run directory because they must outlive everyone.

use crate::boot::{Descriptors, RoleDescriptors};
use crate::children::Seat;
use crate::links;
use channel::arming::Arming;
use channel::board::Board;
use channel::doorbell::{self, Owned};
use channel::exhibit::Exhibit;
use channel::heartbeat::Monitor;
use channel::link::{Ends, HandDown, Link, LinkError};
use channel::start::Start;
use channel::status::StatusBoard;
use channel::{AttachError, events};
use recording::ring_file_name;
use scenario::Plan;
use scenario::board::{CameraSource, RadarSource};
use scenario::plan::FrameSync;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use sys::shm::Memory;
use wire::plant::{BRAKE_WORDS, WAY_WORDS};
use wire::shared::PageKind;
use wire::{Node, Source};

#[derive(Debug)]
pub(crate) struct Resources {
    /// Of each seat, by its number.
    heartbeats: Vec<(Memory, Monitor)>,
    doorbells: [Owned; Node::ALL.len()],
    pub(crate) rings: [Memory; Source::ALL.len()],
    pub(crate) start: Start,
    pub(crate) arming: Arming,
    pub(crate) status: StatusBoard,
    status_read_only: OwnedFd,
    start_read_only: OwnedFd,
    arming_read_only: OwnedFd,
    /// Camera → fusion.
    frames: Link,
    /// Radar → fusion.
    lists: Link,
    /// Fusion → radar.
    commands: Link,
    /// In a closed loop.
    boards: Option<Boards>,
    /// Of a frame buffer that is not synchronised.
    exhibit: Option<Arc<Exhibit>>,
}

/// What closes the loop.
#[derive(Debug)]
struct Boards {
    way: Memory,
    way_read_only: OwnedFd,
    brake: Memory,
    brake_read_only: OwnedFd,
}

impl Boards {
    fn create() -> Result<Boards, ResourceError> {
        let way = Board::<WAY_WORDS>::create(PageKind::Way)?;
        let brake = Board::<BRAKE_WORDS>::create(PageKind::Brake)?;
        let (way_read_only, brake_read_only) = (way.read_only()?, brake.read_only()?);
        Ok(Boards { way, way_read_only, brake, brake_read_only })
    }
}

/// What the plant inherits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlantFds<'a> {
    pub(crate) events: BorrowedFd<'a>,
    pub(crate) start: BorrowedFd<'a>,
    pub(crate) way: BorrowedFd<'a>,
    pub(crate) brake: BorrowedFd<'a>,
}

/// What the stimulus inherits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StimulusFds<'a> {
    pub(crate) events: BorrowedFd<'a>,
    pub(crate) start: BorrowedFd<'a>,
    /// In a closed loop.
    pub(crate) way: Option<BorrowedFd<'a>>,
}

/// Something that the processes share could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ResourceError {
    /// Shared memory.
    #[error("cannot make shared memory")]
    Memory(#[from] AttachError),
    /// A descriptor.
    #[error("cannot make a descriptor")]
    Descriptor(#[from] io::Error),
    /// A link between two processes.
    #[error("cannot link two processes")]
    Link(#[from] LinkError),
}

/// What wakes a node: fusion is woken as its camera's link does it, since frames are what hurries; a sensor
/// by its device or its bus, if it has one.
pub(crate) fn doorbell_kind(plan: &Plan, node: Node) -> doorbell::Kind {
    match node {
        Node::Fusion => doorbell::Kind::of(plan.camera.link),
        Node::Camera if matches!(plan.board.camera, CameraSource::V4l2(_)) => doorbell::Kind::Poll,
        Node::Radar if matches!(plan.board.radar, RadarSource::Can(_)) => doorbell::Kind::Poll,
        Node::Camera | Node::Radar => doorbell::Kind::Futex,
    }
}

impl Resources {
    pub(crate) fn create(
        plan: &Plan,
        directory: &Path,
        part: u32,
    ) -> Result<Resources, ResourceError> {
        let heartbeats = Seat::all().map(|_| Monitor::create()).collect::<Result<Vec<_>, _>>()?;
        let doorbells = Node::ALL.map(|node| Owned::create(doorbell_kind(plan, node)));
        let doorbells = doorbells.into_iter().collect::<Result<Vec<_>, _>>()?;
        let rings = Source::ALL
            .iter()
            .map(|&source| events::create(&directory.join(ring_file_name(source, part))))
            .collect::<Result<Vec<_>, _>>()?;
        let (start_memory, start) = Start::create()?;
        let (arming_memory, arming) = Arming::create()?;
        let (status_memory, status) = StatusBoard::create()?;
        let tears = plan.camera.sync == FrameSync::None;
        let closed_loop = plan.traffic.ego.brakes.is_some();
        let of_each = "one for each node or source";
        Ok(Resources {
            heartbeats,
            doorbells: doorbells.try_into().expect(of_each),
            rings: rings.try_into().expect(of_each),
            start,
            arming,
            status,
            status_read_only: status_memory.read_only()?,
            start_read_only: start_memory.read_only()?,
            arming_read_only: arming_memory.read_only()?,
            frames: Link::create(links::frames(plan))?,
            lists: Link::create(links::radar_messages(plan))?,
            commands: Link::create(links::radar_messages(plan))?,
            boards: closed_loop.then(Boards::create).transpose()?,
            exhibit: tears.then(Exhibit::create).transpose()?.map(Arc::new),
        })
    }

    /// Where fusion keeps a torn frame.
    pub(crate) fn exhibit(&self) -> Option<Arc<Exhibit>> {
        self.exhibit.clone()
    }

    /// What shows the life of the process in a seat.
    pub(crate) fn monitor(&self, seat: Seat) -> &Monitor {
        &self.heartbeats[seat.number() as usize].1
    }

    /// The same to read its checkpoints from.
    pub(crate) fn monitor_mut(&mut self, seat: Seat) -> &mut Monitor {
        &mut self.heartbeats[seat.number() as usize].1
    }

    /// The heartbeat pages of those who are mourned: the second seats only of nodes with a standby.
    pub(crate) fn mourned(&self, plan: &Plan) -> impl Iterator<Item = (Seat, BorrowedFd<'_>)> {
        let seats = Seat::all()
            .filter(|seat| seat.index == 0 || plan.supervision[seat.node.index()].restart.standby);
        seats.map(|seat| (seat, self.heartbeats[seat.number() as usize].0.fd()))
    }

    /// Wakes a node: there is something to look at that is not in its channels.
    pub(crate) fn ring(&self, node: Node) {
        self.doorbells[node.index()].bell().ring();
    }

    /// What the process in a seat inherits: numbers by purpose, and the descriptors themselves.
    pub(crate) fn handed_down<'a>(&'a self, seat: Seat) -> (Descriptors, Vec<BorrowedFd<'a>>) {
        let node = seat.node;
        let mut fds = Vec::new();
        let mut ends = |end: HandDown<'a>| -> Ends {
            fds.extend(&end.fds);
            end.ends()
        };
        let role = self.role(node, &mut ends);
        let doorbell = ends(self.doorbells[node.index()].end());
        let mut hand_down = |fd: BorrowedFd<'a>| {
            fds.push(fd);
            fd.as_raw_fd()
        };
        let descriptors = Descriptors {
            heartbeat: hand_down(self.heartbeats[seat.number() as usize].0.fd()),
            events: hand_down(self.rings[node.index()].fd()),
            doorbell,
            start: hand_down(self.start_read_only.as_fd()),
            arming: hand_down(self.arming_read_only.as_fd()),
            status: hand_down(self.status_read_only.as_fd()),
            way: self.boards.as_ref().map(|boards| hand_down(boards.way_read_only.as_fd())),
            role,
        };
        (descriptors, fds)
    }

    /// What a process inherits of its role; `down` notes each end.
    fn role<'a>(
        &'a self,
        node: Node,
        down: &mut impl FnMut(HandDown<'a>) -> Ends,
    ) -> RoleDescriptors {
        let doorbell = |of: Node| self.doorbells[of.index()].end();
        match node {
            Node::Camera => RoleDescriptors::Camera {
                frames: down(self.frames.outlet()),
                fusion_doorbell: down(doorbell(Node::Fusion)),
            },
            Node::Radar => RoleDescriptors::Radar {
                lists: down(self.lists.outlet()),
                commands: down(self.commands.inlet()),
                fusion_doorbell: down(doorbell(Node::Fusion)),
            },
            Node::Fusion => {
                let brake = self.boards.as_ref().map(|boards| boards.brake.fd());
                if let Some(brake) = brake {
                    down(HandDown { fds: vec![brake], ids: Vec::new() });
                }
                let exhibit = self.exhibit.as_ref().map(|exhibit| exhibit.fd());
                if let Some(exhibit) = exhibit {
                    down(HandDown { fds: vec![exhibit], ids: Vec::new() });
                }
                RoleDescriptors::Fusion {
                    frames: down(self.frames.inlet()),
                    lists: down(self.lists.inlet()),
                    commands: down(self.commands.outlet()),
                    radar_doorbell: down(doorbell(Node::Radar)),
                    brake: brake.map(|brake| brake.as_raw_fd()),
                    exhibit: exhibit.map(|exhibit| exhibit.as_raw_fd()),
                }
            }
        }
    }

    /// Keeps the rings of others from a process that has ended. Before it is buried: after that its
    /// number may be another's.
    pub(crate) fn forget_waiter(&self, node: Node, pid: u32) {
        self.doorbells[node.index()].bury_waiter(pid);
    }

    /// What the plant inherits; `None` in an open loop.
    pub(crate) fn plants(&self) -> Option<PlantFds<'_>> {
        let boards = self.boards.as_ref()?;
        Some(PlantFds {
            events: self.rings[Source::Plant.index()].fd(),
            start: self.start_read_only.as_fd(),
            way: boards.way.fd(),
            brake: boards.brake_read_only.as_fd(),
        })
    }

    /// What the stimulus inherits.
    pub(crate) fn stimulus(&self) -> StimulusFds<'_> {
        StimulusFds {
            events: self.rings[Source::Stimulus.index()].fd(),
            start: self.start_read_only.as_fd(),
            way: self.boards.as_ref().map(|boards| boards.way_read_only.as_fd()),
        }
    }

    /// A heartbeat page of a node that its process may only read.
    pub(crate) fn read_only_heartbeat(&self, node: Node) -> io::Result<OwnedFd> {
        self.heartbeats[Seat { node, index: 0 }.number() as usize].0.read_only()
    }

    /// The radar's end of its link to fusion.
    pub(crate) fn lists(&self) -> &Link {
        &self.lists
    }

    /// Gives back what a process held that can write no more.
    pub(crate) fn release(&self, node: Node) {
        let (sent, received): (&[&Link], &[&Link]) = match node {
            Node::Camera => (&[&self.frames], &[]),
            Node::Radar => (&[&self.lists], &[&self.commands]),
            Node::Fusion => (&[&self.commands], &[&self.frames, &self.lists]),
        };
        for link in sent {
            link.bury_sender();
        }
        for link in received {
            link.bury_receiver();
        }
    }
}
