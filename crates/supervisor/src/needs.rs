//! What this host cannot do of what the catalogue of faults needs: [`lacking`].

use crate::capture_device;
use fault::Need;
use scenario::board::{Board, CameraSource, RadarSource};
use std::collections::BTreeMap;
use std::path::Path;
use sys::capability::{Capability, missing};
use sys::hardware_watchdog;

/// What faults need and this host and user lack, with the reason in words. Tries it out, on something
/// expendable, in a few milliseconds; a device that the board file does not name is not there.
pub fn lacking(board: &Board) -> BTreeMap<Need, String> {
    let found = Need::ALL.into_iter();
    found.filter_map(|need| Some((need, why_lacking(need, board)?))).collect()
}

fn why_lacking(need: Need, board: &Board) -> Option<String> {
    match need {
        Need::RealTime => missing(Capability::RealTime),
        Need::Ptrace => missing(Capability::Ptrace),
        Need::Seccomp => missing(Capability::Seccomp),
        Need::CgroupFreezer => missing(Capability::CgroupFreezer),
        Need::CgroupMemory => missing(Capability::CgroupMemory),
        Need::CaptureDevice => match &board.camera {
            CameraSource::V4l2(it) => capture_device::why_lacking(&it.device),
            CameraSource::Rendered => Some(unnamed()),
        },
        Need::CanBus => match &board.radar {
            RadarSource::Can(can) => {
                sys::can::link::find(&can.interface).err().map(|it| it.to_string())
            }
            RadarSource::Simulated => Some(unnamed()),
        },
        Need::HardwareWatchdog => match &board.watchdog {
            Some(it) => hardware_watchdog::missing(Path::new(&it.device)),
            None => Some(unnamed()),
        },
    }
}

fn unnamed() -> String {
    "no board file names one (--board)".to_owned()
}
