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

#[cfg(test)]
mod tests {
    use super::*;
    use recording::{Entry, Header, Host, Part, Writer};
    use scenario::board::HardwareWatchdog;
    use wire::{Event, Record, Source};

    const TEXT: &str = "schema = 1\nname = \"x\"\nduration-s = 2.0\nego.speed-kph = 60.0\n";

    fn scenario(on_reset: Option<OnReset>) -> Loaded {
        let mut plan = scenario::parse("x.toml", TEXT).unwrap();
        let device = "/dev/watchdog".to_owned();
        plan.board.watchdog =
            on_reset.map(|on_reset| HardwareWatchdog { device, timeout_s: 2, on_reset });
        Loaded { plan, text: TEXT.to_owned(), path: "x.toml".into() }
    }

    /// A recording of another life of the kernel, or of this one, with these entries.
    fn recorded(directory: &Path, boot_id: &str, entries: &[Entry]) {
        let part = Part { boot_id: boot_id.to_owned(), ..Part::default() };
        let header = Header {
            scenario_path: "x.toml".to_owned(),
            scenario_text: TEXT.to_owned(),
            board_text: None,
            seed: 1,
            repetition: 1,
            repetitions: 1,
            program_version: "0".to_owned(),
            started_unix_ms: 0,
            host: Host::default(),
            part,
        };
        Writer::create(directory, header).unwrap().append(entries).unwrap();
    }

    fn started() -> Entry {
        let record = Record { t_ns: 5, incarnation: 1, event: Event::RunStarted { t0_ns: 5 } };
        Entry::Record { source: Source::Watchdog, index: 0, record }
    }

    fn check(boot_id: &str, entries: &[Entry], on_reset: Option<OnReset>) -> Left {
        let directory = tempfile::tempdir().unwrap();
        recorded(directory.path(), boot_id, entries);
        left(directory.path(), &scenario(on_reset))
    }

    #[test]
    fn what_a_reset_ended_goes_on_where_the_board_file_says_so() {
        let goes_on = Some(OnReset::Resume);
        let left = check("another", &[started()], goes_on);
        assert!(matches!(left, Left::Unfinished(resumed) if resumed.part == 2));
        assert_eq!(check("another", &[started()], Some(OnReset::End)), Left::Whole);
        assert_eq!(check("another", &[], goes_on), Left::Nothing, "it had not begun");
    }

    #[test]
    fn what_ended_without_a_reset_is_not_tried_again() {
        let goes_on = Some(OnReset::Resume);
        assert_eq!(check("another", &[started(), Entry::End], goes_on), Left::Whole);
        assert_eq!(check(&sys::host::boot_id(), &[started()], goes_on), Left::Whole);
    }

    #[test]
    fn nothing_is_left_of_another_scenario_or_of_what_was_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let of = scenario(Some(OnReset::Resume));
        assert_eq!(left(directory.path(), &of), Left::Nothing);
        recorded(directory.path(), "another", &[started()]);
        let other = Loaded { text: format!("{TEXT}# another"), ..of };
        assert_eq!(left(directory.path(), &other), Left::Nothing);
        forget(directory.path()).unwrap();
        assert_eq!(Recording::open(directory.path()).ok(), None);
    }
}
