//! Latency over time: one line for each interval, faults shaded.

use super::axis::{Axis, LEFT, RIGHT, Scale, TICK, draw_time_axis, round_up, tick_text};
use super::canvas::{About, Anchor, Canvas, Drawn, Label, sheet};
use super::decimate::{Point, decimate, segments};
use super::faults::{STALLED, draw_names, draw_shades, draw_stalls, names_height};
use super::legend::{BELOW_TITLE, Legend, MARGIN, Mark, draw_title};
use super::palette::{Colour, FAINT, GRID, INK, LINES};
use super::{PlotError, palette};
use crate::{number, words};
use analysis::Summary;
use analysis::series::{LatencyLine, Series};

/// Height of the area with the lines.
const PLOT_HEIGHT: f64 = 280.0;
/// Height of the numbers and words below it.
const AXIS_HEIGHT: f64 = 40.0;
/// Above this ratio of the largest to the smallest usual value the axis is logarithmic.
const LOG_SPREAD: f64 = 30.0;
/// What is usual lies between these quantiles.
const USUAL: (f64, f64) = (0.005, 0.995);
/// A linear axis shows values up to this multiple of what is usual; the rest is marked.
const HEADROOM: f64 = 2.0;

/// Latency over the run, in milliseconds.
pub fn latency_svg(summary: &Summary, series: &Series) -> Result<String, PlotError> {
    let time = Axis::time(summary.duration_ms);
    let value = value_axis(&series.latency);
    let mut legend = Legend::default();
    for (line, colour) in coloured(&series.latency) {
        let name = words::interval_of(line.stream, &line.interval);
        legend.add(Mark::Line, colour, name);
    }
    if !series.fault_spans.is_empty() {
        legend.add(Mark::Box, palette::FAULT_SHADE, "fault until recovery");
    }
    if !series.stalls.is_empty() {
        legend.add(Mark::Box, palette::STALL_SHADE, STALLED);
    }
    let beyond = series.latency.iter().flat_map(|l| &l.points).filter(|p| p.1 > value.values.1);
    if beyond.count() > 0 {
        legend.add(Mark::Beyond, FAINT, "above the scale, largest in numbers");
    }
    let names_bottom = BELOW_TITLE + legend.height(MARGIN) + 6.0;
    let top = names_bottom + names_height(&series.fault_spans, &time);
    let value = Axis { pixels: (top + PLOT_HEIGHT, top), ..value };
    let worth = words::no_measurement(&summary.host).map_or("", |_| " (emulated, no measurement)");
    let title = format!("{}: latency{worth}", words::run_name(summary));
    let about =
        About { name: "latency", title: &title, description: &describe(summary, &series.latency) };
    sheet(top + PLOT_HEIGHT + AXIS_HEIGHT, &about, |canvas| {
        draw_title(canvas, &title)?;
        legend.draw(canvas, (MARGIN, BELOW_TITLE))?;
        draw_value_axis(canvas, &value)?;
        draw_time_axis(canvas, &time, (top, top + PLOT_HEIGHT))?;
        draw_shades(canvas, &series.fault_spans, &time, (top, top + PLOT_HEIGHT))?;
        draw_stalls(canvas, &series.stalls, &time, (top, top + PLOT_HEIGHT))?;
        draw_names(canvas, &series.fault_spans, &time, top)?;
        if series.latency.iter().all(|l| l.points.is_empty()) {
            let middle = (f64::midpoint(LEFT, RIGHT), top + PLOT_HEIGHT / 2.0);
            return canvas.text(middle, "no latency was measured", Label { size: 14.0, ..TICK });
        }
        for (line, colour) in coloured(&series.latency) {
            draw_line(canvas, (&time, &value), line, colour)?;
        }
        Ok(())
    })
}

fn coloured(lines: &[LatencyLine]) -> impl Iterator<Item = (&LatencyLine, Colour)> {
    lines.iter().zip(LINES.into_iter().cycle())
}

fn describe(summary: &Summary, lines: &[LatencyLine]) -> String {
    let streams = &summary.streams;
    let of = |line: &LatencyLine| {
        let stream = match line.stream {
            wire::Node::Camera => &streams.camera,
            wire::Node::Radar => &streams.radar,
            wire::Node::Fusion => &streams.fusion,
        };
        let quantiles = stream.latency_us.get(&line.interval)?;
        let (p50, p99) = (number::us_as_ms(quantiles.p50), number::us_as_ms(quantiles.p99));
        let name = words::interval_of(line.stream, &line.interval);
        Some(format!("{name}: median {p50} ms, p99 {p99} ms."))
    };
    let sentences: Vec<String> = lines.iter().filter_map(of).collect();
    format!("Latency in milliseconds over the time of the run. {}", sentences.join(" "))
}

