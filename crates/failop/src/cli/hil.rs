//! The arguments of `failop hil`: [`HilCommand`].

use super::{EXIT_CODES, Runs};
use clap::{Args, Subcommand};
use recording::Reached;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum HilCommand {
    /// Run scenarios on a board, fetch their recordings, and make the reports here
    #[command(after_help = EXIT_CODES)]
    Run(HilRunArguments),
    /// Tell what a board can and cannot do as a test bench, and what of its board file it cannot
    #[command(after_help = DOCTOR_CODES)]
    Doctor(DoctorArguments),
}

const DOCTOR_CODES: &str = "\
Exit codes:
  0  everything that the board file asks for is there
  1  something that it asks for is not
  2  the board file or the command line is invalid
  3  it could not be found out";

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Board file: what it asks for is looked at, too
    #[arg(long, value_name = "FILE")]
    pub(crate) board: Option<PathBuf>,
    /// Examine this machine, however the board file says that the board is reached
    #[arg(long)]
    pub(crate) here: bool,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HilRunArguments {
    /// Board file: how to reach the board, its sensors, scheduling and hardware watchdog
    #[arg(long, value_name = "FILE")]
    pub(crate) board: PathBuf,
    #[command(flatten)]
    pub(crate) runs: Runs,
    /// Emulated boards only: the board's time is a count of its instructions. The same scenario and seed
    /// give the same recording, bit for bit, also on a busy machine
    #[arg(long)]
    pub(crate) deterministic: bool,
    /// Leave on the board what was brought there and made there; of an emulated board, keep what it
    /// was started with in OUT
    #[arg(long)]
    pub(crate) keep: bool,
}

/// The way with this name.
pub(super) fn reached(name: &str) -> Result<Reached, String> {
    let names = Reached::ALL.map(Reached::name).join(", ");
    let found = Reached::ALL.into_iter().find(|it| it.name() == name);
    found.ok_or_else(|| format!("`{name}` is none of {names}"))
}
