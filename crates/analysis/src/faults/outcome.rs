//! The class of each trial: [`classify`]. The first rule that fits decides.
//!
//! 1. No class: the fault was skipped.
//! 2. *Harness error*: records of the watchdog, of fusion or of the victim were lost, or the record
//!    contradicts itself; the plant was lost or late; the run ended before the fault was due; the
//!    kernel refused it.
//! 3. *Not activated*: there is no evidence that it took effect.
//! 4. *Wrong reaction*, or *undetected violation* where nobody noticed the fault: harm was done.
//!    - Another process failed meanwhile, by no fault of its own.
//!    - Data that had been damaged on their way were used.
//!    - A demand was missed that concerns the fault: one that names it, isolation from it, one on its
//!      victim or on fusion (of a fault on the watchdog or the host: on anyone). That too few samples
//!      were lost, or read torn, is no harm; that a detected one took too long is the next rule's.
//!    - It was not noticed, and samples were lost.
//!    - It was noticed, and the function did not come back, although nobody was given up: it was over,
//!      or a restart would have ended it, and there was time.
//! 5. *Late*: handling took the fault tolerant time interval or longer, or longer than demanded. Where
//!    the detector was content to tell, the time to detection counts: it called for no reaction.
//! 6. *Handled*: it was noticed. A function that is degraded as intended (somebody was given up, one
//!    sensor is left for as long as the fault lasts) is handled.
//! 7. *Latent*: nobody noticed it, and something is still wrong: what was said was untrue, memory was
//!    corrupted, or the fault lasted to the end of the run.
//! 8. *Masked*: the rest.
//!
//! Where a stall of the host may explain what rules 4 and 5 found, it is a harness error; also where the
//! run ended before the function could come back.

#[cfg(test)]
mod tests;

use fault::kind::Evidence;
use fault::{Interference, Outcome, Target};
use wire::event::{Detector, Proof, Reaction};
use wire::{Node, Source};

use super::{FaultFacts, lost};
use crate::analyse::Findings;
use crate::modes;
use crate::streams::Outcome as Sample;
use crate::summary::{About, Expectation, Isolation, Verdict, WhyNot};
use crate::timeline::{Detected, Moment, Span, ms};
use crate::words::{count, sample_of};

/// What a trial came to.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    /// `None` for a fault that was skipped.
    pub(crate) outcome: Option<Outcome>,
    /// What made it that, in a sentence without its end.
    pub(crate) reason: String,
    /// Why it cannot be judged, where it cannot.
    pub(crate) cause: Option<WhyNot>,
}

/// Something that should not have been.
struct Harm {
    why: String,
    /// What may explain it beside the fault.
    excuse: Option<WhyNot>,
}

impl Harm {
    fn new(why: String) -> Harm {
        Harm { why, excuse: None }
    }
}

/// The class of one trial, with everything that was demanded of the run, judged.
pub(crate) fn classify(
    findings: &Findings,
    facts: &FaultFacts,
    demands: (&[Expectation], &[Isolation]),
) -> Trial {
    if let Some(why) = &facts.result.skipped {
        return Trial { outcome: None, reason: why.clone(), cause: Some(WhyNot::Skipped) };
    }
    if let Some((why, cause)) = unsound(findings, facts) {
        return Trial { outcome: Some(Outcome::HarnessError), reason: why, cause: Some(cause) };
    }
    let Some(in_force) = facts.in_force else {
        let reason = facts.result.evidence.join("; ");
        let cause = Some(WhyNot::NoEffect);
        return Trial { outcome: Some(Outcome::NotActivated), reason, cause };
    };
    Judge { findings, facts, in_force, demands }.judge()
}