/// The axis of latencies, in no place yet.
fn value_axis(lines: &[LatencyLine]) -> Axis {
    let positive = |p: &&Point| p.1 > 0.0 && p.1.is_finite();
    let mut values: Vec<f64> =
        lines.iter().flat_map(|l| &l.points).filter(positive).map(|p| p.1).collect();
    values.sort_unstable_by(f64::total_cmp);
    let (Some(least), Some(greatest)) = (values.first(), values.last()) else {
        return Axis { values: (0.0, 1.0), pixels: (0.0, 0.0), scale: Scale::Linear };
    };
    let quantile = |q: f64| values[((values.len() - 1) as f64 * q).round() as usize];
    let (low, high) = (quantile(USUAL.0), quantile(USUAL.1));
    if greatest / low > LOG_SPREAD {
        let floor = round_up(least.max(low / 10.0) / 2.6);
        let values = (floor, round_up(greatest * 1.3));
        return Axis { values, pixels: (0.0, 0.0), scale: Scale::Log };
    }
    let top = if *greatest > high * HEADROOM { high * HEADROOM } else { greatest * 1.08 };
    let step = round_up(top / 5.0);
    let values = (0.0, (top / step).ceil() * step);
    Axis { values, pixels: (0.0, 0.0), scale: Scale::Linear }
}

fn draw_value_axis(canvas: &Canvas<'_>, axis: &Axis) -> Drawn {
    for value in axis.ticks(6.0) {
        let y = axis.pixel(value);
        canvas.line([(LEFT, y), (RIGHT, y)], GRID, 1.0)?;
        let label = Label { anchor: Anchor::End, ..TICK };
        canvas.text((LEFT - 8.0, y), &tick_text(value), label)?;
    }
    let middle = f64::midpoint(axis.pixels.0, axis.pixels.1);
    let unit = if axis.scale == Scale::Log { "ms (log)" } else { "ms" };
    canvas.text((MARGIN, middle), unit, Label { anchor: Anchor::Start, ..TICK })
}

fn draw_line(
    canvas: &Canvas<'_>,
    (time, value): (&Axis, &Axis),
    line: &LatencyLine,
    colour: Colour,
) -> Drawn {
    let inside = |p: &&Point| p.0 >= time.values.0 && p.0 <= time.values.1;
    let points: Vec<Point> =
        line.points.iter().filter(inside).map(|p| (time.pixel(p.0), p.1)).collect();
    for segment in segments(&points) {
        let kept = decimate(segment);
        if let [only] = kept[..] {
            canvas.circle((only.0, value.pixel(only.1)), 1.5, colour)?;
        }
        canvas.line(kept.iter().map(|p| (p.0, value.pixel(p.1))), colour, 1.5)?;
    }
    draw_beyond(canvas, &points, value, colour)
}

/// Marks what lies above the axis, one mark in a column, and writes the largest value beside.
fn draw_beyond(canvas: &Canvas<'_>, points: &[Point], value: &Axis, colour: Colour) -> Drawn {
    let y = value.pixels.1 + 5.0;
    let mut last_x = f64::NEG_INFINITY;
    let mut greatest: Option<Point> = None;
    for point in points.iter().filter(|p| p.1 > value.values.1) {
        if point.0 - last_x >= 4.0 {
            Mark::Beyond.draw(canvas, (point.0, y), colour)?;
            last_x = point.0;
        }
        greatest = greatest.filter(|g| g.1 >= point.1).or(Some(*point));
    }
    let Some((x, latency)) = greatest else { return Ok(()) };
    let (anchor, x) =
        if x > RIGHT - 80.0 { (Anchor::End, x - 7.0) } else { (Anchor::Start, x + 7.0) };
    let label = Label { anchor, colour: INK, ..TICK };
    canvas.text((x, y), &number::ms(Some(latency)), label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Node;

    fn line(values: impl IntoIterator<Item = f64>) -> Vec<LatencyLine> {
        let points = values.into_iter().enumerate().map(|(i, v)| (i as f64, v)).collect();
        vec![LatencyLine { stream: Node::Camera, interval: "a".to_owned(), points }]
    }

    #[test]
    fn the_axis_suits_what_is_usual() {
        let cases = [
            (line([]), (0.0, 1.0), Scale::Linear),
            (line((0..1000).map(|i| 4.0 + f64::from(i % 10) * 0.1)), (0.0, 6.0), Scale::Linear),
            (line((0..1000).map(|i| if i == 500 { 40.0 } else { 4.0 })), (0.0, 8.0), Scale::Linear),
            (
                line((0..1000).map(|i| if i % 2 == 0 { 0.03 } else { 9.0 })),
                (0.02, 20.0),
                Scale::Log,
            ),
        ];
        for (lines, values, scale) in cases {
            let axis = value_axis(&lines);
            assert_eq!(axis.scale, scale);
            assert!((axis.values.0 - values.0).abs() < 1e-9, "{axis:?}");
            assert!((axis.values.1 - values.1).abs() < 1e-9, "{axis:?}");
        }
    }
}
