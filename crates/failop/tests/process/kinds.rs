//! Every kind of fault that acts inside a process acts there, is noticed by what it is made for, and
//! leaves a record whose sums hold.

use crate::rig::{PATIENT, Rig, scenario};
use crate::sums::{BY_WATCHDOG, check_sums, exits, fault, run_until, turn_to_spin};
use serde_json::Value;
use wire::Node;

/// A fault: its victim, what it is, and who must notice it, if anybody.
type Row = (Node, &'static str, Option<&'static str>);

const CAMERA: Node = Node::Camera;
const RADAR: Node = Node::Radar;
const FUSION: Node = Node::Fusion;

/// When the first fault of a run begins.
const FIRST_S: f64 = 0.5;
/// Time from the beginning of a fault to that of the next one of the same victim.
const APART_S: f64 = 0.6;

/// What befalls samples on their way.
const SAMPLES: &[Row] = &[
    (CAMERA, "duplicate = { for-s = 0.2 }", None),
    (CAMERA, "reorder = { for-s = 0.2 }", Some("sequence")),
    (CAMERA, "replay = { age = 3, for-s = 0.2 }", Some("sequence")),
    (CAMERA, "skip-numbers = { by = 3, for-s = 0.2 }", Some("sequence")),
    (CAMERA, "tear = { for-s = 0.2 }", Some("integrity")),
    (CAMERA, "corrupt = { how = \"burst\", bits = 64, for-s = 0.2 }", Some("integrity")),
    (CAMERA, "corrupt = { how = \"zeroes\", for-s = 0.2 }", Some("integrity")),
    (CAMERA, "corrupt = { how = \"stale-half\", for-s = 0.2 }", Some("integrity")),
    (CAMERA, "corrupt-header = { field = \"number\", for-s = 0.2 }", Some("integrity")),
    (RADAR, "duplicate = { for-s = 0.2 }", None),
    (RADAR, "reorder = { for-s = 0.2 }", Some("sequence")),
    (RADAR, "replay = { age = 3, for-s = 0.2 }", Some("sequence")),
    (RADAR, "skip-numbers = { by = 3, for-s = 0.2 }", Some("sequence")),
    (RADAR, "shorten = { bytes = 100, for-s = 0.2 }", Some("integrity")),
    (RADAR, "limit-rate = { per-s = 10.0, for-s = 0.3 }", None),
    (RADAR, "corrupt = { how = \"burst\", bits = 64, for-s = 0.2 }", Some("integrity")),
    (RADAR, "corrupt-header = { field = \"version\", for-s = 0.2 }", Some("integrity")),
];

/// What is wrong with what a sample says.
const CONTENT: &[Row] = &[
    (CAMERA, "picture = { how = \"black\", for-s = 0.2 }", None),
    (CAMERA, "picture = { how = \"white\", for-s = 0.2 }", None),
    (CAMERA, "picture = { how = \"noise\", for-s = 0.2 }", None),
    (CAMERA, "picture = { how = \"blur\", for-s = 0.2 }", None),
    (CAMERA, "picture = { how = \"occlusion\", for-s = 0.2 }", None),
    (CAMERA, "picture = { how = \"drops\", for-s = 0.2 }", None),
    (CAMERA, "picture = { how = \"stuck-rows\", for-s = 0.2 }", None),
    (RADAR, "objects = { how = \"ghost\", by = 30.0, for-s = 0.2 }", None),
    (RADAR, "objects = { how = \"missing\", for-s = 0.2 }", None),
    (RADAR, "objects = { how = \"range-bias\", by = 2.0, for-s = 0.2 }", None),
    (RADAR, "objects = { how = \"speed-bias\", by = 2.0, for-s = 0.2 }", None),
    (RADAR, "objects = { how = \"range-drift\", by = 5.0, for-s = 0.2 }", None),
    (RADAR, "objects = { how = \"out-of-range\", for-s = 0.2 }", Some("plausibility")),
];

/// What befalls the steps of a process.
const STEPS: &[Row] = &[
    (CAMERA, "runaway = { times = 3, for-s = 0.2 }", None),
    (CAMERA, "wrong-flow = { how = \"skip\", for-s = 0.2 }", None),
    (CAMERA, "wrong-flow = { how = \"reorder\", for-s = 0.2 }", Some("integrity")),
    (CAMERA, "clock = { how = \"offset\", by-ms = 200.0, for-s = 0.2 }", None),
    (CAMERA, "leak = { step-kib = 64, for-s = 0.2 }", None),
    (RADAR, "runaway = { times = 2, for-s = 0.2 }", None),
    (RADAR, "wrong-flow = { how = \"skip\", for-s = 0.2 }", Some("frozen")),
    (RADAR, "wrong-flow = { how = \"reorder\", for-s = 0.2 }", Some("integrity")),
    (RADAR, "clock = { how = \"frozen\", for-s = 0.2 }", Some("time")),
    (RADAR, "clock = { how = \"drift\", by-ms = -50.0, for-s = 0.2 }", None),
    (FUSION, "wrong-flow = { how = \"skip\", for-s = 0.2 }", None),
    (FUSION, "wrong-flow = { how = \"reorder\", for-s = 0.2 }", None),
    (FUSION, "leak = { step-kib = 64, for-s = 0.2 }", None),
    (FUSION, "jitter = { up-to-ms = 10.0, for-s = 0.2 }", None),
];

