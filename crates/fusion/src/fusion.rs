//! The state machine. Main type: [`Fusion`], which answers each frame and each radar message with
//! an [`Output`].
//!
//! Measurement time (`captured_ns`) and arrival time (`now_ns`) are different things: tracks are
//! made from the first, ages and mode are reckoned at the second. Both are nanoseconds of one
//! monotonic clock that the caller owns.

use thiserror::Error;

use crate::brake::{BrakeRequest, Braking};
use crate::config::{Config, EgoMotion};
use crate::detector::Detector;
use crate::mode::{Alive, Freshness, Mode};
use crate::motion::Component;
use crate::radar::{Detection, RadarFrontEnd};
use crate::tracker::{MAX_MEASUREMENTS, MAX_TRACKS, Refusal, Seen, Sensor, Track, Tracker};

/// What fusion believes at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// What the tracks are made from.
    pub mode: Mode,
    /// At most [`MAX_TRACKS`], extrapolated to the time of the output.
    pub tracks: Vec<Track>,
    /// Age of the newest frame's measurement time; `None` before the first.
    pub camera_age_ns: Option<u64>,
    /// Age of the newest radar message's measurement time; `None` before the first.
    pub radar_age_ns: Option<u64>,
    /// What is asked of the brakes.
    pub brake: BrakeRequest,
    /// What the sample shows that this output was made from; empty where there is none.
    pub seen: Vec<Seen>,
}

/// Why a frame or a radar message changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The frame is not of the calibrated size.
    #[error("a frame has {expected_bytes} bytes, found {found_bytes}")]
    WrongFrameSize {
        /// Width times height of the calibration.
        expected_bytes: usize,
        /// Length of the slice.
        found_bytes: usize,
    },
    /// Measured after it arrived: one of the two clocks is wrong.
    #[error("measured at {captured_ns} ns, after its arrival at {now_ns} ns")]
    FromTheFuture {
        /// Measurement time.
        captured_ns: u64,
        /// Arrival time.
        now_ns: u64,
    },
    /// The same sensor's data of the same measurement time were taken in before.
    #[error("the data measured at {captured_ns} ns are known")]
    Repeated {
        /// Measurement time.
        captured_ns: u64,
    },
    /// Measured before everything that is remembered for reprocessing, about 0.6 s.
    #[error("measured at {captured_ns} ns, but the memory begins at {horizon_ns} ns")]
    TooOld {
        /// Measurement time.
        captured_ns: u64,
        /// Data measured before this are refused.
        horizon_ns: u64,
    },
}

/// What was taken in and what was not, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames taken in.
    pub frames: u64,
    /// Radar messages taken in.
    pub radar_messages: u64,
    /// Frames of a wrong size.
    pub wrong_frame_sizes: u64,
    /// Frames and messages from the future.
    pub from_the_future: u64,
    /// Frames and messages that were taken in before.
    pub repeated: u64,
    /// Frames and messages that came too late to be put into their place.
    pub too_old: u64,
    /// Detections that are no measurement: not finite, or out of their documented range.
    pub invalid_detections: u64,
    /// Detections beyond [`MAX_DETECTIONS`](crate::MAX_DETECTIONS) in one message.
    pub truncated_detections: u64,
    /// Measurements beyond 32 in one scan, and those that found no room for a new track.
    pub dropped_measurements: u64,
    /// Tracks ended because their state was not a number, or none that a vehicle can have.
    pub implausible_tracks: u64,
}

/// Frames and detections in, tracks out.
///
/// ```
/// use fusion::{CameraCalibration, Config, Fusion, Mode};
///
/// let camera = CameraCalibration {
///     width_px: 1920,
///     height_px: 1080,
///     focal_px: 1968.0,
///     centre_x_px: 960.0,
///     centre_y_px: 540.0,
///     mount_height_m: 1.3,
/// };
/// let mut fusion = Fusion::new(Config::new(camera));
/// let output = fusion.on_radar(1_000_000_000, 1_060_000_000, &[]).unwrap();
/// assert_eq!((output.mode, output.radar_age_ns), (Mode::RadarOnly, Some(60_000_000)));
/// ```
#[derive(Debug)]
pub struct Fusion {
    config: Config,
    detector: Detector,
    radar: RadarFrontEnd,
    tracker: Tracker,
    freshness: Freshness,
    newest_arrival_ns: u64,
    braking: Braking,
    counters: Counters,
    output: Output,
}

