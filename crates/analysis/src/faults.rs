//! What became of each fault: [`FaultFacts`].
//!
//! A fault is *activated* only by evidence that fits its kind ([`evidence`]); one that is not has
//! no times, no detections and no recovery. It is in force from its effect to the *recovery*
//! ([`recovery`]), or to the end of the run. What is noticed and done in that time is attributed to
//! it ([`handling`]).

mod evidence;
mod handling;
pub(crate) mod outcome;
mod recovery;
#[cfg(test)]
mod tests;

use fault::act::{Act, Outside};
use fault::kind::Evidence;
use fault::{Actor, Fault, Target};
use std::collections::BTreeMap;
use wire::event::{Detector, Proof};
use wire::{Node, Source};

use crate::streams::{Outcome, Outcomes};
use crate::summary::FaultResult;
use crate::timeline::{Applied, Detected, Exit, Moment, Span, Timeline, ms};

/// A fault, as far as the records tell.
#[derive(Debug)]
pub(crate) struct FaultFacts<'a> {
    pub(crate) fault: &'a Fault,
    /// Its place in the plan.
    index: u32,
    /// Incarnations that it struck, in order.
    victims: Vec<u32>,
    /// First moment at which it acted, whether or not that had an effect.
    acted: Option<Moment>,
    /// Its effect to the recovery, or to the end of the run; `None` if it had none.
    pub(crate) in_force: Option<Span>,
    pub(crate) result: FaultResult,
}

impl FaultFacts<'_> {
    /// Whether this end of a process is what the fault is about.
    pub(crate) fn explains(&self, exit: &Exit) -> bool {
        let kind = self.fault.injection.kind();
        let ends = kind.evidence == Evidence::Ended || kind.detectors.contains(&Detector::Exit);
        // Who is kept from starting may not have come as far as to be struck itself.
        let kept_from_starting = matches!(
            self.fault.injection.act(),
            Act::Start(_) | Act::Outside(Outside::FailSpawn(_))
        ) && self.fault.target.node() == Some(exit.node)
            && self.in_force.is_some_and(|span| span.contains(exit.at));
        ends && (kept_from_starting || self.struck(exit.node, exit.incarnation, exit.at))
    }

    /// Whether the fault may have brought this complaint of the watchdog about.
    pub(crate) fn provoked(&self, complaint: &Detected) -> bool {
        let Detected { at, node, incarnation, detector } = *complaint;
        // A successor that is not ready in time may not have come as far as to be struck itself.
        let unready = detector == Detector::Startup
            && self.fault.target.node() == Some(node)
            && self.in_force.is_some_and(|span| span.contains(at));
        let everyone = self.fault.target == Target::Host
            && self.in_force.is_some_and(|span| span.contains(at));
        handling::causes(&self.fault.injection, detector)
            && (unready || everyone || self.struck(node, incarnation, at))
    }

    /// From its first act to the recovery, or to the end of the run, whether or not it had an effect.
    pub(crate) fn acting(&self, timeline: &Timeline) -> Option<Span> {
        let since = |acted: Moment| Span { from: acted, to: timeline.end.cut.max(acted) };
        self.in_force.or_else(|| self.acted.map(since))
    }

    fn struck(&self, node: Node, incarnation: u32, before: Moment) -> bool {
        self.fault.target.node() == Some(node)
            && self.victims.contains(&incarnation)
            && self.acted.is_some_and(|acted| acted <= before)
    }
}

/// What became of each fault of the plan, in its order. The host `lacks` what some may need.
pub(crate) fn examine<'a>(
    timeline: &Timeline<'a>,
    outcomes: &Outcomes,
    lacks: &BTreeMap<String, String>,
) -> Vec<FaultFacts<'a>> {
    let faults = (0..).zip(&timeline.plan.faults);
    let mut all: Vec<FaultFacts> =
        faults.map(|(index, fault)| examine_one(timeline, outcomes, (index, fault))).collect();
    handling::attribute(timeline, &mut all);
    for facts in &mut all {
        facts.result.skipped = missing(facts, lacks);
    }
    all
}

/// What kept a fault from being tried, in words.
fn missing(facts: &FaultFacts, lacks: &BTreeMap<String, String>) -> Option<String> {
    let needs = facts.fault.injection.kind().needs.iter().filter(|_| !facts.result.activated);
    let missing = needs.filter_map(|need| Some((need.name(), lacks.get(need.name())?)));
    missing.map(|(need, why)| format!("the host lacks {need}: {why}")).next()
}

