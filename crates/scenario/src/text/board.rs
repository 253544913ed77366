//! The text of a board file, key by key: [`Board`].
//!
//! Limits stand beside the keys, defaults in the `Default` implementations, as in a scenario file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::board::{
    Class, OnReset, PixelFormat, RadarList, RadarQuality, Times, Timestamps, Timings,
    WithoutPrivilege,
};

/// A board: how to reach it, where its sensors are, how its processes are scheduled.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Board {
    /// Version of the file format.
    #[schemars(range(min = 1, max = 1))]
    #[expect(dead_code, reason = "it was read before the rest, to refuse another version")]
    pub(crate) schema: u32,
    /// Name of the board, as reports tell it.
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9][a-z0-9-]*$"))]
    #[schemars(extend("x-must-be" = "a string of 1 to 64 lower-case letters, digits and hyphens, no hyphen first"))]
    pub(crate) name: String,
    /// What board this is, in a sentence.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    pub(crate) description: String,
    /// How to get there. Without it, the board is the machine that reads this file.
    #[serde(default)]
    #[schemars(with = "Reach")]
    pub(crate) reach: Option<Reach>,
    /// Where files go on the board.
    #[serde(default)]
    pub(crate) files: Files,
    /// Where frames come from. Without it, the camera process renders them.
    #[serde(default)]
    #[schemars(with = "CameraSource")]
    pub(crate) camera: Option<CameraSource>,
    /// Where detection lists come from. Without it, the radar process simulates them.
    #[serde(default)]
    #[schemars(with = "RadarSource")]
    pub(crate) radar: Option<RadarSource>,
    /// How each process is scheduled.
    #[serde(default)]
    pub(crate) process: Processes,
    /// What follows when the board refuses a class, a priority, processors or locked memory.
    #[serde(default)]
    pub(crate) without_privilege: WithoutPrivilege,
    /// The hardware watchdog. Without it, none is kept alive.
    #[serde(default)]
    #[schemars(with = "Watchdog")]
    pub(crate) watchdog: Option<Watchdog>,
}

/// How to get to the board.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum Reach {
    /// Over the network, with the `ssh` program of this machine and its configuration.
    Ssh(Ssh),
    /// Emulated on this machine by QEMU.
    Emulated(Emulated),
}

/// The board as `ssh` reaches it.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Ssh {
    /// Where to, as `ssh` takes it: `user@host`, or a host of its configuration.
    #[schemars(length(min = 1, max = 255))]
    pub(crate) destination: String,
    /// Further arguments of `ssh`, as they stand, before the destination.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub(crate) options: Vec<String>,
    /// How long the board may take to answer again after it was reset.
    #[serde(default = "default_reboot_s")]
    #[schemars(range(min = 1.0, max = 3600.0))]
    pub(crate) reboot_within_s: f64,
    /// What its times are.
    #[serde(default)]
    pub(crate) times: Times,
}

fn default_reboot_s() -> f64 {
    180.0
}

/// The board as QEMU emulates it.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Emulated {
    /// The machine of `qemu-system-aarch64 -machine`.
    #[schemars(length(min = 1, max = 255))]
    pub(crate) machine: String,
    /// The processor of `-cpu`; without it, the machine's own.
    #[serde(default)]
    #[schemars(length(max = 255))]
    pub(crate) cpu: String,
    /// How many processors.
    #[schemars(range(min = 1, max = 8))]
    pub(crate) cpus: u32,
    /// Memory.
    #[schemars(range(min = 256, max = 16_384))]
    pub(crate) memory_mib: u32,
    /// Directory, from the working directory, with what `cargo xtask hil` prepared: `vmlinuz`,
    /// `modules/`, and the device tree where the machine needs one.
    #[schemars(length(min = 1, max = 255))]
    pub(crate) prepared: String,
    /// Device tree file in that directory; without it, QEMU makes one.
    #[serde(default)]
    #[schemars(length(max = 255))]
    pub(crate) device_tree: String,
    /// The serial console as the kernel names it.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) console: String,
    /// Modules to load at the start, in this order, each with its parameters; what they depend on comes
    /// before them by itself.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub(crate) modules: Vec<String>,
    /// Further arguments of QEMU, as they stand: devices, buses.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub(crate) arguments: Vec<String>,
}

/// Where files go on the board.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Files {
    /// Directory on the board for the program, the scenarios and the results; it is made where it is
    /// missing. What survives a reset must be on storage, not in memory.
    #[schemars(length(min = 1, max = 255))]
    pub(crate) directory: String,
    /// The program for the board, on this machine; `cargo xtask cross` makes it.
    #[schemars(length(min = 1, max = 255))]
    pub(crate) program: String,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            directory: "failop".to_owned(),
            program: "target/aarch64-unknown-linux-gnu/release/failop".to_owned(),
        }
    }
}

/// Where frames come from.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum CameraSource {
    /// A Video for Linux capture device.
    V4l2(V4l2),
}

