//! The processes and their lives: [`processes`], [`states`].

use scenario::Plan;
use std::collections::{BTreeMap, HashMap};
use wire::event::{LifeState, Reaction};
use wire::{Node, Source};

use crate::series::LifeSpan;
use crate::summary::{Incarnation, Process, Usage};
use crate::timeline::{Moment, StateChange, Timeline, UsageSample, ms};
use crate::words;

/// Usage before this is start-up, not steady state.
const STEADY_FROM_NS: Moment = 500_000_000;

/// Camera, radar, fusion, watchdog; and of the harness what there was.
pub(crate) fn processes(timeline: &Timeline) -> Vec<Process> {
    Source::ALL
        .into_iter()
        .filter(|&source| runs(timeline.plan, source))
        .map(|source| Process {
            name: source.name().to_owned(),
            incarnations: match source {
                Source::Node(node) => incarnations(timeline, node),
                Source::Watchdog | Source::Plant | Source::Stimulus => {
                    unsupervised(timeline, source)
                }
            },
            state_at_end: match source {
                Source::Node(node) => state_at_end(timeline, node),
                Source::Watchdog | Source::Plant | Source::Stimulus => None,
            },
            usage: usage(timeline, source),
        })
        .collect()
}

/// Whether a process runs in this plan.
pub(crate) fn runs(plan: &Plan, source: Source) -> bool {
    match source {
        Source::Node(_) | Source::Watchdog => true,
        Source::Plant => plan.traffic.ego.brakes.is_some(),
        Source::Stimulus => plan.board.stimulates(),
    }
}

fn incarnations(timeline: &Timeline, node: Node) -> Vec<Incarnation> {
    let spawned = timeline.watchdog.spawned.iter().filter(|it| it.node == node);
    spawned
        .map(|born| {
            let exit = timeline.exit_of(node, born.incarnation);
            Incarnation {
                number: born.incarnation,
                pid: born.pid,
                started_ms: ms(born.at),
                ended_ms: exit.map(|exit| ms(exit.at)),
                exit: exit.map(|exit| {
                    if timeline.ended_by_watchdog(exit) {
                        "ended by the watchdog".to_owned()
                    } else {
                        words::exit(exit.how()) + &asked(timeline, node, born.incarnation)
                    }
                }),
            }
        })
        .collect()
}

/// Who asked a process to end that ended as asked.
fn asked(timeline: &Timeline, node: Node, incarnation: u32) -> String {
    let it = (Source::Node(node), incarnation);
    let mut stopping = timeline.processes.stopping.iter();
    let Some(stopping) = stopping.find(|stopping| (stopping.source, stopping.incarnation) == it)
    else {
        return String::new();
    };
    let mut started = timeline.processes.started.iter();
    let watchdog = started.find(|it| it.source == Source::Watchdog).map(|it| it.pid);
    if watchdog == Some(stopping.by) {
        ", asked by the watchdog (SIGTERM)".to_owned()
    } else {
        format!(", asked by process {} (SIGTERM)", stopping.by)
    }
}

fn unsupervised(timeline: &Timeline, source: Source) -> Vec<Incarnation> {
    let started = timeline.processes.started.iter().filter(|it| it.source == source);
    started
        .map(|it| Incarnation {
            number: it.incarnation,
            pid: it.pid,
            started_ms: ms(it.at),
            ended_ms: None,
            exit: None,
        })
        .collect()
}

/// The states of a process, in the order of time. A spawned process is starting, whether or not
/// that was recorded by itself.
pub(crate) fn states(timeline: &Timeline, node: Node) -> Vec<StateChange> {
    let spawned = timeline.watchdog.spawned.iter().map(|it| StateChange {
        at: it.at,
        node: it.node,
        incarnation: it.incarnation,
        state: LifeState::Starting,
    });
    let changes = spawned.chain(timeline.watchdog.states.iter().copied());
    let mut changes: Vec<StateChange> = changes.filter(|it| it.node == node).collect();
    changes.sort_by_key(|it| it.at);
    let reacted = timeline.watchdog.reacted.iter().filter(|it| it.node == node);
    let took_over = reacted.filter(|it| it.reaction == Reaction::StandbyTakeover);
    let mut changes = in_service(changes, &took_over.map(|it| (it.incarnation, it.at)).collect());
    changes.dedup_by_key(|it| (it.incarnation, it.state));
    changes
}

