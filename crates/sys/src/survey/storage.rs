//! Where recordings and shared memory lie: [`Place`].

use super::Tree;
use nix::sys::statvfs::statvfs;
use std::io;
use std::path::Path;

/// File systems that do not survive a reset.
const IN_MEMORY: [&str; 4] = ["tmpfs", "ramfs", "rootfs", "devtmpfs"];

/// The file system that a directory lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its kind, as `ext4`; empty if the kernel does not tell.
    pub kind: String,
    /// What it holds in all, bytes.
    pub total_bytes: u64,
    /// What this user can still write, bytes.
    pub free_bytes: u64,
}

impl Place {
    /// Whether what is written there is there after a reset.
    pub fn survives_reset(&self) -> bool {
        !IN_MEMORY.contains(&self.kind.as_str())
    }
}

impl Tree {
    /// The place of a directory, or of what there is on the way to it.
    pub fn place(&self, directory: &Path) -> io::Result<Place> {
        let there = directory.ancestors().find(|it| it.exists()).unwrap_or(Path::new("/"));
        // The last ancestor of a relative path has no name.
        let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
        let there = there.canonicalize()?;
        let found = statvfs(&there)?;
        let mounts = self.text("proc/self/mountinfo").unwrap_or_default();
        Ok(Place {
            kind: kind_of(&mounts, &there).unwrap_or_default().to_owned(),
            total_bytes: found.blocks() * found.fragment_size(),
            free_bytes: found.blocks_available() * found.fragment_size(),
        })
    }
}

/// The kind of file system that a path lies in (`proc_pid_mountinfo(5)`): that of the longest mount point
/// above it, of several at one point the last.
fn kind_of<'a>(mounts: &'a str, path: &Path) -> Option<&'a str> {
    let mount = |line: &'a str| {
        let (before, after) = line.split_once(" - ")?;
        let point = before.split(' ').nth(4)?;
        path.starts_with(point).then_some((point.len(), after.split(' ').next()?))
    };
    mounts.lines().filter_map(mount).max_by_key(|&(length, _)| length).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
        22 1 179:2 / / rw,relatime shared:1 - ext4 /dev/root rw\n\
        25 22 0:5 / /var/volatile rw - tmpfs tmpfs rw\n\
        26 22 0:6 / /var/lib rw - overlay overlay rw\n";

    #[test]
    fn a_path_lies_in_the_nearest_mount_above_it() {
        for (path, kind) in [
            ("/home/root", "ext4"),
            ("/var/volatile/log", "tmpfs"),
            ("/var/library", "ext4"),
            ("/var/lib/failop", "overlay"),
        ] {
            assert_eq!(kind_of(MOUNTS, Path::new(path)), Some(kind), "{path}");
        }
    }

    #[test]
    fn a_directory_that_is_not_there_yet_lies_where_it_will_be_made() {
        let folder = tempfile::tempdir().unwrap();
        let place = Tree::here().place(&folder.path().join("not/yet")).unwrap();
        assert!(place.total_bytes > 0 && !place.kind.is_empty(), "{place:?}");
        let shared = Tree::here().place(Path::new("/dev/shm")).unwrap();
        assert!(!shared.survives_reset(), "{shared:?}");
    }
}
