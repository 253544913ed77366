//! What a run is like at the moment, as far as its records tell: [`State`], without IO.

use fault::{Cause, Need, Start};
use scenario::Plan;
use std::collections::BTreeMap;
use wire::event::{Ending, LifeState, Reaction, SystemState};
use wire::{Event, Node, Record};

/// A run under way.
#[derive(Debug)]
pub(super) struct State {
    scenario: String,
    duration_ns: u64,
    t0_ns: Option<u64>,
    ended: Option<Ending>,
    system: SystemState,
    lives: [Life; Node::ALL.len()],
    counters: Counters,
    /// In the order of the plan.
    faults: Vec<Fault>,
}

#[derive(Debug)]
struct Fault {
    id: String,
    by_hand: ByHand,
    /// Why this host cannot do it.
    lacking: Option<String>,
}

/// Whether a person injects a fault.
#[derive(Debug, PartialEq, Eq)]
enum ByHand {
    /// It begins by itself.
    No,
    /// It waits for that.
    Waiting,
    /// It has been.
    Done,
}

#[derive(Debug, Default)]
struct Life {
    state: Option<LifeState>,
    incarnation: u32,
    /// Of each incarnation that lives.
    pids: BTreeMap<u32, u32>,
    restarts: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    events: u64,
    outputs: u64,
    sensors: [Samples; 2],
}

/// Those of one sensor.
#[derive(Clone, Copy, Debug, Default)]
struct Samples {
    sent: u64,
    received: u64,
    rejected: u64,
    missing: u64,
    not_sent: u64,
}

/// A process as others see it: name, state, incarnation, process id (0 for none), restarts.
pub(super) type Process = (&'static str, &'static str, u32, u32, u32);

/// Something that everyone who listens is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Process { name: &'static str, state: &'static str, incarnation: u32, pid: u32 },
    System { state: &'static str },
}

/// Why a fault is not injected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the schedule has not begun")]
    TooEarly,
    #[error("the schedule is over")]
    TooLate,
    #[error("the scenario has no fault \"{id}\"; to be injected by hand: {known}")]
    Unknown { id: String, known: String },
    #[error("\"{0}\" begins by itself: it lacks `when.by-hand = {{}}`")]
    NotByHand(String),
    #[error("\"{0}\" has been injected before")]
    Again(String),
    #[error("\"{id}\" is out of reach on this host: {why}")]
    Lacking { id: String, why: String },
}

impl State {
    pub(super) fn new(plan: &Plan, lacking: &BTreeMap<Need, String>) -> State {
        let faults = (0..).zip(&plan.faults).map(|(index, fault)| Fault {
            id: fault.id.clone(),
            by_hand: match fault.start {
                Start::After(Cause::ByHand(hand), _) if hand == index => ByHand::Waiting,
                _ => ByHand::No,
            },
            lacking: fault.injection.kind().why_not(lacking).map(str::to_owned),
        });
        State {
            scenario: plan.name.clone(),
            duration_ns: plan.duration_ns,
            t0_ns: None,
            ended: None,
            system: SystemState::Normal,
            lives: Default::default(),
            counters: Counters::default(),
            faults: faults.collect(),
        }
    }

    pub(super) fn scenario(&self) -> &str {
        &self.scenario
    }

