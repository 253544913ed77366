//! What the runs of several scenarios leave beside their folders: [`write()`].

use analysis::Summary;
use anyhow::Context;
use std::path::Path;

const NAMES: [&str; 3] = ["coverage.json", "coverage.md", "coverage.html"];

/// Removes what an earlier invocation left.
pub(crate) fn clear(directory: &Path) -> anyhow::Result<()> {
    for name in NAMES {
        let path = directory.join(name);
        if path.exists() {
            std::fs::remove_file(&path)
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Writes what these runs exercise together.
pub(crate) fn write(directory: &Path, runs: &[Summary]) -> anyhow::Result<()> {
    let coverage = analysis::coverage(runs);
    let contents = [
        report::json(&coverage),
        report::coverage_markdown(&coverage),
        report::coverage_html(&coverage, runs),
    ];
    for (name, content) in NAMES.into_iter().zip(contents) {
        let path = directory.join(name);
        std::fs::write(&path, content)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
