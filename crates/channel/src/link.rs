//! Messages in one direction, from one process to another, by any [`Mechanism`]: the owner's [`Link`],
//! the sender's [`Outlet`], the receiver's [`Inlet`].
//!
//! Nobody outside of this module knows a mechanism but by its name. What each guarantees stands at the
//! head of its file.

mod carrier;
mod dbus;
mod descriptor;
mod framing;
mod hybrid;
mod mechanisms;
mod memfd_passing;
mod pipe;
mod pool;
mod posix_queue;
mod queue;
mod sysv_queue;
mod tcp;
mod unix;
mod unsynchronised;

use crate::doorbell::Doorbell;
use crate::page::AttachError;
use carrier::{Found, Incoming, Message, Outgoing, Owner};
pub(crate) use mechanisms::has_descriptor;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use sys::process::inherited;
pub use sys::socket::Sent;
pub use wire::Mechanism;

/// What a link is to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// By what.
    pub mechanism: Mechanism,
    /// What the receiver is owed.
    pub pattern: Pattern,
    /// Longest message.
    pub message_bytes: usize,
    /// Messages that it holds, where that can be chosen.
    pub slots: usize,
}

/// What a receiver is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pattern {
    /// The newest message: those before it that it has not seen are superseded. All messages are of
    /// the same length.
    Newest,
    /// Every message in order, as many as there is room for; then the sender is told.
    Queue,
    /// What lies in the only slot whenever the receiver looks, whole or not; it is not woken.
    Unsynchronised,
}

/// What goes first where a mechanism has priorities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// A message like others.
    #[default]
    Sample,
    /// One that overtakes samples that wait.
    Command,
}

/// Numbers of what one end inherits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// Descriptors.
    pub descriptors: Vec<RawFd>,
    /// Identifiers of what has no descriptor.
    pub ids: Vec<u64>,
}

/// One end, to be handed down to a process that is about to be started.
#[derive(Clone, Debug, Default)]
pub struct HandDown<'a> {
    /// Descriptors.
    pub fds: Vec<BorrowedFd<'a>>,
    /// Identifiers of what has no descriptor.
    pub ids: Vec<u64>,
}

impl HandDown<'_> {
    /// Its numbers.
    pub fn ends(&self) -> Ends {
        let descriptors = self.fds.iter().map(AsRawFd::as_raw_fd).collect();
        Ends { descriptors, ids: self.ids.clone() }
    }
}

/// One end, taken over from the owner.
#[derive(Debug, Default)]
pub struct Inherited {
    /// Descriptors.
    pub descriptors: Vec<OwnedFd>,
    /// Identifiers of what has no descriptor.
    pub ids: Vec<u64>,
}

impl Ends {
    /// Takes over what the parent handed down.
    pub fn take(&self) -> io::Result<Inherited> {
        let taken = self.descriptors.iter().map(|&fd| inherited(fd));
        Ok(Inherited { descriptors: taken.collect::<io::Result<_>>()?, ids: self.ids.clone() })
    }
}

/// A link could not be made or attached.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The system refused.
    #[error("cannot set up a link by {mechanism}")]
    System {
        /// By what.
        mechanism: Mechanism,
        /// Why not.
        source: io::Error,
    },
    /// Its shared memory.
    #[error("cannot set up the shared memory of a link")]
    Memory(#[from] AttachError),
    /// This host lacks what it takes.
    #[error("no link by {mechanism} on this host: {why}")]
    Lacking {
        /// By what.
        mechanism: Mechanism,
        /// What is missing.
        why: String,
    },
    /// What was inherited is not what such an end consists of.
    #[error("{descriptors} descriptors and {ids} ids are no end of a link by {mechanism}")]
    Foreign {
        /// By what.
        mechanism: Mechanism,
        /// Descriptors found.
        descriptors: usize,
        /// Identifiers found.
        ids: usize,
    },
}

/// The owner's side: makes what the link consists of and keeps it, so that either process may be
/// replaced. Dropped, everything is given back.
#[derive(Debug)]
pub struct Link {
    spec: Spec,
    owner: Box<dyn Owner>,
}

