//! CAN buses as the kernel has them (SocketCAN): [`CanSocket`] sends and receives frames on one
//! interface, [`link`] takes interfaces up and down.
//!
//! Nothing here waits. A socket outlives its interface's being taken down and up again; that it is down
//! is told once. Only classic frames with identifiers of 11 bits, which is what sensors send.

pub mod link;
mod netlink;

use crate::clock::now_ns;
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};
use std::io::{self, IoSliceMut};
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Bytes of `can_frame`: identifier, length, three of no interest, data.
const FRAME_BYTES: usize = 16;
/// Where the length stands, and the data.
const LENGTH_AT: usize = 4;
const DATA_AT: usize = 8;
/// Receive buffer: some hundred frames, more than two full lists of a radar.
const BUFFER_BYTES: usize = 512 << 10;

/// A frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its identifier, 11 bits; the lower, the higher its priority.
    pub id: u16,
    /// How many of the bytes count, up to 8.
    pub length: u8,
    /// Its bytes.
    pub bytes: [u8; 8],
}

impl Frame {
    /// The bytes that count.
    pub fn data(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length).min(self.bytes.len())]
    }
}

/// What a socket hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A frame, and when the driver had it ([`now_ns`]).
    Frame(Frame, u64),
    /// The controller tells of itself.
    Controller(Condition),
    /// The interface is down; told once, until it comes up.
    Down,
}

/// What a controller tells of itself in an error frame (`linux/can/error.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It takes part again with full rights.
    Active,
    /// It has seen so many errors that it may not stop others any more.
    Passive,
    /// It has caused so many errors that it is off the bus.
    BusOff,
    /// It was restarted after that.
    Restarted,
    /// Frames were lost in it, because nobody took them in time.
    Overflow,
    /// An error on the bus of no lasting consequence.
    Passing,
}

/// What became of a frame to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Sent {
    /// The interface has it in its queue.
    Taken,
    /// The queue is full: the bus takes less than it is given.
    QueueFull,
    /// The interface is down.
    Down,
}

