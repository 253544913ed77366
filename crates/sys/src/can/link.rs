//! CAN interfaces: [`find`] tells how one is, [`up`], [`down`] and [`create_virtual`] change it.
//!
//! Changing takes `CAP_NET_ADMIN`. A driver keeps its bit rate while it is down; a controller that is
//! down takes no part in the bus, as one that is off it.

use super::netlink::{Request, ask, get, put};
use nix::errno::Errno;
use nix::libc;
use std::io;

/// Words of `can_bittiming`, of which the first is the bit rate; the kernel finds the others.
const BIT_TIMING_WORDS: usize = 8;
/// Numbers of `linux/can/netlink.h`.
const CAN_BIT_TIMING: u16 = 1;
const CAN_STATE: u16 = 4;
const CAN_RESTART_MS: u16 = 6;
const BITS_PER_KILOBIT: u32 = 1000;

/// How an interface is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub index: i32,
    /// What it is to the kernel: `can` for a controller, `vcan` for one that is only software.
    pub kind: String,
    /// Whether it takes part.
    pub condition: Condition,
}

/// Whether an interface takes part in the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It is down.
    Down,
    /// It is up.
    Up,
    /// It is up and has seen so many errors that it may not stop others any more.
    Passive,
    /// It is up and its controller is off the bus.
    BusOff,
}

/// How a controller is set before it is taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Bit rate, kbit/s.
    pub bitrate_kbps: u32,
    /// Time from being off the bus to the restart; 0 for never.
    pub restart_ms: u32,
}

/// An interface is not there, or cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No interface of this name.
    #[error("there is no network interface {0:?}")]
    Missing(String),
    /// It is of another kind.
    #[error("the network interface {name:?} is of the kind {kind:?}, not a CAN bus")]
    NotCan {
        /// Its name.
        name: String,
        /// What it is.
        kind: String,
    },
    /// Without privilege.
    #[error("may not change the interface {0:?}: this takes CAP_NET_ADMIN")]
    NotPermitted(String, #[source] io::Error),
    /// Anything else.
    #[error("cannot {doing} the interface {name:?}")]
    System {
        /// What was to be done.
        doing: &'static str,
        /// Its name.
        name: String,
        /// Why not.
        source: io::Error,
    },
}

/// How the interface of this name is.
pub fn find(name: &str) -> Result<Link, LinkError> {
    let mut attributes = Vec::new();
    put(&mut attributes, libc::IFLA_IFNAME, &terminated(name));
    let what = libc::RTM_GETLINK;
    let answer = ask(Request { what, attributes: &attributes, ..Request::default() });
    let answer = answer.map_err(refused("look at", name))?;
    let answer = answer.ok_or_else(|| refused("look at", name)(Errno::EBADMSG))?;
    let information = get(&answer.attributes, libc::IFLA_LINKINFO).unwrap_or_default();
    let kind = get(information, libc::IFLA_INFO_KIND).unwrap_or_default();
    let kind = String::from_utf8_lossy(kind).trim_end_matches('\0').to_owned();
    if !matches!(kind.as_str(), "can" | "vcan" | "vxcan" | "slcan") {
        return Err(LinkError::NotCan { name: name.to_owned(), kind });
    }
    let data = get(information, libc::IFLA_INFO_DATA).unwrap_or_default();
    let state = get(data, CAN_STATE).and_then(|state| state.first());
    let condition = match state {
        _ if answer.flags & libc::IFF_UP.cast_unsigned() == 0 => Condition::Down,
        Some(2) => Condition::Passive,
        Some(3) => Condition::BusOff,
        _ => Condition::Up,
    };
    Ok(Link { index: answer.index, kind, condition })
}

/// Takes an interface up that is down, with this setting where it has a controller. One that is up
/// stays as it is.
pub fn up(name: &str, setting: Setting) -> Result<(), LinkError> {
    let link = find(name)?;
    if link.condition != Condition::Down {
        return Ok(());
    }
    if link.kind == "can" {
        set(name, link.index, setting)?;
    }
    switch(name, link.index, libc::IFF_UP.cast_unsigned(), "take up")
}

/// Takes an interface up that was taken down, with the setting that it had: the driver keeps it.
pub fn up_again(name: &str) -> Result<(), LinkError> {
    switch(name, find(name)?.index, libc::IFF_UP.cast_unsigned(), "take up")
}

/// Takes an interface down.
pub fn down(name: &str) -> Result<(), LinkError> {
    switch(name, find(name)?.index, 0, "take down")
}

/// Makes a bus that is only software, down.
pub fn create_virtual(name: &str) -> Result<(), LinkError> {
    let (mut attributes, mut information) = (Vec::new(), Vec::new());
    put(&mut information, libc::IFLA_INFO_KIND, b"vcan");
    put(&mut attributes, libc::IFLA_IFNAME, &terminated(name));
    put(&mut attributes, libc::IFLA_LINKINFO, &information);
    let how = (libc::NLM_F_ACK | libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;
    let what = libc::RTM_NEWLINK;
    let made = ask(Request { what, how, attributes: &attributes, ..Request::default() });
    made.map(drop).map_err(refused("make", name))
}

fn set(name: &str, index: i32, setting: Setting) -> Result<(), LinkError> {
    let mut timing = [0; BIT_TIMING_WORDS];
    timing[0] = setting.bitrate_kbps * BITS_PER_KILOBIT;
    let timing: Vec<u8> = timing.into_iter().flat_map(u32::to_le_bytes).collect();
    let (mut attributes, mut information, mut data) = (Vec::new(), Vec::new(), Vec::new());
    put(&mut data, CAN_BIT_TIMING, &timing);
    put(&mut data, CAN_RESTART_MS, &setting.restart_ms.to_le_bytes());
    put(&mut information, libc::IFLA_INFO_KIND, b"can");
    put(&mut information, libc::IFLA_INFO_DATA, &data);
    put(&mut attributes, libc::IFLA_LINKINFO, &information);
    let (what, how) = (libc::RTM_NEWLINK, libc::NLM_F_ACK as u16);
    let asked = ask(Request { what, how, index, attributes: &attributes, ..Request::default() });
    asked.map(drop).map_err(refused("set the bit rate of", name))
}

fn switch(name: &str, index: i32, to: u32, doing: &'static str) -> Result<(), LinkError> {
    let flags = (to, libc::IFF_UP.cast_unsigned());
    let (what, how) = (libc::RTM_NEWLINK, libc::NLM_F_ACK as u16);
    let asked = ask(Request { what, how, index, flags, attributes: &[] });
    asked.map(drop).map_err(refused(doing, name))
}

fn terminated(name: &str) -> Vec<u8> {
    name.bytes().chain([0]).collect()
}

fn refused(doing: &'static str, name: &str) -> impl FnOnce(Errno) -> LinkError {
    let name = name.to_owned();
    move |errno| match errno {
        // A name longer than any can be is out of range.
        Errno::ENODEV | Errno::ERANGE | Errno::EINVAL if doing == "look at" => {
            LinkError::Missing(name)
        }
        Errno::EPERM | Errno::EACCES => LinkError::NotPermitted(name, errno.into()),
        _ => LinkError::System { doing, name, source: errno.into() },
    }
}
