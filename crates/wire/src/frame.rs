//! A camera frame as it lies in its shared-memory slot: [`FrameHeader`], then the pixels.

use crate::e2e::{CheckError, Profile7};
use crate::field::{Field, bytes_of, invert};
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Pixels in a row.
pub const WIDTH_PX: usize = 1920;
/// Rows in a frame.
pub const HEIGHT_PX: usize = 1080;
/// Bytes of one 8-bit grey picture: "2 MB".
pub const PIXEL_BYTES: usize = WIDTH_PX * HEIGHT_PX;
/// Version of this layout.
pub const FRAME_VERSION: u16 = 1;
/// Data id of the camera's frames in their end-to-end protection.
pub const FRAME_DATA_ID: u32 = 0x4643_0001;

/// What stands before the pixels of a frame.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct FrameHeader {
    e2e: Profile7,
    version: U16,
    reserved: U16,
    width_px: U16,
    height_px: U16,
    incarnation: U32,
    frame: U64,
    captured_ns: U64,
    padding: [u8; 16],
}

/// Bytes of the header: one cache line.
pub const HEADER_BYTES: usize = size_of::<FrameHeader>();
/// Bytes of a whole frame: header and pixels.
pub const FRAME_BYTES: usize = HEADER_BYTES + PIXEL_BYTES;
const _: () = assert!(HEADER_BYTES == 64);

/// What a frame says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameInfo {
    /// Frame number k of the schedule start + k/fps.
    pub frame: u64,
    /// Incarnation of the camera that made it.
    pub incarnation: u32,
    /// Measurement time, `CLOCK_MONOTONIC` nanoseconds.
    pub captured_ns: u64,
}

/// The pixels of the frame in `slot`.
///
/// # Panics
/// If `slot` is not [`FRAME_BYTES`] long.
pub fn pixels_mut(slot: &mut [u8]) -> &mut [u8] {
    assert_eq!(slot.len(), FRAME_BYTES, "a slot holds exactly one frame");
    &mut slot[HEADER_BYTES..]
}

/// The pixels of the frame in `slot`.
///
/// # Panics
/// If `slot` is not [`FRAME_BYTES`] long.
pub fn pixels(slot: &[u8]) -> &[u8] {
    assert_eq!(slot.len(), FRAME_BYTES, "a slot holds exactly one frame");
    &slot[HEADER_BYTES..]
}

/// Writes the header of the frame in `slot` and protects header and pixels.
pub fn seal(slot: &mut [u8], info: FrameInfo) {
    seal_unprotected(slot, info);
    Profile7::protect(slot, FRAME_DATA_ID, info.frame as u32);
}

/// Writes the header of the frame in `slot` and leaves the protection out: what a camera does that
/// has none.
pub fn seal_unprotected(slot: &mut [u8], info: FrameInfo) {
    let header = FrameHeader {
        version: FRAME_VERSION.into(),
        width_px: (WIDTH_PX as u16).into(),
        height_px: (HEIGHT_PX as u16).into(),
        incarnation: info.incarnation.into(),
        frame: info.frame.into(),
        captured_ns: info.captured_ns.into(),
        ..FrameHeader::default()
    };
    slot[..HEADER_BYTES].copy_from_slice(header.as_bytes());
}

/// Inverts all bits of a field of the frame in `slot` and leaves the protection as it was. Returns
/// how many bits that are.
pub fn invert_field(slot: &mut [u8], field: Field) -> u32 {
    // The protection is the first member of the header.
    let bytes = Profile7::bytes_of(field).unwrap_or_else(|| match field {
        Field::Number => bytes_of!(FrameHeader, frame: U64),
        Field::Incarnation => bytes_of!(FrameHeader, incarnation: U32),
        Field::Captured => bytes_of!(FrameHeader, captured_ns: U64),
        _ => bytes_of!(FrameHeader, version: U16),
    });
    invert(slot, bytes)
}

