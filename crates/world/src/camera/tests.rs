//! Tests of whole pictures.

use super::*;
use crate::plant::Way;
use crate::traffic::{Actor, Ego, Kind, Size, Start};

/// An ego at 25 m/s and standing cars at these x and y.
fn traffic(places: &[(f64, f64)]) -> Traffic {
    let actor = |&(x_m, y_m): &(f64, f64)| Actor {
        id: "car".into(),
        kind: Kind::Car,
        start: Start { x_m, y_m, speed_mps: 0.0 },
        size: Size::CAR,
        script: Vec::new(),
    };
    Traffic {
        ego: Ego { speed_mps: 25.0, brakes: None },
        actors: places.iter().map(actor).collect(),
        ..Traffic::default()
    }
}

fn renderer(places: &[(f64, f64)], seed: u64) -> Renderer {
    Renderer::new(CameraModel::default(), &traffic(places), seed)
}

/// Frame k at 30 frames a second.
fn frame(renderer: &mut Renderer, k: u32) -> Vec<u8> {
    let mut pixels = vec![0; renderer.model.pixels()];
    let t_s = f64::from(k) / 30.0;
    renderer.render(t_s, Way::even(25.0).at(t_s), u64::from(k), &mut pixels);
    pixels
}

fn picture(places: &[(f64, f64)]) -> Vec<u8> {
    frame(&mut renderer(places, 1), 0)
}

/// Fowler-Noll-Vo, 64 bit, variant 1a.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn a_fresh_renderer_draws_what_the_old_one_would_have() {
    let places = [(30.0, 0.0), (60.0, 3.5)];
    let mut old = renderer(&places, 1);
    let run: Vec<_> = (0..8).map(|k| frame(&mut old, k)).collect();
    let mut fresh = renderer(&places, 1);
    assert!(frame(&mut fresh, 7) == run[7]);
    assert!(frame(&mut fresh, 2) == run[2]);
}

#[test]
fn frames_times_and_seeds_each_make_another_picture() {
    let mut one = renderer(&[], 1);
    let mut draw = |t_s, frame| {
        let mut pixels = vec![0; one.model.pixels()];
        one.render(t_s, Way::even(25.0).at(t_s), frame, &mut pixels);
        fnv(&pixels)
    };
    let mut pictures =
        vec![draw(0.0, 0), draw(0.0, 1), draw(0.1, 0), fnv(&frame(&mut renderer(&[], 2), 0))];
    pictures.sort_unstable();
    pictures.dedup();
    assert_eq!(pictures.len(), 4);
}

#[test]
fn every_byte_is_written() {
    let mut renderer = renderer(&[(20.0, 1.0)], 1);
    let [over_black, over_white] = [0, 255].map(|before| {
        let mut pixels = vec![before; renderer.model.pixels()];
        renderer.render(0.0, EgoState::default(), 0, &mut pixels);
        pixels
    });
    assert!(over_black == over_white);
}

/// Where this fails on one kind of machine only, pictures depend on the machine.
#[test]
fn a_picture_is_the_same_on_every_machine() {
    let places = [(12.0, 3.5), (20.0, -3.5), (40.0, 0.0), (90.0, 0.5)];
    assert_eq!(fnv(&picture(&places)), 15_971_797_380_329_912_098);
}

/// The first and the one-past-last column of the dark stretch around a column; dark is below
/// half the asphalt's grey.
fn dark_run(row: &[u8], column: usize) -> (usize, usize) {
    let dark = |grey: &u8| *grey < 46;
    let left = row[..column].iter().rev().take_while(|grey| dark(grey)).count();
    let right = row[column..].iter().take_while(|grey| dark(grey)).count();
    (column - left, column + right)
}

/// A detector that knows the calibration alone can tell range, place and width by the shadow
/// under the vehicle.
#[test]
fn the_shadow_tells_where_a_vehicle_stands() {
    let model = CameraModel::default();
    let places = [(6.0, 0.5), (12.0, 0.0), (20.0, 3.5), (30.0, -0.8), (60.0, -3.5), (100.0, 0.0)];
    for (seed, (x_m, y_m)) in (0..).zip(places) {
        let pixels = frame(&mut renderer(&[(x_m, y_m)], seed), 0);
        let rows: Vec<_> = pixels.chunks(model.width_px as usize).collect();
        let middle = model.u(x_m, y_m) as usize;
        let bottom = rows.iter().rposition(|row| row[middle] < 46).unwrap();
        let ground = model.v(x_m, 0.0);
        assert!((bottom as f64 + 1.0 - ground).abs() <= 1.0, "{x_m} m: row {bottom}");

        let (left, right) = dark_run(rows[bottom], middle);
        let half_m = Size::CAR.width_m / 2.0;
        for (seen, edge_m) in [(left, y_m + half_m), (right, y_m - half_m)] {
            let expected = model.u(x_m, edge_m);
            assert!((seen as f64 - expected).abs() <= 2.0, "{x_m} m: {seen} for {expected}");
        }
    }
}

#[test]
fn a_vehicle_in_the_next_lane_shows_its_inner_side() {
    for (y_m, side_m) in [(3.5, 3.5 - 0.925), (-3.5, -3.5 + 0.925)] {
        let model = CameraModel::default();
        let [with, without] = [&[(15.0, y_m)][..], &[]].map(picture);
        // A place on the middle of the side, 1.9 m ahead of the rear, 0.7 m high.
        let pixel = model.v(16.9, 0.7) as usize * 1920 + model.u(16.9, side_m) as usize;
        assert!(with[pixel].abs_diff(without[pixel]) > 15, "at {y_m} m");
    }
}

#[test]
fn whoever_is_hidden_or_out_of_sight_changes_nothing() {
    let alone = picture(&[(12.0, 0.0)]);
    for other in [(60.0, 0.0), (-20.0, 0.0), (10.0, 30.0), (-4.5, 3.5)] {
        assert!(alone == picture(&[(12.0, 0.0), other]), "{other:?}");
    }
    assert!(alone != picture(&[(12.0, 0.0), (60.0, 3.5)]));
}

#[test]
fn vehicles_anywhere_fit_every_picture() {
    for (centre_y_px, mount_height_m) in [(45.0, 1.3), (44.5, 2.6), (-20.0, 0.2)] {
        let model = CameraModel {
            width_px: 161,
            height_px: 90,
            focal_px: 164.0,
            centre_x_px: 80.0,
            centre_y_px,
            mount_height_m,
        };
        let mut pixels = vec![0; model.pixels()];
        for step in 0..200_u32 {
            let x_m = f64::from(step) * 0.25 - 6.0;
            let places = [-9.0, -0.925, 0.0, 1.5, 3.5].map(|y_m| (x_m, y_m));
            Renderer::new(model, &traffic(&places), 1).render(
                0.0,
                EgoState::default(),
                0,
                &mut pixels,
            );
        }
    }
}

#[test]
#[should_panic(expected = "the buffer holds one picture")]
fn a_buffer_of_another_size_is_refused() {
    renderer(&[], 1).render(0.0, EgoState::default(), 0, &mut [0; 100]);
}
