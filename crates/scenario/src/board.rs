//! The machine that a scenario runs on, resolved and checked: [`Board`].
//!
//! A board file tells what a scenario leaves open: how to reach the machine, where its sensors are, how
//! processes are scheduled, who resets it. Without one it is [`Board::default`], this machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::{Node, Source};

/// Real-time priority of the nodes; the watchdog stands above them.
const NODE_PRIORITY: u8 = 50;
/// That of the watchdog.
const WATCHDOG_PRIORITY: u8 = 60;
/// That of the plant: its state is there before anyone needs it.
const PLANT_PRIORITY: u8 = 55;

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// Its name; empty without a board file.
    pub name: String,
    /// What it is, in a sentence.
    pub description: String,
    /// How to get there.
    pub reach: Reach,
    /// Directory on the board for the program, the scenarios and the results.
    pub directory: String,
    /// The program for the board, on the machine that reaches it.
    pub program: String,
    /// Where frames come from.
    pub camera: CameraSource,
    /// Where detection lists come from.
    pub radar: RadarSource,
    /// How each process is scheduled, by [`Source::index`].
    pub placements: [Placement; Source::ALL.len()],
    /// What follows when the board refuses that.
    pub without_privilege: WithoutPrivilege,
    /// The hardware watchdog that is kept alive.
    pub watchdog: Option<HardwareWatchdog>,
}

impl Default for Board {
    fn default() -> Self {
        Board {
            name: String::new(),
            description: String::new(),
            reach: Reach::Here,
            directory: String::new(),
            program: String::new(),
            camera: CameraSource::Rendered,
            radar: RadarSource::Simulated,
            placements: Source::ALL.map(|source| Placement {
                cpus: Vec::new(),
                class: Class::Fifo,
                priority: default_priority(source),
                runtime_ns: None,
                lock_memory: false,
            }),
            without_privilege: WithoutPrivilege::Degrade,
            watchdog: None,
        }
    }
}

/// Priority of a process for which none is asked.
pub(crate) const fn default_priority(source: Source) -> u8 {
    match source {
        Source::Node(Node::Camera | Node::Radar | Node::Fusion) => NODE_PRIORITY,
        Source::Watchdog => WATCHDOG_PRIORITY,
        Source::Plant | Source::Stimulus => PLANT_PRIORITY,
    }
}

impl Board {
    /// How a process is scheduled.
    pub fn placement(&self, source: Source) -> &Placement {
        &self.placements[source.index()]
    }

    /// Whether the part of a sensor is played on a real bus.
    pub fn stimulates(&self) -> bool {
        matches!(&self.radar, RadarSource::Can(can) if can.stimulus.is_some())
    }
}

/// How to get to a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reach {
    /// It is this machine.
    Here,
    /// With the `ssh` program.
    Ssh(Ssh),
    /// With QEMU.
    Emulated(Emulated),
}

/// A board behind `ssh`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ssh {
    /// Where to.
    pub destination: String,
    /// Further arguments, before the destination.
    pub options: Vec<String>,
    /// How long the board may take to answer after it was reset.
    pub reboot_within_ns: u64,
    /// What its times are.
    pub times: Times,
}

/// What the times of a board are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Times {
    /// Those of a machine: they are measurements.
    #[default]
    Measured,
    /// Those of an emulator and of the machine it runs on: reports say that they are no measurements.
    Emulated,
}

/// An emulated board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emulated {
    /// QEMU's machine.
    pub machine: String,
    /// QEMU's processor; empty for the machine's own.
    pub cpu: String,
    /// How many processors.
    pub cpus: u32,
    /// Memory, MiB.
    pub memory_mib: u32,
    /// Directory with kernel and modules.
    pub prepared: String,
    /// Device tree in that directory; empty for QEMU's own.
    pub device_tree: String,
    /// Serial console.
    pub console: String,
    /// Modules to load, each with its parameters.
    pub modules: Vec<String>,
    /// Further arguments of QEMU.
    pub arguments: Vec<String>,
}

/// Where frames come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CameraSource {
    /// The camera process renders them.
    Rendered,
    /// A Video for Linux capture device.
    V4l2(V4l2),
}

/// A Video for Linux capture device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct V4l2 {
    /// The device.
    pub device: String,
    /// Name or number of its input; as it is without.
    pub input: Option<String>,
    /// Whether the input gets timings of digital video.
    pub timings: Timings,
    /// Formats, the best first.
    pub formats: Vec<PixelFormat>,
    /// Buffers of its driver.
    pub buffers: u32,
    /// What the times of its frames mean.
    pub timestamps: Timestamps,
    /// Controls to set before it streams, by name.
    pub controls: BTreeMap<String, i32>,
}

