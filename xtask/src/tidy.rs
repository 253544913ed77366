//! The rules of ARCHITECTURE.md that a machine can check: [`check`].

use crate::tool::say;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Longest source file, its tests included: beyond it there is a seam to be found.
const LINES_MAX: usize = 500;

/// Which of our crates each crate may name, from the bottom up. An arrow that is not here is a
/// decision: change this table and ARCHITECTURE.md together.
const LAYERS: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("sys", &[]),
    ("world", &[]),
    ("fusion", &[]),
    ("fault", &["wire"]),
    ("scenario", &["wire", "world", "fault"]),
    ("channel", &["wire", "sys"]),
    ("recording", &["wire"]),
    ("supervisor", &["wire", "sys", "fault", "scenario", "channel", "recording"]),
    ("analysis", &["wire", "world", "fault", "scenario", "recording"]),
    ("report", &["wire", "fault", "analysis", "recording"]),
    (
        "failop",
        &[
            "wire",
            "sys",
            "world",
            "fusion",
            "fault",
            "scenario",
            "channel",
            "recording",
            "supervisor",
            "analysis",
            "report",
        ],
    ),
    ("xtask", &[]),
];

/// External crates that only these of ours may name: each stands behind one wall, or in the programs.
const WALLS: &[(&str, &[&str])] = &[
    ("nix", &["sys"]),
    ("memmap2", &["sys"]),
    ("bincode", &["recording"]),
    ("plotters", &["report"]),
    ("quick-junit", &["report"]),
    ("nalgebra", &["fusion"]),
    ("clap", &["failop", "xtask"]),
    ("indicatif", &["failop"]),
    ("anyhow", &["failop", "xtask"]),
];

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask stands in the root").to_owned()
}

/// Tells every departure from the rules.
pub(crate) fn check() -> Result<()> {
    let complaints = complaints(&root())?;
    for complaint in &complaints {
        say(complaint);
    }
    if !complaints.is_empty() {
        bail!("{} departures from ARCHITECTURE.md", complaints.len());
    }
    Ok(())
}

/// Every departure from the rules, as a line each; empty for a tidy tree.
fn complaints(root: &Path) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let architecture = read(&root.join("ARCHITECTURE.md"))?;
    let workspace = manifest(&root.join("Cargo.toml"))?;
    let named = architecture_dependencies(&architecture);
    let external = workspace_dependencies(&workspace);
    for name in external.difference(&named) {
        complaints.push(format!("ARCHITECTURE.md: dependency `{name}` is not argued"));
    }
    for name in named.difference(&external) {
        complaints.push(format!("ARCHITECTURE.md: argues `{name}`, which nobody depends on"));
    }
    let mut crates = vec!["xtask".to_owned()];
    crates.extend(children(&root.join("crates"))?.iter().map(|path| name_of(path)));
    for name in &crates {
        let directory =
            if name == "xtask" { root.join(name) } else { root.join("crates").join(name) };
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| layer == name) else {
            complaints.push(format!("crates/{name}: not in the table of layers"));
            continue;
        };
        if !architecture.contains(&format!("| `{name}` |")) {
            complaints.push(format!("ARCHITECTURE.md: crate `{name}` has no row"));
        }
        let dependencies = dependencies(&manifest(&directory.join("Cargo.toml"))?);
        for dependency in &dependencies {
            let ours = LAYERS.iter().any(|(layer, _)| layer == dependency);
            if ours && !allowed.contains(&dependency.as_str()) {
                complaints.push(format!("crates/{name}: must not depend on `{dependency}`"));
            }
            let wall = WALLS.iter().find(|(external, _)| external == dependency);
            if let Some((_, homes)) = wall.filter(|(_, homes)| !homes.contains(&name.as_str())) {
                let homes = homes.join("`, `");
                complaints
                    .push(format!("crates/{name}: `{dependency}` belongs to `{homes}` alone"));
            }
        }
        check_sources(root, &directory, name, &mut complaints)?;
    }
    Ok(complaints)
}

fn check_sources(
    root: &Path,
    directory: &Path,
    name: &str,
    complaints: &mut Vec<String>,
) -> Result<()> {
    for path in sources(directory)? {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let text = read(&path)?;
        let lines = text.lines().count();
        if lines > LINES_MAX {
            complaints.push(format!("{shown}: {lines} lines, at most {LINES_MAX}: find the seam"));
        }
        if !text.starts_with("//!") {
            complaints.push(format!("{shown}: does not begin by saying what it is for (//!)"));
        }
        if path.file_name().is_some_and(|file| file == "mod.rs") {
            complaints.push(format!("{shown}: a module is named by its own file, not mod.rs"));
        }
        let is_root = path.ends_with("src/lib.rs") || path.ends_with("src/main.rs");
        if is_root && name != "sys" && !text.contains("#![forbid(unsafe_code)]") {
            complaints.push(format!("{shown}: only `sys` may do without #![forbid(unsafe_code)]"));
        }
    }
    Ok(())
}

/// The first column of the table under "## Dependencies".
fn architecture_dependencies(architecture: &str) -> BTreeSet<String> {
    let section = architecture.split_once("## Dependencies").map_or("", |(_, rest)| rest);
    let section = section.split("\n## ").next().unwrap_or("");
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn workspace_dependencies(workspace: &Table) -> BTreeSet<String> {
    let table = workspace.get("workspace").and_then(|w| w.get("dependencies"));
    let entries = table.and_then(Value::as_table).into_iter().flatten();
    entries.filter(|(_, value)| value.get("path").is_none()).map(|(name, _)| name.clone()).collect()
}

/// What the crate itself depends on; what only its tests use may come from anywhere.
fn dependencies(manifest: &Table) -> Vec<String> {
    let table = manifest.get("dependencies").and_then(Value::as_table);
    table.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

fn manifest(path: &Path) -> Result<Table> {
    read(path)?.parse().with_context(|| path.display().to_string())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

fn children(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(directory).and_then(Iterator::collect);
    let entries: Vec<std::fs::DirEntry> =
        entries.with_context(|| directory.display().to_string())?;
    let mut paths: Vec<_> = entries.iter().map(std::fs::DirEntry::path).collect();
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn sources(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in children(directory)? {
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_as_the_architecture_says() {
        let complaints = complaints(&root()).expect("a tree that can be read");
        assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    }

    #[test]
    fn a_tree_that_cannot_be_read_is_not_tidy() {
        let nowhere = root().join("nowhere");
        let error = complaints(&nowhere).expect_err("nothing stands there");
        assert!(format!("{error:#}").contains("nowhere/ARCHITECTURE.md: "), "{error:#}");
    }

    #[test]
    fn a_dependency_counts_as_argued_only_in_its_table() {
        let text = "## Crates\n| `a` | x |\n## Dependencies\n| `b` | y |\n## More\n| `c` | z |\n";
        assert_eq!(Vec::from_iter(architecture_dependencies(text)), ["b"]);
    }
}
