//! What the system as a whole may do: [`System`].

use wire::event::SystemState;

/// The state of the system, and how long it may stay in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct System {
    state: SystemState,
    /// Since when somebody is missing.
    emergency_since_ns: Option<u64>,
    /// How long that may last (EOTTI, ISO 26262-1:2018, 3.45); `None` for ever.
    emergency_operation_ns: Option<u64>,
}

impl System {
    pub(super) fn new(emergency_operation_ns: Option<u64>) -> System {
        System { state: SystemState::Normal, emergency_since_ns: None, emergency_operation_ns }
    }

    pub(super) fn state(&self) -> SystemState {
        self.state
    }

    /// Time has come to `now_ns` and so many nodes are missing; the state if it changes. The safe state
    /// is never left.
    pub(super) fn follow(&mut self, missing: usize, now_ns: u64) -> Option<SystemState> {
        if self.state == SystemState::Safe {
            return None;
        }
        if missing == 0 {
            self.emergency_since_ns = None;
            return self.enter(SystemState::Normal);
        }
        self.emergency_since_ns.get_or_insert(now_ns);
        if now_ns >= self.deadline_ns() {
            return self.end();
        }
        self.enter(SystemState::Emergency)
    }

    /// The safe state follows.
    pub(super) fn end(&mut self) -> Option<SystemState> {
        self.enter(SystemState::Safe)
    }

    /// When the time for emergency operation is over.
    pub(super) fn deadline_ns(&self) -> u64 {
        if self.state == SystemState::Safe {
            return u64::MAX;
        }
        let end = self.emergency_since_ns.zip(self.emergency_operation_ns);
        end.map_or(u64::MAX, |(since_ns, lasts_ns)| since_ns.saturating_add(lasts_ns))
    }

    fn enter(&mut self, state: SystemState) -> Option<SystemState> {
        let changed = self.state != state;
        self.state = state;
        changed.then_some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SystemState::{Emergency, Normal, Safe};

    #[test]
    fn emergency_operation_has_its_time_and_the_safe_state_is_the_end() {
        for (eotti, steps) in [
            (
                None,
                &[(0, 0, None), (5, 1, Some(Emergency)), (999, 2, None), (1000, 0, Some(Normal))][..],
            ),
            (
                Some(100),
                &[(0, 1, Some(Emergency)), (99, 1, None), (100, 1, Some(Safe)), (101, 0, None)],
            ),
            (
                Some(100),
                &[
                    (0, 1, Some(Emergency)),
                    (50, 0, Some(Normal)),
                    (60, 1, Some(Emergency)),
                    (159, 1, None),
                    (160, 1, Some(Safe)),
                ],
            ),
            (Some(0), &[(3, 1, Some(Safe))]),
        ] {
            let mut system = System::new(eotti);
            for &(at, missing, expected) in steps {
                assert_eq!(system.follow(missing, at), expected, "{eotti:?} at {at}");
            }
        }
    }
}
