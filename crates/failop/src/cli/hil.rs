//! The arguments of `failop hil`: [`HilCommand`].

use super::EXIT_CODES;
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
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line, each on its own")]
pub(crate) struct HilRunArguments {
    /// Board file: how to reach the board, its sensors, scheduling and hardware watchdog
    #[arg(long, value_name = "FILE")]
    pub(crate) board: PathBuf,
    /// Scenario files, or directories of which every *.toml is run, in the order of their names
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) scenarios: Vec<PathBuf>,
    /// Directory for the results: one folder per scenario
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(crate) out: PathBuf,
    /// Seed to use in place of the scenario's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// Run each scenario this many times, as `failop run --repeat` does
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) repeat: u32,
    /// Run in place of each scenario its twin in which nothing goes wrong: it must pass
    #[arg(long)]
    pub(crate) without_faults: bool,
    /// Before each scenario that has faults, run its twin without them, as `failop run --twin` does
    #[arg(long, conflicts_with = "without_faults")]
    pub(crate) twin: bool,
    /// Where to write the JUnit file [default: OUT/junit.xml]
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Emulated boards only: the board's time is a count of its instructions. The same scenario and seed
    /// give the same recording, bit for bit, also on a busy machine
    #[arg(long)]
    pub(crate) deterministic: bool,
    /// Leave on the board what was brought there and made there; of an emulated board, keep what it
    /// was started with in OUT
    #[arg(long)]
    pub(crate) keep: bool,
    /// Print nothing while running, only the summary
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// The way with this name.
pub(super) fn reached(name: &str) -> Result<Reached, String> {
    let names = Reached::ALL.map(Reached::name).join(", ");
    let found = Reached::ALL.into_iter().find(|it| it.name() == name);
    found.ok_or_else(|| format!("`{name}` is none of {names}"))
}
