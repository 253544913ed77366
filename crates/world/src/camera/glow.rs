//! Light that a lamp or the sun scatters in the lens: [`Glow`].

use super::kernels::Kernels;
use super::row::Ellipse;

/// A patch of light with soft edges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glow {
    pub(super) ellipse: Ellipse,
    /// Grey levels in the middle.
    pub(super) grey: i32,
}

impl Glow {
    /// Adds its light to a row.
    pub(super) fn shine(&self, kernels: Kernels, index: usize, row: &mut [u8]) {
        if self.ellipse.rows().contains(&index) {
            kernels.shine(&self.ellipse.cut(index, row.len()), self.grey, row);
        }
    }
}
