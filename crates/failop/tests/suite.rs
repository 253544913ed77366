//! Every scenario under `scenarios/must-fail` is rightly missed: run alone, it returns 1.
#![forbid(unsafe_code)]

#[path = "process/binary.rs"]
mod binary;

use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// What `failop run` returns when an expectation failed.
const FAIL: i32 = 1;
/// What it returns when the machine was too busy to judge: such a run says nothing and is made again.
const INCONCLUSIVE: i32 = 3;
const TRIES: u32 = 4;

#[test]
fn every_scenario_that_must_fail_fails() {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/must-fail");
    let entries = std::fs::read_dir(scenarios).expect("the scenarios");
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    assert!(files.len() >= 4, "{files:?}");
    // All at once: each needs a small part of a processor.
    std::thread::scope(|scope| {
        let runs: Vec<_> = files.iter().map(|file| (file, scope.spawn(|| run(file)))).collect();
        for (file, run) in runs {
            let output = run.join().expect("a run");
            assert_eq!(output.status.code(), Some(FAIL), "{}: {output:?}", file.display());
        }
    });
}

fn run(file: &Path) -> Output {
    let out = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let arguments = ["run".as_ref(), "--quiet".as_ref(), "--out".as_ref(), out.path(), file];
    let run = || binary::failop().args(arguments).output().expect("the program starts");
    let is_clear = |output: &Output| output.status.code() != Some(INCONCLUSIVE);
    (1..TRIES).map(|_| run()).find(is_clear).unwrap_or_else(run)
}
