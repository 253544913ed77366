//! When a fault is over, and when everything is whole again: [`over`], [`find`], [`chain`].

use fault::Injection;
use fault::act::{Act, ProcessFault, SampleFault};
use fault::kind::Evidence;
use std::collections::{BTreeMap, HashSet};
use wire::event::Proof;
use wire::{Node, Source};

use super::Case;
use crate::processes;
use crate::timeline::{Moment, Output, Reset, ms};

/// How a fault ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Over {
    pub(super) at: Moment,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// The victim ended; someone else has to come back.
    VictimEnded,
    /// A hang ended, and the victim went on.
    VictimWentOn,
    /// Its time was over.
    TimeOver,
    /// The board was reset, and its kernel started again.
    BoardReset,
}

/// How long after a fault of a moment the end of its victim counts as its doing.
const MOMENT_NS: Moment = 250_000_000;

/// When a fault that took effect was over; `None` if it lasted to the end of the run.
pub(super) fn over(case: &Case) -> Option<Over> {
    let acted = case.acted?;
    if let Some(reset) = reset_after(case, acted) {
        return Some(Over { at: reset.booted, how: How::BoardReset });
    }
    let cut = case.timeline.end.cut;
    let exit = case.exit_of(case.last_victim()).map(|exit| exit.at).filter(|&at| at >= acted);
    let ended = exit.map(|at| Over { at, how: How::VictimEnded });
    let lasting = case.fault.injection.duration_ns();
    let injection = &case.fault.injection;
    let resumed = case.timeline.processes.resumed.iter();
    let lifted = resumed.chain(&case.timeline.watchdog.lifted);
    let of_this = lifted.filter(|(at, fault)| *fault == case.index && *at >= acted);
    let went_on = of_this.map(|(at, _)| Over { at: *at, how: How::VictimWentOn });
    let on_process = went_on.chain(ended).min_by_key(|over| over.at);
    let found = match injection.kind().evidence {
        Evidence::Ended => ended,
        Evidence::Hung => on_process,
        Evidence::Device(_) if lasting.is_none() => Some(Over { at: acted, how: How::TimeOver }),
        Evidence::Whole(..) if injection.dies_with_its_victim() => {
            // What happened in a moment is over with it, unless the victim soon ended of it.
            let momentary = lasting.is_none() && !is_lasting(injection);
            let at_once = Over { at: acted, how: How::TimeOver };
            let soon = on_process.filter(|over| !momentary || over.at - acted < MOMENT_NS);
            soon.or(momentary.then_some(at_once))
        }
        _ => {
            let end = case.begins.zip(lasting).map_or(i64::MAX, |(begins, lasting)| {
                begins.saturating_add(i64::try_from(lasting).unwrap_or(i64::MAX))
            });
            let at = last_release(case).map_or(end, |released| released.max(end));
            Some(Over { at, how: How::TimeOver })
        }
    };
    found.filter(|over| over.at < cut)
}

/// The reset of the board that a fault brought about.
pub(super) fn reset_after<'t>(case: &Case<'_, 't>, acted: Moment) -> Option<&'t Reset> {
    let resets = case.fault.injection.resets_board();
    case.timeline.watchdog.resets.iter().find(|it| resets && it.resumed >= acted)
}

/// Whether a fault without a duration of its own lasts until its victim is replaced.
fn is_lasting(injection: &Injection) -> bool {
    matches!(
        injection.act(),
        Act::Process(
            ProcessFault::Stuck | ProcessFault::IgnoreStop | ProcessFault::RefuseCalls(..)
        )
    )
}

/// When the last sample that a delay held back was handed over: up to then old samples come between
/// the fresh ones, whenever the fault's own time was over.
fn last_release(case: &Case) -> Option<Moment> {
    if !matches!(case.fault.injection.act(), Act::Sample(SampleFault::Delay(_))) {
        return None;
    }
    let held = case.applied.iter().filter(|it| it.proof == Proof::Acted);
    let held: HashSet<(u64, u32)> = held.map(|it| (it.item, it.incarnation)).collect();
    let sensor = case.timeline.sensors.get(case.node?.index())?;
    let released = sensor.handed_over.iter().filter(|it| held.contains(&(it.item, it.incarnation)));
    released.map(|it| it.at).max()
}

