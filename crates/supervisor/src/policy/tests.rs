//! Tests of the policy: what is seen, and what is to be done about it, in words.

use super::*;

const MS: u64 = 1_000_000;
const KILLED: u32 = 256 + 9;

/// A policy of which only the camera is interesting: the others beat whenever time comes.
struct Rig {
    policy: Policy,
    standby_beats: bool,
}

impl Rig {
    fn new(limit: u32, delay_ms: u64) -> Rig {
        let set = |it: &mut Supervision| {
            it.restart.limit = limit;
            it.restart.delay_ns = delay_ms * MS;
        };
        Rig::with(set, &[], None)
    }

    /// A policy with other limits, without some detectors, with a time for emergency operation.
    fn with(
        set: impl Fn(&mut Supervision),
        disabled: &[Detector],
        emergency_ms: Option<u64>,
    ) -> Rig {
        let text = "schema = 1\nname = \"a\"\nduration-s = 1.0\nego.speed-kph = 1.0\n";
        let mut supervision = scenario::parse("test", text).unwrap().supervision;
        for it in &mut supervision {
            it.heartbeat_timeout_ns = 100 * MS;
            it.startup_timeout_ns = 500 * MS;
            it.restart.window_ns = 1000 * MS;
            it.alive = scenario::plan::Alive {
                cycle_ns: 1_000_000 * MS,
                min: 0,
                max: 0,
                tolerance_cycles: 0,
            };
            it.deadline = scenario::plan::Deadline { min_ns: 0, max_ns: 50 * MS };
            set(it);
        }
        let emergency_operation_ns = emergency_ms.map(|ms| ms * MS);
        let rules = Rules {
            supervision: &supervision,
            disabled,
            emergency_operation_ns,
            incarnations: [0; Node::ALL.len()],
        };
        let mut rig = Rig { policy: Policy::new(&rules, 0), standby_beats: false };
        let spawned = rig.policy.on_time(0, [Beats::default(); 3]);
        assert_eq!(spawned, Node::ALL.map(|node| Action::Spawn(node, 1)));
        for node in Node::ALL {
            rig.seen(0, Seen::Spawned(node, 1));
        }
        rig
    }

    /// The same with everyone at work on a schedule from 10 ms on.
    fn at_work(self) -> Rig {
        let mut rig = self;
        rig.time(9, Some(9));
        assert_eq!(rig.seen(9, Seen::Scheduled(10 * MS, 1_000_000 * MS)), NOTHING);
        assert_eq!(rig.time(10, Some(10)), NOTHING);
        rig
    }

    fn time(&mut self, now_ms: u64, beat_ms: Option<u64>) -> Vec<String> {
        let others = Beats { writer: Some(now_ms * MS), standby: None };
        let standby = self.standby_beats.then_some(now_ms * MS);
        let camera = Beats { writer: beat_ms.map(|ms| ms * MS), standby };
        words(&self.policy.on_time(now_ms * MS, [camera, others, others]))
    }

    fn seen(&mut self, now_ms: u64, seen: Seen) -> Vec<String> {
        words(&self.policy.on_seen(seen, now_ms * MS))
    }

    fn exited(&mut self, now_ms: u64) -> Vec<String> {
        let incarnation = self.policy.incarnation(Node::Camera);
        self.seen(now_ms, Seen::Exited(Node::Camera, incarnation, KILLED))
    }

    fn spawned(&mut self, now_ms: u64) -> Vec<String> {
        let incarnation = self.policy.incarnation(Node::Camera);
        self.seen(now_ms, Seen::Spawned(Node::Camera, incarnation))
    }

    fn state(&self, node: Node) -> LifeState {
        self.policy.lives[node.index()].state.name()
    }

    fn passes(&mut self, now_ms: u64, checkpoint: wire::Checkpoint) -> Vec<String> {
        let incarnation = self.policy.incarnation(Node::Camera);
        let passed = [Passed { incarnation, checkpoint, at_ns: now_ms * MS }];
        words(&self.policy.on_checkpoints(Node::Camera, &passed, 0, now_ms * MS))
    }
}

