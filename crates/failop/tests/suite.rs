//! Every scenario under `scenarios/must-fail` that demands too much is rightly missed: run alone, it
//! returns 1. Those that lack a detector (`without-…`) want the machine for themselves: `failop selftest`
//! runs them.
#![forbid(unsafe_code)]

#[path = "process/binary.rs"]
mod binary;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// What `failop run` returns when an expectation failed.
const FAIL: i32 = 1;
/// What it returns when nothing can be said.
const INCONCLUSIVE: i32 = 3;
/// How often a scenario is run that does not fail while the host stalls: such a run says nothing.
const TRIES: u32 = 20;

#[test]
fn every_scenario_that_must_fail_fails() {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/must-fail");
    let entries = std::fs::read_dir(scenarios).expect("the scenarios");
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.retain(|file| !file.file_stem().is_some_and(is_without_a_detector));
    assert!(files.len() >= 4, "{files:?}");
    // All at once: each needs a small part of a processor.
    std::thread::scope(|scope| {
        let runs: Vec<_> = files.iter().map(|file| (file, scope.spawn(|| run(file)))).collect();
        for (file, run) in runs {
            let Run { output, stalls } = run.join().expect("a run");
            let file = file.display();
            if output.status.code() == Some(INCONCLUSIVE) && stalls > 0 {
                // Not by a macro: what those print is hidden while a test passes.
                let skipped = format!("SKIPPED {file}: the host stalled in each of {TRIES} runs\n");
                std::io::stderr().write_all(skipped.as_bytes()).expect("a standard error");
                continue;
            }
            assert_eq!(output.status.code(), Some(FAIL), "{file}: {output:?}");
        }
    });
}

fn is_without_a_detector(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("without-"))
}

struct Run {
    output: Output,
    /// How often the host stalled in it.
    stalls: u64,
}

/// The first run that says something, or the last.
fn run(file: &Path) -> Run {
    let says = |run: &Run| run.output.status.code() == Some(FAIL) || run.stalls == 0;
    (1..TRIES).map(|_| run_once(file)).find(says).unwrap_or_else(|| run_once(file))
}

fn run_once(file: &Path) -> Run {
    let out = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let arguments = ["run".as_ref(), "--quiet".as_ref(), "--out".as_ref(), out.path(), file];
    let output = binary::failop().args(arguments).output().expect("the program starts");
    let directory = out.path().join(file.file_stem().expect("a name"));
    let text = std::fs::read_to_string(directory.join("run.json")).expect("a run.json");
    let run: serde_json::Value = serde_json::from_str(&text).expect("run.json is JSON");
    Run { output, stalls: run["host_load"]["stalls"].as_u64().expect("a count") }
}
