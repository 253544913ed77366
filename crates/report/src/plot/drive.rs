//! How near the ego came, how fast it was, and what it was asked to brake, over time.

use super::PlotError;
use super::axis::{Axis, LEFT, RIGHT, Scale, TICK, draw_time_axis, round_up, tick_text};
use super::birds_eye::colour;
use super::canvas::{About, Anchor, Canvas, Drawn, Label, Weight, sheet};
use super::decimate::{Point, decimate, thinned};
use super::faults::{draw_names, draw_shades, names_height};
use super::legend::{BELOW_TITLE, Legend, MARGIN, Mark, draw_title};
use super::palette::{self, BLUE, Colour, FAINT, GRID, INK, LANE, ORANGE, PURPLE, VERMILLION};
use crate::{number, words};
use analysis::Summary;
use analysis::series::Series;
use std::collections::BTreeMap;

/// Height of the area with the distances, with the speed, and with the brakes.
const GAP_HEIGHT: f64 = 200.0;
const SPEED_HEIGHT: f64 = 90.0;
const BRAKE_HEIGHT: f64 = 22.0;
/// Distance between two areas.
const BETWEEN: f64 = 16.0;
/// Height of the numbers and words below.
const AXIS_HEIGHT: f64 = 40.0;
/// Farthest that is shown, m.
const AHEAD_MAX_M: f64 = 100.0;
/// A line is parted where its points are further apart in time, ms.
const GAP_MS: f64 = 300.0;
/// What is drawn at full strength, m/s².
const FULL_BRAKING_MPS2: f64 = 9.0;

/// The true gap to the lead with the distances of all tracks, the speed of the ego, and the brakes.
pub fn drive_svg(summary: &Summary, series: &Series) -> Result<String, PlotError> {
    let time = Axis::time(summary.duration_ms);
    let legend = legend(series);
    let names_bottom = BELOW_TITLE + legend.height(MARGIN) + 6.0;
    let top = names_bottom + names_height(&series.fault_spans, &time);
    let speed_top = top + GAP_HEIGHT + BETWEEN;
    let brake_top = speed_top + SPEED_HEIGHT + BETWEEN;
    let bottom = brake_top + BRAKE_HEIGHT;
    let title = format!("{}: gap, speed and brakes", words::run_name(summary));
    let description = words::safety(summary);
    let about = About { name: "drive", title: &title, description: &description };
    sheet(bottom + AXIS_HEIGHT, &about, |canvas| {
        draw_title(canvas, &title)?;
        legend.draw(canvas, (MARGIN, BELOW_TITLE))?;
        draw_time_axis(canvas, &time, (top, bottom))?;
        draw_shades(canvas, &series.fault_spans, &time, (top, bottom))?;
        draw_names(canvas, &series.fault_spans, &time, top)?;
        draw_gaps(canvas, &time, series, (top, top + GAP_HEIGHT))?;
        draw_speed(canvas, &time, series, (speed_top, speed_top + SPEED_HEIGHT))?;
        draw_brakes(canvas, &time, series, (brake_top, bottom))?;
        draw_moments(canvas, &time, summary, (top, bottom))
    })
}

fn legend(series: &Series) -> Legend {
    let mut legend = Legend::default();
    legend.add(Mark::Line, INK, "true gap to the lead");
    if let Some(track) = series.tracks.first() {
        legend.add(Mark::Line, colour(track.id), "tracks, a colour each");
    }
    legend.add(Mark::Line, BLUE, "ego speed");
    legend.add(Mark::Box, ORANGE, "brake request");
    if series.brakes.iter().any(|(_, asked)| asked.is_none()) {
        legend.add(Mark::Box, FAINT.with_opacity(0.4), "no statement on braking");
    }
    if !series.fault_spans.is_empty() {
        legend.add(Mark::Box, palette::FAULT_SHADE, "fault until recovery");
    }
    legend
}

/// Values from zero to a round one above all of these.
fn from_zero(values: impl Iterator<Item = f64>, least: f64, (top, bottom): (f64, f64)) -> Axis {
    let greatest = values.fold(least, f64::max) * 1.05;
    let step = round_up(greatest / 5.0);
    let values = (0.0, (greatest / step).ceil() * step);
    Axis { values, pixels: (bottom, top), scale: Scale::Linear }
}

fn draw_value_axis(canvas: &Canvas<'_>, axis: &Axis, unit: &str) -> Drawn {
    let wanted = if axis.pixels.0 - axis.pixels.1 > 120.0 { 6.0 } else { 3.0 };
    for value in axis.ticks(wanted) {
        let y = axis.pixel(value);
        canvas.line([(LEFT, y), (RIGHT, y)], GRID, 1.0)?;
        let label = Label { anchor: Anchor::End, ..TICK };
        canvas.text((LEFT - 8.0, y), &tick_text(value), label)?;
    }
    let middle = f64::midpoint(axis.pixels.0, axis.pixels.1);
    canvas.text((MARGIN, middle), unit, Label { anchor: Anchor::Start, ..TICK })
}

