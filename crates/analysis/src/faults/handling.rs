//! Who noticed a fault, and what was done about it: [`attribute`].
//!
//! A detection belongs to the faults that are in force on its target at that moment. Where several
//! are, to those that can cause it ([`causes`]); where none of them can, to the one that took
//! effect last. What the watchdog detects is about one incarnation, and belongs only to faults that
//! struck this one. Of each detector in each process, and of each reaction, the first counts.

use fault::catalogue::Injection;
use wire::event::{Detector, Mode, Reaction};
use wire::{Node, Source};

use super::FaultFacts;
use crate::summary::{Detection, ReactionAt};
use crate::timeline::{Moment, Timeline, ms};

/// Something that was noticed about a process or its stream.
#[derive(Clone, Copy, Debug)]
struct Noticed {
    at: Moment,
    node: Node,
    /// The incarnation that it is about, where the detector knows.
    incarnation: Option<u32>,
    detector: Detector,
    by: Source,
    /// What the detector does about it, there and then.
    reaction: Option<Reaction>,
}

pub(super) fn attribute(timeline: &Timeline, faults: &mut [FaultFacts]) {
    for noticed in all_noticed(timeline) {
        let in_force = |facts: &FaultFacts| {
            let known = noticed.incarnation.is_none_or(|one| facts.victims.contains(&one));
            known
                && facts.fault.target == noticed.node
                && facts.in_force.is_some_and(|span| span.contains(noticed.at))
        };
        let candidates: Vec<usize> =
            (0..faults.len()).filter(|&index| in_force(&faults[index])).collect();
        let fits = |index: &usize| causes(&faults[*index].fault.injection, noticed.detector);
        let mut chosen: Vec<usize> = candidates.iter().copied().filter(fits).collect();
        if chosen.is_empty() {
            let effect = |index: &usize| faults[*index].in_force.map(|span| span.from);
            chosen.extend(candidates.into_iter().max_by_key(effect));
        }
        for index in chosen {
            note(&mut faults[index], &noticed);
        }
    }
    for facts in faults {
        note_reactions(timeline, facts);
        measure(facts);
    }
}

/// Everything that was noticed, in the order of time.
fn all_noticed(timeline: &Timeline) -> Vec<Noticed> {
    let fusion = Source::Node(Node::Fusion);
    let about = |at, node, detector, reaction| Noticed {
        at,
        node,
        incarnation: None,
        detector,
        by: fusion,
        reaction,
    };
    let mut all: Vec<Noticed> = Vec::new();
    all.extend(timeline.watchdog.detected.iter().map(|it| Noticed {
        incarnation: Some(it.incarnation),
        by: Source::Watchdog,
        ..about(it.at, it.node, it.detector, None)
    }));
    let log = &timeline.fusion;
    let refused = log.rejections.iter();
    all.extend(refused.map(|it| about(it.at, it.stream, it.detector, Some(Reaction::Reject))));
    all.extend(log.gaps.iter().map(|it| about(it.at, it.stream, Detector::Sequence, None)));
    for change in &log.modes {
        for sensor in [Node::Camera, Node::Radar] {
            if uses(change.from, sensor) && !uses(change.to, sensor) {
                let reaction = Some(Reaction::ModeChange);
                all.push(about(change.at, sensor, Detector::Silence, reaction));
            }
        }
    }
    all.sort_by_key(|noticed| noticed.at);
    all
}

fn uses(mode: Mode, sensor: Node) -> bool {
    match mode {
        Mode::Blind | Mode::Safe => false,
        Mode::CameraOnly => sensor == Node::Camera,
        Mode::RadarOnly => sensor == Node::Radar,
        Mode::Fused => true,
    }
}

/// Whether a fault of this kind can make this detector respond.
pub(super) fn causes(injection: &Injection, detector: Detector) -> bool {
    use Injection::{Corrupt, Crash, Delay, Freeze, Hang, Kill, Slow};
    match detector {
        Detector::Exit | Detector::EarlyDeath => matches!(injection, Kill { .. } | Crash { .. }),
        // The dead are silent, too, where nobody looks for their end.
        Detector::Heartbeat | Detector::Alive | Detector::Deadline => {
            matches!(injection, Kill { .. } | Crash { .. } | Hang { .. } | Slow { .. })
        }
        Detector::Startup => matches!(injection, Crash { .. } | Hang { .. } | Slow { .. }),
        Detector::Integrity => matches!(injection, Corrupt { .. }),
        Detector::Frozen => matches!(injection, Freeze { .. }),
        Detector::Sequence => !matches!(injection, Corrupt { .. } | Freeze { .. }),
        Detector::Late => matches!(injection, Delay { .. } | Slow { .. } | Hang { .. }),
        Detector::StopTimeout => matches!(injection, Hang { .. }),
        Detector::Silence => true,
        Detector::Logical | Detector::Memory | Detector::Plausibility | Detector::Source => false,
    }
}

fn note(facts: &mut FaultFacts, noticed: &Noticed) {
    let Some(effect) = facts.in_force.map(|span| span.from) else { return };
    let result = &mut facts.result;
    let same = |it: &Detection| (it.detector, it.by) == (noticed.detector, noticed.by);
    if !result.detections.iter().any(same) {
        result.detections.push(Detection {
            detector: noticed.detector,
            by: noticed.by,
            at_ms: ms(noticed.at),
            after_ms: ms(noticed.at - effect),
        });
    }
    if let Some(reaction) = noticed.reaction {
        add_reaction(&mut result.reactions, reaction, noticed.at);
    }
}

fn add_reaction(reactions: &mut Vec<ReactionAt>, reaction: Reaction, at: Moment) {
    if !reactions.iter().any(|it| it.reaction == reaction) {
        reactions.push(ReactionAt { reaction, at_ms: ms(at) });
    }
}

/// What the watchdog did about a process that it had found to fail.
fn note_reactions(timeline: &Timeline, facts: &mut FaultFacts) {
    let by_watchdog = facts.result.detections.iter().find(|it| it.by == Source::Watchdog);
    let (Some(detected_ms), Some(span)) = (by_watchdog.map(|it| it.at_ms), facts.in_force) else {
        return;
    };
    for it in &timeline.watchdog.reacted {
        // A restart and a takeover name the newborn, everything else the failed one.
        let newborn = matches!(it.reaction, Reaction::Restart | Reaction::StandbyTakeover);
        let failed = it.incarnation.saturating_sub(u32::from(newborn));
        let about_this = it.node == facts.fault.target && facts.victims.contains(&failed);
        if about_this && span.contains(it.at) && ms(it.at) >= detected_ms {
            add_reaction(&mut facts.result.reactions, it.reaction, it.at);
        }
    }
    facts.result.reactions.sort_by(|a, b| a.at_ms.total_cmp(&b.at_ms));
}

fn measure(facts: &mut FaultFacts) {
    let result = &mut facts.result;
    let Some(first) = result.detections.first() else { return };
    result.fdti_ms = Some(first.after_ms);
    result.frti_ms = result.reactions.first().map(|it| it.at_ms - first.at_ms);
    result.fhti_ms = result.frti_ms.map(|frti_ms| first.after_ms + frti_ms);
}
