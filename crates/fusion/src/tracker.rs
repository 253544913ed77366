//! Measurements → tracks, in the order in which they were made, whenever they arrive. Main type:
//! [`Tracker`].
//!
//! A scan that arrives late is put into its place: the tracks are set back to what they were before
//! it and the scans made after it are taken in again. Nothing is ever predicted backwards.
//!
//! The life of a track: a measurement that belongs to no track starts one; it is *confirmed* when
//! one sensor found it in 3 of its last 5 looks (in all 5 if the other sensor looks there and never
//! found it); it ends when it has coasted too long. Only time in which nobody updates it counts,
//! and slower while a sensor is out. Looks at which the sensor is not expected to see the object do
//! not count.

mod picture;
mod target;

use std::collections::VecDeque;

use crate::config::{Config, EgoMotion};
use crate::ego::EgoTrail;
use crate::measurement::Measurement;
use crate::motion::Component;
use crate::radar::MAX_DETECTIONS;
use picture::{Picture, Workspace};
pub(crate) use target::Sensor;
pub use target::{Evidence, Status, Track};

/// Most tracks that are kept. A measurement that would start one more is counted and dropped.
pub const MAX_TRACKS: usize = 32;

/// Most measurements taken from one scan: bounds the assignment problem. The rest is counted and
/// dropped.
pub(crate) const MAX_MEASUREMENTS: usize = 32;

/// How late a scan may be to be put into its place: longer than any late delivery that is not an
/// outage.
pub(crate) const HISTORY_NS: u64 = 600_000_000;

/// Most scans remembered, twice what two sensors of 30 Hz and 20 Hz make in [`HISTORY_NS`]. Beyond
/// it the oldest is forgotten, and what is older than that is too old.
const MAX_HISTORY: usize = 64;

/// One object that a sample shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Angle from straight ahead, left positive.
    pub azimuth_rad: f64,
    /// Distance.
    pub range_m: f64,
    /// The track that it was taken for; `None` if it belongs to none, or starts one.
    pub track: Option<u32>,
    /// Normalised innovation squared against that track: χ² distributed, with 2 degrees of freedom
    /// for the camera and 3 for the radar. 0 without a track.
    pub nis: f64,
}

/// All measurements that one sensor made at one time.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) sensor: Sensor,
    pub(crate) captured_ns: u64,
    /// Whether a sensor was out when it arrived.
    pub(crate) in_outage: bool,
    pub(crate) measurements: Vec<Measurement>,
    /// What they were taken for.
    seen: Vec<Seen>,
    /// Which track each measurement starts, once it has started one: the same again when history is
    /// replayed.
    started: Vec<Option<u32>>,
}

/// A scan and the tracks as they were before it.
#[derive(Debug)]
struct Step {
    scan: Scan,
    before: Picture,
}

impl Step {
    /// With room for the fullest scan and picture, so that nothing is allocated once the history is
    /// full.
    fn with_room() -> Step {
        let scan = Scan {
            measurements: Vec::with_capacity(MAX_DETECTIONS),
            started: Vec::with_capacity(MAX_MEASUREMENTS),
            seen: Vec::with_capacity(MAX_MEASUREMENTS),
            ..Scan::default()
        };
        Step { scan, before: Picture::with_room() }
    }
}

/// Why a scan is not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// This sensor's measurements of this time are already in.
    Repeated,
    /// Made before everything that is remembered.
    TooOld { horizon_ns: u64 },
}

/// The tracks and the recent past.
#[derive(Debug)]
pub(crate) struct Tracker {
    now: Picture,
    history: VecDeque<Step>,
    /// Forgotten steps, for their memory.
    spare: Vec<Step>,
    /// What the scan shows that was taken in last.
    seen: Vec<Seen>,
    workspace: Workspace,
}

impl Tracker {
    pub(crate) fn new(config: &Config) -> Tracker {
        Tracker {
            now: Picture::with_room(),
            history: VecDeque::with_capacity(MAX_HISTORY + 1),
            spare: Vec::with_capacity(MAX_HISTORY + 1),
            seen: Vec::with_capacity(MAX_MEASUREMENTS),
            workspace: Workspace::new(config),
        }
    }

    /// Tells how the ego moves; see [`EgoTrail::set`].
    pub(crate) fn set_ego_motion(&mut self, at_ns: u64, motion: EgoMotion) {
        self.workspace.ego.set(at_ns, motion);
    }

    /// How the ego moved.
    pub(crate) fn ego(&self) -> &EgoTrail {
        &self.workspace.ego
    }

