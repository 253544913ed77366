//! From the checked text of a board file to the board: [`board()`].

use fault::units::{ns_from_ms, ns_from_s};
use wire::{Node, Source};

use crate::board::{
    self, Board, CameraSource, HardwareWatchdog, Placement, RadarSource, Reach, default_priority,
};
use crate::text::board as text;

/// The board that the text describes.
pub(crate) fn board(text: text::Board) -> Board {
    let processes = &text.process;
    let text::Files { directory, program } = text.files;
    Board {
        name: text.name,
        description: text.description,
        reach: text.reach.map_or(Reach::Here, reach),
        directory,
        program,
        camera: text.camera.map_or(CameraSource::Rendered, |text::CameraSource::V4l2(it)| {
            CameraSource::V4l2(board::V4l2 {
                device: it.device,
                input: it.input,
                timings: it.timings,
                formats: it.formats,
                buffers: it.buffers,
                timestamps: it.timestamps,
                controls: it.controls,
            })
        }),
        radar: text.radar.map_or(RadarSource::Simulated, |text::RadarSource::Can(it)| {
            RadarSource::Can(board::Can {
                interface: it.interface,
                stimulus: it.stimulus,
                bitrate_kbps: it.bitrate_kbps,
                restart_ms: it.restart_ms,
                sensor_id: it.sensor_id,
                list: it.list,
                quality: it.quality,
            })
        }),
        placements: Source::ALL.map(|source| placement(source, of(processes, source))),
        without_privilege: text.without_privilege,
        watchdog: text.watchdog.map(|it| HardwareWatchdog {
            device: it.device,
            timeout_s: it.timeout_s,
            on_reset: it.on_reset,
        }),
    }
}

fn of(processes: &text::Processes, source: Source) -> &text::Placement {
    match source {
        Source::Node(Node::Camera) => &processes.camera,
        Source::Node(Node::Radar) => &processes.radar,
        Source::Node(Node::Fusion) => &processes.fusion,
        Source::Watchdog => &processes.watchdog,
        Source::Plant => &processes.plant,
        Source::Stimulus => &processes.stimulus,
    }
}

fn placement(source: Source, text: &text::Placement) -> Placement {
    Placement {
        cpus: text.cpus.clone(),
        class: text.class.unwrap_or_default(),
        priority: text.priority.unwrap_or(default_priority(source)),
        runtime_ns: text.runtime_ms.map(ns_from_ms),
        lock_memory: text.lock_memory,
    }
}

fn reach(text: text::Reach) -> Reach {
    match text {
        text::Reach::Ssh(it) => Reach::Ssh(board::Ssh {
            destination: it.destination,
            options: it.options,
            reboot_within_ns: ns_from_s(it.reboot_within_s),
            times: it.times,
        }),
        text::Reach::Emulated(it) => Reach::Emulated(board::Emulated {
            machine: it.machine,
            cpu: it.cpu,
            cpus: it.cpus,
            memory_mib: it.memory_mib,
            prepared: it.prepared,
            device_tree: it.device_tree,
            console: it.console,
            modules: it.modules,
            arguments: it.arguments,
        }),
    }
}
