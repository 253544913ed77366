//! What the light and the air do to a grey: [`Tones`] of the scene as exposed, [`Air`] in between.

use crate::weather::{Light, Weather};

/// Grey levels of the scene near the camera, as the automatic exposure of this light renders them,
/// and the shares of the light that falls on what stands on the road.
pub(super) struct Tones {
    pub(super) asphalt: f64,
    pub(super) verge: f64,
    pub(super) mark: f64,
    pub(super) woods: f64,
    /// Sky at the top of the picture and above the horizon.
    pub(super) zenith: f64,
    pub(super) low_sky: f64,
    /// What the air scatters into the camera: what is far away fades into it.
    pub(super) air: f64,
    /// The same of fog, which at night is lit by the car's own beams.
    pub(super) fog: f64,
    /// Drops before the lens, lit by the sky or by the low beams.
    pub(super) streak: f64,
    /// Light on a face towards the camera, on a side, and on what the low beams do not reach.
    pub(super) face: f64,
    pub(super) side: f64,
    pub(super) unlit: f64,
    /// Gain of the exposure against that of an overcast day, which scales the noise.
    pub(super) gain: f64,
}

impl Tones {
    pub(super) fn of(light: Light) -> Self {
        match light {
            Light::Day => Self {
                asphalt: 92.0,
                verge: 66.0,
                mark: 196.0,
                woods: 112.0,
                zenith: 132.0,
                low_sky: 204.0,
                air: 150.0,
                fog: 160.0,
                streak: 204.0,
                face: 1.0,
                side: 1.0,
                unlit: 1.0,
                gain: 1.0,
            },
            // The exposure spares the sky; what faces the camera is lit by the sky alone.
            Light::LowSun => Self {
                asphalt: 84.0,
                verge: 48.0,
                mark: 168.0,
                woods: 70.0,
                zenith: 118.0,
                low_sky: 216.0,
                air: 186.0,
                fog: 200.0,
                streak: 225.0,
                face: 0.5,
                side: 0.65,
                unlit: 1.0,
                gain: 0.85,
            },
            // Under the low beams near the car; beyond, `unlit` of it is left.
            Light::Night => Self {
                asphalt: 88.0,
                verge: 52.0,
                mark: 215.0,
                woods: 14.0,
                zenith: 18.0,
                low_sky: 26.0,
                air: 24.0,
                fog: 46.0,
                streak: 120.0,
                face: 1.0,
                side: 0.5,
                unlit: 0.14,
                gain: 2.0,
            },
        }
    }
}

/// Visibility on a clear day, m.
const CLEAR_VISIBILITY_M: f64 = 4000.0;

/// Optical depth at the visibility: contrast falls to 5 %, ln 20 = 3.0 (WMO-No. 8, Koschmieder).
const DEPTH_AT_VISIBILITY: f64 = 3.0;

/// Visibility in rain of 1 mm/h, m, and how it falls with the rate (Atlas, Optical extinction by
/// rainfall, J. Meteor. 10, 1953).
const RAIN_VISIBILITY_M: f64 = 11_600.0;
const RAIN_EXPONENT: f64 = 0.63;

/// The densest fog and the heaviest rain that the model knows: the limits of
/// [`Weather`].
const MIN_VISIBILITY_M: f64 = 10.0;
const MAX_RAIN_MMPH: f64 = 100.0;

/// How thick the fog lies over the road, m: the sky is seen through it.
const FOG_HEIGHT_M: f64 = 60.0;

/// The longest way through the air that matters, m.
const FAR_M: f64 = 4000.0;

/// Air that takes contrast away.
#[derive(Clone, Copy)]
pub(super) struct Air {
    /// What everything fades into.
    pub(super) grey: f64,
    /// Extinction, 1/m.
    per_m: f64,
    /// That of the fog alone.
    fog_per_m: f64,
}

impl Air {
    pub(super) fn new(weather: &Weather, tones: &Tones) -> Self {
        let fog_per_m = weather
            .visibility_m
            .map_or(0.0, |far_m| DEPTH_AT_VISIBILITY / far_m.max(MIN_VISIBILITY_M));
        let rain_per_m = DEPTH_AT_VISIBILITY / RAIN_VISIBILITY_M
            * libm::pow(weather.rain_mmph.clamp(0.0, MAX_RAIN_MMPH), RAIN_EXPONENT);
        let per_m = DEPTH_AT_VISIBILITY / CLEAR_VISIBILITY_M + fog_per_m + rain_per_m;
        let grey = if weather.visibility_m.is_some() { tones.fog } else { tones.air };
        Self { grey, per_m, fog_per_m }
    }

    /// Share of the contrast that is left at a distance.
    pub(super) fn passes(&self, x_m: f64) -> f64 {
        libm::exp(-self.per_m * x_m)
    }

    /// Share of the sky's contrast that passes the fog at an elevation (its tangent).
    pub(super) fn sky_passes(&self, elevation: f64) -> f64 {
        libm::exp(-self.fog_per_m * (FOG_HEIGHT_M / elevation).min(FAR_M))
    }

    /// A grey of which this share passes.
    pub(super) fn fade(&self, grey: f64, passes: f64) -> f64 {
        self.grey + (grey - self.grey) * passes
    }
}

/// Where the low beams have lost about half and two thirds of their light on the road, m: the cut-off of a
/// low beam meets the road some 60 m ahead (UN R112).
const BEAM_HALF_M: f64 = 32.0;
/// Height below which they light a thing fully, and above which only their scattered light does, m.
const CUT_OFF_M: (f64, f64) = (0.65, 1.1);
/// What is left above the cut-off.
const ABOVE_CUT_OFF: f64 = 0.35;
/// Half the width of the cone, as the tangent of its angle.
const BEAM_SPREAD: f64 = 0.36;

/// Share of the low beams' light on what is at this distance.
pub(super) fn beam_ahead(x_m: f64) -> f64 {
    let far = x_m / BEAM_HALF_M;
    1.0 / (1.0 + far * far * far)
}

/// Share of it in this direction (the tangent of the azimuth).
pub(super) fn beam_across(azimuth: f64) -> f64 {
    let off = azimuth / BEAM_SPREAD;
    1.0 / (1.0 + off * off * off * off)
}

/// Share of it at this height above the road.
pub(super) fn beam_up(z_m: f64) -> f64 {
    let above = ((z_m - CUT_OFF_M.0) / (CUT_OFF_M.1 - CUT_OFF_M.0)).clamp(0.0, 1.0);
    1.0 + (ABOVE_CUT_OFF - 1.0) * above
}
