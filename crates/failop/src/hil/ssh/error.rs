//! What can go wrong on the way to a board and there: [`Error`].

use super::refusal::advice;
use crate::hil::program::ProgramError;
use std::io;
use std::path::PathBuf;

/// Why a job did not come to its end. Each says what was tried and what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The user ended it.
    #[error("interrupted")]
    Interrupted,
    /// This machine fails.
    #[error(transparent)]
    Here(#[from] io::Error),
    /// There is no `ssh` here.
    #[error("cannot start `ssh`: the OpenSSH client must be installed on this machine")]
    NoSsh {
        /// Why.
        source: io::Error,
    },
    /// `ssh` does not get there.
    #[error("cannot reach {board} with ssh, which says:\n{said}\n{advice}")]
    Connect {
        /// The destination.
        board: String,
        /// What ssh says.
        said: String,
        /// What to do.
        advice: String,
    },
    /// The connection ended while a step was at work.
    #[error("the connection to the board is lost: {said}")]
    Lost {
        /// What ssh says.
        said: String,
    },
    /// It did not come back.
    #[error(
        "{board} did not answer again within {within_s} s (`reboot-within-s`); the run may go on there, its \
         results are in {directory}/reports: when the board answers, bring its folders here and make the \
         reports with `failop report`. The last attempt: {last}"
    )]
    Gone {
        /// The destination.
        board: String,
        /// How long was waited.
        within_s: f64,
        /// The directory there.
        directory: String,
        /// The last attempt.
        last: Box<Error>,
    },
    /// The directory cannot be used.
    #[error(
        "{board}: cannot use the directory `{directory}` (`files.directory` in the board file): {said}; it must \
         be one that the user there may write to"
    )]
    Unusable {
        /// The destination.
        board: String,
        /// The directory.
        directory: String,
        /// What the board's shell says.
        said: String,
    },
    /// Somebody else works in the directory.
    #[error(
        "{board}: `{directory}` is in use by {holder}: wait for the end, or take another `files.directory`"
    )]
    InUse {
        /// The destination.
        board: String,
        /// The directory.
        directory: String,
        /// Who.
        holder: String,
    },
    /// Somebody else has worked in the directory, or its storage forgets.
    #[error(
        "{board}: what was in `{directory}` is gone: another host took it meanwhile, or it is not on storage that \
         outlives a reset (it has now: {found})"
    )]
    Replaced {
        /// The destination.
        board: String,
        /// The directory.
        directory: String,
        /// Token found there.
        found: String,
    },
    /// The program is none for this board.
    #[error("there is nothing to bring to {board}")]
    Program {
        /// The destination.
        board: String,
        /// Why.
        source: ProgramError,
    },
    /// There is not enough room.
    #[error(
        "{board}: {free_kib} KiB are free where `{directory}` is, {needed_kib} KiB are needed: make room, or take \
         another `files.directory`"
    )]
    Full {
        /// The destination.
        board: String,
        /// The directory.
        directory: String,
        /// Free.
        free_kib: u64,
        /// Needed.
        needed_kib: u64,
    },
    /// A file did not get there.
    #[error("{board}: cannot write {name} in `{directory}`: {said}")]
    Copy {
        /// The destination.
        board: String,
        /// The directory.
        directory: String,
        /// The file.
        name: String,
        /// What the board says.
        said: String,
    },
    /// The program does not start there.
    #[error("{board}: the program does not start there (exit code {code}): {said}\n{advice}")]
    Unstartable {
        /// The destination.
        board: String,
        /// What its start ended with.
        code: i32,
        /// What the board says.
        said: String,
        /// What to do.
        advice: &'static str,
    },
    /// failop on the board refuses the job.
    #[error(
        "{board}: failop there refuses {scenario}: is {program} of this version? It says:\n{said}"
    )]
    Refused {
        /// The destination.
        board: String,
        /// The scenario.
        scenario: String,
        /// The program, here.
        program: PathBuf,
        /// What it printed last.
        said: String,
    },
    /// The run was killed.
    #[error(
        "{board}: {scenario}: {how}; what there is of it was fetched. The last that it said:\n{said}"
    )]
    Killed {
        /// The destination.
        board: String,
        /// The scenario.
        scenario: String,
        /// How it ended.
        how: String,
        /// What it printed last.
        said: String,
    },
    /// The user does not wait for the end of the run.
    #[error("the run of {scenario} goes on at {board}, in `{directory}`: nobody waits for it")]
    Left {
        /// The destination.
        board: String,
        /// The scenario.
        scenario: String,
        /// The directory.
        directory: String,
    },
    /// What the board sends is not what is asked for.
    #[error("{board} sends something else than the files of {scenario}: {found}")]
    Garbled {
        /// The destination.
        board: String,
        /// The scenario.
        scenario: String,
        /// What came.
        found: String,
    },
}

impl Error {
    /// `ssh` ended and said this.
    pub(super) fn connect(board: &str, said: &str) -> Error {
        let said = if said.is_empty() { "(nothing)" } else { said };
        Error::Connect {
            board: board.to_owned(),
            said: said.to_owned(),
            advice: advice(board, said),
        }
    }

    /// The connection ended without a word.
    pub(super) fn lost() -> Error {
        Error::Lost { said: "it ended".to_owned() }
    }
}
