//! `failop hil doctor`: what a board can and cannot do.

use crate::cli::DoctorArguments;
use crate::command::check::refusal;
use crate::doctor::examine;
use crate::exit::Code;
use scenario::LoadedBoard;
use scenario::board::{Reach, Ssh};
use std::io::Write;

/// `failop hil doctor`.
pub(crate) fn doctor(arguments: &DoctorArguments) -> anyhow::Result<Code> {
    let board = match arguments.board.as_deref().map(scenario::load_board).transpose() {
        Ok(board) => board,
        Err(error) => {
            writeln!(std::io::stderr(), "{}", refusal(error))?;
            return Ok(Code::Invalid);
        }
    };
    if let Some(board) = board.as_ref().filter(|_| !arguments.here) {
        is_here(board)?;
    }
    let found = examine(board.as_ref().map(|it| &it.board))?;
    let text = if arguments.json { found.json() } else { found.lines() };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(if found.meets_demands() { Code::Pass } else { Code::Fail })
}

/// Refuses a board that is another machine, and tells how it is examined.
fn is_here(board: &LoadedBoard) -> anyhow::Result<()> {
    let file = board.path.display();
    match &board.board.reach {
        Reach::Here => Ok(()),
        Reach::Ssh(Ssh { destination, .. }) => anyhow::bail!(
            "{file}: the board is another machine; bring the program and this file there, and ask it:\n  \
             scp {} {file} {destination}:\n  \
             ssh {destination} ./failop hil doctor --here --board {}",
            board.board.program,
            board.path.file_name().unwrap_or_default().display()
        ),
        Reach::Emulated(_) => anyhow::bail!(
            "{file}: the board is emulated: it has what this file gives it, and a run tells what it lacks"
        ),
    }
}
