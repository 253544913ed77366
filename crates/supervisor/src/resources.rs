//! Everything that the processes share, owned by the watchdog: [`Resources`].
//!
//! Descriptors alone lead to it; nothing has a name in any file system but the event rings, which
//! stand in the run directory because they must outlive everyone.

use crate::boot::{Descriptors, RoleDescriptors};
use crate::children::Seat;
use channel::arming::Arming;
use channel::board::Board;
use channel::doorbell::Doorbell;
use channel::exhibit::Exhibit;
use channel::frames::Buffer;
use channel::heartbeat::Monitor;
use channel::start::Start;
use channel::status::StatusBoard;
use channel::{AttachError, events};
use recording::ring_file_name;
use scenario::Plan;
use scenario::plan::FrameSync;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use sys::shm::Memory;
use wire::plant::{BRAKE_WORDS, WAY_WORDS};
use wire::shared::PageKind;
use wire::{Node, Source, frame};

/// Readers of the frame buffer: fusion.
const READERS: usize = 1;

#[derive(Debug)]
pub(crate) struct Resources {
    /// Of each seat, by its number.
    heartbeats: Vec<(Memory, Monitor)>,
    doorbells: [(Memory, Doorbell); Node::ALL.len()],
    pub(crate) rings: [Memory; Source::ALL.len()],
    pub(crate) start: Start,
    pub(crate) arming: Arming,
    pub(crate) status: StatusBoard,
    status_read_only: OwnedFd,
    frames: Buffer,
    start_read_only: OwnedFd,
    arming_read_only: OwnedFd,
    frames_read_only: OwnedFd,
    pin_read_only: OwnedFd,
    radar_end: OwnedFd,
    fusion_end: OwnedFd,
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

/// Something that the processes share could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ResourceError {
    /// Shared memory.
    #[error("cannot make shared memory")]
    Memory(#[from] AttachError),
    /// A descriptor.
    #[error("cannot make a descriptor")]
    Descriptor(#[from] io::Error),
}

impl Resources {
    pub(crate) fn create(plan: &Plan, directory: &Path) -> Result<Resources, ResourceError> {
        let heartbeats = Seat::all().map(|_| Monitor::create()).collect::<Result<Vec<_>, _>>()?;
        let doorbells =
            Node::ALL.iter().map(|_| Doorbell::create()).collect::<Result<Vec<_>, _>>()?;
        let rings = Source::ALL
            .iter()
            .map(|&source| events::create(&directory.join(ring_file_name(source))))
            .collect::<Result<Vec<_>, _>>()?;
        let (start_memory, start) = Start::create()?;
        let (arming_memory, arming) = Arming::create()?;
        let (status_memory, status) = StatusBoard::create()?;
        let frames = Buffer::create(plan.camera.buffers as usize, frame::FRAME_BYTES, READERS)?;
        let (radar_end, fusion_end) = sys::socket::datagram_pair()?;
        let torn = plan.camera.sync == FrameSync::None;
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
            frames_read_only: frames.frames_read_only()?,
            pin_read_only: frames.pin_read_only(0)?,
            frames,
            radar_end,
            fusion_end,
            boards: closed_loop.then(Boards::create).transpose()?,
            exhibit: torn.then(Exhibit::create).transpose()?.map(Arc::new),
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

    /// Wakes fusion: the status of a sensor or of the system has changed.
    pub(crate) fn ring_fusion(&self) {
        self.doorbells[Node::Fusion.index()].1.ring();
    }

    /// What the process in a seat inherits: numbers by purpose, and the descriptors themselves.
    pub(crate) fn handed_down<'a>(&'a self, seat: Seat) -> (Descriptors, Vec<BorrowedFd<'a>>) {
        let node = seat.node;
        let mut fds = Vec::new();
        let mut hand_down = |fd: BorrowedFd<'a>| {
            fds.push(fd);
            fd.as_raw_fd()
        };
        let fusion_doorbell = self.doorbells[Node::Fusion.index()].0.fd();
        let role = match node {
            Node::Camera => RoleDescriptors::Camera {
                frames: hand_down(self.frames.frames_fd()),
                pins: vec![hand_down(self.pin_read_only.as_fd())],
                fusion_doorbell: hand_down(fusion_doorbell),
            },
            Node::Radar => RoleDescriptors::Radar {
                mailbox: hand_down(self.radar_end.as_fd()),
                fusion_doorbell: hand_down(fusion_doorbell),
            },
            Node::Fusion => RoleDescriptors::Fusion {
                frames: hand_down(self.frames_read_only.as_fd()),
                pin: hand_down(self.frames.pin_fd(0)),
                mailbox: hand_down(self.fusion_end.as_fd()),
                radar_doorbell: hand_down(self.doorbells[Node::Radar.index()].0.fd()),
                brake: self.boards.as_ref().map(|boards| hand_down(boards.brake.fd())),
                exhibit: self.exhibit.as_ref().map(|exhibit| hand_down(exhibit.fd())),
            },
        };
        let descriptors = Descriptors {
            heartbeat: hand_down(self.heartbeats[seat.number() as usize].0.fd()),
            events: hand_down(self.rings[node.index()].fd()),
            doorbell: hand_down(self.doorbells[node.index()].0.fd()),
            start: hand_down(self.start_read_only.as_fd()),
            arming: hand_down(self.arming_read_only.as_fd()),
            status: hand_down(self.status_read_only.as_fd()),
            way: self.boards.as_ref().map(|boards| hand_down(boards.way_read_only.as_fd())),
            role,
        };
        (descriptors, fds)
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

    /// A heartbeat page of a node that its process may only read.
    pub(crate) fn read_only_heartbeat(&self, node: Node) -> io::Result<OwnedFd> {
        self.heartbeats[Seat { node, index: 0 }.number() as usize].0.read_only()
    }

    /// The radar's end of its datagram pair.
    pub(crate) fn radar_end(&self) -> BorrowedFd<'_> {
        self.radar_end.as_fd()
    }

    /// Gives back what a process held that can write no more.
    pub(crate) fn release(&self, node: Node) {
        if node == Node::Fusion {
            self.frames.unpin_dead(0);
        }
    }
}
