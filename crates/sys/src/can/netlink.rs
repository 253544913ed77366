//! Requests to the kernel about network interfaces, and its answers: [`ask`] (rtnetlink(7)).

use crate::clock::now_ns;
use crate::poll::wait_readable;
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket,
};
use std::os::fd::AsRawFd;

/// How long the kernel may take; it answers before `send` returns.
const ANSWER_NS: u64 = 5_000_000_000;
/// Room for an answer: what there is to say of an interface takes some 2 KiB.
const ANSWER_BYTES_MAX: usize = 32 << 10;
/// `nlmsghdr`, and `ifinfomsg` after it.
const HEADER_BYTES: usize = 16;
const LINK_BYTES: usize = 16;
/// Length and kind of an attribute.
const ATTRIBUTE_BYTES: usize = 4;
/// Attributes begin at multiples of this.
const ALIGN: usize = 4;
/// Bits of an attribute's kind that are not its number.
const KIND_MASK: u16 = 0x3fff;

/// A request about an interface.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Request<'a> {
    /// `RTM_*`.
    pub(super) what: u16,
    /// `NLM_F_*`, besides `NLM_F_REQUEST`.
    pub(super) how: u16,
    /// Of the interface; 0 where its name stands among the attributes.
    pub(super) index: i32,
    /// Flags of the interface to have, and those of them that are to change.
    pub(super) flags: (u32, u32),
    /// The rest.
    pub(super) attributes: &'a [u8],
}

/// What the kernel says of an interface.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) index: i32,
    pub(super) flags: u32,
    pub(super) attributes: Vec<u8>,
}

/// Asks, and takes the answer: `None` is a plain yes.
pub(super) fn ask(request: Request) -> nix::Result<Option<Answer>> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let route = SockProtocol::NetlinkRoute;
    let socket = socket(AddressFamily::Netlink, SockType::Raw, flags, route)?;
    send(socket.as_raw_fd(), &bytes(request), MsgFlags::empty())?;
    let deadline = now_ns() + ANSWER_NS;
    let mut answer = vec![0; ANSWER_BYTES_MAX];
    while now_ns() < deadline {
        // Its own error, if it has one, is found by the next call.
        if let Err(_unreadable) = wait_readable(&socket, deadline) {}
        match recv(socket.as_raw_fd(), &mut answer, MsgFlags::empty()) {
            Ok(count) => return read(&answer[..count]),
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Errno::ETIMEDOUT)
}

fn bytes(Request { what, how, index, flags, attributes }: Request) -> Vec<u8> {
    let length = HEADER_BYTES + LINK_BYTES + attributes.len();
    let how = how | libc::NLM_F_REQUEST as u16;
    let kind = u32::from(what) | u32::from(how) << 16;
    let words = [length as u32, kind, 0, 0, 0, index.cast_unsigned(), flags.0, flags.1];
    words.into_iter().flat_map(u32::to_le_bytes).chain(attributes.iter().copied()).collect()
}

fn read(bytes: &[u8]) -> nix::Result<Option<Answer>> {
    let word = |at: usize| {
        let word = bytes.get(at..at + 4).ok_or(Errno::EBADMSG)?;
        Ok(u32::from_le_bytes(word.try_into().expect("four bytes")))
    };
    let end = (word(0)? as usize).min(bytes.len());
    if word(4)? as u16 == libc::NLMSG_ERROR as u16 {
        return match word(HEADER_BYTES)?.cast_signed() {
            0 => Ok(None),
            error => Err(Errno::from_raw(-error)),
        };
    }
    let attributes = bytes.get(HEADER_BYTES + LINK_BYTES..end).ok_or(Errno::EBADMSG)?.to_vec();
    Ok(Some(Answer { index: word(20)?.cast_signed(), flags: word(24)?, attributes }))
}

/// Appends an attribute.
pub(super) fn put(attributes: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = (ATTRIBUTE_BYTES + value.len()) as u16;
    attributes.extend(length.to_le_bytes());
    attributes.extend(kind.to_le_bytes());
    attributes.extend(value);
    attributes.resize(attributes.len().next_multiple_of(ALIGN), 0);
}

/// The value of the first attribute of this kind.
pub(super) fn get(attributes: &[u8], kind: u16) -> Option<&[u8]> {
    let mut rest = attributes;
    while let [l0, l1, k0, k1, ..] = *rest {
        let length = usize::from(u16::from_le_bytes([l0, l1]));
        let value = rest.get(ATTRIBUTE_BYTES..length)?;
        if u16::from_le_bytes([k0, k1]) & KIND_MASK == kind {
            return Some(value);
        }
        rest = rest.get(length.next_multiple_of(ALIGN)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_again_among_others_and_in_each_other() {
        let (mut inner, mut outer) = (Vec::new(), Vec::new());
        put(&mut inner, 1, b"can\0");
        put(&mut inner, 2, &[7]);
        put(&mut outer, 3, b"x");
        put(&mut outer, 0x8012, &inner);
        assert_eq!(outer.len() % ALIGN, 0);
        assert_eq!(get(&outer, 0x12), Some(&inner[..]));
        assert_eq!(get(get(&outer, 0x12).unwrap(), 2), Some(&[7][..]));
        assert_eq!(get(&outer, 4), None);
        assert_eq!(get(&[200, 0, 3, 0], 3), None, "cut off");
        assert_eq!(get(&[0; 8], 3), None, "no length");
    }
}
