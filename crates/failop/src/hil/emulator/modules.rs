//! The modules that were prepared for a board: [`Modules`].

use crate::init::Module;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What every emulated board needs: the bus of its devices, the way out, the disk. What of these was not
/// prepared as a module is built into the kernel.
const ALWAYS: [&str; 6] =
    ["virtio_pci", "9pnet_virtio", "9p", "virtio_blk", "crc32c_generic", "ext4"];

/// Why a board has not the modules that it is to load.
#[derive(Debug, Error)]
pub(crate) enum ModulesError {
    /// The list cannot be read.
    #[error("cannot read {}; `cargo xtask hil` writes it", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A module is not among them.
    #[error("the module `{name}` is not among those in {}: {known}", at.display())]
    Unknown { name: String, at: PathBuf, known: String },
}

/// The modules of a board, and what each depends on.
#[derive(Debug)]
pub(super) struct Modules {
    at: PathBuf,
    /// In the order in which they must be loaded.
    depends: BTreeMap<String, Vec<String>>,
}

impl Modules {
    /// Those in a directory.
    pub(super) fn read(at: &Path) -> Result<Modules, ModulesError> {
        let path = at.join("deps");
        let text =
            fs::read_to_string(&path).map_err(|source| ModulesError::Read { path, source })?;
        let depends = text.lines().filter_map(|line| line.split_once(':'));
        let depends = depends.map(|(name, on)| {
            (kernel_name(name), on.split_whitespace().map(kernel_name).collect())
        });
        Ok(Modules { at: at.to_owned(), depends: depends.collect() })
    }

    /// What every board needs, then what this one asks for (`name parameter=value …`), each after what it
    /// depends on, and once.
    pub(super) fn in_order(&self, asked: &[String]) -> Result<Vec<Module>, ModulesError> {
        let mut order = Vec::<Module>::new();
        for name in ALWAYS {
            if let Some(depends) = self.depends.get(name) {
                add(&mut order, depends, (name, ""));
            }
        }
        for line in asked {
            let (name, parameters) = line.split_once(' ').unwrap_or((line, ""));
            let name = kernel_name(name);
            let depends = self.depends.get(&name).ok_or_else(|| self.unknown(&name))?;
            add(&mut order, depends, (&name, parameters.trim()));
        }
        Ok(order)
    }

    /// The file of a module.
    pub(super) fn file(&self, module: &Module) -> PathBuf {
        self.at.join(format!("{}.ko", module.name))
    }

    fn unknown(&self, name: &str) -> ModulesError {
        let known = self.depends.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        ModulesError::Unknown { name: name.to_owned(), at: self.at.clone(), known }
    }
}

/// Adds a module after what it depends on, each once.
fn add(order: &mut Vec<Module>, depends: &[String], (name, parameters): (&str, &str)) {
    let all = depends.iter().map(|it| (it.as_str(), "")).chain([(name, parameters)]);
    for (name, parameters) in all {
        if order.iter().all(|it| it.name != name) {
            order.push(Module { name: name.to_owned(), parameters: parameters.to_owned() });
        }
    }
}

/// A name as the kernel spells it.
fn kernel_name(name: &str) -> String {
    name.trim().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared() -> (tempfile::TempDir, Modules) {
        let at = tempfile::TempDir::new().unwrap();
        let list = "9pnet_virtio: 9pnet\n9p: 9pnet\next4: jbd2\nvivid: mc videodev\n";
        fs::write(at.path().join("deps"), list).unwrap();
        let modules = Modules::read(at.path()).unwrap();
        (at, modules)
    }

    #[test]
    fn dependencies_come_first_and_once() {
        let (_at, modules) = prepared();
        let asked = ["vivid n_devs=1 node_types=1".to_owned()];
        let order = modules.in_order(&asked).unwrap();
        let names = order.iter().map(|it| it.name.as_str()).collect::<Vec<_>>();
        assert_eq!(
            names,
            ["9pnet", "9pnet_virtio", "9p", "jbd2", "ext4", "mc", "videodev", "vivid"]
        );
        assert_eq!(order[7].parameters, "n_devs=1 node_types=1");
    }

    #[test]
    fn a_module_that_was_not_prepared_is_named_with_those_that_were() {
        let (_at, modules) = prepared();
        let told = modules.in_order(&["i6300esb".to_owned()]).unwrap_err().to_string();
        assert!(told.contains("`i6300esb`") && told.contains("vivid"), "{told}");
    }
}
