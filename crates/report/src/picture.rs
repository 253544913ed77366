//! Grey pictures inside a page: [`data_uri`].

use png::{BitDepth, ColorType, Compression, Encoder};

/// Grey levels that are left of 256, in bits: fewer show as steps in an even sky, and the noise in more
/// does not compress.
const BITS: u32 = 5;

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
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    // Each level stands for its middle.
    let level = |grey: &u8| grey >> (8 - BITS) << (8 - BITS) | 1 << (7 - BITS);
    let levels: Vec<u8> = pixels.iter().map(level).collect();
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&levels));
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
    fn a_picture_comes_back_as_it_was_but_for_three_bits() {
        let pixels: Vec<u8> = (0..=255).collect();
        let bytes = encoded((16, 16), &pixels);
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let mut back = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut back).unwrap();
        assert!(back.iter().zip(&pixels).all(|(seen, was)| seen.abs_diff(*was) <= 4));
        assert!(data_uri((16, 16), &pixels).starts_with("data:image/png;base64,iVBOR"));
    }

    #[test]
    fn a_picture_of_another_size_is_none() {
        assert_eq!(data_uri((3, 2), &[0; 5]), "");
        assert_eq!(data_uri((0, 0), &[]), "");
    }
}
