//! How often a board has started since its storage was made: [`count`].

use anyhow::Context;
use std::path::Path;

/// Its file on the storage.
const NAME: &str = "starts";

/// Counts this start; 1 for the first. Written before anything else is done, and at once.
pub(super) fn count(storage: &Path) -> anyhow::Result<u32> {
    let path = storage.join(NAME);
    let cannot = || format!("cannot count the starts in {}", path.display());
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().with_context(cannot)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error).with_context(cannot),
    };
    let starts: u32 = before + 1;
    std::fs::write(&path, starts.to_string()).with_context(cannot)?;
    sys::mount::sync();
    Ok(starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_start_counts() {
        let storage = tempfile::TempDir::new().unwrap();
        for expected in 1..4 {
            assert_eq!(count(storage.path()).unwrap(), expected);
        }
        std::fs::write(storage.path().join(NAME), "x").unwrap();
        count(storage.path()).unwrap_err();
    }
}
