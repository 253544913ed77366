//! The text of what is demanded of a run: [`Expect`].

use std::collections::BTreeMap;

use fault::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::Node;
use wire::event::{Detector, Mode};

use crate::schema::{all_detectors, mode, modes, nodes, outcomes};

/// What is demanded of a run.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Expect {
    /// Processes that must not notice the faults of others: each keeps its process id, loses
    /// nothing, and is as fast during the faults as without. Fusion is measured from the hand-over
    /// of a sample to the output.
    #[schemars(schema_with = "nodes")]
    pub(crate) isolated: Vec<Node>,
    /// Fault tolerant time interval (FTTI): how long after a fault the function may be wrong before
    /// somebody is in danger. It comes from the hazard analysis of the item, and is never measured. A
    /// fault that is handled later counts as `late`.
    #[schemars(range(min = 0.001, max = 3_600_000.0))]
    pub(crate) ftti_ms: Option<f64>,
    /// How much longer the latency of an isolated process may be during the faults than without.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub(crate) isolation_margin_ms: f64,
    /// Demands on the camera.
    pub(crate) camera: Camera,
    /// Demands on the radar.
    pub(crate) radar: Radar,
    /// Demands on fusion.
    pub(crate) fusion: Fusion,
    /// Demands on how good the tracks are, against the truth.
    pub(crate) tracking: Tracking,
    /// Demands on what comes of it for the car.
    pub(crate) safety: Safety,
    /// Demands on single faults, by fault id.
    pub(crate) fault: BTreeMap<String, Fault>,
}

impl Default for Expect {
    fn default() -> Self {
        Self {
            isolated: Vec::new(),
            ftti_ms: None,
            isolation_margin_ms: 5.0,
            camera: Camera::default(),
            radar: Radar::default(),
            fusion: Fusion::default(),
            tracking: Tracking::default(),
            safety: Safety::default(),
            fault: BTreeMap::new(),
        }
    }
}

/// Demands on the camera.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "ExpectCamera")]
pub(crate) struct Camera {
    /// Most frames lost over the whole run, for whatever cause.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) frames_lost_max: Option<u64>,
    /// Fewest frames lost over the whole run: shows that a fault bites.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) frames_lost_min: Option<u64>,
    /// Most frames that fusion reads torn, and refuses.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) frames_torn_max: Option<u64>,
    /// Fewest frames that fusion reads torn: shows that `sync = "none"` bites.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) frames_torn_min: Option<u64>,
    /// Most restarts over the whole run.
    #[schemars(range(min = 0, max = 1000))]
    pub(crate) restarts_max: Option<u32>,
    /// Whether the process must be up (`true`) or given up (`false`) at the end.
    pub(crate) up_at_end: Option<bool>,
}

/// Demands on the radar.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "ExpectRadar")]
pub(crate) struct Radar {
    /// Most detection lists lost over the whole run, for whatever cause.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) messages_lost_max: Option<u64>,
    /// Fewest detection lists lost over the whole run: shows that a fault bites.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) messages_lost_min: Option<u64>,
    /// Most restarts over the whole run.
    #[schemars(range(min = 0, max = 1000))]
    pub(crate) restarts_max: Option<u32>,
    /// Whether the process must be up (`true`) or given up (`false`) at the end.
    pub(crate) up_at_end: Option<bool>,
}

/// Demands on fusion.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "ExpectFusion")]
pub(crate) struct Fusion {
    /// Most outputs missing over the whole run, for whatever cause; one is owed for each frame and
    /// each detection list.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) outputs_lost_max: Option<u64>,
    /// Largest 99th percentile of the time from capture to fused output, over the camera frames
    /// outside the faults.
    #[schemars(range(min = 0.001, max = 60_000.0))]
    pub(crate) latency_p99_ms: Option<f64>,
    /// The same over the camera frames during the faults.
    #[schemars(range(min = 0.001, max = 60_000.0))]
    pub(crate) latency_p99_in_fault_ms: Option<f64>,
    /// Mode at the end of the run; a fusion that has been silent for four of the longest sensor
    /// periods has none, unless it is blind, or has not coasted for 2.5 s longer.
    #[schemars(schema_with = "mode")]
    pub(crate) mode_at_end: Option<Mode>,
    /// Modes that must never be seen after the first second.
    #[schemars(schema_with = "modes")]
    pub(crate) never_modes: Vec<Mode>,
    /// Ids of actors that must be under one confirmed track, within 3 m, from second 2 to the end,
    /// while they are ahead within 80 m. Silence of fusion that no fault explains fails it.
    #[schemars(length(max = 16), extend("uniqueItems" = true))]
    pub(crate) follows: Vec<String>,
    /// Most restarts over the whole run.
    #[schemars(range(min = 0, max = 1000))]
    pub(crate) restarts_max: Option<u32>,
    /// Whether the process must be up (`true`) or given up (`false`) at the end.
    pub(crate) up_at_end: Option<bool>,
}

