//! The story of a run at a glance: the faults, each process's life, fusion's mode, and below them
//! each fault from its effect to recovery.

use super::PlotError;
use super::axis::{Axis, LEFT, RIGHT, TICK, draw_time_axis};
use super::canvas::{About, Anchor, Canvas, Drawn, Label, Weight, sheet, text_width};
use super::faults::{STALLED, draw_shades, draw_stalls, short_id, stack};
use super::legend::{BELOW_TITLE, Legend, MARGIN, Mark, draw_title};
use super::palette::{self, BLUE, Colour, GREEN, INK, LANE, PAPER, STALL_SHADE, VERMILLION};
use super::zoom::Zoom;
use crate::words;
use analysis::Summary;
use analysis::series::{LifeSpan, Series};
use analysis::summary::{FaultResult, ModeSpan};
use fault::Target;
use wire::Node;
use wire::event::{LifeState, Mode};

/// Height of a process's lane, and the distance between lanes.
const LANE_HEIGHT: f64 = 24.0;
const LANE_GAP: f64 = 16.0;
/// Height of a fault's bar, and of its row.
const BAR: f64 = 12.0;
const FAULT_ROW: f64 = 20.0;
/// The least width of a state, pixels: a restart of 3 ms is seen in a run of a minute.
const STATE_WIDTH_MIN: f64 = 3.0;
/// Height of the numbers and words below the lanes.
const AXIS_HEIGHT: f64 = 40.0;
/// Marks of a kind closer than this are one.
const MARK_DISTANCE: f64 = 4.0;

/// Colour of a detection, a reaction and a recovery.
pub(super) const DETECTION: Colour = BLUE;
pub(super) const REACTION: Colour = INK;
pub(super) const RECOVERY: Colour = GREEN;

/// The lanes of the processes come first, then that of the mode.
const MODE_LANE: usize = Node::ALL.len();

const NAME: Label = Label { size: 12.0, colour: INK, anchor: Anchor::Start, weight: Weight::Bold };

/// The lives of the processes, fusion's mode, and what became of each fault.
pub fn timeline_svg(summary: &Summary, series: &Series) -> Result<String, PlotError> {
    let time = Axis::time(summary.duration_ms);
    let legend = legend(summary, series, &time);
    let zoom = Zoom::new(&summary.faults);
    let faults_top = BELOW_TITLE + legend.height(MARGIN) + 10.0;
    let rows = FaultRows::new(series, &time);
    let lanes_top = faults_top + rows.height();
    let beyond = targets_beyond(series);
    let lane_top = |nth: usize| lanes_top + (LANE_HEIGHT + LANE_GAP) * nth as f64;
    let lanes_bottom = lane_top(MODE_LANE + 1 + beyond.len()) - LANE_GAP / 2.0;
    let zoom_top = lanes_bottom + AXIS_HEIGHT;
    let title = format!("{}: timeline", words::run_name(summary));
    let about = About { name: "timeline", title: &title, description: &describe(summary) };
    sheet(zoom_top + zoom.height(), &about, |canvas| {
        draw_title(canvas, &title)?;
        legend.draw(canvas, (MARGIN, BELOW_TITLE))?;
        draw_time_axis(canvas, &time, (faults_top - 4.0, lanes_bottom))?;
        draw_shades(canvas, &series.fault_spans, &time, (lanes_top - 8.0, lanes_bottom))?;
        for (i, node) in Node::ALL.into_iter().enumerate() {
            let top = lane_top(i);
            draw_lane(canvas, top, node.name())?;
            let spans = lives(summary, series).filter(|life| life.node == node);
            let spans: Vec<&LifeSpan> = spans.collect();
            draw_life(canvas, &time, top, &spans)?;
        }
        draw_modes(canvas, &time, lane_top(MODE_LANE), summary)?;
        for (nth, target) in (MODE_LANE + 1..).zip(&beyond) {
            draw_lane(canvas, lane_top(nth), target)?;
            draw_faults_on(canvas, &time, lane_top(nth), (series, target))?;
        }
        draw_stalls(canvas, &series.stalls, &time, (lanes_top - 8.0, lanes_bottom))?;
        rows.draw(canvas, &time, faults_top, (series, summary))?;
        zoom.draw(canvas, zoom_top)
    })
}

/// What faults of this run befall beside the supervised processes.
fn targets_beyond(series: &Series) -> Vec<&'static str> {
    let spans = || series.fault_spans.iter().map(|span| span.target);
    let others = Target::ALL.into_iter().filter(|target| target.node().is_none());
    others.filter(|other| spans().any(|target| target == *other)).map(Target::name).collect()
}

