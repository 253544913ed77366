//! The whole of fusion on rendered frames and simulated radar: a car cuts in, sensors fail, the
//! track stays.

#[path = "common/wiring.rs"]
mod wiring;

use std::collections::BTreeSet;
use std::ops::Range;

use fusion::{Config, Detection, EgoMotion, Fusion, Mode, Output, Status};
use wiring::{calibration, off_the_wire, on_the_wire};
use world::traffic::{Actor, Ego, Kind, Manoeuvre, Size, Start, Step, Traffic};
use world::{CameraModel, Motion, RadarModel, RadarSensor, Renderer, Way};

const CAMERA_PERIOD_NS: u64 = 33_333_333;
const RADAR_PERIOD_NS: u64 = 50_000_000;
const CAMERA_LATENCY_NS: u64 = 45_000_000;
const RADAR_LATENCY_NS: u64 = 60_000_000;
const END_NS: u64 = 8_000_000_000;
const EGO_MPS: f64 = 25.0;

/// From 40 m ahead in the right lane into the ego's at 2 m/s sideways, 3 to 5.75 s; and one who
/// stays ahead on the left.
fn cut_in() -> Traffic {
    let actor = |id: &str, x_m, y_m, speed_mps, script| Actor {
        id: id.into(),
        kind: Kind::Car,
        start: Start { x_m, y_m, speed_mps },
        size: Size::CAR,
        script,
    };
    let change = Manoeuvre::LaneChange { dy_m: 3.5, peak_lateral_mps: 2.0 };
    Traffic {
        ego: Ego { speed_mps: EGO_MPS, brakes: None },
        actors: vec![
            actor("cutter", 40.0, -3.5, 23.0, vec![Step { at_s: 3.0, manoeuvre: change }]),
            actor("neighbour", 55.0, 3.5, 25.0, vec![]),
        ],
        ..Traffic::default()
    }
}

/// What goes wrong, in measurement time.
#[derive(Clone)]
struct Faults {
    no_camera: Range<u64>,
    no_radar: Range<u64>,
    /// Radar messages of this time arrive so much later, and out of order with the camera.
    late_radar: (Range<u64>, u64),
}

const NOTHING: Faults = Faults { no_camera: 0..0, no_radar: 0..0, late_radar: (0..0, 0) };

/// What came of one run.
#[derive(Debug, Default)]
struct Outcome {
    cutter_ids: BTreeSet<u32>,
    neighbour_ids: BTreeSet<u32>,
    /// Outputs after the first second in which the cutter has no confirmed track.
    cutter_missing: usize,
    /// Confirmed tracks of nothing, over all outputs.
    ghosts: usize,
    outputs: usize,
    position_rmse_m: f64,
    worst_m: f64,
    velocity_rmse_mps: f64,
    modes: Vec<Mode>,
}

/// (arrival, measurement, sequence) of one sensor.
fn schedule(period_ns: u64, arrival: impl Fn(u64) -> Option<u64>) -> Vec<(u64, u64, u64)> {
    let times =
        (1..).map(|k| (k * period_ns, k)).take_while(|&(captured_ns, _)| captured_ns < END_NS);
    times.filter_map(|(captured_ns, k)| Some((arrival(captured_ns)?, captured_ns, k))).collect()
}

fn run(faults: &Faults, seed: u64) -> Outcome {
    let traffic = cut_in();
    let model = CameraModel::default();
    let camera = calibration(&model);
    let mut renderer = Renderer::new(model, &traffic, seed);
    let radar = RadarSensor::new(RadarModel::default(), &traffic, seed);
    let motion = Motion::new(&traffic);
    let way = Way::even(EGO_MPS);
    let mut fusion = Fusion::new(Config::new(camera));
    fusion.set_ego_motion(0, EgoMotion { speed_mps: EGO_MPS, yaw_rate_radps: 0.0 });

    let frames = schedule(CAMERA_PERIOD_NS, |captured_ns| {
        (!faults.no_camera.contains(&captured_ns)).then_some(captured_ns + CAMERA_LATENCY_NS)
    });
    let messages = schedule(RADAR_PERIOD_NS, |captured_ns| {
        let late_ns =
            if faults.late_radar.0.contains(&captured_ns) { faults.late_radar.1 } else { 0 };
        (!faults.no_radar.contains(&captured_ns))
            .then_some(captured_ns + RADAR_LATENCY_NS + late_ns)
    });
    let mut events: Vec<_> = frames.into_iter().map(|event| (event, true)).collect();
    events.extend(messages.into_iter().map(|event| (event, false)));
    events.sort_unstable();

    let mut pixels = vec![0; camera.frame_bytes()];
    let mut detections = Vec::new();
    let mut outcome = Outcome::default();
    for ((now_ns, captured_ns, sequence), is_frame) in events {
        let captured_s = captured_ns as f64 * 1e-9;
        let output = if is_frame {
            renderer.render(captured_s, way.at(captured_s), sequence, &mut pixels);
            fusion.on_frame(captured_ns, now_ns, &pixels)
        } else {
            radar.measure(captured_s, way.at(captured_s), sequence as u32, &mut detections);
            let detections: Vec<Detection> =
                detections.iter().map(|seen| off_the_wire(&on_the_wire(seen))).collect();
            fusion.on_radar(captured_ns, now_ns, &detections)
        };
        outcome.note(output.expect("sound data are taken in"), &motion, now_ns);
    }
    outcome.position_rmse_m = (outcome.position_rmse_m / outcome.outputs as f64).sqrt();
    outcome.velocity_rmse_mps = (outcome.velocity_rmse_mps / outcome.outputs as f64).sqrt();
    outcome
}

