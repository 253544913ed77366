//! Connected dark regions, from runs of cells row by row. Main type: [`Regions`].

use std::cmp::Reverse;
use std::ops::Range;

use crate::union_find::UnionFind;

/// Most runs in one frame; a frame with more is noise, and what is left below is ignored. Bounds
/// the work per frame.
const MAX_RUNS: usize = 2048;

/// Most regions looked at more closely, the nearest first.
const MAX_REGIONS: usize = 64;

/// A connected dark region, in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    /// Row below its lowest row.
    pub(super) bottom: usize,
    /// Its leftmost column.
    pub(super) left: usize,
    /// Column after its rightmost one.
    pub(super) right: usize,
    /// First column of its lowest row.
    pub(super) foot_left: usize,
    /// Column after the last one of its lowest row.
    pub(super) foot_right: usize,
}

impl Region {
    fn of(run: Run) -> Region {
        let Run { row, left, right } = run;
        Region { bottom: row + 1, left, right, foot_left: left, foot_right: right }
    }

    /// Adds a run that is not above the region's lowest row.
    fn extend(&mut self, run: Run) {
        if run.row + 1 == self.bottom {
            self.foot_left = self.foot_left.min(run.left);
            self.foot_right = self.foot_right.max(run.right);
        } else {
            (self.foot_left, self.foot_right) = (run.left, run.right);
        }
        self.bottom = run.row + 1;
        self.left = self.left.min(run.left);
        self.right = self.right.max(run.right);
    }
}

#[derive(Clone, Copy, Debug)]
struct Run {
    row: usize,
    left: usize,
    right: usize,
}

/// Collects the regions of one frame.
#[derive(Debug, Default)]
pub(super) struct Regions {
    runs: Vec<Run>,
    sets: UnionFind,
    /// Runs of the row before.
    previous: Range<usize>,
    by_root: Vec<Option<Region>>,
    found: Vec<Region>,
}

impl Regions {
    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.sets.reset(0);
        self.previous = 0..0;
    }

    /// Adds the next row: runs of at least `min_run` cells darker than `threshold`.
    pub(super) fn add_row(&mut self, row: usize, cells: &[u8], threshold: u8, min_run: usize) {
        let first = self.runs.len();
        let mut from = 0;
        while let Some(offset) = find_dark(&cells[from..], threshold) {
            let left = from + offset;
            let length = cells[left..].iter().position(|&cell| cell >= threshold);
            let right = length.map_or(cells.len(), |length| left + length);
            if right - left >= min_run && self.runs.len() < MAX_RUNS {
                self.join(Run { row, left, right });
            }
            from = right;
        }
        self.previous = first..self.runs.len();
    }

    /// The regions, lowest in the image first.
    pub(super) fn nearest_first(&mut self) -> &[Region] {
        self.by_root.clear();
        self.by_root.resize(self.runs.len(), None);
        // Rows come from top to bottom: each run is in the lowest row so far.
        for (index, run) in self.runs.iter().enumerate() {
            match &mut self.by_root[self.sets.root(index)] {
                Some(region) => region.extend(*run),
                empty => *empty = Some(Region::of(*run)),
            }
        }
        self.found.clear();
        self.found.extend(self.by_root.iter().flatten());
        self.found.sort_unstable_by_key(|region| (Reverse(region.bottom), region.left));
        self.found.truncate(MAX_REGIONS);
        &self.found
    }

    /// Adds a run to the regions that it touches in the row before.
    fn join(&mut self, run: Run) {
        let index = self.sets.push();
        self.runs.push(run);
        for other in self.previous.clone() {
            if self.runs[other].left < run.right && run.left < self.runs[other].right {
                self.sets.unite(index, other);
            }
        }
    }
}

/// The first cell below the threshold. Skips whole bright blocks, which are nearly all.
fn find_dark(cells: &[u8], threshold: u8) -> Option<usize> {
    const BLOCK: usize = 32;
    let bright_block = |block: &[u8; BLOCK]| {
        block.iter().fold(u8::MAX, |darkest, &cell| darkest.min(cell)) >= threshold
    };
    let (blocks, _) = cells.as_chunks::<BLOCK>();
    let skipped = BLOCK * blocks.iter().take_while(|block| bright_block(block)).count();
    cells[skipped..].iter().position(|&cell| cell < threshold).map(|offset| skipped + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Regions of a picture in which `#` is dark.
    fn regions(picture: &[&str], min_run: usize) -> Vec<(usize, usize, usize)> {
        let mut regions = Regions::default();
        regions.clear();
        for (row, line) in picture.iter().enumerate() {
            let cells: Vec<u8> = line.bytes().map(|c| if c == b'#' { 20 } else { 100 }).collect();
            regions.add_row(row, &cells, 50, min_run);
        }
        let found = regions.nearest_first().iter();
        found.map(|region| (region.bottom, region.foot_left, region.foot_right)).collect()
    }

    #[test]
    fn a_region_is_known_by_its_lowest_row() {
        let check = |picture: &[&str], expected: &[(usize, usize, usize)]| {
            assert_eq!(regions(picture, 1), expected, "{picture:?}");
        };
        check(&["........"], &[]);
        check(&["..###...", "..####.."], &[(2, 2, 6)]);
        check(&["##....##", "##....##", "########"], &[(3, 0, 8)]);
        check(&["########", "##....##", "##....##"], &[(3, 0, 8)]);
        check(&["###.....", "........", ".....###"], &[(3, 5, 8), (1, 0, 3)]);
        check(&["##..", "..##"], &[(2, 2, 4), (1, 0, 2)]);
    }

    #[test]
    fn runs_that_are_too_short_are_no_part_of_a_region() {
        assert_eq!(regions(&["####", "#..#"], 2), [(1, 0, 4)]);
    }

    #[test]
    fn darkness_is_found_behind_any_number_of_bright_cells() {
        for length in 0..100 {
            let mut cells = vec![100; length];
            assert_eq!(find_dark(&cells, 50), None);
            cells.push(20);
            assert_eq!(find_dark(&cells, 50), Some(length));
        }
    }

    #[test]
    fn a_frame_of_noise_costs_no_more_than_the_limit() {
        let row: Vec<u8> = (0..480).map(|column| if column % 2 == 0 { 0 } else { 255 }).collect();
        let mut regions = Regions::default();
        for index in 0..135 {
            regions.add_row(index, &row, 128, 1);
        }
        assert_eq!(regions.runs.len(), MAX_RUNS);
        assert!(regions.nearest_first().len() <= MAX_REGIONS);
    }
}
