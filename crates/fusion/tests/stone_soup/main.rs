//! The tracker against Stone Soup on the same measurements: four cars before a radar, one brakes,
//! one changes lanes, one look in twenty is in vain.
//!
//! Runs `compare.py` beside this file with `$PYTHON`, else `python3`; without Stone Soup or another
//! module there it says so and compares nothing.
#![forbid(unsafe_code)]

use std::io::Write;
use std::process::{Command, Stdio};

use fusion::{CameraCalibration, Config, Detection, Fusion, Status};
use serde_json::{Value, json};

const PERIOD_NS: u64 = 50_000_000;
const SCANS: u64 = 200;
/// Scans in which nothing is confirmed yet.
const BEGINNING: usize = 10;

/// What the radar says of its noise: azimuth, range, range rate.
const SIGMAS: [f64; 3] = [0.008, 0.2, 0.1];
/// What fusion adds to it, because a reflection may come from anywhere on a car's rear: across and
/// along, m.
const REFLECTION_M: [f64; 2] = [0.35, 0.15];

/// GOSPA's cut-off, m; its order is 2.
const CUT_OFF_M: f64 = 5.0;

/// Where the cars are and how fast: (x, vx, y, vy).
fn truth(t_s: f64) -> [[f64; 4]; 4] {
    let brakes_s = (t_s - 4.0).clamp(0.0, 1.5);
    let after_s = (t_s - 5.5).max(0.0);
    let cuts = (t_s - 3.0).clamp(0.0, 2.75) / 2.75 * std::f64::consts::PI;
    [
        [50.0 - 2.0 * brakes_s * brakes_s - 6.0 * after_s, -4.0 * brakes_s, 0.0, 0.0],
        [18.0 + 0.5 * t_s, 0.5, -7.0 + 1.75 * (1.0 - cuts.cos()), 2.0 * cuts.sin()],
        [80.0 - 5.0 * t_s, -5.0, 7.0, 0.0],
        [60.0, 0.0, 14.0, 0.0],
    ]
}

/// Even numbers in [0, 1) from one seed.
struct Draws(u64);

impl Draws {
    fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The sum of twelve even numbers is as good as normal within 3 σ.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.even()).sum::<f64>() - 6.0
    }
}

/// The measurements of one scan: value and standard deviation of azimuth, range and range rate.
fn scan(t_s: f64, draws: &mut Draws) -> Vec<[[f64; 3]; 2]> {
    let mut measurements = Vec::new();
    for [x, vx, y, vy] in truth(t_s) {
        let range = x.hypot(y);
        let sigma =
            [SIGMAS[0].hypot(REFLECTION_M[0] / range), SIGMAS[1].hypot(REFLECTION_M[1]), SIGMAS[2]];
        let values = [y.atan2(x), range, (x * vx + y * vy) / range];
        let noisy = [0, 1, 2].map(|index| values[index] + sigma[index] * draws.normal());
        if draws.even() < 0.95 {
            measurements.push([noisy, sigma]);
        }
    }
    measurements
}

/// The places of fusion's confirmed tracks after each scan.
fn track(scans: &[(u64, Vec<[[f64; 3]; 2]>)]) -> Vec<Vec<[f64; 2]>> {
    let mut fusion = Fusion::new(Config::new(CameraCalibration {
        width_px: 1920,
        height_px: 1080,
        focal_px: 1968.0,
        centre_x_px: 960.0,
        centre_y_px: 540.0,
        mount_height_m: 1.3,
    }));
    let detection = |[values, _]: &[[f64; 3]; 2]| Detection {
        range_m: values[1] as f32,
        azimuth_rad: values[0] as f32,
        range_rate_mps: values[2] as f32,
        rcs_dbsm: 10.0,
        range_sigma_m: SIGMAS[1] as f32,
        azimuth_sigma_rad: SIGMAS[0] as f32,
        range_rate_sigma_mps: SIGMAS[2] as f32,
        existence_percent: 99,
    };
    let places = |(at_ns, measurements): &(u64, Vec<_>)| {
        let list: Vec<Detection> = measurements.iter().map(detection).collect();
        let output = fusion.on_radar(*at_ns, *at_ns, &list).expect("a sound list");
        let confirmed = output.tracks.iter().filter(|track| track.status == Status::Confirmed);
        confirmed.map(|track| [f64::from(track.x_m), f64::from(track.y_m)]).collect()
    };
    scans.iter().map(places).collect()
}

