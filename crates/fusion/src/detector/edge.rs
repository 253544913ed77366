//! The lower edge of what stands on the road, at full resolution. Main type: [`Profile`].

use std::ops::Range;

use super::steps::{CONTRAST_GREY, CONTRAST_SHIFT};

/// Rows looked at above and below the place where the edge was found in the reduced image.
const REACH_PX: usize = 8;
/// Most columns averaged per row.
const MAX_COLUMNS: usize = 64;

/// Rows right above the edge that are averaged to find its ends.
const BAND_ROWS: usize = 2;
/// Columns beside a run in which its ends are looked for: the run is known to a cell or two.
const BESIDE_PX: usize = 14;
/// A shadow begins where so many pixels in a row are dark: not with a speck.
const RUN_PX: usize = 3;
/// What is darker than this share of the way from shadow to road belongs to the shadow: less than
/// half, for grass is darker than the road.
const DARK_SHARE: f64 = 0.4;
/// What is beside the shadow is brighter than this share of the way on average.
const FREE_SHARE: f64 = 0.5;

/// An edge on the road is sharp: most of the step lies within so many rows. Dirt on the lens, glare
/// and mirrored light are blurred over tens of them.
const SHARP_ROWS: usize = 4;
/// How much of the step that is.
const SHARP_SHARE: f64 = 0.6;

/// The road is as bright so many rows below the edge, by this share of the step; a bright mark that
/// crosses the road ends before.
const ROAD_ROWS: [usize; 3] = [12, 17, 22];
const ROAD_SHARE: f64 = 0.6;

/// Where something dark meets the road.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LowerEdge {
    /// Row coordinate, the upper edge of the image being 0.
    pub(super) row_px: f64,
    /// Brightness above and below.
    pub(super) dark: f64,
    pub(super) road: f64,
}

impl LowerEdge {
    pub(super) fn contrast(&self) -> f64 {
        self.road - self.dark
    }
}

/// Means of the rows around an edge, and of the columns along it. Working memory.
#[derive(Debug, Default)]
pub(super) struct Profile {
    rows: Vec<f64>,
    columns: Vec<u16>,
}

impl Profile {
    /// Where, below the darkest place near `row_px`, the brightness is half way to that of the
    /// road. `None` where there is no such edge, or a blurred one.
    pub(super) fn lower_edge(
        &mut self,
        pixels: &[u8],
        width: usize,
        columns: &Range<usize>,
        row_px: usize,
    ) -> Option<LowerEdge> {
        let first = row_px.saturating_sub(REACH_PX);
        let last = (row_px + REACH_PX).min(pixels.len() / width);
        self.rows.clear();
        self.rows.extend((first..last).map(|row| row_mean(pixels, width, columns, row)));
        let dark = self.rows.iter().copied().fold(f64::INFINITY, f64::min);
        let road = *self.rows.last()?;
        if !is_step(dark, road) {
            return None;
        }
        let half = f64::midpoint(dark, road);
        let above = self.rows.iter().rposition(|&row| row < half)?;
        let (upper, lower) = (self.rows[above], *self.rows.get(above + 1)?);
        let before = self.rows[(above + 1).saturating_sub(SHARP_ROWS / 2)];
        let after = self.rows[(above + SHARP_ROWS / 2).min(self.rows.len() - 1)];
        if after - before < SHARP_SHARE * (road - dark) {
            return None;
        }
        let goes_on = ROAD_ROWS.iter().map(|rows| first + above + rows).all(|row| {
            row >= pixels.len() / width
                || row_mean(pixels, width, columns, row) - dark > ROAD_SHARE * (road - dark)
        });
        if !goes_on {
            return None;
        }
        let row_px = (first + above) as f64 + 0.5 + (half - upper) / (lower - upper);
        Some(LowerEdge { row_px, dark, road })
    }

