//! From values to pixels: [`Axis`], with its ticks.

use super::canvas::{Anchor, Canvas, Drawn, Label, Weight};
use super::palette::{FAINT, GRID};

/// Left edge of every plot's drawing; names and numbers stand left of it.
pub(super) const LEFT: f64 = 92.0;
/// Right edge.
pub(super) const RIGHT: f64 = super::canvas::WIDTH - 24.0;

/// Text at the axes.
pub(super) const TICK: Label =
    Label { size: 11.0, colour: FAINT, anchor: Anchor::Middle, weight: Weight::Normal };

/// How values spread over an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// Equal distances are equal differences.
    Linear,
    /// Equal distances are equal factors.
    Log,
}

/// An axis: values from one end to the other, and the pixels of these ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    /// Values at the two ends.
    pub(super) values: (f64, f64),
    /// Pixels of the two ends.
    pub(super) pixels: (f64, f64),
    /// Spread.
    pub(super) scale: Scale,
}

impl Axis {
    /// The time axis that all plots share, from 0 to so many milliseconds; of a run without any,
    /// an empty second.
    pub(super) fn time(duration_ms: f64) -> Axis {
        let end = if duration_ms > 0.0 { duration_ms } else { 1000.0 };
        Axis { values: (0.0, end), pixels: (LEFT, RIGHT), scale: Scale::Linear }
    }

    /// The pixel of a value; what lies outside is drawn at the end.
    pub(super) fn pixel(&self, value: f64) -> f64 {
        let (from, to) = self.values;
        let share = match self.scale {
            Scale::Linear => (value - from) / (to - from),
            Scale::Log => (value.max(from) / from).ln() / (to / from).ln(),
        };
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// Round values along the axis, about `wanted` of them.
    pub(super) fn ticks(&self, wanted: f64) -> Vec<f64> {
        match self.scale {
            Scale::Linear => self.linear_ticks(wanted),
            Scale::Log => self.log_ticks(wanted),
        }
    }

    fn linear_ticks(&self, wanted: f64) -> Vec<f64> {
        let (from, to) = self.values;
        let step = round_up((to - from) / wanted);
        let (first, last) = ((from / step).ceil() as i64, (to / step + 1e-9).floor() as i64);
        (first..=last).map(|i| i as f64 * step).collect()
    }

    fn log_ticks(&self, wanted: f64) -> Vec<f64> {
        let (from, to) = self.values;
        let decades = (from.log10().floor() as i32)..=(to.log10().ceil() as i32);
        let dense = (to / from).log10() * 3.0 <= wanted;
        let mantissas: &[f64] = if dense { &[1.0, 2.0, 5.0] } else { &[1.0] };
        decades
            .flat_map(|d| mantissas.iter().map(move |m| m * 10f64.powi(d)))
            .filter(|v| *v >= from * 0.999 && *v <= to * 1.001)
            .collect()
    }
}

/// The next of 1, 2, 5 times a power of ten, at least this.
pub(super) fn round_up(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let decade = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0]
        .map(|m| m * decade)
        .into_iter()
        .find(|r| *r >= value * 0.999_999)
        .unwrap_or(10.0 * decade)
}

/// A value of an axis: as few digits as its size needs.
pub(super) fn tick_text(value: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    format!("{rounded}")
}

/// Vertical grid lines between two heights and the seconds below them.
pub(super) fn draw_time_axis(canvas: &Canvas<'_>, time: &Axis, (top, bottom): (f64, f64)) -> Drawn {
    draw_time_grid(canvas, time, (top, bottom))?;
    for at_ms in time.ticks(12.0) {
        canvas.text((time.pixel(at_ms), bottom + 11.0), &tick_text(at_ms / 1000.0), TICK)?;
    }
    let caption = Label { anchor: Anchor::End, ..TICK };
    canvas.text((RIGHT, bottom + 26.0), "time since the start of the schedule, s", caption)
}

/// Vertical grid lines between two heights.
pub(super) fn draw_time_grid(canvas: &Canvas<'_>, time: &Axis, (top, bottom): (f64, f64)) -> Drawn {
    for at_ms in time.ticks(12.0) {
        let x = time.pixel(at_ms);
        canvas.line([(x, top), (x, bottom)], GRID, 1.0)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(values: (f64, f64), scale: Scale) -> Axis {
        Axis { values, pixels: (100.0, 0.0), scale }
    }

    #[test]
    fn ticks_are_round_and_few() {
        let cases = [
            (axis((0.0, 8000.0), Scale::Linear), 12.0, 9),
            (axis((0.0, 60_000.0), Scale::Linear), 12.0, 13),
            (axis((0.0, 0.7), Scale::Linear), 5.0, 4),
            (axis((0.01, 1000.0), Scale::Log), 6.0, 6),
            (axis((1.0, 100.0), Scale::Log), 6.0, 7),
        ];
        for (axis, wanted, expected) in cases {
            assert_eq!(axis.ticks(wanted).len(), expected, "{:?}", axis.ticks(wanted));
        }
    }

    #[test]
    fn a_value_outside_is_drawn_at_the_end() {
        for scale in [Scale::Linear, Scale::Log] {
            let axis = axis((1.0, 10.0), scale);
            for (value, pixel) in [(1.0, 100.0), (10.0, 0.0), (99.0, 0.0), (0.0, 100.0)] {
                assert!((axis.pixel(value) - pixel).abs() < 1e-9, "{scale:?} {value}");
            }
        }
    }

    #[test]
    fn rounding_up_reaches_the_next_handy_number() {
        for (value, expected) in [(0.0, 1.0), (1.0, 1.0), (1.2, 2.0), (30.0, 50.0), (51.0, 100.0)] {
            assert!((round_up(value) - expected).abs() < 1e-9);
        }
    }
}
