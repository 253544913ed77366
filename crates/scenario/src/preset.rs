//! What a preset stands for, as if it were written out in the file: [`expand`].
//!
//! Geometry and timing are those of the Euro NCAP protocols and of the ASAM ALKS scenarios for UN R157,
//! as their public OpenSCENARIO files have them (`vectorgrp/OSC-NCAP-scenarios`,
//! `asam-oss/OSC-ALKS-scenarios`). Cars are as large as any other [`Kind::Car`], the ego car too.

use std::fmt::Write as _;

use world::road::LANE_WIDTH_M;
use world::traffic::Kind;

use crate::text::actor::{
    Actor, Brake, Brakes, Ego, LaneChange, Manoeuvre, Size, Start, Step, Walk,
};
use crate::text::preset::{
    NcapCcrb, NcapCcrm, NcapCcrs, NcapCpnco, Preset, R157CutIn, R157LeadBraking,
};

/// The one whom the ego car would hit.
const TARGET: &str = "target";
/// Those who hide it.
const PARKED: [&str; 2] = ["parked-near", "parked-far"];
/// From the start to the encounter, s: the protocols begin at least 4 s before it, their OpenSCENARIO
/// files 5 s.
const APPROACH_S: f64 = 5.0;
/// When the car ahead brakes, s: so long keeps the OpenSCENARIO file of `CCRb` the gap.
const LEAD_BRAKES_S: f64 = 3.0;
/// When the cut-in begins, s: by then the other has been followed for a while.
const CUT_IN_S: f64 = 2.5;
/// Speed of the target of `CCRm`, km/h.
const CCRM_TARGET_KPH: f64 = 20.0;
/// Speed of both in `CCRb`, km/h.
const CCRB_KPH: f64 = 50.0;
/// To what the target of `CCRb` brakes in the protocol of 2026, which tells the gap as a time, km/h;
/// with the gap as a length, as before it, to standstill.
const CCRB_2026_TO_KPH: f64 = 2.0;
/// The child of `CPNCO`: its speed, km/h, and how far from the middle of the ego car it begins, m.
const CHILD_KPH: f64 = 5.0;
const CHILD_FROM_M: f64 = 4.0;
/// Its size: a step of 0.71 m across the road (`NCAP_Child`).
const CHILD_SIZE: Size = Size { length_m: Some(0.3), width_m: Some(0.71), height_m: Some(1.15) };
/// Length of the smaller of the parked cars, 4.1 to 4.4 m; the larger, 4.3 to 4.7 m, is a usual car.
const PARKED_NEAR_LENGTH_M: f64 = 4.3;
/// From the ego car to the parked ones, between them, and from the nearer to the child, m.
const PARKED_GAP_M: f64 = 1.0;

/// A preset, written out.
pub(crate) struct Expansion {
    /// The ego car, with brakes.
    pub(crate) ego: Ego,
    /// The actors.
    pub(crate) actors: Vec<Actor>,
    /// When an ego car that does not brake reaches the target, s.
    pub(crate) encounter_s: f64,
}

impl Expansion {
    /// How long a run must be to show what comes of it, s: braking to standstill as late as possible
    /// ends v/2a after the encounter that it prevents.
    pub(crate) fn settled_s(&self) -> f64 {
        let deceleration_mps2 = Brakes::default().deceleration_max_mps2;
        self.encounter_s + mps(self.ego.speed_kph) / (2.0 * deceleration_mps2)
    }
}

/// Ids of the actors that the preset of this name brings.
pub(crate) fn ids(preset: &str) -> &'static [&'static str] {
    match preset {
        "ncap-cpnco" => &[TARGET, PARKED[0], PARKED[1]],
        _ => &[TARGET],
    }
}

/// What the preset stands for.
pub(crate) fn expand(preset: &Preset) -> Expansion {
    match *preset {
        Preset::NcapCcrs(NcapCcrs { ego_kph, overlap_percent }) => {
            rear(ego_kph, 0.0, overlap_percent)
        }
        Preset::NcapCcrm(NcapCcrm { ego_kph, overlap_percent }) => {
            rear(ego_kph, CCRM_TARGET_KPH, overlap_percent)
        }
        Preset::NcapCcrb(NcapCcrb { headway_m, headway_s, decel_mps2 }) => {
            let to_kph = if headway_s.is_some() { CCRB_2026_TO_KPH } else { 0.0 };
            let headway_m = headway_m.or(headway_s.map(|time_s| time_s * mps(CCRB_KPH)));
            let gap_m = headway_m.expect("one was checked to be there");
            lead_brakes(CCRB_KPH, gap_m, Brake { decel_mps2, to_kph })
        }
        Preset::NcapCpnco(ref child) => child_from_behind_cars(child),
        Preset::R157CutIn(ref cut_in) => cuts_in(cut_in),
        Preset::R157LeadBraking(R157LeadBraking { ego_kph, gap_s, decel_mps2 }) => {
            lead_brakes(ego_kph, gap_s * mps(ego_kph), Brake { decel_mps2, to_kph: 0.0 })
        }
    }
}

