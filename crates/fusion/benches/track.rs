//! How long one update of the tracker takes: a radar list of 20 cars, from detections to an output
//! with the braking decision.

use criterion::{Criterion, criterion_group, criterion_main};
use fusion::{CameraCalibration, Config, Detection, EgoMotion, Fusion};

const CARS: u32 = 20;
const PERIOD_NS: u64 = 50_000_000;

fn fusion() -> Fusion {
    let mut fusion = Fusion::new(Config::new(CameraCalibration {
        width_px: 1920,
        height_px: 1080,
        focal_px: 1968.0,
        centre_x_px: 960.0,
        centre_y_px: 540.0,
        mount_height_m: 1.3,
    }));
    fusion.set_ego_motion(0, EgoMotion { speed_mps: 25.0, yaw_rate_radps: 0.01 });
    fusion
}

/// Three lanes of cars, 12 m apart, as fast as the ego.
fn list() -> Vec<Detection> {
    let car = |index: u32| {
        let (x_m, y_m) = (15.0 + 12.0 * (index / 3) as f32, 3.5 * (index % 3) as f32 - 3.5);
        Detection {
            range_m: x_m.hypot(y_m),
            azimuth_rad: y_m.atan2(x_m),
            range_rate_mps: 0.0,
            rcs_dbsm: 10.0,
            range_sigma_m: 0.2,
            azimuth_sigma_rad: 0.008,
            range_rate_sigma_mps: 0.1,
            existence_percent: 99,
        }
    };
    (0..CARS).map(car).collect()
}

/// Takes `lists` in, one every period, so late; returns the number of the next one.
fn drive(fusion: &mut Fusion, list: &[Detection], from: u64, lists: u64) -> u64 {
    for cycle in from..from + lists {
        let captured_ns = cycle * PERIOD_NS;
        let output = fusion.on_radar(captured_ns, captured_ns + 3_000_000, list);
        assert!(output.is_ok_and(|output| cycle < 40 || output.tracks.len() == CARS as usize));
    }
    from + lists
}

fn track(criterion: &mut Criterion) {
    let list = list();
    criterion.bench_function("track: 20 cars, one list", |bencher| {
        let mut fusion = fusion();
        let mut cycle = drive(&mut fusion, &list, 1, 100);
        bencher.iter(|| cycle = drive(&mut fusion, &list, cycle, 1));
    });
    criterion.bench_function("track: 20 cars, one output without a sample", |bencher| {
        let mut fusion = fusion();
        let mut now_ns = drive(&mut fusion, &list, 1, 100) * PERIOD_NS;
        bencher.iter(|| {
            now_ns += 1;
            fusion.output_at(now_ns).brake
        });
    });
    criterion.bench_function("track: 20 cars, a list that is 300 ms late", |bencher| {
        let mut fusion = fusion();
        let mut cycle = drive(&mut fusion, &list, 1, 100);
        bencher.iter(|| {
            cycle = drive(&mut fusion, &list, cycle, 1);
            let captured_ns = cycle * PERIOD_NS - 300_000_001;
            fusion.on_radar(captured_ns, cycle * PERIOD_NS, &list).is_ok()
        });
    });
}

criterion_group!(benches, track);
criterion_main!(benches);
