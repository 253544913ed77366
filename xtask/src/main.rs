//! Chores: `cargo xtask` tells where the tree departs from ARCHITECTURE.md, `cargo xtask cross` makes
//! the binary for aarch64, `cargo xtask hil` prepares the emulated boards.
#![forbid(unsafe_code)]

mod cross;
mod debian;
mod hil;
mod system;
mod tidy;
mod tool;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Chores around failop. What they fetch is Debian's, and is kept below target/hil/.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Option<Chore>,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Tells where the tree departs from ARCHITECTURE.md (also without any chore).
    Tidy,
    /// Makes the static binary for aarch64.
    Cross {
        /// Runs the tests of the crates that only compute instead, by an emulator of single programs.
        #[arg(long)]
        test: bool,
    },
    /// Prepares the emulated boards: their kernels, modules and device trees, QEMU, the binary.
    Hil {
        /// Runs the tests of what talks to the kernel and to other processors on an emulated board.
        #[arg(long)]
        test: bool,
        /// Only the tests whose names contain this.
        #[arg(requires = "test")]
        filter: Option<String>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().chore.unwrap_or(Chore::Tidy) {
        Chore::Tidy => tidy::check(),
        Chore::Cross { test: true } => cross::test(&hil::archive()),
        Chore::Cross { test: false } => cross::build(&hil::archive()).map(|_binary| ()),
        Chore::Hil { test: true, filter } => hil::test(filter.as_deref()),
        Chore::Hil { test: false, .. } => hil::prepare(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tool::say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
