//! Latency of links against the size of the message, both on logarithmic axes: a line for each
//! mechanism with its name at the end, in the colour of its family.

use super::PlotError;
use super::axis::{Axis, LEFT, RIGHT, Scale, TICK, tick_text};
use super::canvas::{About, Anchor, At, Canvas, Drawn, Label, sheet};
use super::legend::{BELOW_TITLE, Legend, MARGIN, Mark, draw_title};
use super::palette::{Colour, GRID, LINES};
use crate::number;
use crate::words::ipc as words;
use analysis::ipc::{Comparison, Family, Latency, Link};
use std::collections::{BTreeMap, BTreeSet};
use wire::Mechanism;

/// Height of the area with the lines: the names at their ends stand below each other in it.
const PLOT_HEIGHT: f64 = 440.0;
/// Height of the numbers and words below it.
const AXIS_HEIGHT: f64 = 40.0;
/// Width of the names right of the area.
const NAMES_WIDTH: f64 = 172.0;
/// Least distance between two names.
const NAME_HEIGHT: f64 = 14.0;

/// Median latency of every mechanism for every size, `named` so that the page can hold several.
pub(crate) fn ipc_latency_svg(
    comparison: &Comparison,
    latency: impl Fn(&Link) -> &Latency,
    named: &str,
) -> Result<String, PlotError> {
    let lines = lines(comparison, latency);
    let mut legend = Legend::default();
    for family in lines.iter().map(|line| line.family).collect::<BTreeSet<_>>() {
        legend.add(Mark::Line, colour(family), words::family(family));
    }
    let top = BELOW_TITLE + legend.height(MARGIN) + 14.0;
    let bottom = top + PLOT_HEIGHT;
    let points = || lines.iter().flat_map(|line| &line.points);
    let size = log_axis(points().map(|(bytes, _)| *bytes), (LEFT, RIGHT - NAMES_WIDTH));
    let time = log_axis(points().map(|(_, us)| *us), (bottom - 8.0, top + 8.0));
    let title = format!("Median latency by size of message, {named}");
    let described: Vec<String> = lines.iter().map(Line::words).collect();
    let name = format!("ipc-{named}");
    let about = About { name: &name, title: &title, description: &described.join(". ") };
    sheet(bottom + AXIS_HEIGHT, &about, |canvas| {
        draw_title(canvas, &title)?;
        legend.draw(canvas, (MARGIN, BELOW_TITLE))?;
        draw_axes(canvas, &comparison.payloads(), &size, &time)?;
        lines.iter().try_for_each(|line| line.draw(canvas, &size, &time))?;
        draw_names(canvas, &lines, &size, &time)
    })
}

/// The colour of a family.
pub(super) fn colour(family: Family) -> Colour {
    LINES[family as usize % LINES.len()]
}

/// A mechanism: bytes and µs, the smallest message first.
struct Line {
    mechanism: Mechanism,
    family: Family,
    points: Vec<(f64, f64)>,
}

fn lines(comparison: &Comparison, latency: impl Fn(&Link) -> &Latency) -> Vec<Line> {
    let mut lines: BTreeMap<Mechanism, Line> = BTreeMap::new();
    for link in &comparison.links {
        let p50 = latency(link).latency_us.p50;
        let Link { mechanism, family, .. } = *link;
        let line = lines.entry(mechanism).or_insert(Line { mechanism, family, points: Vec::new() });
        // A logarithm needs something to measure.
        if p50 > 0.0 {
            line.points.push((link.payload_bytes as f64, p50));
        }
    }
    lines.into_values().filter(|line| !line.points.is_empty()).collect()
}

/// A logarithmic axis around positive values.
fn log_axis(values: impl Iterator<Item = f64> + Clone, pixels: (f64, f64)) -> Axis {
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let greatest = values.fold(0.0, f64::max);
    let values = if greatest > least {
        (least / 1.2, greatest * 1.2)
    } else if greatest > 0.0 {
        (greatest / 10.0, greatest * 10.0)
    } else {
        (1.0, 10.0)
    };
    Axis { values, pixels, scale: Scale::Log }
}