impl Link {
    /// Makes what a link consists of.
    pub fn create(spec: Spec) -> Result<Link, LinkError> {
        Ok(Link { spec, owner: mechanisms::owner(spec)? })
    }

    /// What it carries.
    pub fn spec(&self) -> Spec {
        self.spec
    }

    /// The sender's end.
    pub fn outlet(&self) -> HandDown<'_> {
        self.owner.outlet()
    }

    /// The receiver's end.
    pub fn inlet(&self) -> HandDown<'_> {
        self.owner.inlet()
    }

    /// Gives back what a sender held that can send no more.
    pub fn bury_sender(&self) {
        self.owner.bury_sender();
    }

    /// Gives back what a receiver held that can read no more.
    pub fn bury_receiver(&self) {
        self.owner.bury_receiver();
    }
}

/// The sender's side: one process at a time.
#[derive(Debug)]
pub struct Outlet {
    carrier: Box<dyn Outgoing>,
    bell: Option<Doorbell>,
}

impl Outlet {
    /// Attaches to the sender's end. `bell` wakes the receiver, unless it hears the link itself.
    pub fn attach(spec: Spec, end: Inherited, bell: Option<Doorbell>) -> Result<Outlet, LinkError> {
        let bell = bell.filter(|_| spec.pattern != Pattern::Unsynchronised);
        let bell = bell.filter(|bell| !bell.hears(spec.mechanism));
        Ok(Outlet { carrier: mechanisms::outgoing(spec, end)?, bell })
    }

    /// A place for a message; `None` if there is no room for one.
    pub fn begin(&mut self) -> io::Result<Option<Fill<'_>>> {
        let has_room = self.carrier.begin()?;
        Ok(has_room.then_some(Fill { outlet: self }))
    }

    /// Sends a copy of a message, and wakes the receiver.
    ///
    /// # Panics
    /// If it is longer than the link carries.
    pub fn send(&mut self, message: &[u8], urgency: Urgency) -> io::Result<Sent> {
        let Some(mut fill) = self.begin()? else { return Ok(Sent::QueueFull) };
        fill.bytes()[..message.len()].copy_from_slice(message);
        let published =
            fill.publish(Message { length: message.len(), published_ns: 0, urgency })?;
        Ok(published.wake())
    }

    /// The memory that carries the messages and that others have mapped, where there is such.
    pub fn memory(&self) -> Option<BorrowedFd<'_>> {
        self.carrier.memory()
    }

    fn wake(&self) {
        if let Some(bell) = &self.bell {
            bell.ring();
        }
    }
}

/// A place for a message that no receiver sees. Dropping it without publishing leaves it free.
#[must_use]
#[derive(Debug)]
pub struct Fill<'a> {
    outlet: &'a mut Outlet,
}

impl<'a> Fill<'a> {
    /// The place, as long as the longest message, holding whatever was there before.
    pub fn bytes(&mut self) -> &mut [u8] {
        self.outlet.carrier.bytes()
    }

    /// Makes the message one that the receiver sees, at `published_ns`. It is not woken yet.
    pub fn publish_at(self, published_ns: u64) -> io::Result<Published<'a>> {
        let length = self.outlet.carrier.bytes().len();
        self.publish(Message { length, published_ns, urgency: Urgency::Sample })
    }

    fn publish(self, message: Message) -> io::Result<Published<'a>> {
        let Fill { outlet } = self;
        let Outlet { carrier, bell } = &mut *outlet;
        let wake = || bell.iter().for_each(Doorbell::ring);
        let sent = carrier.publish(message, &wake)?;
        Ok(Published { outlet, sent })
    }

    /// Publishes the message before it is complete, wakes the receiver, and after `meanwhile` lets
    /// `finish` write the rest where that can still be done: for a fault injector, which breaks the
    /// protocol on purpose; nothing else calls it.
    ///
    /// In shared memory a receiver may see any mix of what was there and what `finish` writes. That is
    /// no worse than a wild write by a broken sender (`sys::shm`): it reads plain bytes, through a
    /// check, and takes no index or length from them. Within this process nobody else reaches the
    /// place: the outlet is borrowed until this returns, so that it is not filled again before. A
    /// mechanism that copies has sent what was there.
    pub fn publish_torn(
        self,
        published_ns: u64,
        meanwhile: impl FnOnce(),
        finish: impl FnOnce(&mut [u8]),
    ) -> io::Result<Sent> {
        let Published { outlet, sent } = self.publish_at(published_ns)?;
        outlet.wake();
        meanwhile();
        if let Some(bytes) = outlet.carrier.still_writable() {
            finish(bytes);
        }
        Ok(sent)
    }
}

