//! Faults and the host's stalls in a plot: rows so that overlapping faults do not cover each other, and
//! the shades behind everything else.

use super::axis::{Axis, RIGHT};
use super::canvas::{Anchor, Canvas, Drawn, Label, Weight, elided, text_width};
use super::palette::{FAULT_SHADE, STALL_SHADE, VERMILLION};
use analysis::series::FaultSpan;

/// Most rows of fault names above a plot; what overlaps more often is shaded without a name.
const NAME_ROWS_MAX: usize = 3;
/// Longest id shown, characters; longer ones are cut short.
const ID_MAX: usize = 11;
/// Height of such a row.
const NAME_ROW: f64 = 14.0;
/// The least width of a shade that is still seen, pixels.
const SHADE_WIDTH_MIN: f64 = 2.0;

const NAME: Label =
    Label { size: 11.0, colour: VERMILLION, anchor: Anchor::Start, weight: Weight::Bold };

/// Left and right end of something drawn, pixels.
pub(super) type Interval = (f64, f64);

/// A fault's id as it stands in a plot.
pub(super) fn short_id(id: &str) -> String {
    elided(id, ID_MAX)
}

/// Gives each interval (from, to) the first row in which nothing before it is in its way.
/// Returns the row of each, and how many rows there are.
pub(super) fn stack(intervals: &[Interval]) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..intervals.len()).collect();
    order.sort_by(|a, b| intervals[*a].0.total_cmp(&intervals[*b].0));
    let mut rows = vec![0; intervals.len()];
    let mut ends: Vec<f64> = Vec::new();
    for index in order {
        let (from, to) = intervals[index];
        let row = ends.iter().position(|end| *end <= from).unwrap_or(ends.len());
        if row == ends.len() {
            ends.push(to);
        } else {
            ends[row] = to;
        }
        rows[index] = row;
    }
    (rows, ends.len())
}

/// The pixels of each fault's name: at its beginning, or moved left where the edge is near.
fn names(spans: &[FaultSpan], time: &Axis) -> Vec<Interval> {
    let place = |span: &FaultSpan| {
        let width = text_width(&short_id(&span.id), NAME.size) + 6.0;
        let from = time.pixel(span.from_ms).min(RIGHT - width);
        (from, from + width)
    };
    spans.iter().map(place).collect()
}

/// Height that the names of the faults need above a plot.
pub(super) fn names_height(spans: &[FaultSpan], time: &Axis) -> f64 {
    stack(&names(spans, time)).1.min(NAME_ROWS_MAX) as f64 * NAME_ROW
}

/// Shades each fault's interval between two heights.
pub(super) fn draw_shades(
    canvas: &Canvas<'_>,
    spans: &[FaultSpan],
    time: &Axis,
    (top, bottom): (f64, f64),
) -> Drawn {
    for span in spans {
        let from = time.pixel(span.from_ms);
        let to = time.pixel(span.to_ms).max(from + SHADE_WIDTH_MIN);
        canvas.rectangle((from, top), (to, bottom), FAULT_SHADE)?;
        canvas.line([(from, top), (from, bottom)], VERMILLION.with_opacity(0.6), 1.0)?;
    }
    Ok(())
}

/// Shades the host's stalls between two heights.
pub(super) fn draw_stalls(
    canvas: &Canvas<'_>,
    stalls: &[(f64, f64)],
    time: &Axis,
    (top, bottom): (f64, f64),
) -> Drawn {
    for (from_ms, to_ms) in stalls {
        let from = time.pixel(*from_ms);
        let to = time.pixel(*to_ms).max(from + SHADE_WIDTH_MIN);
        canvas.rectangle((from, top), (to, bottom), STALL_SHADE)?;
    }
    Ok(())
}

/// What a legend says of the stalls.
pub(super) const STALLED: &str = "host stalled";

/// Writes the name of each fault above a plot, overlapping ones in rows of their own.
pub(super) fn draw_names(canvas: &Canvas<'_>, spans: &[FaultSpan], time: &Axis, top: f64) -> Drawn {
    let names = names(spans, time);
    let (rows, _) = stack(&names);
    let named = spans.iter().zip(rows).zip(names).filter(|((_, row), _)| *row < NAME_ROWS_MAX);
    for ((span, row), (name_from, _)) in named {
        let from = time.pixel(span.from_ms);
        let reach = top - row as f64 * NAME_ROW;
        canvas.line([(from, reach), (from, top)], VERMILLION.with_opacity(0.6), 1.0)?;
        canvas.text((name_from + 2.0, reach - NAME_ROW / 2.0), &short_id(&span.id), NAME)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_is_stacked() {
        let cases: [(&[Interval], &[usize], usize); 4] = [
            (&[], &[], 0),
            (&[(0.0, 1.0), (1.0, 2.0)], &[0, 0], 1),
            (&[(0.0, 5.0), (1.0, 2.0), (3.0, 4.0)], &[0, 1, 1], 2),
            (&[(3.0, 4.0), (0.0, 5.0)], &[1, 0], 2),
        ];
        for (intervals, rows, count) in cases {
            assert_eq!(stack(intervals), (rows.to_vec(), count));
        }
    }
}
