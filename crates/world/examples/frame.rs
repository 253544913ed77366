//! Writes one picture of the camera model as PGM, to look at: `cargo run -p world --example frame --
//! night out.pgm`. Names of weathers are below.

use std::error::Error;
use std::io::Write;

use world::road::Section;
use world::traffic::{Actor, Manoeuvre, Start, Step};
use world::{CameraModel, Ego, Kind, Light, Renderer, Road, Traffic, Way, Weather};

const EGO_MPS: f64 = 20.0;
const T_S: f64 = 1.2;

fn weather(name: &str) -> Option<Weather> {
    let day = Weather::default();
    Some(match name {
        "day" | "bend" => day,
        "fog" => Weather { visibility_m: Some(120.0), ..day },
        "rain" => Weather { rain_mmph: 20.0, ..day },
        "low-sun" => Weather { light: Light::LowSun, ..day },
        "night" => Weather { light: Light::Night, ..day },
        "night-rain" => Weather { light: Light::Night, rain_mmph: 10.0, ..day },
        "night-fog" => Weather { light: Light::Night, visibility_m: Some(100.0), ..day },
        "dirt" => Weather { lens_dirt: 0.3, ..day },
        _ => return None,
    })
}

fn actor(kind: Kind, x_m: f64, y_m: f64, speed_mps: f64) -> Actor {
    let start = Start { x_m, y_m, speed_mps };
    Actor { id: "actor".into(), kind, start, size: kind.size(), script: Vec::new() }
}

/// Every kind, some of them twice.
fn actors() -> Vec<Actor> {
    let ahead = |x_m: f64| x_m + EGO_MPS * T_S;
    let mut walker = actor(Kind::Pedestrian, ahead(16.0), -3.4, 0.0);
    let walk = Manoeuvre::Walk { dy_m: 8.0, speed_mps: 1.4 };
    walker.script.push(Step { at_s: 0.0, manoeuvre: walk });
    let mut child = actor(Kind::Pedestrian, ahead(14.0), -4.6, 0.0);
    child.size.height_m = 1.15;
    child.size.width_m = 0.35;
    child.script.push(Step { at_s: 0.0, manoeuvre: walk });
    let mut lead = actor(Kind::Car, 24.0, 0.0, EGO_MPS);
    let brake = Manoeuvre::Speed { to_mps: 0.0, rate_mps2: 2.0 };
    lead.script.push(Step { at_s: 0.5, manoeuvre: brake });
    vec![
        lead,
        actor(Kind::Van, ahead(40.0), -3.5, 0.0),
        actor(Kind::Lorry, 60.0, 0.0, EGO_MPS),
        actor(Kind::Car, ahead(18.0) + 15.0, 3.5, -15.0),
        actor(Kind::Van, ahead(55.0) + 15.0, 3.5, -15.0),
        actor(Kind::Motorcycle, 12.0, 1.6, EGO_MPS),
        actor(Kind::Motorcycle, ahead(30.0) + 15.0, 5.6, -15.0),
        actor(Kind::Obstacle, ahead(28.0), -6.5, 0.0),
        walker,
        child,
    ]
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, path] = &arguments[..] else { return Err("usage: frame <weather> <file>".into()) };
    let weather = weather(name).ok_or("no such weather")?;
    let mut road = Road::default();
    if name == "bend" {
        road.sections = vec![
            Section { length_m: 90.0, curvature_per_m: 1.0 / 150.0 },
            Section { length_m: 200.0, curvature_per_m: -1.0 / 200.0 },
        ];
    }
    let ego = Ego { speed_mps: EGO_MPS, brakes: None };
    let traffic = Traffic { road, weather, ego, actors: actors() };
    let model = CameraModel::default();
    let mut pixels = vec![0; model.pixels()];
    Renderer::new(model, &traffic, 1).render(T_S, Way::even(EGO_MPS).at(T_S), 30, &mut pixels);
    let mut file = std::fs::File::create(path)?;
    write!(file, "P5\n{} {}\n255\n", model.width_px, model.height_px)?;
    file.write_all(&pixels)?;
    Ok(())
}
