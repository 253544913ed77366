//! Hardware in the loop: a board of the desk, [`Bench`], what is to run there, [`Job`], and the ways to get it
//! there.
//!
//! A way to a board brings the files there, runs `failop run` on each scenario, and brings the folders of
//! the runs back; or it lets the board examine itself. It judges nothing: reports are made here, from the
//! recordings alone.

mod emulator;
mod program;
mod ssh;

use crate::doctor::Form;
use anyhow::Context;
use recording::Reached;
use scenario::board::{Board, Reach, Ssh, Times};
use scenario::{Loaded, LoadedBoard};
use std::convert::Infallible;
use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use sys::signals::StopSignals;

/// A board, and what holds for all that is done there.
#[derive(Debug)]
pub(crate) struct Bench {
    /// The board.
    pub(crate) file: LoadedBoard,
    /// What the board's time is.
    pub(crate) time: Time,
    /// What becomes of what was brought to the board.
    pub(crate) afterwards: Afterwards,
    /// Who is told how it goes.
    pub(crate) told: Told,
    /// How the user ends it.
    pub(crate) stop: StopSignals,
}

/// What is to run on the board. All paths are of this machine.
#[derive(Debug)]
pub(crate) struct Job {
    /// Where.
    pub(crate) bench: Bench,
    /// The scenarios, in order.
    pub(crate) scenarios: Vec<Loaded>,
    /// Further arguments of `failop run` on the board.
    pub(crate) run_arguments: Vec<String>,
    /// Runs of each scenario.
    pub(crate) repeat: u32,
    /// Where the folders of the runs go.
    pub(crate) out: PathBuf,
}

/// What the time of a board is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// It passes.
    Free,
    /// It is a count of instructions; emulated boards only.
    Deterministic,
}

/// What becomes of what was brought to a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Afterwards {
    /// It is removed.
    Remove,
    /// It stays.
    Keep,
}

/// Who is told how it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Whoever reads standard error.
    Everyone,
    /// Nobody.
    Nobody,
}

/// How a job on a board ended, where nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was tried.
    Complete,
    /// The user ended it.
    Interrupted,
}

/// What a command on the board came to.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What it ended with.
    pub(crate) code: i32,
    /// What it printed on standard output.
    pub(crate) output: Vec<u8>,
}

impl Bench {
    /// What its file says.
    fn board(&self) -> &Board {
        &self.file.board
    }

    /// The program for the board, on this machine.
    fn program(&self) -> &Path {
        Path::new(&self.board().program)
    }

    /// Tells the user.
    fn tell(&self, line: impl Display) {
        if self.told == Told::Everyone {
            // Nobody is left to tell if standard error is gone.
            if let Err(_gone) = writeln!(std::io::stderr(), "{line}") {}
        }
    }

    /// How the board is reached, as the recording will tell.
    fn reached(&self) -> Reached {
        match (&self.board().reach, self.time) {
            (Reach::Here, _) => Reached::Here,
            (Reach::Ssh(Ssh { times: Times::Measured, .. }), _) => Reached::Ssh,
            (Reach::Ssh(Ssh { times: Times::Emulated, .. }), _)
            | (Reach::Emulated(_), Time::Free) => Reached::Emulated,
            (Reach::Emulated(_), Time::Deterministic) => Reached::Deterministic,
        }
    }
}

impl Job {
    /// The file name of a scenario on the board.
    fn scenario_file(scenario: &Loaded) -> String {
        format!("{}.toml", scenario.plan.name)
    }

    /// Arguments of `failop` on the board that run one scenario: `inputs` is the directory on the board
    /// with `board.toml` and the scenarios, `out` the one for the results.
    fn command(&self, scenario: &Loaded, inputs: &str, out: &str) -> Vec<String> {
        let given = ["run", "--board"].map(str::to_owned).into_iter();
        given
            .chain([format!("{inputs}/board.toml"), "--out".to_owned(), out.to_owned()])
            .chain(["--reached".to_owned(), self.bench.reached().name().to_owned()])
            // What all runs come to together is told here.
            .chain(["--junit".to_owned(), "/dev/null".to_owned()])
            .chain(self.run_arguments.iter().cloned())
            .chain([format!("{inputs}/{}", Job::scenario_file(scenario))])
            .collect()
    }

    /// Folder of all runs of a scenario here.
    fn folder(&self, scenario: &Loaded) -> PathBuf {
        self.out.join(&scenario.plan.name)
    }
}

/// What the commands see to before they come here.
const ELSEWHERE: &str = "the board is another machine";

/// Brings the job to its board, runs it there, and brings the folders of the runs back into `out`, as many
/// as there are, also where something goes wrong.
pub(crate) fn carry(job: &Job) -> anyhow::Result<Outcome> {
    match &job.bench.board().reach {
        Reach::Here => unreachable!("{ELSEWHERE}"),
        Reach::Ssh(way) => ssh::carry(job, way),
        Reach::Emulated(way) => emulator::carry(job, way),
    }
}

/// Lets the board examine itself; `None` if the user ended it.
pub(crate) fn examine(bench: &Bench, form: Form) -> anyhow::Result<Option<Answer>> {
    let command = |file: &str| {
        let given = ["hil", "doctor", "--here", "--board", file].into_iter();
        given.chain((form == Form::Json).then_some("--json")).map(str::to_owned).collect()
    };
    match &bench.board().reach {
        Reach::Here => unreachable!("{ELSEWHERE}"),
        Reach::Ssh(way) => ssh::ask(bench, way, command),
        Reach::Emulated(way) => emulator::ask(bench, way, command),
    }
}

/// Becomes another program, which dies with `parent`.
pub(crate) fn tether(parent: u32, words: &[String]) -> anyhow::Result<Infallible> {
    sys::process::die_with_parent(parent)?;
    let (program, arguments) = words.split_first().context("no program")?;
    sys::process::become_program(program, arguments)
        .with_context(|| format!("cannot start {program}"))
}
