//! What the camera saw at the key moments: [`stills`].
//!
//! A recording holds no pictures. The plan, the seed and the recorded way of the ego make the same
//! picture again, bit for bit, as far as no fault touched it: what a data fault did to a frame does not
//! show. What a capture device saw is not known.

use scenario::board::CameraSource;
use wire::Node;
use world::{CameraModel, Renderer};

use crate::analyse::Findings;
use crate::series::Still;
use crate::timeline::{Moment, Output, Span, ms};
use crate::truth::seconds;

/// Columns and rows that become one: 1920 × 1080 becomes 640 × 360, and the noise a third.
const SHRINK: usize = 3;
/// How long after the recovery from a fault: fusion has confirmed its tracks again.
const AFTER_RECOVERY_NS: Moment = 300_000_000;

/// The key moments, in the order of time, each once.
pub(crate) fn stills(findings: &Findings) -> Vec<Still> {
    let timeline = &findings.timeline;
    if timeline.plan.board.camera != CameraSource::Rendered {
        return Vec::new();
    }
    let frames = timeline.due_before(Node::Camera, timeline.end.judged);
    let mut moments: Vec<(u64, String)> = key_moments(findings)
        .into_iter()
        .map(|(at, title)| (timeline.due_before(Node::Camera, at + 1).saturating_sub(1), title))
        .filter(|(frame, _)| *frame < frames)
        .collect();
    moments.sort_by_key(|(frame, _)| *frame);
    let mut told: Vec<(u64, String)> = Vec::new();
    for (frame, title) in moments {
        match told.last_mut().filter(|(last, _)| *last == frame) {
            Some((_, titles)) => *titles = format!("{titles}; {title}"),
            None => told.push((frame, title)),
        }
    }
    let model = CameraModel::default();
    let plan = timeline.plan;
    let mut camera = Camera {
        renderer: Renderer::new(model, &plan.traffic, plan.seed),
        pixels: vec![0; model.pixels()],
        model,
    };
    told.into_iter().map(|(frame, title)| camera.still(findings, frame, title)).collect()
}

/// What matters of the run: of the first fault with an effect, of the drive. Five at most, each some
/// milliseconds of rendering.
fn key_moments(findings: &Findings) -> Vec<(Moment, String)> {
    let mut moments = Vec::new();
    let drive = &findings.drive;
    match drive.impact {
        Some((at, _)) => moments.push((at, "collision".to_owned())),
        None => moments.extend(drive.nearest.map(|(at, _)| (at, "smallest gap".to_owned()))),
    }
    moments.extend(drive.braked.map(|at| (at, "brake request".to_owned())));
    let effective = findings.faults.iter().find_map(|facts| Some((facts, facts.in_force?)));
    if let Some((facts, Span { from, to })) = effective {
        let id = &facts.fault.id;
        let before = from - findings.timeline.period(Node::Camera);
        moments.push((before.max(0), format!("before {id}")));
        let noticed = facts.result.fdti_ms.map(|after_ms| from + (after_ms * 1e6) as Moment);
        moments.extend(noticed.map(|at| (at, format!("{id} detected"))));
        moments.push((to + AFTER_RECOVERY_NS, format!("after {id}")));
    }
    moments
}

/// A camera that takes its pictures again.
struct Camera {
    renderer: Renderer,
    pixels: Vec<u8>,
    model: CameraModel,
}

impl Camera {
    fn still(&mut self, findings: &Findings, frame: u64, title: String) -> Still {
        let timeline = &findings.timeline;
        let at = timeline.due(Node::Camera, frame);
        let ego = findings.truth.ego(at);
        self.renderer.render(seconds(at), ego, frame, &mut self.pixels);
        let of_frame = |output: &&Output| (output.stream, output.item) == (Node::Camera, frame);
        let output = timeline.fusion.outputs.iter().find(of_frame);
        let objects = output.map_or(&[][..], |it| &timeline.fusion.objects[it.objects.clone()]);
        let (width_px, pixels) = shrunk(&self.pixels, self.model.width_px as usize);
        Still {
            title,
            at_ms: ms(at),
            frame,
            size_px: (width_px as u32, (pixels.len() / width_px) as u32),
            pixels,
            seen_px: objects.iter().map(|it| self.stands_at(it.azimuth_rad, it.range_m)).collect(),
            used: output.is_some(),
        }
    }

