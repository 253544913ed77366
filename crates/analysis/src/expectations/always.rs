//! Demands that hold for every run: [`judge`].

use wire::event::Detector;
use wire::{Node, Source};

use super::{Demand, Finding, without_effect};
use crate::analyse::Findings;
use crate::noticed::Noticed;
use crate::summary::{About, Expectation, WhyNot};
use crate::timeline::{Detected, Exit, Reset};
use crate::words::{self, count};

/// Ends that are told one by one: a crash loop has hundreds, and they are alike. `run.json` holds them
/// all, by process.
const ENDS_TOLD: usize = 3;

pub(super) fn judge(findings: &Findings) -> Vec<Expectation> {
    let mut all = vec![
        ran_to_its_end(findings),
        record_complete(findings),
        record_consistent(findings),
        every_process_started(findings),
        no_unexpected_end(findings),
        no_unexpected_silence(findings),
        no_false_alarm(findings),
    ];
    all.extend(plant_kept_up(findings));
    all.extend(no_unexpected_reset(findings));
    all.extend(findings.faults.iter().map(|facts| {
        let evidence = facts.result.evidence.join("; ");
        let finding = if facts.result.activated {
            Finding::Met
        } else {
            match without_effect(facts) {
                Finding::Unclear(cause, _) => Finding::Unclear(cause, format!("{evidence}.")),
                skipped => skipped,
            }
        };
        let name = About::Trial { fault: &facts.fault.id, what: "took effect" }.name();
        Demand { name, expected: "evidence of its effect".into(), actual: evidence }
            .came_to(finding)
    }));
    all
}

fn demand(name: &str, expected: &str, actual: String) -> Demand {
    Demand { name: name.to_owned(), expected: expected.to_owned(), actual }
}

fn ran_to_its_end(findings: &Findings) -> Expectation {
    let end = findings.timeline.end;
    let finding = if end.whole {
        Finding::Met
    } else {
        let why = format!(
            "the run ended early ({}), {} of its {} can be judged.",
            findings.ended,
            words::in_ms(end.judged),
            words::limit_ms(findings.timeline.plan.duration_ns),
        );
        Finding::Unclear(WhyNot::EndedEarly, why)
    };
    demand("the run lasts to its end", "completed", findings.ended.to_owned()).came_to(finding)
}

fn record_complete(findings: &Findings) -> Expectation {
    let lost: Vec<String> =
        findings.records_lost.iter().map(|(source, lost)| format!("{lost} of {source}")).collect();
    let actual = if lost.is_empty() { "complete".to_owned() } else { lost.join(", ") + " lost" };
    let finding = if lost.is_empty() {
        Finding::Met
    } else {
        Finding::Unclear(WhyNot::Record, format!("records were overwritten: {actual}."))
    };
    demand("the record is complete", "no record lost", actual).came_to(finding)
}

fn record_consistent(findings: &Findings) -> Expectation {
    let misplaced = findings.timeline.misplaced;
    let mut wrong = findings.outcomes.contradictions.clone();
    if misplaced > 0 {
        wrong.push(format!("{} by a process that does not write them", count(misplaced, "record")));
    }
    let actual = count(wrong.len() as u64, "contradiction");
    let finding = match wrong.first() {
        None => Finding::Met,
        Some(first) => {
            Finding::Unclear(WhyNot::Record, format!("the record contradicts itself: {first}."))
        }
    };
    demand("the record is consistent", "no contradiction", actual).came_to(finding)
}

/// Of a run in which the board was reset.
fn no_unexpected_reset(findings: &Findings) -> Option<Expectation> {
    let resets = &findings.timeline.watchdog.resets;
    let explained = |it: &&Reset| {
        let mut faults = findings.faults.iter().filter(|it| it.fault.injection.resets_board());
        faults.any(|facts| facts.in_force.is_some_and(|span| span.contains(it.booted)))
    };
    let (_, unexpected): (Vec<&Reset>, Vec<&Reset>) = resets.iter().partition(explained);
    (!resets.is_empty()).then(|| {
        let told = unexpected.iter().map(|it| format!("at {}", words::in_ms(it.booted)));
        let actual = first_of(told);
        let finding = if unexpected.is_empty() {
            Finding::Met
        } else {
            let why = format!("the board was reset, and no fault had brought it about: {actual}.");
            Finding::Missed(why)
        };
        demand("no reset of the board unexpectedly", "none", actual).came_to(finding)
    })
}

/// Of a run with a plant.
fn plant_kept_up(findings: &Findings) -> Option<Expectation> {
    let trouble = findings.plant_trouble();
    let closed_loop = findings.timeline.plan.traffic.ego.brakes.is_some();
    (closed_loop || trouble.is_some()).then(|| {
        let actual = trouble.unwrap_or_else(|| "never behind".to_owned());
        demand("the plant keeps up", "never more than a tick behind a sensor", actual)
            .came_to(findings.if_plant_was_sound(Finding::Met))
    })
}

