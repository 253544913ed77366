//! Grey pictures inside a page: [`data_uri`].

use png::{BitDepth, ColorType, Compression, Encoder};

/// Grey levels are rounded to 4 bits: the noise of a camera does not compress, and 16 levels of a
/// noisy picture look like 256.
const BITS: u32 = 4;

/// A picture of grey values, row by row from the top, as the address of itself; nothing where the
/// values do not fill its rows.
pub(crate) fn data_uri((width, height): (u32, u32), pixels: &[u8]) -> String {
    if pixels.is_empty() || pixels.len() != width as usize * height as usize {
        return String::new();
    }
    format!("data:image/png;base64,{}", base64(&encoded((width, height), pixels)))
}

fn encoded((width, height): (u32, u32), pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Four);
    encoder.set_compression(Compression::Balanced);
    let level = |grey: u8| grey >> (8 - BITS);
    // Two pixels in a byte, the left one above; each row begins with a new byte.
    let pair = |pair: &[u8]| level(pair[0]) << BITS | pair.get(1).map_or(0, |grey| level(*grey));
    let rows = pixels.chunks_exact(width as usize);
    let packed: Vec<u8> = rows.flat_map(|row| row.chunks(2).map(pair)).collect();
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&packed));
    written.expect("memory takes all that is written, and the rows are whole");
    bytes
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |nth: usize| u32::from(group.get(nth).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let is_padding = digit > group.len();
            let index = bits >> (18 - 6 * digit) & 63;
            text.push(if is_padding { '=' } else { char::from(DIGITS[index as usize]) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn a_picture_comes_back_with_sixteen_levels() {
        let pixels: Vec<u8> = (0..=255).collect();
        let bytes = encoded((256, 1), &pixels);
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let mut row = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut row).unwrap();
        assert_eq!(row[..3], [0, 0, 0]);
        assert_eq!(row[127], 0xff);
        assert!(data_uri((256, 1), &pixels).starts_with("data:image/png;base64,iVBOR"));
    }

    #[test]
    fn a_picture_of_another_size_is_none() {
        assert_eq!(data_uri((3, 2), &[0; 5]), "");
        assert_eq!(data_uri((0, 0), &[]), "");
    }
}
