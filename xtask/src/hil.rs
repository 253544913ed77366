//! Preparing the emulated boards, below `target/hil/`: [`prepare`]. For each board a folder with
//! `vmlinuz`, `modules/NAME.ko`, `modules/deps` and the device tree that it needs.

/// As failop makes what its emulated boards start with.
#[path = "../../crates/failop/src/hil/emulator/archive.rs"]
mod archive;
mod guest;
mod kernel;
mod modules;
mod remote;

use crate::debian::{Archive, Suite};
use crate::{cross, system, tidy};
use anyhow::Result;
use std::path::PathBuf;

/// What an emulated board is made of.
#[derive(Clone, Copy, Debug)]
struct Board {
    /// Its folder.
    name: &'static str,
    /// Whose stock kernel it boots.
    suite: Suite,
    /// The device tree that QEMU does not make itself.
    device_tree: Option<DeviceTree>,
    /// What its own hardware needs, beyond [`MODULES`].
    modules: &'static [&'static str],
}

/// A device tree of the kernel's package.
#[derive(Clone, Copy, Debug)]
struct DeviceTree {
    /// Below `usr/lib/linux-image-VERSION/`.
    path: &'static str,
    /// What is taken out of it: properties, each after its node.
    without: &'static [[&'static str; 2]],
}

/// QEMU's generic machine: everything that is not of one manufacturer.
const VIRT: Board = Board { name: "virt", suite: Suite::Stable, device_tree: None, modules: &[] };

/// The evaluation kit of the i.MX 8M Plus: the machine came with QEMU 10, its drivers grew up in
/// later kernels.
const IMX8MP: Board = Board {
    name: "imx8mp",
    suite: Suite::Backports,
    device_tree: Some(DeviceTree {
        path: "freescale/imx8mp-evk.dtb",
        // How wide the ways to memory are to be, which QEMU does not model. Debian's kernel is built without
        // the driver for it (INTERCONNECT_IMX8MP) and waits for it for ever, and with it for PCI Express.
        without: &[["/soc@0/bus@32c00000/blk-ctrl@32f10000", "interconnects"]],
    }),
    // PCI Express: its power, its reset, its physical layer.
    modules: &["fixed", "reset_imx7", "phy_fsl_imx8m_pcie"],
};

/// What every board can load. Each must exist, as a module or built in.
const MODULES: &[&str] = &[
    // Sensors: a camera, a CAN bus without and with a controller.
    "vivid",
    "vcan",
    "can",
    "can_raw",
    "can_dev",
    "kvaser_pci",
    "flexcan",
    // Watchdogs: of the kernel itself, on PCI, of the i.MX.
    "softdog",
    "i6300esb",
    "imx2_wdt",
    // The ways out: shared folders, ports, disks, network.
    "9p",
    "9pnet_virtio",
    "virtio_console",
    "virtio_pci",
    "virtio_blk",
    "virtio_net",
    "ext4",
    // ext4 asks for it by the name of the algorithm.
    "crc32c_generic",
];

/// Debian's packages, for all chores.
pub(crate) fn archive() -> Archive {
    Archive::new(cache().join("apt"))
}

/// Where everything that is fetched or prepared is kept.
pub(crate) fn cache() -> PathBuf {
    tidy::root().join("target/hil")
}

/// Prepares all that the emulated boards need and that is not there yet.
pub(crate) fn prepare() -> Result<()> {
    let archive = archive();
    for board in [VIRT, IMX8MP] {
        kernel::prepare(&archive, board, &folder(board))?;
    }
    remote::prepare(&archive, &cache().join("remote"))?;
    system::board_emulator(&archive)?;
    system::user_emulator(&archive)?;
    cross::build(&archive)?;
    Ok(())
}

/// Runs the tests of what talks to the kernel and to other processors on an emulated board.
pub(crate) fn test(filter: Option<&str>) -> Result<()> {
    let archive = archive();
    kernel::prepare(&archive, VIRT, &folder(VIRT))?;
    system::board_emulator(&archive)?;
    guest::run(&archive, filter)
}

fn folder(board: Board) -> PathBuf {
    cache().join(board.name)
}
