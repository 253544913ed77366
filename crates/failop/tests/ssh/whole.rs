//! Runs that come to their end, by themselves or as the user wants it.

use crate::board::{Board, text};
use crate::processes::signal;
use crate::rig::{PATIENT, Running, names, scenario, wait_for_records};
use recording::{Recording, Truncation};
use serde_json::Value;

/// For the end of a run on any board, that is asked to end.
const END_NS: u64 = 300_000_000_000;

#[test]
fn a_run_over_ssh_is_judged_as_one_here() {
    let Some(board) = Board::start() else { return };
    let nominal = scenario("nominal", 1.0, PATIENT);
    let here = board.rig.begin("nominal", &nominal).wait();
    let verdict = board.rig.run_json("nominal")["verdict"].clone();
    std::fs::remove_dir_all(board.rig.path("out")).expect("its results");

    let far = board.begin(&nominal, &[]).wait();
    assert_eq!(far.code, here.code, "{far:?}");
    assert_eq!(board.rig.run_json("nominal")["verdict"], verdict);
    let recording = Recording::open(&board.rig.run_directory("nominal")).expect("a recording");
    assert_eq!(recording.truncation, Truncation::Complete);
    assert!(far.stderr.contains("copying"), "{far:?}");
    assert_eq!(names(&board.rig.path("board's own")), ["failop", "lock"], "the rest is removed");

    let again = board.begin(&nominal, &["--keep"]).wait();
    assert_eq!(again.code, here.code, "{again:?}");
    assert!(!again.stderr.contains("copying"), "the program is there: {again:?}");
    assert!(board.far("nominal").join(recording::FILE_NAME).exists(), "kept");
    board.nothing_is_left();
}

#[test]
fn ctrl_c_ends_the_run_on_the_board_in_order_and_fetches_it() {
    let Some(board) = Board::start() else { return };
    let running = board.begin(&scenario("endless", 600.0, PATIENT), &[]);
    wait_for_records(&board.far("endless"), 100);
    is_alone_until_ctrl_c(&board, running);
    board.nothing_is_left();
}

/// Checks that nobody else may use the directory while the run `endless` is at work, and ends it.
pub(crate) fn is_alone_until_ctrl_c(board: &Board, mut running: Running) {
    let (file, out) = (board.rig.path("board.toml"), board.rig.path("elsewhere"));
    let other = board.rig.file("other.toml", &scenario("other", 1.0, ""));
    let arguments = ["hil", "run", "--board", text(&file), "--out", text(&out), &other];
    let output = crate::binary::failop().args(arguments).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("is in use by failop "), "{said}");

    signal("INT", &running.pid().to_string());
    let ended = running.wait_for(END_NS);
    assert!(matches!(ended.code, Some(0 | 1 | 3)), "{ended:?}");
    assert!(ended.stderr.contains("is asked to end"), "{ended:?}");
    let recording = Recording::open(&board.rig.run_directory("endless")).expect("a recording");
    assert_eq!(recording.truncation, Truncation::Complete);
}

#[test]
fn a_board_examines_itself_over_ssh_and_what_was_left_there_stays() {
    let Some(board) = Board::start() else { return };
    let directory = board.rig.path("board's own");
    std::fs::create_dir_all(directory.join("reports/kept")).expect("a folder");
    board.write_board("[camera.v4l2]\ndevice = \"/dev/no-camera\"\n", &directory);
    let file = board.rig.path("board.toml");
    let examine = |more: &[&str]| {
        board.rig.start(&[&["hil", "doctor", "--board", text(&file)][..], more].concat()).wait()
    };
    let ended = examine(&[]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for words in ["The machine ", "asks for what is not there: camera.v4l2.device"] {
        assert!(ended.stdout.contains(words), "{words}: {ended:?}");
    }
    let found: Value = serde_json::from_str(&examine(&["--json"]).stdout).expect("JSON");
    assert_eq!(found["demands"][0]["topic"], "camera.v4l2.device");
    assert_eq!(names(&directory), ["failop", "lock", "reports"]);
    assert_eq!(names(&directory.join("reports")), ["kept"]);
    board.nothing_is_left();
}
