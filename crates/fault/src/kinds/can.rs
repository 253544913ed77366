//! Parameters of the faults of a radar's CAN bus.

use super::Parameters;
use crate::act::{Act, Outside};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sends foreign frames of the highest priority. A bus of 500 kbit/s carries some 4,000 a second; one that
/// is only software, or emulated, knows no such limit and shows next to nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CanFlood {
    /// How many a second.
    #[schemars(range(min = 1, max = 20_000))]
    pub per_s: u32,
    /// How long.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for CanFlood {
    fn act(&self) -> Act {
        Act::Outside(Outside::FloodBus(self.per_s))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Takes the interface on which the radar is heard down, and up again: its controller takes no part in the
/// bus, as one that is off it (bus-off). What a short circuit does beyond that, error frames and a controller
/// that counts its way there, takes one on the bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CanBusOff {
    /// How long.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for CanBusOff {
    fn act(&self) -> Act {
        Act::Outside(Outside::BusOff)
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}
