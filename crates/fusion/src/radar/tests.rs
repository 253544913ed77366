//! Clusters, what is refused, and what may start a track.

use super::*;

const CAR: Detection = Detection {
    range_m: 40.0,
    azimuth_rad: 0.0,
    range_rate_mps: -5.0,
    rcs_dbsm: 10.0,
    range_sigma_m: 0.2,
    azimuth_sigma_rad: 0.008,
    range_rate_sigma_mps: 0.1,
    existence_percent: 99,
};

/// The ego drives straight on.
fn straight_on(speed_mps: f64) -> EgoMotion {
    EgoMotion { speed_mps, yaw_rate_radps: 0.0 }
}

fn measured(detections: &[Detection], ego: Option<EgoMotion>) -> (Vec<Measurement>, RadarTally) {
    let mut measurements = Vec::new();
    let mut front = RadarFrontEnd::new(60.0);
    front.lists = FIRST_LISTS;
    let tally = front.measure(detections, ego, &mut measurements);
    (measurements, tally)
}

#[test]
fn nothing_in_nothing_out() {
    assert_eq!(measured(&[], None), (Vec::new(), RadarTally::default()));
}

#[test]
fn the_points_of_one_car_are_one_measurement_of_its_rear() {
    let points = [
        Detection { azimuth_rad: 0.01, ..CAR },
        Detection { azimuth_rad: -0.01, ..CAR },
        Detection { range_m: 42.0, ..CAR },
        Detection { range_m: 44.0, ..CAR },
    ];
    let (measurements, _) = measured(&points, None);
    assert_eq!(measurements.len(), 1);
    assert!((measurements[0].range_m - 40.0).abs() < 0.01);
    assert!(measurements[0].azimuth_rad.abs() < 1e-6);
}

#[test]
fn neighbours_stay_apart() {
    let others = [
        Detection { azimuth_rad: 3.5 / 40.0, ..CAR },
        Detection { range_m: 50.0, ..CAR },
        Detection { range_rate_mps: -8.0, ..CAR },
    ];
    for other in others {
        assert_eq!(measured(&[CAR, other], None).0.len(), 2, "{other:?}");
    }
}

#[test]
fn what_is_no_measurement_is_counted_and_dropped() {
    let nonsense = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0e9];
    for value in nonsense {
        let invalid = [
            Detection { range_m: value, ..CAR },
            Detection { azimuth_rad: value, ..CAR },
            Detection { range_rate_mps: value, ..CAR },
            Detection { range_sigma_m: value, ..CAR },
            Detection { azimuth_sigma_rad: value, ..CAR },
            Detection { range_rate_sigma_mps: value, ..CAR },
        ];
        assert_eq!(measured(&invalid, None), (vec![], RadarTally { invalid: 6, truncated: 0 }));
    }
    let (measurements, tally) = measured(&[CAR; MAX_DETECTIONS + 3], None);
    assert_eq!((measurements.len(), tally.truncated), (1, 3));
}

#[test]
fn a_guard_rail_starts_no_track_but_a_stopped_car_does() {
    let road = Detection { range_rate_mps: -25.0, ..CAR };
    let rail = Detection { azimuth_rad: 0.15, ..road };
    let near = Detection { range_m: 3.0, ..road };
    let starts = |detection| measured(&[detection], Some(straight_on(25.0))).0[0].starts_track;
    assert!(starts(road) && !starts(rail) && !starts(near));
    assert!(starts(Detection { range_rate_mps: -5.0, ..rail }), "it moves");
    assert!(measured(&[rail], None).0[0].starts_track, "the ego speed is unknown");
}

#[test]
fn who_begins_to_look_believes_what_stands_near() {
    let mut front = RadarFrontEnd::new(60.0);
    let near = Detection { range_m: 5.0, range_rate_mps: -3.0, ..CAR };
    let mut measurements = Vec::new();
    let mut starts = || {
        front.measure(&[near], Some(straight_on(3.0)), &mut measurements);
        measurements[0].starts_track
    };
    let looks: Vec<bool> = (0..FIRST_LISTS + 2).map(|_| starts()).collect();
    assert!(looks[0] && !looks[looks.len() - 1], "{looks:?}");
}

