//! Who is on which road in which weather: [`traffic()`].

use fault::units::ns_from_ms;
use world::{plant, road, traffic, weather};

use super::mps_from_kph;
use crate::preset::expand;
use crate::text::{self, actor};

/// The road, the weather, and everyone on it: those of the file behind those of its preset.
pub(super) fn traffic(text: &mut text::Scenario) -> traffic::Traffic {
    let preset = text.preset.as_ref().map(expand);
    let (ego, brought) = preset.map(|it| (it.ego, it.actors)).unzip();
    let ego = ego.or(text.ego.take()).expect("an ego car was checked to be there");
    let actors = brought.into_iter().flatten().chain(text.actor.drain(..));
    traffic::Traffic {
        road: road(&text.road),
        weather: weather(&text.weather),
        ego: traffic::Ego {
            speed_mps: mps_from_kph(ego.speed_kph),
            brakes: ego.brakes.as_ref().map(brakes),
        },
        actors: actors.map(actor).collect(),
    }
}

fn s_from_ms(milliseconds: f64) -> f64 {
    ns_from_ms(milliseconds) as f64 * 1e-9
}

fn road(text: &text::road::Road) -> road::Road {
    let section = |it: &text::road::Section| road::Section {
        length_m: it.length_m,
        curvature_per_m: it.radius_m.map_or(0.0, |radius_m| 1.0 / radius_m),
    };
    road::Road {
        lanes_left: text.lanes_left,
        lanes_right: text.lanes_right,
        sections: text.section.iter().map(section).collect(),
    }
}

fn weather(text: &text::weather::Weather) -> weather::Weather {
    let &text::weather::Weather { light, visibility_m, rain_mmph, lens_dirt } = text;
    weather::Weather { light, visibility_m, rain_mmph, lens_dirt }
}

fn brakes(text: &actor::Brakes) -> plant::Brakes {
    let &actor::Brakes { delay_ms, jerk_mps3, deceleration_max_mps2, hold_ms } = text;
    plant::Brakes {
        delay_s: s_from_ms(delay_ms),
        jerk_mps3,
        deceleration_max_mps2,
        hold_s: s_from_ms(hold_ms),
    }
}

fn actor(text: actor::Actor) -> traffic::Actor {
    let actor::Start { x_m, y_m, speed_kph } = text.start;
    let usual = text.kind.size();
    let actor::Size { length_m, width_m, height_m } = text.size;
    traffic::Actor {
        id: text.id,
        kind: text.kind,
        start: traffic::Start { x_m, y_m, speed_mps: mps_from_kph(speed_kph) },
        size: traffic::Size {
            length_m: length_m.unwrap_or(usual.length_m),
            width_m: width_m.unwrap_or(usual.width_m),
            height_m: height_m.unwrap_or(usual.height_m),
        },
        script: text.script.iter().map(step).collect(),
    }
}

fn step(text: &actor::Step) -> traffic::Step {
    use traffic::Manoeuvre;
    let manoeuvre = match text.r#do {
        actor::Manoeuvre::LaneChange(actor::LaneChange { dy_m, peak_lateral_mps }) => {
            Manoeuvre::LaneChange { dy_m, peak_lateral_mps }
        }
        actor::Manoeuvre::Brake(actor::Brake { decel_mps2, to_kph }) => {
            Manoeuvre::Speed { to_mps: mps_from_kph(to_kph), rate_mps2: decel_mps2 }
        }
        actor::Manoeuvre::Accelerate(actor::Accelerate { accel_mps2, to_kph }) => {
            Manoeuvre::Speed { to_mps: mps_from_kph(to_kph), rate_mps2: accel_mps2 }
        }
        actor::Manoeuvre::Walk(actor::Walk { dy_m, speed_kph }) => {
            Manoeuvre::Walk { dy_m, speed_mps: mps_from_kph(speed_kph) }
        }
    };
    traffic::Step { at_s: text.at_s, manoeuvre }
}
