//! The text of the weather: [`Weather`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use world::weather::{self, Light};

use crate::schema::light;

/// Weather, light, and what is on the lens.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Weather {
    /// How bright it is and from where.
    #[schemars(schema_with = "light")]
    pub(crate) light: Light,
    /// Meteorological visibility in fog: where contrast has fallen to 5 % (WMO-No. 8). Without it the
    /// air is clear.
    #[schemars(range(min = 10.0, max = 20_000.0))]
    pub(crate) visibility_m: Option<f64>,
    /// Rain: 2.5 is light, 10 moderate, 50 heavy.
    #[schemars(range(min = 0.0, max = 150.0))]
    pub(crate) rain_mmph: f64,
    /// Share of the lens that dirt covers.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(crate) lens_dirt: f64,
}

impl Default for Weather {
    fn default() -> Self {
        let weather::Weather { light, visibility_m, rain_mmph, lens_dirt } =
            weather::Weather::default();
        Self { light, visibility_m, rain_mmph, lens_dirt }
    }
}