impl Fusion {
    /// Knows nothing yet. Allocates a few kilobytes; large buffers grow with the first data.
    pub fn new(config: Config) -> Fusion {
        Fusion {
            config,
            detector: Detector::new(config.camera),
            radar: RadarFrontEnd::new(config.radar_range_rate_span_mps),
            tracker: Tracker::new(&config),
            freshness: Freshness::default(),
            newest_arrival_ns: 0,
            braking: Braking::new(config.brake),
            counters: Counters::default(),
            output: Output {
                mode: Mode::Blind,
                tracks: Vec::with_capacity(MAX_TRACKS),
                camera_age_ns: None,
                radar_age_ns: None,
                brake: BrakeRequest::NO_STATEMENT,
                seen: Vec::with_capacity(MAX_MEASUREMENTS),
            },
        }
    }

    /// Takes a frame in: grey, one byte per pixel, row by row, without padding.
    ///
    /// A rejected frame changes nothing but [`counters`](Self::counters), and does not make the
    /// camera alive.
    pub fn on_frame(
        &mut self,
        captured_ns: u64,
        now_ns: u64,
        pixels: &[u8],
    ) -> Result<&Output, Rejection> {
        let expected_bytes = self.config.camera.frame_bytes();
        if pixels.len() != expected_bytes {
            self.counters.wrong_frame_sizes += 1;
            return Err(Rejection::WrongFrameSize { expected_bytes, found_bytes: pixels.len() });
        }
        self.admit(Sensor::Camera, captured_ns, now_ns)?;
        let in_outage = self.mode_at(now_ns).has_outage();
        let Fusion { detector, tracker, .. } = self;
        tracker.take(Sensor::Camera, captured_ns, in_outage, |measurements| {
            detector.detect(pixels, measurements);
        });
        self.counters.frames += 1;
        self.freshness.camera_ns = self.freshness.camera_ns.max(Some(captured_ns));
        Ok(self.output_of_sample(now_ns))
    }

    /// Takes the detections of one radar message in; those that are no measurement are counted and
    /// dropped.
    ///
    /// A rejected message changes nothing but [`counters`](Self::counters), and does not make the
    /// radar alive.
    pub fn on_radar(
        &mut self,
        captured_ns: u64,
        now_ns: u64,
        detections: &[Detection],
    ) -> Result<&Output, Rejection> {
        self.admit(Sensor::Radar, captured_ns, now_ns)?;
        let in_outage = self.mode_at(now_ns).has_outage();
        let Fusion { radar, tracker, .. } = self;
        let ego = tracker.ego().at(captured_ns);
        let tally = tracker.take(Sensor::Radar, captured_ns, in_outage, |measurements| {
            radar.measure(detections, ego, measurements)
        });
        self.counters.radar_messages += 1;
        self.counters.invalid_detections += tally.invalid;
        self.counters.truncated_detections += tally.truncated;
        self.freshness.radar_ns = self.freshness.radar_ns.max(Some(captured_ns));
        Ok(self.output_of_sample(now_ns))
    }

    /// The camera is known to be gone: nothing that it made is fresh any more.
    pub fn on_camera_gone(&mut self) {
        self.freshness.camera_ns = None;
    }

    /// The radar is known to be gone: nothing that it made is fresh any more.
    pub fn on_radar_gone(&mut self) {
        self.freshness.radar_ns = None;
    }

    /// Whether a sample measured at `captured_ns` could still be put in its place among the others;
    /// an older one is refused as [`Rejection::TooOld`].
    pub fn remembers(&self, captured_ns: u64) -> bool {
        self.tracker.remembers(captured_ns)
    }

    /// What is believed at `now_ns` if nothing arrives: for a change of mode, or a cycle without
    /// data.
    pub fn output_at(&mut self, now_ns: u64) -> &Output {
        self.output.seen.clear();
        self.make_output(now_ns);
        &self.output
    }

    /// The output that the sample taken in last makes.
    fn output_of_sample(&mut self, now_ns: u64) -> &Output {
        self.output.seen.clear();
        self.output.seen.extend_from_slice(self.tracker.seen());
        self.make_output(now_ns);
        &self.output
    }