/// Without what a standby does beside the process in service: it counts from its takeover on.
fn in_service(changes: Vec<StateChange>, took_over: &HashMap<u32, Moment>) -> Vec<StateChange> {
    let mut running: Option<u32> = None;
    let mut of_service = |it: &StateChange| {
        let is_successor = it.state == LifeState::Running
            || took_over.get(&it.incarnation).is_some_and(|&since| since <= it.at);
        let beside = running.is_some_and(|one| it.incarnation > one) && !is_successor;
        if it.state == LifeState::Running {
            running = Some(it.incarnation);
        } else if !beside && running.is_some_and(|one| it.incarnation >= one) {
            running = None;
        }
        !beside
    };
    changes.into_iter().filter(|it| of_service(it)).collect()
}

/// Who was in service before this incarnation, by [`states`]; of one that is not among them, the last.
pub(crate) fn predecessor(states: &[StateChange], incarnation: u32) -> Option<u32> {
    states.iter().map(|it| it.incarnation).take_while(|&one| one != incarnation).last()
}

/// Who was in service after this incarnation, by [`states`].
pub(crate) fn successor(states: &[StateChange], incarnation: u32) -> Option<u32> {
    states.iter().map(|it| it.incarnation).find(|&one| one > incarnation)
}

/// The state of a process just before the run was stopped.
pub(crate) fn state_at_end(timeline: &Timeline, node: Node) -> Option<LifeState> {
    let before = |it: &StateChange| it.at < timeline.end.cut;
    states(timeline, node).into_iter().rfind(before).map(|it| it.state)
}

/// The stretches of each state of a process, up to the last thing known.
pub(crate) fn lives(timeline: &Timeline, node: Node) -> Vec<LifeSpan> {
    let states = states(timeline, node);
    let end = states.last().map_or(0, |it| it.at).max(timeline.end.cut);
    let spans = states.iter().enumerate().map(|(index, it)| LifeSpan {
        node,
        incarnation: it.incarnation,
        state: it.state,
        from_ms: ms(it.at),
        to_ms: ms(states.get(index + 1).map_or(end, |next| next.at)),
    });
    spans.collect()
}

/// How often a process was started again.
pub(crate) fn restarts(timeline: &Timeline, node: Node) -> u64 {
    let mut served: Vec<u32> = states(timeline, node).iter().map(|it| it.incarnation).collect();
    served.sort_unstable();
    served.dedup();
    (served.len() as u64).saturating_sub(1)
}

/// Usage of the incarnation that was sampled over the longest time.
fn usage(timeline: &Timeline, source: Source) -> Option<Usage> {
    let mut by_incarnation: BTreeMap<u32, Vec<&UsageSample>> = BTreeMap::new();
    for sample in &timeline.watchdog.usage {
        let steady = (STEADY_FROM_NS..=timeline.end.cut).contains(&sample.at);
        if steady && sample.source as usize == source.index() {
            by_incarnation.entry(sample.of).or_default().push(sample);
        }
    }
    let ends = by_incarnation.values().filter_map(|it| Some((*it.first()?, *it.last()?)));
    let (first, last) = ends.max_by_key(|(first, last)| last.at - first.at)?;
    let interval_ms = ms(last.at - first.at);
    if interval_ms <= 0.0 {
        return None;
    }
    // The sum is exact, its division a guess from ticks of 10 ms (`Event::Usage`): the longest look
    // gives the best guess, and the difference of two would be worthless.
    let total = |it: &UsageSample| it.user_us.saturating_add(it.system_us);
    let used_ms = total(last).saturating_sub(total(first)) as f64 / 1e3;
    let user_ms = used_ms * last.user_us as f64 / total(last).max(1) as f64;
    Some(Usage {
        interval_ms,
        user_ms,
        system_ms: used_ms - user_ms,
        core_percent: used_ms / interval_ms * 100.0,
        minor_faults: last.minor_faults.saturating_sub(first.minor_faults),
        major_faults: last.major_faults.saturating_sub(first.major_faults),
        rss_kib: last.rss_kib,
    })
}
