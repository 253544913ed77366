//! Sound data raise no doubt in any scenario; what a fault does to pictures and lists is seen.
#![forbid(unsafe_code)]

mod drive;
#[path = "../common/wiring.rs"]
mod wiring;

use drive::{Drive, OnList, RADAR_PERIOD_NS, Told};
use fault::{objects, picture};
use fusion::plausibility::{Doubt, PictureMonitor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::path::{Path, PathBuf};
use world::traffic::{Actor, Ego, Kind, Manoeuvre, Size, Start, Step, Traffic};
use world::{CameraModel, Light, RadarModel, RadarSensor, Renderer, Way, Weather};

/// The plan of each traffic that a scenario drives through, the longest of it.
fn scenarios() -> Vec<scenario::Plan> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let files = ["", "must-fail"].into_iter().flat_map(|folder| {
        let entries = std::fs::read_dir(root.join(folder)).expect("the scenarios");
        entries.map(|entry| entry.expect("a readable folder").path())
    });
    let is_scenario = |file: &PathBuf| file.extension().is_some_and(|kind| kind == "toml");
    let mut plans: Vec<scenario::Plan> = Vec::new();
    for file in files.filter(is_scenario) {
        let plan = scenario::load(&file).expect("a sound scenario").plan;
        match plans.iter_mut().find(|other| other.traffic == plan.traffic) {
            Some(other) if other.duration_ns >= plan.duration_ns => {}
            Some(other) => *other = plan,
            None => plans.push(plan),
        }
    }
    plans
}

/// Euro NCAP's tests, as a scenario names them.
fn presets() -> Vec<scenario::Plan> {
    let speeds = |from: u32, to: u32| (from..=to).step_by(10);
    let child = |kph| format!("ncap-cpnco = {{ ego-kph = {kph}, impact-percent = 50 }}");
    let brakes = [("m = 12", 2), ("m = 12", 6), ("m = 40", 2), ("m = 40", 6), ("s = 1", 4)];
    let braking = |(headway, decel): (&str, u32)| {
        format!("ncap-ccrb = {{ headway-{headway}, decel-mps2 = {decel} }}")
    };
    let names = speeds(10, 80)
        .map(|kph| format!("ncap-ccrs = {{ ego-kph = {kph} }}"))
        .chain(speeds(30, 80).map(|kph| format!("ncap-ccrm = {{ ego-kph = {kph} }}")))
        .chain(brakes.map(braking))
        .chain(speeds(10, 60).map(child));
    let plan = |preset: String| {
        let head = "schema = 1\nduration-s = 12";
        let text = format!("{head}\nname = \"preset\"\npreset = {{ {preset} }}\n");
        scenario::parse("preset", &text).expect("a preset is a scenario")
    };
    names.map(plan).collect()
}

/// No sample of the drive may be doubted.
fn check_sound(name: &str, traffic: &Traffic, end_ns: u64, seeds: &[u64]) {
    for &seed in seeds {
        let told = Drive { traffic, seed, end_ns, fault: None }.run();
        assert_eq!(told, [], "{name} with seed {seed}");
    }
}

#[test]
fn sound_data_raise_no_doubt_in_any_scenario() {
    let plans = scenarios();
    assert!(plans.len() >= 4, "{}", plans.len());
    for plan in &plans {
        check_sound(&plan.name, &plan.traffic, plan.duration_ns, &[plan.seed, 1, 2, 1001, 1003]);
    }
}

#[test]
fn sound_data_raise_no_doubt_in_the_tests_of_euro_ncap() {
    for plan in presets() {
        check_sound(
            &format!("{:?}", plan.traffic),
            &plan.traffic,
            plan.duration_ns,
            &[plan.seed, 1, 2, 3, 4],
        );
    }
}

#[test]
fn sound_data_raise_no_doubt_in_a_crowd_nor_behind_a_car_that_brakes_hard() {
    let mut hard = traffic();
    let brake = Manoeuvre::Speed { to_mps: 0.0, rate_mps2: 8.0 };
    let change = Manoeuvre::LaneChange { dy_m: -3.5, peak_lateral_mps: 3.0 };
    hard.actors[0].script.push(Step { at_s: 1.5, manoeuvre: brake });
    hard.actors[1].script.push(Step { at_s: 2.0, manoeuvre: change });
    check_sound("hard", &hard, 3_500_000_000, &[1, 9, 15]);
    let in_crowd = |index: usize| {
        let speed_mps = 19.0 + (index % 4) as f64;
        let y_m = [-3.5, 0.0, 3.5][index % 3];
        actor("one of many", Start { x_m: 15.0 + 11.0 * index as f64, y_m, speed_mps })
    };
    let crowd = Traffic { actors: (0..10).map(in_crowd).collect(), ..hard };
    check_sound("crowd", &crowd, 5_000_000_000, &[1, 7, 15]);
}

fn actor(id: &str, start: Start) -> Actor {
    Actor { id: id.into(), kind: Kind::Car, start, size: Size::CAR, script: Vec::new() }
}

