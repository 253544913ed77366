//! A Rust compiler with the standard library for aarch64, for where rustup has none: Debian's, which
//! follows the compiler that its browsers need. [`fetched`] keeps it away from the system's own.

use super::TARGET;
use crate::debian::{Archive, Suite, empty, host_architecture};
use crate::tool::{output, say, tool};
use crate::{hil, system};
use anyhow::{Context, Result};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The compiler.
const COMPILER: &str = "rustc-web";

/// Its standard library, for the architecture of the package.
const LIBRARY: &str = "libstd-rust-web-dev";

/// Where the packages are unpacked, beside the wrappers.
const UNPACKED: &str = "unpacked";

/// Holds what `rustc --version` said; written last, so that an interrupted fetch begins anew.
const STAMP: &str = "version";

/// The folder with the compiler's `rustc` and `rustdoc`, fetched if it is not there.
pub(super) fn fetched(archive: &Archive) -> Result<PathBuf> {
    let folder = hil::cache().join("rust");
    if let Ok(version) = fs::read_to_string(folder.join(STAMP)) {
        say(&format!("{}: has {}", folder.display(), version.trim()));
        return Ok(folder);
    }
    say(&format!("{}: fetching a compiler for {TARGET} (130 MB)", folder.display()));
    empty(&folder)?;
    fetch(archive, &folder).with_context(|| {
        format!("no compiler for {TARGET}: with rustup, `rustup target add {TARGET}` brings one")
    })?;
    Ok(folder)
}

fn fetch(archive: &Archive, folder: &Path) -> Result<()> {
    let suite = Suite::Stable;
    let shared = archive.depends_on(LIBRARY, "libstd-rust-web-", suite)?;
    let llvm = archive.depends_on(&shared, "libllvm", suite)?;
    let needed: Vec<_> = archive
        .depends(&llvm, suite)?
        .into_iter()
        .filter(|name| !system::is_installed(name))
        .collect();
    if !needed.is_empty() {
        system::install(&needed.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    let foreign = format!("{LIBRARY}:arm64");
    let packages = [COMPILER, LIBRARY, &shared, &llvm, &foreign];
    archive.unpack(&packages, suite, &folder.join(UNPACKED))?;
    for program in ["rustc", "rustdoc"] {
        let path = folder.join(program);
        fs::write(&path, wrapper(program))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    let version = output(tool(folder.join("rustc")).arg("--version"))?;
    fs::write(folder.join(STAMP), version)?;
    Ok(())
}

/// Lets the program find the libraries that stand beside it instead of in the system, wherever the
/// whole is moved to.
fn wrapper(program: &str) -> String {
    let triplet = match host_architecture() {
        "arm64" => "aarch64-linux-gnu",
        _ => "x86_64-linux-gnu",
    };
    format!(
        "#!/bin/sh\n\
         root=${{0%/*}}/{UNPACKED}\n\
         LD_LIBRARY_PATH=\"$root/usr/lib/{triplet}\"${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\n\
         export LD_LIBRARY_PATH\n\
         exec \"$root/usr/bin/{program}\" \"$@\"\n"
    )
}
