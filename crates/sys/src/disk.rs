//! Room on a disk, taken before anybody needs it: [`Reserve`].

use nix::fcntl::posix_fallocate;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// Takes room for the first `bytes` of a file, and makes it so long: no later write to them finds the
/// disk full, nor does a write by way of a mapping, which would end its process (`SIGBUS`).
pub(crate) fn allocate(file: impl AsFd, bytes: usize) -> io::Result<()> {
    let bytes = i64::try_from(bytes).map_err(io::Error::other)?;
    Ok(posix_fallocate(file, 0, bytes)?)
}

/// Room on a disk. Dropped, it is given back.
#[derive(Debug)]
pub struct Reserve {
    path: PathBuf,
}

impl Reserve {
    /// Takes room for so many bytes with a file at `path`, in place of what is there.
    pub fn take(path: &Path, bytes: usize) -> io::Result<Reserve> {
        let file = File::create(path)?;
        // From here on the file is removed, whatever comes.
        let reserve = Reserve { path: path.to_owned() };
        allocate(&file, bytes)?;
        Ok(reserve)
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        // One that somebody else has removed is given back already.
        if let Err(_gone) = std::fs::remove_file(&self.path) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn room_is_taken_and_given_back() {
        const BYTES: usize = 1 << 20;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("room");
        let reserve = Reserve::take(&path, BYTES).unwrap();
        let taken = std::fs::metadata(&path).unwrap().blocks() * 512;
        assert!(taken >= BYTES as u64, "{taken}");
        drop(reserve);
        assert!(!path.exists());
    }
}