impl Outcome {
    fn note(&mut self, output: &Output, motion: &Motion, now_ns: u64) {
        if self.modes.last() != Some(&output.mode) {
            self.modes.push(output.mode);
        }
        if now_ns < 1_000_000_000 {
            return;
        }
        self.outputs += 1;
        let now_s = now_ns as f64 * 1e-9;
        let truth: Vec<_> = motion.at(now_s, Way::even(EGO_MPS).at(now_s)).collect();
        let mut missing = true;
        for track in output.tracks.iter().filter(|track| track.status == Status::Confirmed) {
            let apart = |index: usize| {
                let (dx, dy) = (
                    truth[index].x_m - f64::from(track.x_m),
                    truth[index].y_m - f64::from(track.y_m),
                );
                dx.hypot(dy)
            };
            if apart(0) < 5.0 && apart(0) < apart(1) {
                missing = false;
                self.cutter_ids.insert(track.id);
                self.position_rmse_m += apart(0).powi(2);
                self.worst_m = self.worst_m.max(apart(0));
                let dvx = truth[0].vx_mps - f64::from(track.vx_mps);
                let dvy = truth[0].vy_mps - f64::from(track.vy_mps);
                self.velocity_rmse_mps += dvx * dvx + dvy * dvy;
            } else if apart(1) < 5.0 {
                self.neighbour_ids.insert(track.id);
            } else {
                self.ghosts += 1;
            }
        }
        self.cutter_missing += usize::from(missing);
    }
}

/// Runs with several seeds; no fault may cost the track its id, nor make a track of nothing.
fn check(faults: &Faults, rmse_limit_m: f64, worst_limit_m: f64, modes: &[Mode]) {
    for seed in 0..4 {
        let outcome = run(faults, seed);
        let sound = outcome.cutter_ids.len() == 1
            && outcome.neighbour_ids.len() == 1
            && outcome.cutter_missing == 0
            && outcome.ghosts == 0;
        assert!(sound, "seed {seed}: {outcome:?}");
        assert_eq!(outcome.modes, modes, "seed {seed}");
        assert!(outcome.position_rmse_m <= rmse_limit_m, "seed {seed}: {outcome:?}");
        assert!(outcome.worst_m <= worst_limit_m, "seed {seed}: {outcome:?}");
        assert!(outcome.velocity_rmse_mps <= 0.4, "seed {seed}: {outcome:?}");
    }
}

/// From the middle of the cut-in, so many milliseconds.
fn outage(ms: u64) -> Range<u64> {
    3_500_000_000..3_500_000_000 + ms * 1_000_000
}

#[test]
fn a_cut_in_is_followed() {
    check(&NOTHING, 0.05, 0.15, &[Mode::CameraOnly, Mode::Fused]);
}

#[test]
fn the_track_outlives_a_camera_outage_of_any_length_up_to_two_seconds() {
    let modes = [Mode::CameraOnly, Mode::Fused, Mode::RadarOnly, Mode::Fused];
    for ms in [200, 500, 1000, 2000] {
        check(&Faults { no_camera: outage(ms), ..NOTHING }, 0.15, 0.8, &modes);
    }
}

#[test]
fn the_track_outlives_a_radar_outage() {
    let modes = [Mode::CameraOnly, Mode::Fused, Mode::CameraOnly, Mode::Fused];
    check(&Faults { no_radar: outage(2000), ..NOTHING }, 0.08, 0.25, &modes);
}

#[test]
fn the_track_outlives_the_loss_of_both_sensors() {
    // Nothing arrives while both are out, so that blindness itself is in no output.
    let modes = [Mode::CameraOnly, Mode::Fused, Mode::RadarOnly, Mode::Fused];
    for (ms, worst_limit_m) in [(500, 0.6), (2000, 2.0)] {
        let faults = Faults { no_camera: outage(ms), no_radar: outage(ms), ..NOTHING };
        check(&faults, 0.2, worst_limit_m, &modes);
    }
}

#[test]
fn late_radar_messages_are_put_into_their_place() {
    let modes = [Mode::CameraOnly, Mode::Fused, Mode::CameraOnly, Mode::Fused];
    for late_ns in [120_000_000, 400_000_000] {
        check(&Faults { late_radar: (outage(2500), late_ns), ..NOTHING }, 0.08, 0.3, &modes);
    }
}
