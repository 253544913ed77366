//! The closed loop on real processes: the ego car brakes, the sensors see it, a lost plant proves nothing,
//! and whoever is restarted sees what he would have seen.

use crate::processes::{role_of, signal};
use crate::rig::{PATIENT, Rig, Running, scenario, wait, wait_for_records};
use recording::Recording;
use std::collections::{BTreeMap, BTreeSet};
use wire::{Event, Node};

/// A car that stands in the way, and brakes.
const IN_THE_WAY: &str = "ego.brakes = {}\n\
    [[actor]]\nid = \"target\"\nstart = { x-m = 60.0, y-m = 0.0, speed-kph = 0.0 }\n";

/// Longer than anything that is waited for: these runs end by a signal.
const ENDLESS_S: f64 = 600.0;

fn wait_for_plant(running: &Running) -> u32 {
    wait("the plant", || role_of(running.pid(), "plant"))
}

/// Loses the plant in the middle of a run.
fn check_lost(how: &str) {
    let rig = Rig::new();
    let directory = rig.run_directory("lost");
    let text = scenario("lost", ENDLESS_S, &format!("{IN_THE_WAY}{PATIENT}"));
    let mut running = rig.begin("lost", &text);
    wait_for_records(&directory, 50);
    signal(how, &wait_for_plant(&running).to_string());
    let ended = running.wait();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    rig.nothing_is_left();
    let run = rig.run_json("lost");
    assert_eq!(
        (&run["verdict"], &run["ended"]),
        (&"inconclusive".into(), &"the plant was lost".into())
    );
}

#[test]
fn a_dead_plant_is_no_pass_and_no_failure() {
    check_lost("KILL");
}

#[test]
fn a_plant_that_stands_still_is_none_either() {
    check_lost("STOP");
}

/// The ways of the ego car and the requests that led to them, as recorded.
fn braking(recording: &Recording) -> (bool, f64) {
    let events = || recording.records.iter().map(|(_, record)| record.event);
    let asked = events().any(|event| {
        matches!(event, Event::BrakeRequested { deceleration_mps2, .. } if deceleration_mps2 > 0.0)
    });
    let hardest = events().filter_map(|event| match event {
        Event::EgoStretch { acceleration_mps2, .. } => Some(acceleration_mps2),
        _ => None,
    });
    (asked, hardest.fold(0.0, f64::min))
}

#[test]
fn the_ego_car_brakes_for_what_is_in_its_way_and_stands_before_it() {
    let rig = Rig::new();
    let (_, run) = rig.run("brakes", &scenario("brakes", 6.0, &format!("{IN_THE_WAY}{PATIENT}")));
    let recording = Recording::open(&rig.run_directory("brakes")).expect("a recording");
    let (asked, hardest_mps2) = braking(&recording);
    // On a machine that is too busy to see, nobody brakes; what was asked for was done.
    assert_eq!(asked, hardest_mps2 < -1.0, "{hardest_mps2} m/s², {}", run["safety"]);
    assert_eq!(run["safety"]["closed_loop"], true);
}

/// What each sample was like that fusion took, and what it showed: bit for bit.
fn seen(rig: &Rig, name: &str) -> BTreeMap<(Node, u64), BTreeSet<[u64; 2]>> {
    let recording = Recording::open(&rig.run_directory(name)).expect("a recording");
    // A sensor that is reborn may hand over again what its predecessor did: the same content.
    let mut seen: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (_, record) in &recording.records {
        let (key, content) = match record.event {
            Event::ContentSeen { stream, item, digest } => ((stream, item), [digest, 0]),
            Event::ObjectSeen { stream, item, azimuth_rad, range_m, .. } => {
                ((stream, item), [azimuth_rad, range_m].map(f64::to_bits))
            }
            _ => continue,
        };
        seen.entry(key).or_default().insert(content);
    }
    seen
}

#[test]
fn a_restarted_sensor_sees_what_it_would_have_seen() {
    const ACTORS: &str = "\
        [[actor]]\nid = \"lead\"\nstart = { x-m = 30.0, y-m = 0.0, speed-kph = 58.0 }\n\
        [[actor]]\nid = \"left\"\nstart = { x-m = 45.0, y-m = 3.5, speed-kph = 62.0 }\n";
    const KILLS: &str = "\
        [[fault]]\nid = \"c\"\ntarget = \"camera\"\nat-s = 1.0\ninject.kill.signal = \"SIGKILL\"\n\
        [[fault]]\nid = \"r\"\ntarget = \"radar\"\nat-s = 1.5\ninject.kill.signal = \"SIGKILL\"\n";
    let rig = Rig::new();
    rig.run("whole", &scenario("whole", 2.5, &format!("{ACTORS}{PATIENT}")));
    rig.run("killed", &scenario("killed", 2.5, &format!("{ACTORS}{KILLS}{PATIENT}")));
    let (whole, killed) = (seen(&rig, "whole"), seen(&rig, "killed"));
    // 33 frames are 1.1 s, 33 radar cycles 1.65 s.
    let restarted = |(_, item): (Node, u64)| item >= 33;
    for node in [Node::Camera, Node::Radar] {
        let both = whole.iter().filter(|(key, _)| key.0 == node && killed.contains_key(*key));
        let mut after = 0;
        for (key, content) in both {
            assert_eq!(content, &killed[key], "{key:?}");
            after += usize::from(restarted(*key));
        }
        assert!(after > 0, "{node}: nothing seen after the restart");
    }
}
