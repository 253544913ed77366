//! Debian's packages, fetched into a folder of our own: [`Archive`]. Neither what dpkg has installed
//! nor the system's apt configuration is touched, and no root is needed.

use crate::tool::{output, run, tool};
use anyhow::{Context, Result, bail};
use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the archive's signatures are checked with, from the package `debian-archive-keyring`.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The release whose packages are used, whatever this system is, and what goes with it.
const RELEASE: &str = "bookworm";
const SECURITY: &str = "bookworm-security";
const BACKPORTS: &str = "bookworm-backports";

/// Where a package is taken from: all figures were measured with packages of this release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    /// The release with its security updates.
    Stable,
    /// Later versions, built for the release.
    Backports,
}

/// The archive as seen from a folder with package lists of its own.
#[derive(Debug)]
pub(crate) struct Archive {
    folder: PathBuf,
    /// Set once the lists have been fetched in this run.
    fetched: OnceCell<()>,
}

impl Archive {
    /// Nothing is fetched before the first question.
    pub(crate) fn new(folder: PathBuf) -> Archive {
        Archive { folder, fetched: OnceCell::new() }
    }

    /// What `package` depends on, alternatives among it.
    pub(crate) fn depends(&self, package: &str, suite: Suite) -> Result<Vec<String>> {
        let mut query = self.apt("apt-cache", suite)?;
        query.arg(self.status_option()).args(["depends", package]);
        Ok(depends(&output(&mut query)?))
    }

    /// The first package whose name begins with `prefix` among what `package` depends on.
    pub(crate) fn depends_on(&self, package: &str, prefix: &str, suite: Suite) -> Result<String> {
        let names = self.depends(package, suite)?;
        let found = names.iter().find(|name| name.starts_with(prefix)).cloned();
        found.with_context(|| {
            format!("Debian's {package} depends on no {prefix}*, but on: {}", names.join(" "))
        })
    }

    /// Downloads the packages and unpacks them into `folder`.
    pub(crate) fn unpack(&self, packages: &[&str], suite: Suite, folder: &Path) -> Result<()> {
        let debs = self.folder.join("debs");
        empty(&debs)?;
        let mut download = self.apt("apt-get", suite)?;
        download.arg(self.status_option()).arg("download").args(packages).current_dir(&debs);
        // On the terminal it would be mistaken for an installation.
        output(&mut download)
            .context("the packages could not be downloaded: is there a network?")?;
        fs::create_dir_all(folder)?;
        for deb in fs::read_dir(&debs)? {
            let deb = deb?.path();
            run(tool("dpkg-deb").arg("--extract").arg(&deb).arg(folder))?;
        }
        fs::remove_dir_all(&debs)?;
        Ok(())
    }

    /// Installs the packages into this system from [`Suite::Backports`], without leaving that suite
    /// among the system's sources. Only for a system of that release.
    pub(crate) fn install_backports(&self, packages: &[&str]) -> Result<()> {
        let mut install = self.apt("apt-get", Suite::Backports)?;
        install.args(["install", "-y", "--no-install-recommends"]).args(packages);
        run(install.env("DEBIAN_FRONTEND", "noninteractive"))
    }

    /// An apt command with our lists, fetched if this run has not yet done so.
    fn apt(&self, program: &str, suite: Suite) -> Result<Command> {
        if self.fetched.get().is_none() {
            self.fetch_lists()?;
            self.fetched.get_or_init(|| ());
        }
        Ok(self.command(program, suite))
    }