const NOTHING: [&str; 0] = [];

fn words(actions: &[Action]) -> Vec<String> {
    let word = |action: &Action| match action {
        Action::Spawn(node, incarnation) => Some(format!("spawn {node} {incarnation}")),
        Action::Kill(node) => Some(format!("kill {node}")),
        Action::Terminate(node) => Some(format!("terminate {node}")),
        Action::KillStandby(node) => Some(format!("kill standby {node}")),
        Action::Tell(Event::StateChanged { node: Node::Camera, state, .. }) => {
            Some(state.name().to_owned())
        }
        Action::Tell(Event::Detected { detector, .. }) => Some(format!("! {}", detector.name())),
        Action::Tell(Event::Reacted { reaction, .. }) => Some(format!("> {}", reaction.name())),
        Action::Tell(Event::StatusChanged { status, .. }) => {
            Some(format!("local {}", status.name()))
        }
        Action::Tell(Event::GlobalStatus { status }) => Some(format!("global {}", status.name())),
        Action::Tell(Event::SystemState { state }) => Some(format!("system {}", state.name())),
        Action::Tell(_) => None,
    };
    actions.iter().filter_map(word).collect()
}

#[test]
fn an_ended_process_is_replaced_at_once() {
    let mut rig = Rig::new(5, 0);
    assert_eq!(rig.time(10, Some(9)), ["running"]);
    assert!(rig.policy.all_running());
    assert_eq!(rig.exited(20), ["! exit", "waiting"]);
    assert_eq!(rig.policy.deadline_ns(), 20 * MS);
    assert_eq!(rig.time(20, None), ["spawn camera 2"]);
    assert_eq!(rig.spawned(21), ["starting", "> restart"]);
}

#[test]
fn a_silent_process_is_killed_and_replaced_once_it_is_buried() {
    let mut rig = Rig::new(5, 0);
    rig.time(10, Some(10));
    assert_eq!(rig.time(109, Some(10)), NOTHING);
    assert_eq!(rig.time(110, Some(10)), ["! heartbeat", "kill camera", "ending", "> kill"]);
    assert_eq!(rig.time(500, Some(10)), NOTHING, "one grave, one kill");
    assert_eq!(rig.exited(501), ["waiting"], "its end was our doing, not a second failure");
}

#[test]
fn a_late_heartbeat_does_not_revive_the_dead() {
    let mut rig = Rig::new(5, 0);
    rig.time(10, Some(10));
    rig.time(110, Some(10));
    assert_eq!(rig.time(111, Some(111)), NOTHING);
    assert_eq!(rig.state(Node::Camera), LifeState::Ending);
}

#[test]
fn starting_has_a_deadline_of_its_own() {
    let mut rig = Rig::new(5, 0);
    assert_eq!(rig.time(499, None), NOTHING);
    assert_eq!(rig.time(500, None), ["! startup", "kill camera", "ending", "> kill"]);
}

#[test]
fn the_budget_counts_restarts_in_its_window_and_then_gives_up() {
    let mut rig = Rig::new(2, 0);
    for at in [100, 200] {
        assert_eq!(rig.exited(at), ["! exit", "waiting"]);
        rig.time(at, None);
        rig.spawned(at);
    }
    assert_eq!(rig.exited(300), ["! exit", "down", "> give-up", "> degrade"]);
    assert!(rig.policy.any_down());
    assert_eq!(rig.time(5000, None), NOTHING, "it stays down");

    let mut rig = Rig::new(2, 0);
    for at in [100, 200, 1100, 1200, 2100] {
        assert_eq!(rig.exited(at), ["! exit", "waiting"], "the window moves on, at {at} ms");
        rig.time(at, None);
        rig.spawned(at);
    }
}