    fn make_output(&mut self, now_ns: u64) {
        self.newest_arrival_ns = self.newest_arrival_ns.max(now_ns);
        let age = |captured: Option<u64>| captured.map(|ns| now_ns.saturating_sub(ns));
        let mode = self.mode_at(now_ns);
        self.output.mode = mode;
        self.output.camera_age_ns = age(self.freshness.camera_ns);
        self.output.radar_age_ns = age(self.freshness.radar_ns);
        self.tracker.publish(now_ns, mode.has_outage(), &mut self.output.tracks);
        let ego = self.tracker.ego().at(now_ns);
        self.output.brake = self.braking.decide(now_ns, mode, &self.output.tracks, ego);
    }

    /// Nothing more has arrived until `now_ns`: the mode then. A change of mode up to then is not
    /// due any more.
    pub fn on_time(&mut self, now_ns: u64) -> Mode {
        self.newest_arrival_ns = self.newest_arrival_ns.max(now_ns);
        self.mode_at(now_ns)
    }

    /// The mode at `now_ns` if nothing arrives. Alive are the sensors whose newest data are at most
    /// [`Config::periods_until_gone`] periods old.
    pub fn mode_at(&self, now_ns: u64) -> Mode {
        match self.freshness.alive_at(&self.config, now_ns) {
            Alive::Both => Mode::Fused,
            Alive::Camera => Mode::CameraOnly,
            Alive::Radar => Mode::RadarOnly,
            Alive::None if self.tracker.coasts_until_ns() >= Some(now_ns) => Mode::Coasting,
            Alive::None => Mode::Blind,
        }
    }

    /// When the mode will change if nothing arrives, reckoned from the newest time fusion was told;
    /// `None` when blind.
    pub fn next_mode_change_ns(&self) -> Option<u64> {
        let now_ns = self.newest_arrival_ns;
        let end_of_tracks =
            || self.tracker.coasts_until_ns().filter(|until_ns| now_ns <= *until_ns);
        self.freshness
            .next_change_ns(&self.config, now_ns)
            .or_else(|| end_of_tracks().map(|until_ns| until_ns.saturating_add(1)))
    }

    /// Tells how the ego moved at `at_ns`, by its own odometry, in any rhythm, from the oldest time
    /// to the newest; without it nothing is known to stand still, tracks do not know why a relative
    /// speed changes, and there is no statement on braking. What is no finite number makes the
    /// motion unknown, as it is at the start.
    pub fn set_ego_motion(&mut self, at_ns: u64, motion: EgoMotion) {
        self.tracker.set_ego_motion(at_ns, motion);
    }

    /// What was taken in and what was not, since the start.
    pub fn counters(&self) -> Counters {
        Counters {
            dropped_measurements: self.tracker.dropped_measurements(),
            implausible_tracks: self.tracker.implausible_tracks(),
            ..self.counters
        }
    }

    /// Overwrites one component of the state of one track, for whoever examines how fusion copes
    /// with a corrupt state; nothing else calls it. `track_index` counts the tracks of the newest
    /// [`Output`]. Returns whether there was such a track.
    ///
    /// A state that is not a number, or none that a vehicle can have, is published by no later
    /// output; the next scan ends the track, and a measurement may start another in its place. A
    /// state that is merely wrong is corrected by the measurements, or loses them and coasts.
    pub fn overwrite_state(
        &mut self,
        track_index: usize,
        component: Component,
        value: f64,
    ) -> bool {
        let id = self.output.tracks.get(track_index).map(|track| track.id);
        id.is_some_and(|id| self.tracker.overwrite(id, component, value))
    }

    /// Refuses what must not reach the tracker, before any work is done for it.
    fn admit(&mut self, sensor: Sensor, captured_ns: u64, now_ns: u64) -> Result<(), Rejection> {
        if captured_ns > now_ns {
            self.counters.from_the_future += 1;
            return Err(Rejection::FromTheFuture { captured_ns, now_ns });
        }
        match self.tracker.admits(sensor, captured_ns) {
            Ok(()) => Ok(()),
            Err(Refusal::Repeated) => {
                self.counters.repeated += 1;
                Err(Rejection::Repeated { captured_ns })
            }
            Err(Refusal::TooOld { horizon_ns }) => {
                self.counters.too_old += 1;
                Err(Rejection::TooOld { captured_ns, horizon_ns })
            }
        }
    }
}

#[cfg(test)]
mod tests;
