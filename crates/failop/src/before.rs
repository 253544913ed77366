//! What an invocation that a reset of the board ended has left of a run: [`Left`].

use recording::{PARTS_MAX, Recording, Truncation, file_name};
use scenario::{Loaded, board::OnReset};
use std::io;
use std::path::Path;
use supervisor::Resumed;

/// What there is of a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing that could be used: it is to be run.
    Nothing,
    /// All that there will be: it ended in order, or it is not to go on.
    Whole,
    /// A reset of the board ended it, and it is to go on.
    Unfinished(Resumed),
}

/// What stands in the directory of a run of this scenario, whose plan has its board.
pub(crate) fn left(directory: &Path, scenario: &Loaded) -> Left {
    // Of whatever cannot be read, nothing can be used.
    let Ok(recording) = Recording::open(directory) else { return Left::Nothing };
    if recording.header.scenario_text != scenario.text {
        return Left::Nothing;
    }
    let part = recording.last_part();
    let here = sys::host::boot_id();
    // Whoever was killed without a reset is not tried again and again.
    let was_reset = !part.boot_id.is_empty() && part.boot_id != here;
    let goes_on = scenario.plan.board.watchdog.as_ref().map(|it| it.on_reset);
    if recording.truncation == Truncation::Complete
        || !was_reset
        || goes_on != Some(OnReset::Resume)
    {
        return Left::Whole;
    }
    let has_begun = recording
        .records
        .iter()
        .any(|(_, record)| matches!(record.event, wire::Event::RunStarted { .. }));
    match Resumed::of(&recording, &scenario.plan) {
        Some(resumed) => Left::Unfinished(resumed),
        // It was reset too often.
        None if has_begun => Left::Whole,
        None => Left::Nothing,
    }
}

/// Removes the recording of an earlier run, all parts of it: after a reset it would be taken for one of this
/// invocation.
pub(crate) fn forget(directory: &Path) -> io::Result<()> {
    for part in 1..=PARTS_MAX {
        match std::fs::remove_file(directory.join(file_name(part))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