    pub(super) fn system(&self) -> &'static str {
        self.system.name()
    }

    /// How much of the schedule is over.
    pub(super) fn elapsed_ns(&self, now_ns: u64) -> u64 {
        self.t0_ns.map_or(0, |t0_ns| now_ns.saturating_sub(t0_ns)).min(self.duration_ns)
    }

    pub(super) fn processes(&self) -> Vec<Process> {
        let process = |node: Node| {
            let life = &self.lives[node.index()];
            let state = life.state.map_or("none", LifeState::name);
            (node.name(), state, life.incarnation, life.pid(life.incarnation), life.restarts)
        };
        Node::ALL.map(process).to_vec()
    }

    pub(super) fn counters(&self) -> BTreeMap<String, u64> {
        let Counters { events, outputs, sensors } = self.counters;
        let all = [("events", events), ("outputs", outputs)];
        let mut counters: BTreeMap<_, _> =
            all.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        for (stream, Samples { sent, received, rejected, missing, not_sent }) in
            ["frames", "radar"].into_iter().zip(sensors)
        {
            for (what, count) in [
                ("sent", sent),
                ("received", received),
                ("rejected", rejected),
                ("missing", missing),
                ("not-sent", not_sent),
            ] {
                counters.insert(format!("{stream}-{what}"), count);
            }
        }
        counters
    }

    /// Ids of the faults that wait for a person.
    pub(super) fn by_hand(&self) -> Vec<&str> {
        let waiting = self.faults.iter().filter(|fault| fault.by_hand == ByHand::Waiting);
        waiting.map(|fault| fault.id.as_str()).collect()
    }

    /// The index in the plan of a fault that a person injects at this moment.
    pub(super) fn inject(&mut self, id: &str, now_ns: u64) -> Result<u32, Refusal> {
        let known = self.by_hand().join(", ");
        let Some(index) = self.faults.iter().position(|fault| fault.id == id) else {
            return Err(Refusal::Unknown { id: id.to_owned(), known });
        };
        let over = self.t0_ns.is_some_and(|t0_ns| now_ns >= t0_ns + self.duration_ns);
        if self.ended.is_some() || over {
            return Err(Refusal::TooLate);
        }
        if self.t0_ns.is_none_or(|t0_ns| now_ns < t0_ns) {
            return Err(Refusal::TooEarly);
        }
        let fault = &mut self.faults[index];
        if let Some(why) = &fault.lacking {
            return Err(Refusal::Lacking { id: id.to_owned(), why: why.clone() });
        }
        match fault.by_hand {
            ByHand::No => Err(Refusal::NotByHand(id.to_owned())),
            ByHand::Done => Err(Refusal::Again(id.to_owned())),
            ByHand::Waiting => {
                fault.by_hand = ByHand::Done;
                Ok(index as u32)
            }
        }
    }

    /// Takes a record in.
    pub(super) fn note(&mut self, record: &Record) -> Option<Change> {
        self.counters.events += 1;
        match record.event {
            Event::RunStarted { t0_ns } => self.t0_ns = Some(t0_ns),
            Event::RunEnded { ending } => self.ended = Some(ending),
            Event::Spawned { node, incarnation, pid, .. } => {
                self.lives[node.index()].pids.insert(incarnation, pid);
            }
            Event::Exited { node, incarnation, .. } => {
                self.lives[node.index()].pids.remove(&incarnation);
            }
            Event::Reacted { node, reaction: Reaction::Restart, .. } => {
                self.lives[node.index()].restarts += 1;
            }
            Event::StateChanged { node, incarnation, state } => {
                let life = &mut self.lives[node.index()];
                (life.state, life.incarnation) = (Some(state), incarnation);
                let (name, state, pid) = (node.name(), state.name(), life.pid(incarnation));
                return Some(Change::Process { name, state, incarnation, pid });
            }
            Event::SystemState { state } => {
                self.system = state;
                return Some(Change::System { state: state.name() });
            }
            _ => self.count(record.event),
        }
        None
    }

    fn count(&mut self, event: Event) {
        let Counters { outputs, sensors, .. } = &mut self.counters;
        let [frames, lists] = sensors;
        match event {
            Event::FramePublished { .. } => frames.sent += 1,
            Event::FrameOverrun { .. } => frames.not_sent += 1,
            Event::FrameReceived { .. } => frames.received += 1,
            Event::RadarSent { .. } => lists.sent += 1,
            Event::RadarOverrun { .. } => lists.not_sent += 1,
            Event::RadarReceived { .. } => lists.received += 1,
            Event::Rejected { stream, .. } => {
                if let Some(samples) = sensors.get_mut(stream.index()) {
                    samples.rejected += 1;
                }
            }
            Event::SequenceGap { stream, count, .. } => {
                if let Some(samples) = sensors.get_mut(stream.index()) {
                    samples.missing += count;
                }
            }
            Event::Fused { .. } => *outputs += 1,
            _ => {}
        }
    }
}

impl Life {
    fn pid(&self, incarnation: u32) -> u32 {
        self.pids.get(&incarnation).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
