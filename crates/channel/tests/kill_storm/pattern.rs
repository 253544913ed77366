//! What every frame holds: [`word`], a closed form of the frame's number and the word's place.

/// Bytes of a frame: as many as a camera frame with its header.
pub(crate) const FRAME_BYTES: usize = wire::frame::FRAME_BYTES;

/// Odd, so that two numbers never give the same word at one place.
const BY_NUMBER: u64 = 0x9e37_79b9_7f4a_7c15;
/// Odd, so that no two places of a frame hold the same word.
const BY_PLACE: u64 = 0xd1b5_4a32_d192_ed03;

/// Word `place` of frame `number`. Word 0 is the number itself.
pub(crate) fn word(number: u64, place: usize) -> u64 {
    match place {
        0 => number,
        _ => number.wrapping_mul(BY_NUMBER) ^ (place as u64).wrapping_mul(BY_PLACE),
    }
}

/// Writes frame `number`.
pub(crate) fn fill(bytes: &mut [u8], number: u64) {
    for (place, bytes) in bytes.chunks_exact_mut(8).enumerate() {
        bytes.copy_from_slice(&word(number, place).to_le_bytes());
    }
}

/// The number that a frame carries.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

/// The first place at which the bytes are not frame `number`'s.
pub(crate) fn first_wrong(bytes: &[u8], number: u64) -> Option<usize> {
    bytes.chunks_exact(8).enumerate().position(|(place, found)| {
        let expected = word(number, place).to_le_bytes();
        found != expected
    })
}
