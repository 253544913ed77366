//! Counts the records over again, independently of the outcomes, and compares:
//! [`contradictions`].

use std::collections::BTreeSet;
use wire::Node;
use wire::event::Detector;

use super::Outcomes;
use crate::summary::Cause;
use crate::timeline::Timeline;

/// Where the outcomes and the records disagree; nothing in a sound program.
pub(super) fn contradictions(timeline: &Timeline, outcomes: &Outcomes) -> Vec<String> {
    let judged = timeline.end.judged;
    let expected = |node| timeline.due_before(node, judged);
    let mut found = Vec::new();
    let mut compare = |what: String, counted: u64, told: u64| {
        if counted != told {
            found.push(format!("{what}: the records say {counted}, the outcomes {told}"));
        }
    };
    for sensor in [Node::Camera, Node::Radar] {
        let lost = outcomes.lost_by_cause(sensor);
        let missing: u64 = lost.values().sum();
        let told = outcomes.of(sensor).len() as u64;
        let of = |cause| lost.get(&cause).copied().unwrap_or(0);
        compare(format!("samples of the {sensor}"), expected(sensor), told);

        let known = |item: &u64| *item < expected(sensor);
        let sent: BTreeSet<u64> = sent(timeline, sensor).filter(known).collect();
        let unsent =
            of(Cause::Overrun) + of(Cause::Device) + of(Cause::NotProduced) + of(Cause::BoardReset);
        compare(format!("samples handed over by the {sensor}"), sent.len() as u64, told - unsent);

        let overruns = timeline.sensors[sensor.index()].overruns.iter().copied().filter(known);
        let dropped = overruns.filter(|item| !sent.contains(item)).collect::<BTreeSet<_>>().len();
        compare(format!("overruns of the {sensor}"), dropped as u64, of(Cause::Overrun));

        let outputs = || timeline.fusion.outputs.iter().filter(|it| it.stream == sensor);
        let used: BTreeSet<u64> = outputs().map(|output| output.item).filter(known).collect();
        let of_fusion = outcomes.of(Node::Fusion).iter().filter(|it| it.sensor == sensor);
        let made = of_fusion.filter(|outcome| outcome.lost.is_none()).count();
        compare(format!("samples of the {sensor} used"), used.len() as u64, made as u64);

        let period = timeline.period(sensor);
        let in_time = outputs().filter(|it| it.received - timeline.due(sensor, it.item) <= period);
        let in_time: BTreeSet<u64> = in_time.map(|output| output.item).filter(known).collect();
        let delivered = told - missing;
        compare(format!("samples of the {sensor} used in time"), in_time.len() as u64, delivered);
    }
    found
}

/// Items that became visible to fusion: the sensor says so, or fusion had them in hand.
fn sent<'a>(timeline: &'a Timeline, sensor: Node) -> impl Iterator<Item = u64> + 'a {
    let log = &timeline.sensors[sensor.index()];
    let fusion = &timeline.fusion;
    let received = fusion.received.iter();
    let readable = received
        .filter(move |it| it.stream == sensor && it.refused != Some(Detector::Integrity))
        .map(|it| it.item);
    let refused = fusion
        .rejections
        .iter()
        .filter(move |it| it.stream == sensor && it.detector != Detector::Integrity)
        .map(|it| it.item);
    let used = fusion.outputs.iter().filter(move |it| it.stream == sensor).map(|it| it.item);
    log.handed_over.iter().map(|it| it.item).chain(readable).chain(refused).chain(used)
}
