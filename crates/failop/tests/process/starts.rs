//! Processes that cannot be started, that never come to work, or that do not want to end.

use crate::binary::command;
use crate::rig::{Ended, PATIENT, Rig, run_json, scenario, wait_for_records};
use crate::sums::expectation;
use recording::{Header, Host, Part};
use serde_json::Value;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use supervisor::Order;
use sys::signals::StopSignals;
use wire::Node;
use wire::event::Ending;

/// A script that is a process of the pipeline and misbehaves as it is named.
const SHIM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/process/shim.sh");
/// Three tries, and little time for each.
const THREE_TRIES: &str = "host.realtime = false\n[watchdog.radar]\nstartup-timeout-ms = 300\n\
    restart = { limit = 2 }\n[watchdog.camera]\nstartup-timeout-ms = 60000\n\
    [watchdog.fusion]\nstartup-timeout-ms = 60000\n";

#[test]
fn a_radar_that_cannot_be_started_is_named_and_the_run_is_inconclusive() {
    for (program, exit) in [
        ("exits", Some("exit code 3")),
        ("is-killed", Some("signal SIGKILL")),
        ("never-attaches", Some("ended by the watchdog")),
    ] {
        let (ending, report, run) = supervise(program, &scenario(program, 1.0, THREE_TRIES));
        assert_eq!(ending, Ending::CannotStart, "{program}");
        assert_eq!(report.code, Some(3), "{program}: {}", run["expectations"]);
        assert_eq!(run["verdict"], "inconclusive", "{program}");
        let started = expectation(&run, "every process starts");
        let reason = started["reason"].as_str().expect("a reason");
        // The others may not have come so far before the radar was given up.
        let named = reason.strip_suffix(" never attached.").is_some_and(|it| it.contains("radar"));
        assert!(named, "{program}: {reason}");
        let lives = run["processes"][Node::Radar.index()]["incarnations"].as_array();
        let lives = lives.expect("incarnations");
        assert_eq!(lives.len(), 3, "{program}: {lives:?}");
        for life in lives {
            assert_eq!(life["exit"].as_str(), exit, "{program}: {life}");
        }
    }
}

#[test]
fn a_program_that_is_gone_is_named_and_the_run_is_inconclusive() {
    let (ending, report, run) = supervise("absent", &scenario("absent", 1.0, THREE_TRIES));
    assert_eq!(ending, Ending::CannotStart);
    assert_eq!(report.code, Some(3), "{report:?}");
    let reason = &expectation(&run, "every process starts")["reason"];
    assert_eq!(reason, "camera, radar, fusion never attached.");
}

#[test]
fn a_program_that_is_deleted_between_two_scenarios_runs_the_second_all_the_same() {
    let (ended, second) = change_between_scenarios(|program| {
        std::fs::remove_file(program).expect("its name");
    });
    assert_eq!((ended.code, &second["verdict"]), (Some(0), &"pass".into()), "{ended:?}");
}

#[test]
fn a_program_that_may_not_be_started_any_more_ends_the_second_scenario_with_code_3() {
    let (ended, second) = change_between_scenarios(|program| {
        std::fs::set_permissions(program, Permissions::from_mode(0o600)).expect("its mode");
    });
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert_eq!(second["verdict"], "inconclusive");
    assert_eq!(second["ended"], "cannot start");
}

/// Runs two scenarios with a copy of the program, which `change` meets while the first runs; returns
/// what the second came to.
fn change_between_scenarios(change: fn(&Path)) -> (Ended, Value) {
    let rig = Rig::new();
    let program = rig.path("copy");
    // Copied by another program: a process that this one starts meanwhile cannot hold it open.
    let copied = command("cp").arg(env!("CARGO_BIN_EXE_failop")).arg(&program).status();
    assert!(copied.is_ok_and(|status| status.success()));
    rig.file("1.toml", &scenario("first", 1.5, PATIENT));
    rig.file("2.toml", &scenario("second", 1.5, PATIENT));
    let program_name = program.to_str().expect("a path that is text");
    let arguments = ["run", "--out", "out", "1.toml", "2.toml"];
    let mut running = rig.start_program(command(program_name), &arguments);
    wait_for_records(&rig.run_directory("first"), 20);
    change(&program);
    let ended = running.wait();
    rig.nothing_is_left();
    assert_eq!(rig.run_json("first")["verdict"], "pass");
    (ended, rig.run_json("second"))
}

#[test]
fn a_radar_that_ignores_its_end_is_killed_and_the_run_passes() {
    let text = format!("host.realtime = false\n{PATIENT}");
    let (ending, report, run) = supervise("ignores-the-end", &scenario("stubborn", 0.5, &text));
    assert_eq!(ending, Ending::Completed);
    assert_eq!(report.code, Some(0), "{}", run["expectations"]);
    let lives = &run["processes"][Node::Radar.index()]["incarnations"];
    assert_eq!(lives.as_array().map(Vec::len), Some(1), "{lives}");
    assert_eq!(lives[0]["exit"], "ended by the watchdog");
}

/// Runs the scenario in this process with the shim under the name `program`, then `failop report`.
fn supervise(program: &str, text: &str) -> (Ending, Ended, Value) {
    let rig = Rig::new();
    if program != "absent" {
        symlink(SHIM, rig.path(program)).expect("a name for the shim");
    }
    symlink(env!("CARGO_BIN_EXE_failop"), rig.path("failop")).expect("the program beside it");
    let directory = rig.path("run");
    std::fs::create_dir(&directory).expect("a run directory");
    let ending = run(&rig.path(program), &directory, text);
    let report = rig.failop(&["report", "run"]);
    (ending, report, run_json(&directory))
}

fn run(program: &Path, directory: &Path, text: &str) -> Ending {
    let plan = scenario::parse("test.toml", text).expect("a sound scenario");
    let stop = StopSignals::take().expect("this thread's signals");
    let header = Header {
        scenario_path: "test.toml".to_owned(),
        scenario_text: text.to_owned(),
        board_text: None,
        seed: plan.seed,
        repetition: 1,
        repetitions: 1,
        program_version: "test".to_owned(),
        started_unix_ms: 0,
        host: Host {
            name: String::new(),
            kernel: String::new(),
            architecture: String::new(),
            cpu_model: String::new(),
            cpus: 0,
            memory_mib: 0,
            idle_policy: String::new(),
            scheduling: String::new(),
            lacks: std::collections::BTreeMap::new(),
            reached: recording::Reached::Here,
        },
        part: Part::default(),
    };
    let order = Order {
        plan: &plan,
        program,
        directory,
        header,
        stop: &stop,
        reload: None,
        lacking: &[],
        observers: Vec::new(),
        by_hand: crossbeam_channel::never(),
        resumed: None,
        service_manager: None,
    };
    supervisor::run(order).expect("the run is recorded")
}
