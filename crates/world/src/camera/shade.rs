//! How bright a thing is in the picture: [`Shade`], its inks in this light through this air.

use super::body::Ink;
use super::kernels::Kernels;
use super::light::{Air, Tones, beam_across, beam_ahead, beam_up};
use crate::weather::{Light, Weather};

/// Grey of lamps that are lit: tail lights, brake lights, headlights by day and at night.
const TAIL_GREY: f64 = 205.0;
const BRAKE_GREY: f64 = 250.0;
const DAY_HEAD_GREY: f64 = 236.0;
const NIGHT_HEAD_GREY: f64 = 255.0;

/// Visibility below which, and rain above which, one drives with lights on by day (German road traffic regulations, § 17), m and
/// mm/h.
const LIGHTS_ON_BELOW_M: f64 = 400.0;
const LIGHTS_ON_ABOVE_MMPH: f64 = 2.0;

/// How much brighter than a white sheet a reflector is under the beams.
const RETRO_GAIN: f64 = 2.2;

/// No paint is brighter, nor darker.
const BRIGHTEST: f64 = 230.0;

/// The light of a run.
pub(super) struct Lighting {
    pub(super) tones: Tones,
    pub(super) air: Air,
    pub(super) is_night: bool,
    pub(super) lights_on: bool,
    pub(super) is_low_sun: bool,
    pub(super) kernels: Kernels,
    /// How wet the road is, 0 to 1.
    pub(super) wet: f64,
}

impl Lighting {
    pub(super) fn new(weather: &Weather) -> Self {
        let tones = Tones::of(weather.light);
        let is_night = weather.light == Light::Night;
        let is_hazy = weather.visibility_m.is_some_and(|far_m| far_m < LIGHTS_ON_BELOW_M);
        Self {
            air: Air::new(weather, &tones),
            tones,
            is_night,
            lights_on: is_night || is_hazy || weather.rain_mmph > LIGHTS_ON_ABOVE_MMPH,
            kernels: Kernels::new(),
            is_low_sun: weather.light == Light::LowSun,
            wet: (weather.rain_mmph / super::scenery::WET_MMPH).clamp(0.0, 1.0),
        }
    }
}

/// One thing in this light.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shade {
    paint: u8,
    /// Share of the beams that reach it at the height of the bumper.
    beam: f64,
    pub(super) passes: f64,
    pub(super) brakes: bool,
}

impl Shade {
    pub(super) fn new(light: &Lighting, paint: u8, x_m: f64, azimuth: f64, brakes: bool) -> Self {
        let beam = if light.is_night { beam_ahead(x_m) * beam_across(azimuth) } else { 0.0 };
        Self { paint, beam, passes: light.air.passes(x_m), brakes }
    }

    /// The grey of an ink on the near face or on a side (`turned`: its share of the light), at a
    /// height.
    pub(super) fn grey(&self, light: &Lighting, ink: Ink, turned: f64, z_m: f64) -> u8 {
        let unlit = light.tones.unlit;
        let beam = if self.beam > 0.0 { self.beam * beam_up(z_m) } else { 0.0 };
        let lit = turned * (unlit + (1.0 - unlit) * beam);
        let diffuse = |grey: f64| grey * lit;
        let grey = match ink {
            Ink::Paint(percent) => {
                diffuse((f64::from(self.paint) * f64::from(percent) * 0.01).min(BRIGHTEST))
            }
            Ink::Retro(grey) if light.is_night => {
                (f64::from(grey) * (unlit + RETRO_GAIN * self.beam)).min(250.0)
            }
            Ink::Tail(_) if self.brakes => BRAKE_GREY,
            Ink::Tail(_) if light.lights_on => TAIL_GREY,
            Ink::Head(_) if light.is_night => NIGHT_HEAD_GREY,
            Ink::Head(_) if light.lights_on => DAY_HEAD_GREY,
            Ink::Grey(grey) | Ink::Retro(grey) | Ink::Tail(grey) | Ink::Head(grey) => {
                diffuse(f64::from(grey))
            }
        };
        light.air.fade(grey, self.passes) as u8
    }
}
