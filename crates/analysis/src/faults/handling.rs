//! Who noticed a fault, and what was done about it: [`attribute`].
//!
//! A detection belongs to the faults that are in force on its target at that moment; what fusion
//! notices of others belongs also to those on fusion itself that can cause it. Where several are, to those that can cause it ([`causes`]); where none of them can, to the one that took
//! effect last. What the watchdog detects is about one incarnation, and belongs only to faults that
//! struck this one. Of each detector in each process, and of each reaction, the first counts.

use fault::Injection;
use wire::event::{Detector, Reaction};
use wire::{Node, Source};

use super::FaultFacts;
use crate::noticed::{Noticed, all_noticed};
use crate::processes::{predecessor, states};
use crate::summary::{Detection, ReactionAt};
use crate::timeline::{Moment, Timeline, ms};

pub(super) fn attribute(timeline: &Timeline, faults: &mut [FaultFacts]) {
    for noticed in all_noticed(timeline) {
        let in_force = |facts: &FaultFacts| {
            let span = facts.in_force.filter(|span| span.contains(noticed.at));
            span.is_some() && is_about(facts, &noticed)
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

/// Whether what was noticed may be about the victim of this fault.
fn is_about(facts: &FaultFacts, noticed: &Noticed) -> bool {
    match facts.fault.target.node() {
        None => true,
        Some(node) if node == noticed.node => {
            noticed.incarnation.is_none_or(|one| facts.victims.contains(&one))
        }
        // A fusion that is itself too slow misses samples of streams that are whole.
        Some(Node::Fusion) => {
            noticed.by == Source::Node(Node::Fusion)
                && causes(&facts.fault.injection, noticed.detector)
        }
        Some(_) => false,
    }
}

/// Whether a fault of this kind can make this detector respond.
pub(super) fn causes(injection: &Injection, detector: Detector) -> bool {
    injection.kind().detectors.contains(&detector)
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
    let lives = facts.fault.target.node().map(|node| states(timeline, node)).unwrap_or_default();
    for it in &timeline.watchdog.reacted {
        let failed = match it.reaction {
            // Those name the newborn, everything else the failed one.
            Reaction::Restart | Reaction::StandbyTakeover => predecessor(&lives, it.incarnation),
            _ => Some(it.incarnation),
        };
        let of_this = failed.is_some_and(|one| facts.victims.contains(&one));
        let victim = |node| node == it.node && of_this;
        let about_this = facts.fault.target.node().is_none_or(victim);
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
    result.margin_ms =
        result.ftti_ms.zip(result.fhti_ms).map(|(ftti_ms, fhti_ms)| ftti_ms - fhti_ms);
}
