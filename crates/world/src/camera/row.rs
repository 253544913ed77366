//! What is done to stretches of a row: filling, mixing, shining. Whole numbers only, so that every
//! kind of processor makes the same pixels of it.

use std::ops::Range;

/// The columns of a row whose middles lie from `from_px` to `to_px`.
pub(super) fn columns(width: usize, from_px: f64, to_px: f64) -> Range<usize> {
    let column = |u: f64| ((u + 0.5) as i32).clamp(0, width as i32) as usize;
    let from = column(from_px);
    from..column(to_px).max(from)
}

/// Fills the pixels of a row whose middles lie from `from_px` to `to_px`.
pub(super) fn fill(row: &mut [u8], from_px: f64, to_px: f64, grey: u8) {
    let columns = columns(row.len(), from_px, to_px);
    if !columns.is_empty() {
        row[columns].fill(grey);
    }
}

/// Replaces a share (of 256) of each of these pixels by a grey.
pub(super) fn mix(pixels: &mut [u8], grey: u8, share: u16) {
    let share = share.min(256);
    let added = u16::from(grey) * share + 128;
    for pixel in pixels {
        *pixel = ((u16::from(*pixel) * (256 - share)).saturating_add(added) >> 8) as u8;
    }
}

/// The share 0 to 1 in 256ths.
pub(super) fn of_256(share: f64) -> u16 {
    (share.clamp(0.0, 1.0) * 256.0 + 0.5) as u16
}

/// An ellipse in the picture, brightest or densest in the middle: 1 − (distance/radius)².
#[derive(Clone, Copy, Debug)]
pub(super) struct Ellipse {
    /// u and v of its middle.
    pub(super) middle_px: (f64, f64),
    /// Half of its width and of its height.
    pub(super) half_px: (f64, f64),
}

/// Largest half axis of an [`Ellipse`], px: bounds the work, and keeps its squares in 32 bits.
pub(super) const MAX_HALF_PX: f64 = 360.0;

/// What a row cuts out of an [`Ellipse`].
pub(super) struct Cut {
    pub(super) columns: Range<usize>,
    /// The middle, in columns from the first.
    middle: i32,
    /// 2²⁴ over the square of half the width.
    per_px2: i32,
    /// 2¹⁶ times what the distance in v leaves.
    left: i32,
}

impl Ellipse {
    /// The rows it touches.
    pub(super) fn rows(&self) -> Range<usize> {
        let top = (self.middle_px.1 - self.half_px.1).max(0.0);
        top as usize..(self.middle_px.1 + self.half_px.1 + 1.0).max(0.0) as usize
    }

    pub(super) fn cut(&self, index: usize, width: usize) -> Cut {
        let off = (index as f64 + 0.5 - self.middle_px.1) / self.half_px.1;
        let left = (1.0 - off * off).max(0.0);
        let half_px = self.half_px.0.clamp(1.0, MAX_HALF_PX);
        let reach_px = half_px * left.sqrt();
        let columns = columns(width, self.middle_px.0 - reach_px, self.middle_px.0 + reach_px);
        Cut {
            middle: self.middle_px.0 as i32 - columns.start as i32,
            columns,
            per_px2: (16_777_216.0 / (half_px * half_px)) as i32,
            left: (left * 65_536.0) as i32,
        }
    }
}

impl Cut {
    /// 0 to 256: how dense it is at its column of this index.
    #[inline]
    pub(super) fn density(&self, index: usize) -> i32 {
        let off = index as i32 - self.middle;
        (self.left - ((off * off * self.per_px2) >> 8)).max(0) >> 8
    }
}