/// A Video for Linux capture device.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct V4l2 {
    /// The device. It must offer 1920x1080 at the scenario's frame rate.
    #[schemars(length(min = 1, max = 255))]
    pub(crate) device: String,
    /// The input, by its name or its number. Without it, the one in use.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) input: Option<String>,
    /// Whether a digital input, HDMI for one, is told what comes in.
    #[serde(default)]
    pub(crate) timings: Timings,
    /// Formats of which the first that the device offers is used.
    #[serde(default = "all_formats")]
    #[schemars(length(max = 7))]
    pub(crate) formats: Vec<PixelFormat>,
    /// Buffers of the driver: how many frames may wait for the camera process before the driver drops
    /// one.
    #[serde(default = "default_buffers")]
    #[schemars(range(min = 2, max = 32))]
    pub(crate) buffers: u32,
    /// What the times of its frames mean. A device that says otherwise is refused.
    #[serde(default)]
    pub(crate) timestamps: Timestamps,
    /// Controls to set before it streams: names, as the driver has them, and integers.
    #[serde(default)]
    pub(crate) controls: BTreeMap<String, i32>,
}

fn default_buffers() -> u32 {
    4
}

fn all_formats() -> Vec<PixelFormat> {
    PixelFormat::ALL.to_vec()
}

/// Where detection lists come from.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum RadarSource {
    /// A Continental ARS408 on a CAN bus.
    Can(Can),
}

/// A radar on a CAN bus.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Can {
    /// The interface that the radar is heard on.
    #[schemars(length(min = 1, max = 15))]
    pub(crate) interface: String,
    /// The interface on which failop plays the radar's part, from the world of the scenario: another
    /// controller of the same bus, or the same interface where it is only software (`vcan`). Without it,
    /// a real radar is there.
    #[serde(default)]
    #[schemars(length(min = 1, max = 15))]
    pub(crate) stimulus: Option<String>,
    /// Bit rate of the bus. An interface that is down is set to it and taken up before a run, which takes
    /// `CAP_NET_ADMIN`; one that is up stays as it is.
    #[serde(default = "default_bitrate_kbps")]
    #[schemars(range(min = 10, max = 1000))]
    pub(crate) bitrate_kbps: u32,
    /// How long after it went off the bus (bus-off) a controller is restarted by its driver; 0 for never.
    #[serde(default = "default_restart_ms")]
    #[schemars(range(min = 0, max = 60_000))]
    pub(crate) restart_ms: u32,
    /// The radar's number, as it is configured: it shifts the identifiers of its frames.
    #[serde(default)]
    #[schemars(range(min = 0, max = 7))]
    pub(crate) sensor_id: u8,
    /// What its lists are of. The stimulus sends these; of a real radar either is taken.
    #[serde(default)]
    pub(crate) list: RadarList,
    /// Whether it is configured to send quality frames (`SendQuality`).
    #[serde(default)]
    pub(crate) quality: RadarQuality,
}

fn default_bitrate_kbps() -> u32 {
    500
}

fn default_restart_ms() -> u32 {
    100
}

/// How each process is scheduled.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Processes {
    /// The watchdog.
    pub(crate) watchdog: Placement,
    /// The camera.
    pub(crate) camera: Placement,
    /// The radar.
    pub(crate) radar: Placement,
    /// Fusion.
    pub(crate) fusion: Placement,
    /// The plant, in a closed loop.
    pub(crate) plant: Placement,
    /// Who plays the radar's part on a CAN bus.
    pub(crate) stimulus: Placement,
}

/// How a process is scheduled.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Placement {
    /// Processors that it may use; none stands for all. Not with the class `deadline`: the kernel gives
    /// its guarantee for all processors together.
    #[schemars(length(max = 64))]
    pub(crate) cpus: Vec<u32>,
    /// Scheduling class. A scenario with `host.realtime = false` runs in the class `normal` all the same.
    /// What a process of the class `deadline` starts is of the class `normal`.
    #[schemars(with = "Class")]
    pub(crate) class: Option<Class>,
    /// Priority in the class `fifo`, by default 60 for the watchdog, 55 for the plant and the stimulus and
    /// 50 for the others.
    #[schemars(range(min = 1, max = 98))]
    pub(crate) priority: Option<u8>,
    /// Processor time in each period in the class `deadline`, by default a fifth of the period. The period,
    /// which is the deadline, too, is the sensor's; fusion has that of the faster sensor, the watchdog 20 ms,
    /// the plant 10 ms.
    #[schemars(range(min = 0.01, max = 1000.0))]
    pub(crate) runtime_ms: Option<f64>,
    /// Lock all its memory (`mlockall`), so that none of it is ever read from storage.
    pub(crate) lock_memory: bool,
}

/// The hardware watchdog.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Watchdog {
    /// The device.
    #[schemars(length(min = 1, max = 255))]
    pub(crate) device: String,
    /// From the last sign of life to the reset; the device may round it.
    #[schemars(range(min = 1, max = 600))]
    pub(crate) timeout_s: u32,
    /// What a reset does to the run.
    #[serde(default)]
    pub(crate) on_reset: OnReset,
}
