//! What an injector decides, as tables.

use super::*;
use crate::act::{CrashHow, Damage};
use crate::fault::{Cause, Start, Target};
use wire::event::LifeState;

const MS: u64 = 1_000_000;

/// A fault as a scenario file has it.
fn fault(start_ms: u64, inject: &str) -> Fault {
    let injection = serde_json::from_str(inject).unwrap();
    let start = Start::At(start_ms * MS);
    Fault { id: "F".into(), target: Target::Camera, start, injection }
}

fn injector(faults: &[Fault], born_ms: u64) -> Injector {
    Injector::new(faults, Node::Camera, 7, born_ms * MS, &[])
}

#[test]
fn a_crash_strikes_once_and_spares_the_next_incarnation() {
    let faults = [fault(100, r#"{"crash":{"how":"abort"}}"#)];
    let mut first = injector(&faults, 0);
    assert_eq!(first.next_process_fault_ns(0), Some(100 * MS));
    assert_eq!(first.process_fault(99 * MS), None);
    let crash = ProcessFault::Crash(CrashHow::Abort);
    assert_eq!(first.process_fault(100 * MS), Some((0, crash, None)));
    assert_eq!(first.process_fault(101 * MS), None, "once");
    assert_eq!(injector(&faults, 105).process_fault(106 * MS), None, "the newborn is spared");
}

#[test]
fn a_crash_with_a_duration_is_a_crash_loop() {
    let faults = [fault(100, r#"{"crash":{"how":"exit","for-s":0.05}}"#)];
    let struck = Some((0, ProcessFault::Crash(CrashHow::Exit), Some(50 * MS)));
    assert_eq!(injector(&faults, 105).process_fault(106 * MS), struck);
    let mut late = injector(&faults, 149);
    assert_eq!(late.process_fault(150 * MS), None, "it is over");
    assert_eq!(late.next_process_fault_ns(150 * MS), None, "and nobody waits for it");
}

#[test]
fn a_hang_that_strikes_late_lasts_as_long() {
    let faults = [fault(10, r#"{"hang":{"how":"block","for-s":0.02}}"#)];
    let struck = injector(&faults, 0).process_fault(40 * MS);
    assert_eq!(struck, Some((0, ProcessFault::Block, Some(20 * MS))));
}

#[test]
fn faults_of_others_and_of_the_watchdog_do_not_act_here() {
    let mut others = fault(0, r#"{"freeze":{"for-s":1.0}}"#);
    others.target = Target::Radar;
    let stop = fault(0, r#"{"hang":{"how":"stop"}}"#);
    let kill = fault(0, r#"{"kill":{"signal":"SIGKILL"}}"#);
    let mut injector = injector(&[others, stop, kill], 0);
    assert_eq!(injector.process_fault(MS), None);
    assert_eq!(injector.sample_faults(0, 0).count(), 0);
}

#[test]
fn a_triggered_fault_acts_once_it_has_begun() {
    let mut faults = [fault(0, r#"{"drop":{"percent":100.0,"for-s":0.01}}"#)];
    faults[0].start = Start::After(Cause::State(Node::Radar, LifeState::Starting), 0);
    let mut injector = injector(&faults, 0);
    assert_eq!(injector.awaited().collect::<Vec<_>>(), [0]);
    assert_eq!(injector.sample_faults(50 * MS, 1).count(), 0);
    injector.begin(0, 50 * MS);
    injector.begin(0, 90 * MS);
    let hits = [49, 50, 59, 60, 90].map(|ms| injector.sample_faults(ms * MS, ms).count());
    assert_eq!(hits, [0, 1, 1, 0, 0], "the first beginning counts");
    assert_eq!(injector.awaited().count(), 0);
}

#[test]
fn faults_on_samples_act_in_their_interval_in_the_order_of_the_plan() {
    let faults = [
        fault(10, r#"{"corrupt":{"bits":3,"for-s":0.01}}"#),
        fault(15, r#"{"delay":{"by-ms":7.0,"for-s":0.01}}"#),
    ];
    let injector = injector(&faults, 0);
    let at = |ms: u64| injector.sample_faults(ms * MS, ms).collect::<Vec<_>>();
    let damage = |since: u64| (0, SampleFault::Damage(Damage::Bits(3)), since * MS);
    let delay = |since: u64| (1, SampleFault::Delay(7 * MS), since * MS);
    assert_eq!(at(9), []);
    assert_eq!(at(10), [damage(0)]);
    assert_eq!(at(15), [damage(5), delay(0)]);
    assert_eq!(at(20), [delay(5)]);
    assert_eq!(at(25), []);
}

#[test]
fn a_delay_with_jitter_is_as_often_above_as_below_the_middle_whichever_samples_it_hits() {
    for percent in ["10.0", "50.0", "100.0"] {
        let delay = r#"{"delay":{"by-ms":20.0,"jitter-ms":5.0,"for-s":1.0,"percent":"#;
        let faults = [fault(0, &format!("{delay}{percent}}}}}"))];
        let injector = injector(&faults, 0);
        let delays: Vec<u64> = (0..1000)
            .flat_map(|item| injector.sample_faults(0, item))
            .map(|(_, what, _)| match what {
                SampleFault::Delay(ns) => ns,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(delays.iter().all(|ns| (15 * MS..=25 * MS).contains(ns)), "{delays:?}");
        assert!(delays.iter().any(|&ns| ns < 16 * MS) && delays.iter().any(|&ns| ns > 24 * MS));
        // Some 100 at the least: five standard deviations of their share are 25 %.
        let above = delays.iter().filter(|&&ns| ns > 20 * MS).count() as f64;
        assert!((0.25..0.75).contains(&(above / delays.len() as f64)), "{percent}: {above}");
    }
}

fn hits(injector: &Injector, items: u64) -> Vec<u64> {
    (0..items).filter(|&item| injector.sample_faults(0, item).count() == 1).collect()
}

#[test]
fn drop_hits_its_share_and_the_same_items_every_time() {
    let faults = [fault(0, r#"{"drop":{"percent":30.0,"for-s":1.0}}"#)];
    let first = hits(&injector(&faults, 0), 2000);
    assert_eq!(first, hits(&injector(&faults, 1), 2000));
    // Binomial(2000, 0.3): σ = 20.5; five σ around 600.
    assert!((498..702).contains(&first.len()), "{} of 2000", first.len());
    let all = [fault(0, r#"{"drop":{"percent":100.0,"for-s":1.0}}"#)];
    assert_eq!(hits(&injector(&all, 0), 2000).len(), 2000);
}

#[test]
fn losses_in_runs_have_the_share_and_the_mean_length_asked_for() {
    const ITEMS: u64 = 20_000;
    for (percent, burst) in [(20.0, 5.0), (80.0, 4.0), (40.0, 32.0)] {
        let drop = format!(r#"{{"percent":{percent:?},"mean-burst":{burst:?},"for-s":1.0}}"#);
        let faults = [fault(0, &format!(r#"{{"drop":{drop}}}"#))];
        let lost = hits(&injector(&faults, 0), ITEMS);
        let runs = lost.windows(2).filter(|pair| pair[1] != pair[0] + 1).count() + 1;
        let share = lost.len() as f64 / ITEMS as f64 * 100.0;
        let mean = lost.len() as f64 / runs as f64;
        // Some 250 runs at the least: share and mean length are known to about 7 %, and the ends of
        // blocks make runs up to a tenth shorter.
        assert!((0.8..1.2).contains(&(share / percent)), "{percent} %, {burst}: {share} %");
        assert!((0.75..1.2).contains(&(mean / burst)), "{percent} %, {burst}: {mean}");
    }
}

#[test]
fn slowness_adds_up_and_jitter_comes_as_a_drawn_time() {
    let faults = [
        fault(10, r#"{"slow":{"extra-ms":5.0,"for-s":0.01}}"#),
        fault(15, r#"{"jitter":{"up-to-ms":2.0,"for-s":0.01}}"#),
    ];
    let injector = injector(&faults, 0);
    let at = |ms: u64| injector.step_faults(ms * MS, ms).collect::<Vec<_>>();
    assert_eq!(at(10), [(0, StepFault::Slow(5 * MS), 0)]);
    let both = at(15);
    assert_eq!(both.len(), 2);
    assert!(matches!(both[1], (1, StepFault::Slow(ns), 0) if ns <= 2 * MS), "{both:?}");
    assert_eq!(at(25), []);
}
