//! `failop faults`: the catalogue, and what this host can do of it.

use crate::cli::FaultsArguments;
use crate::exit::Code;
use std::io::Write;

/// `failop faults`.
pub(crate) fn faults(arguments: &FaultsArguments) -> anyhow::Result<Code> {
    let lacking = supervisor::needs::lacking(&scenario::Board::default());
    let text = if arguments.json {
        report::catalogue_json(&lacking)
    } else {
        report::catalogue_lines(&lacking)
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Code::Pass)
}
