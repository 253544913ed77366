//! Who noticed a fault in another process, and who did not.

use wire::{Event, Node};

use crate::summary::Verdict::{self, Fail, Inconclusive, Pass};
use crate::summary::{Isolation, Summary};
use crate::testing::{Fate, Script, camera_kill, fault, fine, plan, t_ns, without};

const ALL: &str = "[expect]\nisolated = [\"radar\", \"fusion\"]\n";

fn isolation(summary: &Summary, process: Node) -> &Isolation {
    summary.isolation.iter().find(|it| it.process == process).unwrap()
}

/// The verdict on the radar's isolation from a kill of the camera at 2010 ms.
fn check(mut script: Script, fate: impl Fn(Node, u64) -> Fate, expected: Verdict) {
    script = script.play(fate);
    let summary = script.summary();
    let seen = isolation(&summary, Node::Radar);
    assert_eq!(seen.verdict, expected, "{seen:?}");
    assert_eq!(seen.reason.is_none(), expected == Pass);
    assert_eq!(summary.verdict, expected, "{:?}", summary.reasons);
}

#[test]
fn a_process_that_goes_on_is_isolated() {
    check(camera_kill(ALL), fine, Pass);
    let summary = camera_kill(ALL).play(fine).summary();
    let fusion = isolation(&summary, Node::Fusion);
    assert_eq!((fusion.verdict, fusion.lost, fusion.kept_its_process), (Pass, 0, true));
    // The window of three radar periods holds 5 frames and 3 detection lists.
    assert_eq!(fusion.during_us.unwrap().count, 8);
}

#[test]
fn a_process_that_misses_a_sample_is_not_isolated() {
    check(camera_kill(ALL), without(Node::Radar, 42..43), Fail);
    check(camera_kill(ALL), without(Node::Radar, 20..21), Pass);
}

#[test]
fn a_stall_excuses_only_the_samples_around_it() {
    for (stalled_ms, gone, expected) in [
        (2050.0, 41..42, Inconclusive),
        (2050.0, 41..44, Fail),
        (2130.0, 41..42, Fail),
        (2050.0, 0..0, Pass),
    ] {
        let mut script = camera_kill(ALL);
        let (due_ns, late_ns) = (t_ns(stalled_ms), 15_000_000);
        script.watchdog(stalled_ms + 15.0, Event::HostStall { due_ns, late_ns });
        check(script, without(Node::Radar, gone), expected);
    }
}

#[test]
fn a_process_that_restarts_is_not_isolated() {
    let mut script = camera_kill(ALL);
    script.dies_detected(Node::Radar, 2020.0, 256 + 9);
    script.reborn(Node::Radar, 2022.0);
    check(script, fine, Fail);
}

#[test]
fn a_slower_process_is_not_isolated_unless_the_host_stalled() {
    for (late_ms, stall_ms, expected) in
        [(4.0, 0.0, Pass), (8.0, 0.0, Fail), (8.0, 12.0, Inconclusive), (4.0, 12.0, Pass)]
    {
        let mut script = camera_kill(ALL).play(fine);
        for (_, record) in &mut script.records {
            if matches!(record.event, Event::RadarSent { cycle: 41, .. }) {
                record.t_ns = t_ns(2050.0 + 2.0 + late_ms);
            }
        }
        if stall_ms > 0.0 {
            let late_ns = (stall_ms * 1e6) as u64;
            script.watchdog(2070.0, Event::HostStall { due_ns: t_ns(2045.0), late_ns });
        }
        let summary = script.summary();
        let seen = isolation(&summary, Node::Radar);
        assert_eq!(seen.verdict, expected, "{seen:?}");
    }
}

/// The camera's isolation from a fusion that is killed at 2010 ms and replaced 80 ms later.
fn camera_behind_a_dead_reader(fate: impl Fn(Node, u64) -> Fate) -> Isolation {
    let kill = fault("F1", "fusion", 2.0, "kill = { signal = \"SIGKILL\" }");
    let mut script = Script::new(plan(&format!("{kill}[expect]\nisolated = [\"camera\"]\n")));
    script.watchdog(2010.0, Event::Injecting { fault: 0, incarnation: 1 });
    script.dies_detected(Node::Fusion, 2010.0, 256 + 9);
    script.reborn(Node::Fusion, 2090.0);
    isolation(&script.play(fate).summary(), Node::Camera).clone()
}

#[test]
fn a_sender_that_goes_on_while_its_reader_is_down_is_isolated() {
    let camera = camera_behind_a_dead_reader(fine);
    assert_eq!((camera.verdict, camera.lost), (Pass, 0), "{camera:?}");
}

#[test]
fn a_sender_that_drops_behind_its_reader_is_not_isolated() {
    let fate = |node, item| match (node, item) {
        (Node::Camera, 61 | 62) => Fate::Overrun,
        _ => Fate::Used,
    };
    let camera = camera_behind_a_dead_reader(fate);
    assert_eq!((camera.verdict, camera.lost), (Fail, 2), "{camera:?}");
    let why = "camera dropped 2 frames for want of a place during the fault.";
    assert_eq!(camera.reason.as_deref(), Some(why));
}

#[test]
fn a_fusion_that_stalls_while_the_camera_is_down_is_not_isolated() {
    let kill = fault("F1", "camera", 1.0, "kill = { signal = \"SIGKILL\" }");
    let mut script = Script::new(plan(&format!("{kill}[expect]\nisolated = [\"fusion\"]\n")));
    script.watchdog(1010.0, Event::Injecting { fault: 0, incarnation: 1 });
    script.dies_detected(Node::Camera, 1010.0, 256 + 9);
    script.reborn(Node::Camera, 2510.0);
    // Stopped from 1.5 to 2.2 s: the lists of 1500 to 2100 wait in the queue, 13 of them.
    let late = |node, item| match (node, item) {
        (Node::Radar, 30..43) => Fate::UsedAfter(2205.0 - 50.0 * item as f64),
        _ => Fate::Used,
    };
    for (summary, expected, lost) in
        [(script.clone().play(fine).summary(), Pass, 0), (script.play(late).summary(), Fail, 13)]
    {
        let fusion = isolation(&summary, Node::Fusion);
        assert_eq!((fusion.verdict, fusion.lost), (expected, lost), "{fusion:?}");
    }
}

#[test]
fn a_fault_without_effect_isolates_nobody() {
    let mut script = camera_kill(ALL).play(fine);
    script.records.retain(|(_, it)| !matches!(it.event, Event::Injecting { .. }));
    let summary = script.summary();
    assert_eq!(isolation(&summary, Node::Radar).verdict, Inconclusive);
}
