//! Detections that nothing explains: [`false_alarms`].
//!
//! A detection by anyone, while the schedule lasts, is *explained* by a fault that is in force or was
//! less than [`SETTLE_NS`] ago: one on the process that it is about, on fusion where fusion noticed it,
//! on the watchdog or on the host; for plausibility, which compares one sensor with the other, one on
//! any. It is *true* where what it tells of really was so: a process had ended by itself, samples were
//! missing or late, a frame was torn, a sensor had handed nothing over. That is judged by other demands, and is no false
//! alarm. It is *excused* where the host stalled just before it. Within [`SETTLE_NS`] after a true or an
//! excused one, what else is noticed of the same process, or by it, follows from it. Whatever remains is
//! a false alarm.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use wire::event::Detector;
use wire::limits::PERIODS_UNTIL_GONE;
use wire::{Node, Source};

use crate::analyse::Findings;
use crate::excuses::SETTLE_NS;
use crate::modes;
use crate::noticed::{Noticed, all_noticed};
use crate::streams::Outcome;
use crate::timeline::{Moment, Span};

/// A sensor is silent for fusion once it is gone; the last sample may have come at once.
const SILENCE_PERIODS: i64 = PERIODS_UNTIL_GONE as i64 - 1;

/// Each false alarm of the run, in the order of time.
pub(crate) fn false_alarms(findings: &Findings) -> Vec<Noticed> {
    let timeline = &findings.timeline;
    let judged = Span { from: 0, to: timeline.end.cut };
    let mut settled_from: [Moment; Node::ALL.len()] = [0; Node::ALL.len()];
    let mut alarms = Vec::new();
    for noticed in all_noticed(timeline).into_iter().filter(|it| judged.contains(it.at)) {
        let own = noticed.node.index();
        let follows = involved(&noticed).any(|node| noticed.at < settled_from[node.index()]);
        if follows || is_explained(findings, &noticed) {
            continue;
        }
        if is_true(findings, &noticed) || is_excused(findings, &noticed) {
            settled_from[own] = noticed.at + SETTLE_NS;
        } else {
            alarms.push(noticed);
        }
    }
    alarms
}

/// False alarms by detector.
pub(crate) fn by_detector(alarms: &[Noticed]) -> BTreeMap<Detector, u64> {
    let mut counts = BTreeMap::new();
    for alarm in alarms {
        *counts.entry(alarm.detector).or_default() += 1;
    }
    counts
}

/// The process that it is about, and the one that noticed it.
fn involved(noticed: &Noticed) -> impl Iterator<Item = Node> {
    let by = match noticed.by {
        Source::Node(node) => Some(node),
        Source::Watchdog | Source::Plant | Source::Stimulus => None,
    };
    std::iter::once(noticed.node).chain(by)
}

fn is_explained(findings: &Findings, noticed: &Noticed) -> bool {
    findings.faults.iter().any(|facts| {
        let compared = noticed.detector == Detector::Plausibility;
        let involved = facts
            .fault
            .target
            .node()
            .is_none_or(|target| compared || involved(noticed).any(|node| node == target));
        let lately = Span { from: noticed.at - SETTLE_NS, to: noticed.at };
        involved && facts.acting(&findings.timeline).is_some_and(|span| span.overlaps(lately))
    })
}

/// Whether what the detector tells of really was so.
fn is_true(findings: &Findings, noticed: &Noticed) -> bool {
    let timeline = &findings.timeline;
    match noticed.detector {
        Detector::Exit | Detector::EarlyDeath => {
            let exit = noticed.incarnation.and_then(|one| timeline.exit_of(noticed.node, one));
            exit.is_some_and(|exit| !timeline.ended_by_watchdog(exit))
        }
        Detector::Sequence => about(findings, noticed).iter().any(|sample| sample.lost.is_some()),
        Detector::Late => {
            let limit = timeline.period(noticed.node);
            about(findings, noticed).iter().any(|sample| noticed.at - sample.due > limit)
        }
        Detector::Integrity => {
            let torn = timeline.fusion.torn.iter().filter(|_| noticed.node == Node::Camera);
            let mut told = torn.map(|it| (it.frame, 1));
            told.any(|torn| noticed.samples == Some(torn))
        }
        Detector::Silence => {
            let lately = SILENCE_PERIODS * timeline.period(noticed.node);
            let log = timeline.sensors.get(noticed.node.index());
            let mut handed_over = log.iter().flat_map(|log| &log.handed_over);
            !handed_over.any(|it| (noticed.at - lately..=noticed.at).contains(&it.at))
        }
        // It is judged by a demand of its own.
        Detector::HardwareWatchdog => true,
        _ => false,
    }
}

/// The samples that it is about, as far as the schedule has them.
fn about<'f>(findings: &'f Findings, noticed: &Noticed) -> &'f [Outcome] {
    let samples = findings.outcomes.of(noticed.node);
    let (first, count) = noticed.samples.unwrap_or((0, 0));
    let at = |item: u64| usize::try_from(item).unwrap_or(usize::MAX).min(samples.len());
    &samples[at(first)..at(first.saturating_add(count))]
}

fn is_excused(findings: &Findings, noticed: &Noticed) -> bool {
    let timeline = &findings.timeline;
    let patience = match noticed.by {
        Source::Watchdog => findings.patience(noticed.node, noticed.detector, noticed.at),
        Source::Node(_) | Source::Plant | Source::Stimulus => Some(modes::silence_limit(timeline)),
    };
    patience.is_some_and(|patience| findings.stalled_before(noticed.at, patience))
}
