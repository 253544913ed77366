//! What is stated of the detector holds: how much it sees, by distance and weather, and how honest
//! its uncertainties are. `examples/detection.rs` prints the whole table.
#![forbid(unsafe_code)]

mod scenes;

use scenes::{BINS_M, Class, Score, Tally, weathers};

const SCENES: u64 = 40;

/// For a weather: up to which distance vehicles, and people and motorcycles, are found by the
/// shares; and the share of sightings that may start a track and are of someone.
struct Limit {
    vehicles_m: f64,
    vehicles: f64,
    narrow_m: f64,
    narrow: f64,
    precision: f64,
}

fn limit(weather: &str) -> Limit {
    let limit = |vehicles_m, vehicles, narrow_m, narrow, precision| Limit {
        vehicles_m,
        vehicles,
        narrow_m,
        narrow,
        precision,
    };
    match weather {
        "day" => limit(80.0, 0.93, 60.0, 0.85, 0.95),
        "rain 10 mm/h" | "rain 50 mm/h" => limit(80.0, 0.92, 60.0, 0.85, 0.93),
        "fog 200 m" => limit(60.0, 0.9, 40.0, 0.85, 0.97),
        "fog 80 m" => limit(20.0, 0.95, 20.0, 0.8, 0.97),
        "low sun" => limit(60.0, 0.88, 40.0, 0.65, 0.9),
        "night" => limit(80.0, 0.9, 0.0, 0.0, 0.87),
        "night, rain 10" => limit(60.0, 0.5, 0.0, 0.0, 0.8),
        "night, fog 200" => limit(60.0, 0.6, 0.0, 0.0, 0.9),
        "dirt 0.1" => limit(80.0, 0.75, 60.0, 0.65, 0.9),
        "dirt 0.3" => limit(80.0, 0.5, 60.0, 0.5, 0.8),
        other => panic!("no limit for {other}"),
    }
}

/// The sum of the bins up to a distance.
fn up_to(tallies: &[Tally], limit_m: f64) -> Tally {
    let inside = tallies.iter().zip(&BINS_M[1..]).filter(|(_, end_m)| **end_m <= limit_m);
    inside.fold(Tally::default(), |sum, (tally, _)| Tally {
        hits: sum.hits + tally.hits,
        of: sum.of + tally.of,
    })
}

#[test]
fn in_every_weather_as_much_is_seen_as_is_stated() {
    let mut missed = Vec::new();
    for (name, weather) in weathers() {
        let score = Score::of(weather, 0..SCENES);
        let limit = limit(name);
        for class in Class::ALL {
            let (limit_m, least) = match class {
                Class::Vehicle => (limit.vehicles_m, limit.vehicles),
                Class::Motorcycle | Class::Pedestrian => (limit.narrow_m, limit.narrow),
                // An obstacle has a shadow as a vehicle has, with gaps in it.
                Class::Obstacle => (limit.narrow_m, limit.narrow - 0.3),
            };
            let recall = up_to(&score.recall[class as usize], limit_m);
            if recall.share() < least {
                missed.push(format!("{name}: {class:?} {recall:?}"));
            }
        }
        for sightings in [&score.precision, &score.starting] {
            let precision = up_to(sightings, 80.0);
            if precision.share() < limit.precision {
                missed.push(format!("{name}: precision {precision:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

/// The sum of two squared normalised errors has a mean of 2 where the sigmas are true. Dirt shifts
/// what is seen of a shadow, by more than is stated: it is left out.
#[test]
fn the_stated_uncertainty_is_that_of_the_errors() {
    for (name, weather) in weathers().into_iter().filter(|(_, weather)| weather.lens_dirt == 0.0) {
        let score = Score::of(weather, 100..100 + SCENES);
        let nis = score.squares.iter().sum::<f64>() / score.matched as f64;
        assert!((0.5..4.0).contains(&nis), "{name}: {nis}");
    }
}