/// What befalls a process that goes on afterwards.
const LASTING: &[Row] = &[
    (CAMERA, "stuck = { for-s = 0.2 }", Some("silence")),
    (CAMERA, "truncate = {}", None),
    (CAMERA, "leak-files = {}", None),
    (RADAR, "stuck = { for-s = 0.2 }", Some("silence")),
    // Whoever has no descriptor left cannot be shown to get errors: the files come last.
    (RADAR, "fail-calls = { call = \"send\", errno = \"ENOBUFS\" }", Some("silence")),
    (RADAR, "leak-files = {}", None),
    (FUSION, "leak-files = {}", None),
];

/// What ends a process, and how it is seen to end.
const ENDS: &[(Node, &str, &str)] = &[
    (CAMERA, "crash = { how = \"illegal-instruction\" }", "signal SIGILL"),
    (CAMERA, "crash = { how = \"error\" }", "exit code 3"),
    (CAMERA, "crash = { how = \"wild-write\" }", "signal SIGSEGV"),
    (CAMERA, "die-at = { step = \"slot-taken\" }", "signal SIGKILL"),
    (CAMERA, "die-at = { step = \"half-written\" }", "signal SIGKILL"),
    (CAMERA, "die-at = { step = \"written\" }", "signal SIGKILL"),
    (CAMERA, "die-at = { step = \"protected\" }", "signal SIGKILL"),
    (CAMERA, "die-at = { step = \"published\" }", "signal SIGKILL"),
    (RADAR, "crash = { how = \"stack-overflow\" }", "signal SIGSEGV"),
    (RADAR, "crash = { how = \"error\" }", "exit code 3"),
    (RADAR, "fail-calls = { call = \"send\", errno = \"EIO\" }", "exit code 3"),
    (RADAR, "deadlock = {}", BY_WATCHDOG),
    (FUSION, "crash = { how = \"out-of-memory\" }", "signal SIGABRT"),
    (FUSION, "crash = { how = \"illegal-instruction\" }", "signal SIGILL"),
    (FUSION, "fail-calls = { call = \"receive\", errno = \"EIO\" }", "exit code 3"),
    (FUSION, "crash = { how = \"stack-overflow\" }", "signal SIGSEGV"),
];

/// The order of a step is looked at elsewhere: here it may be wrong and the process goes on.
const WRONG_ORDER_ALLOWED: &str = "[watchdog]\ndisable = [\"logical\"]\n";
/// A car near enough to be seen at once.
const CAR_AHEAD: &str =
    "[[actor]]\nid = \"lead\"\nstart = { x-m = 25.0, y-m = 0.0, speed-kph = 60.0 }\n";

#[test]
fn whatever_befalls_samples_on_their_way_shows_and_the_sums_hold() {
    check("samples", PATIENT, SAMPLES);
}

#[test]
fn whatever_is_wrong_with_what_samples_say_shows_and_the_sums_hold() {
    check("content", PATIENT, CONTENT);
}

#[test]
fn whatever_befalls_steps_shows_and_the_sums_hold() {
    check("steps", &format!("{WRONG_ORDER_ALLOWED}{PATIENT}"), STEPS);
}

#[test]
fn whatever_befalls_a_process_that_goes_on_shows_and_the_sums_hold() {
    check("lasting", PATIENT, LASTING);
}

#[test]
fn a_process_waits_for_a_lock_whose_holder_does_not_run() {
    const INVERTED: &[Row] = &[
        (CAMERA, "invert-priority = { for-s = 0.2 }", Some("silence")),
        (RADAR, "stuck = { for-s = 0.01 }", None),
        (RADAR, "invert-priority = { for-s = 0.2 }", Some("silence")),
    ];
    // Its hog takes a processor, as a spinning victim does.
    let _turn = turn_to_spin();
    check("inverted", PATIENT, INVERTED);
}

#[test]
fn a_state_that_cannot_be_is_overwritten_once_there_is_a_track() {
    const STATES: &[Row] = &[
        (FUSION, "corrupt-state = { value = \"nan\", for-s = 0.2 }", None),
        (FUSION, "corrupt-state = { value = \"huge\", for-s = 0.2 }", None),
    ];
    check("state", PATIENT, STATES);
}