/// A car ahead in the ego's lane and one on the left.
fn traffic() -> Traffic {
    Traffic {
        ego: Ego { speed_mps: 20.0, brakes: None },
        actors: vec![
            actor("lead", Start { x_m: 35.0, y_m: 0.0, speed_mps: 19.0 }),
            actor("left", Start { x_m: 45.0, y_m: 3.5, speed_mps: 21.0 }),
        ],
        ..Traffic::default()
    }
}

#[test]
fn sound_pictures_raise_no_doubt_in_any_weather() {
    let day = Weather::default();
    let lights = [Light::Day, Light::LowSun, Light::Night];
    let airs = [(None, 0.0), (Some(200.0), 0.0), (Some(80.0), 0.0), (None, 10.0), (None, 50.0)];
    let weathers = lights.into_iter().flat_map(|light| {
        airs.map(|(visibility_m, rain_mmph)| Weather { light, visibility_m, rain_mmph, ..day })
    });
    let dirty = [0.1, 0.3].map(|lens_dirt| Weather { lens_dirt, ..day });
    for weather in weathers.chain(dirty) {
        assert_eq!(doubts(weather), [], "{weather:?}");
    }
}

/// The doubts of six pictures of a drive.
fn doubts(weather: Weather) -> Vec<Doubt> {
    let traffic = Traffic { weather, ..traffic() };
    let mut renderer = Renderer::new(CameraModel::default(), &traffic, 1);
    let mut monitor = PictureMonitor::new(WIDTH_PX);
    let mut pixels = vec![0; CameraModel::default().pixels()];
    let way = Way::even(20.0);
    let times = (0..6).map(|frame| (frame, frame as f64 / 30.0));
    let check = |(frame, t_s): (u64, f64)| {
        renderer.render(t_s, way.at(t_s), frame, &mut pixels);
        monitor.check(&pixels)
    };
    times.filter_map(check).collect()
}

const WIDTH_PX: usize = 1920;

/// One operator on a picture; the draw is the same for every frame.
type OnPicture = fn(&mut [u8], &mut ChaCha8Rng);

#[test]
fn what_befalls_a_picture_is_seen_in_its_second_frame() {
    let operators: [(OnPicture, Doubt); 14] = [
        (|pixels, _| picture::black(pixels), Doubt::Dark),
        (|pixels, _| picture::white(pixels), Doubt::Bright),
        (|pixels, draw| picture::noise(pixels, WIDTH_PX, 7.0, draw), Doubt::Noisy),
        (|pixels, draw| picture::noise(pixels, WIDTH_PX, 20.0, draw), Doubt::Noisy),
        (|pixels, _| picture::blur(pixels, WIDTH_PX, 3), Doubt::Blurred),
        (|pixels, _| picture::blur(pixels, WIDTH_PX, 11), Doubt::Blurred),
        (|pixels, draw| picture::occlude(pixels, WIDTH_PX, 0.05, draw), Doubt::Occluded),
        (|pixels, draw| picture::occlude(pixels, WIDTH_PX, 0.4, draw), Doubt::Occluded),
        (|pixels, draw| picture::occlude(pixels, WIDTH_PX, 1.0, draw), Doubt::Dark),
        (|pixels, draw| picture::drops(pixels, WIDTH_PX, 10, draw), Doubt::Occluded),
        (|pixels, draw| picture::drops(pixels, WIDTH_PX, 40, draw), Doubt::Occluded),
        (|pixels, _| picture::stuck_rows(pixels, WIDTH_PX, 500, 10), Doubt::StuckRows),
        (|pixels, _| picture::stuck_rows(pixels, WIDTH_PX, 900, 200), Doubt::StuckRows),
        (|pixels, _| pixels.fill(128), Doubt::Uniform),
    ];
    for seed in 0..3 {
        let mut renderer = Renderer::new(CameraModel::default(), &traffic(), seed);
        let mut pixels = vec![0; CameraModel::default().pixels()];
        let frames = 8;
        let live: Vec<Vec<u8>> = (0..frames)
            .map(|frame| {
                let t_s = frame as f64 / 30.0;
                renderer.render(t_s, Way::even(20.0).at(t_s), frame, &mut pixels);
                pixels.clone()
            })
            .collect();
        for (index, (operator, expected)) in operators.iter().enumerate() {
            let mut monitor = PictureMonitor::new(WIDTH_PX);
            for (frame, live) in live.iter().enumerate() {
                let doubt = if frame < 4 {
                    monitor.check(live)
                } else {
                    pixels.copy_from_slice(live);
                    operator(&mut pixels, &mut ChaCha8Rng::seed_from_u64(seed));
                    monitor.check(&pixels)
                };
                let told = (frame >= 5).then_some(*expected);
                assert_eq!(doubt, told, "operator {index}, seed {seed}, frame {frame}");
            }
        }
        let mut monitor = PictureMonitor::new(WIDTH_PX);
        let frozen = [0, 1, 1, 1, 1, 2, 3].map(|frame| monitor.check(&live[frame]));
        let stuck = Some(Doubt::StuckPicture);
        assert_eq!(frozen, [None, None, None, stuck, stuck, None, None], "seed {seed}");
        let mut monitor = PictureMonitor::new(WIDTH_PX);
        assert_eq!(live.iter().find_map(|live| monitor.check(live)), None);
    }
}