    /// What the scan shows that was taken in last.
    pub(crate) fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// Whether a scan of this sensor and time would be taken in.
    pub(crate) fn admits(&self, sensor: Sensor, captured_ns: u64) -> Result<(), Refusal> {
        if !self.remembers(captured_ns) {
            return Err(Refusal::TooOld { horizon_ns: self.horizon_ns() });
        }
        let same = |scan: &Scan| scan.sensor == sensor && scan.captured_ns == captured_ns;
        if self.history.iter().any(|step| same(&step.scan)) {
            return Err(Refusal::Repeated);
        }
        Ok(())
    }

    /// Whether the memory reaches back to this time.
    pub(crate) fn remembers(&self, captured_ns: u64) -> bool {
        captured_ns >= self.horizon_ns()
    }

    fn horizon_ns(&self) -> u64 {
        self.history.front().map_or(0, |step| step.before.time_ns)
    }

    /// Takes the measurements of a scan in that [`admits`](Self::admits) let pass; `fill` writes
    /// them.
    pub(crate) fn take<T>(
        &mut self,
        sensor: Sensor,
        captured_ns: u64,
        in_outage: bool,
        fill: impl FnOnce(&mut Vec<Measurement>) -> T,
    ) -> T {
        let mut step = self.spare.pop().unwrap_or_else(Step::with_room);
        let scan = &mut step.scan;
        (scan.sensor, scan.captured_ns, scan.in_outage) = (sensor, captured_ns, in_outage);
        let filled = fill(&mut scan.measurements);
        let surplus = scan.measurements.len().saturating_sub(MAX_MEASUREMENTS);
        self.workspace.dropped_measurements += surplus as u64;
        scan.measurements.truncate(MAX_MEASUREMENTS);
        scan.started.clear();
        scan.started.resize(scan.measurements.len(), None);
        self.put_into_place(step);
        filled
    }

    fn put_into_place(&mut self, mut step: Step) {
        let captured_ns = step.scan.captured_ns;
        let place = self.history.partition_point(|other| other.scan.captured_ns <= captured_ns);
        if let Some(later) = self.history.get(place) {
            self.now.yield_to_younger(&mut step.scan);
            self.now.copy_from(&later.before);
        }
        self.history.insert(place, step);
        for step in self.history.range_mut(place..) {
            step.before.copy_from(&self.now);
            self.now.advance(&mut step.scan, &mut self.workspace);
        }
        self.seen.clone_from(&self.history[place].scan.seen);
        self.forget();
    }

    /// Writes the tracks as they are at `now_ns` to `tracks`.
    pub(crate) fn publish(&self, now_ns: u64, in_outage: bool, tracks: &mut Vec<Track>) {
        tracks.clear();
        let from_ns = self.now.time_ns;
        let transition = self.workspace.transition(from_ns, now_ns);
        let ego = self.workspace.ego.at(now_ns);
        let alive =
            self.now.targets.iter().filter(|target| {
                now_ns <= target.alive_until_ns(from_ns, in_outage, &self.workspace)
            });
        tracks.extend(alive.map(|target| target.publish(&transition, now_ns, ego)));
    }

    /// Up to when a confirmed track is published while a sensor is out and nothing arrives.
    pub(crate) fn coasts_until_ns(&self) -> Option<u64> {
        let confirmed = self
            .now
            .targets
            .iter()
            .filter(|target| target.status == Status::Confirmed && target.is_credible());
        confirmed.map(|target| target.alive_until_ns(self.now.time_ns, true, &self.workspace)).max()
    }

    /// Measurements and new tracks for which there was no room.
    pub(crate) fn dropped_measurements(&self) -> u64 {
        self.workspace.dropped_measurements
    }

    /// Tracks that were ended because their state was no vehicle's.
    pub(crate) fn implausible_tracks(&self) -> u64 {
        self.workspace.implausible_tracks
    }

    /// Overwrites one component of the state of the track `id`; `false` if there is none.
    pub(crate) fn overwrite(&mut self, id: u32, component: Component, value: f64) -> bool {
        let target = self.now.targets.iter_mut().find(|target| target.id == id);
        target.map(|target| target.estimate.mean[component.index()] = value).is_some()
    }

    fn forget(&mut self) {
        let oldest_ns = self.now.time_ns.saturating_sub(HISTORY_NS);
        let is_old = |step: &Step| step.scan.captured_ns < oldest_ns;
        while self.history.front().is_some_and(is_old) {
            self.spare.extend(self.history.pop_front());
        }
        if self.history.len() > MAX_HISTORY {
            self.spare.extend(self.history.pop_front());
        }
    }
}

/// Seconds from one time to a later one; 0 if it is not later.
fn seconds_between(from_ns: u64, to_ns: u64) -> f64 {
    to_ns.saturating_sub(from_ns) as f64 * 1e-9
}

#[cfg(test)]
mod tests;
