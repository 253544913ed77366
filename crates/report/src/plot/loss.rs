//! Lost samples over time: for each sensor a strip with a tick for each loss, and their running
//! total below.

use super::axis::{Axis, LEFT, RIGHT, TICK, draw_time_axis, draw_time_grid};
use super::canvas::{About, Anchor, Canvas, Drawn, Label, Weight, sheet};
use super::faults::{draw_names, draw_shades, names_height};
use super::legend::{BELOW_TITLE, Legend, MARGIN, Mark, draw_title};
use super::palette::{self, GRID, INK, LANE};
use super::{PlotError, axis::Scale};
use crate::{number, words};
use analysis::Summary;
use analysis::series::{FaultSpan, Loss, Series};
use analysis::summary::{Cause, Stream};
use std::collections::BTreeSet;
use wire::Node;

/// Height of the heading of a stream.
const HEADING: f64 = 24.0;
/// Height of the strip with the ticks.
const STRIP: f64 = 26.0;
/// Height of the running total.
const TOTAL: f64 = 64.0;
/// Height of a stream with the distance to the next.
const PANEL: f64 = HEADING + STRIP + 6.0 + TOTAL + 16.0;
/// Width of a tick, and of the columns in which ticks of one cause are one.
const TICK_WIDTH: f64 = 2.0;
/// Height of the numbers and words at the bottom.
const AXIS_HEIGHT: f64 = 36.0;

/// What was lost of the camera's frames and the radar's lists, when, and why.
pub fn frame_loss_svg(summary: &Summary, series: &Series) -> Result<String, PlotError> {
    let time = Axis::time(summary.duration_ms);
    let panels = [
        Panel::new(Node::Camera, &summary.streams.camera, series),
        Panel::new(Node::Radar, &summary.streams.radar, series),
    ];
    let top = BELOW_TITLE + 6.0 + names_height(&series.fault_spans, &time);
    let bottom = top + PANEL * panels.len() as f64 - 8.0;
    let title = format!("{}: lost samples", words::run_name(summary));
    let sentences = panels.each_ref().map(Panel::heading);
    let about = About { name: "frame-loss", title: &title, description: &sentences.join(". ") };
    sheet(bottom + AXIS_HEIGHT, &about, |canvas| {
        draw_title(canvas, &title)?;
        draw_time_axis(canvas, &time, (top, bottom))?;
        for (i, panel) in panels.iter().enumerate() {
            panel.draw(canvas, &time, top + PANEL * i as f64)?;
        }
        draw_names(canvas, &series.fault_spans, &time, top)
    })
}

/// One stream with its losses in the order of time.
struct Panel<'a> {
    node: Node,
    stream: &'a Stream,
    losses: Vec<Loss>,
    fault_spans: &'a [FaultSpan],
}

