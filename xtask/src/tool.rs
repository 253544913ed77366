//! Starting the programs that the chores are made of: [`tool`], then [`run`], [`output`],
//! [`each_line`] or [`works`].

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

/// A program yet to be started; the one place where xtask makes one.
#[expect(clippy::disallowed_methods, reason = "chores own no resources and name no other crate")]
pub(crate) fn tool(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}

/// Runs it to its end; what it writes goes to the terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?} did not start"))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}

/// Runs it to its end and returns what it wrote to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    Ok(String::from_utf8_lossy(&bytes(command)?).into_owned())
}

/// Like [`output`], for what is no text.
pub(crate) fn bytes(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("{command:?} did not start"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?} failed: {}\n{}", output.status, said.trim_end());
    }
    Ok(output.stdout)
}

/// What of a program is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Output,
    Errors,
}

/// Runs it to its end and hands over each line when it is written.
pub(crate) fn each_line(
    command: &mut Command,
    stream: Stream,
    mut each: impl FnMut(&str),
) -> Result<()> {
    match stream {
        Stream::Output => command.stdout(Stdio::piped()),
        Stream::Errors => command.stderr(Stdio::piped()),
    };
    let mut child = command.spawn().with_context(|| format!("{command:?} did not start"))?;
    let read: Box<dyn Read> = match stream {
        Stream::Output => Box::new(child.stdout.take().expect("it was asked for")),
        Stream::Errors => Box::new(child.stderr.take().expect("it was asked for")),
    };
    let mut read = BufReader::new(read);
    let mut line = Vec::new();
    while read.read_until(b'\n', &mut line)? > 0 {
        each(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}

/// Whether it starts and succeeds; what it writes does not matter.
pub(crate) fn works(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// A line for who waits.
pub(crate) fn say(line: &str) {
    // Nobody is left to tell if standard error is gone.
    if let Err(_gone) = writeln!(std::io::stderr(), "xtask: {line}") {}
}
