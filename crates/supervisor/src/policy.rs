//! What the watchdog does about what it sees, without IO: [`Policy`].
//!
//! Two failures are told apart: a process that ended (the kernel says so) and one that lives without
//! doing what it should. The second is killed first and replaced once it is buried: no two
//! incarnations ever write at once. A standby lives beside its predecessor and may write only when
//! that cannot any more.

mod budget;
mod life;
mod state;
mod system;

use crate::stalls::Stalls;
use crate::supervision::global::Global;
use channel::heartbeat::Passed;
use channel::status::NodeStatus;
use life::Life;
use scenario::plan::{OnGiveUp, Strategy, Supervision};
use state::Outcome;
use system::System;
use wire::Node;
use wire::event::{Detector, Event, LifeState, Reaction, SystemState};

/// Something to be done, in the order given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Action {
    /// Start this incarnation.
    Spawn(Node, u32),
    /// Kill the incarnation that may write.
    Kill(Node),
    /// Ask it to end.
    Terminate(Node),
    /// Kill the standby.
    KillStandby(Node),
    /// Write this into the record.
    Tell(Event),
}

/// Something that was seen. The numbers are incarnations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The incarnation that was to be spawned lives.
    Spawned(Node, u32),
    /// It could not be spawned.
    SpawnFailed(Node, u32),
    /// It will never run again, though it is not buried yet.
    Died(Node, u32),
    /// It was buried; the last is its status as in [`Event::Exited`].
    Exited(Node, u32, u32),
    /// The one that may write uses so many KiB of memory.
    Memory(Node, u64),
    /// Somebody wants the process ended gracefully and replaced.
    StopRequested(Node),
    /// The schedule lasts from this time to that.
    Scheduled(u64, u64),
}

/// What the policy is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    /// How each node is supervised.
    pub(crate) supervision: &'a [Supervision; Node::ALL.len()],
    /// Detectors that are switched off.
    pub(crate) disabled: &'a [Detector],
    /// How long the system may go on while a node is missing; `None` for ever.
    pub(crate) emergency_operation_ns: Option<u64>,
    /// The highest number that a process of each node had before; 0 where nobody lived.
    pub(crate) incarnations: [u32; Node::ALL.len()],
}

/// The newest signs of life of a node's processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beats {
    /// Of the one that may write.
    pub(crate) writer: Option<u64>,
    /// Of the standby.
    pub(crate) standby: Option<u64>,
}

/// What the nodes may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// The state of the system.
    pub(crate) system: SystemState,
    /// Each node; index by [`Node::index`].
    pub(crate) nodes: [NodeStatus; Node::ALL.len()],
}

/// The supervision of all nodes.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    lives: [Life; Node::ALL.len()],
    /// Times in which nobody could show life.
    stalls: Stalls,
    global: Global,
    system: System,
    /// Beginning and end of the schedule, once it is decided.
    schedule: Option<(u64, u64)>,
}

impl Policy {
    /// Nothing lives yet; the first [`on_time`](Self::on_time) spawns everyone.
    pub(crate) fn new(rules: &Rules<'_>, now_ns: u64) -> Policy {
        Policy {
            lives: Node::ALL.map(|node| Life::new(node, rules, now_ns)),
            stalls: Stalls::default(),
            global: Global::new(),
            system: System::new(rules.emergency_operation_ns),
            schedule: None,
        }
    }

    /// The incarnation of `node` that may write, or was the last that might; 0 before the first.
    pub(crate) fn incarnation(&self, node: Node) -> u32 {
        self.lives[node.index()].incarnation
    }

    /// The incarnation that stands by for `node`, if one lives.
    pub(crate) fn standby(&self, node: Node) -> Option<u32> {
        self.lives[node.index()].standby()
    }

    /// What the nodes may know.
    pub(crate) fn status(&self) -> Status {
        Status { system: self.system.state(), nodes: self.lives.each_ref().map(Life::status) }
    }

    /// Whether every node is running.
    pub(crate) fn all_running(&self) -> bool {
        self.lives.iter().all(|life| life.state.name() == LifeState::Running)
    }

    /// Whether a node was given up.
    pub(crate) fn any_down(&self) -> bool {
        self.lives.iter().any(|life| life.state.name() == LifeState::Down)
    }

    /// Whether this incarnation, should it have ended, must not be buried yet: its end is to be found
    /// by another detector than the kernel's word.
    pub(crate) fn must_be_found(&self, node: Node, incarnation: u32) -> bool {
        self.lives[node.index()].must_be_found(incarnation)
    }

    /// When [`on_time`](Self::on_time) must be called next, if nothing is seen before.
    pub(crate) fn deadline_ns(&self) -> u64 {
        let ending = self.ending();
        let lives = self.lives.iter().map(|life| life.deadline_ns(&self.stalls, ending));
        let rest = [self.global.deadline_ns(), self.system.deadline_ns()];
        lives.chain(rest).min().unwrap_or(0)
    }

    /// The host ran nobody from `from_ns` to `to_ns`; such times may overlap, and one that lasts is
    /// told again as it grows. Each prolongs the silence that is allowed by its own length, and by no
    /// more, so that a host that stalls often cannot hide a hang.
    pub(crate) fn on_stall(&mut self, from_ns: u64, to_ns: u64) {
        self.stalls.add(from_ns, to_ns);
    }

    /// Other limits hold from `now_ns` on; of those whom they change, silences count from then at the
    /// earliest, and what was counted and timed up to then is void.
    pub(crate) fn set_limits(&mut self, limits: &[Supervision; Node::ALL.len()], now_ns: u64) {
        for (life, limits) in self.lives.iter_mut().zip(limits) {
            life.set_limits(*limits, now_ns);
        }
    }