impl<'a> Panel<'a> {
    fn new(node: Node, stream: &'a Stream, series: &'a Series) -> Panel<'a> {
        let mut losses: Vec<Loss> =
            series.losses.iter().copied().filter(|l| l.stream == node).collect();
        losses.sort_by(|a, b| a.due_ms.total_cmp(&b.due_ms));
        Panel { node, stream, losses, fault_spans: &series.fault_spans }
    }

    fn heading(&self) -> String {
        let (lost, expected) = (words::lost(self.stream), self.stream.expected);
        let samples = if self.node == Node::Camera { "frames" } else { "detection lists" };
        if expected == 0 {
            return format!("{}: no {samples} were due", self.node);
        }
        if lost == 0 {
            return format!("{}: none of {} {samples} lost", self.node, number::count(expected));
        }
        let (share, lost) = (number::percent(lost, expected), number::count(lost));
        format!("{}: {lost} of {} {samples} lost, {share}", self.node, number::count(expected))
    }

    fn draw(&self, canvas: &Canvas<'_>, time: &Axis, top: f64) -> Drawn {
        let label = Label { size: 12.0, colour: INK, anchor: Anchor::Start, weight: Weight::Bold };
        let heading = self.heading();
        // The heading covers the grid lines, so that it can be read.
        canvas.rectangle((0.0, top), (RIGHT + 1.0, top + HEADING), palette::PAPER)?;
        canvas.text((MARGIN, top + HEADING / 2.0), &heading, label)?;
        let mut legend = Legend::default();
        for (cause, count) in self.stream.lost.iter().filter(|(_, count)| **count > 0) {
            let text = format!("{} {}", cause.words(), number::count(*count));
            legend.add(Mark::Box, palette::cause(*cause), text);
        }
        legend.draw(canvas, (LEFT + 280.0, top + 3.0))?;
        let strip = (top + HEADING, top + HEADING + STRIP);
        canvas.rectangle((LEFT, strip.0), (RIGHT, strip.1), LANE)?;
        draw_time_grid(canvas, time, strip)?;
        draw_shades(canvas, self.fault_spans, time, (strip.0, strip.1 + 6.0 + TOTAL))?;
        canvas.text((MARGIN, f64::midpoint(strip.0, strip.1)), "each loss", left(TICK))?;
        let total = (strip.1 + 6.0, strip.1 + 6.0 + TOTAL);
        canvas.line([(LEFT, total.1), (RIGHT, total.1)], GRID, 1.0)?;
        canvas.text((MARGIN, total.0 + TOTAL / 2.0), "total", left(TICK))?;
        if self.losses.is_empty() {
            // At the side, where lines of faults seldom are.
            let place = (LEFT + 8.0, total.0 + TOTAL / 2.0);
            let words =
                if words::lost(self.stream) == 0 { "no sample lost" } else { "times not recorded" };
            return canvas.text(place, words, left(Label { size: 13.0, ..TICK }));
        }
        self.draw_ticks(canvas, time, strip)?;
        self.draw_total(canvas, time, total)
    }

    /// A tick where something was lost; causes that share a place share its height.
    fn draw_ticks(&self, canvas: &Canvas<'_>, time: &Axis, (top, bottom): (f64, f64)) -> Drawn {
        let place = |loss: &Loss| (time.pixel(loss.due_ms) / TICK_WIDTH).floor() as i64;
        for column in self.losses.chunk_by(|a, b| place(a) == place(b)) {
            let x = place(&column[0]) as f64 * TICK_WIDTH;
            let causes: BTreeSet<Cause> = column.iter().map(|l| l.cause).collect();
            let height = (bottom - top) / causes.len() as f64;
            for (i, cause) in causes.into_iter().enumerate() {
                let y = top + height * i as f64;
                let colour = palette::cause(cause);
                canvas.rectangle((x, y), (x + TICK_WIDTH, y + height), colour)?;
            }
        }
        Ok(())
    }

    fn draw_total(&self, canvas: &Canvas<'_>, time: &Axis, (top, bottom): (f64, f64)) -> Drawn {
        let count = self.losses.len();
        let scale =
            Axis { values: (0.0, count as f64), pixels: (bottom, top + 4.0), scale: Scale::Linear };
        let end = Label { anchor: Anchor::End, ..TICK };
        canvas.text((LEFT - 8.0, scale.pixel(0.0) - 3.0), "0", end)?;
        canvas.text((LEFT - 8.0, scale.pixels.1), &number::count(count as u64), end)?;
        let mut steps = vec![(LEFT, bottom)];
        let mut seen = 0;
        for column in
            self.losses.chunk_by(|a, b| time.pixel(a.due_ms) as i64 == time.pixel(b.due_ms) as i64)
        {
            let x = time.pixel(column[0].due_ms);
            steps.push((x, scale.pixel(f64::from(seen))));
            seen += column.len() as u32;
            steps.push((x, scale.pixel(f64::from(seen))));
        }
        steps.push((RIGHT, scale.pixel(f64::from(seen))));
        canvas.line(steps, INK, 1.5)
    }
}

fn left(label: Label) -> Label {
    Label { anchor: Anchor::Start, ..label }
}
