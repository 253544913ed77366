//! Which sensors are alive, as a pure function of the ages of their data. Main type: [`Mode`].

use crate::config::Config;

/// What the tracks are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Both sensors deliver.
    Fused,
    /// The radar is out.
    CameraOnly,
    /// The camera is out.
    RadarOnly,
    /// Both are out: tracks are extrapolated until they expire.
    Blind,
}

impl Mode {
    /// Whether at least one sensor is out.
    pub(crate) fn has_outage(self) -> bool {
        self != Mode::Fused
    }
}

/// The measurement time of each sensor's newest data; `None` before the first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Freshness {
    pub(crate) camera_ns: Option<u64>,
    pub(crate) radar_ns: Option<u64>,
}

impl Freshness {
    pub(crate) fn mode_at(&self, config: &Config, now_ns: u64) -> Mode {
        let [camera_until, radar_until] = self.alive_until(config);
        let alive = |until: Option<u64>| until.is_some_and(|until_ns| now_ns <= until_ns);
        match (alive(camera_until), alive(radar_until)) {
            (true, true) => Mode::Fused,
            (true, false) => Mode::CameraOnly,
            (false, true) => Mode::RadarOnly,
            (false, false) => Mode::Blind,
        }
    }

    /// The first instant after `now_ns` at which the mode differs from the one at `now_ns`, if
    /// nothing arrives.
    pub(crate) fn next_change_ns(&self, config: &Config, now_ns: u64) -> Option<u64> {
        self.alive_until(config)
            .into_iter()
            .flatten()
            .filter(|&until_ns| now_ns <= until_ns)
            .min()
            .map(|until_ns| until_ns.saturating_add(1))
    }

    /// The last instant at which each sensor still counts as alive.
    fn alive_until(&self, config: &Config) -> [Option<u64>; 2] {
        let periods = u64::from(config.periods_until_gone);
        let until = |captured: Option<u64>, period_ns: u64| {
            captured.map(|ns| ns.saturating_add(period_ns.saturating_mul(periods)))
        };
        [
            until(self.camera_ns, config.camera_period_ns),
            until(self.radar_ns, config.radar_period_ns),
        ]
    }
}
