//! A fresh memfd for each message, sealed, its descriptor passed by a Unix datagram: `memfd-passing`.
//!
//! Order: kept. Boundaries: kept. Back-pressure: the sender's buffer is kept so small that it holds as
//! many handles as the link has slots, or the six of the kernel's least; then the sender is told. Each
//! stands for a whole message in memory. Priority: none. Credentials: who made the pair
//! (`SO_PEERCRED`). The message is filled in place and never copied, and once it is on its way nobody can
//! change it, its sender included: of all mechanisms only this one holds that of a hostile sender. The price
//! is memory made and thrown away for each message. What was sent survives its sender; a dead receiver
//! takes with it what it held. The kernel frees all; nothing has a name.

use super::carrier::{Found, Incoming, Message, Outgoing};
use super::descriptor::Pair;
use super::{Inherited, LinkError, Pattern, Sent, Spec, only_descriptor, refused};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::parcel::{Draft, Parcel};
use sys::socket::rights::{Received, receive_with, send_with};
use wire::envelope::{HEAD_BYTES, Head};
use zerocopy::IntoBytes;

/// Most messages that one look passes over for a newer one: more than the kernel queues.
const MESSAGES_PER_LOOK: usize = 64;

/// What a handle weighs in a socket's buffer, with the kernel's own share of it.
const HANDLE_BYTES: usize = 768;

/// A link whose socket holds few handles.
pub(super) fn create(spec: Spec) -> Result<Box<Pair>, LinkError> {
    let make = || {
        let (sender, receiver) = sys::socket::datagram_pair()?;
        sys::socket::bound_send_buffer(&sender, spec.slots * HANDLE_BYTES)?;
        Ok(Pair { sender, receiver })
    };
    Ok(Box::new(make().map_err(refused(spec))?))
}

/// The sender with the message that it fills.
#[derive(Debug)]
pub(super) struct Wrapping {
    spec: Spec,
    socket: OwnedFd,
    sequence: u64,
    draft: Option<Draft>,
}

pub(super) fn outlet(spec: Spec, end: Inherited) -> Result<Wrapping, LinkError> {
    Ok(Wrapping { spec, socket: only_descriptor(spec, end)?, sequence: 0, draft: None })
}

impl Outgoing for Wrapping {
    fn begin(&mut self) -> io::Result<bool> {
        if self.draft.is_none() {
            self.draft = Some(Draft::new("failop-message", self.spec.message_bytes)?);
        }
        Ok(true)
    }

    fn bytes(&mut self) -> &mut [u8] {
        self.draft.as_mut().expect("`begin` made one").bytes()
    }

    fn publish(&mut self, message: Message, _wake: &dyn Fn()) -> io::Result<Sent> {
        let sealed = self.draft.take().expect("`begin` made one").seal()?;
        self.sequence += 1;
        let head = Head::new(self.sequence, message.length, message.published_ns);
        send_with(&self.socket, head.as_bytes(), sealed.as_fd())
    }
}

/// The receiver with the message that it holds.
#[derive(Debug)]
pub(super) struct Unwrapping {
    spec: Spec,
    socket: OwnedFd,
    held: Option<Parcel>,
}

pub(super) fn inlet(spec: Spec, end: Inherited) -> Result<Unwrapping, LinkError> {
    Ok(Unwrapping { spec, socket: only_descriptor(spec, end)?, held: None })
}

impl Unwrapping {
    /// Takes the next message; `None` if none is there.
    fn next(&mut self) -> io::Result<Option<Found>> {
        let mut bytes = [0; HEAD_BYTES];
        let Some(received) = receive_with(&self.socket, &mut bytes)? else { return Ok(None) };
        let Received { bytes: length, descriptor } = received;
        // A length comes from another process: no more than the link carries, and no more than there is.
        let head = Head::read(&bytes[..length], self.spec.message_bytes);
        let (Some(head), Some(descriptor)) = (head, descriptor) else {
            return Ok(Some(Found::Damaged));
        };
        match Parcel::open(descriptor, head.length_bytes()) {
            Ok(parcel) => self.held = Some(parcel),
            Err(error) if is_damage(&error) => return Ok(Some(Found::Damaged)),
            Err(error) => return Err(error),
        }
        Ok(Some(Found::Message { published_ns: head.published_ns() }))
    }
}

/// Whether the descriptor is not what a sender of ours makes: unsealed, too short, not to be read, no
/// memory at all. On this side only memory can be lacking.
fn is_damage(error: &io::Error) -> bool {
    error.kind() != io::ErrorKind::OutOfMemory
}

impl Incoming for Unwrapping {
    fn take(&mut self) -> io::Result<Found> {
        let looks = match self.spec.pattern {
            Pattern::Newest | Pattern::Unsynchronised => MESSAGES_PER_LOOK,
            Pattern::Queue => 1,
        };
        let mut newest = Found::Nothing;
        for _ in 0..looks {
            match self.next()? {
                None => break,
                Some(found) => newest = found,
            }
        }
        Ok(newest)
    }

    fn bytes(&self) -> &[u8] {
        self.held.as_ref().map_or(&[], Parcel::bytes)
    }

    fn release(&mut self) {
        self.held = None;
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.socket.as_fd())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::os::fd::AsRawFd;
    use sys::shm::Memory;
    use wire::Mechanism;

    fn unwrapping() -> (OwnedFd, Unwrapping) {
        let (sender, socket) = sys::socket::datagram_pair().unwrap();
        let (mechanism, pattern) = (Mechanism::MemfdPassing, Pattern::Queue);
        let spec = Spec { mechanism, pattern, message_bytes: 5000, slots: 2 };
        let end = Inherited { descriptors: vec![socket], ids: Vec::new() };
        (sender, inlet(spec, end).unwrap())
    }

    /// What a receiver finds that was sent this head with this descriptor.
    fn found(head: &[u8], fd: Option<BorrowedFd<'_>>) -> Found {
        let (sender, mut inlet) = unwrapping();
        let sent = match fd {
            Some(fd) => send_with(&sender, head, fd),
            None => sys::socket::send(&sender, head),
        };
        assert!(sent.unwrap().is_sent());
        let found = inlet.take().unwrap();
        assert_eq!(inlet.take().unwrap(), Found::Nothing);
        found
    }

    #[test]
    fn what_is_not_sealed_or_lies_about_its_size_is_refused_and_does_not_stay() {
        let sealed = Draft::new("test", 4096).unwrap().seal().unwrap();
        let open = Memory::anonymous("test", 4096).unwrap();
        let socket = unwrapping().0;
        let path = format!("/proc/self/fd/{}", sealed.as_raw_fd());
        let write_only = OpenOptions::new().write(true).open(path).unwrap();
        let head = |length| Head::new(1, length, 9).as_bytes().to_vec();
        let fd = Some(sealed.as_fd());
        assert_eq!(found(&head(4096), fd), Found::Message { published_ns: 9 });
        for (what, head, fd) in [
            ("more than it holds", head(4097), fd),
            ("more than the link carries", head(5001), fd),
            ("a length that wraps", head(usize::MAX), fd),
            ("not sealed", head(100), Some(open.fd())),
            ("not to be read", head(100), Some(write_only.as_fd())),
            ("no memory", head(100), Some(socket.as_fd())),
            ("no descriptor", head(100), None),
            ("no head", b"head".to_vec(), fd),
        ] {
            assert_eq!(found(&head, fd), Found::Damaged, "{what}");
        }
    }
}
