//! Whether a process noticed a fault in another one: [`judge`].
//!
//! Each process that the scenario names is held against its own fault-free interval. In the window
//! of a fault (its effect to the recovery, at least [`MIN_PERIODS`] periods, so that there is
//! something to see) the process must
//! - keep its process id;
//! - produce every sample and find a place for it. A camera whose slots a stalled reader holds
//!   drops frames: it is coupled to its reader, which is what isolation excludes;
//!   Fusion must make an output from every sample within its reach that was handed over in time, at
//!   most one period after the hand-over: the moment at which it chose to look excuses nothing;
//! - be no slower than before by more than the margin. With [`ENOUGH`] samples or more, the median
//!   must not exceed the fault-free 90 % quantile, nor the 90 % quantile the fault-free 99 %
//!   quantile, by more than the margin; with fewer, where quantiles say nothing, the largest must
//!   not exceed the fault-free largest by more than the margin.
//!
//! A process that is itself the target of a fault cannot be isolated; the scenario says so.

#[cfg(test)]
mod tests;

use wire::Node;

use crate::analyse::Findings;
use crate::expectations::{Finding, without_effect};
use crate::faults::FaultFacts;
use crate::latency::{CAPTURED_TO_PUBLISHED, DUE_TO_SENT, HANDED_OVER_TO_FUSED};
use crate::quantiles::quantiles_us;
use crate::streams::Outcome;
use crate::summary::{Cause, Isolation, Quantiles, Verdict, WhyNot};
use crate::timeline::{Span, Timeline};
use crate::words::{count, sample};

/// A window holds at least this many periods of the process's stream.
const MIN_PERIODS: i64 = 3;
/// From this many samples on, their 90 % quantile is not simply the largest.
const ENOUGH: u64 = 10;

/// Each process named by the scenario against each fault in another one.
pub(crate) fn judge(findings: &Findings) -> Vec<Isolation> {
    let isolated = &findings.timeline.plan.expect.isolated;
    let pairs = isolated.iter().flat_map(|&process| {
        let others = findings.faults.iter().filter(move |it| it.fault.target != process.into());
        others.map(move |facts| (process, facts))
    });
    pairs.map(|(process, facts)| judge_one(findings, process, facts)).collect()
}

fn judge_one(findings: &Findings, process: Node, facts: &FaultFacts) -> Isolation {
    let margin_ns = findings.timeline.plan.expect.isolation_margin_ns;
    let mut isolation = Isolation {
        process,
        fault: facts.fault.id.clone(),
        kept_its_process: true,
        lost: 0,
        latency: latency_name(process).to_owned(),
        fault_free_us: quantiles_us(fault_free(findings, process)),
        during_us: None,
        margin_ms: margin_ns as f64 / 1e6,
        verdict: Verdict::Inconclusive,
        reason: None,
        cause: None,
    };
    let Some(in_force) = facts.in_force else {
        let finding = without_effect(facts);
        (isolation.verdict, isolation.cause, isolation.reason) = finding.told();
        return isolation;
    };
    let span = noticeable(&findings.timeline, process, in_force);
    let window = Window { findings, process, span };
    isolation.kept_its_process = window.kept_its_process();
    isolation.lost = window.lost().count() as u64;
    let during = latencies(findings, process).filter(|it| window.span.contains(it.to));
    isolation.during_us = quantiles_us(during.map(Span::length));
    (isolation.verdict, isolation.cause, isolation.reason) = window.judge(&isolation).told();
    isolation
}

/// The latency that is a process's own work.
fn latency_name(process: Node) -> &'static str {
    match process {
        Node::Camera => CAPTURED_TO_PUBLISHED,
        Node::Radar => DUE_TO_SENT,
        Node::Fusion => "handed_over_to_fused",
    }
}

fn latencies<'a>(findings: &'a Findings, process: Node) -> impl Iterator<Item = Span> + 'a {
    let (one, other) = match process {
        Node::Camera => (CAPTURED_TO_PUBLISHED, None),
        Node::Radar => (DUE_TO_SENT, None),
        Node::Fusion => (HANDED_OVER_TO_FUSED[0], Some(HANDED_OVER_TO_FUSED[1])),
    };
    let other = other.map_or(&[][..], |name| findings.latencies.of(process, name));
    findings.latencies.of(process, one).iter().chain(other).copied()
}

/// What a process took while no fault could be noticed.
fn fault_free<'a>(findings: &'a Findings, process: Node) -> impl Iterator<Item = i64> + 'a {
    let in_force = findings.faults.iter().filter_map(|facts| facts.in_force);
    let windows: Vec<Span> =
        in_force.map(|span| noticeable(&findings.timeline, process, span)).collect();
    latencies(findings, process)
        .filter(move |it| !windows.iter().any(|window| window.overlaps(*it)))
        .map(Span::length)
}

/// The time in which a process could notice a fault that was in force for this long.
fn noticeable(timeline: &Timeline, process: Node, in_force: Span) -> Span {
    let to = in_force.to.max(in_force.from + MIN_PERIODS * timeline.rhythm(process));
    Span { from: in_force.from, to: to.min(timeline.end.cut) }
}

/// The time in which a fault could have been noticed by a process.
struct Window<'a> {
    findings: &'a Findings<'a>,
    process: Node,
    span: Span,
}