#[test]
fn a_delay_is_waited_for() {
    let mut rig = Rig::new(5, 50);
    rig.exited(100);
    assert_eq!(rig.time(149, None), NOTHING);
    assert_eq!(rig.time(150, None), ["spawn camera 2"]);
}

#[test]
fn silence_while_the_host_stands_still_does_not_count() {
    let mut rig = Rig::new(5, 0);
    rig.time(10, Some(10));
    rig.policy.on_stall(10 * MS, 200 * MS);
    assert_eq!(rig.time(200, Some(10)), NOTHING);
    rig.policy.on_stall(10 * MS, 300 * MS);
    assert_eq!(rig.time(300, Some(10)), NOTHING);
    assert_eq!(rig.time(399, Some(10)), NOTHING);
    assert_eq!(rig.time(400, Some(10))[0], "! heartbeat");
}

#[test]
fn a_host_that_stalls_often_cannot_hide_a_hang() {
    let mut rig = Rig::new(5, 0);
    rig.time(10, Some(10));
    // 10 ms of every 50 ms are lost: 100 ms of silence take 120 ms.
    let detected = (10..1000).find(|&now| {
        if now % 50 == 0 {
            rig.policy.on_stall((now - 10) * MS, now * MS);
        }
        !rig.time(now, Some(10)).is_empty()
    });
    assert_eq!(detected, Some(130));
}

#[test]
fn a_stall_before_the_last_sign_of_life_excuses_nothing_and_one_after_it_does() {
    let mut rig = Rig::new(5, 0);
    rig.policy.on_stall(50 * MS, 550 * MS);
    rig.time(600, Some(600));
    assert_eq!(rig.time(700, Some(600))[0], "! heartbeat");

    // The stall and the sign of life before it are seen in the same moment.
    let mut rig = Rig::new(5, 0);
    rig.policy.on_stall(25 * MS, 200 * MS);
    rig.time(200, Some(20));
    assert_eq!(rig.time(294, Some(20)), NOTHING);
    assert_eq!(rig.time(295, Some(20))[0], "! heartbeat");
}

#[test]
fn a_process_that_cannot_be_spawned_uses_up_its_budget() {
    let mut rig = Rig::new(1, 0);
    rig.exited(10);
    rig.time(10, None);
    let failed = rig.policy.on_seen(Seen::SpawnFailed(Node::Camera, 2), 11 * MS);
    assert_eq!(words(&failed), ["! startup", "down", "> give-up", "> degrade"]);
}

#[test]
fn a_failure_is_told_as_status_and_state_until_a_successor_is_at_work() {
    let mut rig = Rig::new(5, 0).at_work();
    let found = rig.exited(20);
    let expected = ["! exit", "local expired", "waiting", "global expired", "system emergency"];
    assert_eq!(found, expected);
    rig.time(20, None);
    assert_eq!(rig.spawned(21), ["starting", "> restart"]);
    assert_eq!(rig.time(30, Some(29)), ["running", "local ok", "global ok", "system normal"]);
}

#[test]
fn a_stuck_step_is_found_at_its_limit_and_its_process_is_killed() {
    use wire::Checkpoint::SlotTaken;
    let mut rig = Rig::new(5, 0).at_work();
    assert_eq!(rig.passes(20, SlotTaken), NOTHING);
    assert_eq!(rig.policy.deadline_ns(), 70 * MS + 1);
    assert_eq!(rig.time(70, Some(70)), NOTHING);
    let found = rig.time(71, Some(71));
    let expected = ["local expired", "! deadline", "kill camera", "ending", "> kill"];
    assert_eq!(found[..5], expected);
    assert_eq!(rig.time(500, Some(500)), NOTHING);
}

#[test]
fn checkpoints_of_another_incarnation_do_not_count() {
    let mut rig = Rig::new(5, 0).at_work();
    let checkpoint = wire::Checkpoint::Published;
    let passed = [Passed { incarnation: 2, checkpoint, at_ns: 20 * MS }];
    assert_eq!(rig.policy.on_checkpoints(Node::Camera, &passed, 0, 20 * MS), []);
    assert_eq!(rig.passes(20, checkpoint)[0], "local expired");
}