fn draw_gaps(canvas: &Canvas<'_>, time: &Axis, series: &Series, height: (f64, f64)) -> Drawn {
    let gaps = || series.drive.iter().filter_map(|it| Some((it.at_ms, it.gap_m?)));
    let near = |it: &(f64, f64)| it.1 <= AHEAD_MAX_M;
    let axis = from_zero(gaps().filter(near).map(|(_, gap_m)| gap_m), 10.0, height);
    draw_value_axis(canvas, &axis, "ahead, m")?;
    let mut tracks: BTreeMap<(u32, u32), Vec<Point>> = BTreeMap::new();
    for it in series.tracks.iter().filter(|it| (0.0..=axis.values.1).contains(&it.x_m)) {
        tracks.entry((it.incarnation, it.id)).or_default().push((it.at_ms, it.x_m));
    }
    let gaps: Vec<Point> = gaps().filter(|it| it.1 <= axis.values.1).collect();
    draw_line(canvas, (time, &axis), &gaps, (INK, 2.5))?;
    for ((_, id), points) in &tracks {
        draw_line(canvas, (time, &axis), points, (colour(*id), 1.0))?;
    }
    Ok(())
}

fn draw_speed(canvas: &Canvas<'_>, time: &Axis, series: &Series, height: (f64, f64)) -> Drawn {
    let speeds: Vec<Point> = series.drive.iter().map(|it| (it.at_ms, it.speed_mps * 3.6)).collect();
    let axis = from_zero(speeds.iter().map(|(_, kph)| *kph), 10.0, height);
    draw_value_axis(canvas, &axis, "km/h")?;
    draw_line(canvas, (time, &axis), &speeds, (BLUE, 2.0))
}

fn draw_line(
    canvas: &Canvas<'_>,
    (time, value): (&Axis, &Axis),
    points: &[Point],
    (colour, width): (Colour, f64),
) -> Drawn {
    for part in points.chunk_by(|a, b| b.0 - a.0 <= GAP_MS) {
        let pixels: Vec<Point> =
            part.iter().map(|it| (time.pixel(it.0), value.pixel(it.1))).collect();
        canvas.line(thinned(&decimate(&pixels)), colour, width)?;
    }
    Ok(())
}

/// What was asked for, the harder the stronger.
fn draw_brakes(
    canvas: &Canvas<'_>,
    time: &Axis,
    series: &Series,
    (top, bottom): (f64, f64),
) -> Drawn {
    canvas.rectangle((LEFT, top), (RIGHT, bottom), LANE.with_opacity(0.6))?;
    let until = series.brakes.iter().skip(1).map(|it| it.0).chain([time.values.1]);
    for ((from_ms, asked), to_ms) in series.brakes.iter().zip(until) {
        let colour = match asked {
            None => FAINT.with_opacity(0.4),
            Some(mps2) if *mps2 > 0.0 => {
                ORANGE.with_opacity((mps2 / FULL_BRAKING_MPS2).clamp(0.3, 1.0))
            }
            Some(_) => continue,
        };
        let (from, to) = (time.pixel(*from_ms), time.pixel(to_ms));
        canvas.rectangle((from, top), (to.max(from + 1.0), bottom), colour)?;
    }
    let middle = f64::midpoint(top, bottom);
    canvas.text((MARGIN, middle), "brakes", Label { anchor: Anchor::Start, ..TICK })
}

/// The first request to brake, that of the twin, and a collision.
fn draw_moments(
    canvas: &Canvas<'_>,
    time: &Axis,
    summary: &Summary,
    (top, bottom): (f64, f64),
) -> Drawn {
    let safety = &summary.safety;
    let twin = safety.twin.and_then(|twin| twin.brake_requested_ms);
    let impact = safety.impact.map(|impact| impact.at_ms);
    let words = |impact: f64| format!("collision, {} km/h", number::short(impact * 3.6));
    let moments = [
        (safety.brake_requested_ms, ORANGE, "brake request".to_owned()),
        (twin, PURPLE, "brake request without faults".to_owned()),
        (impact, VERMILLION, safety.impact.map_or(String::new(), |it| words(it.speed_mps))),
    ];
    for (row, (at_ms, colour, text)) in (0_u8..).zip(moments) {
        let Some(at_ms) = at_ms else { continue };
        let x = time.pixel(at_ms);
        canvas.line([(x, top), (x, bottom)], colour, 1.5)?;
        let (anchor, x) =
            if x > RIGHT - 180.0 { (Anchor::End, x - 5.0) } else { (Anchor::Start, x + 5.0) };
        let label = Label { size: 11.0, colour, anchor, weight: Weight::Bold };
        canvas.text((x, top + 10.0 + 14.0 * f64::from(row)), &text, label)?;
    }
    Ok(())
}
