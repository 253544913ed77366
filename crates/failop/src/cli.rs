//! The command line: [`Cli`].

mod hil;

pub(crate) use hil::{DoctorArguments, HilCommand, HilRunArguments};

use crate::command::bench::{Benchmark, PeerArguments};
use clap::{Args, Parser, Subcommand};
use recording::Reached;
use std::os::fd::RawFd;
use std::path::PathBuf;
use wire::Mechanism;

/// Break the processes of a sensor-fusion pipeline on purpose, and prove what came of it.
///
/// failop runs a real camera process (2 MB frames through shared memory), a real radar process
/// (datagrams) and a real fusion process under a watchdog, injects the faults of a scenario file, and
/// writes verdicts, plots and a report.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0  every scenario passed, or was skipped because the host lacks what its faults need
  1  an expectation failed
  2  a scenario file or the command line is invalid
  3  inconclusive: a fault did not take effect, the host was too overloaded to judge,
     a process could not be started, or the run was interrupted";

const SELF_TEST_CODES: &str = "\
Exit codes:
  0  everything that could be judged was noticed
  1  something was not noticed, or the run in which nothing goes wrong failed
  3  nothing could be judged, or the self-test was interrupted";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run scenarios and write their reports
    #[command(after_help = EXIT_CODES)]
    Run(RunArguments),
    /// Hardware in the loop: run scenarios on a board, and see what a board can do
    #[command(subcommand)]
    Hil(HilCommand),
    /// Check scenario files without running them
    Check(CheckArguments),
    /// Make the reports of runs again, from their recordings alone
    Report(ReportArguments),
    /// Prove on this host that each detector is needed, and that what it finds is judged
    #[command(after_help = SELF_TEST_CODES)]
    Selftest(SelftestArguments),
    /// List the catalogue of faults, and what this host can do of it
    Faults(FaultsArguments),
    /// Print the JSON Schema of the scenario file, for completion in editors
    Schema(SchemaArguments),
    /// Measure frames, links, restarts and logging on this machine
    #[command(subcommand)]
    Bench(Benchmark),
    /// Become a process of a benchmark (started by `bench` only)
    #[command(hide = true)]
    BenchPeer(PeerArguments),
    /// Become a process that a benchmark breaks (started by `bench` only)
    #[command(hide = true)]
    BreakagePeer {
        /// Inherited descriptor of its orders
        orders: RawFd,
    },
    /// Become one end of a link that is measured (started by `bench ipc` only)
    #[command(hide = true)]
    BenchLink {
        /// What to do, JSON
        part: String,
    },
    /// Become a process of the pipeline (started by the watchdog only)
    #[command(hide = true)]
    Node(NodeArguments),
    /// Become another program that dies with its parent (started by `hil run` only)
    #[command(hide = true)]
    Tether {
        /// Process id of the parent
        parent: u32,
        /// The program, and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Become a nuisance to other processes (started by the watchdog only)
    #[command(hide = true)]
    Hog(HogArguments),
}