/// Why the run cannot tell, whatever is recorded of the fault.
fn unsound(findings: &Findings, facts: &FaultFacts) -> Option<(String, WhyNot)> {
    let timeline = &findings.timeline;
    let needed = [Source::Watchdog.name(), Node::Fusion.name(), facts.fault.target.name()];
    let lost = needed.into_iter().find(|name| findings.records_lost.contains_key(*name));
    if let Some(name) = lost {
        return Some((format!("records of {name} were lost"), WhyNot::Record));
    }
    if timeline.misplaced > 0 || !findings.outcomes.contradictions.is_empty() {
        return Some(("the record contradicts itself".to_owned(), WhyNot::Record));
    }
    if let Some(why) = findings.plant_trouble() {
        return Some((why, WhyNot::Plant));
    }
    if facts.in_force.is_some() {
        return None;
    }
    let refused = timeline.watchdog.refusals.iter();
    if let Some(it) = refused.into_iter().find(|it| it.fault == facts.index && it.errno != 0) {
        let why = format!("the kernel refused to inject it (errno {})", it.errno);
        return Some((why, WhyNot::NoEffect));
    }
    let begins = timeline.begins(facts.index, facts.fault);
    let not_due = !timeline.end.whole && begins.is_none_or(|begins| begins >= timeline.end.cut);
    not_due.then(|| ("the run ended before it was due".to_owned(), WhyNot::EndedEarly))
}

/// A fault that took effect.
struct Judge<'a> {
    findings: &'a Findings<'a>,
    facts: &'a FaultFacts<'a>,
    in_force: Span,
    demands: (&'a [Expectation], &'a [Isolation]),
}