#[expect(clippy::disallowed_methods, reason = "no node of ours: a script that ends by itself")]
fn python_of(python: &str) -> Command {
    Command::new(python)
}

/// The same by Stone Soup; `None` where there is none.
fn reference(scans: &[(u64, Vec<[[f64; 3]; 2]>)]) -> Option<Vec<Vec<[f64; 2]>>> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let mut script = python_of(&python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stone_soup/compare.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let text = |(at_ns, measurements): &(u64, Vec<[[f64; 3]; 2]>)| {
        let all: Vec<Value> =
            measurements.iter().map(|[z, sigma]| json!({ "z": z, "sigma": sigma })).collect();
        json!({ "t_s": *at_ns as f64 * 1e-9, "measurements": all })
    };
    let input = json!({ "scans": scans.iter().map(text).collect::<Vec<_>>() }).to_string();
    let sent = script.stdin.take().expect("it is piped").write_all(input.as_bytes());
    let output = script.wait_with_output().expect("it was started");
    let complaint = String::from_utf8_lossy(&output.stderr);
    if complaint.contains("No module named") {
        return None;
    }
    sent.expect("it reads all of it");
    assert!(output.status.success(), "{complaint}");
    Some(serde_json::from_slice(&output.stdout).expect("places"))
}

/// (RMSE of what is tracked, mean GOSPA): pairs are found greedily, which is the best assignment for
/// cars that are farther apart than the cut-off.
fn errors(places: &[Vec<[f64; 2]>]) -> (f64, f64) {
    let (mut squares, mut pairs, mut gospa) = (0.0, 0.0, 0.0);
    for (index, places) in places.iter().enumerate().skip(BEGINNING) {
        let truth = truth((index + 1) as f64 * PERIOD_NS as f64 * 1e-9);
        let (mut found, mut sum) = (0, 0.0);
        for car in truth {
            let apart = places.iter().map(|[x, y]| (x - car[0]).powi(2) + (y - car[2]).powi(2));
            let nearest = apart.fold(f64::INFINITY, f64::min);
            if nearest < CUT_OFF_M * CUT_OFF_M {
                found += 1;
                sum += nearest;
            }
        }
        squares += sum;
        pairs += f64::from(found);
        let unpaired = truth.len() + places.len() - 2 * found as usize;
        gospa += (sum + unpaired as f64 * CUT_OFF_M * CUT_OFF_M / 2.0).sqrt();
    }
    ((squares / pairs).sqrt(), gospa / (places.len() - BEGINNING) as f64)
}

#[test]
fn the_tracker_is_as_good_as_the_reference() {
    for seed in 1..=2 {
        let mut draws = Draws(seed);
        let times = (1..=SCANS).map(|k| k * PERIOD_NS);
        let scans: Vec<_> =
            times.map(|at_ns| (at_ns, scan(at_ns as f64 * 1e-9, &mut draws))).collect();
        let (rmse_m, gospa_m) = errors(&track(&scans));
        assert!(rmse_m < 0.4 && gospa_m < 1.0, "RMSE {rmse_m:.3} m, GOSPA {gospa_m:.3} m");
        let Some(reference) = reference(&scans) else {
            // Past the test harness, which would swallow it.
            let said = writeln!(
                std::io::stderr(),
                "SKIPPED the comparison with Stone Soup: it is not installed (pip install stonesoup)"
            );
            return said.expect("somebody reads the errors");
        };
        let (their_rmse_m, their_gospa_m) = errors(&reference);
        writeln!(
            std::io::stderr(),
            "seed {seed}: RMSE {rmse_m:.3} m, GOSPA {gospa_m:.3} m; Stone Soup: {their_rmse_m:.3} m, \
             {their_gospa_m:.3} m"
        )
        .expect("somebody reads the errors");
        assert!(rmse_m <= 1.2 * their_rmse_m && gospa_m <= 1.2 * their_gospa_m);
    }
}
