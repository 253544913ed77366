//! AUTOSAR end-to-end protection: Profile 4 for radar messages, Profile 7 for frames.
//!
//! Layouts and polynomials follow AUTOSAR PRS E2E Protocol (doc. 849): header fields are
//! big-endian as the profile prescribes, all else in this crate is little-endian. A check finds
//! corruption (CRC), truncation (length) and masquerade (data id). Loss and repetition show in the
//! numbers, which are the receiver's to judge; what single samples say of the stream is counted by the
//! [`StateMachine`]. Delay shows in the age, which is the receiver's to judge.

mod state_machine;

pub use state_machine::{Demands, Failure, State, StateMachine, Status, Tolerance, WINDOW_MAX};

use crate::field::{Field, bytes_of};
use crc_fast::{CrcAlgorithm, Digest};
use std::ops::Range;
use zerocopy::big_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Why a protected message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The message is shorter than its header.
    #[error("message of {found} bytes is shorter than its {expected}-byte header")]
    Short {
        /// Bytes received.
        found: usize,
        /// Bytes of the header.
        expected: usize,
    },
    /// The length field does not agree with the bytes received.
    #[error("length field says {stated} bytes, {found} were received")]
    Length {
        /// Length according to the header.
        stated: u64,
        /// Bytes received.
        found: usize,
    },
    /// The CRC over the message does not agree with the CRC in its header.
    #[error("CRC is {found:#x}, the header says {stated:#x}")]
    Crc {
        /// CRC according to the header.
        stated: u64,
        /// CRC of the bytes received.
        found: u64,
    },
    /// The message is not the one that this receiver expects.
    #[error("data id is {found:#x}, expected {expected:#x}")]
    DataId {
        /// Data id according to the header.
        found: u32,
        /// Data id that the receiver expects.
        expected: u32,
    },
}

/// Profile 4 header: 16-bit length and counter, 32-bit data id, CRC-32/AUTOSAR (0xF4ACFB13).
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Profile4 {
    length: zerocopy::big_endian::U16,
    counter: zerocopy::big_endian::U16,
    data_id: U32,
    crc: U32,
}

/// Bytes of the Profile 4 header.
pub const PROFILE4_BYTES: usize = size_of::<Profile4>();

impl Profile4 {
    /// Protects `message` in place: its first 12 bytes become the header.
    ///
    /// # Panics
    /// If `message` is shorter than the header or longer than the profile's 4,096 bytes.
    pub fn protect(message: &mut [u8], data_id: u32, counter: u16) {
        let length = u16::try_from(message.len()).expect("a profile 4 message fits 4096 bytes");
        assert!(length <= 4096, "a profile 4 message fits 4096 bytes");
        let mut header = Profile4 {
            length: length.into(),
            counter: counter.into(),
            data_id: data_id.into(),
            crc: 0.into(),
        };
        header.crc = Self::crc(&header, &message[PROFILE4_BYTES..]).into();
        message[..PROFILE4_BYTES].copy_from_slice(header.as_bytes());
    }

    /// Checks `message` and returns its counter.
    pub fn check(message: &[u8], data_id: u32) -> Result<u16, CheckError> {
        let (header, data) = Profile4::ref_from_prefix(message).map_err(|_short| {
            CheckError::Short { found: message.len(), expected: PROFILE4_BYTES }
        })?;
        if usize::from(header.length.get()) != message.len() {
            let stated = u64::from(header.length.get());
            return Err(CheckError::Length { stated, found: message.len() });
        }
        let (stated, found) = (header.crc.get(), Self::crc(header, data));
        if stated != found {
            return Err(CheckError::Crc { stated: stated.into(), found: found.into() });
        }
        if header.data_id.get() != data_id {
            return Err(CheckError::DataId { found: header.data_id.get(), expected: data_id });
        }
        Ok(header.counter.get())
    }

    /// Where a field of the protection lies; `None` for what is not in it.
    pub(crate) fn bytes_of(field: Field) -> Option<Range<usize>> {
        match field {
            Field::Length => Some(bytes_of!(Profile4, length: zerocopy::big_endian::U16)),
            Field::Counter => Some(bytes_of!(Profile4, counter: zerocopy::big_endian::U16)),
            Field::DataId => Some(bytes_of!(Profile4, data_id: U32)),
            Field::Number | Field::Incarnation | Field::Captured | Field::Version => None,
        }
    }

    fn crc(header: &Profile4, data: &[u8]) -> u32 {
        let mut digest = Digest::new(CrcAlgorithm::Crc32Autosar);
        digest.update(&header.as_bytes()[..PROFILE4_BYTES - 4]);
        digest.update(data);
        digest.finalize() as u32
    }
}

/// Profile 7 header: CRC-64/XZ (0x42F0E1EBA9EA3693), 32-bit length, counter and data id.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Profile7 {
    crc: U64,
    length: U32,
    counter: U32,
    data_id: U32,
}

/// Bytes of the Profile 7 header.
pub const PROFILE7_BYTES: usize = size_of::<Profile7>();

impl Profile7 {
    /// Protects `message` in place: its first 20 bytes become the header.
    ///
    /// # Panics
    /// If `message` is shorter than the header or longer than 4 MiB, the profile's limit.
    pub fn protect(message: &mut [u8], data_id: u32, counter: u32) {
        let length = u32::try_from(message.len()).expect("a profile 7 message fits 4 MiB");
        assert!(length <= 4 << 20, "a profile 7 message fits 4 MiB");
        let mut header = Profile7 {
            crc: 0.into(),
            length: length.into(),
            counter: counter.into(),
            data_id: data_id.into(),
        };
        message[..PROFILE7_BYTES].copy_from_slice(header.as_bytes());
        header.crc = Self::crc(message).into();
        message[..PROFILE7_BYTES].copy_from_slice(header.as_bytes());
    }

