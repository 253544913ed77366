//! Alive supervision: how many steps are finished in each supervision reference cycle: [`Alive`].

use crate::stalls::Stalls;
use scenario::plan;
use std::collections::VecDeque;

/// Most steps that are remembered; a process that finishes more in a cycle is wrong anyway, unless it may
/// finish as many, and then it cannot be wrong.
const INDICATIONS_MAX: usize = 100_000;

/// The steps of a process, counted.
#[derive(Clone, Debug)]
pub(crate) struct Alive {
    limits: plan::Alive,
    /// Beginning of the cycle and end of the supervision, once it has begun.
    span: Option<(u64, u64)>,
    /// Ends of steps, those of later cycles, too: they are seen before the cycle is judged.
    indications: VecDeque<u64>,
}

/// What a cycle was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cycle {
    /// As many steps as there should be.
    Right,
    /// More or fewer.
    Wrong,
}

impl Alive {
    pub(crate) fn new(limits: plan::Alive) -> Alive {
        Alive { limits, span: None, indications: VecDeque::new() }
    }

    /// Other limits hold, also of the cycle that lasts.
    pub(crate) fn set_limits(&mut self, limits: plan::Alive) {
        self.limits = limits;
    }

    /// Steps are to be finished between these times.
    pub(crate) fn begin(&mut self, span: (u64, u64)) {
        self.span = Some(span);
    }

    /// A step was finished.
    pub(crate) fn indicate(&mut self, at_ns: u64) {
        if self.indications.len() < INDICATIONS_MAX {
            self.indications.push_back(at_ns);
        }
    }

    /// What was counted is void; a cycle begins here.
    pub(crate) fn restart(&mut self, now_ns: u64) {
        self.indications.clear();
        if let Some((from_ns, _)) = &mut self.span {
            *from_ns = now_ns.max(*from_ns);
        }
    }

    /// The cycle that is over at `now_ns`, if one is. One that reaches beyond the end of the
    /// supervision is not judged.
    pub(crate) fn judge(&mut self, now_ns: u64, stalls: &Stalls) -> Option<Cycle> {
        let (from_ns, to_ns) = self.span?;
        let end_ns = self.ends_ns(stalls);
        if now_ns < end_ns {
            return None;
        }
        self.indications.retain(|&at_ns| at_ns >= from_ns);
        let before = self.indications.len();
        self.indications.retain(|&at_ns| at_ns >= end_ns);
        let steps = (before - self.indications.len()) as u64;
        self.span = Some((end_ns, to_ns));
        // Who was not stalled itself finished more steps, in a longer cycle.
        let cycle_ns = u128::from(self.limits.cycle_ns);
        let most = u128::from(self.limits.max) * u128::from(end_ns - from_ns);
        let right = steps >= self.limits.min.into() && u128::from(steps) <= most.div_ceil(cycle_ns);
        Some(if right { Cycle::Right } else { Cycle::Wrong })
    }

    /// When the cycle is over.
    pub(crate) fn ends_ns(&self, stalls: &Stalls) -> u64 {
        let Some((from_ns, to_ns)) = self.span else { return u64::MAX };
        let end_ns = from_ns + self.limits.cycle_ns + stalls.since(from_ns);
        if end_ns <= to_ns { end_ns } else { u64::MAX }
    }

    /// Since when the cycle lasts.
    pub(crate) fn since_ns(&self) -> Option<u64> {
        self.span.map(|(from_ns, _)| from_ns)
    }
}
