//! CPU time of a message by mechanism: for each size two bars end to end, the sender's and the
//! receiver's.

use super::PlotError;
use super::axis::{Axis, RIGHT, Scale, TICK, round_up};
use super::canvas::{About, Anchor, Canvas, Drawn, Label, Weight, sheet};
use super::legend::{BELOW_TITLE, Legend, MARGIN, Mark, draw_title};
use super::palette::{BLUE, INK, LANE, SKY};
use crate::number;
use crate::words::ipc as words;
use analysis::ipc::{Comparison, Link};

/// Left edge of the bars; the mechanisms' names stand left of it.
const BARS_LEFT: f64 = 176.0;
/// Right edge: the figure stands behind the longest bar.
const BARS_RIGHT: f64 = RIGHT - 150.0;
/// Height of a mechanism's row.
const ROW: f64 = 17.0;
/// Height of the heading of a size.
const HEADING: f64 = 24.0;
/// Distance between two sizes.
const GAP: f64 = 12.0;

/// What each mechanism costs both ends for a message of each size at its rate.
pub(crate) fn ipc_cpu_svg(comparison: &Comparison) -> Result<String, PlotError> {
    let panels: Vec<Panel<'_>> =
        comparison.payloads().into_iter().map(|bytes| Panel::new(comparison, bytes)).collect();
    let mut legend = Legend::default();
    legend.add(Mark::Box, BLUE, "sender");
    legend.add(Mark::Box, SKY, "receiver");
    let top = BELOW_TITLE + legend.height(MARGIN) + 8.0;
    let bottom = top + panels.iter().map(Panel::height).sum::<f64>();
    let title = "CPU time of a message at its rate, user and system";
    let described: Vec<String> = panels.iter().map(Panel::words).collect();
    let about = About { name: "ipc-cpu", title, description: &described.join(". ") };
    sheet(bottom + GAP, &about, |canvas| {
        draw_title(canvas, title)?;
        legend.draw(canvas, (MARGIN, BELOW_TITLE))?;
        let mut y = top;
        for panel in &panels {
            panel.draw(canvas, y)?;
            y += panel.height();
        }
        Ok(())
    })
}

/// The mechanisms with one size of message, the cheapest first.
struct Panel<'a> {
    payload_bytes: u64,
    links: Vec<&'a Link>,
}

fn both(link: &Link) -> f64 {
    link.paced.sender_cpu_us + link.paced.receiver_cpu_us
}

impl<'a> Panel<'a> {
    fn new(comparison: &'a Comparison, payload_bytes: u64) -> Panel<'a> {
        let mut links: Vec<&Link> = comparison.of(payload_bytes).collect();
        links.sort_by(|a, b| both(a).total_cmp(&both(b)));
        Panel { payload_bytes, links }
    }

    fn height(&self) -> f64 {
        HEADING + ROW * self.links.len() as f64 + GAP
    }

    fn words(&self) -> String {
        let each = |link: &&Link| format!("{} {} µs", link.mechanism, number::short(both(link)));
        let links: Vec<String> = self.links.iter().map(each).collect();
        format!("{} B: {}", number::count(self.payload_bytes), links.join(", "))
    }

    fn draw(&self, canvas: &Canvas<'_>, top: f64) -> Drawn {
        let heading = format!(
            "{} B, {} a second",
            number::count(self.payload_bytes),
            self.links.first().map_or_else(String::new, |link| words::rate(link.rate_hz))
        );
        let bold = Label { size: 12.0, colour: INK, anchor: Anchor::Start, weight: Weight::Bold };
        canvas.text((MARGIN, top + HEADING / 2.0), &heading, bold)?;
        let greatest = self.links.iter().map(|link| both(link)).fold(0.0, f64::max);
        let cost = Axis {
            values: (0.0, round_up(greatest)),
            pixels: (BARS_LEFT, BARS_RIGHT),
            scale: Scale::Linear,
        };
        for (i, link) in self.links.iter().enumerate() {
            draw_bar(canvas, link, &cost, top + HEADING + ROW * i as f64)?;
        }
        Ok(())
    }
}

fn draw_bar(canvas: &Canvas<'_>, link: &Link, cost: &Axis, top: f64) -> Drawn {
    let (middle, bottom) = (top + ROW / 2.0, top + ROW - 3.0);
    let (sender, receiver) = (link.paced.sender_cpu_us, link.paced.receiver_cpu_us);
    let (x_sender, x_both) = (cost.pixel(sender), cost.pixel(sender + receiver));
    let end = Label { anchor: Anchor::End, colour: INK, ..TICK };
    canvas.text((BARS_LEFT - 8.0, middle - 1.0), link.mechanism.name(), end)?;
    canvas.rectangle((BARS_LEFT, top + 1.0), (BARS_RIGHT, bottom), LANE)?;
    canvas.rectangle((BARS_LEFT, top + 1.0), (x_sender, bottom), BLUE)?;
    canvas.rectangle((x_sender, top + 1.0), (x_both, bottom), SKY)?;
    let [a, b, sum] = [sender, receiver, sender + receiver].map(number::short);
    let figure = Label { anchor: Anchor::Start, ..TICK };
    canvas.text((BARS_RIGHT + 8.0, middle - 1.0), &format!("{sum} µs = {a} + {b}"), figure)
}
