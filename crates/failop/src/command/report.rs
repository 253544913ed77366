//! `failop report`: every output of a run, made again from its recording alone.

use crate::exit::Code;
use crate::outputs;
use recording::OpenError;
use std::io::Write;
use std::path::PathBuf;

/// `failop report`. A path that holds no recording does not cost the others their reports.
pub(crate) fn report(runs: &[PathBuf]) -> anyhow::Result<Code> {
    let mut summaries = Vec::new();
    let mut sound = true;
    for run in runs {
        match outputs::write(run) {
            Ok(summary) => summaries.push(summary),
            Err(error) if error.is::<OpenError>() => {
                writeln!(std::io::stderr(), "failop: {error:#}")?;
                sound = false;
            }
            Err(error) => return Err(error),
        }
    }
    write!(std::io::stdout(), "{}", report::table(&summaries, outputs::style()))?;
    let code = Code::of(summaries.iter().map(|summary| summary.verdict));
    Ok(if sound { code } else { Code::Invalid })
}
