//! The append-only record of a run: [`Writer`], [`Recording`], and the one [`codec`] behind both.
//!
//! Nothing here interprets what it keeps.
#![forbid(unsafe_code)]

pub mod codec;
pub mod reader;
pub mod writer;

pub use reader::{OpenError, Recording, Torn, Truncation};
pub use writer::Writer;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::{Record, Source};

/// File name of the recording inside a run directory.
pub const FILE_NAME: &str = "recording.failop";

/// File name of a process's event ring inside a run directory while the run lasts.
pub fn ring_file_name(source: Source) -> String {
    format!("ring-{}.events", source.name())
}

/// First entry of a recording: everything about the run that is not an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Path of the scenario file as given, for people.
    pub scenario_path: String,
    /// Text of the scenario file, from which reports are made.
    pub scenario_text: String,
    /// Text of the board file that the run was given, if there was one.
    pub board_text: Option<String>,
    /// Seed of the run: the file's, unless the command line gave another.
    pub seed: u64,
    /// Which repetition of the scenario this is, from 1.
    pub repetition: u32,
    /// How many there were to be; with more than one, the phase of each fault is drawn.
    pub repetitions: u32,
    /// Version of the program that made the recording.
    pub program_version: String,
    /// Wall-clock time of the start, milliseconds since 1970 UTC, for people only.
    pub started_unix_ms: u64,
    /// The machine and its settings.
    pub host: Host,
}

/// The machine that a run took place on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Host name.
    pub name: String,
    /// Kernel name, release and version.
    pub kernel: String,
    /// Architecture, as the kernel names it.
    pub architecture: String,
    /// Processor model.
    pub cpu_model: String,
    /// Processors that the run could use.
    pub cpus: u32,
    /// Memory, MiB.
    pub memory_mib: u64,
    /// Scheduling class of the processes and, if it is not the one asked for, why.
    pub scheduling: String,
    /// What a halted processor does and who decides (cpuidle governor), if the kernel tells.
    pub idle_policy: String,
    /// What faults may need and this host or user does not have, by name, and why.
    #[serde(default)]
    pub lacks: BTreeMap<String, String>,
    /// How it was reached.
    #[serde(default)]
    pub reached: Reached,
}

/// How the machine that a run took place on was reached, and with that what its times mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// It made the reports, too.
    #[default]
    Here,
    /// With `ssh`.
    Ssh,
    /// It was emulated; its time is that of the machine that emulated it.
    Emulated,
    /// It was emulated; its time is a count of instructions, the same in every run.
    Deterministic,
}

impl Reached {
    /// Every way.
    pub const ALL: [Reached; 4] =
        [Reached::Here, Reached::Ssh, Reached::Emulated, Reached::Deterministic];

    /// Its name: `deterministic`.
    pub const fn name(self) -> &'static str {
        match self {
            Reached::Here => "here",
            Reached::Ssh => "ssh",
            Reached::Emulated => "emulated",
            Reached::Deterministic => "deterministic",
        }
    }

    /// Whether times were measured on a real machine. Those of an emulator are no measurements.
    pub const fn measures(self) -> bool {
        matches!(self, Reached::Here | Reached::Ssh)
    }
}

/// One entry of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// The first entry.
    Header(Box<Header>),
    /// Record number `index` of a process's event ring.
    Record {
        /// Who wrote it.
        source: Source,
        /// Its number in the ring, from 0.
        index: u64,
        /// The record.
        record: Record,
    },
    /// Records that were overwritten before they could be drained.
    Lost {
        /// Whose.
        source: Source,
        /// How many.
        count: u64,
    },
    /// A torn frame as fusion read it, from a frame buffer that is not synchronised: one of many, just
    /// before the end.
    TornFrame {
        /// Number that its header carries: that of the older frame.
        frame: u64,
        /// Its first row of the older frame.
        row: u32,
        /// Grey values, row by row from the top.
        pixels: Vec<u8>,
    },
    /// The recording is complete: every ring was drained after its writer was buried.
    End,
}
