//! What a new process is told: [`Boot`], [`PlantBoot`] or [`StimulusBoot`], in sealed memory that it inherits ([`pack`],
//! [`unpack`]).

use channel::link::Ends;
use fault::Need;
use recording::codec::{self, CodecError};
use scenario::Plan;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;
use sys::process::{Child, spawn};
use sys::shm::{Memory, Shared, SharedView};
use wire::Node;

/// Everything that a node needs to begin its work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boot {
    /// Who it is.
    pub node: Node,
    /// Its number, from 1. Until the status page permits it to write it is a standby.
    pub incarnation: u32,
    /// Process id of the watchdog, whose death must be its own.
    pub watchdog_pid: u32,
    /// What this host cannot do: faults that need it are left out.
    pub lacking: Vec<Need>,
    /// Numbers of the descriptors that it inherits.
    pub descriptors: Descriptors,
    /// The scenario.
    pub plan: Plan,
}

/// Descriptors that every node inherits, and those of its role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptors {
    /// Its heartbeat page.
    pub heartbeat: RawFd,
    /// Its event ring.
    pub events: RawFd,
    /// Its doorbell.
    pub doorbell: Ends,
    /// The start page.
    pub start: RawFd,
    /// The arming page.
    pub arming: RawFd,
    /// The status page.
    pub status: RawFd,
    /// The board with the way of the ego car, readable, in a closed loop.
    pub way: Option<RawFd>,
    /// The rest.
    pub role: RoleDescriptors,
}

/// Descriptors of one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoleDescriptors {
    /// Camera.
    Camera {
        /// Where its frames go.
        frames: Ends,
        /// Doorbell of fusion.
        fusion_doorbell: Ends,
    },
    /// Radar.
    Radar {
        /// Where its lists and acknowledgements go.
        lists: Ends,
        /// Where commands come from.
        commands: Ends,
        /// Doorbell of fusion.
        fusion_doorbell: Ends,
    },
    /// Fusion.
    Fusion {
        /// Where frames come from.
        frames: Ends,
        /// Where the radar's messages come from.
        lists: Ends,
        /// Where its commands go.
        commands: Ends,
        /// Doorbell of the radar.
        radar_doorbell: Ends,
        /// The board with what it asks of the brakes, writable, in a closed loop.
        brake: Option<RawFd>,
        /// Where it keeps a torn frame, of a frame buffer that is not synchronised.
        exhibit: Option<RawFd>,
    },
}

/// Everything that the plant needs to begin its work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlantBoot {
    /// Process id of the watchdog, whose death must be its own.
    pub watchdog_pid: u32,
    /// Its event ring.
    pub events: RawFd,
    /// The start page.
    pub start: RawFd,
    /// The board with the way of the ego car, writable.
    pub way: RawFd,
    /// The board with what fusion asks of the brakes, readable.
    pub brake: RawFd,
    /// The scenario.
    pub plan: Plan,
}

/// Everything that the stimulus needs to begin its work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StimulusBoot {
    /// Process id of the watchdog, whose death must be its own.
    pub watchdog_pid: u32,
    /// Its event ring.
    pub events: RawFd,
    /// The start page.
    pub start: RawFd,
    /// The board with the way of the ego car, readable, in a closed loop.
    pub way: Option<RawFd>,
    /// The scenario.
    pub plan: Plan,
}

/// A process could not be told, or could not read, what to do.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The memory could not be made or read.
    #[error("cannot map the boot page")]
    Io(#[from] io::Error),
    /// Its content could not be encoded or decoded.
    #[error("the boot page is damaged or of another version")]
    Codec(#[from] CodecError),
}

/// Memory that holds what a new process is told: the clock of the run, then the rest.
pub fn pack(told: &impl Serialize) -> Result<Memory, BootError> {
    let payload = codec::encode(told)?;
    let memory = Memory::anonymous("failop-boot", HEAD_BYTES + payload.len())?;
    let mut shared = Shared::map(memory.fd(), 0, HEAD_BYTES + payload.len())?;
    let head = [payload.len() as u64, sys::clock::ahead_ns()];
    for (place, word) in head.into_iter().enumerate() {
        shared.bytes_mut(place * 8, 8).copy_from_slice(&word.to_le_bytes());
    }
    shared.bytes_mut(HEAD_BYTES, payload.len()).copy_from_slice(&payload);
    Ok(memory)
}

/// Starts `program` in a role, with what it is told in memory and the descriptors that it inherits.
pub(crate) fn start(
    program: &Path,
    role: &str,
    told: &Memory,
    fds: &[BorrowedFd<'_>],
) -> io::Result<Child> {
    let number = told.fd().as_raw_fd().to_string();
    spawn(program, &["node", role, "--boot", &number], &[fds, &[told.fd()]].concat())
}

/// Reads what this process is told from the memory that it inherited, and sets its clock to that of the run.
pub fn unpack<T: DeserializeOwned>(fd: &OwnedFd) -> Result<T, BootError> {
    let head = SharedView::map(fd, 0, HEAD_BYTES)?;
    let word = |place: usize| {
        u64::from_le_bytes(head.bytes(place * 8, 8).try_into().expect("a word has eight bytes"))
    };
    sys::clock::ahead_by(word(1));
    let bytes = usize::try_from(word(0)).unwrap_or(usize::MAX).min(codec::PAYLOAD_BYTES_MAX);
    let view = SharedView::map(fd, 0, HEAD_BYTES + bytes)?;
    Ok(codec::decode(view.bytes(HEAD_BYTES, bytes))?)
}

/// Length of the payload, and how far the run's clock is ahead of the kernel's.
const HEAD_BYTES: usize = 2 * size_of::<u64>();
