//! A strip of camera frames at the key moments, with what fusion saw in them.

use super::markup::{escaped, note, section};
use crate::number;
use crate::picture;
use analysis::series::{Series, Still};

/// Radius of a mark, pixels of a still.
const MARK_RADIUS: f64 = 9.0;

/// The pictures, in the order of time.
pub(super) fn section_of(series: &Series) -> String {
    if series.strip.is_empty() {
        return String::new();
    }
    let about = note(
        "Made anew from the scenario, the seed and the recorded motion of the ego; what a fault did to \
         the picture itself does not show. Circles: where fusion saw an object stand.",
    );
    let stills: String = series.strip.iter().map(figure).collect();
    section("Camera at the key moments", &format!("{about}<div class=\"strip\">\n{stills}</div>\n"))
}

fn figure(still: &Still) -> String {
    let (width, height) = still.size_px;
    let mut marks = String::new();
    marks.extend(still.seen_px.iter().map(|(column, row)| {
        let (x, y) = (number::short(*column), number::short(*row));
        format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{MARK_RADIUS}\"/>")
    }));
    let unused = if still.used { "" } else { ", not used by fusion" };
    let caption =
        format!("{}: frame {}, {}{unused}", still.title, still.frame, number::moment(still.at_ms));
    let caption = escaped(&caption);
    format!(
        "<figure><svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{caption}\">\
         <image width=\"{width}\" height=\"{height}\" href=\"{}\"/>{marks}</svg>\
         <figcaption>{caption}</figcaption></figure>\n",
        picture::data_uri(still.size_px, &still.pixels),
    )
}
