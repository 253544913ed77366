//! How long the detector looks at one 1080p frame, by weather: `cargo bench -p fusion`.

use criterion::{Criterion, criterion_group, criterion_main};
use fusion::{CameraCalibration, Detector};
use world::traffic::{Actor, Start};
use world::{CameraModel, EgoState, Kind, Light, Renderer, Traffic, Weather};

fn actors() -> Vec<Actor> {
    let places = [
        (Kind::Car, 12.0, 3.5),
        (Kind::Car, 24.0, 0.0),
        (Kind::Van, 40.0, -3.5),
        (Kind::Lorry, 60.0, 3.5),
        (Kind::Motorcycle, 18.0, -3.5),
        (Kind::Pedestrian, 25.0, -5.0),
        (Kind::Obstacle, 50.0, -6.0),
    ];
    let actor = |(kind, x_m, y_m): (Kind, f64, f64)| Actor {
        id: "actor".into(),
        kind,
        start: Start { x_m, y_m, speed_mps: 0.0 },
        size: kind.size(),
        script: Vec::new(),
    };
    places.into_iter().map(actor).collect()
}

fn detect(criterion: &mut Criterion) {
    let model = CameraModel::default();
    let mut detector = Detector::new(CameraCalibration {
        width_px: model.width_px,
        height_px: model.height_px,
        focal_px: model.focal_px,
        centre_x_px: model.centre_x_px,
        centre_y_px: model.centre_y_px,
        mount_height_m: model.mount_height_m,
    });
    let day = Weather::default();
    let weathers = [
        ("day", day),
        ("fog", Weather { visibility_m: Some(100.0), ..day }),
        ("rain", Weather { rain_mmph: 50.0, ..day }),
        ("low-sun", Weather { light: Light::LowSun, ..day }),
        ("night", Weather { light: Light::Night, ..day }),
        ("dirt", Weather { lens_dirt: 0.3, ..day }),
    ];
    for (name, weather) in weathers {
        let traffic = Traffic { weather, actors: actors(), ..Traffic::default() };
        let mut pixels = vec![0; model.pixels()];
        Renderer::new(model, &traffic, 1).render(0.0, EgoState::default(), 0, &mut pixels);
        criterion.bench_function(&format!("detect/{name}"), |bencher| {
            bencher.iter(|| detector.look(&pixels).len());
        });
    }
}

criterion_group!(benches, detect);
criterion_main!(benches);