    fn fetch_lists(&self) -> Result<()> {
        for folder in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(self.folder.join(folder))?;
        }
        fs::write(self.folder.join("status"), "")?;
        if !Path::new(KEYRING).exists() {
            bail!("{KEYRING} is missing: install it with `apt-get install debian-archive-keyring`");
        }
        let known = output(tool("apt-get").args(["update", "--print-uris"]))
            .context("Debian's packages are needed, and this system has no apt")?;
        fs::write(self.folder.join("sources.list"), sources(&known)?)?;
        output(self.command("apt-get", Suite::Stable).arg("update"))
            .context("Debian's package lists could not be fetched: is there a network?")?;
        Ok(())
    }

    fn command(&self, program: &str, suite: Suite) -> Command {
        let host = host_architecture();
        let at = |name: &str| self.folder.join(name).display().to_string();
        let mut command = tool(program);
        for option in [
            format!("APT::Architecture={host}"),
            format!("APT::Architectures::={host}"),
            "APT::Architectures::=arm64".to_owned(),
            // The user that apt would otherwise fetch as cannot write to our folder.
            "APT::Sandbox::User=root".to_owned(),
            "Acquire::Languages=none".to_owned(),
            format!("Dir::Etc::SourceList={}", at("sources.list")),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
            format!("Dir::State::Lists={}", at("lists")),
            format!("Dir::Cache={}", at("cache")),
        ] {
            command.arg("-o").arg(option);
        }
        // By itself apt takes the release's own packages, its security updates among them.
        if suite == Suite::Backports {
            command.arg(format!("--target-release={BACKPORTS}"));
        }
        command
    }

    /// Nothing is installed, as far as downloads are concerned.
    fn status_option(&self) -> String {
        format!("-oDir::State::Status={}", self.folder.join("status").display())
    }
}

/// What Debian calls the architecture of this machine.
pub(crate) fn host_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Makes `folder` an empty one.
pub(crate) fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())
}

/// Our list of sources, at the addresses from which this system gets its own packages, as
/// `apt-get update --print-uris` tells them.
fn sources(printed: &str) -> Result<String> {
    let known = printed.lines().filter_map(|line| {
        Some(line.strip_prefix('\'')?.split_once("/dists/")?.0.trim_end_matches('/'))
    });
    let address = |end: &str| {
        known.clone().find(|address| address.ends_with(end)).with_context(|| {
            format!("no Debian archive (…{end}) is among apt's sources: add one to them")
        })
    };
    let main = address("/debian")?;
    let security = address("/debian-security")?;
    Ok([(main, RELEASE), (security, SECURITY), (main, BACKPORTS)]
        .map(|(address, suite)| format!("deb [signed-by={KEYRING}] {address} {suite} main\n"))
        .concat())
}

/// Reads what `apt-cache depends` prints. Names in angle brackets are no packages.
fn depends(printed: &str) -> Vec<String> {
    let names = printed
        .lines()
        .filter_map(|line| line.trim_start_matches([' ', '|']).strip_prefix("Depends: "));
    names.filter(|name| !name.starts_with('<')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_packages_under_depends_are_dependencies() {
        let printed = "rustc-web\n  Depends: libc6\n |Depends: gcc\n  Depends: <libc-dev>\n    \
                       libc6-dev\n  Conflicts: rustc\n  Recommends: cargo-web\n";
        assert_eq!(depends(printed), ["libc6", "gcc"]);
    }

    #[test]
    fn a_foreign_package_keeps_its_architecture() {
        let printed = "linux-image-arm64:arm64\n  Depends: linux-image-6.1.0-56-arm64:arm64\n";
        assert_eq!(depends(printed), ["linux-image-6.1.0-56-arm64:arm64"]);
    }

    #[test]
    fn the_archive_is_looked_for_where_the_system_gets_its_packages() {
        let known = "'https://other.example/apt/dists/x/InRelease' x 0\n\
                     'http://mirror.example/debian/dists/bookworm/InRelease' x 0\n\
                     'http://mirror.example/debian-security/dists/bookworm-security/InRelease' x 0\n";
        let sources = sources(known).unwrap();
        let rows: Vec<_> = sources
            .lines()
            .map(|row| row.split(' ').skip(2).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            rows,
            [
                "http://mirror.example/debian bookworm main",
                "http://mirror.example/debian-security bookworm-security main",
                "http://mirror.example/debian bookworm-backports main",
            ]
        );
    }

    #[test]
    fn a_system_that_knows_no_debian_archive_is_told_so() {
        let error =
            sources("'https://other.example/apt/dists/x/InRelease' x 0\n").unwrap_err().to_string();
        assert!(error.contains("no Debian archive"), "{error}");
    }
}
