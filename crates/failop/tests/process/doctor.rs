//! `failop hil doctor`: what it tells of this machine, and of what a board file asks for.

use crate::rig::Rig;
use serde_json::Value;

#[test]
fn a_machine_is_told_line_by_line_and_nothing_is_demanded_of_it() {
    let ended = Rig::new().failop(&["hil", "doctor"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for topic in ["The machine ", "kernel", "SCHED_FIFO", "punctuality", "storage", "faults"] {
        assert!(ended.stdout.contains(topic), "{topic}: {}", ended.stdout);
    }
    assert!(!ended.stdout.contains("What the board file asks for"), "{}", ended.stdout);
}

#[test]
fn what_a_board_file_asks_for_and_is_not_there_is_told_with_what_would_help() {
    let rig = Rig::new();
    rig.file(
        "board.toml",
        "schema = 1\nname = \"b\"\nwithout-privilege = \"refuse\"\n\
         [camera.v4l2]\ndevice = \"/dev/no-camera\"\n[radar.can]\ninterface = \"nocan0\"\n\
         [process.camera]\ncpus = [0, 4095]\n\
         [watchdog]\ndevice = \"/dev/no-watchdog\"\ntimeout-s = 10\non-reset = \"end\"\n",
    );
    let ended = rig.failop(&["hil", "doctor", "--json", "--board", "board.toml"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let found: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let demands = found["demands"].as_array().expect("a list");
    let missed = demands.iter().filter(|it| it["mark"] == "no");
    let missed: Vec<&str> = missed.filter_map(|it| it["topic"].as_str()).collect();
    for topic in
        ["camera.v4l2.device", "radar.can.interface", "process.camera.cpus", "watchdog.device"]
    {
        assert!(missed.contains(&topic), "{topic}: {missed:?}");
    }
    assert!(found["machine"].as_array().is_some_and(|it| it.len() > 10));
}

#[test]
fn a_board_file_that_is_wrong_is_refused_and_one_of_another_machine_may_be_of_this_one() {
    let rig = Rig::new();
    let head = "schema = 1\nname = \"b\"\n";
    rig.file("far.toml", &format!("{head}[reach.ssh]\ndestination = \"root@far\"\n"));
    rig.file("wrong.toml", &format!("{head}cpus = 3\n"));
    let ended = rig.failop(&["hil", "doctor", "--board", "wrong.toml"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("wrong.toml:3:1: "), "{ended:?}");
    let ended = rig.failop(&["hil", "doctor", "--here", "--board", "far.toml"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
