//! The rows above a plot that say what its marks mean: [`Legend`].

use super::axis::RIGHT;
use super::canvas::{Anchor, At, Canvas, Drawn, Label, Weight, elided, text_width};
use super::palette::{Colour, INK};

/// Left edge of a legend and of a plot's title.
pub(super) const MARGIN: f64 = 16.0;
/// Height of a row.
const ROW: f64 = 18.0;
/// Width of a mark with its distance to the text.
const MARK_WIDTH: f64 = 18.0;
/// Longest title and entry, characters; longer ones are cut short.
const TITLE_MAX: usize = 100;
const TEXT_MAX: usize = 48;
/// Distance between two entries.
const GAP: f64 = 18.0;

const TEXT: Label =
    Label { size: 11.5, colour: INK, anchor: Anchor::Start, weight: Weight::Normal };

/// What a legend explains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mark {
    /// A line of a colour.
    Line,
    /// An area of a colour.
    Box,
    /// Somebody noticed.
    Diamond,
    /// Something was done.
    Triangle,
    /// It was over.
    Dot,
    /// A value beyond the upper end.
    Beyond,
}

impl Mark {
    /// Draws the mark around its centre.
    pub(super) fn draw(self, canvas: &Canvas<'_>, (x, y): At, colour: Colour) -> Drawn {
        match self {
            Mark::Line => canvas.line([(x - 7.0, y), (x + 7.0, y)], colour, 2.5),
            Mark::Box => canvas.rectangle((x - 6.0, y - 5.0), (x + 6.0, y + 5.0), colour),
            Mark::Dot => canvas.circle((x, y), 4.0, colour),
            Mark::Diamond => {
                canvas.polygon(&[(x, y - 5.0), (x + 5.0, y), (x, y + 5.0), (x - 5.0, y)], colour)
            }
            Mark::Triangle => {
                canvas.polygon(&[(x, y - 4.5), (x + 5.0, y + 4.0), (x - 5.0, y + 4.0)], colour)
            }
            Mark::Beyond => {
                canvas.polygon(&[(x, y - 3.5), (x + 3.5, y + 3.0), (x - 3.5, y + 3.0)], colour)
            }
        }
    }
}

/// Marks and what they mean.
#[derive(Debug, Default)]
pub(super) struct Legend {
    entries: Vec<(Mark, Colour, String)>,
}

impl Legend {
    /// Adds an entry.
    pub(super) fn add(&mut self, mark: Mark, colour: Colour, text: impl Into<String>) {
        self.entries.push((mark, colour, elided(&text.into(), TEXT_MAX)));
    }

    /// Height of all rows when they begin at `left`.
    pub(super) fn height(&self, left: f64) -> f64 {
        self.positions(left).last().map_or(0.0, |(_, y)| y + ROW)
    }

    /// Draws the rows with their upper left corner here.
    pub(super) fn draw(&self, canvas: &Canvas<'_>, (left, top): At) -> Drawn {
        for ((mark, colour, text), (x, y)) in self.entries.iter().zip(self.positions(left)) {
            let middle = top + y + ROW / 2.0;
            mark.draw(canvas, (x + 6.0, middle), *colour)?;
            canvas.text((x + MARK_WIDTH, middle), text, TEXT)?;
        }
        Ok(())
    }

    fn positions(&self, left: f64) -> Vec<At> {
        let (mut x, mut y) = (left, 0.0);
        let mut positions = Vec::with_capacity(self.entries.len());
        for (_, _, text) in &self.entries {
            let width = MARK_WIDTH + text_width(text, TEXT.size);
            if x + width > RIGHT && x > left {
                (x, y) = (left, y + ROW);
            }
            positions.push((x, y));
            x += width + GAP;
        }
        positions
    }
}

/// Draws a plot's title at its upper left.
pub(super) fn draw_title(canvas: &Canvas<'_>, title: &str) -> Drawn {
    let label = Label { size: 14.0, weight: Weight::Bold, ..TEXT };
    canvas.text((MARGIN, 18.0), &elided(title, TITLE_MAX), label)
}

/// Where the rows below the title begin.
pub(super) const BELOW_TITLE: f64 = 32.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_legend_goes_on_in_the_next_row() {
        let mut legend = Legend::default();
        assert!(legend.height(MARGIN) < 1.0);
        for _ in 0..12 {
            legend.add(Mark::Line, INK, "camera captured→fused");
        }
        assert!(legend.height(MARGIN) > ROW);
        assert!(legend.positions(MARGIN).iter().all(|(x, _)| *x < RIGHT));
    }
}
