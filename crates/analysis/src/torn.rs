//! The torn frame that fusion kept, and the two frames that it is of: [`exhibit`].
//!
//! The two are made anew from the plan, the seed and the recorded way of the ego, and each row of the torn
//! one is compared with them: that it is of two frames is seen, not concluded.

use recording::Torn;
use std::ops::Range;
use wire::Node;
use world::{CameraModel, Renderer};

use crate::analyse::Findings;
use crate::series::{TornFrame, TornRows};
use crate::strip::shrunk;
use crate::timeline::ms;
use crate::truth::seconds;

/// Columns and rows of the part that is magnified.
const PART_PX: (usize, usize) = (288, 162);

/// What there is to show; nothing of a picture of another size than the camera's.
pub(crate) fn exhibit(findings: &Findings, torn: &Torn) -> Option<TornFrame> {
    let model = CameraModel::default();
    let width = model.width_px as usize;
    let row = torn.row as usize;
    if torn.pixels.len() != model.pixels() || row >= model.height_px as usize {
        return None;
    }
    let timeline = &findings.timeline;
    let told =
        timeline.fusion.torn.iter().find(|it| (it.frame, it.row) == (torn.frame, torn.row))?;
    // The header of the newer one was not written yet.
    let filled = timeline.sensors[Node::Camera.index()].handed_over.iter().map(|it| it.item);
    let next = filled.skip_while(|item| *item != torn.frame).nth(1)?;
    let [below, above] = [torn.frame, next].map(|frame| picture(findings, &model, frame));
    let same = |rows: Range<usize>, of: &[u8]| {
        rows.filter(|row| torn.pixels[row * width..][..width] == of[row * width..][..width]).count()
    };
    let rows = model.height_px as usize;
    let part = busiest((&above, &below), width, row);
    let (small_width, small) = shrunk(&torn.pixels, width);
    Some(TornFrame {
        at_ms: ms(told.at),
        row: torn.row,
        above: TornRows { frame: next, rows: torn.row, same: same(0..row, &above) as u32 },
        below: TornRows {
            frame: torn.frame,
            rows: (rows - row) as u32,
            same: same(row..rows, &below) as u32,
        },
        camera_px: (model.width_px, model.height_px),
        size_px: (small_width as u32, (small.len() / small_width) as u32),
        pixels: small,
        part_at_px: (part.0 as u32, part.1 as u32),
        part_px: (PART_PX.0 as u32, PART_PX.1 as u32),
        part: cut(&torn.pixels, width, part),
        part_whole: cut(&above, width, part),
    })
}

/// A frame as the camera made it.
fn picture(findings: &Findings, model: &CameraModel, frame: u64) -> Vec<u8> {
    let plan = findings.timeline.plan;
    let at = findings.timeline.due(Node::Camera, frame);
    let mut pixels = vec![0; model.pixels()];
    let mut renderer = Renderer::new(*model, &plan.traffic, plan.seed);
    renderer.render(seconds(at), findings.truth.ego(at), frame, &mut pixels);
    pixels
}

/// The part with the tear across its middle in which the two frames differ most: its first column and row.
fn busiest((one, other): (&[u8], &[u8]), width: usize, row: usize) -> (usize, usize) {
    let (part_width, part_height) = PART_PX;
    let height = one.len() / width;
    let top = row.saturating_sub(part_height / 2).min(height - part_height);
    let differences = |left: usize| -> u64 {
        let rows = (top..top + part_height).map(|row| row * width + left);
        let of =
            |start: usize| one[start..][..part_width].iter().zip(&other[start..][..part_width]);
        rows.flat_map(of).map(|(a, b)| u64::from(a.abs_diff(*b))).sum()
    };
    let lefts = (0..=width - part_width).step_by(part_width / 8);
    (lefts.max_by_key(|left| differences(*left)).unwrap_or(0), top)
}

fn cut(pixels: &[u8], width: usize, (left, top): (usize, usize)) -> Vec<u8> {
    let (part_width, part_height) = PART_PX;
    let rows = (top..top + part_height).map(|row| &pixels[row * width + left..][..part_width]);
    rows.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verdict;
    use crate::testing::{Script, fine, plan};
    use wire::Event;
    use wire::event::Detector;

    /// A frame torn at this row: the upper rows of frame 31, the rest of frame 30.
    fn torn_at(row: u32, demand: &str) -> (crate::Summary, crate::Series) {
        let more = format!("[camera]\nsync = \"none\"\n[expect.camera]\n{demand}\n");
        let mut script = Script::new(plan(&more)).play(fine);
        let at_ms = 31.0 * 1000.0 / 30.0 + 0.2;
        script.node(Node::Fusion, 1, at_ms, Event::FrameTorn { frame: 30, row });
        let (stream, detector) = (Node::Camera, Detector::Integrity);
        script.node(Node::Fusion, 1, at_ms, Event::Rejected { stream, item: 30, detector });
        let model = CameraModel::default();
        let mut renderer = Renderer::new(model, &script.plan.traffic, script.plan.seed);
        let [mut pixels, mut above] = [30_u64, 31].map(|frame| {
            let mut pixels = vec![0; model.pixels()];
            let t_s = frame as f64 / 30.0;
            let way = world::Way::even(script.plan.traffic.ego.speed_mps);
            renderer.render((t_s * 1e9).floor() / 1e9, way.at(t_s), frame, &mut pixels);
            pixels
        });
        let upper = row as usize * model.width_px as usize;
        pixels[..upper].swap_with_slice(&mut above[..upper]);
        script.torn = Some(Torn { frame: 30, row, pixels });
        script.analyse()
    }

    #[test]
    fn each_row_is_held_against_both_frames() {
        let (summary, series) = torn_at(400, "");
        assert_eq!(summary.frames_torn, 1);
        let torn = series.torn.unwrap();
        assert_eq!(torn.above, TornRows { frame: 31, rows: 400, same: 400 });
        assert_eq!(torn.below, TornRows { frame: 30, rows: 680, same: 680 });
        assert_eq!(torn.part.len(), PART_PX.0 * PART_PX.1);
        assert_eq!(torn.size_px, (640, 360));
    }

    #[test]
    fn what_is_torn_is_refused_rightly() {
        let (summary, _) = torn_at(1079, "");
        assert!(summary.false_alarms.is_empty(), "{:?}", summary.false_alarms);
        assert_eq!(summary.verdict, Verdict::Pass, "{:?}", summary.reasons);
    }

    #[test]
    fn how_many_are_torn_can_be_demanded() {
        for (demand, expected) in [
            ("frames-torn-min = 1", Verdict::Pass),
            ("frames-torn-min = 2", Verdict::Fail),
            ("frames-torn-max = 1", Verdict::Pass),
            ("frames-torn-max = 0", Verdict::Fail),
        ] {
            assert_eq!(torn_at(500, demand).0.verdict, expected, "{demand}");
        }
    }
}
