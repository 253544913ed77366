//! Tests of the detector on pictures made for them.

use world::traffic::{Actor, Ego, Kind, Size, Start, Traffic};
use world::{CameraModel, Renderer, Way};

use super::*;

const LORRY: Size = Size { length_m: 12.0, width_m: 2.5, height_m: 3.5 };

fn calibration() -> CameraCalibration {
    let model = CameraModel::default();
    CameraCalibration {
        width_px: model.width_px,
        height_px: model.height_px,
        focal_px: model.focal_px,
        centre_x_px: model.centre_x_px,
        centre_y_px: model.centre_y_px,
        mount_height_m: model.mount_height_m,
    }
}

/// What is found in a rendered frame with vehicles of these sizes at these places (x, y).
fn detected(vehicles: &[(Size, f64, f64)], seed: u64) -> Vec<Measurement> {
    let actor = |&(size, x_m, y_m): &(Size, f64, f64)| Actor {
        id: format!("{x_m}, {y_m}"),
        kind: if size.height_m > 3.0 { Kind::Lorry } else { Kind::Car },
        start: Start { x_m, y_m, speed_mps: 25.0 },
        size,
        script: vec![],
    };
    let ego = Ego { speed_mps: 25.0, brakes: None };
    let actors = vehicles.iter().map(actor).collect();
    let traffic = Traffic { ego, actors, ..Traffic::default() };
    let mut pixels = vec![0; calibration().frame_bytes()];
    let state = Way::even(25.0).at(0.0);
    Renderer::new(CameraModel::default(), &traffic, seed).render(0.0, state, seed, &mut pixels);
    let mut found = Vec::new();
    Detector::new(calibration()).detect(&pixels, &mut found);
    found
}

/// Whether a measurement is of a vehicle at this place, within 3 σ or the raster of the image.
fn is_at(measurement: &Measurement, x_m: f64, y_m: f64) -> bool {
    let range_m = x_m.hypot(y_m);
    let azimuth_rad = y_m.atan2(x_m);
    (measurement.range_m - range_m).abs() <= 3.0 * measurement.range_sigma_m
        && (measurement.azimuth_rad - azimuth_rad).abs() <= 3.0 * measurement.azimuth_sigma_rad
}

/// Precision and recall are both 1 here: 264 frames with one vehicle each.
#[test]
fn a_vehicle_between_10_and_90_m_is_found_once_at_its_place_and_nothing_else() {
    for size in [Size::CAR, LORRY] {
        for seed in 0..3 {
            for y_m in [-3.5, -1.75, 0.0, 3.5] {
                for x_m in [10.0, 13.0, 15.0, 17.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 90.0] {
                    let found = detected(&[(size, x_m, y_m)], seed);
                    assert_eq!(found.len(), 1, "{size:?} at {x_m}, {y_m}: {found:?}");
                    assert!(is_at(&found[0], x_m, y_m), "{x_m}, {y_m}: {found:?}");
                }
            }
        }
    }
}

#[test]
fn an_empty_road_is_empty() {
    for seed in 0..10 {
        assert_eq!(detected(&[], seed), []);
    }
}

#[test]
fn every_vehicle_of_a_full_road_is_found() {
    let places = [(15.0, 3.5), (18.0, -3.5), (25.0, 0.0), (45.0, 3.5), (55.0, -3.5)];
    for seed in 0..6 {
        let found = detected(&places.map(|(x_m, y_m)| (Size::CAR, x_m, y_m)), seed);
        assert_eq!(found.len(), places.len(), "{found:?}");
        for (x_m, y_m) in places {
            assert!(found.iter().any(|found| is_at(found, x_m, y_m)), "{x_m}, {y_m}: {found:?}");
        }
    }
}

#[test]
fn a_vehicle_behind_a_vehicle_is_not_imagined() {
    let found = detected(&[(LORRY, 20.0, 0.0), (Size::CAR, 45.0, 0.0)], 1);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_picture_of_anything_is_survived() {
    let pixels = calibration().frame_bytes();
    let noise = |index: usize| (index.wrapping_mul(2_654_435_761) >> 7) as u8;
    let mut found = Vec::new();
    for image in [
        vec![0; pixels],
        vec![255; pixels],
        (0..pixels).map(noise).collect(),
        (0..pixels).map(|index| if index / 1920 % 8 < 4 { 255 } else { 0 }).collect(),
    ] {
        Detector::new(calibration()).detect(&image, &mut found);
        assert_eq!(found, []);
    }
}

#[test]
fn a_calibration_that_makes_no_sense_finds_nothing() {
    for focal_px in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
        for (width_px, height_px) in [(0, 0), (1, 1), (3, 9), (8, 8), (64, 64)] {
            for centre_y_px in [32.0, -1e9, f64::NAN] {
                let camera = CameraCalibration {
                    width_px,
                    height_px,
                    focal_px,
                    centre_y_px,
                    ..calibration()
                };
                let mut found = Vec::new();
                for grey in [0, 100] {
                    Detector::new(camera).detect(&vec![grey; camera.frame_bytes()], &mut found);
                    assert_eq!(found, []);
                }
            }
        }
    }
}
