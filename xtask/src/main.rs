//! Chores: `cargo run -p xtask` tells where the tree departs from ARCHITECTURE.md.
#![forbid(unsafe_code)]

mod tidy;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let complaints = tidy::complaints(&tidy::root());
    for complaint in &complaints {
        // Nobody is left to tell if standard error is gone.
        if let Err(_gone) = writeln!(std::io::stderr(), "{complaint}") {}
    }
    if complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