    /// Where in the small picture an object at this bearing and distance touches the road.
    fn stands_at(&self, azimuth_rad: f64, range_m: f64) -> (f64, f64) {
        let CameraModel { focal_px, centre_x_px, centre_y_px, mount_height_m, .. } = self.model;
        let ahead_m = range_m * azimuth_rad.cos();
        let column = centre_x_px - focal_px * azimuth_rad.tan();
        let row = centre_y_px + focal_px * mount_height_m / ahead_m;
        (column / SHRINK as f64, row / SHRINK as f64)
    }
}

/// Each block of [`SHRINK`] × [`SHRINK`] pixels as its mean; the new width, and the pixels.
pub(crate) fn shrunk(pixels: &[u8], width: usize) -> (usize, Vec<u8>) {
    let small = width / SHRINK;
    let mut out = Vec::with_capacity(pixels.len() / (SHRINK * SHRINK));
    for rows in pixels.chunks_exact(width * SHRINK) {
        out.extend((0..small).map(|column| {
            let block = rows.chunks_exact(width).flat_map(|row| &row[column * SHRINK..][..SHRINK]);
            let sum: usize = block.map(|grey| usize::from(*grey)).sum();
            (sum / (SHRINK * SHRINK)) as u8
        }));
    }
    (small, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, camera_kill, fine, plan, t_ns};
    use wire::{Event, Record, Source};

    #[test]
    fn a_block_becomes_its_mean() {
        let picture: Vec<u8> = (0..6 * 7).collect();
        let (width, small) = shrunk(&picture, 6);
        assert_eq!((width, small.len()), (2, 4));
        assert_eq!(small, [7, 10, 25, 28]);
    }

    #[test]
    fn the_key_moments_of_a_fault_are_shown_in_order() {
        let mut script = camera_kill("");
        script.plan.traffic.actors[0].start.speed_mps = 11.0;
        let (_, series) = script.play(fine).analyse();
        let titles: Vec<&str> = series.strip.iter().map(|still| still.title.as_str()).collect();
        assert_eq!(titles, ["smallest gap", "before F1", "F1 detected", "after F1"]);
        assert!(series.strip.is_sorted_by_key(|still| still.frame));
        for still in &series.strip {
            assert_eq!(still.size_px, (640, 360));
            assert_eq!(still.pixels.len(), 640 * 360);
        }
    }

    #[test]
    fn what_fusion_saw_stands_at_the_foot_of_the_car() {
        let mut plan = plan("");
        plan.traffic.actors[0].start.speed_mps = 11.0;
        let mut script = Script::new(plan).play(fine);
        let event = Event::ObjectSeen {
            stream: Node::Camera,
            item: 0,
            azimuth_rad: 0.0,
            range_m: 30.0,
            track: 7,
            nis: 1.0,
        };
        let seen = Record { t_ns: t_ns(5.2), incarnation: 1, event };
        script.records.push((Source::Node(Node::Fusion), seen));
        let (_, series) = script.analyse();
        let still = &series.strip[0];
        assert!(still.used && still.frame == 0);
        let [(column, row)] = still.seen_px[..] else { panic!("{:?}", still.seen_px) };
        let grey = |row: f64| still.pixels[row as usize * 640 + column as usize];
        // The shadow under the car ends there.
        assert!(
            grey(row - 1.5) < 60 && grey(row + 2.0) > 60,
            "{} {}",
            grey(row - 1.5),
            grey(row + 2.0)
        );
    }
}
