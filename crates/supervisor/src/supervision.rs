//! Supervision of one process by the checkpoints that it passes, as AUTOSAR WdgM defines it, without IO:
//! [`Entity`].
//!
//! Three supervisions judge a *supervised entity*, one incarnation of a process: [`alive`] counts its
//! steps, [`deadline`] times them, [`logical`] follows their order. Together they make its local
//! status; [`global`] makes one status of all. Times in which the host stood still prolong every
//! limit by their own length.

pub(crate) mod alive;
pub(crate) mod deadline;
pub(crate) mod global;
pub(crate) mod logical;

use crate::stalls::Stalls;
use alive::{Alive, Cycle};
use deadline::Deadline;
use logical::Logical;
use scenario::plan::Supervision;
use wire::Checkpoint;
use wire::checkpoint::Graph;
use wire::event::{Detector, LocalStatus};

/// One incarnation of a process under supervision.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    graph: &'static Graph,
    /// `None`: switched off, or not begun.
    alive: Option<Alive>,
    deadline: Option<Deadline>,
    logical: Option<Logical>,
    status: LocalStatus,
    /// Wrong cycles of alive supervision, less right ones.
    failed_cycles: u32,
    tolerance_cycles: u32,
}

/// A local status that was entered, and what brought it about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) struct Change {
    pub(crate) status: LocalStatus,
    pub(crate) detector: Detector,
}

impl Entity {
    /// A process that has not begun its work; nothing is demanded of it yet.
    pub(crate) fn new(
        graph: &'static Graph,
        limits: &Supervision,
        disabled: &[Detector],
    ) -> Entity {
        let on = |detector| !disabled.contains(&detector);
        Entity {
            graph,
            alive: on(Detector::Alive).then(|| Alive::new(limits.alive)),
            deadline: on(Detector::Deadline).then(|| Deadline::new(limits.deadline)),
            logical: on(Detector::Logical).then(|| Logical::new(graph)),
            status: LocalStatus::Deactivated,
            failed_cycles: 0,
            tolerance_cycles: limits.alive.tolerance_cycles,
        }
    }

    pub(crate) fn status(&self) -> LocalStatus {
        self.status
    }

    /// The process is at work; it has steps to finish from `from_ns` to `to_ns`.
    pub(crate) fn activate(&mut self, (from_ns, to_ns): (u64, u64)) {
        if self.status == LocalStatus::Deactivated {
            self.status = LocalStatus::Ok;
            if let Some(alive) = &mut self.alive {
                alive.begin((from_ns, to_ns));
            }
        }
    }

    /// Something else than these supervisions found the process to have failed.
    pub(crate) fn fail(&mut self, detector: Detector) -> Option<Change> {
        self.enter(LocalStatus::Expired, detector)
    }

    /// The process passed a checkpoint at `at_ns`.
    pub(crate) fn on_checkpoint(
        &mut self,
        checkpoint: Checkpoint,
        at_ns: u64,
        stalls: &Stalls,
    ) -> Option<Change> {
        let ends = self.graph.ends_at(checkpoint);
        if let Some(alive) = self.alive.as_mut().filter(|_| ends) {
            alive.indicate(at_ns);
        }
        let in_order = self.logical.as_mut().is_none_or(|logical| logical.follows(checkpoint));
        if !in_order {
            return self.enter(LocalStatus::Expired, Detector::Logical);
        }
        let deadline = self.deadline.as_mut()?;
        let in_time = if checkpoint == self.graph.first {
            deadline.open(at_ns);
            true
        } else {
            !ends || deadline.close(at_ns, stalls)
        };
        if in_time { None } else { self.enter(LocalStatus::Expired, Detector::Deadline) }
    }

    /// Checkpoints were lost: what was counted and timed up to `now_ns` is void.
    pub(crate) fn on_loss(&mut self, now_ns: u64) {
        if let Some(alive) = &mut self.alive {
            alive.restart(now_ns);
        }
        if let Some(deadline) = &mut self.deadline {
            deadline.forget();
        }
        if let Some(logical) = &mut self.logical {
            logical.forget();
        }
    }

    /// Other limits hold: what was counted and timed up to `now_ns` is void.
    pub(crate) fn set_limits(&mut self, limits: &Supervision, now_ns: u64) {
        self.tolerance_cycles = limits.alive.tolerance_cycles;
        if let Some(alive) = &mut self.alive {
            alive.set_limits(limits.alive);
            alive.restart(now_ns);
        }
        if let Some(deadline) = &mut self.deadline {
            *deadline = Deadline::new(limits.deadline);
        }
    }

    /// Time has come to `now_ns`, and every checkpoint passed before is known.
    pub(crate) fn on_time(&mut self, now_ns: u64, stalls: &Stalls) -> Option<Change> {
        if !matches!(self.status, LocalStatus::Ok | LocalStatus::Failed) {
            return None;
        }
        if self.deadline.as_ref().is_some_and(|it| now_ns >= it.expires_ns(stalls)) {
            return self.enter(LocalStatus::Expired, Detector::Deadline);
        }
        let mut change = None;
        while let Some(cycle) = self.alive.as_mut().and_then(|it| it.judge(now_ns, stalls)) {
            change = self.on_cycle(cycle).or(change);
        }
        change
    }

    /// When [`on_time`](Self::on_time) has something to say next.
    pub(crate) fn deadline_ns(&self, stalls: &Stalls) -> u64 {
        if !matches!(self.status, LocalStatus::Ok | LocalStatus::Failed) {
            return u64::MAX;
        }
        let step = self.deadline.as_ref().map(|it| it.expires_ns(stalls));
        let cycle = self.alive.as_ref().map(|it| it.ends_ns(stalls));
        step.into_iter().chain(cycle).min().unwrap_or(u64::MAX)
    }

    /// Since when something is awaited: stalls before that are of no interest.
    pub(crate) fn awaits_since_ns(&self) -> Option<u64> {
        let step = self.deadline.as_ref().and_then(Deadline::open_since_ns);
        let cycle = self.alive.as_ref().and_then(Alive::since_ns);
        step.into_iter().chain(cycle).min()
    }

    /// A cycle of alive supervision is over: the counter of failed cycles goes up or down, and the
    /// status follows it (`SWS_WdgM`, local supervision status).
    fn on_cycle(&mut self, cycle: Cycle) -> Option<Change> {
        self.failed_cycles = match cycle {
            Cycle::Wrong => self.failed_cycles + 1,
            Cycle::Right => self.failed_cycles.saturating_sub(1),
        };
        let status = match self.failed_cycles {
            0 => LocalStatus::Ok,
            failed if failed <= self.tolerance_cycles => LocalStatus::Failed,
            _ => LocalStatus::Expired,
        };
        self.enter(status, Detector::Alive)
    }

    /// Expired is the end; nobody supervises the deactivated.
    fn enter(&mut self, status: LocalStatus, detector: Detector) -> Option<Change> {
        let supervised = matches!(self.status, LocalStatus::Ok | LocalStatus::Failed);
        if !supervised || status == self.status {
            return None;
        }
        self.status = status;
        Some(Change { status, detector })
    }
}

#[cfg(test)]
mod tests;
