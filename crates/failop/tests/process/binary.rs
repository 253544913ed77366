//! The one place that starts programs: [`failop`] and [`command`].

use std::process::Command;

/// The program under test.
pub(crate) fn failop() -> Command {
    command(env!("CARGO_BIN_EXE_failop"))
}

/// Any program.
#[expect(clippy::disallowed_methods, reason = "tests read what the program prints")]
pub(crate) fn command(program: &str) -> Command {
    Command::new(program)
}
