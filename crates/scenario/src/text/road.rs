//! The text of the road: [`Road`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use world::road;

/// Where the road leads. Places on it are told along the middle of the ego's lane and across it.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Road {
    /// Lanes to the left of the ego's, each 3.5 m wide.
    #[schemars(range(min = 0, max = 4))]
    pub(crate) lanes_left: u8,
    /// Lanes to the right of the ego's.
    #[schemars(range(min = 0, max = 4))]
    pub(crate) lanes_right: u8,
    /// Its stretches, from where the ego car is at the start on; before and behind them it is
    /// straight.
    #[schemars(length(max = 32))]
    pub(crate) section: Vec<Section>,
}

impl Default for Road {
    fn default() -> Self {
        let road::Road { lanes_left, lanes_right, .. } = road::Road::default();
        Self { lanes_left, lanes_right, section: Vec::new() }
    }
}

/// A stretch of road, straight or an arc of a circle.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Section {
    /// Its length along the middle of the ego's lane.
    #[schemars(range(min = 1.0, max = 10_000.0))]
    pub(crate) length_m: f64,
    /// Its radius: positive bends to the left, negative to the right; at least 60 m either way.
    /// Without it the stretch is straight.
    #[schemars(range(min = -100_000.0, max = 100_000.0))]
    pub(crate) radius_m: Option<f64>,
}
