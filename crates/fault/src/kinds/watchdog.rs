//! Parameters of the faults of supervision.

use super::{Parameters, ns_from_ms};
use crate::act::{Act, Outside};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Does nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Doze {
    /// How long.
    #[schemars(range(min = 1.0, max = 60_000.0))]
    pub by_ms: f64,
}

impl Parameters for Doze {
    fn act(&self) -> Act {
        Act::Outside(Outside::Doze(ns_from_ms(self.by_ms)))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.by_ms / 1e3)
    }
}

/// Fills the disk, as far as the run is concerned, to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FullDisk {}

impl Parameters for FullDisk {
    fn act(&self) -> Act {
        Act::Outside(Outside::FullDisk)
    }
}