/// Which runs, and what becomes of them: wherever they take place.
#[derive(Debug, Args)]
pub(crate) struct Runs {
    /// Scenario files, or directories of which every *.toml is run, in the order of their names
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) scenarios: Vec<PathBuf>,
    /// Directory for the results: one folder per scenario
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(crate) out: PathBuf,
    /// Seed to use in place of the scenario's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// Run each scenario this many times; with more than one, results go to numbered folders, and
    /// what they prove together to campaign.html, .md and .json beside these
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) repeat: u32,
    /// Run in place of each scenario its twin in which nothing goes wrong: it must pass
    #[arg(long)]
    pub(crate) without_faults: bool,
    /// Before each scenario that has faults, run its twin without them, into the folder `twin` of its
    /// results, and tell what the faults changed: when the brakes were asked for, and what came of it.
    /// A scenario that demands something against its twin has it in any case
    #[arg(long, conflicts_with = "without_faults")]
    pub(crate) twin: bool,
    /// Where to write the JUnit file [default: OUT/junit.xml]
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Print nothing while running, only the summary
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) runs: Runs,
    /// Board file: the sensors, scheduling and hardware watchdog of this machine. See docs/boards.md
    #[arg(long, value_name = "FILE")]
    pub(crate) board: Option<PathBuf>,
    /// Tell on D-Bus what goes on, and inject from there the faults that a scenario leaves to a person
    /// (`when.by-hand`): on the session bus, the `system` bus, or the bus at an address
    /// (`unix:path=…`). See docs/dbus.md
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, default_missing_value = "session")]
    pub(crate) dbus: Option<String>,
    /// Take requests at this Unix socket, one a line, each answered by a line of JSON: `status`,
    /// `inject <fault id>` (of faults with `when.by-hand`), `stop`. A socket that a service manager hands
    /// down (`LISTEN_FDS`) is served without it
    #[arg(long, value_name = "PATH")]
    pub(crate) control: Option<PathBuf>,
    /// Go on with what a reset of this board interrupted: runs that are recorded are not made again, and the
    /// one that was under way goes on as the board file says
    #[arg(long)]
    pub(crate) resume: bool,
    /// How this machine was reached by who fetches the recordings, and makes the reports
    #[arg(long, hide = true, default_value = "here", value_parser = hil::reached)]
    pub(crate) reached: Reached,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Scenario files, or directories of which every *.toml is checked
    #[arg(required_unless_present = "board", value_name = "FILE|DIR")]
    pub(crate) scenarios: Vec<PathBuf>,
    /// Board file to check
    #[arg(long, value_name = "FILE")]
    pub(crate) board: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// That of the board file
    #[arg(long)]
    pub(crate) board: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// Directories of runs: those that hold a recording
    #[arg(required = true, value_name = "RUN_DIR")]
    pub(crate) runs: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SelftestArguments {
    /// Directory for the results: selftest.json, and one folder per run
    #[arg(long, value_name = "DIR", default_value = "reports/selftest")]
    pub(crate) out: PathBuf,
    /// Print the results as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FaultsArguments {
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct NodeArguments {
    /// Which process to become; the boot page says the same
    pub(crate) role: String,
    /// Inherited descriptor of the boot page
    #[arg(long)]
    pub(crate) boot: RawFd,
}

impl NodeArguments {
    /// The arguments exactly as the watchdog gives them, `node <role> --boot <descriptor>`.
    pub(crate) fn from_watchdog() -> Option<NodeArguments> {
        // Whatever else is called may have arguments that are no text.
        let mut arguments = std::env::args_os().skip(1).map_while(|it| it.into_string().ok());
        let node = arguments.next()?;
        let role = arguments.next()?;
        let flag = arguments.next()?;
        let boot = arguments.next()?.parse().ok()?;
        (node == "node" && flag == "--boot").then_some(NodeArguments { role, boot })
    }
}

#[derive(Debug, Args)]
pub(crate) struct HogArguments {
    /// Inherited descriptor of the page on which it counts
    pub(crate) tally: RawFd,
    /// Process id of the watchdog, whose death must be its own
    pub(crate) parent: u32,
    #[command(subcommand)]
    pub(crate) nuisance: Nuisance,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Nuisance {
    /// Compute
    Cpu,
    /// Copy memory
    Memory,
    /// Compute with a real-time priority on one processor
    Starve {
        /// Share of the time
        percent: f64,
        /// The processor
        cpu: usize,
        /// The priority
        priority: u8,
    },
    /// Send frames of the highest priority on a CAN bus
    FloodBus {
        /// How many a second
        per_s: u32,
        /// The interface
        interface: String,
    },
    /// Send messages that nobody asked for
    Flood {
        /// How many a second
        per_s: u32,
        /// The mechanism of the link
        mechanism: Mechanism,
        /// Inherited descriptors of the sender's end
        #[arg(long = "descriptor")]
        descriptors: Vec<RawFd>,
        /// Identifiers of the sender's end
        #[arg(long = "id")]
        ids: Vec<u64>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
