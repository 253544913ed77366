//! What the watchdog does about what it sees, without IO: [`Policy`].
//!
//! Two failures are told apart: a process that ended (the kernel says so) and one that lives without
//! a sign of life. The second is killed first and replaced once it is buried: no two incarnations
//! ever live at once.

use crate::stalls::Stalls;
use scenario::plan::Supervision;
use std::collections::VecDeque;
use wire::event::{Detector, Event, LifeState, Reaction};
use wire::{Node, event};

/// Something to be done, in the order given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Start this incarnation.
    Spawn(Node, u32),
    /// Kill the living incarnation.
    Kill(Node),
    /// Write this into the record.
    Tell(Event),
}

/// Something that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The incarnation that was to be spawned lives.
    Spawned(Node),
    /// It could not be spawned.
    SpawnFailed(Node),
    /// The living incarnation was buried; `status` as in [`event::Event::Exited`].
    Exited(Node, u32),
}

/// The supervision of all nodes.
#[derive(Clone, Debug)]
pub struct Policy {
    lives: [Life; Node::ALL.len()],
    /// Times in which nobody could show life.
    stalls: Stalls,
}

/// One process over all its incarnations.
#[derive(Clone, Debug)]
struct Life {
    node: Node,
    supervision: Supervision,
    incarnation: u32,
    state: State,
    /// Times of the restarts that still count against the budget.
    restarts: VecDeque<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Spawned at this time, not yet ready.
    Starting(u64),
    /// Last sign of life.
    Running(u64),
    /// Killed by us; its end is awaited.
    Ending,
    /// Buried; to be spawned at this time.
    Waiting(u64),
    /// Buried for good.
    Down,
}

impl State {
    fn name(self) -> LifeState {
        match self {
            State::Starting(_) => LifeState::Starting,
            State::Running(_) => LifeState::Running,
            State::Ending => LifeState::Ending,
            State::Waiting(_) => LifeState::Waiting,
            State::Down => LifeState::Down,
        }
    }
}

impl Policy {
    /// Nothing lives yet; the first [`on_time`](Self::on_time) spawns everyone.
    pub fn new(supervision: &[Supervision; Node::ALL.len()], now_ns: u64) -> Policy {
        let lives = Node::ALL.map(|node| Life {
            node,
            supervision: supervision[node.index()],
            incarnation: 0,
            state: State::Waiting(now_ns),
            restarts: VecDeque::new(),
        });
        Policy { lives, stalls: Stalls::default() }
    }

    /// The incarnation of `node` that lives or lived last; 0 before the first.
    pub fn incarnation(&self, node: Node) -> u32 {
        self.lives[node.index()].incarnation
    }

    /// How the watchdog sees `node`.
    pub fn state(&self, node: Node) -> LifeState {
        self.lives[node.index()].state.name()
    }

    /// Whether every node is running.
    pub fn all_running(&self) -> bool {
        self.lives.iter().all(|life| matches!(life.state, State::Running(_)))
    }

    /// Whether a node was given up.
    pub fn any_down(&self) -> bool {
        self.lives.iter().any(|life| life.state == State::Down)
    }

    /// When [`on_time`](Self::on_time) must be called next, if nothing is seen before.
    pub fn deadline_ns(&self) -> u64 {
        self.lives.iter().map(|life| life.deadline_ns(&self.stalls)).min().unwrap_or(0)
    }

    /// The host ran nobody from `from_ns` to `to_ns`; such times may overlap, and one that lasts is
    /// told again as it grows. Each prolongs the silence that is allowed by its own length, and by no
    /// more, so that a host that stalls often cannot hide a hang.
    pub fn on_stall(&mut self, from_ns: u64, to_ns: u64) {
        self.stalls.add(from_ns, to_ns);
    }

    /// Time has come to `now_ns`; `last_beat` has the newest sign of life of each living
    /// incarnation, if it has shown one.
    pub fn on_time(
        &mut self,
        now_ns: u64,
        last_beat: [Option<u64>; Node::ALL.len()],
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        for (life, beat) in self.lives.iter_mut().zip(last_beat) {
            life.on_time(now_ns, beat, &self.stalls, &mut actions);
        }
        self.stalls
            .forget(self.lives.iter().filter_map(Life::silent_since_ns).min().unwrap_or(now_ns));
        actions
    }