fn examine_one<'a>(
    timeline: &Timeline<'a>,
    outcomes: &Outcomes,
    (index, fault): (u32, &'a Fault),
) -> FaultFacts<'a> {
    let case = Case::new(timeline, index, fault);
    let findings = evidence::collect(&case);
    let mut result = FaultResult {
        id: fault.id.clone(),
        target: fault.target,
        kind: fault.injection.name().to_owned(),
        detail: fault.injection.detail(),
        outcome: None,
        outcome_reason: String::new(),
        skipped: None,
        activated: findings.activated,
        evidence: findings.sentences,
        injected_at_ms: None,
        ended_at_ms: None,
        detections: Vec::new(),
        fdti_ms: None,
        frti_ms: None,
        fhti_ms: None,
        ftti_ms: ftti_ms(timeline, fault),
        margin_ms: None,
        reactions: Vec::new(),
        recovered_after_ms: None,
        recovery_chain_ms: BTreeMap::new(),
        frames_lost: 0,
    };
    let mut in_force = None;
    if let Some(effect) = case.acted.filter(|_| findings.activated) {
        let over = recovery::over(&case);
        let recovery = recovery::find(&case, over);
        let end = recovery.as_ref().map_or(timeline.end.cut, |output| output.at).max(effect);
        let span = Span { from: effect, to: end };
        result.frames_lost = lost(timeline, outcomes, fault.target, span).count() as u64;
        result.injected_at_ms = Some(ms(effect));
        result.ended_at_ms = over.map(|over| ms(over.at));
        result.recovered_after_ms = recovery.as_ref().map(|output| ms(output.at - effect));
        result.recovery_chain_ms = recovery::chain(&case, over, recovery);
        in_force = Some(span);
    }
    FaultFacts { fault, index, victims: case.victims, acted: case.acted, in_force, result }
}

/// The fault tolerant time interval of the scenario: the fault's own, else that of the run.
fn ftti_ms(timeline: &Timeline, fault: &Fault) -> Option<f64> {
    let expect = &timeline.plan.expect;
    let own = expect.fault.get(&fault.id).and_then(|expect| expect.ftti_ns);
    own.or(expect.ftti_ns).map(|ftti_ns| ftti_ns as f64 / 1e6)
}

/// Samples of the target's stream that a fault in force for this time may have cost: its effect may
/// catch one that was due before.
pub(crate) fn lost<'o>(
    timeline: &Timeline,
    outcomes: &'o Outcomes,
    target: Target,
    in_force: Span,
) -> impl Iterator<Item = &'o Outcome> {
    let own = target.node();
    let before = own.map_or(0, |node| timeline.rhythm(node));
    let due = Span { from: in_force.from - before, to: in_force.to };
    let samples = own.map_or(&[][..], |node| outcomes.of(node)).iter();
    samples.filter(move |it| it.lost.is_some() && due.contains(it.due))
}

/// A fault and the records about it.
struct Case<'a, 't> {
    timeline: &'t Timeline<'a>,
    index: u32,
    fault: &'t Fault,
    /// The victim, where it is a process that is supervised.
    node: Option<Node>,
    /// When it was to begin, if what sets it off happened.
    begins: Option<Moment>,
    applied: Vec<&'t Applied>,
    victims: Vec<u32>,
    acted: Option<Moment>,
}

impl<'a, 't> Case<'a, 't> {
    fn new(timeline: &'t Timeline<'a>, index: u32, fault: &'t Fault) -> Case<'a, 't> {
        let node = fault.target.node();
        let by_watchdog = fault.injection.kind().actor == Actor::Watchdog;
        let by_victim_or_watchdog = |source| match source {
            Source::Watchdog => true,
            Source::Node(of) => node == Some(of),
            Source::Plant | Source::Stimulus => false,
        };
        let applied = timeline.processes.applied.iter();
        let applied: Vec<&Applied> =
            applied.filter(|it| it.fault == index && by_victim_or_watchdog(it.source)).collect();
        let signalled = timeline.watchdog.injecting.iter();
        let mut signalled = signalled.filter(|it| it.fault == index);
        let (acted, mut victims) = if by_watchdog || fault.injection.acts_from_outside() {
            let first = signalled.next();
            (first.map(|it| it.at), first.iter().map(|it| it.incarnation).collect())
        } else {
            // What the watchdog does to a start says whose start in place of a sample.
            let victim = |it: &&Applied| match it.source {
                Source::Watchdog => it.item as u32,
                Source::Node(_) | Source::Plant | Source::Stimulus => it.incarnation,
            };
            let victims: Vec<u32> = applied.iter().map(victim).collect();
            (applied.first().map(|it| it.at), victims)
        };
        victims.sort_unstable();
        victims.dedup();
        let begins = timeline.begins(index, fault);
        Case { timeline, index, fault, node, begins, applied, victims, acted }
    }

    /// How a victim ended, if it did while the run lasted.
    fn exit_of(&self, victim: u32) -> Option<&'t Exit> {
        self.timeline.exit_of(self.node?, victim)
    }

    /// How often it acted, and the sum of the amounts.
    fn amount(&self) -> (u64, u64) {
        let acted = self.applied.iter().filter(|it| it.proof == Proof::Acted);
        acted.fold((0, 0), |(number, sum), it| (number + 1, sum.saturating_add(it.value)))
    }

    fn last_victim(&self) -> u32 {
        self.victims.last().copied().unwrap_or(0)
    }
}
