//! The kernel of an emulated board, with its modules and device tree: [`prepare`].

use super::{Board, DeviceTree, MODULES, modules};
use crate::debian::{Archive, empty};
use crate::system;
use crate::tool::{run, say, tool};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Names the package in its first line, what was made of it in its second; written last, so that an
/// interrupted preparation begins anew, as one does of which something else is wanted.
const STAMP: &str = "kernel";

/// Makes `folder` hold what `board` boots from.
pub(super) fn prepare(archive: &Archive, board: Board, folder: &Path) -> Result<()> {
    let modules = [MODULES, board.modules].concat();
    let without = board.device_tree.map_or(&[][..], |tree| tree.without);
    let wanted = [&modules, without.as_flattened()].concat();
    if let Some(package) = prepared(folder, &wanted) {
        say(&format!("{}: has {package}", folder.display()));
        return Ok(());
    }
    let package = archive.depends_on("linux-image-arm64:arm64", "linux-image-", board.suite)?;
    say(&format!("{}: fetching {package} (60 to 100 MB)", folder.display()));
    empty(folder)?;
    let unpacked = folder.join("unpacked");
    archive.unpack(&[&package], board.suite, &unpacked)?;
    let image = only_child(&unpacked.join("boot"), "vmlinuz-")?;
    fs::rename(image, folder.join("vmlinuz"))?;
    if let Some(device_tree) = board.device_tree {
        let trees = only_child(&unpacked.join("usr/lib"), "linux-image-")?;
        take(&trees, device_tree, folder).with_context(|| format!("the package {package}"))?;
    }
    let tree = only_child(&unpacked.join("lib/modules"), "")?;
    modules::gather(&tree, &modules, &folder.join("modules"))
        .with_context(|| format!("the modules of {package}"))?;
    fs::remove_dir_all(unpacked)?;
    fs::write(folder.join(STAMP), stamp(&package, &wanted))?;
    say(&format!("{}: prepared", folder.display()));
    Ok(())
}

/// Puts a device tree of a package into the folder of its board.
fn take(trees: &Path, DeviceTree { path, without }: DeviceTree, folder: &Path) -> Result<()> {
    let name = Path::new(path).file_name().context("a device tree has a name")?;
    let taken = folder.join(name);
    fs::rename(trees.join(path), &taken)
        .with_context(|| format!("no device tree {path}: see what is in {}", trees.display()))?;
    if !without.is_empty() {
        system::device_tree_editor()?;
    }
    for node_and_property in without {
        run(tool(system::DEVICE_TREE_EDITOR).arg("--delete").arg(&taken).args(node_and_property))?;
    }
    Ok(())
}

/// The package from which `folder` was prepared as wanted.
fn prepared(folder: &Path, wanted: &[&str]) -> Option<String> {
    let text = fs::read_to_string(folder.join(STAMP)).ok()?;
    let package = text.lines().next()?.to_owned();
    (text == stamp(&package, wanted)).then_some(package)
}

fn stamp(package: &str, wanted: &[&str]) -> String {
    format!("{package}\n{}\n", wanted.join(" "))
}

/// What a package has there under a name that moves with its version.
fn only_child(folder: &Path, prefix: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let names = entries.collect::<Result<Vec<_>, _>>()?;
    let found = names.iter().find(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    let found = found.with_context(|| format!("{} has no {prefix}*", folder.display()))?;
    Ok(found.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_otherwise_is_prepared_anew() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(prepared(folder.path(), &["vivid"]), None);
        fs::write(folder.path().join(STAMP), stamp("linux-image-6.1", &["vivid"])).unwrap();
        assert_eq!(prepared(folder.path(), &["vivid"]).as_deref(), Some("linux-image-6.1"));
        assert_eq!(prepared(folder.path(), &["vivid", "vcan"]), None);
    }
}
