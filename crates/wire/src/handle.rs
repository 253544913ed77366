//! What travels instead of a message that stays in shared memory: the [`Handle`], and back the number
//! of the newest that is done with ([`acknowledgement`], [`acknowledged`]).

use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Bytes of a handle.
pub const HANDLE_BYTES: usize = size_of::<Handle>();
/// Bytes of an acknowledgement.
pub const ACKNOWLEDGEMENT_BYTES: usize = 8;

/// Where a message lies.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Handle {
    /// Its number: those of one link increase, across restarts of the sender too.
    pub sequence: U64,
    /// Number of the slot that holds it, or [`Handle::NOTHING`].
    pub slot: U64,
    /// Bytes of it.
    pub length_bytes: U64,
    /// When it was published, `CLOCK_MONOTONIC` nanoseconds.
    pub published_ns: U64,
}

impl Handle {
    /// In place of a slot: there is no message, only a number to be acknowledged.
    pub const NOTHING: u64 = u64::MAX;

    /// The handle in a datagram; `None` if it is none.
    pub fn read(bytes: &[u8]) -> Option<Handle> {
        Handle::read_from_bytes(bytes).ok()
    }
}

/// Says that everything up to `sequence` is done with.
pub fn acknowledgement(sequence: u64) -> [u8; ACKNOWLEDGEMENT_BYTES] {
    sequence.to_le_bytes()
}

/// Up to which number everything is done with; `None` if the datagram does not say that.
pub fn acknowledged(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_and_acknowledgements_are_read_back_and_nothing_else_is_one() {
        let numbers = [7, Handle::NOTHING, 9, 11].map(U64::from);
        let [sequence, slot, length_bytes, published_ns] = numbers;
        let handle = Handle { sequence, slot, length_bytes, published_ns };
        assert_eq!(Handle::read(handle.as_bytes()), Some(handle));
        assert_eq!(Handle::read(&handle.as_bytes()[1..]), None);
        assert_eq!(acknowledged(&acknowledgement(77)), Some(77));
        assert_eq!(acknowledged(b"77"), None);
    }
}