#[test]
fn a_weak_echo_supports_a_track_but_starts_none() {
    for (existence_percent, expected) in [(10, vec![]), (40, vec![false]), (80, vec![true])] {
        let (measurements, _) = measured(&[Detection { existence_percent, ..CAR }], None);
        let starts: Vec<bool> = measurements.iter().map(|found| found.starts_track).collect();
        assert_eq!(starts, expected, "{existence_percent}");
    }
}

#[test]
fn a_guard_rail_in_a_bend_is_not_in_the_way_and_a_stopped_car_is() {
    let road = Detection { range_rate_mps: -25.0, range_m: 60.0, ..CAR };
    // To the left with a radius of 300 m: after 60 m the path is 6 m to the left.
    let bend = Some(EgoMotion { speed_mps: 25.0, yaw_rate_radps: 25.0 / 300.0 });
    let ahead = Detection { azimuth_rad: 0.1, ..road };
    for (detection, on_straight, in_bend) in [(road, true, false), (ahead, false, true)] {
        let starts = |ego| measured(&[detection], ego).0[0].starts_track;
        assert_eq!((starts(Some(straight_on(25.0))), starts(bend)), (on_straight, in_bend));
    }
}

#[test]
fn a_range_rate_a_span_off_the_standing_world_is_unfolded() {
    // -25 m/s modulo 60 m/s is 35 m/s.
    let folded = Detection { range_rate_mps: 35.0, ..CAR };
    let rate = |detection, ego| measured(&[detection], ego).0[0].range_rate.unwrap().mps;
    for (detection, ego, expected) in [
        (folded, Some(straight_on(25.0)), -25.0),
        (folded, Some(straight_on(20.0)), 35.0),
        (folded, None, 35.0),
        (CAR, Some(straight_on(25.0)), -5.0),
    ] {
        assert!((rate(detection, ego) - expected).abs() < 1e-3, "{detection:?} {ego:?}");
    }
}

/// A point at a place that drives along x at this speed against the ego.
fn at(x_m: f32, y_m: f32, vx_mps: f32, rcs_dbsm: f32) -> Detection {
    let range_m = x_m.hypot(y_m);
    let azimuth_rad = y_m.atan2(x_m);
    Detection { range_m, azimuth_rad, range_rate_mps: vx_mps * x_m / range_m, rcs_dbsm, ..CAR }
}

/// Which of the detections starts a track, by its place along the beam.
fn starting(detections: &[Detection]) -> Vec<f64> {
    let (measurements, _) = measured(detections, Some(straight_on(25.0)));
    measurements.iter().filter(|it| it.starts_track).map(|it| it.range_m.round()).collect()
}

#[test]
fn a_mirror_image_in_a_guard_rail_starts_no_track() {
    // The rail is 6.25 m to the left: what drives at -3.5 m is mirrored at 16 m.
    let car = at(30.0, -3.5, -5.0, 10.0);
    let image = at(30.0, 16.0, -5.0, -8.0);
    let posts = [at(12.0, 6.25, -25.0, -5.0), at(40.0, 6.25, -25.0, -5.0)];
    assert_eq!(starting(&[car, image, posts[0], posts[1]]), [30.0]);
    assert_eq!(starting(&[car, image, posts[0]]), [30.0, 34.0], "one post is no rail");
    let beside = at(30.0, 3.5, -5.0, -8.0);
    assert_eq!(starting(&[car, beside, posts[0], posts[1]]), [30.0, 30.0], "no image");
    let other = at(30.0, 16.0, 2.0, -8.0);
    assert_eq!(starting(&[car, other, posts[0], posts[1]]), [30.0, 34.0], "on its own way");
    let stronger = at(30.0, 16.0, -5.0, 12.0);
    assert_eq!(starting(&[car, stronger, posts[0], posts[1]]), [30.0, 34.0], "no echo of it");
}

#[test]
fn the_axles_of_a_lorry_start_no_track_of_their_own() {
    let rear = at(20.0, 3.5, -5.0, 20.0);
    let axles = [at(26.0, 2.3, -5.0, 5.0), at(30.8, 2.3, -5.0, 5.0)];
    assert_eq!(starting(&[rear, axles[0], axles[1]]), [20.0]);
    assert_eq!(starting(&[rear, at(38.0, 3.5, -5.0, 10.0)]), [20.0, 38.0], "the next one");
    assert_eq!(starting(&[rear, at(26.0, 0.0, -5.0, 10.0)]), [20.0, 26.0], "in the next lane");
}