    /// Checks `message` and returns its counter.
    pub fn check(message: &[u8], data_id: u32) -> Result<u32, CheckError> {
        let (header, _) = Profile7::ref_from_prefix(message).map_err(|_short| {
            CheckError::Short { found: message.len(), expected: PROFILE7_BYTES }
        })?;
        if header.length.get() as usize != message.len() {
            let stated = u64::from(header.length.get());
            return Err(CheckError::Length { stated, found: message.len() });
        }
        let (stated, found) = (header.crc.get(), Self::crc(message));
        if stated != found {
            return Err(CheckError::Crc { stated, found });
        }
        if header.data_id.get() != data_id {
            return Err(CheckError::DataId { found: header.data_id.get(), expected: data_id });
        }
        Ok(header.counter.get())
    }

    /// Where a field of the protection lies; `None` for what is not in it.
    pub(crate) fn bytes_of(field: Field) -> Option<Range<usize>> {
        match field {
            Field::Length => Some(bytes_of!(Profile7, length: U32)),
            Field::Counter => Some(bytes_of!(Profile7, counter: U32)),
            Field::DataId => Some(bytes_of!(Profile7, data_id: U32)),
            Field::Number | Field::Incarnation | Field::Captured | Field::Version => None,
        }
    }

    /// One call over the whole message: per-row calls cost a third more (measured).
    fn crc(message: &[u8]) -> u64 {
        let mut digest = Digest::new(CrcAlgorithm::Crc64Xz);
        digest.update(&message[size_of::<u64>()..]);
        digest.finalize()
    }
}

/// CRC-64/XZ of plain bytes: what a receiver compares to find a frozen picture.
pub fn fingerprint(bytes: &[u8]) -> u64 {
    let mut digest = Digest::new(CrcAlgorithm::Crc64Xz);
    digest.update(bytes);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|i| (i * 31 % 251) as u8).collect()
    }

    #[test]
    fn check_values_of_both_polynomials_are_the_published_ones() {
        // Check values of "123456789" from the CRC catalogue.
        let crc32 = crc_fast::checksum(CrcAlgorithm::Crc32Autosar, b"123456789");
        assert_eq!(crc32, 0x1697_d06a);
        assert_eq!(fingerprint(b"123456789"), 0x995d_c9bb_df19_39fa);
    }

    #[test]
    fn a_protected_message_passes_and_keeps_its_counter() {
        let mut radar = message(1024);
        Profile4::protect(&mut radar, 0x1234, 65535);
        assert_eq!(Profile4::check(&radar, 0x1234), Ok(65535));
        let mut frame = message(4096);
        Profile7::protect(&mut frame, 0x77, 70_000);
        assert_eq!(Profile7::check(&frame, 0x77), Ok(70_000));
    }

    #[test]
    fn every_single_bit_flip_is_found() {
        let mut clean = message(64);
        Profile4::protect(&mut clean, 1, 2);
        let mut clean7 = message(64);
        Profile7::protect(&mut clean7, 1, 2);
        for bit in 0..64 * 8 {
            let mut broken = clean.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert!(Profile4::check(&broken, 1).is_err(), "profile 4, bit {bit}");
            let mut broken = clean7.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert!(Profile7::check(&broken, 1).is_err(), "profile 7, bit {bit}");
        }
    }

    #[test]
    fn a_short_or_foreign_message_is_refused_by_name() {
        let mut radar = message(1024);
        Profile4::protect(&mut radar, 5, 0);
        let short = Profile4::check(&radar[..1000], 5);
        assert_eq!(short, Err(CheckError::Length { stated: 1024, found: 1000 }));
        let foreign = Profile4::check(&radar, 6);
        assert_eq!(foreign, Err(CheckError::DataId { found: 5, expected: 6 }));
        assert_eq!(Profile4::check(&[1, 2], 5), Err(CheckError::Short { found: 2, expected: 12 }));
    }

    #[test]
    fn an_independent_implementation_accepts_our_messages_and_we_accept_its() {
        use autosar_e2e::{E2EProfile, E2EStatus, profile4, profile7};
        let mut theirs = profile4::Profile4::new(profile4::Profile4Config {
            data_id: 0x0a0b_0c0d,
            max_data_length: 4096 * 8,
            ..Default::default()
        })
        .unwrap();
        let mut ours = message(1024);
        Profile4::protect(&mut ours, 0x0a0b_0c0d, 0);
        assert_eq!(theirs.check(&ours).unwrap(), E2EStatus::Ok);
        let mut back = message(1024);
        theirs.protect(&mut back).unwrap();
        assert_eq!(Profile4::check(&back, 0x0a0b_0c0d), Ok(0));

        let mut theirs = profile7::Profile7::new(profile7::Profile7Config {
            data_id: 0x0a0b_0c0d,
            max_data_length: (4 << 20) * 8,
            ..Default::default()
        })
        .unwrap();
        let mut ours = message(4096);
        Profile7::protect(&mut ours, 0x0a0b_0c0d, 0);
        assert_eq!(theirs.check(&ours).unwrap(), E2EStatus::Ok);
        let mut back = message(4096);
        theirs.protect(&mut back).unwrap();
        assert_eq!(Profile7::check(&back, 0x0a0b_0c0d), Ok(0));
    }
}
