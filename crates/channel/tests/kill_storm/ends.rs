//! The channels that the storm rages over: [`Owned`] makes one, [`Put`] and [`Take`] are its ends.

use channel::frames::{Buffer, Reader, Writer};
use channel::ring::{Consumer, Producer, Ring};
use std::fmt::Debug;
use std::os::fd::{AsFd, OwnedFd};

/// A channel as its owner has it.
pub(crate) trait Owned: Debug {
    /// What a child calls it.
    fn name(&self) -> &'static str;
    /// What the writer inherits.
    fn writer_fds(&self) -> [OwnedFd; 2];
    /// What the reader inherits.
    fn reader_fds(&self) -> [OwnedFd; 2];
    /// Gives back what a dead reader held.
    fn bury_reader(&self);
    /// Whether the writer goes on for as long as nobody reads.
    fn overwrites(&self) -> bool;
}

/// The writing end.
pub(crate) trait Put {
    /// Asks for a place and lets `fill` write a message into it: `fill` is told the number that the
    /// channel gives it, if it does, and returns the number that the message carries, which is also
    /// its time of publication. `None` if there was no place.
    fn put(&mut self, fill: &mut dyn FnMut(&mut [u8], Option<u64>) -> u64) -> Option<u64>;
}

/// The reading end.
pub(crate) trait Take {
    /// Lets `look` see the next message; whether there was one.
    fn take(&mut self, look: &mut dyn FnMut(&Message)) -> bool;
}

/// A message as it comes out.
pub(crate) struct Message<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) published_ns: u64,
    /// The number that the channel gives it, if it does.
    pub(crate) given: Option<u64>,
}

/// The newest message.
pub(crate) const FRAMES: &str = "frames";
/// Every message.
pub(crate) const RING: &str = "ring";

impl Owned for Buffer {
    fn name(&self) -> &'static str {
        FRAMES
    }
    fn writer_fds(&self) -> [OwnedFd; 2] {
        [own(self.frames_fd()), self.pin_read_only(0).expect("a descriptor")]
    }
    fn reader_fds(&self) -> [OwnedFd; 2] {
        [self.frames_read_only().expect("a descriptor"), own(self.pin_fd(0))]
    }
    fn bury_reader(&self) {
        self.unpin_dead(0);
    }
    fn overwrites(&self) -> bool {
        true
    }
}

impl Owned for Ring {
    fn name(&self) -> &'static str {
        RING
    }
    fn writer_fds(&self) -> [OwnedFd; 2] {
        [own(self.slots_fd()), self.position_read_only().expect("a descriptor")]
    }
    fn reader_fds(&self) -> [OwnedFd; 2] {
        [self.slots_read_only().expect("a descriptor"), own(self.position_fd())]
    }
    fn bury_reader(&self) {}
    fn overwrites(&self) -> bool {
        false
    }
}

fn own(fd: impl AsFd) -> OwnedFd {
    fd.as_fd().try_clone_to_owned().expect("a descriptor can be duplicated")
}

impl Put for Writer {
    fn put(&mut self, fill: &mut dyn FnMut(&mut [u8], Option<u64>) -> u64) -> Option<u64> {
        let mut slot = self.begin()?;
        let number = fill(slot.bytes(), None);
        slot.publish(number);
        Some(number)
    }
}

impl Put for Producer {
    fn put(&mut self, fill: &mut dyn FnMut(&mut [u8], Option<u64>) -> u64) -> Option<u64> {
        let mut slot = self.begin()?;
        let given = slot.number();
        let number = fill(slot.bytes(), Some(given));
        let length = slot.bytes().len();
        slot.publish(length, number);
        Some(number)
    }
}

impl Take for Reader {
    fn take(&mut self, look: &mut dyn FnMut(&Message)) -> bool {
        let Some(held) = self.newest() else { return false };
        look(&Message { bytes: held.bytes(), published_ns: held.published_ns(), given: None });
        true
    }
}

impl Take for Consumer {
    fn take(&mut self, look: &mut dyn FnMut(&Message)) -> bool {
        let Some(item) = Consumer::take(self) else { return false };
        let given = Some(item.number());
        look(&Message { bytes: item.bytes(), published_ns: item.published_ns(), given });
        true
    }
}