/// There is no socket to be had.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither built in nor loaded.
    #[error("the kernel has no CAN sockets (CONFIG_CAN_RAW: modules can and can-raw)")]
    Absent(#[source] io::Error),
    /// The interface.
    #[error(transparent)]
    Link(#[from] link::LinkError),
    /// Something else went wrong.
    #[error("cannot open a CAN socket on the interface {0:?}")]
    System(String, #[source] io::Error),
}

/// A socket on one interface.
#[derive(Debug)]
pub struct CanSocket {
    socket: OwnedFd,
}

impl CanSocket {
    /// Hears the frames with these identifiers, and what the controller tells of itself.
    pub fn open(interface: &str, ids: &[u16]) -> Result<CanSocket, OpenError> {
        let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: takes three integers, returns a new descriptor or -1. `nix` does not know this family.
        let fd = unsafe { libc::socket(libc::PF_CAN, kind, libc::CAN_RAW) };
        let fd = Errno::result(fd).map_err(|errno| OpenError::Absent(errno.into()))?;
        // SAFETY: `fd` was just opened and belongs to nobody else.
        let socket = unsafe { OwnedFd::from_raw_fd(fd) };
        let index = link::find(interface)?.index;
        let set_up = || -> nix::Result<()> {
            let mask = libc::CAN_SFF_MASK | libc::CAN_EFF_FLAG | libc::CAN_RTR_FLAG;
            let filters = ids.iter().flat_map(|id| [u32::from(*id), mask]);
            set_option(fd, libc::CAN_RAW_FILTER, &filters.collect::<Vec<_>>())?;
            set_option(fd, libc::CAN_RAW_ERR_FILTER, &[libc::CAN_ERR_MASK])?;
            setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
            setsockopt(&socket, sockopt::RcvBuf, &BUFFER_BYTES)?;
            bind(fd, index)
        };
        set_up().map_err(|errno| OpenError::System(interface.to_owned(), errno.into()))?;
        Ok(CanSocket { socket })
    }

    /// Takes the next that there is.
    pub fn receive(&self) -> io::Result<Option<Heard>> {
        let mut bytes = [0; FRAME_BYTES];
        let mut space = nix::cmsg_space!(TimeSpec);
        let mut slices = [IoSliceMut::new(&mut bytes)];
        let fd = self.socket.as_raw_fd();
        let received = recvmsg::<()>(fd, &mut slices, Some(&mut space), MsgFlags::empty());
        let at_ns = match received {
            Ok(message) => received_ns(message.cmsgs()?),
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(None),
            Err(Errno::ENETDOWN) => return Ok(Some(Heard::Down)),
            Err(error) => return Err(error.into()),
        };
        Ok(Some(heard(&bytes, at_ns)))
    }

    /// Hands a frame to the interface.
    pub fn send(&self, frame: &Frame) -> io::Result<Sent> {
        let mut bytes = [0; FRAME_BYTES];
        bytes[..LENGTH_AT].copy_from_slice(&u32::from(frame.id).to_le_bytes());
        bytes[LENGTH_AT] = frame.length.min(8);
        bytes[DATA_AT..].copy_from_slice(&frame.bytes);
        let flags = MsgFlags::MSG_DONTWAIT;
        match nix::sys::socket::send(self.socket.as_raw_fd(), &bytes, flags) {
            Ok(_) => Ok(Sent::Taken),
            Err(Errno::ENOBUFS | Errno::EAGAIN) => Ok(Sent::QueueFull),
            Err(Errno::ENETDOWN) => Ok(Sent::Down),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for CanSocket {
    /// Readable when there is something to take.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// When the driver had a frame. The kernel tells it by the wall clock; how far that is from [`now_ns`] is
/// looked at at once, so that a wall clock that is set meanwhile spoils no more than this frame.
fn received_ns(messages: impl Iterator<Item = ControlMessageOwned>) -> u64 {
    let now = now_ns();
    let wall_ns = |time: TimeSpec| {
        time.tv_sec().cast_unsigned() * 1_000_000_000 + time.tv_nsec().cast_unsigned()
    };
    let mut stamps = messages.filter_map(|message| match message {
        ControlMessageOwned::ScmTimestampns(at) => Some(wall_ns(at)),
        _ => None,
    });
    let wall_now = clock_gettime(ClockId::CLOCK_REALTIME).map(wall_ns);
    let ago_ns = wall_now.ok().zip(stamps.next()).map(|(now, at)| now.saturating_sub(at));
    now.saturating_sub(ago_ns.unwrap_or(0))
}

fn heard(bytes: &[u8; FRAME_BYTES], at_ns: u64) -> Heard {
    let id = u32::from_le_bytes(bytes[..LENGTH_AT].try_into().expect("four bytes"));
    let data: [u8; 8] = bytes[DATA_AT..].try_into().expect("eight bytes");
    if id & libc::CAN_ERR_FLAG != 0 {
        return Heard::Controller(condition(id & libc::CAN_ERR_MASK, data[1].into()));
    }
    let id = (id & libc::CAN_SFF_MASK) as u16;
    Heard::Frame(Frame { id, length: bytes[LENGTH_AT].min(8), bytes: data }, at_ns)
}

/// Of several at once, the gravest.
fn condition(class: u32, detail: libc::c_int) -> Condition {
    let classes = |bits| class & bits != 0;
    let controller = |bits| classes(libc::CAN_ERR_CRTL) && detail & bits != 0;
    if classes(libc::CAN_ERR_BUSOFF) {
        Condition::BusOff
    } else if classes(libc::CAN_ERR_RESTARTED) {
        Condition::Restarted
    } else if controller(libc::CAN_ERR_CRTL_RX_PASSIVE | libc::CAN_ERR_CRTL_TX_PASSIVE) {
        Condition::Passive
    } else if controller(libc::CAN_ERR_CRTL_RX_OVERFLOW) {
        Condition::Overflow
    } else if controller(libc::CAN_ERR_CRTL_ACTIVE) {
        Condition::Active
    } else {
        Condition::Passing
    }
}

fn set_option(fd: RawFd, option: libc::c_int, words: &[u32]) -> nix::Result<()> {
    let bytes = libc::socklen_t::try_from(size_of_val(words)).expect("a few filters");
    // SAFETY: the pointer and the length are those of one slice, which the kernel only reads.
    let set =
        unsafe { libc::setsockopt(fd, libc::SOL_CAN_RAW, option, words.as_ptr().cast(), bytes) };
    Errno::result(set).map(drop)
}

fn bind(fd: RawFd, index: i32) -> nix::Result<()> {
    // SAFETY: all bytes zero is a value of this plain structure.
    let mut address: libc::sockaddr_can = unsafe { std::mem::zeroed() };
    address.can_family = libc::AF_CAN as libc::sa_family_t;
    address.can_ifindex = index;
    let bytes = size_of::<libc::sockaddr_can>() as libc::socklen_t;
    // SAFETY: the pointer and the length are those of one structure, which the kernel only reads.
    let bound = unsafe { libc::bind(fd, (&raw const address).cast(), bytes) };
    Errno::result(bound).map(drop)
}

#[cfg(test)]
mod tests;