impl Judge<'_> {
    fn judge(&self) -> Trial {
        let detected = self.is_detected();
        let harmful = if detected { Outcome::WrongReaction } else { Outcome::UndetectedViolation };
        let found = self.harm().map(|harm| (harm, harmful));
        let found = found.or_else(|| self.lateness().map(|harm| (harm, Outcome::Late)));
        let (outcome, reason, cause) = match found {
            Some((Harm { why, excuse: None }, outcome)) => (outcome, why, None),
            Some((Harm { why, excuse: Some(WhyNot::HostStall) }, _)) => {
                let why = format!("{why}, and the host stalled");
                (Outcome::HarnessError, why, Some(WhyNot::HostStall))
            }
            Some((Harm { why, excuse }, _)) => (Outcome::HarnessError, why, excuse),
            None if detected => (Outcome::Handled, self.handling_in_words(), None),
            None => match self.still_wrong() {
                Some(why) => (Outcome::Latent, format!("nobody noticed it, and {why}"), None),
                None => (Outcome::Masked, "nothing was lost, late or wrong".to_owned(), None),
            },
        };
        Trial { outcome: Some(outcome), reason, cause }
    }

    fn is_detected(&self) -> bool {
        !self.facts.result.detections.is_empty()
    }

    /// The first harm of rule 4.
    fn harm(&self) -> Option<Harm> {
        let silent_loss = || self.silent_loss().filter(|_| !self.is_detected());
        let not_back = || self.not_back().filter(|_| self.is_detected());
        self.spread()
            .or_else(|| self.damaged_used())
            .or_else(|| self.missed_demand().map(Harm::new))
            .or_else(silent_loss)
            .or_else(not_back)
    }

    /// Another process that failed.
    fn spread(&self) -> Option<Harm> {
        let findings = self.findings;
        let unprovoked = findings.timeline.watchdog.detected.iter().filter(|it| {
            self.facts.fault.target != it.node.into()
                && self.in_force.contains(it.at)
                && !findings.faults.iter().any(|facts| facts.provoked(it))
        });
        let (own, by_host): (Vec<&Detected>, Vec<&Detected>) =
            unprovoked.partition(|it| !findings.is_silenced_by_stall(it));
        let first = own.first().or_else(|| by_host.first())?;
        let why = format!("{} failed meanwhile ({})", first.node, first.detector.name());
        Some(Harm { why, excuse: own.is_empty().then_some(WhyNot::HostStall) })
    }

    /// Samples that were used, and were not what their sender had protected.
    fn damaged_used(&self) -> Option<Harm> {
        let plan = &self.findings.timeline.plan;
        let injection = &self.facts.fault.injection;
        let node = self.facts.fault.target.node()?;
        let checked = match node {
            Node::Camera => plan.camera.protection,
            Node::Radar | Node::Fusion => plan.radar.protection,
        };
        let exercises = |item| injection.interference().contains(&item);
        // A frame that was handed over too soon may be whole by the time it is read; the check tells.
        let damages = exercises(Interference::Corruption) && !says_untrue(self.facts)
            || exercises(Interference::InconsistentData) && !checked;
        let of_samples = matches!(injection.kind().evidence, Evidence::Samples(..));
        let samples = self.findings.outcomes.of(node);
        let applied = self.findings.timeline.processes.applied.iter();
        let touched = applied.filter(|it| it.fault == self.facts.index && it.proof == Proof::Acted);
        let used = touched.filter(|it| {
            let sample = usize::try_from(it.item).ok().and_then(|item| samples.get(item));
            sample.is_some_and(|sample| sample.lost.is_none())
        });
        let used = if damages && of_samples { used.count() as u64 } else { 0 };
        let noun = sample_of(self.facts.fault.target);
        (used > 0).then(|| Harm::new(format!("{} that were damaged were used", count(used, noun))))
    }

    /// A demand that concerns the fault and was not met.
    fn missed_demand(&self) -> Option<String> {
        let (expectations, isolation) = self.demands;
        let id = &self.facts.fault.id;
        let mut missed = expectations.iter().filter(|it| it.verdict == Verdict::Fail);
        let of_run = missed.find(|it| {
            let about = it.about();
            let too_long = about.is_time_of(id) && self.is_detected();
            self.concerns(about) && !too_long && !about.wants_losses()
        });
        let mut isolation = isolation.iter();
        let coupled = isolation.find(|it| it.verdict == Verdict::Fail && it.fault == *id);
        let of_run = of_run.map(|it| format!("{} was missed", it.name));
        of_run.or_else(|| coupled.map(|it| format!("{} was not isolated from it", it.process)))
    }

    fn concerns(&self, about: About) -> bool {
        let target = self.facts.fault.target.node();
        match about {
            About::Run(_) | About::Trial { .. } => false,
            About::Fault { fault, .. } => fault == self.facts.fault.id,
            About::Tracking(_) | About::Safety(_) => true,
            About::Process { process, .. } => {
                process == Node::Fusion || target.is_none_or(|target| target == process)
            }
        }
    }

    /// Samples that went missing while nobody noticed.
    fn silent_loss(&self) -> Option<Harm> {
        let findings = self.findings;
        let target = self.facts.fault.target;
        let victims: Vec<Target> = match target.node() {
            Some(_) => vec![target],
            None => Node::ALL.map(Target::from).into(),
        };
        // What another fault cost that was noticed did not go missing unnoticed.
        let others: Vec<Span> = findings
            .faults
            .iter()
            .filter(|it| it.index != self.facts.index && !it.result.detections.is_empty())
            .filter(|it| victims.contains(&it.fault.target))
            .filter_map(|it| {
                let before =
                    it.fault.target.node().map_or(0, |node| findings.timeline.rhythm(node));
                it.in_force.map(|span| Span { from: span.from - before, ..span })
            })
            .collect();
        let samples = || {
            let of = |it: &Target| lost(&findings.timeline, &findings.outcomes, *it, self.in_force);
            let unnoticed = |it: &&Sample| !others.iter().any(|span| span.contains(it.due));
            victims.iter().flat_map(of).filter(unnoticed)
        };
        let number = samples().count() as u64;
        let own = number - findings.lost_in_stalls(samples());
        let why = format!("{} went missing and nobody noticed", count(number, sample_of(target)));
        (number > 0).then(|| Harm { why, excuse: (own == 0).then_some(WhyNot::HostStall) })
    }

    /// A function that was to come back and did not.
    fn not_back(&self) -> Option<Harm> {
        let result = &self.facts.result;
        let intended = result.reactions.iter().any(|it| gives_up(it.reaction));
        if result.recovered_after_ms.is_some() || intended {
            return None;
        }
        let injection = &self.facts.fault.injection;
        let curable =
            injection.kind().evidence == Evidence::Ended || injection.dies_with_its_victim();
        let noticed_ms = result.detections.first().map(|it| it.at_ms).filter(|_| curable);
        let since_ms = result.ended_at_ms.or(noticed_ms)?;
        let left_ms = ms(self.findings.timeline.end.cut) - since_ms;
        Some(if left_ms < ms(self.time_to_come_back()) {
            let why = "the run ended before the function could come back".to_owned();
            Harm { why, excuse: Some(WhyNot::EndedEarly) }
        } else {
            Harm::new("the function did not come back, and nobody was given up".to_owned())
        })
    }

    /// A start, and fusion's patience.
    fn time_to_come_back(&self) -> Moment {
        let timeline = &self.findings.timeline;
        let startup = timeline.plan.supervision.iter().map(|it| it.startup_timeout_ns).max();
        let startup = i64::try_from(startup.unwrap_or(0)).unwrap_or(i64::MAX);
        startup.saturating_add(modes::silence_limit(timeline))
    }

    /// Handling that took too long.
    fn lateness(&self) -> Option<Harm> {
        let result = &self.facts.result;
        let took_ms = result.fhti_ms.or(result.fdti_ms)?;
        let by_ftti = result.ftti_ms.filter(|ftti_ms| took_ms >= *ftti_ms).map(|ftti_ms| {
            format!("it was handled after {took_ms:.3} ms, and the FTTI is {ftti_ms} ms")
        });
        let expectations = self.demands.0.iter();
        let mut missed = expectations.filter(|it| it.verdict == Verdict::Fail);
        let by_demand = || {
            let missed = missed.find(|it| it.about().is_time_of(&self.facts.fault.id))?;
            Some(Harm::new(format!("{} was missed", missed.name)))
        };
        let took = Span { to: self.in_force.from + (took_ms * 1e6) as i64, ..self.in_force };
        let excuse = self.findings.stalls.disturb(took).then_some(WhyNot::HostStall);
        by_ftti.map(|why| Harm { why, excuse }).or_else(by_demand)
    }

    fn handling_in_words(&self) -> String {
        let result = &self.facts.result;
        let detector = result.detections.first().map_or("", |it| it.detector.name());
        let steps = [
            (format!("noticed ({detector})"), result.fdti_ms),
            ("handled".to_owned(), result.fhti_ms),
            ("recovered".to_owned(), result.recovered_after_ms),
        ];
        let steps = steps.into_iter().filter_map(|(step, after_ms)| Some((step, after_ms?)));
        let steps: Vec<String> =
            steps.map(|(step, after_ms)| format!("{step} after {after_ms:.3} ms")).collect();
        steps.join(", ")
    }

    /// What an unnoticed fault without harm has left behind.
    fn still_wrong(&self) -> Option<&'static str> {
        let interference = self.facts.fault.injection.interference();
        if says_untrue(self.facts) {
            Some("what was said was untrue")
        } else if interference.contains(&Interference::ContentCorruption) {
            Some("memory was corrupted")
        } else if self.facts.result.ended_at_ms.is_none() {
            Some("it lasted to the end of the run")
        } else {
            None
        }
    }
}

/// Whether the fault makes somebody say something untrue, protected as it should be.
fn says_untrue(facts: &FaultFacts) -> bool {
    facts.fault.injection.kind().detectors.contains(&Detector::Plausibility)
}

/// Whether a reaction leaves the function degraded, and means to.
fn gives_up(reaction: Reaction) -> bool {
    match reaction {
        Reaction::GiveUp | Reaction::Degrade | Reaction::SafeState => true,
        Reaction::Kill
        | Reaction::Restart
        | Reaction::Reject
        | Reaction::ModeChange
        | Reaction::StandbyTakeover
        | Reaction::Stop
        | Reaction::Reset => false,
    }
}
