//! Kernel modules out of their tree: [`gather`] makes a flat folder of plain `.ko` files and a file
//! `deps` that says what must be loaded before each. Names are the kernel's own, with `_`.

use crate::tool::{bytes, tool};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Everything that a kernel has, by name.
#[derive(Debug, Default)]
struct Tree {
    /// The files, some of them compressed.
    files: BTreeMap<String, PathBuf>,
    built_in: BTreeSet<String>,
}

/// Puts the wanted modules and what they depend on into `folder`, as plain files, with a file `deps`:
/// a line `NAME: DEPENDENCY …` for each, dependencies in the order in which they must be loaded.
/// A wanted module that is not in there is built into the kernel.
pub(super) fn gather(tree: &Path, wanted: &[&str], folder: &Path) -> Result<()> {
    let tree = Tree::read(tree)?;
    fs::create_dir_all(folder)?;
    let mut direct = BTreeMap::new();
    let mut waiting: Vec<String> = wanted.iter().map(|name| canonical(name)).collect();
    while let Some(name) = waiting.pop() {
        if direct.contains_key(&name) || tree.built_in.contains(&name) {
            continue;
        }
        let Some(file) = tree.files.get(&name) else {
            bail!("there is no module {name}, neither as a file nor built in");
        };
        let module = plain(file)?;
        fs::write(folder.join(format!("{name}.ko")), &module)?;
        let needs: Vec<_> =
            depends(&module).into_iter().filter(|need| !tree.built_in.contains(need)).collect();
        waiting.extend(needs.iter().cloned());
        direct.insert(name, needs);
    }
    fs::write(folder.join("deps"), lines(&direct))?;
    Ok(())
}

/// The wanted modules of a gathered folder and what they depend on, in the order in which they must be
/// loaded. One that is not in there is built into the kernel.
pub(super) fn load_order(folder: &Path, wanted: &[&str]) -> Result<Vec<String>> {
    let path = folder.join("deps");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let deps: BTreeMap<_, _> = text.lines().filter_map(|line| line.split_once(':')).collect();
    let mut order = Vec::new();
    for (name, needs) in wanted.iter().filter_map(|name| deps.get_key_value(name)) {
        for module in needs.split_whitespace().chain([*name]).map(str::to_owned) {
            if !order.contains(&module) {
                order.push(module);
            }
        }
    }
    Ok(order)
}

impl Tree {
    fn read(root: &Path) -> Result<Tree> {
        let path = root.join("modules.builtin");
        let list = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let built_in = list.lines().filter_map(|line| module_name(Path::new(line))).collect();
        let mut tree = Tree { files: BTreeMap::new(), built_in };
        tree.add(&root.join("kernel"))?;
        Ok(tree)
    }

    fn add(&mut self, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                self.add(&path)?;
            } else if let Some(name) = module_name(&path) {
                self.files.insert(name, path);
            }
        }
        Ok(())
    }
}

/// The name under which the kernel knows the module: its file may be named with `-` and be compressed.
fn module_name(file: &Path) -> Option<String> {
    let (name, _) = file.file_name()?.to_str()?.split_once(".ko")?;
    Some(canonical(name))
}

fn canonical(name: &str) -> String {
    name.replace('-', "_")
}

/// The module as the kernel takes it.
fn plain(file: &Path) -> Result<Vec<u8>> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("ko") => fs::read(file).with_context(|| file.display().to_string()),
        Some("xz") => bytes(tool("xz").args(["--decompress", "--stdout"]).arg(file))
            .context("modules are compressed: `apt-get install xz-utils`"),
        _ => bail!("{}: of a compression that is not known here", file.display()),
    }
}

/// What a module itself says that it depends on: its section `.modinfo` is a row of `key=value`
/// strings, each ended by a zero.
fn depends(module: &[u8]) -> Vec<String> {
    let mut strings = module.split(|&byte| byte == 0);
    let row = strings.find_map(|string| string.strip_prefix(b"depends="));
    let names = String::from_utf8_lossy(row.unwrap_or_default()).into_owned();
    names.split(',').filter(|name| !name.is_empty()).map(canonical).collect()
}

/// The text of `deps`, from what each module depends on directly.
fn lines(direct: &BTreeMap<String, Vec<String>>) -> String {
    let mut text = String::new();
    for name in direct.keys() {
        let mut order = Vec::new();
        visit(name, direct, &mut order);
        // The last is the module itself.
        order.pop();
        writeln!(text, "{name}: {}", order.join(" ")).expect("a String takes all");
    }
    text
}

/// Appends what `name` needs and then `name`, each once. The kernel has no circles: a module cannot
/// be linked to one that needs it.
fn visit<'a>(name: &'a str, direct: &'a BTreeMap<String, Vec<String>>, order: &mut Vec<&'a str>) {
    if order.contains(&name) {
        return;
    }
    for need in &direct[name] {
        visit(need, direct, order);
    }
    order.push(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_tells_what_it_depends_on() {
        let cases: [(&[u8], &[&str]); 3] = [
            (b"\x7fELF\0license=GPL\0depends=jbd2,crc16\0name=ext4\0", &["jbd2", "crc16"]),
            (b"\0depends=can-dev\0", &["can_dev"]),
            (b"\0depends=\0name=vcan\0", &[]),
        ];
        for (module, expected) in cases {
            assert_eq!(depends(module), expected);
        }
    }

    #[test]
    fn what_a_module_needs_is_loaded_before_it_and_once() {
        let direct = [("a", vec!["b", "c"]), ("b", vec!["d"]), ("c", vec!["d"]), ("d", vec![])];
        let direct = direct
            .map(|(name, needs)| (name.to_owned(), needs.into_iter().map(str::to_owned).collect()));
        assert_eq!(lines(&direct.into()), "a: d b c\nb: d\nc: d\nd: \n");
    }

    #[test]
    fn a_folder_holds_what_is_wanted_with_its_dependencies_and_nothing_built_in() {
        let root = tempfile::tempdir().unwrap();
        let tree = root.path().join("tree");
        fs::create_dir_all(tree.join("kernel/net")).unwrap();
        fs::write(tree.join("modules.builtin"), "kernel/x/virtio-pci.ko\n").unwrap();
        fs::write(tree.join("kernel/net/can-raw.ko"), b"\0depends=can,virtio_pci\0").unwrap();
        fs::write(tree.join("kernel/net/can.ko"), b"\0depends=\0").unwrap();
        fs::write(tree.join("kernel/net/other.ko"), b"\0depends=\0").unwrap();
        let folder = root.path().join("modules");
        gather(&tree, &["can-raw", "virtio_pci"], &folder).unwrap();
        let mut names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["can.ko", "can_raw.ko", "deps"]);
        assert_eq!(fs::read_to_string(folder.join("deps")).unwrap(), "can: \ncan_raw: can\n");
        assert_eq!(load_order(&folder, &["can_raw", "virtio_pci"]).unwrap(), ["can", "can_raw"]);
        let error = gather(&tree, &["vivid"], &folder).unwrap_err().to_string();
        assert_eq!(error, "there is no module vivid, neither as a file nor built in");
    }
}
