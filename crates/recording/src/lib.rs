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
/// Most parts of a run: it is continued after a reset of the board, and after resets of that. A board that is
/// reset more often is not continued any more; what there is is judged.
pub const PARTS_MAX: u32 = 8;

/// File name of a part of the recording inside a run directory: the first one has no number.
pub fn file_name(part: u32) -> String {
    match part {
        1 => FILE_NAME.to_owned(),
        _ => format!("recording.{part}.failop"),
    }
}

/// File name of a process's event ring inside a run directory while that part of the run lasts.
pub fn ring_file_name(source: Source, part: u32) -> String {
    match part {
        1 => format!("ring-{}.events", source.name()),
        _ => format!("ring-{}.{part}.events", source.name()),
    }
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
    /// Which part of the run follows, and what continues it.
    pub part: Part,
}

/// A part of a run: a reset of the board ends one, and the run goes on with the next. Times of all parts are
/// of one clock, which the parts after the first carry on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its number, from 1.
    pub number: u32,
    /// What the kernel calls its own life (`/proc/sys/kernel/random/boot_id`); empty where it is not told.
    pub boot_id: String,
    /// When the part began, by the clock of its records, nanoseconds.
    pub begun_ns: u64,
    /// The same moment by the clock on the wall, nanoseconds since 1970 UTC.
    pub begun_unix_ns: u64,
    /// How long the schedule is now, from its start, nanoseconds; `None` as the scenario says.
    pub duration_ns: Option<u64>,
}

impl Default for Part {
    /// The first part, of a run that nobody needs to continue.
    fn default() -> Self {
        Part { number: 1, boot_id: String::new(), begun_ns: 0, begun_unix_ns: 0, duration_ns: None }
    }
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
