//! One process over all its incarnations: [`Life`].

use super::budget::Budget;
use super::state::{Leaving, Outcome, Standby, State};
use super::{Action, Beats, Rules};
use crate::stalls::Stalls;
use crate::supervision::{Change, Entity};
use channel::status::{NodeStatus, Presence};
use scenario::plan::Supervision;
use wire::checkpoint::Graph;
use wire::event::{Detector, Event, LocalStatus, Reaction};
use wire::{Checkpoint, Node};

/// From the time a process is at work, alone, to the spawn of its standby: the first samples of a
/// successor get out without a new process beside them.
const STANDBY_DELAY_NS: u64 = 50_000_000;

#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) node: Node,
    pub(super) supervision: Supervision,
    disabled: Vec<Detector>,
    /// The one that may write, or the last that might.
    pub(super) incarnation: u32,
    /// The highest number given.
    newest: u32,
    pub(super) state: State,
    entity: Entity,
    /// What this incarnation failed by, or the one before until this one is at work.
    failed_by: Option<Detector>,
    running_since_ns: Option<u64>,
    budget: Budget,
    standby: Standby,
    /// Replaced by its standby and not buried yet.
    leaving: Option<Leaving>,
    /// Those who are restarted together with this one, as a set of bits: it waits for their ends.
    group: u8,
}

impl Life {
    pub(super) fn new(node: Node, rules: &Rules<'_>, now_ns: u64) -> Life {
        let (supervision, disabled) = (rules.supervision[node.index()], rules.disabled);
        let before = rules.incarnations[node.index()];
        let standby =
            if supervision.restart.standby { Standby::Due(u64::MAX) } else { Standby::Unwanted };
        Life {
            node,
            supervision,
            disabled: disabled.to_vec(),
            incarnation: before,
            newest: before,
            state: State::Waiting(now_ns),
            entity: Entity::new(Graph::of(node), &supervision, disabled),
            failed_by: None,
            running_since_ns: None,
            budget: Budget::new(supervision.restart),
            standby,
            leaving: None,
            group: 0,
        }
    }

    /// Its place in a set.
    pub(super) fn bit(&self) -> u8 {
        1 << self.node.index()
    }

    /// Who has failed is expired until a successor is at work.
    pub(super) fn local_status(&self) -> LocalStatus {
        match self.entity.status() {
            LocalStatus::Deactivated if self.failed_by.is_some() => LocalStatus::Expired,
            status => status,
        }
    }

    pub(super) fn standby(&self) -> Option<u32> {
        match self.standby {
            Standby::Starting(incarnation, _) | Standby::Ready(incarnation) => Some(incarnation),
            Standby::Unwanted | Standby::Due(_) | Standby::Ending(_) => None,
        }
    }

    pub(super) fn status(&self) -> NodeStatus {
        let presence = match self.state {
            State::Running(_) | State::Stopping(_) => Presence::Up,
            State::Starting(_) => Presence::Starting,
            State::Dying | State::Ending | State::Waiting(_) | State::Down => Presence::Gone,
        };
        NodeStatus { writer: self.incarnation, presence }
    }

    pub(super) fn is_missing(&self) -> bool {
        self.status().presence != Presence::Up
    }

    pub(super) fn must_be_found(&self, incarnation: u32) -> bool {
        incarnation == self.incarnation
            && self.state.is_supervised()
            && !self.watches(Detector::Exit)
    }

    /// Is to be restarted together with these.
    pub(super) fn joins(&mut self, group: u8) {
        self.group = group;
    }

    /// Since when something is awaited: stalls before that are of no interest.
    pub(super) fn awaits_since_ns(&self) -> Option<u64> {
        let silent = match self.state {
            State::Starting(since) | State::Running(since) | State::Stopping(since) => Some(since),
            State::Dying | State::Ending | State::Waiting(_) | State::Down => None,
        };
        let standby = match self.standby {
            Standby::Starting(_, since) => Some(since),
            Standby::Unwanted | Standby::Due(_) | Standby::Ready(_) | Standby::Ending(_) => None,
        };
        silent.into_iter().chain(standby).chain(self.entity.awaits_since_ns()).min()
    }

    pub(super) fn deadline_ns(&self, stalls: &Stalls, ending: u8) -> u64 {
        let standby = match self.standby {
            Standby::Due(at) if matches!(self.state, State::Running(_)) => at,
            _ => self.standby_ends_ns(stalls),
        };
        let supervised =
            if self.state.is_supervised() { self.entity.deadline_ns(stalls) } else { u64::MAX };
        self.silence_ends_ns(stalls, ending).min(standby).min(supervised)
    }

