//! Copies a tree of directories and files: [`tree`].

use anyhow::Context;
use std::fs;
use std::path::Path;

/// Copies what is in one directory into another, in the order of names.
pub(super) fn tree(from: &Path, to: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot copy {} to {}", from.display(), to.display());
    fs::create_dir_all(to).with_context(cannot)?;
    let entries = fs::read_dir(from).with_context(cannot)?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().with_context(cannot)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let target = to.join(entry.file_name());
        if entry.file_type().with_context(cannot)?.is_dir() {
            tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(cannot)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_copied_beside_what_is_there() {
        let (from, to) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
        fs::create_dir_all(from.path().join("a/b")).unwrap();
        fs::write(from.path().join("a/b/c"), "c").unwrap();
        fs::create_dir_all(to.path().join("a")).unwrap();
        fs::write(to.path().join("a/kept"), "k").unwrap();
        tree(from.path(), to.path()).unwrap();
        assert_eq!(fs::read_to_string(to.path().join("a/b/c")).unwrap(), "c");
        assert_eq!(fs::read_to_string(to.path().join("a/kept")).unwrap(), "k");
    }
}
