//! What lies between the world and the sensors: [`Weather`], plain data.

use serde::{Deserialize, Serialize};

/// Weather, light, and what is on the lens. The default is a clear day and a clean lens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weather {
    /// How bright it is and from where.
    pub light: Light,
    /// Meteorological visibility in fog, m: where contrast has fallen to 5 % (WMO-No. 8). `None` is
    /// clear air.
    pub visibility_m: Option<f64>,
    /// Rain, mm/h.
    pub rain_mmph: f64,
    /// Share of the lens that is covered by dirt, 0 to 1.
    pub lens_dirt: f64,
}

/// How bright it is and from where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Light {
    /// An overcast day.
    #[default]
    Day,
    /// The sun stands low ahead: glare, long contrasts.
    LowSun,
    /// Night with low beams on, no street lights.
    Night,
}
