//! What stands around a message on a link that does not keep messages whole: the [`Head`] before it and
//! the [`tail`](Head::tail) behind it.
//!
//! A sender that is killed in the middle of a message leaves its beginning in the link; what follows is
//! the head of another. The receiver finds that out by the tail, and the next message by [`MAGIC`].

use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// First bytes of every head. Sixteen bytes that no other part of a message is likely to hold; a
/// message that does hold them costs at most itself.
pub const MAGIC: [u8; 16] = *b"\x01failop\xe2\x9f\xa6\x17link\xf5";
/// Bytes of a head.
pub const HEAD_BYTES: usize = size_of::<Head>();
/// Bytes of a tail.
pub const TAIL_BYTES: usize = 8;

/// What stands before a message.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Head {
    magic: [u8; 16],
    sequence: U64,
    length_bytes: U64,
    published_ns: U64,
}

impl Head {
    /// The head of message `sequence` of a sender.
    pub fn new(sequence: u64, length_bytes: usize, published_ns: u64) -> Head {
        Head {
            magic: MAGIC,
            sequence: sequence.into(),
            length_bytes: (length_bytes as u64).into(),
            published_ns: published_ns.into(),
        }
    }

    /// The head at the beginning of `bytes`; `None` if there is none, or one of a message that is
    /// longer than `length_bytes_max`.
    pub fn read(bytes: &[u8], length_bytes_max: usize) -> Option<Head> {
        let (head, _rest) = Head::read_from_prefix(bytes).ok()?;
        let sound = head.magic == MAGIC && head.length_bytes.get() <= length_bytes_max as u64;
        sound.then_some(head)
    }

    /// Bytes of the message.
    pub fn length_bytes(&self) -> usize {
        self.length_bytes.get() as usize
    }

    /// When it was published, `CLOCK_MONOTONIC` nanoseconds.
    pub fn published_ns(&self) -> u64 {
        self.published_ns.get()
    }

    /// What stands behind the message.
    pub fn tail(&self) -> [u8; TAIL_BYTES] {
        (!self.sequence.get()).to_le_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_back_and_nothing_else_is_one() {
        let head = Head::new(7, 100, 99);
        let bytes = head.as_bytes();
        assert_eq!(bytes.len(), HEAD_BYTES);
        assert_eq!(Head::read(bytes, 100), Some(head));
        assert_eq!(Head::read(bytes, 99), None, "too long for the receiver");
        assert_eq!(Head::read(&bytes[..HEAD_BYTES - 1], 100), None);
        assert_eq!(Head::read(&[0; HEAD_BYTES], 100), None);
        assert_eq!((head.length_bytes(), head.published_ns()), (100, 99));
        assert_ne!(head.tail(), Head::new(8, 100, 99).tail());
    }
}
