//! Tests of whole pictures.

use std::ops::Range;

use super::light::Tones;
use super::*;
use crate::plant::Way;
use crate::road::{Road, Section};
use crate::traffic::{Actor, Ego, Kind, Manoeuvre, Size, Start, Step};
use crate::weather::{Light, Weather};

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

/// Every kind of weather, by name, with the digest of its picture in
/// [`a_picture_is_the_same_on_every_machine`].
fn weathers() -> [(&'static str, Weather, u64); 8] {
    let day = Weather::default();
    let night = Weather { light: Light::Night, ..day };
    let all = Weather { visibility_m: Some(150.0), rain_mmph: 40.0, lens_dirt: 0.4, ..night };
    [
        ("day", day, 7_336_419_893_248_798_842),
        ("fog", Weather { visibility_m: Some(100.0), ..day }, 14_426_503_346_644_774_981),
        ("rain", Weather { rain_mmph: 20.0, ..day }, 18_229_726_531_106_607_315),
        ("low sun", Weather { light: Light::LowSun, ..day }, 217_171_060_540_178_496),
        ("night", night, 8_763_767_521_289_698_856),
        ("wet night", Weather { rain_mmph: 5.0, ..night }, 17_879_233_275_644_622_789),
        ("dirt", Weather { lens_dirt: 0.3, ..day }, 5_623_746_322_203_079_651),
        ("all at once", all, 10_767_828_504_272_866_476),
    ]
}

/// Every kind, coming and going, in this weather and in a bend.
fn everyone(weather: Weather) -> Traffic {
    let actor = |(index, kind): (usize, Kind)| {
        let step = index as f64;
        let speed_mps = if index.is_multiple_of(2) { 24.0 } else { -20.0 };
        Actor {
            id: format!("{kind:?}"),
            kind,
            start: Start { x_m: 9.0 + 8.0 * step, y_m: 3.5 - 2.0 * (step % 4.0), speed_mps },
            size: kind.size(),
            script: vec![Step {
                at_s: 0.0,
                manoeuvre: Manoeuvre::Speed { to_mps: 2.0, rate_mps2: 3.0 },
            }],
        }
    };
    let kinds = Kind::ALL.into_iter().chain(Kind::ALL).enumerate();
    Traffic {
        road: Road {
            sections: vec![Section { length_m: 300.0, curvature_per_m: 0.003 }],
            ..Road::default()
        },
        weather,
        ego: Ego { speed_mps: 25.0, brakes: None },
        actors: kinds.map(actor).collect(),
    }
}

/// Where this fails on one kind of machine only, pictures depend on the machine.
#[test]
fn a_picture_is_the_same_on_every_machine() {
    let places = [(12.0, 3.5), (20.0, -3.5), (40.0, 0.0), (90.0, 0.5)];
    assert_eq!(fnv(&picture(&places)), 15_971_797_380_329_912_098);
    let digests = weathers().map(|(name, weather, _)| {
        let mut renderer = Renderer::new(CameraModel::default(), &everyone(weather), 1);
        (name, fnv(&frame(&mut renderer, 12)))
    });
    assert_eq!(digests, weathers().map(|(name, _, digest)| (name, digest)));
}

#[test]
fn in_every_weather_a_fresh_renderer_draws_what_the_old_one_would_have() {
    for (name, weather, _) in weathers() {
        let fresh = || Renderer::new(CameraModel::default(), &everyone(weather), 1);
        let mut old = fresh();
        let run: Vec<_> = (0..5).map(|k| frame(&mut old, k)).collect();
        assert!(frame(&mut fresh(), 4) == run[4], "{name}");
        assert!(frame(&mut old, 2) == run[2], "{name}");
    }
}

/// The mean grey of a stretch of columns and rows, and the standard deviation around it.
fn patch(pixels: &[u8], columns: Range<usize>, rows: Range<usize>) -> (f64, f64) {
    let patch = || rows.clone().flat_map(|row| &pixels[row * 1920..][columns.clone()]);
    let n = patch().count() as f64;
    let mean = patch().map(|&grey| f64::from(grey)).sum::<f64>() / n;
    let square = |&grey: &u8| (f64::from(grey) - mean) * (f64::from(grey) - mean);
    (mean, (patch().map(square).sum::<f64>() / n).sqrt())
}

fn alone(kind: Kind, start: Start, weather: Weather) -> Traffic {
    let actor = Actor { id: "actor".into(), kind, start, size: kind.size(), script: Vec::new() };
    let ego = Ego { speed_mps: 25.0, brakes: None };
    Traffic { weather, ego, actors: vec![actor], ..Traffic::default() }
}

/// The picture of one actor at time zero.
fn portrait(kind: Kind, start: Start, weather: Weather) -> Vec<u8> {
    frame(&mut Renderer::new(CameraModel::default(), &alone(kind, start, weather), 1), 0)
}

#[test]
fn the_noise_of_each_light_is_the_stated_one() {
    for light in [Light::Day, Light::LowSun, Light::Night] {
        let weather = Weather { light, ..Weather::default() };
        let pixels = frame(&mut Renderer::new(CameraModel::default(), &everyone(weather), 1), 0);
        // Asphalt before the bumper, where nothing stands, row by row.
        for row in 1000..1080 {
            let (grey, sigma) = patch(&pixels, 930..990, row..row + 1);
            let stated = noise_sigma_grey(grey, Tones::of(light).gain);
            assert!((sigma / stated - 1.0).abs() < 0.5, "{light:?} {grey}: {sigma} for {stated}");
        }
        let (_, seen) = patch(&pixels, 900..1020, 1070..1072);
        assert!((1.5..5.0).contains(&seen), "{light:?}: {seen}");
    }
}

/// Koschmieder: at the visibility, 5 % of the contrast between a thing and the air is left.
#[test]
fn fog_leaves_a_twentieth_of_the_contrast_at_the_visibility() {
    let start = Start { x_m: 60.0, y_m: 0.0, speed_mps: 25.0 };
    let rear = |visibility_m| {
        let weather = Weather { visibility_m, ..Weather::default() };
        let pixels = portrait(Kind::Lorry, start, weather);
        // The doors of the lorry, and the fog above them.
        (patch(&pixels, 930..955, 500..530).0, patch(&pixels, 930..955, 440..445).0)
    };
    let (clear, _) = rear(None);
    let (thing, fog) = rear(Some(60.0));
    let share = (thing - fog) / (clear - fog);
    assert!((0.02..0.09).contains(&share), "{clear}, {thing} in {fog}");
}

#[test]
fn dirt_covers_its_share_of_the_picture() {
    for lens_dirt in [0.1, 0.4] {
        let pictures = [0.0, lens_dirt].map(|lens_dirt| {
            let weather = Weather { lens_dirt, ..Weather::default() };
            frame(&mut Renderer::new(CameraModel::default(), &no_one(weather), 3), 0)
        });
        let sky = &pictures[0][..1920 * 400];
        let dimmed = sky.iter().zip(&pictures[1]).filter(|(clean, dirty)| **clean > **dirty + 8);
        let share = dimmed.count() as f64 / sky.len() as f64;
        assert!((0.4 * lens_dirt..1.8 * lens_dirt).contains(&share), "{lens_dirt}: {share}");
    }
}

fn no_one(weather: Weather) -> Traffic {
    Traffic { actors: Vec::new(), ..everyone(weather) }
}

#[test]
fn a_road_that_bends_to_the_left_leads_there() {
    let mut traffic = no_one(Weather::default());
    traffic.road.sections[0].curvature_per_m = 1.0 / 150.0;
    let mut renderer = Renderer::new(CameraModel::default(), &traffic, 1);
    let pixels = frame(&mut renderer, 0);
    // 50 m ahead the middle of the lane is 150 − √(150² − 50²) m to the left.
    let model = CameraModel::default();
    let row = model.v(50.0, 0.0) as usize;
    let y_m = 150.0 - (150.0_f64 * 150.0 - 50.0 * 50.0).sqrt();
    let (lane, _) = patch(
        &pixels,
        model.u(50.0, y_m + 1.0) as usize..model.u(50.0, y_m - 1.0) as usize,
        row..row + 1,
    );
    let (beside, _) = patch(&pixels, 960 + 250..960 + 350, row..row + 1);
    assert!(lane > beside + 10.0, "{lane} beside {beside}");
}

#[test]
fn who_brakes_shows_it_and_who_comes_nearer_has_headlights() {
    let night = Weather { light: Light::Night, ..Weather::default() };
    let model = CameraModel::default();
    let lamps = |traffic: &Traffic| {
        let mut renderer = Renderer::new(model, traffic, 1);
        let mut pixels = vec![0; model.pixels()];
        renderer.render(0.5, Way::even(0.0).at(0.5), 15, &mut pixels);
        let around = |y_m: f64| {
            let column = model.u(20.0, y_m) as usize;
            patch(&pixels, column - 60..column + 60, 540..600).0
        };
        around(0.75) + around(-0.75)
    };
    let start = Start { x_m: 20.0, y_m: 0.0, speed_mps: 0.001 };
    let going = alone(Kind::Car, start, night);
    let mut braking = going.clone();
    braking.actors[0].start = Start { x_m: 20.0 - 10.0 * 0.5 + 1.0, y_m: 0.0, speed_mps: 10.0 };
    braking.actors[0].script =
        vec![Step { at_s: 0.0, manoeuvre: Manoeuvre::Speed { to_mps: 0.0, rate_mps2: 8.0 } }];
    let mut coming = going.clone();
    coming.actors[0].start.speed_mps = -0.001;
    let [going, braking, coming] = [going, braking, coming].map(|traffic| lamps(&traffic));
    assert!(going + 8.0 < braking, "{going}, {braking}");
    assert!(braking + 8.0 < coming, "{braking}, {coming}");
}

#[test]
fn a_person_who_walks_moves_their_legs() {
    let start = Start { x_m: 15.0, y_m: 0.0, speed_mps: 0.0 };
    let mut traffic = alone(Kind::Pedestrian, start, Weather::default());
    traffic.ego.speed_mps = 0.0;
    let walk = Manoeuvre::Walk { dy_m: 5.0, speed_mps: 1.4 };
    traffic.actors[0].script.push(Step { at_s: 0.0, manoeuvre: walk });
    let model = CameraModel::default();
    let mut renderer = Renderer::new(model, &traffic, 1);
    let widths: Vec<usize> = (0..20)
        .map(|step| {
            let t_s = f64::from(step) * 0.05;
            let mut pixels = vec![0; model.pixels()];
            renderer.render(t_s, Way::even(0.0).at(t_s), 0, &mut pixels);
            // At the height of the ankles.
            let row = model.v(15.0, 0.12) as usize;
            let middle = model.u(15.0, 1.4 * t_s) as usize;
            let dark = |column: &usize| pixels[row * 1920 + column] < 66;
            let columns: Vec<usize> = (middle - 80..middle + 80).filter(dark).collect();
            columns.last().unwrap() - columns[0]
        })
        .collect();
    let (least, most) = (widths.iter().min().unwrap(), widths.iter().max().unwrap());
    assert!(*least < 30 && *most > 50, "{widths:?}");
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
fn anyone_anywhere_in_any_weather_fits_every_picture() {
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
        for step in 0..400_usize {
            let x_m = step as f64 * 0.125 - 6.0;
            let mut traffic = traffic(&[-9.0, -0.925, 0.0, 1.5, 3.5].map(|y_m| (x_m, y_m)));
            (_, traffic.weather, _) = weathers()[step % 8];
            for (actor, kind) in
                traffic.actors.iter_mut().zip(Kind::ALL.into_iter().cycle().skip(step % 6))
            {
                actor.kind = kind;
                actor.size = kind.size();
                actor.start.speed_mps = if step.is_multiple_of(3) { -10.0 } else { 10.0 };
            }
            let mut renderer = Renderer::new(model, &traffic, 1);
            renderer.render(0.0, EgoState::default(), 0, &mut pixels);
        }
    }
}

/// The corner of the picture is 33° off the axis: cos⁴ is 0.58 there.
#[test]
fn the_picture_is_dimmer_towards_its_corners() {
    let pixels =
        frame(&mut Renderer::new(CameraModel::default(), &no_one(Weather::default()), 1), 0);
    let (corner, _) = patch(&pixels, 0..20, 0..20);
    let (middle, _) = patch(&pixels, 950..970, 0..20);
    // Along the upper edge the sky is as bright; cos⁴ in its middle is 0.86.
    assert!((corner / middle - 0.58 / 0.86).abs() < 0.03, "{corner} to {middle}");
}

#[test]
#[should_panic(expected = "the buffer holds one picture")]
fn a_buffer_of_another_size_is_refused() {
    renderer(&[], 1).render(0.0, EgoState::default(), 0, &mut [0; 100]);
}