    fn silence_ends_ns(&self, stalls: &Stalls, ending: u8) -> u64 {
        let ends = |awaited, since| self.patience_ends_ns(awaited, since, stalls);
        let limits = &self.supervision;
        match self.state {
            State::Starting(at) => ends((Detector::Startup, limits.startup_timeout_ns), at),
            State::Running(at) => ends((Detector::Heartbeat, limits.heartbeat_timeout_ns), at),
            State::Stopping(at) => ends((Detector::StopTimeout, limits.stop_timeout_ns), at),
            State::Waiting(until) if ending & self.group == 0 => until,
            State::Waiting(_) | State::Dying | State::Ending | State::Down => u64::MAX,
        }
    }

    /// Until when the standby may be silent.
    fn standby_ends_ns(&self, stalls: &Stalls) -> u64 {
        let limit = (Detector::Startup, self.supervision.startup_timeout_ns);
        match self.standby {
            Standby::Starting(_, since) => self.patience_ends_ns(limit, since, stalls),
            Standby::Unwanted | Standby::Due(_) | Standby::Ready(_) | Standby::Ending(_) => {
                u64::MAX
            }
        }
    }

    /// Until when a detector with this limit bears with who is awaited since then.
    fn patience_ends_ns(
        &self,
        (detector, limit_ns): (Detector, u64),
        since: u64,
        stalls: &Stalls,
    ) -> u64 {
        if self.watches(detector) { since + limit_ns + stalls.since(since) } else { u64::MAX }
    }

    pub(super) fn on_beats(&mut self, beats: Beats, now_ns: u64, actions: &mut Vec<Action>) {
        // What another process wrote is never trusted: a beat from the future would hide a hang.
        match (self.state, beats.writer.map(|beat| beat.min(now_ns))) {
            (State::Starting(_), Some(beat)) => self.runs(beat, actions),
            (State::Running(last), Some(beat)) if beat > last => self.state = State::Running(beat),
            _ => {}
        }
        if let (Standby::Starting(incarnation, _), Some(_)) = (self.standby, beats.standby) {
            self.standby = Standby::Ready(incarnation);
        }
    }

    fn runs(&mut self, beat_ns: u64, actions: &mut Vec<Action>) {
        self.enter(State::Running(beat_ns), actions);
        self.running_since_ns = Some(beat_ns);
        self.want_standby(beat_ns);
    }

    /// The process is at work: once its predecessor is buried it may have a standby.
    fn want_standby(&mut self, now_ns: u64) {
        if matches!(self.standby, Standby::Due(_)) && self.leaving.is_none() {
            self.standby = Standby::Due(now_ns + STANDBY_DELAY_NS);
        }
    }

    /// The schedule is known: a running process has steps to finish.
    pub(super) fn on_schedule(
        &mut self,
        (from_ns, to_ns): (u64, u64),
        now_ns: u64,
        actions: &mut Vec<Action>,
    ) {
        let idle = self.entity.status() == LocalStatus::Deactivated;
        if idle && now_ns >= from_ns && matches!(self.state, State::Running(_)) {
            let since_ns = self.running_since_ns.unwrap_or(now_ns);
            self.entity.activate((since_ns.max(from_ns), to_ns));
            if let Some(detector) = self.failed_by.take() {
                self.tell_status(Change { status: LocalStatus::Ok, detector }, actions);
            }
        }
    }

    pub(super) fn on_time(
        &mut self,
        now_ns: u64,
        (stalls, ending): (&Stalls, u8),
        actions: &mut Vec<Action>,
    ) {
        if self.state.is_supervised()
            && let Some(change) = self.entity.on_time(now_ns, stalls)
        {
            self.on_change(change, actions);
        }
        if now_ns >= self.silence_ends_ns(stalls, ending) {
            match self.state {
                State::Starting(_) => self.kill(Detector::Startup, actions),
                State::Running(_) => self.kill(Detector::Heartbeat, actions),
                State::Stopping(_) => self.kill(Detector::StopTimeout, actions),
                State::Waiting(_) => {
                    self.incarnation = self.next_incarnation();
                    self.entity =
                        Entity::new(Graph::of(self.node), &self.supervision, &self.disabled);
                    self.running_since_ns = None;
                    self.group = 0;
                    actions.push(Action::Spawn(self.node, self.incarnation));
                    // Should the caller never answer, the startup deadline holds all the same.
                    self.state = State::Starting(now_ns);
                }
                State::Dying | State::Ending | State::Down => {}
            }
        }
        match self.standby {
            Standby::Due(at) if now_ns >= at && matches!(self.state, State::Running(_)) => {
                let incarnation = self.next_incarnation();
                self.standby = Standby::Starting(incarnation, now_ns);
                actions.push(Action::Spawn(self.node, incarnation));
            }
            Standby::Starting(incarnation, _) if now_ns >= self.standby_ends_ns(stalls) => {
                self.end_standby(incarnation, actions);
            }
            _ => {}
        }
    }

