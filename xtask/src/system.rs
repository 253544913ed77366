//! What must be installed in this system: [`linker`], [`device_tree_editor`], [`board_emulator`] and
//! [`user_emulator`] look for it, install it where that can be done without a question, and else name
//! the command that does it.

use crate::debian::Archive;
use crate::tool::{output, run, say, tool, works};
use anyhow::{Context, Result, bail};
use std::path::Path;

/// Links for aarch64; knows where the C library for it is.
pub(crate) const LINKER: &str = "aarch64-linux-gnu-gcc";

/// Takes what only a debugger reads out of a program; comes with the linker.
pub(crate) const STRIP: &str = "aarch64-linux-gnu-strip";

/// Takes properties out of a device tree.
pub(crate) const DEVICE_TREE_EDITOR: &str = "fdtput";

/// Runs aarch64 programs on this machine.
pub(crate) const USER_EMULATOR: &str = "qemu-aarch64-static";

/// Emulates the boards.
pub(crate) const BOARD_EMULATOR: &str = "qemu-system-aarch64";

/// The first major version that has the machine `imx8mp-evk`, and what all figures were measured with.
const BOARD_EMULATOR_MAJOR_MIN: u32 = 10;

/// The release whose own QEMU is too old, and for which its backports have one.
const RELEASE_WITH_BACKPORT: &str = "bookworm";

/// Makes sure that there is a linker for aarch64 and a static C library for it to link.
pub(crate) fn linker() -> Result<()> {
    if links() {
        return Ok(());
    }
    install(&["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"])?;
    if !links() {
        bail!("{LINKER} finds no static C library: `{LINKER} -print-file-name=libc.a` names none");
    }
    Ok(())
}

fn links() -> bool {
    // Without such a file the compiler prints the bare name.
    output(tool(LINKER).arg("-print-file-name=libc.a"))
        .is_ok_and(|path| Path::new(path.trim()).is_absolute())
}

/// Makes sure that device trees can be edited.
pub(crate) fn device_tree_editor() -> Result<()> {
    if works(tool(DEVICE_TREE_EDITOR).arg("--version")) {
        return Ok(());
    }
    install(&["device-tree-compiler"])
}

/// Makes sure that boards can be emulated.
pub(crate) fn board_emulator(archive: &Archive) -> Result<()> {
    if qemu_version().is_err() {
        install_qemu(archive, "qemu-system-arm")?;
    }
    let version = qemu_version()?;
    say(&format!("{BOARD_EMULATOR}: has {version}"));
    Ok(())
}

/// Makes sure that single programs for aarch64 can be run here.
pub(crate) fn user_emulator(archive: &Archive) -> Result<()> {
    if works(tool(USER_EMULATOR).arg("--version")) {
        return Ok(());
    }
    install_qemu(archive, "qemu-user-static")
}

/// All of one version: an older part would put the others out of the system.
fn install_qemu(archive: &Archive, package: &str) -> Result<()> {
    if release() != RELEASE_WITH_BACKPORT {
        return install(&[package]);
    }
    if !may_install() {
        bail!(
            "{package} must be installed from {RELEASE_WITH_BACKPORT}-backports: with that suite \
             among apt's sources, `apt-get install -t {RELEASE_WITH_BACKPORT}-backports {package}`"
        );
    }
    say(&format!("installing {package} from {RELEASE_WITH_BACKPORT}-backports"));
    archive.install_backports(&[package])
}

/// The version of the emulator that is installed, if it will do.
fn qemu_version() -> Result<String> {
    let printed = output(tool(BOARD_EMULATOR).arg("--version"))?;
    let version = version(&printed)
        .with_context(|| format!("{BOARD_EMULATOR} --version tells no version: {printed}"))?;
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < BOARD_EMULATOR_MAJOR_MIN) {
        bail!(
            "{BOARD_EMULATOR} is {version}, and {BOARD_EMULATOR_MAJOR_MIN}.0 is the oldest that will do"
        );
    }
    Ok(version.to_owned())
}

fn version(printed: &str) -> Option<&str> {
    printed.split_once("version ")?.1.split([' ', '\n', '(']).next()
}

/// Whether dpkg has the package.
pub(crate) fn is_installed(package: &str) -> bool {
    output(tool("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]))
        .is_ok_and(|status| status == "installed")
}

/// Installs packages of this system's own distribution.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let packages = packages.join(" ");
    if !may_install() {
        bail!("{packages} must be installed: `apt-get install --no-install-recommends {packages}`");
    }
    say(&format!("installing {packages}"));
    if !works(tool("apt-get").args(["update"])) {
        say("`apt-get update` failed; going on with the lists that are there");
    }
    let mut install = tool("apt-get");
    install.args(["install", "-y", "--no-install-recommends"]).args(packages.split(' '));
    run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Whether there is an apt here, and we are the one who may use it.
fn may_install() -> bool {
    let root = output(tool("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    root && works(tool("apt-get").arg("--version"))
}

/// The code name of this system's release, empty where it has none.
fn release() -> String {
    let text = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let names = text.lines().filter_map(|line| line.strip_prefix("VERSION_CODENAME="));
    names.map(|name| name.trim_matches('"').to_owned()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emulators_version_is_read_from_what_it_prints() {
        let printed = "QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2~bpo12+1)\nCopyright …\n";
        assert_eq!(version(printed), Some("10.0.2"));
        assert_eq!(version("QEMU emulator version 11.1.3\n"), Some("11.1.3"));
        assert_eq!(version("not found"), None);
    }
}
