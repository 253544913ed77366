//! What the first process of a board is to do: [`Errand`], written by the host.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What the first process of a board is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Errand {
    /// Name of the machine.
    pub(crate) name: String,
    /// Modules to load, in this order.
    pub(crate) modules: Vec<Module>,
    /// What the results are kept on.
    pub(crate) storage: Storage,
    /// Where that is mounted.
    pub(crate) directory: String,
    /// Arguments of `failop`.
    pub(crate) arguments: Vec<String>,
    /// File of the results that gets its standard output; `None` for the console.
    pub(crate) output: Option<String>,
    /// How long the hardware watchdog may take to reset the board once nobody keeps it alive, s; `None` for
    /// a board without.
    pub(crate) reset_within_s: Option<u32>,
    /// Most starts of the board: one more than there may be resets.
    pub(crate) starts_max: u32,
}

/// A kernel module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Module {
    /// Its file, without the extension.
    pub(crate) name: String,
    /// Its parameters.
    pub(crate) parameters: String,
}

/// What results are kept on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Storage {
    /// Memory: nothing outside of the board has a part in it.
    Memory,
    /// A disk with `ext4`, which survives a reset.
    Disk(String),
}

impl Errand {
    /// As bytes of its file.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("text and lists alone")
    }

    /// Reads its file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Errand> {
        let cannot = || format!("cannot read {}", path.display());
        let bytes = std::fs::read(path).with_context(cannot)?;
        serde_json::from_slice(&bytes).with_context(cannot)
    }
}
