//! Processes are scheduled as the board file says, what the kernel refuses is told, and a run that is
//! not to be without it is not begun.

use crate::binary;
use crate::rig::{Ended, PATIENT, Rig, scenario};
use serde_json::Value;
use std::io::Write;
use std::process::Command;
use sys::capability::{Capability, missing};
use sys::sched::{self, Class};
use wire::Node;

const CLASSES: &str = "schema = 1\nname = \"placed\"\n\
    [process.watchdog]\npriority = 61\n\
    [process.camera]\npriority = 41\ncpus = [0]\nlock-memory = true\n\
    [process.radar]\nclass = \"normal\"\n\
    [process.fusion]\nclass = \"deadline\"\nruntime-ms = 3.0\n";

/// Without the privileges that places need, and without the limits that stand for them.
fn unprivileged() -> Command {
    let mut program = binary::command("setpriv");
    let lost = "-sys_nice,-ipc_lock";
    program.args(["--bounding-set", lost, "--inh-caps", lost]);
    program.args(["prlimit", "--rtprio=0", "--memlock=65536"]);
    program.arg(env!("CARGO_BIN_EXE_failop"));
    program
}

/// Whether the test cannot be: it says so.
fn skipped() -> bool {
    let why = missing(Capability::RealTime);
    if let Some(why) = &why {
        let line = format!("SKIPPED: {why}\n");
        std::io::stderr().write_all(line.as_bytes()).expect("a standard error");
    }
    why.is_some()
}

fn run_by(mut program: Command, rig: &Rig, board: &str, duration_s: f64) -> Ended {
    let text = scenario("placed", duration_s, PATIENT);
    let (scenario, board) = (rig.file("placed.toml", &text), rig.file("board.toml", board));
    let out = rig.path("out").display().to_string();
    program.args(["run", "--board", &board, "--out", &out, &scenario]);
    rig.start_program(program, &[]).wait()
}

/// What `run.json` tells of the first life of a process.
fn placement<'a>(run: &'a Value, process: &str) -> &'a Value {
    let all = run["placements"].as_array().expect("a list");
    all.iter().find(|it| it["process"] == process).expect("the process was looked at")
}

#[test]
fn every_process_has_what_the_board_file_asks_and_it_is_read_back() {
    if skipped() {
        return;
    }
    let rig = Rig::new();
    let text = scenario("placed", 3.0, PATIENT);
    let (scenario, board) = (rig.file("placed.toml", &text), rig.file("board.toml", CLASSES));
    let out = rig.path("out").display().to_string();
    let mut running = rig.start(&["run", "--board", &board, "--out", &out, &scenario]);
    crate::rig::wait_for_records(&rig.run_directory("placed"), 20);
    let class = |node| Class::of(running.wait_for_node(node)).expect("it lives");
    assert_eq!(class(Node::Camera), Class::Fifo { priority: 41 });
    assert_eq!(class(Node::Radar), Class::Normal);
    assert_eq!(Class::of(running.pid()).expect("it lives"), Class::Fifo { priority: 61 });
    let fusion = class(Node::Fusion);
    let camera = running.wait_for_node(Node::Camera);
    assert_eq!(sched::cpus_of(camera).expect("it lives"), [0]);
    assert!(sys::process::locked_kib(camera).expect("it lives") > 0);
    running.wait();
    let run = rig.run_json("placed");
    for process in ["watchdog", "camera", "radar"] {
        assert_eq!(placement(&run, process)["as_asked"], true, "{run:#}");
    }
    // The kernel may have given the time to others, on a machine that is divided.
    let deadline = matches!(fusion, Class::Deadline { runtime_ns: 3_000_000, .. });
    let told = placement(&run, "fusion");
    assert_eq!(told["as_asked"], deadline, "{told}");
    assert_eq!(told["refused"].as_array().map(Vec::len), Some(usize::from(!deadline)), "{told}");
    rig.nothing_is_left();
}

#[test]
fn what_is_refused_is_told_and_the_run_goes_on_without() {
    if skipped() {
        return;
    }
    let rig = Rig::new();
    let board = "schema = 1\nname = \"poor\"\n[process.camera]\nlock-memory = true\ncpus = [999]\n";
    let ended = run_by(unprivileged(), &rig, board, 2.0);
    let run = rig.run_json("placed");
    let camera = placement(&run, "camera");
    assert_eq!(camera["as_asked"], false, "{camera}");
    let refused = camera["refused"].to_string();
    for part in ["scheduling class: Operation not permitted", "processors: ", "locked memory: "] {
        assert!(refused.contains(part), "{part} in {refused}");
    }
    let line = "radar: asked SCHED_FIFO 50, read back SCHED_OTHER";
    assert!(ended.stderr.contains(line), "{ended:?}");
    let summary = rig.run_directory("placed").join("summary.md");
    let summary = std::fs::read_to_string(summary).expect("a summary");
    assert!(summary.contains("radar: asked"), "{summary}");
    rig.nothing_is_left();
}

#[test]
fn a_run_that_is_not_to_be_without_is_not_begun() {
    if skipped() {
        return;
    }
    let all = "schema = 1\nname = \"proud\"\nwithout-privilege = \"refuse\"\n";
    let locked = "[process.watchdog]\nclass = \"normal\"\n[process.camera]\nclass = \"normal\"\n\
        lock-memory = true\n[process.radar]\nclass = \"normal\"\n[process.fusion]\n\
        class = \"normal\"\n";
    for (board, said) in [
        (
            all.to_owned(),
            "watchdog cannot be placed as the board file asks: SCHED_FIFO 60 is refused",
        ),
        (all.to_owned(), "LimitRTPRIO="),
        (
            format!("{all}{locked}"),
            "camera cannot be placed as the board file asks: locked memory is refused",
        ),
    ] {
        let rig = Rig::new();
        let ended = run_by(unprivileged(), &rig, &board, 2.0);
        assert_eq!(ended.code, Some(3), "{ended:?}");
        assert!(ended.stderr.contains(said), "{said} in {ended:?}");
        rig.nothing_is_left();
    }
}

#[test]
fn a_processor_that_is_not_there_is_refused_with_those_that_are() {
    if skipped() {
        return;
    }
    let rig = Rig::new();
    let board = "schema = 1\nname = \"b\"\nwithout-privilege = \"refuse\"\n\
        [process.radar]\ncpus = [0, 999]\n";
    let ended = run_by(binary::failop(), &rig, board, 2.0);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let said = "radar cannot be placed as the board file asks: processors 0, 999 is refused";
    assert!(ended.stderr.contains(said), "{ended:?}");
    assert!(ended.stderr.contains("a run has processors 0"), "{ended:?}");
    rig.nothing_is_left();
}
