//! Kernel modules: [`load`].

use nix::errno::Errno;
use nix::kmod::{ModuleInitFlags, finit_module};
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::path::Path;

/// Loads a module with its parameters. One that is loaded already is left as it is.
pub fn load(path: &Path, parameters: &str) -> io::Result<()> {
    let file = File::open(path)?;
    match finit_module(&file, &CString::new(parameters)?, ModuleInitFlags::empty()) {
        Ok(()) | Err(Errno::EEXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_module_is_refused() {
        load(Path::new("/no/such/module.ko"), "").unwrap_err();
        load(Path::new("/dev/null"), "").unwrap_err();
    }
}