fn draw_axes(canvas: &Canvas<'_>, payloads: &[u64], size: &Axis, time: &Axis) -> Drawn {
    let (left, right) = size.pixels;
    let (bottom, top) = (time.pixels.0 + 8.0, time.pixels.1 - 8.0);
    let end = Label { anchor: Anchor::End, ..TICK };
    for value in time.ticks(12.0) {
        let y = time.pixel(value);
        canvas.line([(left, y), (right, y)], GRID, 1.0)?;
        canvas.text((left - 8.0, y), &format!("{} µs", tick_text(value)), end)?;
    }
    for &bytes in payloads {
        let x = size.pixel(bytes as f64);
        canvas.line([(x, top), (x, bottom)], GRID, 1.0)?;
        canvas.text((x, bottom + 11.0), &format!("{} B", number::count(bytes)), TICK)?;
    }
    canvas.text((right, bottom + 26.0), "size of a message (log)", end)
}

/// The name of each line beside its last point, apart from the others.
fn draw_names(canvas: &Canvas<'_>, lines: &[Line], size: &Axis, time: &Axis) -> Drawn {
    let mut ends: Vec<(&Line, At)> =
        lines.iter().map(|line| (line, line.end(size, time))).collect();
    ends.sort_by(|(_, a), (_, b)| a.1.total_cmp(&b.1));
    let heights: Vec<f64> = ends.iter().map(|(_, end)| end.1).collect();
    let x = size.pixels.1 + 22.0;
    for ((line, end), y) in ends.into_iter().zip(apart(&heights, time.pixels.0)) {
        let colour = colour(line.family);
        canvas.line([end, (x - 10.0, y), (x - 3.0, y)], colour.with_opacity(0.5), 1.0)?;
        canvas.text(
            (x, y),
            line.mechanism.name(),
            Label { colour, anchor: Anchor::Start, size: 11.5, ..TICK },
        )?;
    }
    Ok(())
}

/// Ascending heights moved so that each is [`NAME_HEIGHT`] from the next and none is below `bottom`.
fn apart(heights: &[f64], bottom: f64) -> Vec<f64> {
    let mut apart = heights.to_vec();
    for i in 1..apart.len() {
        apart[i] = apart[i].max(apart[i - 1] + NAME_HEIGHT);
    }
    let mut limit = bottom;
    for height in apart.iter_mut().rev() {
        *height = height.min(limit);
        limit = *height - NAME_HEIGHT;
    }
    apart
}

impl Line {
    fn words(&self) -> String {
        let point = |(bytes, us): &(f64, f64)| {
            format!("{} B {} µs", number::count(*bytes as u64), number::short(*us))
        };
        format!(
            "{}: {}",
            self.mechanism,
            self.points.iter().map(point).collect::<Vec<_>>().join(", ")
        )
    }

    fn draw(&self, canvas: &Canvas<'_>, size: &Axis, time: &Axis) -> Drawn {
        let at: Vec<At> =
            self.points.iter().map(|(bytes, us)| (size.pixel(*bytes), time.pixel(*us))).collect();
        let colour = colour(self.family);
        canvas.line(at.iter().copied(), colour, 1.5)?;
        at.into_iter().try_for_each(|at| canvas.circle(at, 2.5, colour))
    }

    fn end(&self, size: &Axis, time: &Axis) -> At {
        let last = self.points.last().map(|(bytes, us)| (size.pixel(*bytes), time.pixel(*us)));
        last.expect("a line has a point")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_apart_and_above_the_bottom() {
        let seen = apart(&[10.0, 11.0, 12.0, 95.0, 99.0], 100.0);
        assert!(seen.windows(2).all(|pair| pair[1] - pair[0] >= NAME_HEIGHT - 1e-9), "{seen:?}");
        assert!(seen.iter().all(|y| *y <= 100.0), "{seen:?}");
        assert_eq!(apart(&[], 1.0), Vec::<f64>::new());
    }

    #[test]
    fn an_axis_of_one_value_or_none_is_still_an_axis() {
        for values in [vec![], vec![5.0], vec![1.0, 1000.0]] {
            let axis = log_axis(values.iter().copied(), (0.0, 100.0));
            assert!(axis.values.1 > axis.values.0 && axis.values.0 > 0.0, "{axis:?}");
        }
    }
}
