//! Everything that is made from a recording: [`write()`].

use crate::{absent, twin};
use analysis::Summary;
use anyhow::Context;
use recording::Recording;
use report::Style;
use scenario::Plan;
use std::io::{IsTerminal, Write};
use std::path::Path;

const NAMES: [&str; 8] = [
    "run.json",
    "summary.md",
    "report.html",
    "latency.svg",
    "frame-loss.svg",
    "timeline.svg",
    "drive.svg",
    "birds-eye.svg",
];

/// Removes the outputs of an earlier run: should the next one be killed, no old verdict is left.
pub(crate) fn remove(directory: &Path) -> anyhow::Result<()> {
    for name in NAMES.into_iter().chain([absent::NAME]) {
        let path = directory.join(name);
        if path.exists() {
            std::fs::remove_file(&path)
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Makes every output of the run in `directory` from its recording alone.
pub(crate) fn write(directory: &Path) -> anyhow::Result<Summary> {
    let (recording, plan) = recorded(directory)?;
    let twin = twin::folder(directory);
    let twin = twin.exists().then(|| recorded(&twin)).and_then(|twin| match twin {
        Ok(twin) => Some(twin),
        Err(error) => {
            // Nobody is left to tell if standard error is gone.
            if let Err(_gone) = writeln!(std::io::stderr(), "failop: without its twin: {error:#}") {
            }
            None
        }
    });
    let twin = twin.as_ref().map(|(recording, plan)| (recording, plan));
    let (summary, series) = analysis::analyse_with_twin((&recording, &plan), twin);
    let html = report::html(&summary, &series, &recording.header.scenario_text);
    let contents = [
        report::json(&summary),
        report::markdown(&summary),
        html,
        report::latency_svg(&summary, &series)?,
        report::frame_loss_svg(&summary, &series)?,
        report::timeline_svg(&summary, &series)?,
        report::drive_svg(&summary, &series)?,
        report::birds_eye_svg(&summary, &series)?,
    ];
    for (name, content) in NAMES.into_iter().zip(contents) {
        let path = directory.join(name);
        std::fs::write(&path, content)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(summary)
}

/// The recording in `directory`, and the plan that was run.
fn recorded(directory: &Path) -> anyhow::Result<(Recording, Plan)> {
    let recording = Recording::open(directory)?;
    let header = &recording.header;
    let mut plan = scenario::parse(&header.scenario_path, &header.scenario_text)
        .context("the recording's scenario is not understood by this version")?;
    if let Some(text) = &header.board_text {
        plan.board = scenario::parse_board("the recording's board", text)
            .context("the recording's board is not understood by this version")?;
    }
    plan.seed = header.seed;
    plan.draw_phases(header.repetition, header.repetitions);
    // A run that went on after a reset has a longer schedule where that was needed to see it come back.
    let duration_ns = recording.last_part().duration_ns;
    plan.duration_ns = duration_ns.unwrap_or(plan.duration_ns);
    Ok((recording, plan))
}

/// Colours, where somebody sees them.
pub(crate) fn style() -> Style {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted && std::io::stdout().is_terminal() { Style::Ansi } else { Style::Plain }
}