/// What the frame in `slot` says about itself, unchecked: before [`check`] it may be anything.
pub fn peek(slot: &[u8]) -> Option<FrameInfo> {
    let (header, _) = FrameHeader::ref_from_prefix(slot).ok()?;
    Some(FrameInfo {
        frame: header.frame.get(),
        incarnation: header.incarnation.get(),
        captured_ns: header.captured_ns.get(),
    })
}

/// Why a frame was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The end-to-end protection failed.
    #[error("end-to-end check failed")]
    EndToEnd(#[from] CheckError),
    /// The frame is of a layout that this program does not know.
    #[error("frame layout version {found}, expected {FRAME_VERSION}")]
    Version {
        /// Version according to the header.
        found: u16,
    },
    /// The header's frame number and the protected counter disagree.
    #[error("frame {frame} carries counter {counter}")]
    Counter {
        /// Frame number according to the header.
        frame: u64,
        /// Counter according to the protection.
        counter: u32,
    },
}

/// Checks the frame in `slot` and returns what it says about itself.
pub fn check(slot: &[u8]) -> Result<FrameInfo, FrameError> {
    let counter = Profile7::check(slot, FRAME_DATA_ID)?;
    let (header, _) = FrameHeader::ref_from_prefix(slot)
        .map_err(|_short| CheckError::Short { found: slot.len(), expected: HEADER_BYTES })?;
    if header.version.get() != FRAME_VERSION {
        return Err(FrameError::Version { found: header.version.get() });
    }
    let info = FrameInfo {
        frame: header.frame.get(),
        incarnation: header.incarnation.get(),
        captured_ns: header.captured_ns.get(),
    };
    if info.frame as u32 != counter {
        return Err(FrameError::Counter { frame: info.frame, counter });
    }
    Ok(info)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_frame_tells_who_made_it_and_a_flipped_pixel_shows() {
        let info = FrameInfo { frame: 7, incarnation: 2, captured_ns: 99 };
        let mut slot = vec![5; FRAME_BYTES];
        seal(&mut slot, info);
        assert_eq!(check(&slot), Ok(info));
        assert_eq!(peek(&slot), Some(info));
        assert_eq!(pixels(&slot).len(), PIXEL_BYTES);
        pixels_mut(&mut slot)[1_000_000] ^= 1;
        assert!(matches!(check(&slot), Err(FrameError::EndToEnd(CheckError::Crc { .. }))));
    }

    #[test]
    fn an_inverted_field_is_that_field_alone_and_never_passes_the_check() {
        let info = FrameInfo { frame: 7, incarnation: 2, captured_ns: 99 };
        let mut sealed = vec![5; FRAME_BYTES];
        seal(&mut sealed, info);
        for (field, seen, bits) in [
            (Field::Number, FrameInfo { frame: !7, ..info }, 64),
            (Field::Incarnation, FrameInfo { incarnation: !2, ..info }, 32),
            (Field::Captured, FrameInfo { captured_ns: !99, ..info }, 64),
            (Field::Length, info, 32),
            (Field::Counter, info, 32),
            (Field::DataId, info, 32),
            (Field::Version, info, 16),
        ] {
            let mut slot = sealed.clone();
            assert_eq!(invert_field(&mut slot, field), bits, "{field:?}");
            assert_eq!(peek(&slot), Some(seen), "{field:?}");
            assert!(matches!(check(&slot), Err(FrameError::EndToEnd(_))), "{field:?}");
            invert_field(&mut slot, field);
            assert_eq!(check(&slot), Ok(info), "{field:?} as it was");
        }
        assert_eq!(invert_field(&mut [0; 8], Field::Number), 0, "nothing there");
    }

    #[test]
    fn a_frame_without_protection_tells_who_made_it_and_does_not_pass_the_check() {
        let info = FrameInfo { frame: 7, incarnation: 2, captured_ns: 99 };
        let mut slot = vec![5; FRAME_BYTES];
        seal_unprotected(&mut slot, info);
        assert_eq!(peek(&slot), Some(info));
        assert!(check(&slot).is_err());
    }
}
