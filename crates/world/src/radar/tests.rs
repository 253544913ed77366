//! What the radar sees, by count and by moment.

use super::*;
use crate::plant::Way;
use crate::road::{Road, Section};
use crate::traffic::{Actor, Ego, Kind, Start};
use crate::weather::Weather;

const CYCLES: u32 = 4000;
const EGO_MPS: f64 = 25.0;

fn traffic(kind: Kind, starts: &[(f64, f64)]) -> Traffic {
    let actor = |&(x_m, y_m): &(f64, f64)| Actor {
        id: "actor".into(),
        kind,
        start: Start { x_m, y_m, speed_mps: 20.0 },
        size: kind.size(),
        script: Vec::new(),
    };
    Traffic {
        ego: Ego { speed_mps: EGO_MPS, brakes: None },
        actors: starts.iter().map(actor).collect(),
        ..Traffic::default()
    }
}

/// The strongest points alone.
fn points() -> RadarModel {
    RadarModel { resolved_within_m: 0.0, ..actors_alone() }
}

fn actors_alone() -> RadarModel {
    RadarModel { clutter_per_cycle: 0.0, rail: None, ..RadarModel::default() }
}

/// Nothing is weak.
fn strong(model: RadarModel) -> RadarModel {
    RadarModel { snr_1m2_100m_db: 120.0, ..model }
}

/// All detections of all cycles at time zero.
fn measure_in(model: RadarModel, traffic: &Traffic) -> Vec<Detection> {
    let sensor = RadarSensor::new(model, traffic, 11);
    let mut cycle_out = Vec::new();
    let mut all = Vec::new();
    for cycle in 0..CYCLES {
        let ego = Way::even(traffic.ego.speed_mps).at(0.0);
        sensor.measure(0.0, ego, cycle, &mut cycle_out);
        all.extend_from_slice(&cycle_out);
    }
    all
}

fn measure(model: RadarModel, starts: &[(f64, f64)]) -> Vec<Detection> {
    measure_in(model, &traffic(Kind::Car, starts))
}

