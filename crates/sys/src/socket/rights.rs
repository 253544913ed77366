//! A descriptor that travels with a datagram (`SCM_RIGHTS`): [`send_with`], [`receive_with`].
//!
//! The kernel keeps what is on its way alive; it is closed when either end of the socket is closed by
//! all who have it, so nothing is left behind.

use super::Sent;
use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Most descriptors that the kernel lets travel with a message (`SCM_MAX_FD`).
const DESCRIPTORS_MAX: usize = 253;

/// A datagram and what came with it.
#[derive(Debug)]
pub struct Received {
    /// Bytes of the buffer that were filled.
    pub bytes: usize,
    /// The descriptor, close-on-exec; of several the first.
    pub descriptor: Option<OwnedFd>,
}

/// Sends one message and a duplicate of `descriptor`, without ever waiting.
pub fn send_with(
    socket: impl AsFd,
    message: &[u8],
    descriptor: BorrowedFd<'_>,
) -> io::Result<Sent> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    let raw = [descriptor.as_raw_fd()];
    let rights = [ControlMessage::ScmRights(&raw)];
    let parts = [IoSlice::new(message)];
    let socket = socket.as_fd().as_raw_fd();
    match sendmsg::<()>(socket, &parts, &rights, flags, None) {
        Ok(_) => Ok(Sent::Taken),
        // Too many on their way to readers that do not take them: the queue is full.
        Err(Errno::EAGAIN | Errno::ENOBUFS | Errno::ETOOMANYREFS) => Ok(Sent::QueueFull),
        Err(error) => Err(error.into()),
    }
}

/// Takes one message, cut to what `buffer` holds, without ever waiting; `None` if there is none.
pub fn receive_with(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<Option<Received>> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_CMSG_CLOEXEC;
    let mut parts = [IoSliceMut::new(buffer)];
    // Room for all that may come: of those that did not fit nobody would know, and nobody close, the
    // ones before.
    let mut room = nix::cmsg_space!([RawFd; DESCRIPTORS_MAX]);
    let socket = socket.as_fd().as_raw_fd();
    let message = match recvmsg::<()>(socket, &mut parts, Some(&mut room), flags) {
        Ok(message) => message,
        Err(Errno::EAGAIN | Errno::EINTR) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut descriptors = Vec::new();
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(received) = control {
            // SAFETY: the kernel has just made them for this process; nobody else knows them.
            descriptors.extend(received.iter().map(|&fd| unsafe { OwnedFd::from_raw_fd(fd) }));
        }
    }
    let bytes = message.bytes;
    Ok(Some(Received { bytes, descriptor: descriptors.into_iter().next() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::Pipe;
    use crate::shm::{Memory, try_truncate};
    use crate::socket::{datagram_pair, send};

    #[test]
    fn a_descriptor_comes_with_its_message_and_one_without_has_none() {
        let (a, b) = datagram_pair().unwrap();
        let memory = Memory::anonymous("test", 4096).unwrap();
        let mut buffer = [0; 8];
        assert!(receive_with(&b, &mut buffer).unwrap().is_none());
        assert!(send_with(&a, b"one", memory.fd()).unwrap().is_sent());
        assert!(send(&a, b"other").unwrap().is_sent());
        let received = receive_with(&b, &mut buffer).unwrap().unwrap();
        assert_eq!(&buffer[..received.bytes], b"one");
        // The same memory: its seal holds.
        assert!(try_truncate(received.descriptor.unwrap()).is_err());
        let received = receive_with(&b, &mut buffer).unwrap().unwrap();
        assert_eq!((received.bytes, received.descriptor.is_none()), (5, true));
    }

    #[test]
    fn of_many_descriptors_all_but_the_first_are_closed() {
        let (a, b) = datagram_pair().unwrap();
        for count in [2, 3, DESCRIPTORS_MAX] {
            let Pipe { reader, writer } = Pipe::anonymous(4096).unwrap();
            let raw = vec![writer.as_raw_fd(); count];
            let (parts, rights) = ([IoSlice::new(b"x")], [ControlMessage::ScmRights(&raw)]);
            sendmsg::<()>(a.as_raw_fd(), &parts, &rights, MsgFlags::empty(), None).unwrap();
            let received = receive_with(&b, &mut [0; 8]).unwrap().unwrap();
            drop((writer, received.descriptor.expect("the first")));
            let ended = crate::pipe::read(&reader, &mut [0; 8]).unwrap_err();
            assert_eq!(ended.kind(), io::ErrorKind::UnexpectedEof, "{count}: nobody has it open");
        }
    }

    #[test]
    fn a_full_queue_is_told() {
        let (a, b) = datagram_pair().unwrap();
        let mut taken = 0;
        while send_with(&a, b"x", b.as_fd()).unwrap().is_sent() {
            taken += 1;
            assert!(taken < 100_000, "the queue must end");
        }
        assert!(taken > 0);
    }
}