#[test]
fn damage_goes_unnoticed_where_nothing_is_protected() {
    const DAMAGE: &[Row] = &[
        (CAMERA, "corrupt = { bits = 5, for-s = 0.2 }", None),
        (CAMERA, "tear = { for-s = 0.2 }", None),
        (RADAR, "corrupt-header = { field = \"data-id\", for-s = 0.2 }", None),
    ];
    let unprotected = "[camera]\nprotection = false\n[radar]\nprotection = false\n";
    let run = check("unprotected", &format!("{unprotected}{PATIENT}"), DAMAGE);
    assert!(!run["faults"].to_string().contains("integrity"), "{}", run["faults"]);
}

#[test]
fn whatever_ends_a_process_ends_it_as_it_should_and_the_sums_hold() {
    let rig = Rig::new();
    let rows: Vec<Row> = ENDS.iter().map(|&(victim, inject, _)| (victim, inject, None)).collect();
    let supervision = Node::ALL.map(|node| {
        format!("[watchdog.{node}]\nheartbeat-timeout-ms = 250\nrestart = {{ limit = 100 }}\n")
    });
    let (faults, duration_s) = faults(&rows);
    let text = scenario("ends", duration_s + 1.0, &(supervision.concat() + &faults));
    let shown = |run: &Value| {
        check_sums(run, duration_s + 1.0, "ends");
        Node::ALL.into_iter().all(|victim| {
            let ends = ENDS.iter().filter(|row| row.0 == victim).map(|row| row.2);
            exits(run, victim).eq(ends.chain([BY_WATCHDOG]))
        })
    };
    let run = run_until(&rig, "ends", &text, shown);
    assert!(shown(&run), "{}", run["processes"]);
    assert!(took_effect(&run), "{}", run["faults"]);
}

#[test]
fn a_successor_is_kept_from_being_ready_as_long_as_the_fault_lasts() {
    for (how, exit) in [("crash", "signal SIGABRT"), ("never-ready", BY_WATCHDOG)] {
        let rig = Rig::new();
        let supervision = "[watchdog.radar]\nstartup-timeout-ms = 100\n\
             restart = { limit = 100, delay-ms = 50.0 }\n";
        let inject = format!("fail-start = {{ how = \"{how}\", for-s = 0.3 }}");
        let kill = "kill = { signal = \"SIGKILL\" }";
        let faults = fault(0, RADAR, 0.5, &inject) + &fault(1, RADAR, 0.55, kill);
        let text = scenario("unready", 1.5, &(supervision.to_owned() + &faults));
        let shown = |run: &Value| {
            check_sums(run, 1.5, how);
            let exits: Vec<&str> = exits(run, RADAR).collect();
            let (first, last) = (exits.first(), exits.last());
            took_effect(run)
                && (first, last) == (Some(&"signal SIGKILL"), Some(&BY_WATCHDOG))
                && exits.len() > 2
                && exits[1..exits.len() - 1].iter().all(|it| *it == exit)
        };
        let run = run_until(&rig, "unready", &text, shown);
        assert!(shown(&run), "{how}: {} {}", run["faults"], run["processes"]);
    }
}

/// All rows in one run, those of one victim one after the other.
fn check(name: &str, settings: &str, rows: &[Row]) -> Value {
    let rig = Rig::new();
    let (faults, duration_s) = faults(rows);
    let text = scenario(name, duration_s, &format!("{settings}{CAR_AHEAD}{faults}"));
    let shown = |run: &Value| {
        check_sums(run, duration_s, name);
        took_effect(run) && (0..).zip(rows).all(|(index, row)| unnoticed(run, index, row).is_none())
    };
    let run = run_until(&rig, name, &text, shown);
    rig.nothing_is_left();
    assert!(took_effect(&run), "{}", run["faults"]);
    for (index, row) in (0..).zip(rows) {
        assert_eq!(unnoticed(&run, index, row), None, "{row:?}: {}", run["faults"][index]);
    }
    run
}

/// The faults of the rows, and when they are over.
fn faults(rows: &[Row]) -> (String, f64) {
    let mut next_s = [FIRST_S; Node::ALL.len()];
    let mut text = String::new();
    for (number, &(victim, inject, _)) in (0..).zip(rows) {
        let at_s = &mut next_s[victim.index()];
        text += &fault(number, victim, *at_s, inject);
        *at_s += APART_S;
    }
    (text, next_s.into_iter().fold(FIRST_S, f64::max))
}

/// Every fault that this host can inject.
fn took_effect(run: &Value) -> bool {
    let faults = run["faults"].as_array().expect("faults");
    faults.iter().all(|fault| fault["activated"] == true || fault["skipped"].is_string())
}

/// The detector that should have noticed a fault and did not.
fn unnoticed<'a>(run: &Value, index: usize, (.., wanted): &'a Row) -> Option<&'a str> {
    let fault = &run["faults"][index];
    let detections = fault["detections"].as_array().expect("detections");
    let noticed = |wanted: &str| detections.iter().any(|it| it["detector"] == wanted);
    wanted.filter(|wanted| !noticed(wanted) && fault["skipped"].is_null())
}
