//! `failop check` and `failop schema`: scenario files and board files without running them.

use crate::cli::{CheckArguments, SchemaArguments};
use crate::exit::Code;
use scenario::load::LoadError;
use scenario::{Loaded, LoadedBoard};
use std::io::Write;
use std::path::PathBuf;

/// `failop check`.
pub(crate) fn check(arguments: &CheckArguments) -> anyhow::Result<Code> {
    let board = match arguments.board.as_deref().map(scenario::load_board).transpose() {
        Ok(board) => board,
        Err(error) => {
            writeln!(std::io::stderr(), "{}", refusal(error))?;
            return Ok(Code::Invalid);
        }
    };
    let scenarios = match arguments.scenarios.as_slice() {
        [] => Some(Vec::new()),
        paths => load_all(paths)?,
    };
    let Some(loaded) = scenarios else { return Ok(Code::Invalid) };
    let mut out = std::io::stdout().lock();
    if let Some(LoadedBoard { board, path, .. }) = board {
        writeln!(out, "{}: ok, board {}", path.display(), board.name)?;
    }
    for scenario in &loaded {
        let faults = scenario.plan.faults.len();
        let plural = if faults == 1 { "" } else { "s" };
        let seconds = scenario.plan.duration_ns as f64 / 1e9;
        writeln!(out, "{}: ok, {seconds} s, {faults} fault{plural}", scenario.path.display())?;
    }
    Ok(Code::Pass)
}

/// `failop schema`.
pub(crate) fn schema(arguments: &SchemaArguments) -> anyhow::Result<Code> {
    let schema = if arguments.board { scenario::board_schema() } else { scenario::schema() };
    writeln!(std::io::stdout(), "{schema}")?;
    Ok(Code::Pass)
}

/// Loads every scenario; tells every mistake of every file and returns `None` if there is one.
pub(crate) fn load_all(paths: &[PathBuf]) -> anyhow::Result<Option<Vec<Loaded>>> {
    let mut err = std::io::stderr().lock();
    let files = match scenario::collect(paths) {
        Ok(files) => files,
        Err(error) => {
            writeln!(err, "failop: {:#}", anyhow::Error::from(error))?;
            return Ok(None);
        }
    };
    let mut loaded: Vec<Loaded> = Vec::new();
    let mut sound = true;
    for file in files {
        match scenario::load(&file) {
            Ok(scenario) => {
                let name = &scenario.plan.name;
                if let Some(other) = loaded.iter().find(|other| other.plan.name == *name) {
                    let (path, other) = (file.display(), other.path.display());
                    writeln!(err, "{path}: the name `{name}` is taken by {other}")?;
                    sound = false;
                }
                loaded.push(scenario);
            }
            Err(error) => {
                writeln!(err, "{}", refusal(error))?;
                sound = false;
            }
        }
    }
    Ok(sound.then_some(loaded))
}

/// What is wrong with a file, for the user.
pub(crate) fn refusal(error: LoadError) -> String {
    match error {
        LoadError::Mistakes(mistakes) => mistakes.to_string(),
        error => format!("failop: {:#}", anyhow::Error::from(error)),
    }
}
