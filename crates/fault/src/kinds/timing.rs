//! Parameters of the faults of time.

use super::Parameters;
use super::flaw::{Flaw, lacks_amount};
use crate::act::{Act, ClockError, LoadHow, Outside, ProcessFault, StepFault};
use crate::units::ns_from_ms;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Slows down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Slow {
    /// What each step takes longer.
    #[schemars(range(min = 0.1, max = 10_000.0))]
    pub extra_ms: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Slow {
    fn act(&self) -> Act {
        Act::Step(StepFault::Slow(ns_from_ms(self.extra_ms)))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Slows down irregularly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Jitter {
    /// What a step takes longer at the most; each time between nothing and this is as likely.
    #[schemars(range(min = 0.1, max = 10_000.0))]
    pub up_to_ms: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Jitter {
    fn act(&self) -> Act {
        Act::Step(StepFault::Jitter(ns_from_ms(self.up_to_ms)))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Runs away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Runaway {
    /// How often each step is done.
    #[schemars(range(min = 2, max = 10))]
    pub times: u32,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Runaway {
    fn act(&self) -> Act {
        Act::Step(StepFault::Runaway(self.times))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Starves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Starve {
    /// Share of the processor that the real-time process takes.
    #[schemars(range(min = 1.0, max = 100.0))]
    pub percent: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 60.0))]
    pub for_s: f64,
}

impl Parameters for Starve {
    fn act(&self) -> Act {
        Act::Outside(Outside::Starve(self.percent))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Waits for a lock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InvertPriority {
    /// How long the thread between the two runs, if nobody replaces the process before.
    #[schemars(range(min = 0.001, max = 60.0))]
    pub for_s: f64,
}

impl Parameters for InvertPriority {
    fn act(&self) -> Act {
        Act::Process(ProcessFault::InvertPriority)
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Loads the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Load {
    /// What the processes do.
    pub how: LoadHow,
    /// How many there are, of ordinary priority.
    #[schemars(range(min = 1, max = 64))]
    pub processes: u32,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Load {
    fn act(&self) -> Act {
        Act::Outside(Outside::Load(self.how, self.processes))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// How a clock is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClockHow {
    /// it is ahead of the truth by `by-ms`; behind it where that is negative
    Offset,
    /// it runs ahead by `by-ms` a second; behind where that is negative
    Drift,
    /// it stands still
    Frozen,
}

/// Has a wrong clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clock {
    /// How it is wrong.
    pub how: ClockHow,
    /// By how much; required, and not 0, but for a clock that stands still.
    #[serde(default)]
    #[schemars(range(min = -10_000.0, max = 10_000.0))]
    pub by_ms: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Clock {
    fn act(&self) -> Act {
        Act::Step(StepFault::Clock(match self.how {
            ClockHow::Offset => ClockError::Offset((self.by_ms * 1e6).round() as i64),
            ClockHow::Drift => ClockError::Drift(self.by_ms * 1e3),
            ClockHow::Frozen => ClockError::Frozen,
        }))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
    fn flaw(&self) -> Option<Flaw> {
        match self.how {
            ClockHow::Offset => lacks_amount("by-ms", "offset", self.by_ms),
            ClockHow::Drift => lacks_amount("by-ms", "drift", self.by_ms),
            ClockHow::Frozen => None,
        }
    }
}
