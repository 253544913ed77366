//! The status of all processes together: [`Global`].
//!
//! WdgM leaves an expired entity to its integrator, whose means here is a new incarnation. That takes the
//! entity out of the count, so that the global status can be well again as long as it is not
//! stopped.

use wire::Node;
use wire::event::{GlobalStatus, LocalStatus};

/// Length of a supervision cycle, in which the time of the expired is counted.
const CYCLE_NS: u64 = 20_000_000;
/// So many cycles an entity may be expired (`ExpiredSupervisionCycleTol`), here a second: far longer than
/// a restart takes. With one more the status is stopped; WdgM would no longer trigger the hardware
/// watchdog.
const EXPIRED_CYCLES_TOLERANCE: u64 = 50;

/// The global supervision status.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Global {
    status: GlobalStatus,
    /// Since when somebody is expired.
    expired_since_ns: Option<u64>,
}

impl Global {
    pub(crate) fn new() -> Global {
        Global { status: GlobalStatus::Ok, expired_since_ns: None }
    }

    /// Time has come to `now_ns`, and these are the local statuses; the global one if it changes.
    pub(crate) fn follow(
        &mut self,
        locals: [LocalStatus; Node::ALL.len()],
        now_ns: u64,
    ) -> Option<GlobalStatus> {
        let any = |status| locals.contains(&status);
        let next = if self.status == GlobalStatus::Stopped {
            GlobalStatus::Stopped
        } else if any(LocalStatus::Expired) {
            self.expired_since_ns.get_or_insert(now_ns);
            if now_ns >= self.deadline_ns() { GlobalStatus::Stopped } else { GlobalStatus::Expired }
        } else if any(LocalStatus::Failed) {
            GlobalStatus::Failed
        } else {
            GlobalStatus::Ok
        };
        if matches!(next, GlobalStatus::Ok | GlobalStatus::Failed) {
            self.expired_since_ns = None;
        }
        let changed = next != self.status;
        self.status = next;
        changed.then_some(next)
    }

    /// When the tolerance is used up.
    pub(crate) fn deadline_ns(&self) -> u64 {
        match (self.status, self.expired_since_ns) {
            (GlobalStatus::Stopped, _) | (_, None) => u64::MAX,
            // The counter starts at 1.
            (_, Some(since_ns)) => since_ns + EXPIRED_CYCLES_TOLERANCE * CYCLE_NS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use GlobalStatus as G;
    use LocalStatus::{Deactivated, Expired, Failed, Ok};

    const MS: u64 = 1_000_000;

    #[test]
    fn the_global_status_is_that_of_the_worst_and_stopped_is_the_end() {
        let mut global = Global::new();
        for (at_ms, locals, expected) in [
            (0, [Deactivated, Deactivated, Deactivated], None),
            (1, [Ok, Ok, Deactivated], None),
            (2, [Ok, Failed, Ok], Some(G::Failed)),
            (3, [Ok, Failed, Failed], None),
            (4, [Ok, Ok, Ok], Some(G::Ok)),
            (5, [Expired, Failed, Ok], Some(G::Expired)),
            (900, [Expired, Ok, Ok], None),
            (901, [Deactivated, Failed, Ok], Some(G::Failed)),
            (902, [Expired, Ok, Ok], Some(G::Expired)),
            (1901, [Expired, Ok, Ok], None),
            (1902, [Expired, Ok, Ok], Some(G::Stopped)),
            (1903, [Ok, Ok, Ok], None),
        ] {
            assert_eq!(global.follow(locals, at_ms * MS), expected, "at {at_ms} ms");
        }
    }
}