    /// The processes of `node` passed these checkpoints, and `lost` others that nobody could read.
    #[must_use]
    pub(crate) fn on_checkpoints(
        &mut self,
        node: Node,
        passed: &[Passed],
        lost: u64,
        now_ns: u64,
    ) -> Vec<Action> {
        let life = &mut self.lives[node.index()];
        let mut actions = Vec::new();
        if lost > 0 {
            life.on_lost_checkpoints(now_ns);
        }
        let incarnation = life.incarnation;
        for it in passed.iter().filter(|it| it.incarnation == incarnation) {
            life.on_checkpoint(it.checkpoint, it.at_ns.min(now_ns), &self.stalls, &mut actions);
        }
        self.follow(now_ns, &mut actions);
        actions
    }

    /// Time has come to `now_ns`; `beats` has the newest sign of life of each living process, if it
    /// has shown one, and every checkpoint passed before `now_ns` has been told.
    #[must_use]
    pub(crate) fn on_time(&mut self, now_ns: u64, beats: [Beats; Node::ALL.len()]) -> Vec<Action> {
        let mut actions = Vec::new();
        let ending = self.ending();
        for (life, beats) in self.lives.iter_mut().zip(beats) {
            life.on_beats(beats, now_ns, &mut actions);
            if let Some(schedule) = self.schedule {
                life.on_schedule(schedule, now_ns, &mut actions);
            }
            life.on_time(now_ns, (&self.stalls, ending), &mut actions);
        }
        self.follow(now_ns, &mut actions);
        let awaited = self.lives.iter().filter_map(Life::awaits_since_ns).min();
        self.stalls.forget(awaited.unwrap_or(now_ns));
        actions
    }

    /// Something was seen.
    #[must_use]
    pub(crate) fn on_seen(&mut self, seen: Seen, now_ns: u64) -> Vec<Action> {
        let mut actions = Vec::new();
        let lives = &mut self.lives;
        let failed = match seen {
            Seen::Spawned(node, incarnation) => {
                lives[node.index()].on_spawned(incarnation, now_ns, &mut actions);
                None
            }
            Seen::SpawnFailed(node, incarnation) => {
                let life = &mut lives[node.index()];
                Some((node, life.on_spawn_failed(incarnation, now_ns, &mut actions)))
            }
            Seen::Died(node, incarnation) => {
                Some((node, lives[node.index()].on_died(incarnation, now_ns, &mut actions)))
            }
            Seen::Exited(node, incarnation, status) => {
                let of = (incarnation, status);
                Some((node, lives[node.index()].on_exited(of, now_ns, &mut actions)))
            }
            Seen::Memory(node, used_kib) => {
                lives[node.index()].on_memory(used_kib, &mut actions);
                None
            }
            Seen::StopRequested(node) => {
                lives[node.index()].stop(now_ns, &mut actions);
                None
            }
            Seen::Scheduled(from_ns, to_ns) => {
                self.schedule = Some((from_ns, to_ns));
                None
            }
        };
        match failed {
            Some((node, Outcome::Replaced)) => self.stop_dependents(node, now_ns, &mut actions),
            Some((node, Outcome::GivenUp)) => self.give_up(node, &mut actions),
            Some((_, Outcome::Nothing)) | None => {}
        }
        self.follow(now_ns, &mut actions);
        actions
    }

    /// Those who are on their way out, as a set of bits.
    fn ending(&self) -> u8 {
        let ending = self.lives.iter().filter(|it| it.state.name() == LifeState::Ending);
        ending.fold(0, |set, life| set | life.bit())
    }

    /// `node` failed and is replaced: so are those who depend on it.
    fn stop_dependents(&mut self, node: Node, now_ns: u64, actions: &mut Vec<Action>) {
        let strategy = self.lives[node.index()].supervision.restart.strategy;
        let dependents = self.lives.iter_mut().filter(|it| match strategy {
            Strategy::OneForOne => false,
            Strategy::RestForOne => it.node > node,
            Strategy::OneForAll => it.node != node,
        });
        let mut group = 1 << node.index();
        for life in dependents {
            life.stop(now_ns, actions);
            group |= life.bit();
        }
        for life in self.lives.iter_mut().filter(|it| it.bit() & group != 0) {
            life.joins(group);
        }
    }

    fn give_up(&mut self, node: Node, actions: &mut Vec<Action>) {
        let life = &self.lives[node.index()];
        match life.supervision.on_give_up {
            OnGiveUp::Degrade => actions.push(life.reacted(Reaction::Degrade)),
            OnGiveUp::SafeState => {
                actions.push(life.reacted(Reaction::SafeState));
                actions.extend(self.system.end().map(told));
            }
        }
    }

    /// Lets the statuses of all follow those of each.
    fn follow(&mut self, now_ns: u64, actions: &mut Vec<Action>) {
        if self.schedule.is_some_and(|(from_ns, _)| now_ns >= from_ns) {
            let locals = self.lives.each_ref().map(Life::local_status);
            if let Some(status) = self.global.follow(locals, now_ns) {
                actions.push(Action::Tell(Event::GlobalStatus { status }));
            }
            let missing = self.lives.iter().filter(|life| life.is_missing()).count();
            actions.extend(self.system.follow(missing, now_ns).map(told));
        }
    }
}

fn told(state: SystemState) -> Action {
    Action::Tell(Event::SystemState { state })
}

#[cfg(test)]
mod tests;