#[test]
fn a_process_that_uses_too_much_memory_is_killed() {
    let mut rig = Rig::with(|it| it.memory_limit_kib = 1000, &[], None).at_work();
    assert_eq!(rig.seen(20, Seen::Memory(Node::Camera, 1000)), NOTHING);
    assert_eq!(rig.seen(21, Seen::Memory(Node::Camera, 1001))[0], "! memory");
}

#[test]
fn a_death_is_found_before_the_burial_and_the_burial_is_awaited() {
    let mut rig = Rig::new(5, 0).at_work();
    let died = Seen::Died(Node::Camera, 1);
    let found = ["! early-death", "local expired", "global expired", "system emergency"];
    assert_eq!(rig.seen(20, died), found);
    assert_eq!(rig.seen(20, died), NOTHING, "once");
    assert_eq!(rig.time(400, Some(10)), NOTHING, "the dead are not killed");
    assert_eq!(rig.exited(401), ["! exit", "waiting"]);
}

#[test]
fn a_detector_that_is_off_finds_nothing_and_the_next_one_does() {
    use Detector::{EarlyDeath, Exit, Heartbeat};
    let mut rig = Rig::with(|_| (), &[EarlyDeath, Exit], None).at_work();
    assert_eq!(rig.seen(20, Seen::Died(Node::Camera, 1)), NOTHING);
    assert!(rig.policy.must_be_found(Node::Camera, 1));
    assert_eq!(rig.time(110, Some(10))[0], "! heartbeat");
    assert!(!rig.policy.must_be_found(Node::Camera, 1));
    assert_eq!(rig.exited(111), ["waiting"]);

    let mut rig = Rig::with(|_| (), &[Heartbeat], None).at_work();
    assert_eq!(rig.time(10_000, Some(10)), NOTHING);
}

#[test]
fn who_is_asked_to_end_is_replaced_without_a_failure_and_killed_if_it_stays() {
    let mut rig = Rig::with(|it| it.stop_timeout_ns = 30 * MS, &[], None).at_work();
    let stop = Seen::StopRequested(Node::Camera);
    assert_eq!(rig.seen(20, stop), ["terminate camera", "ending", "> stop"]);
    assert_eq!(rig.seen(20, stop), NOTHING);
    assert_eq!(rig.exited(21), ["waiting", "system emergency"]);
    assert_eq!(rig.time(21, None), ["spawn camera 2"]);
    rig.spawned(21);
    rig.time(22, Some(22));
    rig.seen(30, stop);
    assert_eq!(rig.time(59, Some(59)), NOTHING);
    assert_eq!(rig.time(60, Some(60))[..2], ["! stop-timeout", "local expired"]);
}

#[test]
fn a_stall_excuses_who_was_asked_to_end() {
    let mut rig = Rig::with(|it| it.stop_timeout_ns = 30 * MS, &[], None).at_work();
    rig.seen(20, Seen::StopRequested(Node::Camera));
    rig.policy.on_stall(21 * MS, 41 * MS);
    assert_eq!(rig.time(69, Some(69)), NOTHING);
    assert_eq!(rig.time(70, Some(70))[0], "! stop-timeout");
}

