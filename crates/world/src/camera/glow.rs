//! Light that a lamp or the sun scatters in the lens: [`Glow`].

use super::row::{Cut, Ellipse};

/// A patch of light with soft edges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glow {
    pub(super) ellipse: Ellipse,
    /// Grey levels in the middle.
    pub(super) grey: i32,
}

impl Glow {
    /// Adds its light to a row.
    pub(super) fn shine(&self, index: usize, row: &mut [u8]) {
        if !self.ellipse.rows().contains(&index) {
            return;
        }
        let cut: Cut = self.ellipse.cut(index, row.len());
        let pixels = &mut row[cut.columns.clone()];
        for (pixel, density) in pixels.iter_mut().zip(cut.densities()) {
            let added = (self.grey * ((density * density) >> 8)) >> 8;
            *pixel = (i32::from(*pixel) + added).min(255) as u8;
        }
    }
}
