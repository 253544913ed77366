//! Seeded scenes with known contents, and how well a detector does on them: [`Score`].

use fusion::{CameraCalibration, Detector, Sighting};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use world::road::Section;
use world::traffic::{Actor, Ego, Start};
use world::{CameraModel, Kind, Light, Motion, Object, Renderer, Road, Traffic, Way, Weather};

/// Borders of the distances that are told apart, m.
pub(crate) const BINS_M: [f64; 6] = [0.0, 20.0, 40.0, 60.0, 80.0, 100.0];
pub(crate) const BINS: usize = BINS_M.len() - 1;

const EGO_MPS: f64 = 20.0;

/// A sighting is of an object if it is this near to it: 3 σ, or these.
const MATCH_SIGMAS: f64 = 3.0;
const MATCH_RANGE_SHARE: f64 = 0.05;
const MATCH_ACROSS_M: f64 = 0.5;

/// Objects are apart from each other by so many columns: none hides another.
const APART_PX: f64 = 16.0;

/// The weathers that are told apart.
pub(crate) fn weathers() -> [(&'static str, Weather); 11] {
    let day = Weather::default();
    let fog = |visibility_m| Weather { visibility_m: Some(visibility_m), ..day };
    let rain = |rain_mmph| Weather { rain_mmph, ..day };
    let dirt = |lens_dirt| Weather { lens_dirt, ..day };
    let night = Weather { light: Light::Night, ..day };
    [
        ("day", day),
        ("fog 200 m", fog(200.0)),
        ("fog 80 m", fog(80.0)),
        ("rain 10 mm/h", rain(10.0)),
        ("rain 50 mm/h", rain(50.0)),
        ("low sun", Weather { light: Light::LowSun, ..day }),
        ("night", night),
        ("night, rain 10", Weather { rain_mmph: 10.0, ..night }),
        ("night, fog 200", Weather { visibility_m: Some(200.0), ..night }),
        ("dirt 0.1", dirt(0.1)),
        ("dirt 0.3", dirt(0.3)),
    ]
}

/// What objects are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Vehicle,
    Obstacle,
    Motorcycle,
    Pedestrian,
}

impl Class {
    pub(crate) const ALL: [Class; 4] =
        [Class::Vehicle, Class::Obstacle, Class::Motorcycle, Class::Pedestrian];

    fn of(kind: Kind) -> Class {
        match kind {
            Kind::Car | Kind::Van | Kind::Lorry => Class::Vehicle,
            Kind::Obstacle => Class::Obstacle,
            Kind::Motorcycle => Class::Motorcycle,
            Kind::Pedestrian => Class::Pedestrian,
        }
    }
}

/// Found of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) hits: usize,
    pub(crate) of: usize,
}

impl Tally {
    fn note(&mut self, hit: bool) {
        self.of += 1;
        self.hits += usize::from(hit);
    }

    pub(crate) fn share(&self) -> f64 {
        self.hits as f64 / self.of as f64
    }
}

/// How well a weather's scenes were seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Score {
    /// Objects found, by class and distance.
    pub(crate) recall: [[Tally; BINS]; Class::ALL.len()],
    /// Sightings that are of an object, by distance; all, and those that may start a track.
    pub(crate) precision: [Tally; BINS],
    pub(crate) starting: [Tally; BINS],
    /// Normalised squared errors of range and azimuth over the sightings that are of an object.
    pub(crate) squares: [f64; 2],
    pub(crate) matched: usize,
}

impl Score {
    /// Over the scenes with these seeds.
    pub(crate) fn of(weather: Weather, seeds: std::ops::Range<u64>) -> Score {
        let model = CameraModel::default();
        let mut detector = Detector::new(calibration(&model));
        let mut pixels = vec![0; model.pixels()];
        let mut score = Score::default();
        for seed in seeds {
            let traffic = scene(weather, seed);
            let ego = Way::even(EGO_MPS).at(0.0);
            Renderer::new(model, &traffic, seed).render(0.0, ego, seed, &mut pixels);
            let objects: Vec<Object> = Motion::new(&traffic).at(0.0, ego).collect();
            score.note(&traffic, &objects, detector.look(&pixels));
        }
        score
    }

