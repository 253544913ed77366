//! Deadline supervision: how long a step takes, and whether it is stuck: [`Deadline`].

use crate::stalls::Stalls;
use scenario::plan;

/// The step of a process, timed.
#[derive(Clone, Debug)]
pub(crate) struct Deadline {
    limits: plan::Deadline,
    /// When the step began that is not finished.
    open_since_ns: Option<u64>,
}

impl Deadline {
    pub(crate) fn new(limits: plan::Deadline) -> Deadline {
        Deadline { limits, open_since_ns: None }
    }

    /// A step begins.
    pub(crate) fn open(&mut self, at_ns: u64) {
        self.open_since_ns = Some(at_ns);
    }

    /// The step is finished; whether it took as long as it should.
    pub(crate) fn close(&mut self, at_ns: u64, stalls: &Stalls) -> bool {
        let Some(since_ns) = self.open_since_ns.take() else { return true };
        let took_ns = at_ns.saturating_sub(since_ns);
        let most_ns = self.limits.max_ns + stalls.since(since_ns);
        (self.limits.min_ns..=most_ns).contains(&took_ns)
    }

    /// It is not known where the process is.
    pub(crate) fn forget(&mut self) {
        self.open_since_ns = None;
    }

    /// When a step that is still open has taken too long.
    pub(crate) fn expires_ns(&self, stalls: &Stalls) -> u64 {
        self.open_since_ns.map_or(u64::MAX, |since_ns| {
            // To the limit is in time.
            since_ns + self.limits.max_ns + stalls.since(since_ns) + 1
        })
    }

    /// When the open step began.
    pub(crate) fn open_since_ns(&self) -> Option<u64> {
        self.open_since_ns
    }
}
