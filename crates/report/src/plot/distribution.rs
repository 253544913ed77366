//! How soon a fault is detected and recovered from, over all trials: the share of trials in which it
//! had come to that after so many milliseconds, with the bounds of p95 and p99.

use super::PlotError;
use super::axis::{Axis, LEFT, RIGHT, Scale, TICK, round_up, tick_text};
use super::canvas::{About, Anchor, Canvas, Drawn, Label, sheet};
use super::legend::{BELOW_TITLE, Legend, MARGIN, Mark, draw_title};
use super::palette::{Colour, FAINT, GRID, INK};
use super::timeline::{DETECTION, RECOVERY};
use crate::{number, words};
use analysis::campaign::{Bound, FaultTrials, Times};

/// Height of the area with the lines.
const PLOT_HEIGHT: f64 = 260.0;
/// Height of the numbers and words below it.
const AXIS_HEIGHT: f64 = 40.0;
/// Above this ratio of the largest to the smallest time the axis is logarithmic.
const LOG_SPREAD: f64 = 30.0;
/// Shares with a grid line.
const SHARES: [f64; 6] = [0.0, 0.25, 0.5, 0.75, 0.95, 1.0];

/// What is drawn of a kind of time.
struct Line<'a> {
    name: &'static str,
    colour: Colour,
    times: &'a Times,
}

/// The empirical distributions of detection and recovery of one fault; `nth` tells its plot from
/// the others of the page.
pub(crate) fn distribution_svg(fault: &FaultTrials, nth: usize) -> Result<String, PlotError> {
    let lines = [
        Line { name: "detected", colour: DETECTION, times: &fault.fdti },
        Line { name: "recovered", colour: RECOVERY, times: &fault.recovery },
    ];
    let mut legend = Legend::default();
    for line in &lines {
        legend.add(Mark::Line, line.colour, line.words());
        if line.times.censored > 0 {
            legend.add(Mark::Line, line.colour, line.never());
        }
    }
    let bounded = |bound: fn(&Times) -> Bound| {
        lines.iter().any(|line| matches!(bound(line.times), Bound::AtMostMs(_)))
    };
    if bounded(|times| times.p95_bound) {
        legend.add(Mark::Diamond, FAINT, "upper 95 % bound of p95");
    }
    if bounded(|times| times.p99_bound) {
        legend.add(Mark::Triangle, FAINT, "of p99");
    }
    let top = BELOW_TITLE + legend.height(MARGIN) + 14.0;
    let bottom = top + PLOT_HEIGHT;
    let time = time_axis(&lines);
    let share = Axis { values: (0.0, 1.0), pixels: (bottom, top), scale: Scale::Linear };
    let title = format!("{}: trials detected and recovered after so long", fault.id);
    let described = lines.iter().flat_map(|line| [line.words(), line.never()]);
    let described: Vec<String> = described.collect();
    let name = format!("distribution-{nth}");
    let about = About { name: &name, title: &title, description: &described.join(". ") };
    sheet(bottom + AXIS_HEIGHT, &about, |canvas| {
        draw_title(canvas, &title)?;
        legend.draw(canvas, (MARGIN, BELOW_TITLE))?;
        draw_axes(canvas, &time, &share)?;
        if lines.iter().all(|line| line.times.trials == 0) {
            let middle = (f64::midpoint(LEFT, RIGHT), f64::midpoint(top, bottom));
            return canvas.text(middle, "no trial counts", Label { size: 14.0, ..TICK });
        }
        lines.iter().try_for_each(|line| line.draw(canvas, &time, &share))
    })
}

/// The axis of times, as wide as they are spread.
fn time_axis(lines: &[Line<'_>]) -> Axis {
    let all = lines.iter().flat_map(|line| &line.times.observed_ms);
    let positive = || all.clone().copied().filter(|ms| *ms > 0.0);
    let greatest = positive().fold(0.0, f64::max);
    let least = positive().fold(greatest, f64::min);
    let pixels = (LEFT, RIGHT);
    if greatest <= 0.0 {
        return Axis { values: (0.0, 1.0), pixels, scale: Scale::Linear };
    }
    if greatest / least > LOG_SPREAD {
        let values = (round_up(least / 2.6), round_up(greatest * 1.05));
        return Axis { values, pixels, scale: Scale::Log };
    }
    let step = round_up(greatest / 8.0);
    let values = (0.0, (greatest * 1.02 / step).ceil() * step);
    Axis { values, pixels, scale: Scale::Linear }
}

fn draw_axes(canvas: &Canvas<'_>, time: &Axis, share: &Axis) -> Drawn {
    let (bottom, top) = share.pixels;
    let end = Label { anchor: Anchor::End, ..TICK };
    for value in SHARES {
        let y = share.pixel(value);
        canvas.line([(LEFT, y), (RIGHT, y)], GRID, 1.0)?;
        canvas.text((LEFT - 8.0, y), &format!("{:.0} %", value * 100.0), end)?;
    }
    for value in time.ticks(12.0) {
        let x = time.pixel(value);
        canvas.line([(x, top), (x, bottom)], GRID, 1.0)?;
        canvas.text((x, bottom + 11.0), &tick_text(value), TICK)?;
    }
    let unit = if time.scale == Scale::Log { "ms (log)" } else { "ms" };
    canvas.text((RIGHT, bottom + 26.0), &format!("time since the effect of the fault, {unit}"), end)
}

impl Line<'_> {
    fn words(&self) -> String {
        let bound = |bound| match bound {
            Bound::AtMostMs(_) => format!("{} ms", words::bound(bound)),
            _ => words::bound(bound),
        };
        let Times { p95_bound, p99_bound, .. } = *self.times;
        format!("{}: p95 {}, p99 {}", self.name, bound(p95_bound), bound(p99_bound))
    }

    fn never(&self) -> String {
        let Times { trials, censored, .. } = *self.times;
        format!("{} of {} never {}", number::count(censored), number::count(trials), self.name)
    }

    fn draw(&self, canvas: &Canvas<'_>, time: &Axis, share: &Axis) -> Drawn {
        let Times { trials, p95_ms, p95_bound, p99_ms, p99_bound, .. } = *self.times;
        if trials == 0 {
            return Ok(());
        }
        canvas.line(self.steps(time, share), self.colour, 1.5)?;
        for (value, quantile_ms, bound, mark) in
            [(0.95, p95_ms, p95_bound, Mark::Diamond), (0.99, p99_ms, p99_bound, Mark::Triangle)]
        {
            let (Some(seen_ms), Bound::AtMostMs(bound_ms)) = (quantile_ms, bound) else { continue };
            let (y, to) = (share.pixel(value), time.pixel(bound_ms));
            canvas.line([(time.pixel(seen_ms), y), (to, y)], INK, 1.0)?;
            mark.draw(canvas, (to, y), self.colour)?;
        }
        Ok(())
    }

    /// The corners of the stairs, one stair for each half pixel.
    fn steps(&self, time: &Axis, share: &Axis) -> Vec<(f64, f64)> {
        let trials = self.times.trials as f64;
        let column = |ms: &f64| (time.pixel(*ms) * 2.0) as i64;
        let mut steps = vec![(LEFT, share.pixel(0.0))];
        let mut seen = 0;
        for stair in self.times.observed_ms.chunk_by(|a, b| column(a) == column(b)) {
            let x = time.pixel(stair[0]);
            steps.push((x, share.pixel(f64::from(seen) / trials)));
            seen += stair.len() as u32;
            steps.push((x, share.pixel(f64::from(seen) / trials)));
        }
        steps.push((RIGHT, share.pixel(f64::from(seen) / trials)));
        steps
    }
}
