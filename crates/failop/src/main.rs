//! failop: breaks the processes of a sensor-fusion pipeline on purpose, and tells what came of it.
//!
//! The program in one screen: the command line becomes a command, a command becomes an exit code.
#![forbid(unsafe_code)]

mod absent;
mod before;
mod carry_out;
mod cli;
mod command;
mod coverage;
mod doctor;
mod done;
mod exit;
mod hil;
mod hog;
mod init;
mod lacking;
mod live;
mod node;
mod outputs;
mod remote;
mod repetitions;
mod twin;

use clap::Parser;
use cli::{Cli, Command, NodeArguments};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    if init::is_wanted() {
        init::run();
    }
    // A restarted process must be up within a millisecond: it does not wait for the full parser.
    let command = NodeArguments::from_watchdog().map(Command::Node);
    match run(command.unwrap_or_else(|| Cli::parse().command)) {
        Ok(code) => code.into(),
        Err(error) => {
            // Nobody is left to tell if standard error is gone.
            if let Err(_gone) = writeln!(std::io::stderr(), "failop: {error:#}") {}
            exit::Code::Inconclusive.into()
        }
    }
}

fn run(command: Command) -> anyhow::Result<exit::Code> {
    match command {
        Command::Run(arguments) => command::run::run(&arguments),
        Command::Hil(command) => command::hil::hil(&command),
        Command::Check(arguments) => command::check::check(&arguments),
        Command::Report(arguments) => command::report::report(&arguments.runs),
        Command::Selftest(arguments) => command::selftest::selftest(&arguments),
        Command::Faults(arguments) => command::faults::faults(&arguments),
        Command::Schema(arguments) => command::check::schema(&arguments),
        Command::Bench(benchmark) => command::bench::bench(&benchmark),
        Command::BenchPeer(arguments) => {
            command::bench::become_peer(&arguments).map(|()| exit::Code::Pass)
        }
        Command::BreakagePeer { orders } => match command::bench::become_broken(orders)? {},
        Command::BenchLink { part } => {
            command::bench::become_link_peer(&part).map(|()| exit::Code::Pass)
        }
        Command::Node(arguments) => match node::run(&arguments)? {},
        Command::Tether { parent, words } => match hil::tether(parent, &words)? {},
        Command::Hog(arguments) => match hog::run(&arguments)? {},
    }
}
