//! The points of the plots: [`series()`].

use wire::Node;

use crate::analyse::Findings;
use crate::latency::{CAPTURED_TO_FUSED, PUBLISHED_TO_RECEIVED, SENT_TO_RECEIVED};
use crate::processes;
use crate::series::{DrivePoint, FaultSpan, LatencyLine, Loss, Series, TrackPoint, TruthPoint};
use crate::strip;
use crate::timeline::{Moment, ms};

/// How often the truth is drawn: an actor at 180 km/h moves by a metre.
const TRUTH_STEP_NS: Moment = 20_000_000;

/// The latencies that tell the story: how long each sample travels, and how old it is when it
/// counts.
const LINES: [(Node, &str); 4] = [
    (Node::Camera, PUBLISHED_TO_RECEIVED),
    (Node::Radar, SENT_TO_RECEIVED),
    (Node::Fusion, CAPTURED_TO_FUSED[0]),
    (Node::Fusion, CAPTURED_TO_FUSED[1]),
];

pub(crate) fn series(findings: &Findings) -> Series {
    let timeline = &findings.timeline;
    let latency = LINES.map(|(stream, interval)| LatencyLine {
        stream,
        interval: interval.to_owned(),
        points: findings
            .latencies
            .of(stream, interval)
            .iter()
            .map(|span| (ms(span.to), ms(span.length())))
            .collect(),
    });
    let losses = Node::ALL.into_iter().flat_map(|stream| {
        let outcomes = findings.outcomes.of(stream).iter();
        outcomes.filter_map(move |it| Some(Loss { stream, due_ms: ms(it.due), cause: it.lost? }))
    });
    let faults = findings.faults.iter().filter_map(|facts| {
        let span = facts.in_force?;
        Some(FaultSpan {
            id: facts.fault.id.clone(),
            kind: facts.result.kind.clone(),
            target: facts.fault.target,
            from_ms: ms(span.from),
            to_ms: ms(span.to),
        })
    });
    let expected = Node::ALL.map(|stream| (stream, findings.outcomes.of(stream).len() as u64));
    let tracks = timeline.fusion.outputs.iter().flat_map(|output| {
        timeline.fusion.tracks[output.tracks.clone()].iter().map(|track| TrackPoint {
            at_ms: ms(output.at),
            incarnation: output.by,
            id: track.id,
            x_m: track.x_m,
            y_m: track.y_m,
        })
    });
    Series {
        latency: latency.into(),
        losses: losses.collect(),
        expected: expected.into(),
        fault_spans: faults.collect(),
        lives: Node::ALL.into_iter().flat_map(|node| processes::lives(timeline, node)).collect(),
        tracks: tracks.collect(),
        truth: truth(findings),
        drive: drive(findings),
        brakes: timeline.fusion.brakes.iter().map(|it| (ms(it.at), it.deceleration_mps2)).collect(),
        strip: strip::stills(findings),
        torn: None,
        stalls: findings.stalls.spans().iter().map(|it| (ms(it.from), ms(it.to))).collect(),
    }
}

fn truth(findings: &Findings) -> Vec<TruthPoint> {
    let moments = (0..=findings.timeline.end.cut).step_by(TRUTH_STEP_NS as usize);
    let places = moments.flat_map(|at| {
        let objects = findings.truth.objects(at);
        objects.map(move |object| TruthPoint {
            at_ms: ms(at),
            actor: object.actor,
            x_m: object.x_m,
            y_m: object.y_m,
        })
    });
    places.collect()
}

fn drive(findings: &Findings) -> Vec<DrivePoint> {
    let sights = findings.drive.moments.iter().map(|sight| DrivePoint {
        at_ms: ms(sight.at),
        speed_mps: sight.ego.speed_mps,
        gap_m: sight.lead.map(|lead| lead.x_m),
    });
    sights.collect()
}
