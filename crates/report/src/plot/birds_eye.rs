//! The road from above, as the ego sees it: true paths and tracks.

use super::PlotError;
use super::axis::{Axis, LEFT, RIGHT, Scale, TICK, round_up, tick_text};
use super::canvas::{About, Anchor, Canvas, Drawn, Label, sheet};
use super::decimate::{Point, thinned};
use super::legend::{BELOW_TITLE, Legend, MARGIN, Mark, draw_title};
use super::palette::{self, Colour, FAINT, GRID, INK, LANE, LINES, VERMILLION};
use crate::words;
use analysis::Summary;
use analysis::series::{Series, TrackPoint, TruthPoint};
use std::collections::BTreeMap;

/// Height of the road.
const PLOT_HEIGHT: f64 = 230.0;
/// Height of the numbers and words below it.
const AXIS_HEIGHT: f64 = 40.0;
/// Farthest that is shown, m; what is owed a track is nearer.
const AHEAD_MAX_M: f64 = 100.0;
/// Least and most that is shown to either side, m.
const ASIDE_M: (f64, f64) = (5.25, 14.0);
/// Half the width of a lane, m.
const HALF_LANE_M: f64 = 1.75;
/// Tracks with a name in the legend.
const NAMED_MAX: usize = 6;
/// A path is parted where its points are further apart in time, ms.
const GAP_MS: f64 = 300.0;

/// Where actors and tracks went, relative to the ego.
pub fn birds_eye_svg(summary: &Summary, series: &Series) -> Result<String, PlotError> {
    let tracks = tracks(series);
    let legend = legend(series, &tracks);
    let top = BELOW_TITLE + legend.height(MARGIN) + 8.0;
    let place = Place::new(series, (top, top + PLOT_HEIGHT));
    let title = format!("{}: bird's-eye view", words::run_name(summary));
    let description = format!(
        "Paths of {} actors and {} tracks relative to the ego, metres ahead and to the side.",
        actors(series),
        tracks.len(),
    );
    let about = About { name: "birds-eye", title: &title, description: &description };
    sheet(top + PLOT_HEIGHT + AXIS_HEIGHT, &about, |canvas| {
        draw_title(canvas, &title)?;
        legend.draw(canvas, (MARGIN, BELOW_TITLE))?;
        place.draw_ground(canvas)?;
        let faulty = |at_ms: f64| {
            series.fault_spans.iter().any(|it| (it.from_ms..=it.to_ms).contains(&at_ms))
        };
        for actor in 0..actors(series) {
            let own = series.truth.iter().filter(|it| it.actor == actor && faulty(it.at_ms));
            let path: Path = own.map(point).collect();
            place.draw_path(canvas, &path, (VERMILLION.with_opacity(0.35), 7.0))?;
        }
        for ((_, id), path) in &tracks {
            place.draw_path(canvas, path, (colour(*id), 2.5))?;
        }
        for actor in 0..actors(series) {
            let own = series.truth.iter().filter(|it| it.actor == actor);
            let path: Path = own.map(point).collect();
            place.draw_path(canvas, &path, (INK, 1.0))?;
        }
        if series.truth.is_empty() && tracks.is_empty() {
            let middle = (f64::midpoint(LEFT, RIGHT), top + 20.0);
            canvas.text(middle, "nobody was on the road", Label { size: 14.0, ..TICK })?;
        }
        Ok(())
    })
}

/// The colour of a track, the same in each plot.
pub(super) fn colour(id: u32) -> Colour {
    LINES[id as usize % LINES.len()]
}

fn point(it: &TruthPoint) -> (f64, f64, f64) {
    (it.at_ms, it.x_m, it.y_m)
}

/// When and where.
type Path = Vec<(f64, f64, f64)>;

/// The path of each track, by the incarnation of fusion and its id: a fusion that begins afresh gives
/// the same ids to others.
type Tracks = BTreeMap<(u32, u32), Path>;

fn tracks(series: &Series) -> Tracks {
    let mut all = Tracks::new();
    for TrackPoint { at_ms, incarnation, id, x_m, y_m, .. } in &series.tracks {
        all.entry((*incarnation, *id)).or_default().push((*at_ms, *x_m, *y_m));
    }
    all
}

fn actors(series: &Series) -> usize {
    series.truth.iter().map(|it| it.actor + 1).max().unwrap_or(0)
}

