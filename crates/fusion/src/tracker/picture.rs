//! All targets at one time, and how one scan changes them. Main type: [`Picture`].

use super::target::{Sensor, Status, Target};
use super::{MAX_TRACKS, Scan, seconds_between};
use crate::assignment::Assignment;
use crate::config::{Config, FieldOfView};
use crate::ego::EgoTrail;
use crate::measurement::{Expected, Measurement};
use crate::motion::{Singer, State, Transition, VX, VY, X, Y};

/// A late measurement starts no track this close to one that was started after it: it is the same
/// object.
const SAME_OBJECT_M: f64 = 5.0;

/// Two vehicles cannot be nearer to each other than this, along and across the road.
const VEHICLE_LENGTH_M: f64 = 3.5;
/// See [`VEHICLE_LENGTH_M`].
const VEHICLE_WIDTH_M: f64 = 1.8;

/// Who was not updated for longer may have drifted and claims its place no more.
const CLAIM_S: f64 = 0.3;

/// The targets at one time.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) time_ns: u64,
    pub(super) targets: Vec<Target>,
}

/// What is not part of the past: rules, counters, working memory.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) coast_s: f64,
    coast_in_outage_s: f64,
    pub(super) ego: EgoTrail,
    camera_view: FieldOfView,
    radar_views: [FieldOfView; 2],
    last_id: u32,
    pub(super) dropped_measurements: u64,
    pub(super) implausible_tracks: u64,
    assignment: Assignment,
    /// Where each target should be seen.
    expected: Vec<Expected>,
    /// The target of each measurement.
    target_of: Vec<Option<usize>>,
    /// The measurement of each target.
    measurement_of: Vec<Option<usize>>,
}

impl Workspace {
    pub(super) fn new(config: &Config) -> Workspace {
        Workspace {
            coast_s: config.coast_s,
            coast_in_outage_s: config.coast_in_outage_s,
            ego: EgoTrail::new(),
            camera_view: config.camera_view,
            radar_views: config.radar_views,
            last_id: 0,
            dropped_measurements: 0,
            implausible_tracks: 0,
            assignment: Assignment::default(),
            expected: Vec::with_capacity(MAX_TRACKS),
            target_of: Vec::new(),
            measurement_of: Vec::new(),
        }
    }

    /// What `elapsed_s` without an update costs a track of its `coast_s`. In an outage time passes
    /// slower, so that a track lives `coast_in_outage_s`; and a sensor that comes back ends no
    /// track at that instant.
    pub(super) fn charge_s(&self, elapsed_s: f64, in_outage: bool) -> f64 {
        if in_outage { elapsed_s * self.coast_s / self.coast_in_outage_s } else { elapsed_s }
    }

    /// How long a track lives without an update that has so much of its `coast_s` left.
    pub(super) fn life_s(&self, left_s: f64, in_outage: bool) -> f64 {
        if in_outage { left_s * self.coast_in_outage_s / self.coast_s } else { left_s }
    }

    /// What becomes of every target from one time to a later one.
    pub(super) fn transition(&self, from_ns: u64, to_ns: u64) -> Transition {
        let dt_s = seconds_between(from_ns, to_ns);
        let transition = Singer::VEHICLE.step(dt_s);
        match self.ego.between(from_ns, to_ns) {
            Some(ego) => transition.seen_from(&ego, dt_s),
            None => transition,
        }
    }

    fn is_in_view(&self, sensor: Sensor, state: &State) -> bool {
        let (range_m, azimuth_rad) = (state[X].hypot(state[Y]), state[Y].atan2(state[X]));
        let contains = |view: &FieldOfView| view.contains(range_m, azimuth_rad);
        match sensor {
            Sensor::Camera => contains(&self.camera_view),
            Sensor::Radar => self.radar_views.iter().any(contains),
        }
    }
}

impl Picture {
    pub(super) fn with_room() -> Picture {
        Picture { time_ns: 0, targets: Vec::with_capacity(MAX_TRACKS) }
    }

    /// Becomes a copy of another, in the memory that it has.
    pub(super) fn copy_from(&mut self, other: &Picture) {
        self.time_ns = other.time_ns;
        self.targets.clone_from(&other.targets);
    }

    /// Moves on to the time of a scan and takes it in.
    pub(super) fn advance(&mut self, scan: &mut Scan, workspace: &mut Workspace) {
        self.drop_implausible(workspace);
        self.predict(scan, workspace);
        self.associate(scan, workspace);
        self.update(scan, workspace);
        self.targets.retain(|target| !target.is_expired(workspace));
        self.start_tracks(scan, workspace);
        self.merge();
    }

    /// Forbids a late scan to start tracks for objects whose tracks were started after it was made.
    pub(super) fn yield_to_younger(&self, scan: &mut Scan) {
        let back_s = seconds_between(scan.captured_ns, self.time_ns);
        for target in self.targets.iter().filter(|target| target.started_ns > scan.captured_ns) {
            let mean = &target.estimate.mean;
            let (x, y) = (mean[X] - back_s * mean[VX], mean[Y] - back_s * mean[VY]);
            for measurement in &mut scan.measurements {
                let (sin, cos) = measurement.azimuth_rad.sin_cos();
                let (dx, dy) = (measurement.range_m * cos - x, measurement.range_m * sin - y);
                measurement.starts_track &= dx.hypot(dy) > SAME_OBJECT_M;
            }
        }
    }