    /// The columns between the first and the last dark run right above an edge, near `columns`.
    /// `None` where the darkness goes on beyond: what it belongs to is not known then.
    pub(super) fn ends(
        &mut self,
        pixels: &[u8],
        width: usize,
        columns: &Range<usize>,
        edge: &LowerEdge,
    ) -> Option<Range<usize>> {
        let below = (edge.row_px - 0.5) as usize;
        let first = columns.start.checked_sub(BESIDE_PX)?;
        let last = columns.end + BESIDE_PX;
        if below < BAND_ROWS || last > width {
            return None;
        }
        self.columns.clear();
        self.columns.resize(last - first, 0);
        for row in pixels.chunks_exact(width).take(below).skip(below - BAND_ROWS) {
            for (sum, &pixel) in self.columns.iter_mut().zip(&row[first..last]) {
                *sum += u16::from(pixel);
            }
        }
        let threshold = (edge.dark + DARK_SHARE * edge.contrast()) * BAND_ROWS as f64;
        let free = (edge.dark + FREE_SHARE * edge.contrast()) * BAND_ROWS as f64;
        let is_dark = |run: &[u16]| run.iter().all(|&sum| f64::from(sum) < threshold);
        let left = self.columns.windows(RUN_PX).position(is_dark)?;
        let right = self.columns.windows(RUN_PX).rposition(is_dark)? + RUN_PX;
        let mean = |run: &[u16]| f64::from(run.iter().sum::<u16>()) / run.len() as f64;
        let beside = [&self.columns[..left], &self.columns[right..]];
        let is_free = |run: &&[u16]| run.len() >= RUN_PX && mean(run) > free;
        beside.iter().all(is_free).then(|| first + left..first + right)
    }
}

/// Whether two levels differ by enough to be a step, as in the reduced picture.
fn is_step(dark: f64, bright: f64) -> bool {
    bright - dark > bright / f64::from(1 << CONTRAST_SHIFT) + f64::from(CONTRAST_GREY)
}

/// Mean brightness of these columns of a row; `NaN` of none.
pub(super) fn row_mean(pixels: &[u8], width: usize, columns: &Range<usize>, row: usize) -> f64 {
    let columns = columns.start.min(width)..columns.end.min(width);
    let step = columns.len().div_ceil(MAX_COLUMNS).max(1);
    let sampled = pixels[row * width..][columns].iter().step_by(step);
    let count = sampled.len();
    let sum: u32 = sampled.map(|&pixel| u32::from(pixel)).sum();
    f64::from(sum) / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 60;

    /// Asphalt, dark above `edge_px` from column 20 to 40.
    fn picture(edge_px: f64) -> Vec<u8> {
        let mut pixels = vec![100_u8; WIDTH * 30];
        for (row, line) in pixels.chunks_exact_mut(WIDTH).enumerate() {
            let dark_share = (edge_px - row as f64).clamp(0.0, 1.0);
            line[20..40].fill((100.0 - 70.0 * dark_share) as u8);
        }
        pixels
    }

    #[test]
    fn an_edge_between_rows_is_found_between_them() {
        for edge_px in [12.0, 12.25, 12.5, 12.9, 13.0] {
            let found = Profile::default().lower_edge(&picture(edge_px), WIDTH, &(24..36), 12);
            let found = found.unwrap();
            assert!((found.row_px - edge_px).abs() < 0.3, "{edge_px}: {found:?}");
        }
    }

    #[test]
    fn a_picture_without_an_edge_has_none() {
        for (columns, row) in [(4..36, 12), (0..40, 0), (0..40, 30), (8..8, 12), (39..40, 12)] {
            let found = Profile::default().lower_edge(&[100; WIDTH * 30], WIDTH, &columns, row);
            assert_eq!(found, None, "{columns:?}, {row}");
        }
    }

    #[test]
    fn a_blurred_edge_is_none() {
        let ramp: Vec<u8> = (0..30).flat_map(|row| [(20 + 4 * row) as u8; WIDTH]).collect();
        assert_eq!(Profile::default().lower_edge(&ramp, WIDTH, &(10..50), 15), None);
    }

    #[test]
    fn the_ends_of_a_shadow_are_those_of_its_dark_pixels() {
        let pixels = picture(12.0);
        let mut profile = Profile::default();
        let edge = profile.lower_edge(&pixels, WIDTH, &(24..36), 12).unwrap();
        assert_eq!(profile.ends(&pixels, WIDTH, &(24..36), &edge), Some(20..40));
        // Nothing is known of what reaches beyond the places looked at.
        assert_eq!(profile.ends(&pixels, WIDTH, &(34..36), &edge), None);
        assert_eq!(profile.ends(&pixels, WIDTH, &(0..40), &edge), None);
    }
}
