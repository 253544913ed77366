//! An echo's way into the list: [`Receiver`].

use super::{Beam, Detection, Echo, RadarModel};
use crate::random::Draws;
use crate::weather::Weather;

/// Nearest range at which an echo can be told from the own pulse, m.
pub(super) const MIN_RANGE_M: f64 = 0.2;

/// What a beam loses there and back at its edge against its axis, dB. Between them it falls with
/// the square of the angle, as that of a Gaussian aperture.
const EDGE_LOSS_DB: f64 = 6.0;

/// Specific attenuation by rain, dB/km: k·R^α, R in mm/h. k and α for horizontal polarisation at
/// 77 GHz by the formulas of ITU-R P.838-3.
const RAIN_K: f64 = 1.132;
/// See [`RAIN_K`].
const RAIN_ALPHA: f64 = 0.7177;

/// Specific attenuation by fog, dB/km for 1 g/m³ of liquid water, at 77 GHz and some 10 °C
/// (ITU-R P.840, figure 1).
const FOG_K: f64 = 4.5;
/// Liquid water in fog of visibility V km: (0.024/V)^1.54 g/m³ (Eldridge, J. Atmos. Sci. 23, 1966).
const FOG_WATER_KM: f64 = 0.024;
/// See [`FOG_WATER_KM`].
const FOG_WATER_EXPONENT: f64 = 1.54;

/// The lists say by how much an echo exceeds the noise: this at 0 dB, percent, and so much more for
/// each dB. A car at 50 m is beyond doubt (99 %).
const EXISTENCE_AT_0_DB: f64 = 25.0;
/// See [`EXISTENCE_AT_0_DB`].
const EXISTENCE_PER_DB: f64 = 2.0;

/// Antennas, receiver and detector of one radar in one weather.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    model: RadarModel,
    /// There and back.
    attenuation_db_per_m: f64,
    /// Power that is a detection, in means of the noise.
    threshold: f64,
    noisy_snr: f64,
}

impl Receiver {
    pub(super) fn new(model: RadarModel, weather: &Weather) -> Self {
        let rain = RAIN_K * libm::pow(weather.rain_mmph, RAIN_ALPHA);
        let fog = weather.visibility_m.map_or(0.0, |visibility_m| {
            FOG_K * libm::pow(FOG_WATER_KM * 1000.0 / visibility_m, FOG_WATER_EXPONENT)
        });
        Self {
            model,
            attenuation_db_per_m: 2.0 * (rain + fog) / 1000.0,
            threshold: -libm::log(model.false_alarm_probability),
            noisy_snr: from_db(model.noisy_snr_db),
        }
    }

    /// Mean signal-to-noise ratio; `None` out of the field of view.
    ///
    /// The radar equation: it falls with the fourth power of range (Skolnik, Radar Handbook, 1.2).
    pub(super) fn snr_db(&self, echo: &Echo) -> Option<f64> {
        let gain = |beam: &Beam| {
            let share = echo.azimuth_rad / beam.half_width_rad;
            let inside = (MIN_RANGE_M..=beam.max_range_m).contains(&echo.range_m)
                && (-1.0..=1.0).contains(&share);
            inside.then_some(beam.gain_db - EDGE_LOSS_DB * share * share)
        };
        let beams = [self.model.far, self.model.near];
        let gain_db = beams.iter().filter_map(gain).max_by(f64::total_cmp)?;
        let distance_db = 40.0 * libm::log10(echo.range_m / 100.0);
        let weather_db = self.attenuation_db_per_m * echo.range_m;
        Some(self.model.snr_1m2_100m_db + echo.rcs_dbsm + gain_db - distance_db - weather_db)
    }

    /// What the list says of an echo that loses so much to others on its way, if it is detected. How
    /// many numbers are drawn does not depend on the loss.
    ///
    /// Signal and noise together have exponential power of mean 1 + snr (Swerling I), so that it
    /// passes the threshold −ln Pfa with probability Pfa^(1/(1+snr)) (Skolnik, Radar Handbook, 2.6).
    pub(super) fn receive(
        &self,
        echo: &Echo,
        loss_db: f64,
        draws: &mut Draws,
    ) -> Option<Detection> {
        let snr = from_db(self.snr_db(echo)?);
        let fluctuation = draws.exponential();
        if fluctuation * (1.0 + snr) <= self.threshold {
            return None;
        }
        let normals = [draws.normal(), draws.normal(), draws.normal()];
        let power = fluctuation * (1.0 + snr * from_db(-loss_db));
        (power > self.threshold).then(|| {
            let rcs_dbsm = echo.rcs_dbsm - loss_db + 10.0 * libm::log10(fluctuation);
            self.detection(&Echo { rcs_dbsm, ..*echo }, power, normals)
        })
    }

    fn detection(&self, echo: &Echo, snr: f64, normals: [f64; 3]) -> Detection {
        let model = &self.model;
        let noise = (1.0 + self.noisy_snr / snr).sqrt();
        let range_sigma_m = model.range_sigma_m * noise;
        let azimuth_sigma_rad = model.azimuth_sigma_rad * noise / libm::cos(echo.azimuth_rad);
        let range_rate_sigma_mps = model.range_rate_sigma_mps * noise;
        let existence = EXISTENCE_AT_0_DB + EXISTENCE_PER_DB * 10.0 * libm::log10(snr);
        let range_rate_mps = echo.range_rate_mps + range_rate_sigma_mps * normals[2];
        Detection {
            range_m: (echo.range_m + range_sigma_m * normals[0]).max(0.0) as f32,
            azimuth_rad: (echo.azimuth_rad + azimuth_sigma_rad * normals[1]) as f32,
            range_rate_mps: self.folded(range_rate_mps) as f32,
            rcs_dbsm: echo.rcs_dbsm as f32,
            range_sigma_m: range_sigma_m as f32,
            azimuth_sigma_rad: azimuth_sigma_rad as f32,
            range_rate_sigma_mps: range_rate_sigma_mps as f32,
            existence: existence.clamp(1.0, 99.0) as u8,
        }
    }

    /// The range rate that is told in place of one beyond the span.
    fn folded(&self, range_rate_mps: f64) -> f64 {
        let RadarModel { range_rate_min_mps, range_rate_span_mps, .. } = self.model;
        let spans = ((range_rate_mps - range_rate_min_mps) / range_rate_span_mps).floor();
        range_rate_mps - spans * range_rate_span_mps
    }
}

fn from_db(db: f64) -> f64 {
    libm::pow(10.0, db / 10.0)
}
