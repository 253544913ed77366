//! What repeated runs of a scenario leave in its folder, beside their own numbered ones: [`write()`]
//! the campaign, and [`clear`] what an earlier and longer one left.

use analysis::{Campaign, Summary};
use anyhow::Context;
use recording::Recording;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

const NAMES: [&str; 3] = ["campaign.json", "campaign.md", "campaign.html"];

/// Name of the folder of a repetition, from 1.
pub(crate) fn folder(repetition: u32) -> String {
    format!("{repetition:05}")
}

/// The folder of one run of a scenario.
pub(crate) fn directory(
    out: &Path,
    scenario: &str,
    (repetition, repetitions): (u32, u32),
) -> PathBuf {
    let directory = out.join(scenario);
    match repetitions {
        1 => directory,
        _ => directory.join(folder(repetition)),
    }
}

/// The campaign of each scenario; its runs stand together.
pub(crate) fn campaigns(summaries: &[Summary]) -> impl DoubleEndedIterator<Item = Campaign> {
    summaries.chunk_by(|a, b| a.scenario == b.scenario).map(Campaign::of)
}

/// Writes the outputs of a campaign into the folder of its scenario.
pub(crate) fn write(directory: &Path, campaign: &Campaign) -> anyhow::Result<()> {
    let contents = [
        report::json(campaign),
        report::campaign_markdown(campaign),
        report::campaign_html(campaign),
    ];
    for (name, content) in NAMES.into_iter().zip(contents) {
        let path = directory.join(name);
        std::fs::write(&path, content)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Removes an earlier campaign of `scenario` from its folder: its outputs, and runs with a number
/// beyond `last`, which nobody would tell from those to come. A folder that does not hold a
/// recording of this scenario stays.
pub(crate) fn clear(directory: &Path, scenario: &str, last: u32) -> anyhow::Result<()> {
    for name in NAMES {
        let path = directory.join(name);
        if path.exists() {
            std::fs::remove_file(&path)
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    for path in numbered_beyond(directory, last)? {
        if holds_recording_of(&path, scenario) {
            std::fs::remove_dir_all(&path)
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

fn numbered_beyond(directory: &Path, last: u32) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !directory.exists() {
        return Ok(found);
    }
    let cannot_read = || format!("cannot read {}", directory.display());
    for entry in std::fs::read_dir(directory).with_context(cannot_read)? {
        let entry = entry.with_context(cannot_read)?;
        let beyond = number(&entry.file_name()).is_some_and(|number| number > last);
        if beyond && entry.file_type().with_context(cannot_read)?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// The repetition whose folder has this name.
fn number(name: &OsStr) -> Option<u32> {
    let name = name.to_str()?;
    let number = name.parse().ok()?;
    (folder(number) == name).then_some(number)
}

fn holds_recording_of(directory: &Path, scenario: &str) -> bool {
    Recording::open(directory).is_ok_and(|recording| {
        let header = recording.header;
        scenario::parse(&header.scenario_path, &header.scenario_text)
            .is_ok_and(|plan| plan.name == scenario)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_a_repetition_is_a_number() {
        for (name, expected) in [
            ("00001", Some(1)),
            ("100000", Some(100_000)),
            ("1", None),
            ("000001", None),
            ("+0001", None),
            ("notes", None),
        ] {
            assert_eq!(number(OsStr::new(name)), expected, "{name}");
        }
    }
}
