//! Each fault from its effect on, in milliseconds on a logarithmic axis that all share: what
//! happens within a pixel of the timeline, told apart.

use super::axis::{Axis, LEFT, RIGHT, Scale, TICK, round_up, tick_text};
use super::canvas::{Anchor, At, Canvas, Drawn, Label, Weight, elided, text_width};
use super::faults::{short_id, stack};
use super::legend::{MARGIN, Mark};
use super::palette::{Colour, FAINT, GRID, INK, LANE};
use super::timeline::{DETECTION, REACTION, RECOVERY};
use crate::number;
use analysis::summary::FaultResult;
use std::collections::BTreeSet;

/// Most faults shown; the others stand in the table of faults.
const FAULTS_MAX: usize = 8;
/// Longest name of a step, characters; longer ones are cut short.
const STEP_MAX: usize = 32;
/// Height of the heading.
const HEADING: f64 = 30.0;
/// Height of the line with the marks.
const MARKS: f64 = 18.0;
/// Height of a row of words below it.
const WORDS_ROW: f64 = 13.0;
/// Distance to the next fault.
const GAP: f64 = 8.0;
/// Height of the numbers at the bottom.
const AXIS_HEIGHT: f64 = 40.0;
/// The axis begins at most here, milliseconds; what came sooner stands at its beginning.
const FIRST_MS: f64 = 0.1;

const WORDS: Label = Label { size: 10.5, ..TICK };

/// Something that happened after a fault took effect.
#[derive(Debug, PartialEq)]
struct Step {
    after_ms: f64,
    what: String,
    mark: Option<(Mark, Colour)>,
}

/// A fault with its steps, placed.
struct Strip {
    name: String,
    steps: Vec<Step>,
    /// On which side of its line each step's words stand, and in which row.
    places: Vec<(Anchor, usize)>,
    rows: usize,
}

/// The strips of all faults that have something to show.
pub(super) struct Zoom {
    axis: Axis,
    strips: Vec<Strip>,
    left_out: usize,
}

impl Zoom {
    /// Places the steps of each fault.
    pub(super) fn new(faults: &[FaultResult]) -> Zoom {
        let shown: Vec<(&FaultResult, Vec<Step>)> =
            faults.iter().map(|f| (f, steps(f))).filter(|(_, s)| !s.is_empty()).collect();
        let left_out = shown.len().saturating_sub(FAULTS_MAX);
        let last = shown.iter().flat_map(|(_, s)| s).map(|s| s.after_ms).fold(0.0, f64::max);
        let end = round_up(last.max(FIRST_MS * 10.0));
        let axis = Axis { values: (FIRST_MS, end), pixels: (LEFT, RIGHT), scale: Scale::Log };
        let strip = |(fault, steps): (&FaultResult, Vec<Step>)| Strip::new(fault, steps, &axis);
        let strips = shown.into_iter().take(FAULTS_MAX).map(strip).collect();
        Zoom { axis, strips, left_out }
    }

    /// Height of all strips; 0 without any.
    pub(super) fn height(&self) -> f64 {
        if self.strips.is_empty() {
            return 0.0;
        }
        HEADING + AXIS_HEIGHT + self.strips.iter().map(Strip::height).sum::<f64>()
    }

    /// Draws the strips from here down.
    pub(super) fn draw(&self, canvas: &Canvas<'_>, top: f64) -> Drawn {
        if self.strips.is_empty() {
            return Ok(());
        }
        let heading =
            Label { anchor: Anchor::Start, weight: Weight::Bold, size: 12.0, colour: INK };
        let title = "each fault from its effect on, ms (first of each kind)";
        canvas.text((MARGIN, top + HEADING / 2.0 - 2.0), title, heading)?;
        let bottom = top + self.height() - AXIS_HEIGHT;
        for value in self.axis.ticks(12.0) {
            let x = self.axis.pixel(value);
            canvas.line([(x, top + HEADING - 4.0), (x, bottom)], GRID, 1.0)?;
            canvas.text((x, bottom + 11.0), &tick_text(value), TICK)?;
        }
        let caption = match self.left_out {
            0 => "time since the effect of the fault, ms (log)".to_owned(),
            n => format!("{n} more in the table of faults; ms since the effect (log)"),
        };
        let end = Label { anchor: Anchor::End, ..TICK };
        canvas.text((RIGHT, bottom + 26.0), &caption, end)?;
        let mut y = top + HEADING;
        for strip in &self.strips {
            strip.draw(canvas, &self.axis, y)?;
            y += strip.height();
        }
        Ok(())
    }
}