    fn next_incarnation(&mut self) -> u32 {
        self.newest += 1;
        self.newest
    }

    fn end_standby(&mut self, incarnation: u32, actions: &mut Vec<Action>) {
        self.standby = Standby::Ending(incarnation);
        actions.push(Action::KillStandby(self.node));
    }

    pub(super) fn set_limits(&mut self, limits: Supervision, now_ns: u64) {
        // Whose limits stay is not spared: else who asks again and again would keep all from being judged.
        if self.supervision == limits {
            return;
        }
        self.supervision = limits;
        self.budget.set_rules(limits.restart);
        self.entity.set_limits(&limits, now_ns);
        // It shows life as often as the limit before demanded, until it knows of this one.
        if let State::Running(beat) = &mut self.state {
            *beat = now_ns.max(*beat);
        }
    }

    pub(super) fn on_lost_checkpoints(&mut self, now_ns: u64) {
        self.entity.on_loss(now_ns);
    }

    pub(super) fn on_checkpoint(
        &mut self,
        checkpoint: Checkpoint,
        at_ns: u64,
        stalls: &Stalls,
        actions: &mut Vec<Action>,
    ) {
        if let Some(change) = self.entity.on_checkpoint(checkpoint, at_ns, stalls) {
            self.on_change(change, actions);
        }
    }

    /// Supervision changed the local status; who is expired has failed.
    fn on_change(&mut self, change: Change, actions: &mut Vec<Action>) {
        self.tell_status(change, actions);
        if change.status == LocalStatus::Expired && self.state.is_supervised() {
            self.kill(change.detector, actions);
        }
    }

    pub(super) fn on_memory(&mut self, used_kib: u64, actions: &mut Vec<Action>) {
        let too_much = used_kib > self.supervision.memory_limit_kib;
        if too_much && self.state.is_supervised() && self.watches(Detector::Memory) {
            self.kill(Detector::Memory, actions);
        }
    }

    pub(super) fn on_spawned(&mut self, incarnation: u32, now_ns: u64, actions: &mut Vec<Action>) {
        if incarnation != self.incarnation {
            return;
        }
        self.enter(State::Starting(now_ns), actions);
        if self.incarnation > 1 {
            actions.push(self.reacted(Reaction::Restart));
        }
    }

    pub(super) fn on_spawn_failed(
        &mut self,
        incarnation: u32,
        now_ns: u64,
        actions: &mut Vec<Action>,
    ) -> Outcome {
        actions.push(detected(self.node, incarnation, Detector::Startup));
        if incarnation == self.incarnation {
            self.failed_by = Some(Detector::Startup);
            return self.replace(None, now_ns, actions);
        }
        self.standby_failed(now_ns);
        Outcome::Nothing
    }

    /// The kernel shows that the process will never run again.
    pub(super) fn on_died(
        &mut self,
        incarnation: u32,
        now_ns: u64,
        actions: &mut Vec<Action>,
    ) -> Outcome {
        let alive = !matches!(self.state, State::Waiting(_) | State::Dying | State::Down);
        if incarnation != self.incarnation || !alive || !self.watches(Detector::EarlyDeath) {
            return Outcome::Nothing;
        }
        if self.state.is_supervised() {
            self.find(Detector::EarlyDeath, actions);
            // No word to the record: to be ending is to be ended by the watchdog.
            self.state = State::Dying;
        }
        if self.standby().is_none() {
            return Outcome::Nothing;
        }
        let leaving = Leaving { incarnation, state: self.state };
        self.replace(Some(leaving), now_ns, actions)
    }

    pub(super) fn on_exited(
        &mut self,
        (incarnation, status): (u32, u32),
        now_ns: u64,
        actions: &mut Vec<Action>,
    ) -> Outcome {
        let node = self.node;
        actions.push(Action::Tell(Event::Exited { node, incarnation, status }));
        if let Some(leaving) = self.leaving.filter(|it| it.incarnation == incarnation) {
            self.leaving = None;
            if leaving.state == State::Dying && self.watches(Detector::Exit) {
                actions.push(detected(node, incarnation, Detector::Exit));
            }
            self.want_standby(now_ns);
            return Outcome::Nothing;
        }
        if incarnation != self.incarnation {
            if self.standby().is_some() {
                actions.push(detected(node, incarnation, Detector::Exit));
            }
            self.standby_failed(now_ns);
            return Outcome::Nothing;
        }
        let unasked = self.state.is_supervised() || self.state == State::Dying;
        if unasked && self.watches(Detector::Exit) {
            self.find(Detector::Exit, actions);
        }
        self.replace(None, now_ns, actions)
    }

