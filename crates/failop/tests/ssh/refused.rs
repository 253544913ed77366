//! Boards that cannot be used: what is told, and what to do.

use crate::board::{Board, is_root, run, skipped, text};
use crate::rig::{Ended, scenario};
use std::path::{Path, PathBuf};

const INCONCLUSIVE: i32 = 3;

/// A run that cannot begin.
fn refused(board: &Board) -> Ended {
    let ended = board.begin(&scenario("nominal", 1.0, ""), &[]).wait();
    assert_eq!(ended.code, Some(INCONCLUSIVE), "{ended:?}");
    ended
}

fn assert_says(ended: &Ended, words: &[&str]) {
    for words in words {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
}

#[test]
fn what_ssh_refuses_is_told_with_its_words_and_with_advice() {
    let Some(board) = Board::start() else { return };
    let port = board.port();
    board.write_client("unknown", port, "user", None);
    board.write_client("changed", port, "user", Some("other"));
    board.write_client("stranger", port, "other", Some("host"));
    // Nobody listens there: below the ports that anybody is given.
    board.write_client("closed", 1, "user", Some("host"));
    for (destination, client, words) in [
        ("board", "unknown", ["Host key verification failed", "log in once by hand (`ssh board`)"]),
        ("board", "changed", ["IDENTIFICATION HAS CHANGED", "ssh-keygen -R"]),
        ("board", "stranger", ["Permission denied (publickey)", "ssh-copy-id board"]),
        ("board", "closed", ["Connection refused", "runs no ssh server at this port"]),
        ("nowhere.invalid", "config", ["Could not resolve hostname", "nobody knows that name"]),
    ] {
        let program = env!("CARGO_BIN_EXE_failop");
        board.write_board_of(destination, client, program, ("", &board.rig.path("far")));
        assert_says(&refused(&board), &words);
    }
    board.nothing_is_left();
}

#[test]
fn a_directory_that_cannot_be_written_is_told() {
    let Some(board) = Board::start() else { return };
    // Not even root makes anything there.
    board.write_board("", Path::new("/proc/failop"));
    assert_says(&refused(&board), &["cannot use the directory `/proc/failop`", "mkdir"]);
    board.nothing_is_left();
}

/// A copy of the program in which the first `old` is `new`.
fn patched(board: &Board, old: &[u8], new: &[u8]) -> PathBuf {
    let mut bytes = std::fs::read(env!("CARGO_BIN_EXE_failop")).expect("the program");
    let at = bytes.windows(old.len()).position(|window| window == old).expect("it is in there");
    bytes[at..at + new.len()].copy_from_slice(new);
    let path = board.rig.path("patched");
    std::fs::write(&path, bytes).expect("a file in a directory of its own");
    path
}

#[test]
fn a_program_for_another_machine_is_not_brought_there() {
    let Some(board) = Board::start() else { return };
    // ET_DYN, then e_machine: of whichever machine this is, it becomes RISC-V.
    let own: [u8; 4] = if cfg!(target_arch = "x86_64") { [3, 0, 62, 0] } else { [3, 0, 183, 0] };
    let program = patched(&board, &own, &[3, 0, 243, 0]);
    board.write_board_of("board", "config", text(&program), ("", &board.rig.path("far")));
    let ended = refused(&board);
    assert_says(&ended, &["riscv64", std::env::consts::ARCH, "cargo xtask cross"]);
    assert!(!board.rig.path("far/failop").exists());
    board.nothing_is_left();
}

#[test]
fn a_program_that_does_not_start_there_is_told() {
    let Some(board) = Board::start() else { return };
    let program = patched(&board, b"/ld-linux-", b"/ld-nowhere");
    board.write_board_of("board", "config", text(&program), ("", &board.rig.path("far")));
    assert_says(&refused(&board), &["does not start there (exit code 127)", "linked statically"]);
    board.nothing_is_left();
}

/// A tiny file system, for as long as it is there.
struct Tiny<'a>(&'a Path);

impl Drop for Tiny<'_> {
    fn drop(&mut self) {
        run("umount", &["-l", text(self.0)]);
    }
}

#[test]
fn a_full_disk_is_told_before_anything_is_copied() {
    let Some(board) = Board::start() else { return };
    if !is_root() {
        return skipped("a small file system needs root");
    }
    let small = board.rig.path("small");
    std::fs::create_dir(&small).expect("a directory");
    run("mount", &["-t", "tmpfs", "-o", "size=1m", "failop-small", text(&small)]);
    let tiny = Tiny(&small);
    board.write_board("", &small);
    assert_says(&refused(&board), &["1024 KiB are free", "KiB are needed", "files.directory"]);
    assert!(!small.join("failop").exists());
    drop(tiny);
    board.nothing_is_left();
}
