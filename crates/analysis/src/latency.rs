//! Latencies, each between two named moments of one sample: [`Latencies`].

use std::collections::BTreeMap;
use wire::Node;
use wire::event::Detector;

use crate::quantiles::quantiles_us;
use crate::summary::Quantiles;
use crate::timeline::{Span, Timeline};

/// Name of the interval from exposure to publication.
pub(crate) const CAPTURED_TO_PUBLISHED: &str = "captured_to_published";
/// Name of the interval from publication to fusion's wake-up.
pub(crate) const PUBLISHED_TO_RECEIVED: &str = "published_to_received";
/// Name of the interval from a cycle's due time to the sending of its list.
pub(crate) const DUE_TO_SENT: &str = "due_to_sent";
/// Name of the interval from sending to reception.
pub(crate) const SENT_TO_RECEIVED: &str = "sent_to_received";
/// Names of the intervals from measurement to output, camera and radar.
pub(crate) const CAPTURED_TO_FUSED: [&str; 2] =
    ["camera_captured_to_fused", "radar_captured_to_fused"];
/// Names of the intervals from reception to output, camera and radar.
pub(crate) const RECEIVED_TO_FUSED: [&str; 2] =
    ["camera_received_to_fused", "radar_received_to_fused"];

/// Names of the intervals from hand-over to output, camera and radar: fusion's own, waking included.
pub(crate) const HANDED_OVER_TO_FUSED: [&str; 2] =
    ["camera_published_to_fused", "radar_sent_to_fused"];

/// Every latency of the judged samples: stream, name, then one span for each sample.
#[derive(Debug, Default)]
pub(crate) struct Latencies(BTreeMap<(Node, &'static str), Vec<Span>>);

impl Latencies {
    pub(crate) fn new(timeline: &Timeline) -> Latencies {
        let mut latencies = Latencies::default();
        latencies.measure_sensors(timeline);
        latencies.measure_fusion(timeline);
        latencies
    }

    /// One latency, in the order of time.
    pub(crate) fn of(&self, stream: Node, name: &'static str) -> &[Span] {
        self.0.get(&(stream, name)).map_or(&[], Vec::as_slice)
    }

    /// Quantiles of each latency of a stream.
    pub(crate) fn quantiles(&self, stream: Node) -> BTreeMap<String, Quantiles> {
        let of_stream = self.0.iter().filter(|((node, _), _)| *node == stream);
        of_stream
            .filter_map(|((_, name), spans)| {
                let lengths = spans.iter().map(|span| span.length());
                Some(((*name).to_owned(), quantiles_us(lengths)?))
            })
            .collect()
    }

    fn add(&mut self, stream: Node, name: &'static str, [from, to]: [i64; 2]) {
        self.0.entry((stream, name)).or_default().push(Span { from, to });
    }

    fn measure_sensors(&mut self, timeline: &Timeline) {
        for sensor in [Node::Camera, Node::Radar] {
            let expected = timeline.due_before(sensor, timeline.end.judged);
            let log = &timeline.sensors[sensor.index()];
            for sample in log.handed_over.iter().filter(|sample| sample.item < expected) {
                let due = timeline.due(sensor, sample.item);
                let (captured, at) = (sample.captured, sample.at);
                let Some((rendered, protected)) = sample.rendered_protected else {
                    self.add(sensor, DUE_TO_SENT, [due, at]);
                    continue;
                };
                self.add(sensor, "captured_to_rendered", [captured, rendered]);
                self.add(sensor, "rendered_to_protected", [rendered, protected]);
                self.add(sensor, CAPTURED_TO_PUBLISHED, [captured, at]);
            }
        }
    }

    fn measure_fusion(&mut self, timeline: &Timeline) {
        let judged = |stream, item| item < timeline.due_before(stream, timeline.end.judged);
        for received in &timeline.fusion.received {
            let readable = received.refused != Some(Detector::Integrity);
            if readable && judged(received.stream, received.item) {
                let name = match received.stream {
                    Node::Camera => PUBLISHED_TO_RECEIVED,
                    Node::Radar | Node::Fusion => SENT_TO_RECEIVED,
                };
                self.add(received.stream, name, [received.handed_over, received.at]);
            }
        }
        let sent = timeline.hand_overs();
        for output in &timeline.fusion.outputs {
            if judged(output.stream, output.item) && output.stream != Node::Fusion {
                let index = output.stream.index();
                let at = output.at;
                self.add(Node::Fusion, CAPTURED_TO_FUSED[index], [output.captured, at]);
                self.add(Node::Fusion, RECEIVED_TO_FUSED[index], [output.received, at]);
                let sent = sent.get(&(output.stream, output.item, output.from));
                let sent = sent.copied().unwrap_or(output.received);
                self.add(Node::Fusion, HANDED_OVER_TO_FUSED[index], [sent, at]);
            }
        }
        for &(frame, check) in &timeline.fusion.checks {
            if judged(Node::Camera, frame) {
                self.add(Node::Camera, "integrity_checked", [check.from, check.to]);
            }
        }
        for &(frame, copy) in &timeline.device.copies {
            if judged(Node::Camera, frame) {
                self.add(Node::Camera, "dequeued_to_copied", [copy.from, copy.to]);
            }
        }
        for trip in &timeline.fusion.round_trips {
            if trip.to < timeline.end.judged {
                self.add(Node::Fusion, "command_round_trip", [trip.from, trip.to]);
            }
        }
    }
}