impl Window<'_> {
    fn due(&self) -> impl Iterator<Item = &Outcome> {
        let outcomes = self.findings.outcomes.of(self.process).iter();
        outcomes.filter(|it| self.span.contains(it.due))
    }

    /// Samples that the process itself lost for this cause.
    fn missing(&self, cause: Cause) -> impl Iterator<Item = &Outcome> {
        let own = |it: &&Outcome| self.process != Node::Fusion || it.offered_in_time;
        self.due().filter(move |it| it.lost == Some(cause)).filter(own)
    }

    /// Samples that were there in time and that fusion used more than a period later.
    fn late(&self) -> impl Iterator<Item = &Outcome> {
        let period = |it: &Outcome| self.findings.timeline.period(it.sensor);
        let used_late = move |it: &&Outcome| it.fused_after.is_some_and(|after| after > period(it));
        let of_fusion = self.due().filter(|_| self.process == Node::Fusion);
        of_fusion.filter(|it| it.offered_in_time).filter(used_late)
    }

    /// What counts against the process.
    fn lost(&self) -> impl Iterator<Item = &Outcome> {
        self.missing(Cause::NotProduced).chain(self.missing(Cause::Overrun)).chain(self.late())
    }

    /// `did not produce 2 frames and dropped 1 frame for want of a place`.
    fn lost_in_words(&self) -> String {
        let noun = sample(self.process);
        let causes = [
            (Cause::NotProduced, "did not produce", ""),
            (Cause::Overrun, "dropped", " for want of a place"),
        ];
        let told = causes.map(|(cause, verb, why)| (self.missing(cause).count(), verb, why));
        let late = (self.late().count(), "made", " more than a period late");
        let told = told.into_iter().chain([late]).filter(|(number, ..)| *number > 0);
        let told =
            told.map(|(number, verb, why)| format!("{verb} {}{why}", count(number as u64, noun)));
        told.collect::<Vec<_>>().join(" and ")
    }

    /// Samples that the process had to produce.
    fn owed(&self) -> usize {
        self.due().filter(|it| it.lost != Some(Cause::NoInput)).count()
    }

    fn kept_its_process(&self) -> bool {
        let log = &self.findings.timeline.watchdog;
        let ends = log.exits.iter().filter(|it| it.node == self.process).map(|it| it.at);
        let births = log.spawned.iter().filter(|it| it.node == self.process).map(|it| it.at);
        !ends.chain(births).any(|at| self.span.contains(at))
    }

    /// Whether the watchdog alone ended the process, if anyone did.
    fn ended_for_silence(&self) -> bool {
        let timeline = &self.findings.timeline;
        let ends = timeline.watchdog.exits.iter();
        ends.filter(|it| it.node == self.process && self.span.contains(it.at))
            .all(|exit| timeline.ended_by_watchdog(exit))
    }

    fn judge(&self, seen: &Isolation) -> Finding {
        let process = self.process;
        if !seen.kept_its_process {
            let why = format!("{process} ended or was restarted during the fault");
            let by_host = self.ended_for_silence() && self.findings.stalls.disturb(self.span);
            return Finding::missed(&why, by_host);
        }
        if seen.lost > 0 {
            let stalled =
                |it: &Outcome| self.findings.stalled_around(it, it.fused_after.unwrap_or(0));
            let lost = self.lost_in_words();
            return if self.lost().all(stalled) {
                Finding::missed(&format!("{process} {lost}"), true)
            } else {
                Finding::missed(&format!("{process} {lost} during the fault"), false)
            };
        }
        let no_data = |why: &str| Finding::Unclear(WhyNot::NoData, format!("{process} {why}."));
        let (Some(free), Some(during)) = (seen.fault_free_us, seen.during_us) else {
            return match (self.owed(), seen.during_us) {
                (0, _) => no_data("had nothing to produce during the fault"),
                (_, None) => {
                    Finding::Missed(format!("{process} produced nothing during the fault."))
                }
                (_, Some(_)) => no_data("has no fault-free interval"),
            };
        };
        if free.count < ENOUGH {
            return no_data("has too short a fault-free interval");
        }
        match slower(free, during, seen.margin_ms * 1e3) {
            None => Finding::Met,
            Some(why) if self.findings.stalls.disturb(self.span) => {
                let why = format!("{process} was slower, and the host stalled: {why}.");
                Finding::Unclear(WhyNot::HostStall, why)
            }
            Some(why) => Finding::Missed(format!("{process} was slower: {why}.")),
        }
    }
}

/// In what way a latency was worse than the fault-free one allows, if it was.
fn slower(free: Quantiles, during: Quantiles, margin_us: f64) -> Option<String> {
    let few = [("max", during.max, "max", free.max)];
    let many = [("p50", during.p50, "p90", free.p90), ("p90", during.p90, "p99", free.p99)];
    let rules = if during.count < ENOUGH { &few[..] } else { &many[..] };
    let broken = rules.iter().find(|(_, seen, _, limit)| *seen > limit + margin_us);
    broken.map(|(name, seen, free_name, limit)| {
        format!(
            "{name} {seen:.0} µs, fault-free {free_name} {limit:.0} µs, margin {margin_us:.0} µs"
        )
    })
}