/// Demands on how good the tracks are: outside the faults, from second 1 on. The lead is the nearest actor
/// ahead that overlaps the path of the ego. A demand on its error is missed, too, if the lead has a track
/// in fewer than 95 % of the outputs that owe it one.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "ExpectTracking")]
pub(crate) struct Tracking {
    /// Largest root mean square of the distance of the lead from its track.
    #[schemars(range(min = 0.001, max = 5.0))]
    pub(crate) position_rmse_max_m: Option<f64>,
    /// Largest root mean square of the difference of the lead's velocity from its track's.
    #[schemars(range(min = 0.001, max = 100.0))]
    pub(crate) velocity_rmse_max_mps: Option<f64>,
    /// Largest distance of the tracks from the actors as a whole: GOSPA with c = 5 m, p = 2.
    #[schemars(range(min = 0.001, max = 100.0))]
    pub(crate) gospa_max_m: Option<f64>,
    /// How often actors may change their track, over the whole run, faults included. That a restarted
    /// fusion begins with other tracks does not count.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) id_switches_max: Option<u64>,
}

/// Demands on what comes of it for the car, by the true motion over the whole run. But for the requests to
/// brake, they need an ego car that brakes: `[ego.brakes]` or a preset.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "ExpectSafety")]
pub(crate) struct Safety {
    /// Whether there must be a collision (`true`) or none (`false`).
    pub(crate) collision: Option<bool>,
    /// Smallest distance allowed from the front bumper to the nearest actor ahead in the ego's path.
    #[schemars(range(min = 0.001, max = 1000.0))]
    pub(crate) gap_min_m: Option<f64>,
    /// Smallest time to collision allowed, at the speeds of the moment.
    #[schemars(range(min = 0.001, max = 60.0))]
    pub(crate) ttc_min_s: Option<f64>,
    /// Largest relative speed at a collision; none is allowed too.
    #[schemars(range(min = 0.001, max = 1000.0))]
    pub(crate) impact_speed_max_kph: Option<f64>,
    /// Whether fusion must ask to brake (`true`) or must not (`false`).
    pub(crate) brake_request: Option<bool>,
    /// How much later fusion may first ask to brake than in the same run without the faults, its twin.
    #[schemars(range(min = 0.0, max = 60_000.0))]
    pub(crate) brake_delay_max_ms: Option<f64>,
}

/// Demands on one fault.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "ExpectFault")]
pub(crate) struct Fault {
    /// Longest time from the fault to its detection (FDTI).
    #[schemars(range(min = 0.001, max = 3_600_000.0))]
    pub(crate) detect_within_ms: Option<f64>,
    /// Longest time from the fault to the end of the reaction (FHTI = FDTI + FRTI).
    #[schemars(range(min = 0.001, max = 3_600_000.0))]
    pub(crate) handle_within_ms: Option<f64>,
    /// Longest time from the fault to the first fused output from fresh data of the victim.
    #[schemars(range(min = 0.001, max = 3_600_000.0))]
    pub(crate) recover_within_ms: Option<f64>,
    /// Most samples of the victim's stream lost to the fault.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) lost_max: Option<u64>,
    /// Fault tolerant time interval for this fault, in place of that of `[expect]`.
    #[schemars(range(min = 0.001, max = 3_600_000.0))]
    pub(crate) ftti_ms: Option<f64>,
    /// Largest root mean square of the distance of the lead from its track, while the fault is in force;
    /// missed, too, if the lead has one in fewer than 95 % of the outputs of that time.
    #[schemars(range(min = 0.001, max = 5.0))]
    pub(crate) position_rmse_max_m: Option<f64>,
    /// Largest distance of the tracks from the actors as a whole in that time: GOSPA with c = 5 m, p = 2.
    #[schemars(range(min = 0.001, max = 100.0))]
    pub(crate) gospa_max_m: Option<f64>,
    /// How often actors may change their track from the fault to one second after its end.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) id_switches_max: Option<u64>,
    /// Longest time from the fault until everyone who had a track before it has one again.
    #[schemars(range(min = 0.001, max = 3_600_000.0))]
    pub(crate) reconfirm_within_ms: Option<f64>,
    /// Classes of outcome that are allowed.
    #[schemars(schema_with = "outcomes")]
    pub(crate) outcome: Vec<Outcome>,
    /// Detectors that must respond.
    #[schemars(schema_with = "all_detectors")]
    pub(crate) detected_by: Vec<Detector>,
}