    /// Something was seen.
    pub fn on_seen(&mut self, seen: Seen, now_ns: u64) -> Vec<Action> {
        let mut actions = Vec::new();
        match seen {
            Seen::Spawned(node) => self.lives[node.index()].on_spawned(now_ns, &mut actions),
            Seen::SpawnFailed(node) => self.lives[node.index()].on_failed(now_ns, &mut actions),
            Seen::Exited(node, status) => {
                self.lives[node.index()].on_exited(status, now_ns, &mut actions);
            }
        }
        actions
    }
}

impl Life {
    fn deadline_ns(&self, stalls: &Stalls) -> u64 {
        let silence = |since, limit| since + limit + stalls.since(since);
        match self.state {
            State::Starting(since) => silence(since, self.supervision.startup_timeout_ns),
            State::Running(beat) => silence(beat, self.supervision.heartbeat_timeout_ns),
            State::Waiting(until) => until,
            State::Ending | State::Down => u64::MAX,
        }
    }

    /// Since when a sign of life is awaited, if one is.
    fn silent_since_ns(&self) -> Option<u64> {
        match self.state {
            State::Starting(since) | State::Running(since) => Some(since),
            State::Ending | State::Waiting(_) | State::Down => None,
        }
    }

    fn on_time(
        &mut self,
        now_ns: u64,
        beat: Option<u64>,
        stalls: &Stalls,
        actions: &mut Vec<Action>,
    ) {
        // What another process wrote is never trusted: a beat from the future would hide a hang.
        match (self.state, beat.map(|beat| beat.min(now_ns))) {
            (State::Starting(_), Some(beat)) => self.enter(State::Running(beat), actions),
            (State::Running(last), Some(beat)) if beat > last => self.state = State::Running(beat),
            _ => {}
        }
        if now_ns < self.deadline_ns(stalls) {
            return;
        }
        match self.state {
            State::Starting(_) => self.kill(Detector::Startup, actions),
            State::Running(_) => self.kill(Detector::Heartbeat, actions),
            State::Waiting(_) => {
                self.incarnation += 1;
                actions.push(Action::Spawn(self.node, self.incarnation));
                // Should the caller never answer, the startup deadline holds all the same.
                self.state = State::Starting(now_ns);
            }
            State::Ending | State::Down => {}
        }
    }

    fn on_spawned(&mut self, now_ns: u64, actions: &mut Vec<Action>) {
        self.enter(State::Starting(now_ns), actions);
        if self.incarnation > 1 {
            actions.push(self.reacted(Reaction::Restart));
        }
    }

    fn on_failed(&mut self, now_ns: u64, actions: &mut Vec<Action>) {
        actions.push(self.detected(Detector::Startup));
        self.bury(now_ns, actions);
    }

    fn on_exited(&mut self, status: u32, now_ns: u64, actions: &mut Vec<Action>) {
        let Life { node, incarnation, .. } = *self;
        actions.push(Action::Tell(Event::Exited { node, incarnation, status }));
        if self.state != State::Ending {
            actions.push(self.detected(Detector::Exit));
        }
        self.bury(now_ns, actions);
    }

    fn kill(&mut self, detector: Detector, actions: &mut Vec<Action>) {
        actions.push(self.detected(detector));
        actions.push(Action::Kill(self.node));
        self.enter(State::Ending, actions);
        actions.push(self.reacted(Reaction::Kill));
    }