fn draw_faults_on(
    canvas: &Canvas<'_>,
    time: &Axis,
    top: f64,
    (series, target): (&Series, &str),
) -> Drawn {
    for span in series.fault_spans.iter().filter(|span| span.target.name() == target) {
        let from = time.pixel(span.from_ms);
        let to = time.pixel(span.to_ms).max(from + STATE_WIDTH_MIN);
        canvas.rectangle((from, top), (to, top + LANE_HEIGHT), VERMILLION.with_opacity(0.45))?;
        let width = text_width(&span.kind, TICK.size) + 10.0;
        if to - from > width {
            let label = Label { colour: INK, ..TICK };
            let middle = (f64::midpoint(from, to), top + LANE_HEIGHT / 2.0);
            canvas.text(middle, &span.kind, label)?;
        }
    }
    Ok(())
}

fn describe(summary: &Summary) -> String {
    let of = |fault: &FaultResult| {
        let figure = |what: &str, value: Option<f64>| {
            value.map_or_else(|| format!("not {what}"), |v| format!("{what} after {v:.1} ms"))
        };
        let detected = figure("detected", fault.fdti_ms);
        let recovered = figure("recovered", fault.recovered_after_ms);
        format!("{}, {} of {}: {detected}, {recovered}.", fault.id, fault.kind, fault.target)
    };
    let sentences: Vec<String> = summary.faults.iter().map(of).collect();
    format!(
        "State of camera, radar and fusion and the mode of fusion over the time of the run. {}",
        if sentences.is_empty() {
            "No fault was injected.".to_owned()
        } else {
            sentences.join(" ")
        }
    )
}

/// What the processes did while the schedule lasted: afterwards everyone is ended in order.
fn lives<'a>(summary: &Summary, series: &'a Series) -> impl Iterator<Item = &'a LifeSpan> {
    let end_ms = summary.duration_ms;
    series.lives.iter().filter(move |life| life.from_ms < end_ms)
}

/// Fusion's modes, without those before its first samples, of which nothing is seen.
fn modes<'a>(summary: &'a Summary, time: &Axis) -> impl Iterator<Item = &'a ModeSpan> {
    summary.modes.iter().filter(|span| time.pixel(span.to_ms) >= LEFT + 1.0)
}

/// Explains what occurs in this run, and nothing else.
fn legend(summary: &Summary, series: &Series, time: &Axis) -> Legend {
    let mut legend = Legend::default();
    for state in LifeState::ALL.iter().filter(|s| lives(summary, series).any(|l| l.state == **s)) {
        legend.add(Mark::Box, palette::state(*state), state.name());
    }
    for mode in Mode::ALL.iter().rev().filter(|m| modes(summary, time).any(|s| s.mode == **m)) {
        legend.add(Mark::Box, palette::mode(*mode), format!("mode {}", mode.name()));
    }
    if !series.fault_spans.is_empty() {
        legend.add(Mark::Box, VERMILLION.with_opacity(0.45), "fault until recovery");
    }
    if !series.stalls.is_empty() {
        legend.add(Mark::Box, STALL_SHADE, STALLED);
    }
    if summary.faults.iter().any(|f| !f.detections.is_empty()) {
        legend.add(Mark::Diamond, DETECTION, "detection");
    }
    if summary.faults.iter().any(|f| !f.reactions.is_empty()) {
        legend.add(Mark::Triangle, REACTION, "reaction");
    }
    if summary.faults.iter().any(|f| f.recovered_after_ms.is_some()) {
        legend.add(Mark::Dot, RECOVERY, "recovery");
    }
    legend
}

fn draw_lane(canvas: &Canvas<'_>, top: f64, name: &str) -> Drawn {
    canvas.rectangle((LEFT, top), (RIGHT, top + LANE_HEIGHT), LANE)?;
    canvas.text((MARGIN, top + LANE_HEIGHT / 2.0), name, NAME)
}

/// Long states first and to scale, then the short ones over them, wide enough to be seen; then the
/// number of each incarnation above its beginning.
fn draw_life(canvas: &Canvas<'_>, time: &Axis, top: f64, spans: &[&LifeSpan]) -> Drawn {
    let width = |span: &LifeSpan| time.pixel(span.to_ms) - time.pixel(span.from_ms);
    let (short, long): (Vec<&LifeSpan>, Vec<&LifeSpan>) =
        spans.iter().partition(|s| width(s) < STATE_WIDTH_MIN);
    for span in long.into_iter().chain(short) {
        let from = time.pixel(span.from_ms);
        let to = time.pixel(span.to_ms).max(from + STATE_WIDTH_MIN).min(RIGHT);
        let from = from.min(to - STATE_WIDTH_MIN);
        canvas.rectangle((from, top), (to, top + LANE_HEIGHT), palette::state(span.state))?;
    }
    let mut free_from = f64::NEG_INFINITY;
    let mut last_incarnation = None;
    for span in spans {
        if last_incarnation.replace(span.incarnation) == Some(span.incarnation) {
            continue;
        }
        let x = time.pixel(span.from_ms);
        canvas.line([(x, top - 4.0), (x, top + LANE_HEIGHT)], INK, 1.0)?;
        let text = format!("#{}", span.incarnation);
        if x >= free_from {
            let label = Label { anchor: Anchor::Start, size: 10.0, ..TICK };
            canvas.text((x + 3.0, top - 6.0), &text, label)?;
            free_from = x + text_width(&text, 10.0) + 6.0;
        }
    }
    Ok(())
}