/// What befalls each list, the doubt that it must raise first, and in which of its lists at last.
type Case<'a> = (&'a str, OnList<'a>, Doubt, u64);

#[test]
fn what_befalls_a_list_is_seen() {
    let beside = objects::Place { range_m: 25.0, azimuth_rad: -0.15, range_rate_mps: 0.0 };
    let ahead = objects::Place { range_m: 20.0, azimuth_rad: 0.0, range_rate_mps: 0.0 };
    let seen = RadarSensor::new(RadarModel::default(), &traffic(), 5);
    let mut stuck = Vec::new();
    seen.measure(2.0, Way::even(20.0).at(2.0), 40, &mut stuck);
    let stuck: Vec<_> = stuck.iter().map(wiring::on_the_wire).collect();
    let repeat = |list: &mut Vec<_>, _| {
        list.clone_from(&stuck);
        1
    };
    let cases: &[Case] = &[
        ("range 400 m", &|list, _| objects::out_of_range(list, 400.0), Doubt::OutOfRange, 2),
        ("no number", &|list, _| objects::out_of_range(list, f32::NAN), Doubt::OutOfRange, 2),
        ("stuck", &repeat, Doubt::StuckList, 3),
        ("none", &|list, _| objects::miss_all(list), Doubt::Missing, 5),
        ("one missing", &|list, _| objects::miss_nearest(list), Doubt::Missing, 15),
        ("range +1 m", &|list, _| objects::range_bias(list, 1.0), Doubt::Biased, 10),
        ("range -2 m", &|list, _| objects::range_bias(list, -2.0), Doubt::Biased, 10),
        ("speed +1 m/s", &|list, _| objects::velocity_bias(list, 1.0), Doubt::Biased, 10),
        ("speed -2 m/s", &|list, _| objects::velocity_bias(list, -2.0), Doubt::Biased, 10),
        ("drift 1 m/s²", &|list, n| drift(list, 1.0, n), Doubt::Biased, 25),
        ("drift -3 m/s²", &|list, n| drift(list, -3.0, n), Doubt::Biased, 15),
        ("ghost", &|list, _| objects::ghost(list, beside), Doubt::Ghost, 15),
        ("ghost ahead", &|list, _| objects::ghost(list, ahead), Doubt::Ghost, 15),
    ];
    let start = 40;
    for (name, fault, expected, within) in cases {
        for seed in 0..3 {
            let end_ns = (start + within - 1) * RADAR_PERIOD_NS;
            let fault = Some((start * RADAR_PERIOD_NS, *fault));
            let told = Drive { traffic: &traffic(), seed, end_ns, fault }.run();
            let mut told = told.into_iter().filter(|told| told.doubt != Doubt::Inconsistent);
            let first = told.next().unwrap_or_else(|| panic!("{name} with seed {seed}: unseen"));
            assert_eq!((first.by_radar, first.doubt), (true, *expected), "{name}: {first:?}");
            assert!(first.sample > start, "{name}: {first:?}");
        }
    }
}

/// As `scenarios/objects-wrong.toml` does it: lists are wrong for a second.
#[test]
fn sound_lists_after_wrong_ones_are_not_blamed_for_long() {
    let (start, wrong) = (40, 20);
    let cases: [OnList; 3] = [
        &|list, _| objects::miss_all(list),
        &|list, _| objects::range_bias(list, 3.0),
        &|list, _| objects::velocity_bias(list, 4.0),
    ];
    for (index, case) in cases.into_iter().enumerate() {
        for seed in 0..3 {
            let fault: OnList = &|list, n| if n < wrong { case(list, n) } else { 0 };
            let fault = Some((start * RADAR_PERIOD_NS, fault));
            let end_ns = 5_000_000_000;
            let told = Drive { traffic: &traffic(), seed, end_ns, fault }.run();
            let end = start + u64::from(wrong);
            assert!(told.iter().any(|told| told.sample < end), "case {index}, seed {seed}");
            let is_late = |told: &&Told| told.sample >= end && told.doubt != Doubt::Inconsistent;
            let late: Vec<_> = told.iter().filter(is_late).collect();
            assert!(late.len() <= 3, "case {index}, seed {seed}: {late:?}");
            assert!(late.iter().all(|told| told.sample < end + 10), "{late:?}");
        }
    }
}

/// A drift that began with the n-th list before.
fn drift(list: &mut [wire::radar::Detection], drift_mps2: f32, n: u32) -> u32 {
    objects::drift(list, drift_mps2, n as f32 * RADAR_PERIOD_NS as f32 * 1e-9)
}
