//! A torn frame as fusion read it: the picture, the place of the tear, and what it is made of.

use super::markup::{escaped, note, section};
use crate::number;
use crate::picture;
use analysis::Summary;
use analysis::series::{Series, TornFrame, TornRows};

/// Length of the marks at both margins, pixels of the picture.
const MARK_PX: f64 = 24.0;

/// The picture, and how many there were; nothing of a run in which no frame tore.
pub(super) fn section_of(summary: &Summary, series: &Series) -> String {
    if summary.frames_torn == 0 {
        return String::new();
    }
    let about = format!(
        "Fusion read {} torn: the camera filled the only slot of the frame buffer meanwhile. The \
         end-to-end check refused each.",
        count(summary.frames_torn)
    );
    let pictures = match &series.torn {
        None => note("None is shown: no picture was kept, or it fits no two frames of the record."),
        Some(torn) => note(&words(torn)) + &pictures(torn),
    };
    section("Torn frames", &(note(&about) + &pictures))
}

fn count(frames: u64) -> String {
    match frames {
        1 => "1 frame".to_owned(),
        many => format!("{} frames", number::count(many)),
    }
}

/// What the frame is made of, row by row.
fn words(torn: &TornFrame) -> String {
    let TornFrame { at_ms, row, above, below, .. } = torn;
    format!(
        "Below is what fusion had in hand at {}: {} above the tear at row {row}, {} below it. The row at \
         the tear may be torn itself.",
        number::moment(*at_ms),
        rows(above),
        rows(below),
    )
}

fn rows(TornRows { frame, rows, same }: &TornRows) -> String {
    let are = if same == rows {
        "all of them bit for bit".to_owned()
    } else {
        format!("{same} of them bit for bit")
    };
    format!("{rows} rows of frame {frame} ({are})")
}

fn pictures(torn: &TornFrame) -> String {
    let TornFrame { above, below, row, .. } = torn;
    let (newer, older) = (above.frame, below.frame);
    let part = |pixels, text: &str| magnified(torn, pixels, text);
    format!(
        "<div class=\"torn\">\n{}{}{}</div>\n",
        whole(torn),
        part(
            &torn.part,
            &format!("magnified around row {row}: frame {newer} above, frame {older} below")
        ),
        part(&torn.part_whole, &format!("the same part of frame {newer}, whole (made anew)")),
    )
}

/// The whole picture, with the tear marked at its margins and the magnified part framed.
fn whole(torn: &TornFrame) -> String {
    let (width, height) = torn.size_px;
    let scale = f64::from(width) / f64::from(torn.camera_px.0);
    let y = number::short(f64::from(torn.row) * scale);
    let right = number::short(f64::from(width) - MARK_PX);
    let [(left, top), (part_width, part_height)] = [torn.part_at_px, torn.part_px]
        .map(|(x, y)| [x, y].map(|px| number::short(f64::from(px) * scale)).into());
    let marks = format!(
        "<path d=\"M0 {y}h{MARK_PX}M{right} {y}h{MARK_PX}\"/>\
         <rect x=\"{left}\" y=\"{top}\" width=\"{part_width}\" height=\"{part_height}\"/>"
    );
    let caption = format!(
        "as fusion read it: frame {} above row {}, frame {} below; framed: what is magnified",
        torn.above.frame, torn.row, torn.below.frame
    );
    figure((width, height), &torn.pixels, &marks, &caption)
}

/// A part of the camera's picture, the row of the tear marked at its margins.
fn magnified(torn: &TornFrame, pixels: &[u8], caption: &str) -> String {
    let (width, height) = torn.part_px;
    let y = torn.row - torn.part_at_px.1;
    let mark = number::short(MARK_PX / 3.0);
    let right = number::short(f64::from(width) - MARK_PX / 3.0);
    let marks = format!("<path d=\"M0 {y}h{mark}M{right} {y}h{mark}\"/>");
    figure((width, height), pixels, &marks, caption)
}

fn figure((width, height): (u32, u32), pixels: &[u8], marks: &str, caption: &str) -> String {
    let caption = escaped(caption);
    format!(
        "<figure><svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{caption}\">\
         <image width=\"{width}\" height=\"{height}\" href=\"{}\"/>{marks}</svg>\
         <figcaption>{caption}</figcaption></figure>\n",
        picture::data_uri((width, height), pixels),
    )
}
