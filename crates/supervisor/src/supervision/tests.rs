//! Tests of the local status and of what each supervision makes of the checkpoints of a camera.

use super::*;
use wire::Checkpoint::{Overrun, Protected, Published, Rendered, SlotTaken};
use wire::Node;

const MS: u64 = 1_000_000;
const END: u64 = 100_000;

fn limits() -> Supervision {
    let text = "schema = 1\nname = \"a\"\nduration-s = 1.0\nego.speed-kph = 1.0\n";
    scenario::parse("test", text).unwrap().supervision[Node::Camera.index()]
}

/// A camera that is active from 0 ms on, with cycles of 100 ms and 2 to 4 steps.
fn camera(disabled: &[Detector]) -> Entity {
    camera_until(END, disabled)
}

fn camera_until(end_ms: u64, disabled: &[Detector]) -> Entity {
    let alive = scenario::plan::Alive { cycle_ns: 100 * MS, min: 2, max: 4, tolerance_cycles: 1 };
    let deadline = scenario::plan::Deadline { min_ns: 2 * MS, max_ns: 20 * MS };
    let limits = Supervision { alive, deadline, ..limits() };
    let mut entity = Entity::new(Graph::of(Node::Camera), &limits, disabled);
    entity.activate((0, end_ms * MS));
    entity
}

fn expired(detector: Detector) -> Change {
    Change { status: LocalStatus::Expired, detector }
}

#[test]
fn every_way_through_the_graph_is_right_and_every_other_is_wrong() {
    let whole = [SlotTaken, Rendered, Protected, Published];
    for (path, wrong_at) in [
        (&[&whole[..], &whole[..]].concat()[..], None),
        (&[SlotTaken, Overrun, SlotTaken, Rendered], None),
        (&[Rendered], Some(0)),
        (&[SlotTaken, Protected], Some(1)),
        (&[SlotTaken, SlotTaken], Some(1)),
        (&[SlotTaken, Rendered, Protected, Published, Rendered], Some(4)),
        (&[SlotTaken, Rendered, Rendered], Some(2)),
        (&[SlotTaken, wire::Checkpoint::Fused], Some(1)),
    ] {
        let mut entity = camera(&[Detector::Deadline]);
        let found = path.iter().position(|&checkpoint| {
            let change = entity.on_checkpoint(checkpoint, 0, &Stalls::default());
            assert!(change.is_none() || change == Some(expired(Detector::Logical)));
            change.is_some()
        });
        assert_eq!(found, wrong_at, "{path:?}");
    }
}

#[test]
fn a_step_has_a_least_and_a_most_and_is_noticed_while_it_is_stuck() {
    for (end_ms, stall, expected) in [
        (Some(1), None, Some(expired(Detector::Deadline))),
        (Some(2), None, None),
        (Some(20), None, None),
        (Some(21), None, Some(expired(Detector::Deadline))),
        (Some(29), Some((5, 15)), None),
        (Some(31), Some((5, 15)), Some(expired(Detector::Deadline))),
        (None, None, Some(expired(Detector::Deadline))),
    ] {
        let mut entity = camera(&[Detector::Alive]);
        let mut stalls = Stalls::default();
        if let Some((from, to)) = stall {
            stalls.add(from * MS, to * MS);
        }
        assert_eq!(entity.on_checkpoint(SlotTaken, 0, &stalls), None);
        assert_eq!(entity.on_checkpoint(Rendered, 0, &stalls), None);
        assert_eq!(entity.on_checkpoint(Protected, 0, &stalls), None);
        let found = if let Some(ms) = end_ms {
            entity.on_checkpoint(Published, ms * MS, &stalls)
        } else {
            let at = entity.deadline_ns(&stalls);
            assert_eq!(at, 20 * MS + 1);
            assert_eq!(entity.on_time(at - 1, &stalls), None);
            entity.on_time(at, &stalls)
        };
        assert_eq!(found, expected, "end at {end_ms:?} ms, stall {stall:?}");
    }
}

