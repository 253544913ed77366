//! Demands on a process and on its stream as a whole: [`judge`].

use scenario::plan::ProcessExpect;
use wire::Node;
use wire::event::LifeState;

use super::{Demand, Finding, NOT_OBSERVED};
use crate::analyse::Findings;
use crate::modes;
use crate::processes::{restarts, state_at_end};
use crate::summary::{About, Expectation, WhyNot};
use crate::timeline::Span;
use crate::words::{count, sample};

pub(super) fn judge(findings: &Findings, node: Node) -> Vec<Expectation> {
    let expect = &findings.timeline.plan.expect;
    let (lost_max, lost_min, process) = match node {
        Node::Camera => (expect.camera.lost_max, expect.camera.lost_min, expect.camera.process),
        Node::Radar => (expect.radar.lost_max, expect.radar.lost_min, expect.radar.process),
        Node::Fusion => (expect.fusion.lost_max, None, expect.fusion.process),
    };
    let lost_max = lost_max.map(|max| lost(findings, node, Bound::Max(max)));
    let lost_min = lost_min.map(|min| lost(findings, node, Bound::Min(min)));
    let mut all: Vec<Expectation> = lost_max.into_iter().chain(lost_min).collect();
    if node == Node::Camera {
        let torn = expect.torn;
        all.extend(torn.max.map(|max| self::torn(findings, Bound::Max(max))));
        all.extend(torn.min.map(|min| self::torn(findings, Bound::Min(min))));
    }
    all.extend(on_process(findings, node, process));
    all
}

/// Frames that fusion read torn. Stalls move the looks out of the time in which frames tear; they never
/// tear one that is synchronised.
fn torn(findings: &Findings, bound: Bound) -> Expectation {
    let torn = findings.timeline.fusion.torn.len() as u64;
    let (suffix, relation, limit, met) = match bound {
        Bound::Max(max) => ("max", "at most", max, torn <= max),
        Bound::Min(min) => ("min", "at least", min, torn >= min),
    };
    let expected = format!("{relation} {}", count(limit, "torn frame"));
    let actual = count(torn, "torn frame");
    let finding = match bound {
        _ if met => Finding::Met,
        Bound::Min(_) if !findings.timeline.end.whole => Finding::ended_early(),
        Bound::Min(_) => {
            let run = Span { from: 0, to: findings.timeline.end.cut };
            Finding::missed(&format!("fusion read {actual}"), findings.stalls.disturb(run))
        }
        Bound::Max(_) => Finding::Missed(format!("fusion read {actual}.")),
    };
    let name = name(Node::Camera, &format!("frames-torn-{suffix}"));
    Demand { name, expected, actual }.came_to(finding)
}

#[derive(Clone, Copy)]
enum Bound {
    Max(u64),
    Min(u64),
}

fn name(process: Node, key: &str) -> String {
    About::Process { process, key }.name()
}

/// The key in the scenario file, without its bound.
fn lost_key(node: Node) -> &'static str {
    match node {
        Node::Camera => "frames-lost",
        Node::Radar => "messages-lost",
        Node::Fusion => "outputs-lost",
    }
}

fn lost(findings: &Findings, node: Node, bound: Bound) -> Expectation {
    let noun = sample(node);
    let lost = findings.outcomes.lost(node);
    let by_cause = findings.outcomes.lost_by_cause(node);
    let causes: Vec<String> = by_cause
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(cause, count)| format!("{count} {}", cause.words()))
        .collect();
    let detail =
        if causes.is_empty() { String::new() } else { format!(" ({})", causes.join(", ")) };
    let actual = count(lost, noun) + &detail;
    let whole = findings.timeline.end.whole;
    let (suffix, relation, limit, finding) = match bound {
        Bound::Max(max) => {
            let why = format!("lost {actual}, at most {max} may be lost");
            let in_stalls = findings.lost_in_stalls(findings.outcomes.of(node).iter());
            ("max", "at most", max, Finding::lost_at_most(max, lost, in_stalls, &why))
        }
        Bound::Min(min) if lost >= min => ("min", "at least", min, Finding::Met),
        Bound::Min(min) if whole => {
            let why = format!("lost {actual}, at least {min} were to be lost");
            // It may be the one that should have cost them.
            let inert = findings.faults.iter().find(|facts| facts.in_force.is_none());
            let finding = match inert {
                Some(facts) if facts.result.skipped.is_some() => {
                    Finding::Skipped(format!("{why}; fault {} was skipped.", facts.fault.id))
                }
                Some(facts) => {
                    let why = format!("{why}; fault {} took no effect.", facts.fault.id);
                    Finding::Unclear(WhyNot::NoEffect, why)
                }
                None => Finding::Missed(format!("{why}.")),
            };
            ("min", "at least", min, finding)
        }
        Bound::Min(min) => {
            let finding = Finding::ended_early();
            ("min", "at least", min, finding)
        }
    };
    let name = name(node, &format!("{}-{suffix}", lost_key(node)));
    let expected = format!("{relation} {}", count(limit, noun));
    Demand { name, expected, actual }.came_to(finding)
}

fn on_process(findings: &Findings, node: Node, expect: ProcessExpect) -> Vec<Expectation> {
    let restarts_max = expect.restarts_max.map(|max| {
        let seen = restarts(&findings.timeline, node);
        let max = u64::from(max);
        let finding = if seen <= max {
            Finding::Met
        } else {
            let by_host = seen - after_stalls(findings, node) <= max;
            Finding::missed(&format!("{node} was restarted {}", times(seen)), by_host)
        };
        let expected = format!("at most {}", count(max, "restart"));
        let name = name(node, "restarts-max");
        Demand { name, expected, actual: count(seen, "restart") }.came_to(finding)
    });
    let up_at_end = expect.up_at_end.map(|up| {
        let wanted = if up { LifeState::Running } else { LifeState::Down };
        let state = state_at_end(&findings.timeline, node);
        let actual = state.map_or(NOT_OBSERVED, LifeState::name).to_owned();
        let last_mode = modes::at_end(&findings.timeline, &findings.modes);
        let silent = node == Node::Fusion && up && last_mode.mode.is_none();
        let finding = match (state == Some(wanted), findings.timeline.end.whole) {
            (_, false) => Finding::ended_early(),
            (true, true) if silent => {
                let by_host = findings.is_mode_of_stalls(last_mode.span);
                Finding::missed("fusion was up, and silent", by_host)
            }
            (true, true) => Finding::Met,
            (false, true) => {
                let mut detected = findings.timeline.watchdog.detected.iter();
                let last = detected.rfind(|it| it.node == node);
                let by_host = last.is_some_and(|it| findings.is_silenced_by_stall(it));
                let why = format!("{node} was {actual} at the end, not {}", wanted.name());
                Finding::missed(&why, by_host)
            }
        };
        let name = name(node, "up-at-end");
        Demand { name, expected: wanted.name().to_owned(), actual }.came_to(finding)
    });
    restarts_max.into_iter().chain(up_at_end).collect()
}

/// Restarts after a silence with a stall of the host in it.
fn after_stalls(findings: &Findings, node: Node) -> u64 {
    let timeline = &findings.timeline;
    let detected = timeline.watchdog.detected.iter().filter(|it| it.node == node);
    let silent = detected.filter(|it| findings.is_silenced_by_stall(it)).count() as u64;
    silent.min(restarts(timeline, node))
}

fn times(number: u64) -> String {
    count(number, "time")
}
