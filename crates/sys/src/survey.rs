//! What a machine has of what a test bench needs, read from `/proc` and `/sys`: [`Tree`].
//!
//! Nothing here changes anything, and no device is opened: a hardware watchdog that is opened is armed.

pub mod devices;
pub mod kernel;
pub mod processors;
pub mod storage;

use std::fs;
use std::path::{Path, PathBuf};

/// The files in which the kernel tells of a machine.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// Those of this machine.
    pub fn here() -> Tree {
        Tree::at(Path::new("/"))
    }

    /// Those below a directory, as they stand on another machine.
    pub fn at(root: &Path) -> Tree {
        Tree { root: root.to_owned() }
    }

    /// A file without the blanks around it; `None` if there is none that this user may read.
    fn text(&self, path: &str) -> Option<String> {
        Some(fs::read_to_string(self.root.join(path)).ok()?.trim().to_owned())
    }

    fn number<T: std::str::FromStr>(&self, path: &str) -> Option<T> {
        self.text(path)?.parse().ok()
    }

    /// The last part of where a link leads.
    fn link(&self, path: &str) -> Option<String> {
        let target = fs::read_link(self.root.join(path)).ok()?;
        Some(target.file_name()?.to_string_lossy().into_owned())
    }

    /// Names in a directory, in order; none if there is no such directory.
    fn names(&self, path: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.root.join(path)) else { return Vec::new() };
        let names = entries.filter_map(|it| Some(it.ok()?.file_name().to_string_lossy().into()));
        let mut names: Vec<String> = names.collect();
        names.sort_by_key(|name| (name.len(), name.clone()));
        names
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    use super::Tree;
    use tempfile::TempDir;

    /// A tree with these files.
    pub(crate) fn tree(files: &[(&str, &str)]) -> (TempDir, Tree) {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let tree = Tree::at(root.path());
        (root, tree)
    }
}
