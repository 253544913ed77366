//! From a device's pixels to 8-bit grey: [`Luma`].
//!
//! Each kind is one loop over bytes without a branch in it, which compilers vectorise; grey is copied.

use scenario::board::PixelFormat;
use sys::v4l2::Picture;
use wire::frame::{HEIGHT_PX, WIDTH_PX};

/// Where the grey of a pixel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grey {
    /// It is the pixel.
    Byte,
    /// In a little-endian number of two bytes, its lowest bit here.
    Pair { shift: u32 },
}

/// How the grey of a picture is taken out of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Luma {
    grey: Grey,
    stride_bytes: usize,
}

impl Luma {
    /// Of pictures in a format that has this kind.
    pub(super) fn of(format: PixelFormat, picture: &Picture) -> Luma {
        let grey = match format {
            PixelFormat::Grey | PixelFormat::Nv12 | PixelFormat::Bayer8 => Grey::Byte,
            PixelFormat::Yuyv => Grey::Pair { shift: 0 },
            PixelFormat::Y10 => Grey::Pair { shift: 2 },
            PixelFormat::Y12 => Grey::Pair { shift: 4 },
            PixelFormat::Uyvy => Grey::Pair { shift: 8 },
        };
        Luma { grey, stride_bytes: picture.stride_bytes as usize }
    }

    /// Whether a row of the driver's has room for its pixels.
    pub(super) fn fits(&self) -> bool {
        self.stride_bytes >= self.row_bytes()
    }

    /// Bytes that a picture must have.
    pub(super) fn bytes(&self) -> usize {
        self.stride_bytes * (HEIGHT_PX - 1) + self.row_bytes()
    }

    fn row_bytes(&self) -> usize {
        match self.grey {
            Grey::Byte => WIDTH_PX,
            Grey::Pair { .. } => 2 * WIDTH_PX,
        }
    }

    /// Copies the grey of a picture of at least [`bytes`](Self::bytes).
    pub(super) fn copy(&self, picture: &[u8], grey: &mut [u8]) {
        let rows = picture.chunks(self.stride_bytes).zip(grey.chunks_exact_mut(WIDTH_PX));
        for (row, grey) in rows {
            let row = &row[..self.row_bytes()];
            match self.grey {
                Grey::Byte => grey.copy_from_slice(row),
                Grey::Pair { shift } => of_pairs(row, grey, shift),
            }
        }
    }
}

fn of_pairs(row: &[u8], grey: &mut [u8], shift: u32) {
    let (pairs, _) = row.as_chunks::<2>();
    for (pair, grey) in pairs.iter().zip(grey) {
        *grey = (u16::from_le_bytes(*pair) >> shift) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sys::v4l2::FourCc;

    #[test]
    fn the_grey_of_every_format_is_found() {
        for (format, pixel, expected) in [
            (PixelFormat::Grey, &[7_u8][..], 7),
            (PixelFormat::Nv12, &[7], 7),
            (PixelFormat::Bayer8, &[7], 7),
            (PixelFormat::Y10, &[0xfc, 0x03], 0xff),
            (PixelFormat::Y12, &[0xa0, 0x01], 0x1a),
            (PixelFormat::Yuyv, &[9, 128], 9),
            (PixelFormat::Uyvy, &[128, 9], 9),
        ] {
            let row: Vec<u8> = pixel.iter().copied().cycle().take(pixel.len() * WIDTH_PX).collect();
            // Rows are longer than their pixels, but for the last.
            let stride_bytes = row.len() + 64;
            let mut picture = Vec::new();
            for _ in 1..HEIGHT_PX {
                picture.extend_from_slice(&row);
                picture.resize(picture.len() + 64, 0xee);
            }
            picture.extend_from_slice(&row);
            let bytes = picture.len() as u32;
            let [width_px, height_px] = [WIDTH_PX as u32, HEIGHT_PX as u32];
            let luma = Luma::of(
                format,
                &Picture {
                    format: FourCc(*format.codes()[0]),
                    width_px,
                    height_px,
                    stride_bytes: stride_bytes as u32,
                    bytes,
                },
            );
            assert_eq!(luma.bytes(), picture.len(), "{format:?}");
            let mut grey = vec![0; WIDTH_PX * HEIGHT_PX];
            luma.copy(&picture, &mut grey);
            assert!(grey.iter().all(|it| *it == expected), "{format:?}");
        }
    }
}