/// A format of pixels from which 8-bit grey is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PixelFormat {
    /// 8-bit grey (`GREY`).
    Grey,
    /// 10-bit grey in 16 bits (`Y10`): the upper 8 bits.
    Y10,
    /// 12-bit grey in 16 bits (`Y12`): the upper 8 bits.
    Y12,
    /// Luma, then chroma (`NV12`): the luma.
    Nv12,
    /// Luma and chroma in turn (`YUYV`): the luma.
    Yuyv,
    /// Chroma and luma in turn (`UYVY`): the luma.
    Uyvy,
    /// An 8-bit colour mosaic of any order: each pixel as if it were grey.
    Bayer8,
}

impl PixelFormat {
    /// Every one, best first.
    pub const ALL: [PixelFormat; 7] = [
        PixelFormat::Grey,
        PixelFormat::Y10,
        PixelFormat::Y12,
        PixelFormat::Nv12,
        PixelFormat::Yuyv,
        PixelFormat::Uyvy,
        PixelFormat::Bayer8,
    ];

    /// What drivers call it: codes of Video for Linux.
    pub const fn codes(self) -> &'static [&'static [u8; 4]] {
        match self {
            PixelFormat::Grey => &[b"GREY"],
            PixelFormat::Y10 => &[b"Y10 "],
            PixelFormat::Y12 => &[b"Y12 "],
            PixelFormat::Nv12 => &[b"NV12"],
            PixelFormat::Yuyv => &[b"YUYV"],
            PixelFormat::Uyvy => &[b"UYVY"],
            PixelFormat::Bayer8 => &[b"GRBG", b"RGGB", b"GBRG", b"BA81"],
        }
    }
}

/// Whether a digital input is told what comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Timings {
    /// It knows, or has none.
    #[default]
    AsTheyAre,
    /// 1920x1080 progressive at the scenario's frame rate, as CEA-861 has it: 24, 25, 30, 50 or 60.
    FullHd,
}

/// What the times of a device's frames mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Timestamps {
    /// When the exposure began.
    #[default]
    StartOfExposure,
    /// When the frame was complete: the measurement time is one period before that.
    EndOfFrame,
}

/// Where detection lists come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RadarSource {
    /// The radar process simulates them.
    Simulated,
    /// An ARS408 on a CAN bus.
    Can(Can),
}

/// A radar on a CAN bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Can {
    /// The interface that it is heard on.
    pub interface: String,
    /// The interface on which its part is played; none where a real radar is there.
    pub stimulus: Option<String>,
    /// Bit rate of the bus, kbit/s.
    pub bitrate_kbps: u32,
    /// From being off the bus to the restart of a controller, ms; 0 for never.
    pub restart_ms: u32,
    /// The radar's number.
    pub sensor_id: u8,
    /// What its lists are of.
    pub list: RadarList,
    /// Whether it sends quality frames.
    pub quality: RadarQuality,
}

/// What a radar's lists are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RadarList {
    /// Tracked objects, at most 100.
    #[default]
    Objects,
    /// Clusters of reflections, at most 250.
    Clusters,
}

/// Whether a radar sends quality frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RadarQuality {
    /// One for each object or cluster: a list is complete with the last of them.
    #[default]
    Sent,
    /// None: a list is complete with its last general frame.
    NotSent,
}

/// How a process is scheduled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Processors that it may use; none stands for all.
    pub cpus: Vec<u32>,
    /// Scheduling class.
    pub class: Class,
    /// Priority, of the class [`Class::Fifo`] alone.
    pub priority: u8,
    /// Processor time in each period, of the class [`Class::Deadline`] alone; none stands for its share.
    pub runtime_ns: Option<u64>,
    /// Whether all its memory is locked.
    pub lock_memory: bool,
}

/// A scheduling class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// `SCHED_FIFO`: runs until it waits or someone of higher priority comes.
    #[default]
    Fifo,
    /// `SCHED_DEADLINE`: a share of the processor in each period of the process, guaranteed.
    Deadline,
    /// `SCHED_OTHER`: shares the processor with everyone.
    Normal,
}

/// What follows when a board refuses a class, a priority, processors or locked memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutPrivilege {
    /// The run goes on without, and the report says so.
    #[default]
    Degrade,
    /// The run is refused.
    Refuse,
}

/// A hardware watchdog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HardwareWatchdog {
    /// The device.
    pub device: String,
    /// From the last sign of life to the reset, s.
    pub timeout_s: u32,
    /// What a reset does to the run.
    pub on_reset: OnReset,
}

/// How many timeouts a reset may take: a device may have two stages, and round.
const RESET_TIMEOUTS: u32 = 4;

impl HardwareWatchdog {
    /// How long the board may take to be reset once nobody keeps the device alive, s.
    pub fn reset_within_s(&self) -> u32 {
        self.timeout_s.saturating_mul(RESET_TIMEOUTS)
    }
}

/// What a reset of the board does to the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnReset {
    /// It goes on after the reboot, until fusion has an output again.
    #[default]
    Resume,
    /// It is over.
    End,
}
