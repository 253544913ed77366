//! A board that QEMU emulates: [`carry`].
//!
//! Each scenario gets a board of its own, so that what one does to its board is nothing to the next, and a
//! deterministic run is the same whichever others there are. The board's only program is failop itself,
//! which is its first process (`crate::init`).

mod archive;
mod arguments;
mod board;
mod console;
mod modules;
mod monitor;
mod storage;

use super::program::{Linked, Program, ProgramError};
use super::{Job, Outcome, Time, Told};
use crate::absent::Absent;
use crate::init::Storage;
use crate::repetitions;
use anyhow::Context;
use arguments::PROGRAM;
use board::Guest;
use modules::Modules;
use scenario::Loaded;
use scenario::board::Emulated;
use std::io::Write;
use std::path::{Path, PathBuf};
use sys::clock::now_ns;

/// The architecture of all emulated boards.
const ARCHITECTURE: &str = "aarch64";
/// Wall time that a board has to start and to hand over its results.
const START_NS: u64 = 120_000_000_000;
/// How much slower than its own clock a board may be.
const SLOWNESS: u64 = 40;

/// Runs each scenario on a board of its own, and brings the folders of the runs back.
pub(super) fn carry(job: &Job, way: &Emulated) -> anyhow::Result<Outcome> {
    let modules = check(job, way)?;
    let count = job.scenarios.len();
    let mut failed = None;
    for (number, scenario) in (1..).zip(&job.scenarios) {
        if job.time == Time::Deterministic && resets_board(scenario) {
            skip(job, scenario)?;
            continue;
        }
        tell(job, &format!("[{number}/{count}] {}: the board starts", scenario.plan.name))?;
        let begun_ns = now_ns();
        match run_one(job, way, &modules, scenario) {
            Ok(Outcome::Complete) => {}
            Ok(Outcome::Interrupted) => return Ok(Outcome::Interrupted),
            // One board that failed does not cost the others.
            Err(error) => {
                let error = error.context(scenario.plan.name.clone());
                tell(job, &format!("{error:#}"))?;
                failed = Some(error);
            }
        }
        let wall_s = (now_ns() - begun_ns) as f64 * 1e-9;
        tell(job, &format!("[{number}/{count}] {}: {wall_s:.1} s", scenario.plan.name))?;
    }
    failed.map_or(Ok(Outcome::Complete), Err)
}

fn resets_board(scenario: &Loaded) -> bool {
    scenario.plan.faults.iter().any(|fault| fault.injection.resets_board())
}

/// Leaves out a scenario that would lose its recording.
fn skip(job: &Job, scenario: &Loaded) -> anyhow::Result<()> {
    let why =
        "a deterministic board records in memory, which a reset clears: without --deterministic";
    for repetition in 1..=job.repeat {
        let run = (repetition, job.repeat);
        let folder = repetitions::directory(&job.out, &scenario.plan.name, run);
        Absent::Skipped(why.to_owned()).write(&folder)?;
    }
    Ok(())
}

/// Whether all is there, before anything is started.
fn check(job: &Job, way: &Emulated) -> anyhow::Result<Modules> {
    let prepared = Path::new(&way.prepared);
    if !prepared.join("vmlinuz").exists() {
        anyhow::bail!(
            "{} has no vmlinuz: the board is not prepared; `cargo xtask hil` does it",
            prepared.display()
        );
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|it| it.join(PROGRAM).is_file()) {
        anyhow::bail!(
            "no {PROGRAM} in PATH: it comes with the package qemu-system-arm; `cargo xtask hil` \
             prepares all"
        );
    }
    let program = Program::for_machine(&job.program, ARCHITECTURE)?;
    if program.linked == Linked::Dynamically {
        return Err(ProgramError::NotStatic { path: job.program.clone() }.into());
    }
    Ok(Modules::read(&prepared.join("modules"))?)
}

fn run_one(
    job: &Job,
    way: &Emulated,
    modules: &Modules,
    scenario: &Loaded,
) -> anyhow::Result<Outcome> {
    let folder = job.folder(scenario);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let scratch = tempfile::Builder::new()
        .prefix("board-")
        .tempdir_in(&folder)
        .context("cannot make a directory for the board")?;
    let disk = scratch.path().join("disk");
    let storage = match job.time {
        Time::Free => {
            storage::make(&disk)?;
            Storage::Disk("/dev/vda".to_owned())
        }
        // Nothing of this machine may have a part in it.
        Time::Deterministic => Storage::Memory,
    };
    let initial = scratch.path().join("initramfs");
    let bytes = board::initial(job, way, modules, (scenario, storage))?;
    std::fs::write(&initial, bytes)
        .with_context(|| format!("cannot write {}", initial.display()))?;
    let files = arguments::Files { initial, disk, out: absolute(&job.out)? };
    let guest = Guest {
        arguments: arguments::of(way, &files, job.time)?,
        folder: &folder,
        give_up_ns: now_ns() + wall_ns(job, scenario),
        told: job.told,
        stop: &job.stop,
    };
    let outcome = guest.run();
    if job.afterwards == super::Afterwards::Keep {
        let kept = scratch.keep();
        tell(job, &format!("kept: {}", kept.display()))?;
    }
    outcome
}

/// The longest that a board may take for a scenario, on a slow and busy machine.
fn wall_ns(job: &Job, scenario: &Loaded) -> u64 {
    let with_twin = 2;
    START_NS + scenario.plan.duration_ns * with_twin * u64::from(job.repeat) * SLOWNESS
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("where is {}?", path.display()))
}

fn tell(job: &Job, line: &str) -> std::io::Result<()> {
    match job.told {
        Told::Everyone => writeln!(std::io::stderr(), "{line}"),
        Told::Nobody => Ok(()),
    }
}
