//! What lies between the world and the sensors: [`Weather`], plain data.

use serde::{Deserialize, Serialize};

/// Weather, light, and what is on the lens. The default is a clear day and a clean lens.
///
/// What the camera model makes of it is even over the picture and the run: no banks of fog, no
/// spray behind lorries, no drops on the windscreen, no wiper, no snow. Values outside of the ranges
/// are treated as the nearest inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weather {
    /// How bright it is and from where.
    pub light: Light,
    /// Meteorological visibility in fog, m: where contrast has fallen to 5 % (WMO-No. 8). `None` is
    /// clear air. 10 and more: fog below 1000 m, dense below 200 m.
    pub visibility_m: Option<f64>,
    /// Rain, mm/h, 0 to 100: light below 2.5, heavy above 10, a cloudburst above 50. Streaks in the
    /// picture, less contrast, a wet road that mirrors; from 60 on the picture gets no fuller.
    pub rain_mmph: f64,
    /// Share of the picture that dirt on the lens covers, 0 to 1: spots out of focus that replace
    /// 43 to 92 % of what is behind them by grey and stay where they are. The sun does not light
    /// them up.
    pub lens_dirt: f64,
}

/// How bright it is and from where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Light {
    /// An overcast day: soft shadows below things, no cast ones.
    #[default]
    Day,
    /// The sun stands 6° high, a little to the right of where the ego looks, in bends too: it blinds
    /// part of the sky, veils the rest, faces towards the camera are dark, shadows long.
    LowSun,
    /// Night with low beams on, no street lights: the road is lit for some 60 m, beyond it only lamps
    /// and reflectors are seen. The lights of others light nothing but the lens and wet asphalt.
    Night,
}
