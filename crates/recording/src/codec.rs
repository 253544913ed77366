//! How entries and control messages become bytes: the only place that knows the codec.
//!
//! An entry in a file is `length: u32 | CRC-32 of the payload: u32 | payload`, little-endian, so
//! that a file cut off anywhere is readable up to the cut. Replacing the codec means replacing
//! [`encode`] and [`decode`] and raising [`FORMAT_VERSION`].

use serde::Serialize;
use serde::de::DeserializeOwned;

/// First bytes of a recording: name and version of its format.
pub const MAGIC: [u8; 8] = *b"failopR\x06";
/// Version of the format, the last byte of [`MAGIC`].
pub const FORMAT_VERSION: u8 = MAGIC[7];
/// Bytes before an entry's payload.
pub const ENVELOPE_BYTES: usize = 8;
/// Longest payload: room for two torn frames (2,073,600 bytes each), which no scenario's text comes near. A
/// longer length is damage.
pub const PAYLOAD_BYTES_MAX: usize = 4 << 20;

/// A value could not be encoded or decoded.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// It could not be written.
    #[error("cannot encode")]
    Encode(#[from] bincode::error::EncodeError),
    /// The bytes are not of this type.
    #[error("cannot decode")]
    Decode(#[from] bincode::error::DecodeError),
}

fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<PAYLOAD_BYTES_MAX>()
}

/// The bytes of a value.
pub fn encode(value: &impl Serialize) -> Result<Vec<u8>, CodecError> {
    Ok(bincode::serde::encode_to_vec(value, config())?)
}

/// The value that `bytes` hold.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    Ok(bincode::serde::decode_from_slice(bytes, config())?.0)
}

/// Appends `value` in its envelope to `out`.
pub fn append(out: &mut Vec<u8>, value: &impl Serialize) -> Result<(), CodecError> {
    let payload = encode(value)?;
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.extend_from_slice(&checksum(&payload).to_le_bytes());
    out.extend_from_slice(&payload);
    Ok(())
}

/// What stands at the front of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front<'a, T> {
    /// A value, and the bytes after its envelope.
    Whole(T, &'a [u8]),
    /// Nothing, or the beginning of an envelope.
    Cut,
    /// An envelope whose length, checksum or payload is wrong.
    Damaged,
}

/// The value in the envelope at the front of `bytes`.
pub fn first<T: DeserializeOwned>(bytes: &[u8]) -> Front<'_, T> {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return Front::Cut };
    let Some((stated, rest)) = rest.split_first_chunk::<4>() else { return Front::Cut };
    let length = u32::from_le_bytes(*length) as usize;
    if length > PAYLOAD_BYTES_MAX {
        return Front::Damaged;
    }
    let Some((payload, rest)) = rest.split_at_checked(length) else { return Front::Cut };
    if checksum(payload) != u32::from_le_bytes(*stated) {
        return Front::Damaged;
    }
    decode(payload).map_or(Front::Damaged, |value| Front::Whole(value, rest))
}

fn checksum(payload: &[u8]) -> u32 {
    crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, payload) as u32
}
