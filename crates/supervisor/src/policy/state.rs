//! What the processes of a node are doing: [`State`], [`Standby`], [`Leaving`].

use wire::event::LifeState;

/// Of the process that may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Spawned at this time, not yet ready.
    Starting(u64),
    /// Last sign of life.
    Running(u64),
    /// Asked to end at this time.
    Stopping(u64),
    /// The kernel showed its death; its end is awaited.
    Dying,
    /// Killed by us; its end is awaited.
    Ending,
    /// Buried; to be spawned at this time.
    Waiting(u64),
    /// Buried for good.
    Down,
}

/// The process that would take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standby {
    /// There is none and none is wanted.
    Unwanted,
    /// Wanted at this time, `u64::MAX` until the process itself is at work, alone.
    Due(u64),
    /// Being spawned, or not ready yet, since this time.
    Starting(u32, u64),
    /// Ready to take over.
    Ready(u32),
    /// Killed by us.
    Ending(u32),
}

/// A process that its standby has replaced before it could be buried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaving {
    pub(super) incarnation: u32,
    /// As it was when its standby took over.
    pub(super) state: State,
}

/// What became of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There was none, or there is more to come.
    Nothing,
    /// The process is or will be replaced.
    Replaced,
    /// It is not.
    GivenUp,
}

impl State {
    pub(super) fn name(self) -> LifeState {
        match self {
            State::Starting(_) => LifeState::Starting,
            State::Running(_) => LifeState::Running,
            State::Stopping(_) | State::Dying | State::Ending => LifeState::Ending,
            State::Waiting(_) => LifeState::Waiting,
            State::Down => LifeState::Down,
        }
    }

    /// Whether it should be alive and well.
    pub(super) fn is_supervised(self) -> bool {
        matches!(self, State::Starting(_) | State::Running(_))
    }
}