fn every_process_started(findings: &Findings) -> Expectation {
    let attached = &findings.timeline.processes.attached;
    let never = Node::ALL
        .into_iter()
        .filter(|node| !attached.iter().any(|(_, source, _)| *source == Source::Node(*node)));
    let never: Vec<&str> = never.map(Node::name).collect();
    let actual = if never.is_empty() {
        "all".to_owned()
    } else {
        format!("never attached: {}", never.join(", "))
    };
    let finding = if never.is_empty() {
        Finding::Met
    } else {
        Finding::Unclear(WhyNot::NotStarted, format!("{} never attached.", never.join(", ")))
    };
    demand("every process starts", "camera, radar and fusion", actual).came_to(finding)
}

/// What ends before the schedule was set going could not be started, and so not be tested.
fn no_unexpected_end(findings: &Findings) -> Expectation {
    let timeline = &findings.timeline;
    let unexpected = |exit: &&Exit| {
        !timeline.ended_by_watchdog(exit) && !findings.faults.iter().any(|it| it.explains(exit))
    };
    let exits: Vec<&Exit> = timeline.watchdog.exits.iter().filter(unexpected).collect();
    let running = |exit: &&Exit| timeline.watchdog.began.is_some_and(|began| exit.at >= began);
    let at_work: Vec<&Exit> = exits.iter().copied().filter(running).collect();
    let finding = if exits.is_empty() {
        Finding::Met
    } else if at_work.is_empty() {
        let why = format!("a process could not be started: {}.", in_words(&exits));
        Finding::Unclear(WhyNot::NotStarted, why)
    } else {
        let why = format!("a process ended that no fault had ended: {}.", in_words(&at_work));
        Finding::Missed(why)
    };
    demand("no process ends unexpectedly", "none", in_words(&exits)).came_to(finding)
}

/// A process that the watchdog killed for its silence, its steps or its memory, or because it was not
/// ready in time, although no fault had made it so.
fn no_unexpected_silence(findings: &Findings) -> Expectation {
    let timeline = &findings.timeline;
    let by_silence = |it: &&Detected| {
        matches!(
            it.detector,
            Detector::Heartbeat
                | Detector::Startup
                | Detector::Alive
                | Detector::Deadline
                | Detector::Logical
                | Detector::Memory
        )
    };
    let unprovoked = |it: &&Detected| !findings.faults.iter().any(|facts| facts.provoked(it));
    let began = timeline.watchdog.began;
    let all = timeline.watchdog.detected.iter().filter(by_silence).filter(unprovoked);
    let all: Vec<&Detected> = all.collect();
    let actual = first_of(all.iter().map(|it| {
        let Detected { at, node, incarnation, detector } = **it;
        let at = words::in_ms(at);
        format!("{node} (incarnation {incarnation}) by {} at {at}", detector.name())
    }));
    let own = |it: &&Detected| !findings.is_silenced_by_stall(it);
    let finding = if all.is_empty() {
        Finding::Met
    } else if began.is_none_or(|began| all.iter().all(|it| it.at < began)) {
        let why = format!("a process could not be started: {actual}.");
        Finding::Unclear(WhyNot::NotStarted, why)
    } else if all.iter().any(own) {
        Finding::Missed(format!("a process fell silent that no fault had silenced: {actual}."))
    } else {
        let why = format!("a process fell silent, and the host stalled: {actual}.");
        Finding::Unclear(WhyNot::HostStall, why)
    };
    demand("no process falls silent unexpectedly", "none", actual).came_to(finding)
}

fn no_false_alarm(findings: &Findings) -> Expectation {
    let actual = first_of(findings.false_alarms.iter().map(|it| {
        let Noticed { at, node, detector, by, .. } = it;
        format!("{} on {node} by {} at {}", detector.name(), by.name(), words::in_ms(*at))
    }));
    let finding = if findings.false_alarms.is_empty() {
        Finding::Met
    } else {
        Finding::Missed(format!("it was noticed, and there was nothing to notice: {actual}."))
    };
    demand("no false alarm", "none", actual).came_to(finding)
}

fn in_words(exits: &[&Exit]) -> String {
    first_of(exits.iter().map(|exit| {
        let at = words::in_ms(exit.at);
        let how = words::exit(exit.how());
        format!("{} (incarnation {}) by {how} at {at}", exit.node, exit.incarnation)
    }))
}

/// The first [`ENDS_TOLD`] of them, and how many more there are.
fn first_of(ends: impl ExactSizeIterator<Item = String>) -> String {
    let more = ends.len().saturating_sub(ENDS_TOLD);
    let told = ends.take(ENDS_TOLD).collect::<Vec<_>>().join(", ");
    match (told.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => told,
        (false, more) => format!("{told}, … and {more} more"),
    }
}