/// The first output that shows that the victim is back: made from fresh data of the victim's
/// successor (of the victim itself after a hang that ended by itself or a fault on data), or, where
/// fusion was the victim, made by fusion from fresh data.
pub(super) fn find<'t>(case: &Case<'_, 't>, over: Option<Over>) -> Option<&'t Output> {
    let over = over?;
    let timeline = case.timeline;
    let target = case.node;
    let later = timeline.fusion.outputs.iter().filter(|output| output.at >= over.at);
    let mut of_stream = later.filter(|output| {
        target.is_none_or(|target| target == Node::Fusion || output.stream == target)
    });
    match (over.how, target) {
        (How::VictimEnded, Some(Node::Fusion)) => of_stream.find(|output| {
            let born = timeline
                .watchdog
                .spawned
                .iter()
                .find(|it| (it.node, it.incarnation) == (Node::Fusion, output.by));
            let fresh = born.is_some_and(|born| output.captured >= born.at);
            output.by > case.last_victim() && fresh
        }),
        (How::VictimEnded, _) => of_stream.find(|output| output.from > case.last_victim()),
        (How::VictimWentOn | How::BoardReset, _) => {
            of_stream.find(|output| output.captured >= over.at)
        }
        (How::TimeOver, _) => of_stream.find(|output| {
            let due = timeline.due(output.stream, output.item);
            due >= over.at && output.received <= due + timeline.period(output.stream)
        }),
    }
}

/// The steps of a restart, each counted from the effect; empty where nothing was restarted.
pub(super) fn chain(
    case: &Case,
    over: Option<Over>,
    recovery: Option<&Output>,
) -> BTreeMap<String, f64> {
    let (Some(effect), Some(over)) = (case.acted, over) else { return BTreeMap::new() };
    let timeline = case.timeline;
    if let Some(reset) = reset_after(case, effect) {
        let fused = recovery.map(|output| ("fused", output.at));
        let steps = [("booted", reset.booted), ("running", reset.resumed)].into_iter().chain(fused);
        return steps.map(|(name, at)| (name.to_owned(), ms(at - effect))).collect();
    }
    let Some(target) = case.node else { return BTreeMap::new() };
    let successor = match (over.how, recovery, target) {
        (How::VictimEnded, Some(output), Node::Fusion) => Some(output.by),
        (How::VictimEnded, Some(output), _) => Some(output.from),
        (How::VictimEnded, None, _) => {
            processes::successor(&processes::states(timeline, target), case.last_victim())
        }
        (How::VictimWentOn | How::TimeOver | How::BoardReset, ..) => return BTreeMap::new(),
    };
    let source = Source::Node(target);
    let detected =
        timeline.watchdog.detected.iter().find(|it| {
            it.node == target && case.victims.contains(&it.incarnation) && it.at >= effect
        });
    let spawned = timeline.watchdog.spawned.iter();
    let spawned = spawned
        .map(|it| (it.at, it.node, it.incarnation))
        .find(|&(_, node, incarnation)| (node, Some(incarnation)) == (target, successor));
    let running = timeline.processes.started.iter();
    let running = running.map(|it| (it.at, it.source, it.incarnation));
    let attached = timeline.processes.attached.iter().copied();
    let by_successor = |it: &(Moment, Source, u32)| (it.1, Some(it.2)) == (source, successor);
    let sensor = timeline.sensors.get(target.index());
    let published = sensor
        .and_then(|log| log.handed_over.iter().find(|it| Some(it.incarnation) == successor))
        .map(|it| it.at);
    let steps = [
        ("detected", detected.map(|it| it.at)),
        ("spawned", spawned.map(|(at, ..)| at)),
        ("running", running.clone().find(by_successor).map(|it| it.0)),
        ("attached", attached.clone().find(by_successor).map(|it| it.0)),
        ("published", published),
        ("fused", recovery.map(|output| output.at)),
    ];
    let known = steps.into_iter().filter_map(|(name, at)| Some((name.to_owned(), at?)));
    known.map(|(name, at)| (name, ms(at - effect))).collect()
}