fn draw_modes(canvas: &Canvas<'_>, time: &Axis, top: f64, summary: &Summary) -> Drawn {
    draw_lane(canvas, top, "mode")?;
    for span in modes(summary, time) {
        let from = time.pixel(span.from_ms);
        let to = time.pixel(span.to_ms).max(from + 1.0);
        canvas.rectangle((from, top), (to, top + LANE_HEIGHT), palette::mode(span.mode))?;
        let name = span.mode.name();
        if to - from > text_width(name, 11.0) + 10.0 {
            let colour = match span.mode {
                Mode::Fused | Mode::CameraOnly => INK,
                Mode::RadarOnly | Mode::Coasting | Mode::Blind | Mode::Safe => PAPER,
            };
            let label = Label { colour, ..TICK };
            canvas.text((f64::midpoint(from, to), top + LANE_HEIGHT / 2.0), name, label)?;
        }
    }
    Ok(())
}

/// The faults above the lanes, overlapping ones in rows of their own.
struct FaultRows {
    rows: Vec<usize>,
    count: usize,
}

impl FaultRows {
    fn new(series: &Series, time: &Axis) -> FaultRows {
        let intervals: Vec<(f64, f64)> = series
            .fault_spans
            .iter()
            .map(|span| {
                let name = text_width(&short_id(&span.id), NAME.size) + 12.0;
                (time.pixel(span.from_ms) - name, time.pixel(span.to_ms) + 10.0)
            })
            .collect();
        let (rows, count) = stack(&intervals);
        FaultRows { rows, count }
    }

    fn height(&self) -> f64 {
        self.count as f64 * FAULT_ROW + 16.0
    }

    fn draw(
        &self,
        canvas: &Canvas<'_>,
        time: &Axis,
        top: f64,
        (series, summary): (&Series, &Summary),
    ) -> Drawn {
        if self.count > 0 {
            canvas.text((MARGIN, top + FAULT_ROW / 2.0), "faults", NAME)?;
        }
        for (span, row) in series.fault_spans.iter().zip(&self.rows) {
            let middle = top + (*row as f64 + 0.5) * FAULT_ROW;
            let from = time.pixel(span.from_ms);
            let to = time.pixel(span.to_ms).max(from + STATE_WIDTH_MIN);
            let bar = ((from, middle - BAR / 2.0), (to, middle + BAR / 2.0));
            canvas.rectangle(bar.0, bar.1, VERMILLION.with_opacity(0.45))?;
            let name = short_id(&span.id);
            // Before the bar, unless the names of the rows stand there.
            let (x, anchor) = if from - 8.0 - text_width(&name, NAME.size) < LEFT {
                (to + 10.0, Anchor::Start)
            } else {
                (from - 8.0, Anchor::End)
            };
            canvas.text((x, middle), &name, Label { colour: VERMILLION, anchor, ..NAME })?;
            if let Some(fault) = summary.faults.iter().find(|f| f.id == span.id) {
                draw_marks(canvas, time, middle, fault)?;
            }
        }
        Ok(())
    }
}

/// The marks of a fault on its bar. What comes at once lies together: the zoom below parts it.
fn draw_marks(canvas: &Canvas<'_>, time: &Axis, middle: f64, fault: &FaultResult) -> Drawn {
    let recovered =
        fault.injected_at_ms.zip(fault.recovered_after_ms).map(|(at, after)| at + after);
    let kinds: [(Mark, Colour, Vec<f64>); 3] = [
        (Mark::Triangle, REACTION, fault.reactions.iter().map(|r| r.at_ms).collect()),
        (Mark::Diamond, DETECTION, fault.detections.iter().map(|d| d.at_ms).collect()),
        (Mark::Dot, RECOVERY, recovered.into_iter().collect()),
    ];
    for (mark, colour, moments) in kinds {
        let mut last = f64::NEG_INFINITY;
        for x in moments.into_iter().map(|at_ms| time.pixel(at_ms)) {
            if x - last >= MARK_DISTANCE {
                mark.draw(canvas, (x, middle), colour)?;
                last = x;
            }
        }
    }
    Ok(())
}
