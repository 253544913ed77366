//! What a run without a verdict leaves in its folder, for whoever fetches it from a board: [`Absent`].

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Its file.
pub(crate) const NAME: &str = "not-run.json";

/// Why there is no verdict on a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Absent {
    /// The machine lacks something.
    Skipped(String),
    /// It went wrong.
    Broken(String),
}

impl Absent {
    /// Leaves it in the folder of the run.
    pub(crate) fn write(&self, directory: &Path) -> anyhow::Result<()> {
        let path = directory.join(NAME);
        std::fs::create_dir_all(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let text = serde_json::to_string(self).expect("text alone");
        std::fs::write(&path, text + "\n")
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// What was left in the folder of a run; `None` if it has a verdict, or never was tried.
    pub(crate) fn read(directory: &Path) -> anyhow::Result<Option<Absent>> {
        let path = directory.join(NAME);
        if !path.exists() {
            return Ok(None);
        }
        let cannot = || format!("cannot read {}", path.display());
        let text = std::fs::read_to_string(&path).with_context(cannot)?;
        serde_json::from_str(&text).with_context(cannot).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_read_again() {
        let directory = tempfile::TempDir::new().unwrap();
        assert_eq!(Absent::read(directory.path()).unwrap(), None);
        for absent in [Absent::Skipped("no camera".into()), Absent::Broken("x".into())] {
            absent.write(directory.path()).unwrap();
            assert_eq!(Absent::read(directory.path()).unwrap(), Some(absent));
        }
    }
}
