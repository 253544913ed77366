//! The disk of a board: [`make`].

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use sys::process::{Exit, Streams, spawn_with};
use thiserror::Error;

/// Size of the disk. It takes only the room of what is written: a run of a minute has a few megabytes.
const BYTES: u64 = 512 << 20;
/// Makes the file system; also found where `PATH` of a user lacks the administrator's programs.
const PROGRAMS: [&str; 2] = ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"];

/// Why there is no disk.
#[derive(Debug, Error)]
pub(crate) enum StorageError {
    /// The file cannot be made.
    #[error("cannot make {}", path.display())]
    Make { path: PathBuf, source: io::Error },
    /// The file system's program is not there.
    #[error("no mkfs.ext4 for the board's disk: it comes with the package e2fsprogs")]
    NoProgram,
    /// It failed.
    #[error("mkfs.ext4 ended with {exit:?}")]
    Failed { exit: Exit },
}

/// Makes an empty disk with a file system.
pub(super) fn make(path: &Path) -> Result<(), StorageError> {
    let failed = |source| StorageError::Make { path: path.to_owned(), source };
    let file = File::create(path).map_err(failed)?;
    file.set_len(BYTES).map_err(failed)?;
    let found = PROGRAMS.into_iter().map(Path::new).find(|it| it.exists());
    let program = found.ok_or(StorageError::NoProgram)?;
    let nothing = File::options().read(true).write(true).open("/dev/null").map_err(failed)?;
    let streams = Streams { input: Some(nothing.as_fd()), ..Streams::default() };
    let name = path.to_string_lossy();
    let child = spawn_with(program, &["-q", "-F", &name], &[], streams).map_err(failed)?;
    match child.reap().map_err(failed)? {
        Exit::Code(0) => Ok(()),
        exit => Err(StorageError::Failed { exit }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_disk_takes_only_the_room_of_what_is_on_it() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("disk");
        match make(&path) {
            Err(StorageError::NoProgram) => return,
            made => made.unwrap(),
        }
        let found = path.metadata().unwrap();
        assert_eq!(found.len(), BYTES);
        assert!(found.blocks() * 512 < BYTES / 8);
    }
}
