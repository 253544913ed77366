//! Parameters of the faults of supervision.

use super::Parameters;
use crate::act::{Act, Outside};
use crate::units::ns_from_ms;
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

/// Fills the disk, as far as the recording is concerned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FullDisk {
    /// How long; without it, to the end of the run.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: Option<f64>,
}

impl Parameters for FullDisk {
    fn act(&self) -> Act {
        Act::Outside(Outside::FullDisk)
    }
    fn for_s(&self) -> Option<f64> {
        self.for_s
    }
}