impl Strip {
    fn new(fault: &FaultResult, steps: Vec<Step>, axis: &Axis) -> Strip {
        let width = |step: &Step| text_width(&step.words(), WORDS.size) + 8.0;
        let side = |step: &Step| {
            let fits = axis.pixel(step.after_ms) - 4.0 + width(step) <= RIGHT;
            if fits { Anchor::Start } else { Anchor::End }
        };
        let sides: Vec<Anchor> = steps.iter().map(side).collect();
        // Words before their marks all begin at one place, as it were: they stand one below the other
        // in the order of time, and no line down to later words runs through earlier ones.
        let begin = |step: &Step| axis.pixel(step.after_ms) + 4.0 - width(step);
        let before = steps.iter().zip(&sides).filter(|(_, side)| **side == Anchor::End);
        let edge = before.map(|(step, _)| begin(step)).fold(RIGHT, f64::min);
        let interval = |(step, side): (&Step, &Anchor)| {
            let x = axis.pixel(step.after_ms);
            match side {
                Anchor::End => (edge, x + 4.0),
                _ => (x - 4.0, x - 4.0 + width(step)),
            }
        };
        let intervals: Vec<(f64, f64)> = steps.iter().zip(&sides).map(interval).collect();
        let (rows_of, rows) = stack(&intervals);
        let places = sides.into_iter().zip(rows_of).collect();
        Strip { name: short_id(&fault.id), steps, places, rows }
    }

    fn height(&self) -> f64 {
        MARKS + self.rows as f64 * WORDS_ROW + GAP
    }

    fn draw(&self, canvas: &Canvas<'_>, axis: &Axis, top: f64) -> Drawn {
        let middle = top + MARKS / 2.0;
        let name = Label { anchor: Anchor::Start, weight: Weight::Bold, size: 12.0, colour: INK };
        canvas.rectangle((LEFT, top + 2.0), (RIGHT, top + MARKS - 2.0), LANE)?;
        canvas.text((MARGIN, middle), &self.name, name)?;
        for (step, (side, row)) in self.steps.iter().zip(&self.places) {
            let x = axis.pixel(step.after_ms);
            let words_y = top + MARKS + (*row as f64 + 0.5) * WORDS_ROW;
            canvas.line([(x, middle), (x, words_y + 4.0)], FAINT.with_opacity(0.5), 0.5)?;
            step.draw_words(canvas, (x, words_y), *side)?;
        }
        for step in &self.steps {
            let x = axis.pixel(step.after_ms);
            match step.mark {
                Some((mark, colour)) => mark.draw(canvas, (x, middle), colour)?,
                None => canvas.line([(x, middle - 6.0), (x, middle + 6.0)], INK, 1.5)?,
            }
        }
        Ok(())
    }
}

impl Step {
    fn words(&self) -> String {
        format!("{} {}", self.what, number::short(self.after_ms))
    }

    /// The words beside the line at `x`: after it, or ending before it.
    fn draw_words(&self, canvas: &Canvas<'_>, (x, y): At, anchor: Anchor) -> Drawn {
        let colour = self.mark.map_or(INK, |(_, colour)| colour);
        let x = if anchor == Anchor::End { x - 3.0 } else { x + 2.0 };
        canvas.text((x, y), &self.words(), Label { colour, anchor, ..WORDS })
    }
}

/// The first detection of each kind, the first reaction of each kind, the steps of the restart and
/// the recovery, in the order of time.
fn steps(fault: &FaultResult) -> Vec<Step> {
    let mut seen = BTreeSet::new();
    let mut steps: Vec<Step> = Vec::new();
    for detection in &fault.detections {
        let what = format!("{} ({})", detection.detector.name(), detection.by.name());
        if seen.insert(what.clone()) {
            let mark = Some((Mark::Diamond, DETECTION));
            steps.push(Step { after_ms: detection.after_ms, what, mark });
        }
    }
    let since = fault.injected_at_ms;
    for (reaction, at_ms) in
        fault.reactions.iter().filter_map(|r| since.map(|at| (r.reaction, r.at_ms - at)))
    {
        let what = reaction.name().to_owned();
        if seen.insert(what.clone()) {
            steps.push(Step { after_ms: at_ms, what, mark: Some((Mark::Triangle, REACTION)) });
        }
    }
    for (name, after_ms) in &fault.recovery_chain_ms {
        let told = match name.as_str() {
            "detected" => !fault.detections.is_empty(),
            "spawned" => seen.contains("restart"),
            "fused" => fault.recovered_after_ms.is_some(),
            _ => false,
        };
        if !told {
            steps.push(Step { after_ms: *after_ms, what: elided(name, STEP_MAX), mark: None });
        }
    }
    if let Some(after_ms) = fault.recovered_after_ms {
        let mark = Some((Mark::Dot, RECOVERY));
        steps.push(Step { after_ms, what: "recovered".to_owned(), mark });
    }
    steps.sort_by(|a, b| a.after_ms.total_cmp(&b.after_ms));
    steps
}
