//! File systems for a machine that has just started: [`mount`], [`unmount`], [`sync`].

use nix::mount::{MntFlags, MsFlags, umount2};
use std::io;
use std::path::Path;

/// Mounts `source` (a device, a tag, or any word where the kind needs none) of this kind at a directory,
/// which is made where it is missing.
pub fn mount(kind: &str, source: &str, at: &Path, options: &str) -> io::Result<()> {
    std::fs::create_dir_all(at)?;
    nix::mount::mount(Some(source), at, Some(kind), MsFlags::empty(), Some(options))?;
    Ok(())
}

/// Unmounts what is mounted there, and waits until all of it is written.
pub fn unmount(at: &Path) -> io::Result<()> {
    umount2(at, MntFlags::empty())?;
    Ok(())
}

/// Writes everything that waits to be written.
pub fn sync() {
    nix::unistd::sync();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_file_system_is_an_error() {
        let at = tempfile::TempDir::new().unwrap();
        mount("no-such-kind", "none", at.path(), "").unwrap_err();
    }
}