/// A message whose receiver was not woken yet.
#[must_use]
#[derive(Debug)]
pub struct Published<'a> {
    outlet: &'a mut Outlet,
    sent: Sent,
}

impl Published<'_> {
    /// Wakes the receiver. Returns what became of the message.
    pub fn wake(self) -> Sent {
        self.outlet.wake();
        self.sent
    }
}

/// The receiver's side: one process at a time.
#[derive(Debug)]
pub struct Inlet {
    carrier: Box<dyn Incoming>,
}

/// What was there to be taken.
#[must_use]
#[derive(Debug)]
pub enum Taken<'a> {
    /// Nothing.
    Nothing,
    /// A message.
    Message(Held<'a>),
    /// Something that is no whole message: too long, or cut off by the end of its sender. It is gone.
    Damaged,
}

impl Inlet {
    /// Attaches to the receiver's end.
    pub fn attach(spec: Spec, end: Inherited) -> Result<Inlet, LinkError> {
        Ok(Inlet { carrier: mechanisms::incoming(spec, end)? })
    }

    /// Takes what is there, without ever waiting.
    pub fn take(&mut self) -> io::Result<Taken<'_>> {
        Ok(match self.carrier.take()? {
            Found::Nothing => Taken::Nothing,
            Found::Damaged => Taken::Damaged,
            Found::Message { published_ns } => Taken::Message(Held { inlet: self, published_ns }),
        })
    }

    /// What is readable while there is something to be taken, if the mechanism has such a thing.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.carrier.descriptor()
    }
}

/// A message that its sender does not touch until this is dropped; where nobody synchronises, a copy.
#[must_use]
#[derive(Debug)]
pub struct Held<'a> {
    inlet: &'a mut Inlet,
    published_ns: u64,
}

impl Held<'_> {
    /// The message.
    pub fn bytes(&self) -> &[u8] {
        self.inlet.carrier.bytes()
    }

    /// What stands now where the message was read, if its sender was there meanwhile: only ever where
    /// nobody synchronises.
    pub fn overwritten(&self) -> Option<&[u8]> {
        self.inlet.carrier.overwritten()
    }

    /// When it was published, as its sender said; 0 where messages travel bare.
    pub fn published_ns(&self) -> u64 {
        self.published_ns
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.inlet.carrier.release();
    }
}

/// The descriptor of an end that consists of one alone.
fn only_descriptor(spec: Spec, mut end: Inherited) -> Result<OwnedFd, LinkError> {
    match (end.descriptors.pop(), &end.descriptors[..], &end.ids[..]) {
        (Some(descriptor), [], []) => Ok(descriptor),
        _ => Err(foreign(spec, &end)),
    }
}

fn foreign(spec: Spec, end: &Inherited) -> LinkError {
    let (descriptors, ids) = (end.descriptors.len(), end.ids.len());
    LinkError::Foreign { mechanism: spec.mechanism, descriptors, ids }
}

/// What a refusal of the system means: that the mechanism is not there, or that it failed.
fn refused(spec: Spec) -> impl Fn(io::Error) -> LinkError {
    let mechanism = spec.mechanism;
    move |source| match source.kind() {
        io::ErrorKind::Unsupported => LinkError::Lacking { mechanism, why: source.to_string() },
        _ => LinkError::System { mechanism, source },
    }
}

#[cfg(test)]
mod tests;
