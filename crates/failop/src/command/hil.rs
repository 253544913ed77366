//! `failop hil`: scenarios on a board.

use crate::absent::Absent;
use crate::cli::{HilCommand, HilRunArguments};
use crate::command::check::{load_all, refusal};
use crate::command::doctor::doctor;
use crate::done::Done;
use crate::exit::Code;
use crate::hil::{self, Afterwards, Bench, Job, Outcome, Time, Told};
use crate::{before, outputs, repetitions};
use anyhow::Context;
use recording::FILE_NAME;
use scenario::board::Reach;
use std::io::Write;
use std::path::{Path, PathBuf};
use sys::signals::StopSignals;

/// `failop hil`.
pub(crate) fn hil(command: &HilCommand) -> anyhow::Result<Code> {
    match command {
        HilCommand::Run(arguments) => run(arguments),
        HilCommand::Doctor(arguments) => doctor(arguments),
    }
}

/// `failop hil run`.
fn run(arguments: &HilRunArguments) -> anyhow::Result<Code> {
    // Before any thread: one that started earlier would still be killed by Ctrl-C.
    let stop = StopSignals::take().context("cannot take over Ctrl-C")?;
    let Some(scenarios) = load_all(&arguments.runs.scenarios)? else { return Ok(Code::Invalid) };
    let mut err = std::io::stderr();
    let board = match scenario::load_board(&arguments.board) {
        Ok(board) => board,
        Err(error) => {
            writeln!(err, "{}", refusal(error))?;
            return Ok(Code::Invalid);
        }
    };
    if let Some(why) = refused(arguments, &board.board.reach) {
        writeln!(err, "failop: {}: {why}", arguments.board.display())?;
        return Ok(Code::Invalid);
    }
    let (out, junit) = (arguments.runs.out.clone(), arguments.runs.junit.clone());
    let mut done = match Done::start(out, junit, arguments.runs.repeat) {
        Ok(done) => done,
        Err(error) => {
            writeln!(err, "failop: --out or --junit: {error:#}")?;
            return Ok(Code::Invalid);
        }
    };
    let bench = Bench {
        file: board,
        time: if arguments.deterministic { Time::Deterministic } else { Time::Free },
        afterwards: if arguments.keep { Afterwards::Keep } else { Afterwards::Remove },
        told: if arguments.runs.quiet { Told::Nobody } else { Told::Everyone },
        stop,
    };
    let job = Job {
        bench,
        scenarios,
        run_arguments: run_arguments(arguments),
        repeat: arguments.runs.repeat,
        out: arguments.runs.out.clone(),
    };
    for (scenario, directory) in runs(&job) {
        forget(&directory).with_context(|| format!("cannot clear what is left of {scenario}"))?;
    }
    let outcome = hil::carry(&job);
    for (scenario, directory) in runs(&job) {
        judge(&mut done, scenario, &directory)?;
    }
    let code = done.finish(job.scenarios.len() * job.repeat as usize)?;
    match outcome {
        Ok(Outcome::Complete | Outcome::Interrupted) => Ok(code),
        Err(error) => {
            writeln!(err, "failop: {error:#}")?;
            Ok(Code::Inconclusive)
        }
    }
}

/// Why these arguments make no sense for a board reached like this.
fn refused(arguments: &HilRunArguments, reach: &Reach) -> Option<String> {
    let board = arguments.board.display();
    match reach {
        Reach::Here => {
            Some(format!("it has no `reach`, so it is of this machine: failop run --board {board}"))
        }
        Reach::Ssh(_) if arguments.deterministic => {
            Some("--deterministic is for emulated boards: a real one's time passes".to_owned())
        }
        Reach::Ssh(_) | Reach::Emulated(_) => None,
    }
}

/// What `failop run` is told on the board.
fn run_arguments(arguments: &HilRunArguments) -> Vec<String> {
    let mut given = vec!["--repeat".to_owned(), arguments.runs.repeat.to_string()];
    if let Some(seed) = arguments.runs.seed {
        given.extend(["--seed".to_owned(), seed.to_string()]);
    }
    let switches =
        [("--without-faults", arguments.runs.without_faults), ("--twin", arguments.runs.twin)];
    given.extend(switches.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned()));
    given
}

/// Every run of the job: its scenario, and its folder here.
fn runs(job: &Job) -> impl Iterator<Item = (&str, PathBuf)> {
    let turns = job.scenarios.iter().flat_map(|it| (1..=job.repeat).map(move |n| (it, n)));
    turns.map(|(scenario, repetition)| {
        let name = scenario.plan.name.as_str();
        (name, repetitions::directory(&job.out, name, (repetition, job.repeat)))
    })
}

/// Removes an earlier run: should this one not come back, no old verdict is left.
fn forget(directory: &Path) -> anyhow::Result<()> {
    if !directory.exists() {
        return Ok(());
    }
    outputs::remove(directory)?;
    crate::twin::remove(directory)?;
    before::forget(directory)
        .with_context(|| format!("cannot clear the recording in {}", directory.display()))
}

/// Makes the reports of a run that came back. One that did not is counted as not run.
fn judge(done: &mut Done, scenario: &str, directory: &Path) -> anyhow::Result<()> {
    if let Some(absent) = Absent::read(directory)? {
        done.lack(scenario, absent)?;
    } else if directory.join(FILE_NAME).exists() {
        match outputs::write(directory) {
            Ok(summary) => done.add(summary)?,
            Err(error) => done.lack(scenario, Absent::Broken(format!("{error:#}")))?,
        }
    }
    Ok(())
}
