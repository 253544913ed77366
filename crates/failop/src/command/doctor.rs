//! `failop hil doctor`: what a board can and cannot do.

use crate::cli::DoctorArguments;
use crate::command::check::refusal;
use crate::doctor::{self, Form};
use crate::exit::Code;
use crate::hil::{self, Afterwards, Answer, Bench, Time, Told};
use anyhow::Context;
use scenario::LoadedBoard;
use scenario::board::Reach;
use std::io::Write;
use sys::signals::StopSignals;

/// `failop hil doctor`.
pub(crate) fn doctor(arguments: &DoctorArguments) -> anyhow::Result<Code> {
    let board = match arguments.board.as_deref().map(scenario::load_board).transpose() {
        Ok(board) => board,
        Err(error) => {
            writeln!(std::io::stderr(), "{}", refusal(error))?;
            return Ok(Code::Invalid);
        }
    };
    let form = if arguments.json { Form::Json } else { Form::Lines };
    match board {
        Some(board) if !arguments.here && board.board.reach != Reach::Here => there(board, form),
        board => here(board.as_ref(), form),
    }
}

/// Examines this machine.
fn here(board: Option<&LoadedBoard>, form: Form) -> anyhow::Result<Code> {
    let found = doctor::examine(board.map(|it| &it.board))?;
    std::io::stdout().lock().write_all(found.text(form).as_bytes())?;
    Ok(if found.meets_demands() { Code::Pass } else { Code::Fail })
}

/// Lets another machine examine itself, by the same command there.
fn there(board: LoadedBoard, form: Form) -> anyhow::Result<Code> {
    let stop = StopSignals::take().context("cannot take over Ctrl-C")?;
    let (time, afterwards, told) = (Time::Free, Afterwards::Remove, Told::Everyone);
    let bench = Bench { file: board, time, afterwards, told, stop };
    let Some(Answer { code, output }) = hil::examine(&bench, form)? else {
        return Ok(Code::Inconclusive);
    };
    std::io::stdout().lock().write_all(&output)?;
    match [Code::Pass, Code::Fail].into_iter().find(|it| *it as i32 == code) {
        Some(code) => Ok(code),
        None => anyhow::bail!("failop hil doctor ended with code {code} on the board"),
    }
}