/// Runs cycles with these numbers of steps; the status after each.
fn cycles(steps: &[u64], stalls: &Stalls) -> Vec<LocalStatus> {
    let mut entity = camera(&[Detector::Deadline, Detector::Logical]);
    let mut from_ms = 0;
    let mut statuses = Vec::new();
    for &steps in steps {
        for step in 0..steps {
            let at_ns = (from_ms + 1 + step) * MS;
            assert_eq!(entity.on_checkpoint(Published, at_ns, stalls), None);
        }
        let end_ns = entity.deadline_ns(stalls);
        assert_eq!(entity.on_time(end_ns - 1, stalls), None, "not before the end");
        // What is told is every change and nothing else.
        let before = entity.status();
        let told = entity.on_time(end_ns, stalls).map(|change| change.status);
        assert_eq!(told, (entity.status() != before).then_some(entity.status()));
        statuses.push(entity.status());
        from_ms = end_ns / MS;
    }
    statuses
}

#[test]
fn failed_cycles_are_counted_up_and_down_and_one_more_than_tolerated_is_the_end() {
    use LocalStatus::{Expired, Failed, Ok};
    for (steps, expected) in [
        (&[2, 3, 4, 2][..], &[Ok, Ok, Ok, Ok][..]),
        (&[1, 3], &[Failed, Ok]),
        (&[5, 3], &[Failed, Ok]),
        (&[1, 3, 1, 3], &[Failed, Ok, Failed, Ok]),
        (&[0, 0], &[Failed, Expired]),
        (&[5, 1], &[Failed, Expired]),
    ] {
        assert_eq!(cycles(steps, &Stalls::default()), expected, "{steps:?}");
    }
}

#[test]
fn a_stalled_cycle_is_longer_and_holds_more_steps() {
    use LocalStatus::{Failed, Ok};
    let mut stalls = Stalls::default();
    stalls.add(10 * MS, 60 * MS);
    // 150 ms: as few as in 100 ms, or half as many more.
    assert_eq!(cycles(&[2], &stalls), [Ok]);
    assert_eq!(cycles(&[6], &stalls), [Ok]);
    assert_eq!(cycles(&[7], &stalls), [Failed]);
    assert_eq!(cycles(&[1], &stalls), [Failed]);
}

#[test]
fn no_cycle_reaches_beyond_the_schedule() {
    let stalls = Stalls::default();
    assert_eq!(camera_until(99, &[]).on_time(500 * MS, &stalls), None);
    let mut entity = camera_until(200, &[]);
    assert!(entity.on_time(500 * MS, &stalls).is_some(), "several cycles in one look");
    assert_eq!(entity.status(), LocalStatus::Expired);
}

#[test]
fn what_was_lost_is_held_against_nobody() {
    let mut entity = camera(&[]);
    let stalls = Stalls::default();
    assert_eq!(entity.on_checkpoint(SlotTaken, 0, &stalls), None);
    entity.on_loss(90 * MS);
    assert_eq!(entity.on_checkpoint(Protected, 91 * MS, &stalls), None);
    assert_eq!(entity.on_time(189 * MS, &stalls), None, "the cycle began anew");
    assert_eq!(entity.on_checkpoint(Rendered, 190 * MS, &stalls), Some(expired(Detector::Logical)));
}

#[test]
fn a_supervision_that_is_off_says_nothing() {
    let stalls = Stalls::default();
    let mut entity = camera(&[Detector::Alive, Detector::Deadline, Detector::Logical]);
    assert_eq!(entity.on_checkpoint(Protected, 0, &stalls), None);
    assert_eq!(entity.on_checkpoint(SlotTaken, 0, &stalls), None);
    assert_eq!(entity.on_time(5_000 * MS, &stalls), None);
    assert_eq!(entity.deadline_ns(&stalls), u64::MAX);
}

#[test]
fn expired_is_the_end_and_nobody_judges_the_deactivated() {
    let stalls = Stalls::default();
    let mut entity = camera(&[]);
    assert_eq!(entity.fail(Detector::Exit), Some(expired(Detector::Exit)));
    assert_eq!(entity.fail(Detector::Heartbeat), None);
    assert_eq!(entity.on_checkpoint(Published, 0, &stalls), None);
    assert_eq!(entity.on_time(5_000 * MS, &stalls), None);
    let mut idle = Entity::new(Graph::of(Node::Camera), &limits(), &[]);
    assert_eq!(idle.fail(Detector::Exit), None);
    assert_eq!(idle.on_checkpoint(Published, 0, &stalls), None);
}