/// The ego car drives up to a slower car.
fn rear(ego_kph: f64, target_kph: f64, overlap_percent: f64) -> Expansion {
    let closing_mps = mps(ego_kph - target_kph);
    let x_m = rounded(closing_mps * APPROACH_S);
    // Both cars are as wide: where half the ego's width meets the target, they are half a width apart.
    let y_m = rounded(
        width_of_a_car_m() * (1.0 - overlap_percent.abs() / 100.0) * overlap_percent.signum(),
    );
    let target = actor(TARGET, Kind::Car, Start { x_m, y_m, speed_kph: target_kph });
    Expansion { ego: ego(ego_kph), actors: vec![target], encounter_s: x_m / closing_mps }
}

/// The car ahead, at the same speed, brakes.
fn lead_brakes(kph: f64, gap_m: f64, brake: Brake) -> Expansion {
    let x_m = rounded(gap_m);
    let mut target = actor(TARGET, Kind::Car, Start { x_m, y_m: 0.0, speed_kph: kph });
    let (decel_mps2, slower_mps) = (brake.decel_mps2, mps(kph - brake.to_kph));
    target.script = vec![Step { at_s: LEAD_BRAKES_S, r#do: Manoeuvre::Brake(brake) }];
    let brakes_s = slower_mps / decel_mps2;
    let while_braking_s = (2.0 * x_m / decel_mps2).sqrt();
    let closed_s = if while_braking_s <= brakes_s {
        while_braking_s
    } else {
        x_m / slower_mps + brakes_s / 2.0
    };
    Expansion { ego: ego(kph), actors: vec![target], encounter_s: LEAD_BRAKES_S + closed_s }
}

fn child_from_behind_cars(child: &NcapCpnco) -> Expansion {
    let x_m = rounded(mps(child.ego_kph) * APPROACH_S);
    let encounter_s = x_m / mps(child.ego_kph);
    let hit_y_m = width_of_a_car_m() * (child.impact_percent / 100.0 - 0.5);
    let walks_s = (CHILD_FROM_M + hit_y_m) / mps(CHILD_KPH);
    let start = Start { x_m, y_m: -CHILD_FROM_M, speed_kph: 0.0 };
    let mut target = actor(TARGET, Kind::Pedestrian, start);
    target.size = CHILD_SIZE;
    target.script = vec![Step {
        at_s: rounded(encounter_s - walks_s),
        r#do: Manoeuvre::Walk(Walk { dy_m: 2.0 * CHILD_FROM_M, speed_kph: CHILD_KPH }),
    }];
    let mut rear_m = x_m;
    let mut actors = vec![target];
    for (id, length_m) in PARKED.into_iter().zip([Some(PARKED_NEAR_LENGTH_M), None]) {
        rear_m = rounded(rear_m - PARKED_GAP_M - length_m.unwrap_or(length_of_a_car_m()));
        let start =
            Start { x_m: rear_m, y_m: -(PARKED_GAP_M + width_of_a_car_m()), speed_kph: 0.0 };
        let mut parked = actor(id, Kind::Car, start);
        parked.size.length_m = length_m;
        actors.push(parked);
    }
    Expansion { ego: ego(child.ego_kph), actors, encounter_s }
}

fn cuts_in(cut_in: &R157CutIn) -> Expansion {
    let &R157CutIn { ego_kph, delta_kph, dx0_m, lateral_mps, model } = cut_in;
    let closing_mps = mps(-delta_kph);
    let x_m = rounded(dx0_m + closing_mps * CUT_IN_S);
    let start = Start { x_m, y_m: -LANE_WIDTH_M, speed_kph: ego_kph + delta_kph };
    let mut target = actor(TARGET, model, start);
    let change = LaneChange { dy_m: LANE_WIDTH_M, peak_lateral_mps: lateral_mps };
    target.script = vec![Step { at_s: CUT_IN_S, r#do: Manoeuvre::LaneChange(change) }];
    Expansion { ego: ego(ego_kph), actors: vec![target], encounter_s: x_m / closing_mps }
}

fn ego(speed_kph: f64) -> Ego {
    Ego { speed_kph, brakes: Some(Brakes::default()) }
}

fn actor(id: &str, kind: Kind, start: Start) -> Actor {
    Actor { id: id.to_owned(), kind, start, size: Size::default(), script: Vec::new() }
}

fn width_of_a_car_m() -> f64 {
    Kind::Car.size().width_m
}

fn length_of_a_car_m() -> f64 {
    Kind::Car.size().length_m
}

fn mps(kilometres_an_hour: f64) -> f64 {
    kilometres_an_hour / 3.6
}

/// To millimetres or milliseconds, as somebody would write it.
fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

/// Examples for the documentation, one of each.
const EXAMPLES: [&str; 6] = [
    "ncap-ccrs = { ego-kph = 50, overlap-percent = 50 }",
    "ncap-ccrm = { ego-kph = 70 }",
    "ncap-ccrb = { headway-s = 1, decel-mps2 = 4 }",
    "ncap-cpnco = { ego-kph = 40, impact-percent = 50 }",
    "r157-cut-in = { ego-kph = 60, delta-kph = -20, dx0-m = 30, lateral-mps = 2 }",
    "r157-lead-braking = { ego-kph = 60, decel-mps2 = 9.81 }",
];

/// What presets stand for, an example of each, in Markdown.
pub fn presets() -> String {
    let mut out = String::new();
    for example in EXAMPLES {
        let preset = toml::from_str(example).expect("an example is a preset");
        let expansion = expand(&preset);
        let (encounter_s, settled_s) = (expansion.encounter_s, expansion.settled_s());
        write!(
            out,
            "`preset = {{ {example} }}`, in which an ego car that does not brake reaches the target \
             after {encounter_s:.1} s, so that the run must last {settled_s:.1} s:\n\n\
             ```toml\n{}```\n\n",
            written_out(&expansion)
        )
        .expect("a string can always be written to");
    }
    out
}

/// As it would stand in a file, less what is empty.
fn written_out(expansion: &Expansion) -> String {
    let ego = ("[ego]", toml::Table::try_from(&expansion.ego));
    let actors = expansion.actors.iter().map(|it| ("[[actor]]", toml::Table::try_from(it)));
    let mut out = String::new();
    for (header, table) in std::iter::once(ego).chain(actors) {
        writeln!(out, "{header}").expect("a string can always be written to");
        for (key, value) in table.expect("the text of a scenario is TOML") {
            let empty = value.as_table().is_some_and(toml::Table::is_empty)
                || value.as_array().is_some_and(Vec::is_empty);
            if !empty {
                writeln!(out, "{key} = {value}").expect("a string can always be written to");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, parse};
    use world::{Motion, Way};

    fn plan(rest: &str) -> Plan {
        let text = format!("schema = 1\nname = \"a\"\nduration-s = 60\n{rest}\n");
        parse("preset", &text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
    }

    #[test]
    fn a_preset_is_what_it_says_it_stands_for() {
        for example in EXAMPLES {
            let expansion = expand(&toml::from_str(example).expect("a preset"));
            let written = plan(&written_out(&expansion)).traffic;
            assert_eq!(plan(&format!("preset.{example}")).traffic, written, "{example}");
            let name = example.split(' ').next().expect("a name");
            let actors = written.actors.iter().map(|actor| actor.id.as_str());
            assert!(actors.eq(ids(name).iter().copied()), "{example}");
        }
    }

    #[test]
    fn whoever_does_not_brake_meets_the_target_at_the_encounter() {
        let more = [
            "ncap-ccrs = { ego-kph = 10, overlap-percent = -50 }",
            "ncap-ccrb = { headway-m = 40, decel-mps2 = 6 }",
            "ncap-cpnco = { ego-kph = 60, impact-percent = 25 }",
            "ncap-cpnco = { ego-kph = 10, impact-percent = 100 }",
            "r157-cut-in = { ego-kph = 50, delta-kph = -10, dx0-m = 20, lateral-mps = 1, model = \"lorry\" }",
        ];
        for example in EXAMPLES.into_iter().chain(more) {
            let preset: Preset = toml::from_str(example).expect("a preset");
            let encounter_s = expand(&preset).encounter_s;
            let traffic = plan(&format!("preset.{example}")).traffic;
            let (motion, way) = (Motion::new(&traffic), Way::even(traffic.ego.speed_mps));
            let target = motion.at(encounter_s, way.at(encounter_s)).next().expect("the target");
            assert!(target.x_m.abs() < 1e-6, "{example}: {target:?}");
            let reach_m = f64::midpoint(target.size.width_m, width_of_a_car_m());
            assert!(target.y_m.abs() < reach_m, "{example}: {target:?}");
            match preset {
                Preset::NcapCcrs(NcapCcrs { overlap_percent, .. }) => {
                    let overlap = (reach_m - target.y_m.abs()) / width_of_a_car_m();
                    assert!((overlap * 100.0 - overlap_percent.abs()).abs() < 0.1, "{example}");
                    assert_eq!(target.y_m < 0.0, overlap_percent < 0.0, "{example}");
                }
                Preset::NcapCpnco(NcapCpnco { impact_percent, .. }) => {
                    let place = target.y_m / width_of_a_car_m() + 0.5;
                    assert!((place * 100.0 - impact_percent).abs() < 0.1, "{example}: {place}");
                }
                _ => {}
            }
        }
    }
}