    /// Another standby follows, as long as restarts are left.
    fn standby_failed(&mut self, now_ns: u64) {
        let pause_ns = self.budget.fail(now_ns, 0);
        self.standby = pause_ns.map_or(Standby::Unwanted, |pause_ns| {
            Standby::Due(now_ns + pause_ns + STANDBY_DELAY_NS)
        });
    }

    /// Asks the process to end; it is replaced afterwards.
    pub(super) fn stop(&mut self, now_ns: u64, actions: &mut Vec<Action>) {
        if !self.state.is_supervised() {
            return;
        }
        actions.push(Action::Terminate(self.node));
        self.enter(State::Stopping(now_ns), actions);
        actions.push(self.reacted(Reaction::Stop));
    }

    fn kill(&mut self, detector: Detector, actions: &mut Vec<Action>) {
        self.find(detector, actions);
        actions.push(Action::Kill(self.node));
        self.enter(State::Ending, actions);
        actions.push(self.reacted(Reaction::Kill));
    }

    /// A detector found the process to have failed.
    fn find(&mut self, detector: Detector, actions: &mut Vec<Action>) {
        actions.push(detected(self.node, self.incarnation, detector));
        self.failed_by = Some(detector);
        if let Some(change) = self.entity.fail(detector) {
            self.tell_status(change, actions);
        }
    }

    /// The process can write no more, and is buried unless it is `leaving`: its standby takes over,
    /// or it is started again, now or later, or it is given up.
    fn replace(
        &mut self,
        leaving: Option<Leaving>,
        now_ns: u64,
        actions: &mut Vec<Action>,
    ) -> Outcome {
        let asked = matches!(self.state, State::Stopping(_));
        let ran_ns = self.running_since_ns.map_or(0, |since| now_ns.saturating_sub(since));
        let pause_ns = if asked { Some(0) } else { self.budget.fail(now_ns, ran_ns) };
        match (pause_ns, self.standby) {
            (None, _) if leaving.is_some() => return Outcome::Nothing,
            (None, _) => {
                if let Some(standby) = self.standby() {
                    self.end_standby(standby, actions);
                }
                self.enter(State::Down, actions);
                actions.push(self.reacted(Reaction::GiveUp));
                return Outcome::GivenUp;
            }
            (Some(_), Standby::Ready(incarnation)) => {
                self.take_over(incarnation, leaving);
                self.runs(now_ns, actions);
                actions.push(self.reacted(Reaction::StandbyTakeover));
            }
            (Some(_), Standby::Starting(incarnation, since_ns)) => {
                self.take_over(incarnation, leaving);
                self.enter(State::Starting(since_ns), actions);
                actions.push(self.reacted(Reaction::StandbyTakeover));
            }
            (Some(pause_ns), _) => self.enter(State::Waiting(now_ns + pause_ns), actions),
        }
        if asked { Outcome::Nothing } else { Outcome::Replaced }
    }

    fn take_over(&mut self, incarnation: u32, leaving: Option<Leaving>) {
        self.incarnation = incarnation;
        self.leaving = leaving;
        self.standby = Standby::Due(u64::MAX);
        self.entity = Entity::new(Graph::of(self.node), &self.supervision, &self.disabled);
    }

    fn watches(&self, detector: Detector) -> bool {
        !self.disabled.contains(&detector)
    }

    fn enter(&mut self, state: State, actions: &mut Vec<Action>) {
        self.state = state;
        let Life { node, incarnation, .. } = *self;
        let state = state.name();
        actions.push(Action::Tell(Event::StateChanged { node, incarnation, state }));
    }

    fn tell_status(&self, Change { status, detector }: Change, actions: &mut Vec<Action>) {
        let Life { node, incarnation, .. } = *self;
        let event = Event::StatusChanged { node, incarnation, status, detector };
        actions.push(Action::Tell(event));
    }

    pub(super) fn reacted(&self, reaction: Reaction) -> Action {
        let Life { node, incarnation, .. } = *self;
        Action::Tell(Event::Reacted { node, incarnation, reaction })
    }
}

fn detected(node: Node, incarnation: u32, detector: Detector) -> Action {
    Action::Tell(Event::Detected { node, incarnation, detector })
}
