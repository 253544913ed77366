//! A board that QEMU emulates: [`carry`], [`ask`].
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
use super::{Afterwards, Answer, Bench, Job, Outcome, Time};
use crate::absent::Absent;
use crate::init::{INPUTS, RESULTS, Storage};
use crate::repetitions;
use anyhow::Context;
use arguments::PROGRAM;
use board::{BoardError, End, Guest, Order};
use modules::Modules;
use recording::PARTS_MAX;
use scenario::Loaded;
use scenario::board::Emulated;
use std::path::{Path, PathBuf};
use sys::clock::now_ns;
use tempfile::TempDir;

/// The architecture of all emulated boards.
const ARCHITECTURE: &str = "aarch64";
/// File of the results in which an answer comes back.
const ANSWER: &str = "answer";
/// Wall time that a board has to start and to hand over its results.
const START_NS: u64 = 120_000_000_000;
/// How much slower than its own clock a board may be.
const SLOWNESS: u64 = 40;

/// Runs each scenario on a board of its own, and brings the folders of the runs back.
pub(super) fn carry(job: &Job, way: &Emulated) -> anyhow::Result<Outcome> {
    let bench = &job.bench;
    let modules = check(bench, way)?;
    let count = job.scenarios.len();
    let mut failed = None;
    for (number, scenario) in (1..).zip(&job.scenarios) {
        if bench.time == Time::Deterministic && resets_board(scenario) {
            skip(job, scenario)?;
            continue;
        }
        let name = &scenario.plan.name;
        bench.tell(format_args!("[{number}/{count}] {name}: the board starts"));
        let begun_ns = now_ns();
        match run_one(job, way, &modules, scenario) {
            Ok(Outcome::Complete) => {}
            Ok(Outcome::Interrupted) => return Ok(Outcome::Interrupted),
            // One board that failed does not cost the others.
            Err(error) => {
                let error = error.context(name.clone());
                bench.tell(format_args!("{error:#}"));
                failed = Some(error);
            }
        }
        let wall_s = (now_ns() - begun_ns) as f64 / 1e9;
        bench.tell(format_args!("[{number}/{count}] {name}: {wall_s:.1} s"));
    }
    failed.map_or(Ok(Outcome::Complete), Err)
}

/// What `failop` on the board answers to a command, given the board file; `None` if the user ended it.
pub(super) fn ask(
    bench: &Bench,
    way: &Emulated,
    command: impl Fn(&str) -> Vec<String>,
) -> anyhow::Result<Option<Answer>> {
    let modules = check(bench, way)?;
    let folder = tempfile::Builder::new().prefix("failop-").tempdir();
    let folder = folder.context("cannot make a directory for the board's answer")?;
    let order = Order {
        scenario: None,
        arguments: command(&format!("{INPUTS}/board.toml")),
        output: Some(ANSWER.to_owned()),
        starts_max: 1,
        folder: folder.path(),
        out: folder.path(),
        within_ns: START_NS,
    };
    bench.tell(format_args!("{}: the board starts", bench.board().name));
    Ok(match start(bench, way, &modules, &order)? {
        End::Command(code) => {
            let path = folder.path().join(ANSWER);
            let output = std::fs::read(path).context("the board's answer did not come")?;
            Some(Answer { code: code.into(), output })
        }
        End::Interrupted => None,
    })
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
fn check(bench: &Bench, way: &Emulated) -> anyhow::Result<Modules> {
    let prepared = Path::new(&way.prepared);
    if !prepared.join("vmlinuz").exists() {
        anyhow::bail!(
            "{} has no vmlinuz: the board is not prepared; `cargo xtask hil` does it, in the repository",
            absolute(prepared)?.display()
        );
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|it| it.join(PROGRAM).is_file()) {
        anyhow::bail!(
            "no {PROGRAM} in PATH: it comes with the package qemu-system-arm; `cargo xtask hil` \
             prepares all"
        );
    }
    let program = Program::for_machine(bench.program(), ARCHITECTURE)?;
    if program.linked == Linked::Dynamically {
        return Err(ProgramError::NotStatic { path: bench.program().to_owned() }.into());
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
    let with_twin = 2;
    let run_ns = scenario.plan.duration_ns * with_twin * u64::from(job.repeat);
    let results = format!("{}/{RESULTS}", board::directory(&job.bench));
    let order = Order {
        scenario: Some(scenario),
        arguments: job.command(scenario, INPUTS, &results),
        output: None,
        starts_max: job.repeat.saturating_mul(PARTS_MAX) + 1,
        folder: &folder,
        out: &job.out,
        within_ns: START_NS + run_ns * SLOWNESS,
    };
    match start(&job.bench, way, modules, &order)? {
        // Whatever could not be carried out left a note in its folder.
        End::Command(0 | 3) => Ok(Outcome::Complete),
        End::Command(code) => Err(BoardError::Command { code }.into()),
        End::Interrupted => Ok(Outcome::Interrupted),
    }
}

/// Makes a board that does this one thing, and follows it to its end.
fn start(bench: &Bench, way: &Emulated, modules: &Modules, order: &Order) -> anyhow::Result<End> {
    let scratch = tempfile::Builder::new().prefix("board-").tempdir_in(order.folder);
    let scratch = scratch.context("cannot make a directory for the board")?;
    let disk = scratch.path().join("disk");
    let storage = match bench.time {
        Time::Free => {
            storage::make(&disk)?;
            Storage::Disk("/dev/vda".to_owned())
        }
        // Nothing of this machine may have a part in it.
        Time::Deterministic => Storage::Memory,
    };
    let initial = scratch.path().join("initramfs");
    let bytes = board::initial(bench, way, modules, (order, storage))?;
    std::fs::write(&initial, bytes)
        .with_context(|| format!("cannot write {}", initial.display()))?;
    let files = arguments::Files { initial, disk, out: absolute(order.out)? };
    let guest = Guest {
        arguments: arguments::of(way, &files, bench.time)?,
        folder: order.folder,
        give_up_ns: now_ns() + order.within_ns,
        told: bench.told,
        stop: &bench.stop,
    };
    let end = guest.run();
    keep(bench, scratch);
    end
}

fn keep(bench: &Bench, scratch: TempDir) {
    if bench.afterwards == Afterwards::Keep {
        bench.tell(format_args!("kept: {}", scratch.keep().display()));
    }
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("where is {}?", path.display()))
}
