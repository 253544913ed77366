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
    Cross,
    /// Prepares the emulated boards: the binary for aarch64, QEMU, their kernels, modules and device trees.
    Hil,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().chore.unwrap_or(Chore::Tidy) {
        Chore::Tidy => tidy::check(),
        Chore::Cross => cross::chore(),
        Chore::Hil => hil::prepare(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tool::say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