#[test]
fn dependents_are_stopped_and_everyone_starts_when_all_have_ended() {
    for (strategy, first, second) in [
        (Strategy::OneForOne, Node::Camera, &[][..]),
        (Strategy::RestForOne, Node::Radar, &["terminate fusion"]),
        (Strategy::RestForOne, Node::Camera, &["terminate radar", "terminate fusion"]),
        (Strategy::OneForAll, Node::Fusion, &["terminate camera", "terminate radar"]),
    ] {
        let mut rig = Rig::with(|it| it.restart.strategy = strategy, &[], None).at_work();
        let found = rig.seen(20, Seen::Exited(first, 1, KILLED));
        let stopped: Vec<_> = found.iter().filter(|it| it.starts_with("term")).collect();
        assert_eq!(stopped, second, "{strategy:?} of {first}");
        let started: Vec<_> =
            rig.time(20, Some(20)).into_iter().filter(|it| it.starts_with("spawn")).collect();
        assert_eq!(started.is_empty(), !second.is_empty(), "nobody starts before all have ended");
        for node in Node::ALL.into_iter().filter(|&node| node != first) {
            if rig.state(node) == LifeState::Ending {
                rig.seen(21, Seen::Exited(node, 1, 256 + 15));
            }
        }
        let more: Vec<_> =
            rig.time(21, Some(21)).into_iter().filter(|it| it.starts_with("spawn")).collect();
        let together = if second.is_empty() { 1 } else { second.len() + 1 };
        assert_eq!(started.len() + more.len(), together);
    }
}

#[test]
fn who_gives_up_degrades_the_system_or_sends_it_to_its_safe_state() {
    let give_up = |on_give_up, emergency_ms| {
        let set = |it: &mut Supervision| {
            it.restart.limit = 0;
            it.on_give_up = on_give_up;
        };
        let mut rig = Rig::with(set, &[], emergency_ms).at_work();
        let found = rig.exited(20);
        (rig, found[2..].to_vec())
    };
    let (mut rig, found) = give_up(OnGiveUp::Degrade, Some(100));
    let degraded = ["down", "> give-up", "> degrade", "global expired", "system emergency"];
    assert_eq!(found, degraded);
    assert_eq!(rig.time(119, None), NOTHING);
    assert_eq!(rig.time(120, None), ["system safe"]);
    assert_eq!(rig.policy.status().system, SystemState::Safe);
    assert_eq!(rig.time(1020, None), ["global stopped"]);

    let (rig, found) = give_up(OnGiveUp::SafeState, None);
    let safe = ["down", "> give-up", "> safe-state", "system safe", "global expired"];
    assert_eq!(found, safe);
    assert_eq!(rig.policy.status().system, SystemState::Safe);
}

/// A camera with a standby that is ready.
fn with_standby(limit: u32) -> Rig {
    let set = |it: &mut Supervision| {
        it.restart.limit = limit;
        it.restart.standby = true;
    };
    let mut rig = Rig::with(set, &[], None).at_work();
    let later: Vec<_> =
        rig.time(60, Some(60)).into_iter().filter(|it| it.contains("camera")).collect();
    assert_eq!(later, ["spawn camera 2"]);
    assert_eq!(rig.seen(61, Seen::Spawned(Node::Camera, 2)), NOTHING);
    assert_eq!(rig.policy.status().nodes[0].writer, 1, "it may not write");
    rig.standby_beats = true;
    assert_eq!(rig.time(70, Some(70)), NOTHING);
    rig.standby_beats = false;
    rig
}

#[test]
fn a_standby_has_the_startup_deadline_of_any_process() {
    let killed_at = |disabled: &[Detector], stall_ms: u64| {
        let mut rig = Rig::with(|it| it.restart.standby = true, disabled, None).at_work();
        assert_eq!(rig.time(60, Some(60))[0], "spawn camera 2");
        rig.policy.on_stall(70 * MS, (70 + stall_ms) * MS);
        let killed = "kill standby camera".to_owned();
        (170..2000).find(|&ms| rig.time(ms, Some(ms)).contains(&killed))
    };
    assert_eq!(killed_at(&[], 0), Some(560));
    assert_eq!(killed_at(&[], 100), Some(660));
    assert_eq!(killed_at(&[Detector::Startup], 0), None);
}

