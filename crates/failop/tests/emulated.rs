//! Scenarios on an emulated board: a kernel, our program as its first process, QEMU.
//!
//! Skipped visibly where QEMU, the prepared board or the program for it is missing; `cargo xtask hil`
//! makes them.
#![forbid(unsafe_code)]

#[path = "process/binary.rs"]
mod binary;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use tempfile::TempDir;

/// A board with a camera, a CAN bus and a watchdog.
const VIRT: &str = include_str!("../../../hil/boards/qemu-virt.toml");
/// A board with the device tree of a chip, and what is in the chip.
const IMX8MP: &str = include_str!("../../../hil/boards/qemu-imx8mp.toml");

const KILL: &str = r#"
schema = 1
name = "kill"
description = "The radar is killed."
seed = 7
duration-s = 1.5

[ego]
speed-kph = 60.0

[[actor]]
id = "lead"
start = { x-m = 40.0, y-m = 0.0, speed-kph = 60.0 }

[[fault]]
id = "F1"
target = "radar"
at-s = 0.8
inject.kill = { signal = "SIGKILL" }
"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What must be there for a board, and is made by `cargo xtask hil`.
fn missing(board: &str) -> Option<String> {
    let program = "target/aarch64-unknown-linux-gnu/release/failop";
    let prepared = ["vmlinuz", "modules/deps"].map(|file| format!("target/hil/{board}/{file}"));
    let mut files = prepared.iter().map(String::as_str).chain([program]);
    let file = files.find(|file| !root().join(file).exists());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let qemu = "qemu-system-aarch64";
    let found = std::env::split_paths(&path).any(|it| it.join(qemu).is_file());
    file.or((!found).then_some(qemu)).map(|it| format!("no {it}: cargo xtask hil"))
}

/// Whether the test can run; otherwise it says so. Not by a macro: what those print is hidden.
fn can_run(test: &str, board: &str) -> bool {
    let Some(why) = missing(board) else { return true };
    std::io::stderr()
        .write_all(format!("SKIPPED {test}: {why}\n").as_bytes())
        .expect("a place to tell");
    false
}

/// A directory with an emulated board and a scenario.
fn bench(board: &str, scenario: &str) -> TempDir {
    let bench = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    std::fs::write(bench.path().join("board.toml"), board).expect("a file");
    std::fs::write(bench.path().join("kill.toml"), scenario).expect("a file");
    bench
}

/// Runs the scenario of a bench into a folder of it.
fn run(bench: &TempDir, out: &str, more: &[&str]) -> Output {
    let at = |name: &str| bench.path().join(name).display().to_string();
    let mut command = binary::failop();
    command.current_dir(root()).args(["hil", "run", "--board", &at("board.toml")]);
    command.args(["--out", &at(out)]).args(more).arg(at("kill.toml"));
    command.output().expect("failop starts")
}

/// Processes that take all processors of this machine; they end with it.
struct Busy(Vec<Child>);

impl Busy {
    fn start() -> Busy {
        let count = std::thread::available_parallelism().expect("a machine").get();
        let mut command = binary::command("/bin/sh");
        command.args(["-c", "while :; do :; done"]).stdin(Stdio::null());
        Busy((0..count).map(|_| command.spawn().expect("a shell")).collect())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            child.kill().expect("a child");
            child.wait().expect("a child");
        }
    }
}

#[test]
fn a_deterministic_run_is_the_same_bit_for_bit_on_an_idle_and_on_a_busy_machine() {
    if !can_run("a deterministic run", "virt") {
        return;
    }
    let bench = bench(VIRT, KILL);
    let first = run(&bench, "first", &["--deterministic"]);
    let busy = Busy::start();
    let second = run(&bench, "second", &["--deterministic"]);
    drop(busy);
    let recording = |out: &str| {
        let path = bench.path().join(out).join("kill/recording.failop");
        std::fs::read(&path).unwrap_or_else(|error| panic!("{error}: {first:?} {second:?}"))
    };
    let (first, second) = (recording("first"), recording("second"));
    let differs = first.iter().zip(&second).position(|(a, b)| a != b);
    assert_eq!((first.len(), differs), (second.len(), None));
    assert!(first.len() > 10_000, "a recording of {} bytes", first.len());
}

#[test]
fn a_board_examines_itself_and_has_what_its_file_asks_for() {
    if !can_run("an examination", "virt") {
        return;
    }
    let output = binary::failop()
        .current_dir(root())
        .args(["hil", "doctor", "--board", "hil/boards/qemu-virt.toml"])
        .output()
        .expect("failop starts");
    let found = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for words in ["The machine qemu-virt", "/dev/video0: vivid", "i6300ESB timer", "is there.\n"] {
        assert!(found.contains(words), "{words}: {found}");
    }
}

#[test]
fn a_board_that_ends_without_being_done_is_told_with_its_last_words() {
    if !can_run("a board that ends too early", "virt") {
        return;
    }
    let bench = bench(VIRT, KILL);
    let path = bench.path().join("board.toml");
    let board = std::fs::read_to_string(&path).unwrap();
    let broken = board.replace("\"virt\"\ncpu", "\"no-such-machine\"\ncpu");
    std::fs::write(&path, broken).unwrap();
    let output = run(&bench, "out", &[]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("no-such-machine"), "{told}");
    assert!(bench.path().join("out/kill/console.log").exists());
}

#[test]
fn the_emulated_board_of_a_chip_hands_over_what_it_recorded() {
    if !can_run("the board of a chip", "imx8mp") {
        return;
    }
    let bench = bench(IMX8MP, KILL);
    // Its time does not mind who else is busy here.
    let output = run(&bench, "out", &["--deterministic"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let recording = std::fs::metadata(bench.path().join("out/kill/recording.failop")).unwrap();
    assert!(recording.len() > 10_000, "a recording of {} bytes", recording.len());
}
