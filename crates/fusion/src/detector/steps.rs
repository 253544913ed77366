//! Where the picture steps from dark to bright, going down: the lower edges of whatever stands on
//! the road. Main type: [`Steps`].

use std::ops::Range;

use super::reduce::{CELL_PX, reduce};

/// A step is compared over so many rows of cells: an edge is anywhere within a cell.
const APART: usize = 2;

/// A step must be higher than this share (a shift: 1/16) of the brighter side. Contrast falls to 5 %
/// at the visibility in fog (WMO-No. 8), which a shadow's own 70 % reaches at 0.85 of it.
pub(super) const CONTRAST_SHIFT: u8 = 4;
/// And higher than this: several times the noise that is left in the mean of a cell.
pub(super) const CONTRAST_GREY: u8 = 4;

/// A run goes on over so many cells without a step.
const GAP: usize = 1;

/// A horizontal run of steps, in pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Row near which the edge lies.
    pub(super) row: usize,
    pub(super) columns: Range<usize>,
}

/// Scans a picture from the bottom up. Working memory.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// The last rows of cells, as a ring.
    rows: [Vec<u8>; APART + 1],
    is_step: Vec<bool>,
}

impl Steps {
    /// Calls `found` with each run of steps that is at least as long as `min_run_px` of its row,
    /// nearest first.
    pub(super) fn scan(
        &mut self,
        pixels: &[u8],
        width: usize,
        rows: Range<usize>,
        min_run_px: impl Fn(usize) -> f64,
        mut found: impl FnMut(Step),
    ) {
        let strips = pixels.chunks_exact(width * CELL_PX).enumerate();
        for (above, (index, strip)) in
            strips.take(rows.end / CELL_PX).skip(rows.start.div_ceil(CELL_PX)).rev().enumerate()
        {
            reduce(strip, width, &mut self.rows[above % (APART + 1)]);
            if above < APART {
                continue;
            }
            let [dark, bright] = [above, above - APART].map(|row| &self.rows[row % (APART + 1)]);
            let row = (index + 1) * CELL_PX + CELL_PX / 2;
            let min_run = (min_run_px(row) / CELL_PX as f64).max(1.0) as usize;
            mark(dark, bright, &mut self.is_step);
            each_run(&self.is_step, |run| {
                if run.len() >= min_run {
                    found(Step { row, columns: run.start * CELL_PX..run.end * CELL_PX });
                }
            });
        }
    }
}

/// Which cells are darker than those below.
fn mark(dark: &[u8], bright: &[u8], is_step: &mut Vec<bool>) {
    is_step.clear();
    is_step.extend(dark.iter().zip(bright).map(|(&dark, &bright)| {
        (bright - (bright >> CONTRAST_SHIFT)).saturating_sub(CONTRAST_GREY) > dark
    }));
}

/// The runs of `true`, gaps of [`GAP`] bridged.
fn each_run(is_step: &[bool], mut run: impl FnMut(Range<usize>)) {
    const BLOCK: usize = 32;
    let mut open: Option<Range<usize>> = None;
    for (block, cells) in is_step.chunks(BLOCK).enumerate() {
        // Nearly all blocks are of even road.
        if !cells.iter().fold(false, |any, &cell| any | cell) {
            continue;
        }
        for (offset, _) in cells.iter().enumerate().filter(|(_, cell)| **cell) {
            let cell = block * BLOCK + offset;
            open = match open {
                Some(range) if cell <= range.end + GAP => Some(range.start..cell + 1),
                Some(range) => {
                    run(range);
                    Some(cell..cell + 1)
                }
                None => Some(cell..cell + 1),
            };
        }
    }
    open.into_iter().for_each(run);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_told_with_small_gaps_bridged() {
        let check = |text: &str, expected: &[(usize, usize)]| {
            let cells: Vec<bool> = text.bytes().map(|cell| cell == b'#').collect();
            let mut runs = Vec::new();
            each_run(&cells, |run| runs.push((run.start, run.end)));
            assert_eq!(runs, expected, "{text}");
        };
        check("", &[]);
        check("........", &[]);
        check("..##....", &[(2, 4)]);
        check("..##.#..", &[(2, 6)]);
        check("#.....##", &[(0, 1), (6, 8)]);
        check(&format!("{}##", ".".repeat(63)), &[(63, 65)]);
    }

    #[test]
    fn a_step_is_found_whatever_its_place_in_a_cell() {
        for edge in 20..28 {
            let mut pixels = vec![100_u8; 80 * 60];
            for row in 10..edge {
                pixels[row * 80 + 20..][..40].fill(30);
            }
            let mut found = Vec::new();
            Steps::default().scan(&pixels, 80, 0..60, |_| 8.0, |step| found.push(step));
            assert!(!found.is_empty(), "{edge}");
            for step in found {
                assert!(
                    step.row.abs_diff(edge) <= 6 && step.columns == (20..60),
                    "{edge}: {step:?}"
                );
            }
        }
    }
}