#[test]
fn a_standby_takes_over_as_soon_as_its_predecessor_can_write_no_more() {
    let mut rig = with_standby(5);
    let found = rig.seen(80, Seen::Died(Node::Camera, 1));
    let expected = ["! early-death", "local expired", "running", "> standby-takeover"];
    assert_eq!(found[..4], expected);
    let camera = rig.policy.status().nodes[0];
    assert_eq!((camera.writer, camera.presence), (2, channel::status::Presence::Up));
    assert_eq!(rig.time(80, Some(80)), ["local ok", "global ok"]);
    assert_eq!(rig.time(300, Some(300)), NOTHING, "no other standby before the burial");
    let buried = rig.seen(301, Seen::Exited(Node::Camera, 1, KILLED));
    assert_eq!(buried, ["! exit"]);
    assert_eq!(rig.policy.incarnation(Node::Camera), 2);
    assert_eq!(rig.time(351, Some(351)), ["spawn camera 3"]);
}

#[test]
fn a_standby_waits_for_the_end_of_a_process_that_was_killed_for_its_silence() {
    let mut rig = with_standby(5);
    assert_eq!(rig.time(170, Some(70))[0], "! heartbeat");
    assert_eq!(rig.policy.status().nodes[0].writer, 1);
    let found = rig.seen(171, Seen::Died(Node::Camera, 1));
    assert_eq!(found[..2], ["running", "> standby-takeover"]);
    assert_eq!(rig.seen(172, Seen::Exited(Node::Camera, 1, KILLED)), NOTHING);
}

#[test]
fn a_standby_takes_over_at_the_burial_where_no_death_was_seen() {
    let mut rig = with_standby(5);
    let found = rig.exited(80);
    assert_eq!(found[..4], ["! exit", "local expired", "running", "> standby-takeover"]);
}

#[test]
fn a_standby_that_dies_is_replaced_as_long_as_restarts_are_left() {
    let mut rig = with_standby(1);
    assert_eq!(rig.seen(80, Seen::Exited(Node::Camera, 2, KILLED)), ["! exit"]);
    assert_eq!(rig.time(130, Some(130)), ["spawn camera 3"]);
    assert_eq!(rig.seen(131, Seen::Exited(Node::Camera, 3, KILLED)), ["! exit"]);
    let later = rig.time(900, Some(900));
    assert!(!later.iter().any(|it| it.contains("camera")), "{later:?}");
    assert_eq!(rig.policy.incarnation(Node::Camera), 1);
}

#[test]
fn a_standby_ends_with_a_process_that_is_given_up() {
    let mut rig = with_standby(0);
    assert_eq!(rig.seen(80, Seen::Died(Node::Camera, 1))[..1], ["! early-death"]);
    let found = rig.exited(81);
    assert_eq!(found[..4], ["! exit", "kill standby camera", "down", "> give-up"]);
}

#[test]
fn another_limit_holds_at_once_and_no_silence_from_before_counts() {
    for (limit_ms, silent_at_ms) in [(40, 120), (300, 380)] {
        let mut rig = Rig::new(5, 0).at_work();
        let mut limits = rig.policy.lives.each_ref().map(|life| life.supervision);
        for it in &mut limits {
            it.heartbeat_timeout_ns = limit_ms * MS;
            it.deadline.max_ns = 1_000_000 * MS;
        }
        rig.policy.set_limits(&limits, 80 * MS);
        assert_eq!(rig.time(silent_at_ms - 1, Some(10)), NOTHING, "{limit_ms}");
        assert!(rig.time(silent_at_ms, Some(10)).contains(&"! heartbeat".to_owned()), "{limit_ms}");
    }
}

#[test]
fn limits_that_stay_spare_nobody() {
    let mut rig = Rig::new(5, 0).at_work();
    let limits = rig.policy.lives.each_ref().map(|life| life.supervision);
    let mut again = Rig::new(5, 0).at_work();
    let mut found = Vec::new();
    for ms in 80..400 {
        again.policy.set_limits(&limits, ms * MS);
        let both = [&mut rig, &mut again].map(|it| it.time(ms, None));
        assert_eq!(both[0], both[1], "{ms}");
        found.extend(both[0].clone());
    }
    assert!(found.contains(&"! heartbeat".to_owned()), "{found:?}");
}