/// Mean and standard deviation of a sample, within four standard errors of a normal one.
fn check(name: &str, sample: impl Iterator<Item = f64>, mean: f64, sigma: f64) {
    let sample: Vec<f64> = sample.collect();
    let n = sample.len() as f64;
    let seen_mean = sample.iter().sum::<f64>() / n;
    let seen_sigma =
        (sample.iter().map(|x| (x - seen_mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    assert!((seen_mean - mean).abs() < 4.0 * sigma / n.sqrt(), "{name}: mean {seen_mean}");
    let sigma_error = 4.0 * sigma / (2.0 * n).sqrt();
    assert!((seen_sigma - sigma).abs() < sigma_error, "{name}: sigma {seen_sigma}");
}

/// A count of events of this probability each, within four standard errors.
fn check_count(name: &str, seen: usize, probability: f64) {
    let cycles = f64::from(CYCLES);
    let sigma = (probability * (1.0 - probability) * cycles).sqrt();
    let expected = probability * cycles;
    assert!((seen as f64 - expected).abs() <= 4.0 * sigma, "{name}: {seen} for {expected}");
}

#[test]
fn a_strong_echo_scatters_around_the_truth_as_the_model_states() {
    // 3-4-5: 5·10 m away, closing at 5 m/s along x.
    let seen = measure(strong(points()), &[(40.0, 30.0)]);
    check("range", seen.iter().map(|d| d.range_m.into()), 50.0, 0.2);
    let azimuth_sigma = 0.5_f64.to_radians() / 0.8;
    check("azimuth", seen.iter().map(|d| d.azimuth_rad.into()), 0.75_f64.atan(), azimuth_sigma);
    check("range rate", seen.iter().map(|d| d.range_rate_mps.into()), -5.0 * 0.8, 0.1);
    // Exponential: the mean is the standard deviation.
    let power = seen.iter().map(|d| 10_f64.powf(f64::from(d.rcs_dbsm) / 10.0));
    let mean = power.sum::<f64>() / f64::from(CYCLES);
    assert!((mean - 10.0).abs() < 4.0 * 10.0 / f64::from(CYCLES).sqrt(), "{mean} m²");
}

#[test]
fn each_detection_states_its_own_noise() {
    for (x_m, y_m) in [(20.0, 0.0), (150.0, 0.0), (60.0, 30.0), (200.0, -10.0_f64)] {
        let seen = measure(points(), &[(x_m, y_m)]);
        let (range, azimuth) = (x_m.hypot(y_m), y_m.atan2(x_m));
        let rate = -5.0 * azimuth.cos();
        let in_sigmas =
            |truth: f64, seen: f32, sigma: f32| (f64::from(seen) - truth) / f64::from(sigma);
        check("range", seen.iter().map(|d| in_sigmas(range, d.range_m, d.range_sigma_m)), 0.0, 1.0);
        check(
            "azimuth",
            seen.iter().map(|d| in_sigmas(azimuth, d.azimuth_rad, d.azimuth_sigma_rad)),
            0.0,
            1.0,
        );
        check(
            "range rate",
            seen.iter().map(|d| in_sigmas(rate, d.range_rate_mps, d.range_rate_sigma_mps)),
            0.0,
            1.0,
        );
    }
    let mean_sigma = |x_m| {
        let seen = measure(points(), &[(x_m, 0.0)]);
        seen.iter().map(|d| d.range_sigma_m).sum::<f32>() / seen.len() as f32
    };
    assert!((0.2..0.21).contains(&mean_sigma(30.0)) && mean_sigma(150.0) > 0.25);
}

#[test]
fn actors_are_detected_as_often_as_the_radar_equation_says() {
    // kind, range, mean cross-section
    for (kind, rcs_dbsm) in
        [(Kind::Car, 10.0), (Kind::Lorry, 20.0), (Kind::Motorcycle, 3.0), (Kind::Pedestrian, -8.0)]
    {
        for range_m in [20.0, 50.0, 80.0, 120.0, 200.0, 249.0] {
            let seen = measure_in(points(), &traffic(kind, &[(range_m, 0.0)]));
            let snr_db = 15.0 + rcs_dbsm - 40.0 * (range_m / 100.0).log10();
            let probability = 1e-6_f64.powf(1.0 / (1.0 + 10_f64.powf(snr_db / 10.0)));
            check_count(&format!("{kind:?} at {range_m} m"), seen.len(), probability);
        }
    }
    for nowhere in [(-5.0, 0.0), (251.0, 0.0), (100.0, 30.0), (10.0, 11.0)] {
        assert_eq!(measure(strong(points()), &[nowhere]), [], "{nowhere:?}");
    }
}

#[test]
fn what_is_near_large_or_seen_from_the_side_has_more_points() {
    let per_cycle = |kind, x_m, y_m| {
        let seen = measure_in(actors_alone(), &traffic(kind, &[(x_m, y_m)]));
        seen.len() as f64 / f64::from(CYCLES)
    };
    let car = [15.0, 40.0, 100.0].map(|x_m| per_cycle(Kind::Car, x_m, 0.0));
    assert!(car[0] > car[1] + 0.5 && car[1] > car[2] + 0.5 && car[2] < 1.0, "{car:?}");
    assert!(per_cycle(Kind::Car, 15.0, 3.5) > car[0] + 0.5);
    assert!(per_cycle(Kind::Lorry, 15.0, 0.0) > car[0] + 1.0);
    let pedestrian = per_cycle(Kind::Pedestrian, 15.0, 0.0);
    assert!((1.0..2.0).contains(&pedestrian), "{pedestrian}");
}

#[test]
fn the_points_of_an_actor_lie_on_it() {
    for (kind, y_m) in [(Kind::Car, -3.5), (Kind::Lorry, 3.5), (Kind::Motorcycle, 1.0)] {
        let size = kind.size();
        for detection in measure_in(strong(actors_alone()), &traffic(kind, &[(20.0, y_m)])) {
            let (sin, cos) = f64::from(detection.azimuth_rad).sin_cos();
            let range_m = f64::from(detection.range_m);
            // Six sigma of range and azimuth.
            assert!((-1.3..size.length_m + 1.3).contains(&(range_m * cos - 20.0)), "{kind:?}");
            let slack_m = range_m * 6.0 * 0.5_f64.to_radians();
            assert!((range_m * sin - y_m).abs() < size.width_m / 2.0 + slack_m, "{kind:?}");
        }
    }
}

#[test]
fn limbs_of_a_pedestrian_swing() {
    let mut walker = traffic(Kind::Pedestrian, &[(15.0, 0.0)]);
    walker.actors[0].start.speed_mps = 2.0;
    let seen = measure_in(strong(points()), &walker);
    let sigma = (0.1_f64 * 0.1 + 0.2 * 0.2).sqrt();
    check("trunk", seen.iter().map(|d| d.range_rate_mps.into()), 2.0 - EGO_MPS, sigma);
    let both = measure_in(strong(actors_alone()), &walker);
    let spread = |seen: &[Detection]| {
        let square = |d: &Detection| (f64::from(d.range_rate_mps) - 2.0 + EGO_MPS).powi(2);
        (seen.iter().map(square).sum::<f64>() / seen.len() as f64).sqrt()
    };
    assert!(spread(&both) > 3.0 * spread(&seen), "{} and {}", spread(&both), spread(&seen));
}

#[test]
fn clutter_stands_still_in_the_field_of_view() {
    let seen = measure(strong(RadarModel { clutter_per_cycle: 4.0, ..points() }), &[]);
    let expected = 4.0 * f64::from(CYCLES);
    assert!((seen.len() as f64 - expected).abs() < 4.0 * expected.sqrt(), "{}", seen.len());
    for detection in &seen {
        let azimuth_rad = f64::from(detection.azimuth_rad);
        let moving_mps = f64::from(detection.range_rate_mps) + EGO_MPS * azimuth_rad.cos();
        // Six sigma of the range rate, and of the azimuth at 45°.
        assert!(moving_mps.abs() < 0.6 + 6.0 * EGO_MPS * 0.0125);
        assert!((0.0..252.0).contains(&detection.range_m) && azimuth_rad.abs() < 0.87);
    }
}

#[test]
fn clutter_is_less_certain_than_vehicles() {
    let mean = |seen: Vec<Detection>| {
        seen.iter().map(|d| f64::from(d.existence)).sum::<f64>() / seen.len() as f64
    };
    let vehicles = mean(measure(points(), &[(60.0, 0.0)]));
    let clutter = mean(measure(RadarModel { clutter_per_cycle: 4.0, ..points() }, &[]));
    assert!(vehicles > clutter + 10.0, "{vehicles} and {clutter}");
}

#[test]
fn a_guard_rail_stands_beside_the_road_and_follows_its_bends() {
    let rail = Some(Rail { gap_m: 1.0, echoes_per_cycle: 3.0, ghost_probability: 0.0 });
    let model = RadarModel { rail, azimuth_sigma_rad: 1e-6, ..strong(points()) };
    for curvature_per_m in [1e-9, 0.004] {
        let sections = vec![Section { length_m: 500.0, curvature_per_m }];
        let road = Road { sections, ..Road::default() };
        let seen = measure_in(model, &Traffic { road, ..traffic(Kind::Car, &[]) });
        assert!(seen.len() > CYCLES as usize);
        for detection in seen {
            let (sin, cos) = f64::from(detection.azimuth_rad).sin_cos();
            let (x_m, y_m) =
                (f64::from(detection.range_m) * cos, f64::from(detection.range_m) * sin);
            // Half the road's lane, the lane to the left, and the gap.
            let radius_m = 1.0 / curvature_per_m;
            let across_m = radius_m - x_m.hypot(radius_m - y_m);
            assert!((across_m - 6.25).abs() < 1.3, "{across_m} m at {x_m} m");
            assert!((f64::from(detection.range_rate_mps) + EGO_MPS * cos).abs() < 0.6);
        }
    }
}

#[test]
fn a_ghost_is_the_mirror_image_in_the_rail() {
    let rail = Some(Rail { gap_m: 1.0, echoes_per_cycle: 0.0, ghost_probability: 0.3 });
    let model = RadarModel { rail, ..strong(points()) };
    let (x_m, y_m) = (30.0, -3.5);
    let seen = measure(model, &[(x_m, y_m)]);
    let (ghosts, real): (Vec<Detection>, Vec<Detection>) =
        seen.into_iter().partition(|d| d.azimuth_rad > 0.2);
    check_count("ghosts", ghosts.len(), 0.3);
    assert_eq!(real.len(), CYCLES as usize);
    let image_m = 2.0 * 6.25 - y_m;
    check("range", ghosts.iter().map(|d| d.range_m.into()), x_m.hypot(image_m), 0.2);
    let azimuth = image_m.atan2(x_m);
    let sigma = 0.5_f64.to_radians() / azimuth.cos();
    check("azimuth", ghosts.iter().map(|d| d.azimuth_rad.into()), azimuth, sigma);
    check("rate", ghosts.iter().map(|d| d.range_rate_mps.into()), -5.0 * azimuth.cos(), 0.1);
    let weaker = |seen: &[Detection]| {
        seen.iter().map(|d| f64::from(d.rcs_dbsm)).sum::<f64>() / seen.len() as f64
    };
    assert!((weaker(&real) - weaker(&ghosts) - 20.0).abs() < 1.5);
    assert_eq!(measure(model, &[(30.0, 8.0)]).len(), CYCLES as usize, "beyond the rail");
}

#[test]
fn a_range_rate_beyond_the_span_is_told_a_span_off() {
    let fast =
        RadarModel { range_rate_min_mps: -3.0, range_rate_span_mps: 20.0, ..strong(points()) };
    let seen = measure(fast, &[(40.0, 0.0)]);
    check("range rate", seen.iter().map(|d| d.range_rate_mps.into()), 15.0, 0.1);
    let span = RadarModel::default();
    assert!((span.range_rate_min_mps + span.range_rate_span_mps - 200.0 / 3.6).abs() < 1e-9);
}

#[test]
fn who_stands_behind_another_is_seen_less_often() {
    let far = |starts: &[(f64, f64)]| {
        measure(points(), starts).iter().filter(|d| d.range_m > 85.0).count()
    };
    let snr = 10_f64.powf((25.0 - 40.0 * 0.9_f64.log10() - 15.0) / 10.0);
    check_count("hidden", far(&[(40.0, 0.0), (90.0, 0.0)]), 1e-6_f64.powf(1.0 / (1.0 + snr)));
    assert_eq!(far(&[(90.0, 0.0), (40.0, 3.5)]), far(&[(90.0, 0.0)]), "beside");
}

#[test]
fn rain_and_fog_take_what_the_itu_says() {
    let echo = Echo::new([100.0, 0.0], [0.0; 2], 10.0);
    let snr = |weather| Receiver::new(RadarModel::default(), &weather).snr_db(&echo).unwrap();
    let clear = snr(Weather::default());
    assert!((clear - 25.0).abs() < 1e-9);
    // 50 mm/h: 18.8 dB/km (ITU-R P.838-3); fog of 50 m: 0.32 g/m³, 1.4 dB/km.
    let rain = clear - snr(Weather { rain_mmph: 50.0, ..Weather::default() });
    assert!((rain - 3.75).abs() < 0.02, "{rain}");
    let fog = clear - snr(Weather { visibility_m: Some(50.0), ..Weather::default() });
    assert!((fog - 0.29).abs() < 0.02, "{fog}");
}

#[test]
fn a_full_list_keeps_the_nearest() {
    let starts: Vec<_> = (0..45).map(|lane| (200.0 - 4.0 * f64::from(lane), 0.0)).collect();
    // So strong that the last of them is seen behind all others.
    let seen = measure(RadarModel { snr_1m2_100m_db: 1000.0, ..points() }, &starts);
    assert_eq!(seen.len(), CYCLES as usize * MAX_DETECTIONS);
    assert!(seen.iter().all(|d| d.range_m < 182.0 + 2.0));
    assert!(seen[..MAX_DETECTIONS].is_sorted_by(|a, b| a.range_m <= b.range_m));
}

#[test]
fn a_fresh_sensor_measures_what_the_old_one_would_have() {
    let traffic = traffic(Kind::Car, &[(50.0, 0.0), (80.0, 3.5)]);
    let measure = |sensor: &RadarSensor, cycle: u32| {
        let mut out = Vec::new();
        let t_s = f64::from(cycle) * 0.05;
        sensor.measure(t_s, Way::even(EGO_MPS).at(t_s), cycle, &mut out);
        out
    };
    let old = RadarSensor::new(RadarModel::default(), &traffic, 1);
    let runs: Vec<_> = (0..10).map(|cycle| measure(&old, cycle)).collect();
    let fresh = RadarSensor::new(RadarModel::default(), &traffic, 1);
    assert_eq!(measure(&fresh, 9), runs[9]);
    assert_ne!(runs[8], runs[9]);
    let other = RadarSensor::new(RadarModel::default(), &traffic, 2);
    assert_ne!(measure(&other, 9), runs[9]);
}

#[test]
fn an_actor_is_seen_the_same_whoever_else_is_there() {
    let starts = [(50.0, 0.0), (30.0, 3.5), (20.0, -3.5)];
    let alone = measure(actors_alone(), &starts[..1]);
    let among_others = measure(actors_alone(), &starts);
    let mut others = among_others.iter();
    assert!(alone.iter().all(|detection| others.any(|other| other == detection)));
}
