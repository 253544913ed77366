//! Parameters of the faults that take the whole board with them: only its hardware watchdog is left to bring
//! it back.

use super::Parameters;
use crate::act::{Act, Outside};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Kills the watchdog process, and every process of the pipeline with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KillWatchdog {}

impl Parameters for KillWatchdog {
    fn act(&self) -> Act {
        Act::Outside(Outside::KillWatchdog)
    }
}

/// Hangs the watchdog process; the pipeline works on, and nobody supervises it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HangWatchdog {}

impl Parameters for HangWatchdog {
    fn act(&self) -> Act {
        Act::Outside(Outside::HangWatchdog)
    }
}
