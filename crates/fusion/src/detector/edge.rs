//! The edges of a shadow at full resolution. Main type: [`Profile`].

use std::ops::Range;

/// Rows looked at above and below the place where the edge was found in the reduced image.
const REACH_PX: usize = 8;
/// Most columns averaged per row.
const MAX_COLUMNS: usize = 64;

/// A shadow begins where so many pixels in a row are dark: not with a speck.
const RUN_PX: usize = 3;

/// Where the lower edge of a shadow is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LowerEdge {
    /// Row coordinate, the upper edge of the image being 0.
    pub(super) row_px: f64,
    /// Brightness half way between shadow and road.
    pub(super) half: f64,
}

/// Mean brightness of the rows around the edge, from top to bottom.
#[derive(Debug, Default)]
pub(super) struct Profile {
    rows: Vec<f64>,
}

impl Profile {
    /// Where, below the darkest place near `bottom_px`, the brightness is half way to that of the
    /// road. `None` where there is no such edge.
    pub(super) fn lower_edge(
        &mut self,
        pixels: &[u8],
        width: usize,
        columns: Range<usize>,
        bottom_px: usize,
    ) -> Option<LowerEdge> {
        // The middle half: the ends of a shadow are ragged.
        let quarter = columns.len() / 4;
        let columns = columns.start + quarter..(columns.end - quarter).min(width);
        let step = columns.len().div_ceil(MAX_COLUMNS).max(1);
        let first = bottom_px.saturating_sub(REACH_PX);
        let last = (bottom_px + REACH_PX).min(pixels.len() / width);
        self.rows.clear();
        for row in pixels.chunks_exact(width).take(last).skip(first) {
            let sampled = row[columns.clone()].iter().step_by(step);
            let count = sampled.len();
            let sum: u32 = sampled.map(|&pixel| u32::from(pixel)).sum();
            self.rows.push(f64::from(sum) / count as f64);
        }
        let darkest = self.rows.iter().copied().fold(f64::INFINITY, f64::min);
        let road = *self.rows.last()?;
        let half = f64::midpoint(darkest, road);
        let above = self.rows.iter().rposition(|&row| row < half)?;
        let (dark, bright) = (self.rows[above], *self.rows.get(above + 1)?);
        let row_px = (first + above) as f64 + 0.5 + (half - dark) / (bright - dark);
        Some(LowerEdge { row_px, half })
    }
}

/// The columns between the first and the last dark run of a row, near `columns`.
pub(super) fn ends(row: &[u8], columns: &Range<usize>, half: f64) -> Option<Range<usize>> {
    let first = columns.start.saturating_sub(REACH_PX);
    let near = &row[first..(columns.end + REACH_PX).min(row.len())];
    let is_dark = |run: &[u8]| run.iter().all(|&pixel| f64::from(pixel) < half);
    let left = near.windows(RUN_PX).position(is_dark)?;
    let right = near.windows(RUN_PX).rposition(is_dark)? + RUN_PX;
    Some(first + left..first + right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_between_rows_is_found_between_them() {
        let width = 40;
        for edge_px in [12.0, 12.25, 12.5, 12.9, 13.0] {
            let mut pixels = vec![100_u8; width * 30];
            for (row, line) in pixels.chunks_exact_mut(width).enumerate() {
                let dark_share = (edge_px - row as f64).clamp(0.0, 1.0);
                line[5..35].fill((100.0 - 70.0 * dark_share) as u8);
            }
            let found = Profile::default().lower_edge(&pixels, width, 4..36, 12).unwrap();
            assert!((found.row_px - edge_px).abs() < 0.3, "{edge_px}: {found:?}");
        }
    }

    #[test]
    fn a_picture_without_an_edge_has_none() {
        for (columns, bottom) in [(4..36, 12), (0..40, 0), (0..40, 30), (8..8, 12), (39..40, 12)] {
            let found = Profile::default().lower_edge(&[100; 40 * 30], 40, columns.clone(), bottom);
            assert_eq!(found, None, "{columns:?}, {bottom}");
        }
    }

    #[test]
    fn the_ends_of_a_shadow_are_those_of_its_dark_pixels() {
        let mut row = [100_u8; 60];
        row[3] = 20;
        row[21..42].fill(30);
        assert_eq!(ends(&row, &(20..44), 60.0), Some(21..42));
        assert_eq!(ends(&row, &(0..12), 60.0), None);
        assert_eq!(ends(&row, &(16..60), 60.0), Some(21..42));
        assert_eq!(ends(&[], &(0..0), 60.0), None);
    }
}
