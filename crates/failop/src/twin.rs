//! The run without faults that a run is compared with: where it stands ([`folder`]), and that none is left
//! from an earlier run ([`remove`]).

use anyhow::Context;
use recording::Recording;
use std::path::{Path, PathBuf};

/// Where the twin of the run in `directory` stands.
pub(crate) fn folder(directory: &Path) -> PathBuf {
    directory.join("twin")
}

/// Removes the twin of an earlier run. A folder of that name that holds no recording stays.
pub(crate) fn remove(directory: &Path) -> anyhow::Result<()> {
    let folder = folder(directory);
    if Recording::open(&folder).is_ok() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}
