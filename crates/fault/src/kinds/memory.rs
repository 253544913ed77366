//! Parameters of the faults of memory.

use super::{Ending, Parameters};
use crate::act::{Act, Outside, ProcessFault, Region, Signal, StateValue, StepFault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const BYTES_PER_KIB: u64 = 1024;

/// Has no memory left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Oom {
    /// What it may take of memory from then on.
    #[schemars(range(min = 64, max = 16_777_216))]
    pub limit_kib: u32,
}

impl Parameters for Oom {
    fn act(&self) -> Act {
        Act::Outside(Outside::LimitMemory(u64::from(self.limit_kib) * BYTES_PER_KIB))
    }
    fn ending(&self) -> Option<Ending> {
        Some(Ending::by(Signal::Sigkill))
    }
}

/// Leaks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Leak {
    /// What each step loses.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub step_kib: u32,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Leak {
    fn act(&self) -> Act {
        Act::Step(StepFault::Leak(u64::from(self.step_kib) * BYTES_PER_KIB))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Leaks files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeakFiles {}

impl Parameters for LeakFiles {
    fn act(&self) -> Act {
        Act::Process(ProcessFault::LeakFiles)
    }
}

/// Shrinks shared memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Truncate {}

impl Parameters for Truncate {
    fn act(&self) -> Act {
        Act::Process(ProcessFault::Truncate)
    }
}

/// Flips bits of private memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FlipMemory {
    /// Where.
    pub region: Region,
    /// How many, at places drawn from the seed.
    #[schemars(range(min = 1, max = 65_536))]
    pub bits: u32,
}

impl Parameters for FlipMemory {
    fn act(&self) -> Act {
        Act::Outside(Outside::FlipMemory(self.region, self.bits))
    }
}

/// Overwrites a number of the state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CorruptState {
    /// What it becomes.
    pub value: StateValue,
    /// How long the fault lasts: once in each step.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for CorruptState {
    fn act(&self) -> Act {
        Act::Step(StepFault::State(self.value))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}
