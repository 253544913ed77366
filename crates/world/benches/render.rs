//! How long one 1080p picture takes, by weather: `cargo bench -p world`.

use criterion::{Criterion, criterion_group, criterion_main};
use world::road::Section;
use world::traffic::{Actor, Start};
use world::{CameraModel, Ego, Kind, Light, Renderer, Road, Traffic, Way, Weather};

const EGO_MPS: f64 = 25.0;

/// Eight of all kinds at 8 to 80 m.
fn actors() -> Vec<Actor> {
    let places = [
        (Kind::Car, 12.0, 3.5, 25.0),
        (Kind::Car, 20.0, 0.0, 25.0),
        (Kind::Van, 30.0, -3.5, 25.0),
        (Kind::Lorry, 50.0, 0.0, 25.0),
        (Kind::Motorcycle, 8.0, -3.5, 25.0),
        (Kind::Pedestrian, 25.0, -6.0, 0.0),
        (Kind::Car, 80.0, 3.5, -25.0),
        (Kind::Obstacle, 60.0, -7.0, 0.0),
    ];
    let actor = |(kind, x_m, y_m, speed_mps): (Kind, f64, f64, f64)| Actor {
        id: "actor".into(),
        kind,
        start: Start { x_m, y_m, speed_mps },
        size: kind.size(),
        script: Vec::new(),
    };
    places.into_iter().map(actor).collect()
}

fn render(criterion: &mut Criterion) {
    let day = Weather::default();
    let weathers = [
        ("day", day),
        ("fog", Weather { visibility_m: Some(100.0), ..day }),
        ("rain", Weather { rain_mmph: 20.0, ..day }),
        ("low-sun", Weather { light: Light::LowSun, ..day }),
        ("night", Weather { light: Light::Night, ..day }),
        ("dirt", Weather { lens_dirt: 0.3, ..day }),
        (
            "all at once",
            Weather {
                light: Light::Night,
                visibility_m: Some(100.0),
                rain_mmph: 50.0,
                lens_dirt: 0.5,
            },
        ),
    ];
    let straight = Road::default();
    let sections = vec![Section { length_m: 500.0, curvature_per_m: 1.0 / 300.0 }];
    let bend = Road { sections, ..Road::default() };
    let mut group = criterion.benchmark_group("render");
    let cases = weathers.map(|(name, weather)| (name, weather, &straight));
    for (name, weather, road) in cases.into_iter().chain([("bend", day, &bend)]) {
        let ego = Ego { speed_mps: EGO_MPS, brakes: None };
        let traffic = Traffic { road: road.clone(), weather, ego, actors: actors() };
        let model = CameraModel::default();
        let mut renderer = Renderer::new(model, &traffic, 1);
        let mut pixels = vec![0; model.pixels()];
        let way = Way::even(EGO_MPS);
        let mut frame = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                // The same second again and again: what is in view stays the same.
                let t_s = (frame % 30) as f64 / 30.0 * 0.1;
                renderer.render(t_s, way.at(t_s), frame, &mut pixels);
                frame += 1;
            });
        });
    }
    group.finish();
}

criterion_group!(benches, render);
criterion_main!(benches);
