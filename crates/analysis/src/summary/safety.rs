//! What came of it for the car: [`Safety`].

use serde::{Deserialize, Serialize};

use super::WhyNot;

/// How near the ego came to whoever was in its path, from the true motion, and when it braked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Safety {
    /// Whether a brake request moves the ego; where it does not, an impact says nothing of fusion.
    pub closed_loop: bool,
    /// Smallest distance from the ego's front bumper to the nearest actor ahead in its path, m; 0
    /// where there was an impact.
    pub gap_min_m: Option<f64>,
    /// When that was.
    pub gap_min_at_ms: Option<f64>,
    /// Smallest time to collision at the speeds of the moment, s; 0 where there was an impact.
    pub ttc_min_s: Option<f64>,
    /// The first impact; nothing after it is told here.
    pub impact: Option<Impact>,
    /// When fusion first asked to brake.
    pub brake_requested_ms: Option<f64>,
    /// By how much the ego was slower at the impact, or at its slowest, than when that was, m/s.
    pub speed_reduction_mps: Option<f64>,
    /// The same run without its faults, where it was made.
    pub twin: Option<Twin>,
}

/// The ego met somebody.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Impact {
    /// When.
    pub at_ms: f64,
    /// Index of the actor in the scenario.
    pub actor: usize,
    /// Relative speed, m/s.
    pub speed_mps: f64,
}

/// What came of the run without its faults, and what differs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Twin {
    /// Its smallest distance, m.
    pub gap_min_m: Option<f64>,
    /// Its impact speed, m/s.
    pub impact_speed_mps: Option<f64>,
    /// When it first asked to brake.
    pub brake_requested_ms: Option<f64>,
    /// Why this run cannot be compared with it: it was not run to its end, its plant was in trouble, the
    /// host disturbed it, or (no data) it is another scenario or seed. `None` if it can.
    #[serde(default)]
    pub unsound: Option<WhyNot>,
    /// How much later than the twin this run first asked to brake, ms; negative if earlier, `null`
    /// unless both did and the twin is sound.
    pub brake_delay_ms: Option<f64>,
    /// Whether one of the two had an impact and the other had none; `null` unless the twin is sound
    /// and this run was over.
    pub outcome_changed: Option<bool>,
}