    /// Ends what is no vehicle any more, before it touches anything else: a measurement of the same
    /// scan may start its track anew.
    fn drop_implausible(&mut self, workspace: &mut Workspace) {
        let before = self.targets.len();
        self.targets.retain(Target::is_plausible);
        workspace.implausible_tracks += (before - self.targets.len()) as u64;
    }

    fn predict(&mut self, scan: &Scan, workspace: &Workspace) {
        let (from_ns, to_ns) = (self.time_ns, scan.captured_ns);
        let elapsed_s = seconds_between(from_ns, to_ns);
        self.time_ns = to_ns;
        let charge_s = workspace.charge_s(elapsed_s, scan.in_outage);
        self.targets.retain_mut(|target| {
            target.coasted_s += charge_s;
            // Expiry is decided after the scan: it may be the one that finds the target again. What
            // would not even have been published any more is not found again.
            target.coasted_s <= 2.0 * workspace.coast_s
        });
        if !self.targets.is_empty() {
            let transition = workspace.transition(from_ns, to_ns);
            for target in &mut self.targets {
                target.estimate.predict(&transition);
            }
        }
    }

    fn associate(&mut self, scan: &Scan, workspace: &mut Workspace) {
        let Workspace { assignment, expected, target_of, measurement_of, .. } = workspace;
        expected.clear();
        expected.extend(self.targets.iter().map(|target| Expected::of(&target.estimate)));
        target_of.clear();
        target_of.resize(scan.measurements.len(), None);
        measurement_of.clear();
        measurement_of.resize(self.targets.len(), None);
        assignment.solve(
            self.targets.len(),
            scan.measurements.len(),
            |target, measurement| {
                let measurement = &scan.measurements[measurement];
                let may_be = measurement.may_be_of(&expected[target]);
                may_be.then(|| measurement.association_cost(&self.targets[target].estimate))?
            },
            |target, measurement| {
                target_of[measurement] = Some(target);
                measurement_of[target] = Some(measurement);
            },
        );
    }

    fn update(&mut self, scan: &mut Scan, workspace: &Workspace) {
        let ego = workspace.ego.at(scan.captured_ns);
        scan.seen.clear();
        scan.seen.extend(scan.measurements.iter().map(Measurement::unclaimed));
        for (target, measurement) in self.targets.iter_mut().zip(&workspace.measurement_of) {
            if let Some(index) = *measurement {
                let nis = scan.measurements[index].update(&mut target.estimate);
                scan.seen[index].track = Some(target.id);
                scan.seen[index].nis = nis;
                target.note_found(scan.sensor, scan.captured_ns);
                target.note_motion(ego);
            } else if workspace.is_in_view(scan.sensor, &target.estimate.mean) {
                target.note_missed(scan.sensor);
            }
        }
    }

    /// Ends one of two targets at one place: a tentative one, else the younger. Where a sensor finds
    /// the younger and not the elder, that one has gone astray, and takes the younger's place once it
    /// is confirmed.
    fn merge(&mut self) {
        let mut index = 0;
        while let Some(target) = self.targets.get(index) {
            let elder =
                self.targets[..index].iter().position(|elder| is_same_vehicle(elder, target));
            match elder {
                None => index += 1,
                Some(elder) if self.targets[elder].status < target.status => {
                    self.targets.remove(elder);
                    index -= 1;
                }
                Some(elder) if self.targets[elder].is_astray_beside(target) => {
                    if target.status == Status::Confirmed {
                        let target = self.targets.remove(index);
                        self.targets[elder].take_place_of(target);
                    } else {
                        index += 1;
                    }
                }
                Some(_) => {
                    self.targets.remove(index);
                }
            }
        }
    }

    fn start_tracks(&mut self, scan: &mut Scan, workspace: &mut Workspace) {
        for (index, measurement) in scan.measurements.iter().enumerate() {
            if workspace.target_of[index].is_some() || !measurement.starts_track {
                continue;
            }
            if self.targets.len() >= MAX_TRACKS {
                workspace.dropped_measurements += 1;
                continue;
            }
            let id = *scan.started[index].get_or_insert_with(|| {
                workspace.last_id = workspace.last_id.wrapping_add(1).max(1);
                workspace.last_id
            });
            self.targets.push(Target::start(id, scan.sensor, scan.captured_ns, measurement));
        }
    }
}

fn is_same_vehicle(elder: &Target, younger: &Target) -> bool {
    let apart = elder.estimate.mean - younger.estimate.mean;
    elder.coasted_s <= CLAIM_S
        && apart[X].abs() < VEHICLE_LENGTH_M
        && apart[Y].abs() < VEHICLE_WIDTH_M
}
