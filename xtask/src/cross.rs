//! The binary for aarch64, linked statically so that it needs nothing of the board but its kernel:
//! [`build`]. [`cargo`] is how everything for aarch64 is built.

mod toolchain;

use crate::debian::Archive;
use crate::tool::{output, run, say, tool};
use crate::{system, tidy};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// What is built for.
pub(crate) const TARGET: &str = "aarch64-unknown-linux-gnu";

/// The crates that only compute: emulating single programs is enough for their tests. Those of the
/// others run on the emulated board (`hil::test`).
const TESTED: [&str; 8] =
    ["wire", "fault", "scenario", "recording", "analysis", "report", "world", "fusion"];

/// A test program that has not ended by then is killed: the emulator has been seen to hang in what it
/// does not know.
const PROGRAM_S: u32 = 1200;

/// Makes the binary, and whatever it takes to make it; returns where it is.
pub(crate) fn build(archive: &Archive) -> Result<PathBuf> {
    let mut build = cargo(archive, "build")?;
    run(build.args(["--release", "--package", "failop"]))?;
    let binary = tidy::root().join("target").join(TARGET).join("release/failop");
    say(&format!("{}: built", binary.display()));
    Ok(binary)
}

/// Builds the tests of the crates in [`TESTED`] and runs them on this machine, program by program.
pub(crate) fn test(archive: &Archive) -> Result<()> {
    system::user_emulator(archive)?;
    let mut test = cargo(archive, "test")?;
    test.args(["--lib", "--bins", "--tests", "--no-fail-fast"]);
    for package in TESTED {
        test.args(["--package", package]);
    }
    let runner = format!("timeout --signal=KILL {PROGRAM_S} {}", system::USER_EMULATOR);
    run(test.env(variable("RUNNER"), runner))
}

/// A cargo command for aarch64, in the root of the repository.
pub(crate) fn cargo(archive: &Archive, subcommand: &str) -> Result<Command> {
    system::linker()?;
    // The cargo that runs this program, as it tells its children.
    let mut cargo = tool(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if !rustup_has_target()? {
        let toolchain = toolchain::fetched(archive)?;
        cargo.env("RUSTC", toolchain.join("rustc")).env("RUSTDOC", toolchain.join("rustdoc"));
    }
    cargo
        .env(variable("LINKER"), system::LINKER)
        .env(variable("RUSTFLAGS"), "-C target-feature=+crt-static -C strip=debuginfo")
        // What is built has one place, by which others find it.
        .env("CARGO_TARGET_DIR", tidy::root().join("target"))
        .current_dir(tidy::root())
        .args([subcommand, "--locked", "--target", TARGET]);
    Ok(cargo)
}

/// Whether the compiler that is used anyway has a standard library for the target.
fn rustup_has_target() -> Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut query = tool(rustc);
    query.args(["--print", "target-libdir", "--target", TARGET]).current_dir(tidy::root());
    Ok(PathBuf::from(output(&mut query)?.trim()).exists())
}

/// The variable that gives cargo a setting for the target.
fn variable(name: &str) -> String {
    format!("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_{name}")
}
