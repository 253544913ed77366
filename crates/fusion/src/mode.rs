//! What fusion has to go by, from the ages of its data and the life of its tracks. Main type:
//! [`Mode`].

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
    /// Both are out, but a confirmed track is still extrapolated.
    Coasting,
    /// Both are out and nothing is believed any more.
    Blind,
}

impl Mode {
    /// Whether at least one sensor is out.
    pub(crate) fn has_outage(self) -> bool {
        self != Mode::Fused
    }
}

/// Which sensors deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alive {
    Both,
    Camera,
    Radar,
    None,
}

/// The measurement time of each sensor's newest data; `None` before the first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Freshness {
    pub(crate) camera_ns: Option<u64>,
    pub(crate) radar_ns: Option<u64>,
}

impl Freshness {
    pub(crate) fn alive_at(&self, config: &Config, now_ns: u64) -> Alive {
        let [camera_until, radar_until] = self.alive_until(config);
        let alive = |until: Option<u64>| until.is_some_and(|until_ns| now_ns <= until_ns);
        match (alive(camera_until), alive(radar_until)) {
            (true, true) => Alive::Both,
            (true, false) => Alive::Camera,
            (false, true) => Alive::Radar,
            (false, false) => Alive::None,
        }
    }

    /// The first instant after `now_ns` at which fewer sensors are alive, if nothing arrives.
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