    /// The process is gone: start it again, now or later, or give it up.
    fn bury(&mut self, now_ns: u64, actions: &mut Vec<Action>) {
        let restart = self.supervision.restart;
        while self.restarts.front().is_some_and(|&at| now_ns - at >= restart.window_ns) {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= restart.limit as usize {
            self.enter(State::Down, actions);
            actions.push(self.reacted(Reaction::GiveUp));
            return;
        }
        self.restarts.push_back(now_ns);
        self.enter(State::Waiting(now_ns + restart.delay_ns), actions);
    }

    fn enter(&mut self, state: State, actions: &mut Vec<Action>) {
        self.state = state;
        let Life { node, incarnation, .. } = *self;
        let state = state.name();
        actions.push(Action::Tell(Event::StateChanged { node, incarnation, state }));
    }

    fn detected(&self, detector: Detector) -> Action {
        let Life { node, incarnation, .. } = *self;
        Action::Tell(event::Event::Detected { node, incarnation, detector })
    }

    fn reacted(&self, reaction: Reaction) -> Action {
        let Life { node, incarnation, .. } = *self;
        Action::Tell(event::Event::Reacted { node, incarnation, reaction })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenario::plan::Restart;

    const MS: u64 = 1_000_000;
    const KILLED: u32 = 256 + 9;

    /// A policy of which only the camera is interesting: the others beat whenever time comes.
    struct Rig {
        policy: Policy,
    }

    impl Rig {
        fn new(limit: u32, delay_ms: u64) -> Rig {
            let restart = Restart { limit, window_ns: 1000 * MS, delay_ns: delay_ms * MS };
            let supervision = Supervision {
                heartbeat_timeout_ns: 100 * MS,
                startup_timeout_ns: 500 * MS,
                restart,
            };
            let mut rig = Rig { policy: Policy::new(&[supervision; 3], 0) };
            let spawned = rig.policy.on_time(0, [None; 3]);
            assert_eq!(spawned, Node::ALL.map(|node| Action::Spawn(node, 1)));
            for node in Node::ALL {
                rig.policy.on_seen(Seen::Spawned(node), 0);
            }
            rig
        }

        fn time(&mut self, now_ms: u64, beat_ms: Option<u64>) -> Vec<String> {
            let others = Some(now_ms * MS);
            let beats = [beat_ms.map(|ms| ms * MS), others, others];
            words(&self.policy.on_time(now_ms * MS, beats))
        }

        fn exited(&mut self, now_ms: u64) -> Vec<String> {
            words(&self.policy.on_seen(Seen::Exited(Node::Camera, KILLED), now_ms * MS))
        }

        fn spawned(&mut self, now_ms: u64) -> Vec<String> {
            words(&self.policy.on_seen(Seen::Spawned(Node::Camera), now_ms * MS))
        }
    }

    fn words(actions: &[Action]) -> Vec<String> {
        let word = |action: &Action| match action {
            Action::Spawn(node, incarnation) => Some(format!("spawn {node} {incarnation}")),
            Action::Kill(node) => Some(format!("kill {node}")),
            Action::Tell(Event::StateChanged { node: Node::Camera, state, .. }) => {
                Some(state.name().to_owned())
            }
            Action::Tell(Event::Detected { detector, .. }) => {
                Some(format!("! {}", detector.name()))
            }
            Action::Tell(Event::Reacted { reaction, .. }) => Some(format!("> {}", reaction.name())),
            Action::Tell(_) => None,
        };
        actions.iter().filter_map(word).collect()
    }

    #[test]
    fn an_ended_process_is_replaced_at_once() {
        let mut rig = Rig::new(5, 0);
        assert_eq!(rig.time(10, Some(9)), ["running"]);
        assert!(rig.policy.all_running());
        assert_eq!(rig.exited(20), ["! exit", "waiting"]);
        assert_eq!(rig.policy.deadline_ns(), 20 * MS);
        assert_eq!(rig.time(20, None), ["spawn camera 2"]);
        assert_eq!(rig.spawned(21), ["starting", "> restart"]);
    }

    #[test]
    fn a_silent_process_is_killed_and_replaced_once_it_is_buried() {
        let mut rig = Rig::new(5, 0);
        rig.time(10, Some(10));
        assert_eq!(rig.time(109, Some(10)), [] as [&str; 0]);
        assert_eq!(rig.time(110, Some(10)), ["! heartbeat", "kill camera", "ending", "> kill"]);
        assert_eq!(rig.time(500, Some(10)), [] as [&str; 0], "one grave, one kill");
        assert_eq!(rig.exited(501), ["waiting"], "its end was our doing, not a second failure");
    }

    #[test]
    fn a_late_heartbeat_does_not_revive_the_dead() {
        let mut rig = Rig::new(5, 0);
        rig.time(10, Some(10));
        rig.time(110, Some(10));
        assert_eq!(rig.time(111, Some(111)), [] as [&str; 0]);
        assert_eq!(rig.policy.state(Node::Camera), LifeState::Ending);
    }

    #[test]
    fn starting_has_a_deadline_of_its_own() {
        let mut rig = Rig::new(5, 0);
        assert_eq!(rig.time(499, None), [] as [&str; 0]);
        assert_eq!(rig.time(500, None), ["! startup", "kill camera", "ending", "> kill"]);
    }

    #[test]
    fn the_budget_counts_restarts_in_its_window_and_then_gives_up() {
        let mut rig = Rig::new(2, 0);
        for at in [100, 200] {
            assert_eq!(rig.exited(at), ["! exit", "waiting"]);
            rig.time(at, None);
            rig.spawned(at);
        }
        assert_eq!(rig.exited(300), ["! exit", "down", "> give-up"]);
        assert!(rig.policy.any_down());
        assert_eq!(rig.time(5000, None), [] as [&str; 0], "it stays down");

        let mut rig = Rig::new(2, 0);
        for at in [100, 200, 1100, 1200, 2100] {
            assert_eq!(rig.exited(at), ["! exit", "waiting"], "the window moves on, at {at} ms");
            rig.time(at, None);
            rig.spawned(at);
        }
    }

    #[test]
    fn a_delay_is_waited_for() {
        let mut rig = Rig::new(5, 50);
        rig.exited(100);
        assert_eq!(rig.time(149, None), [] as [&str; 0]);
        assert_eq!(rig.time(150, None), ["spawn camera 2"]);
    }

    #[test]
    fn silence_while_the_host_stands_still_does_not_count() {
        let mut rig = Rig::new(5, 0);
        rig.time(10, Some(10));
        rig.policy.on_stall(10 * MS, 200 * MS);
        assert_eq!(rig.time(200, Some(10)), [] as [&str; 0]);
        rig.policy.on_stall(10 * MS, 300 * MS);
        assert_eq!(rig.time(300, Some(10)), [] as [&str; 0]);
        assert_eq!(rig.time(399, Some(10)), [] as [&str; 0]);
        assert_eq!(rig.time(400, Some(10))[0], "! heartbeat");
    }

    #[test]
    fn a_host_that_stalls_often_cannot_hide_a_hang() {
        let mut rig = Rig::new(5, 0);
        rig.time(10, Some(10));
        // 10 ms of every 50 ms are lost: 100 ms of silence take 120 ms.
        let detected = (10..1000).find(|&now| {
            if now % 50 == 0 {
                rig.policy.on_stall((now - 10) * MS, now * MS);
            }
            !rig.time(now, Some(10)).is_empty()
        });
        assert_eq!(detected, Some(130));
    }

    #[test]
    fn a_stall_before_the_last_sign_of_life_excuses_nothing_and_one_after_it_does() {
        let mut rig = Rig::new(5, 0);
        rig.policy.on_stall(50 * MS, 550 * MS);
        rig.time(600, Some(600));
        assert_eq!(rig.time(700, Some(600))[0], "! heartbeat");

        // The stall and the sign of life before it are seen in the same moment.
        let mut rig = Rig::new(5, 0);
        rig.policy.on_stall(25 * MS, 200 * MS);
        rig.time(200, Some(20));
        assert_eq!(rig.time(294, Some(20)), [] as [&str; 0]);
        assert_eq!(rig.time(295, Some(20))[0], "! heartbeat");
    }

    #[test]
    fn a_process_that_cannot_be_spawned_uses_up_its_budget() {
        let mut rig = Rig::new(1, 0);
        rig.exited(10);
        rig.time(10, None);
        let failed = rig.policy.on_seen(Seen::SpawnFailed(Node::Camera), 11 * MS);
        assert_eq!(words(&failed), ["! startup", "down", "> give-up"]);
    }
}
