//! What each mechanism does when the processes at its ends are broken, pinned: `failop bench breakage`
//! over all of them.
//!
//! It stands in a program of its own: what others make meanwhile would look like something left behind.

#![forbid(unsafe_code)]

#[path = "process/binary.rs"]
mod binary;

use serde_json::Value;
use std::io::Write;

/// Both have the messages mapped.
const IN_PLACE: [&str; 8] = [
    "shm",
    "posix-shm-futex",
    "posix-shm-semaphore",
    "posix-shm-condvar",
    "posix-shm-eventfd",
    "sysv-shm-semaphore",
    "shm-signal",
    "shm-inotify",
];
/// A message is handed over by one call of the kernel, or none.
const AT_ONCE: [&str; 2] = ["memfd-passing", "hybrid"];
/// A message of 2 MB goes in many pieces, between which its sender may die.
const IN_PIECES: [&str; 6] =
    ["pipe", "fifo", "vmsplice", "unix-dgram", "unix-seqpacket", "posix-mq"];
/// What has an identifier instead of a descriptor outlives an owner that is killed.
const LEAVES_SOMETHING: [&str; 2] = ["sysv-shm-semaphore", "sysv-msg"];

fn broken() -> Value {
    let mut failop = binary::failop();
    let output = failop.args(["bench", "breakage", "--json", "--kills", "4"]).output();
    let output = output.expect("failop runs");
    let words = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {words}"))
}

fn count(row: &Value, pointer: &str) -> u64 {
    row.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer}: {row}"))
}

/// Whether the table named before an identifier has it no more.
fn is_gone(left: &Value) -> bool {
    let (table, id) =
        left.as_str().and_then(|it| it.split_once(' ')).expect("a table and a number");
    let table = std::fs::read_to_string(table).expect("a table");
    !table.lines().any(|line| line.split_ascii_whitespace().nth(1) == Some(id))
}

#[test]
fn every_mechanism_breaks_as_its_guide_says() {
    let seen = broken();
    for skipped in seen["skipped"].as_array().unwrap() {
        writeln!(std::io::stdout(), "SKIPPED {skipped}").expect("standard output takes a line");
        let why = skipped["why"].as_str().unwrap();
        let is_too_slow = skipped["mechanism"] == "sysv-msg" && why.contains("waited in vain");
        assert!(why.contains("not installed") || is_too_slow, "{skipped}");
    }
    let rows = seen["rows"].as_array().unwrap();
    assert!(rows.len() >= 18, "{} rows", rows.len());
    for row in rows {
        let mechanism = row["mechanism"].as_str().unwrap();
        let is_one_of = |names: &[&str]| names.contains(&mechanism);
        for moment in ["sender_killed", "receiver_killed", "receiver_stopped"] {
            assert_eq!(count(row, &format!("/{moment}/torn")), 0, "nobody takes a part for whole");
            if is_one_of(&IN_PLACE) || is_one_of(&AT_ONCE) {
                assert_eq!(count(row, &format!("/{moment}/damaged")), 0, "{row}");
            }
        }
        if is_one_of(&IN_PLACE) {
            assert_eq!(count(row, "/receiver_stopped/refused"), 0, "the newest wins: {row}");
        }
        if is_one_of(&IN_PIECES) {
            assert!(count(row, "/receiver_stopped/refused") > 0, "full is told: {row}");
        }
        assert_eq!(row["owner_killed"]["left_when_ended"], Value::Array(Vec::new()), "{row}");
        let left = row["owner_killed"]["left_when_killed"].as_array().unwrap();
        assert_eq!(!left.is_empty(), is_one_of(&LEAVES_SOMETHING), "{row}");
        assert!(left.iter().all(is_gone), "the benchmark cleans up: {row}");
    }
}