#[test]
fn trunk_and_limbs_of_a_person_are_one() {
    let trunk = at(30.0, 0.0, -23.5, -8.0);
    let limb = at(30.2, 0.1, -22.0, -12.0);
    let (measurements, _) = measured(&[trunk, limb], Some(straight_on(25.0)));
    assert_eq!(measurements.len(), 1);
    assert!((measurements[0].range_rate.unwrap().sigma_mps - 0.4).abs() < 1e-9);
}

/// Truth minus what is measured of one object of this kind, over many cycles of the simulated radar:
/// along the beam, across it, and the same in standard deviations.
fn errors(kind: world::Kind, x_m: f64, y_m: f64) -> Vec<[f64; 4]> {
    use world::{Actor, Ego, RadarModel, RadarSensor, Start, Traffic, Way};
    let start = Start { x_m, y_m, speed_mps: 15.0 };
    let actor = Actor { id: "it".into(), kind, start, size: kind.size(), script: Vec::new() };
    let ego = Ego { speed_mps: 20.0, brakes: None };
    let traffic = Traffic { ego, actors: vec![actor], ..Traffic::default() };
    let sensor = RadarSensor::new(RadarModel::default(), &traffic, 3);
    let mut front = RadarFrontEnd::new(600.0 / 3.6);
    let (mut seen, mut measurements, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let (range_m, azimuth_rad) = (x_m.hypot(y_m), y_m.atan2(x_m));
    for cycle in 0..1500 {
        sensor.measure(0.0, Way::even(20.0).at(0.0), cycle, &mut seen);
        let list: Vec<Detection> = seen.iter().map(converted).collect();
        front.measure(&list, Some(straight_on(20.0)), &mut measurements);
        let off = measurements.iter().filter(|it| it.starts_track).map(|it| {
            let (along_m, across_rad) = (it.range_m - range_m, it.azimuth_rad - azimuth_rad);
            let sigmas = [along_m / it.range_sigma_m, across_rad / it.azimuth_sigma_rad];
            [along_m, across_rad * range_m, sigmas[0], sigmas[1]]
        });
        let nearest = off.min_by(|a, b| a[0].hypot(a[1]).total_cmp(&b[0].hypot(b[1])));
        errors.extend(nearest.filter(|error| error[0].hypot(error[1]) < 5.0));
    }
    errors
}

fn converted(detection: &world::Detection) -> Detection {
    Detection {
        range_m: detection.range_m,
        azimuth_rad: detection.azimuth_rad,
        range_rate_mps: detection.range_rate_mps,
        rcs_dbsm: detection.rcs_dbsm,
        range_sigma_m: detection.range_sigma_m,
        azimuth_sigma_rad: detection.azimuth_sigma_rad,
        range_rate_sigma_mps: detection.range_rate_sigma_mps,
        existence_percent: detection.existence,
    }
}

#[test]
fn the_rear_is_measured_without_bias_and_as_well_as_stated() {
    use world::Kind;
    for kind in [Kind::Car, Kind::Van, Kind::Lorry, Kind::Motorcycle, Kind::Pedestrian] {
        for (x_m, y_m) in [(10.0, 0.0), (30.0, 0.0), (20.0, 3.5), (45.0, -3.5), (80.0, 3.5)] {
            let errors = errors(kind, x_m, y_m);
            let n = errors.len() as f64;
            let mean = |of: fn(&[f64; 4]) -> f64| errors.iter().map(of).sum::<f64>() / n;
            let sigmas = [mean(|error| error[2].powi(2)), mean(|error| error[3].powi(2))];
            let place = format!("{kind:?} at {x_m}, {y_m}: {n} times");
            // A person's limbs are behind the face.
            let slack_m = if kind == Kind::Pedestrian { 0.1 } else { 0.05 };
            let error_m = |variance: f64| slack_m + 4.0 * (variance / n).sqrt();
            let (along_m, across_m) = (mean(|error| error[0]), mean(|error| error[1]));
            assert!(along_m.abs() < error_m(mean(|it| it[0].powi(2))), "{place}: {along_m} m");
            assert!(across_m.abs() < error_m(mean(|it| it[1].powi(2))), "{place}: {across_m} m");
            assert!(
                sigmas.iter().all(|&squared| squared < 1.45_f64.powi(2)),
                "{place}: {sigmas:?}"
            );
        }
    }
}