    fn note(&mut self, traffic: &Traffic, objects: &[Object], seen: &[Sighting]) {
        for object in objects {
            let class = Class::of(traffic.actors[object.actor].kind) as usize;
            let found = seen.iter().any(|sighting| is_of(sighting, object));
            if let Some(bin) = bin(object.x_m.hypot(object.y_m)) {
                self.recall[class][bin].note(found);
            }
        }
        for sighting in seen {
            let object = objects.iter().find(|object| is_of(sighting, object));
            if let Some(bin) = bin(sighting.range_m) {
                self.precision[bin].note(object.is_some());
                if sighting.starts_track {
                    self.starting[bin].note(object.is_some());
                }
            }
            if let Some(object) = object {
                let range = sighting.range_m - object.x_m.hypot(object.y_m);
                let azimuth = sighting.azimuth_rad - object.y_m.atan2(object.x_m);
                self.squares[0] += (range / sighting.range_sigma_m).powi(2);
                self.squares[1] += (azimuth / sighting.azimuth_sigma_rad).powi(2);
                self.matched += 1;
            }
        }
    }
}

fn bin(range_m: f64) -> Option<usize> {
    BINS_M.windows(2).position(|bin| (bin[0]..bin[1]).contains(&range_m))
}

pub(crate) fn is_of(sighting: &Sighting, object: &Object) -> bool {
    let range_m = object.x_m.hypot(object.y_m);
    let range_limit_m = (MATCH_SIGMAS * sighting.range_sigma_m).max(MATCH_RANGE_SHARE * range_m);
    let across_m = range_m * (sighting.azimuth_rad - object.y_m.atan2(object.x_m));
    let across_limit_m = (MATCH_SIGMAS * range_m * sighting.azimuth_sigma_rad).max(MATCH_ACROSS_M);
    (sighting.range_m - range_m).abs() <= range_limit_m && across_m.abs() <= across_limit_m
}

/// Up to five of any kind on a straight road or in a bend, none of them hidden.
pub(crate) fn scene(weather: Weather, seed: u64) -> Traffic {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let curvature_per_m = [0.0, 0.0, 1.0 / 250.0, -1.0 / 400.0][draws.next_u32() as usize % 4];
    let sections = vec![Section { length_m: 300.0, curvature_per_m }];
    let mut traffic = Traffic {
        road: Road { sections, ..Road::default() },
        weather,
        ego: Ego { speed_mps: EGO_MPS, brakes: None },
        actors: Vec::new(),
    };
    for _ in 0..12 {
        traffic.actors.push(actor(&mut draws));
        if traffic.actors.len() > 5 || !is_open(&traffic) {
            traffic.actors.pop();
        }
    }
    traffic
}

fn actor(draws: &mut ChaCha8Rng) -> Actor {
    let mut share = || f64::from(draws.next_u32()) / f64::from(u32::MAX);
    let x_m = 8.0 + 92.0 * share();
    let lane = [-3.5, 0.0, 3.5][(share() * 2.999) as usize];
    let kind = [Kind::Car, Kind::Car, Kind::Van, Kind::Lorry, Kind::Obstacle, Kind::Motorcycle]
        .into_iter()
        .chain([Kind::Pedestrian, Kind::Pedestrian])
        .nth((share() * 7.999) as usize)
        .expect("a kind");
    let speed_mps = match kind {
        Kind::Pedestrian | Kind::Obstacle => 0.0,
        _ if lane > 0.0 => -15.0,
        _ => EGO_MPS,
    };
    let start = Start { x_m, y_m: lane + 1.2 * (share() - 0.5), speed_mps };
    Actor { id: "actor".into(), kind, start, size: kind.size(), script: Vec::new() }
}

/// Whether all of the newest actor is in the picture, and neither hides nor is hidden.
fn is_open(traffic: &Traffic) -> bool {
    let model = CameraModel::default();
    let columns = |object: &Object| {
        let size = traffic.actors[object.actor].size;
        let ends = [object.x_m, object.x_m + size.length_m].into_iter().flat_map(|x_m| {
            [1.0, -1.0].map(|side| {
                let y_m = object.y_m + side * size.width_m / 2.0;
                model.centre_x_px - model.focal_px * y_m / x_m
            })
        });
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(left, right), u| {
            (left.min(u), right.max(u))
        })
    };
    let ego = Way::even(EGO_MPS).at(0.0);
    let mut all: Vec<_> =
        Motion::new(traffic).at(0.0, ego).map(|object| columns(&object)).collect();
    let Some((left, right)) = all.pop() else { return false };
    left > APART_PX
        && right < f64::from(model.width_px) - APART_PX
        && all.iter().all(|other| other.1 + APART_PX < left || right + APART_PX < other.0)
}

pub(crate) fn calibration(model: &CameraModel) -> CameraCalibration {
    CameraCalibration {
        width_px: model.width_px,
        height_px: model.height_px,
        focal_px: model.focal_px,
        centre_x_px: model.centre_x_px,
        centre_y_px: model.centre_y_px,
        mount_height_m: model.mount_height_m,
    }
}