fn legend(series: &Series, tracks: &Tracks) -> Legend {
    let mut legend = Legend::default();
    legend.add(Mark::Line, INK, "true path");
    for (by, id) in tracks.keys().take(NAMED_MAX) {
        let of = if *by > 1 { format!(" of fusion {by}") } else { String::new() };
        legend.add(Mark::Line, colour(*id), format!("track {id}{of}"));
    }
    if let Some(more) = tracks.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        legend.add(Mark::Line, FAINT, format!("… and {more} more"));
    }
    if !series.fault_spans.is_empty() {
        legend.add(Mark::Box, VERMILLION.with_opacity(0.35), "while a fault was in force");
    }
    legend
}

/// From metres to pixels.
struct Place {
    ahead: Axis,
    aside: Axis,
}

impl Place {
    fn new(series: &Series, (top, bottom): (f64, f64)) -> Place {
        let truth = series.truth.iter().map(|it| (it.x_m, it.y_m));
        let places: Vec<Point> =
            truth.chain(series.tracks.iter().map(|it| (it.x_m, it.y_m))).collect();
        let seen = places.iter().filter(|(x_m, _)| (0.0..=AHEAD_MAX_M).contains(x_m));
        let far_m = seen.clone().map(|(x_m, _)| x_m + 5.0).fold(40.0, f64::max);
        let step_m = round_up(far_m / 8.0);
        let far_m = (far_m / step_m).ceil() * step_m;
        let wide_m = seen.map(|(_, y_m)| y_m.abs() + 1.0).fold(ASIDE_M.0, f64::max);
        let wide_m = wide_m.min(ASIDE_M.1);
        let scale = Scale::Linear;
        Place {
            ahead: Axis { values: (0.0, far_m), pixels: (LEFT, RIGHT), scale },
            aside: Axis { values: (-wide_m, wide_m), pixels: (bottom, top), scale },
        }
    }

    fn draw_ground(&self, canvas: &Canvas<'_>) -> Drawn {
        let (bottom, top) = self.aside.pixels;
        let lane = |y_m: f64| self.aside.pixel(y_m);
        canvas.rectangle((LEFT, lane(HALF_LANE_M)), (RIGHT, lane(-HALF_LANE_M)), LANE)?;
        for x_m in self.ahead.ticks(10.0) {
            let x = self.ahead.pixel(x_m);
            canvas.line([(x, top), (x, bottom)], GRID, 1.0)?;
            canvas.text((x, bottom + 11.0), &tick_text(x_m), TICK)?;
        }
        for y_m in self.aside.ticks(5.0) {
            let label = Label { anchor: Anchor::End, ..TICK };
            canvas.text((LEFT - 8.0, self.aside.pixel(y_m)), &tick_text(y_m), label)?;
        }
        let middle = self.aside.pixel(0.0);
        canvas.polygon(
            &[(LEFT, middle - 7.0), (LEFT + 14.0, middle), (LEFT, middle + 7.0)],
            palette::BLUE,
        )?;
        let start = Label { anchor: Anchor::Start, ..TICK };
        canvas.text((MARGIN, middle), "left, m", start)?;
        let caption = Label { anchor: Anchor::End, ..TICK };
        canvas.text((RIGHT, bottom + 26.0), "ahead of the front bumper, m", caption)
    }

    /// The part of a path that lies on the sheet.
    fn draw_path(&self, canvas: &Canvas<'_>, path: &Path, (colour, width): (Colour, f64)) -> Drawn {
        let shown = |&(_, x_m, y_m): &(f64, f64, f64)| {
            let inside = |axis: &Axis, value| (axis.values.0..=axis.values.1).contains(&value);
            inside(&self.ahead, x_m) && inside(&self.aside, y_m)
        };
        let on_sheet: Path = path.iter().copied().filter(shown).collect();
        for part in on_sheet.chunk_by(|a, b| b.0 - a.0 <= GAP_MS) {
            let pixel = |it: &(f64, f64, f64)| (self.ahead.pixel(it.1), self.aside.pixel(it.2));
            let points: Vec<Point> = part.iter().map(pixel).collect();
            let kept = thinned(&points);
            if let [only] = kept[..] {
                canvas.circle(only, width.max(2.0), colour)?;
            }
            canvas.line(kept, colour, width)?;
        }
        Ok(())
    }
}
