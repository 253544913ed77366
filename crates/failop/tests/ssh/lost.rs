//! Connections, boards and runs that go away in the middle.

use crate::board::{Board, is_root, skipped, text};
use crate::processes::{arguments, signal};
use crate::rig::{PATIENT, Running, scenario, wait, wait_for_records};
use recording::{Recording, Truncation};
use serde_json::Value;
use std::path::Path;

/// What the host noted of the connection.
fn silences(board: &Board, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(board.rig.run_directory(name).join("connection.json"));
    serde_json::from_str(&text.expect("a note")).expect("a list")
}

/// The run on the board, as it is known there.
fn far_pid(board: &Board) -> String {
    let path = board.rig.path("board's own").join("job/pid");
    wait("the run on the board", || std::fs::read_to_string(&path).ok()).trim().to_owned()
}

fn begin(board: &Board, name: &str, duration_s: f64) -> Running {
    let running = board.begin(&scenario(name, duration_s, PATIENT), &[]);
    wait_for_records(&board.far(name), 50);
    running
}

#[test]
fn a_connection_that_is_cut_is_made_again_and_the_run_goes_on_meanwhile() {
    is_made_again_when(|_, board| {
        for session in sys::process::children_of(board.server()).expect("those of a living process")
        {
            signal("KILL", &session.pid.to_string());
        }
    });
}

/// Who is killed leaves the socket of the connection behind.
#[test]
fn a_connection_whose_ssh_is_killed_here_is_made_again() {
    is_made_again_when(|running, _| {
        let children = sys::process::children_of(running.pid()).expect("those of a living process");
        let connects =
            |pid| arguments(pid).split(|&byte| byte == 0).any(|word| word == b"ControlMaster=yes");
        let connection = children.iter().find(|child| connects(child.pid)).expect("a connection");
        signal("KILL", &connection.pid.to_string());
    });
}

fn is_made_again_when(cut: impl FnOnce(&Running, &Board)) {
    let Some(board) = Board::start() else { return };
    let mut running = begin(&board, "cut", 5.0);
    let pid = far_pid(&board);
    cut(&running, &board);
    wait("word of the loss", || {
        let said = std::fs::read_to_string(board.rig.path("stderr")).expect("text");
        said.contains("answers again after").then_some(())
    });
    let ended = running.wait();
    assert!(matches!(ended.code, Some(0 | 1 | 3)), "{ended:?}");
    let told = |words: &str| ended.stderr.matches(words).count();
    assert_eq!(told("the connection to board is lost"), 1, "{ended:?}");
    assert_eq!(told("cut, 5 s"), 1, "nothing is told twice: {ended:?}");
    let recording = Recording::open(&board.rig.run_directory("cut")).expect("a recording");
    assert_eq!(recording.truncation, Truncation::Complete, "run {pid} was one run");
    let silences = silences(&board, "cut");
    assert_eq!(silences.len(), 1);
    assert_eq!(silences[0]["reset"], false);
    let at = |key: &str| silences[0][key].as_f64().expect("a number");
    assert!(at("lost-after-s") <= at("answered-after-s"));
    board.nothing_is_left();
}

#[test]
fn of_a_run_that_is_killed_on_the_board_what_there_is_comes_back() {
    let Some(board) = Board::start() else { return };
    let mut running = begin(&board, "killed", 600.0);
    signal("KILL", &far_pid(&board));
    let ended = running.wait();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("signal 9 ended the run on the board"), "{ended:?}");
    let recording = Recording::open(&board.rig.run_directory("killed")).expect("a recording");
    assert_eq!(recording.truncation, Truncation::WatchdogEnded);
    assert!(!recording.records.is_empty());
    board.nothing_is_left();
}

/// Words before the server that give it, and what it starts, a boot of its own.
fn boot(script: &str) -> [&str; 6] {
    ["unshare", "--mount", "--propagation", "private", "sh", script]
}

#[test]
fn a_reset_of_the_board_is_told_apart_from_a_lost_connection() {
    let Some(mut board) = Board::start() else { return };
    if !is_root() {
        return skipped("a boot of one's own needs root");
    }
    let id = board.rig.file("boot-id", "first\n");
    let script = board.rig.file(
        "boot.sh",
        "mount --bind \"$(dirname \"$0\")/boot-id\" /proc/sys/kernel/random/boot_id && exec \"$@\"\n",
    );
    let script = Path::new(&script);
    signal("KILL", &board.server().to_string());
    board.start_again(&boot(text(script)));

    let mut running = begin(&board, "reset", 600.0);
    let run = far_pid(&board);
    // The server first: nobody must find the run dead on a board that was not reset.
    let sessions = sys::process::children_of(board.server()).expect("those of a living process");
    signal("KILL", &board.server().to_string());
    for session in sessions {
        signal("KILL", &session.pid.to_string());
    }
    let keeper = std::fs::read_to_string(board.rig.path("board's own").join("job/keeper"));
    signal("KILL", keeper.expect("who waits for the run").trim());
    signal("KILL", &run);
    std::fs::write(id, "second\n").expect("its own file");
    board.start_again(&boot(text(script)));
    let ended = running.wait();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    for words in ["it was started anew", "a reset of the board ended the run"] {
        assert!(ended.stderr.contains(words), "{words}: {ended:?}");
    }
    assert_eq!(silences(&board, "reset")[0]["reset"], true);
    assert!(board.rig.run_directory("reset").join(recording::FILE_NAME).exists());
    board.nothing_is_left();
}
