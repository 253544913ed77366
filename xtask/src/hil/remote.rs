//! An emulated board that boots by itself and is reached over the network, as a real one is: [`prepare`]
//! makes the file that it starts with. Its shell is busybox, its ssh server is dropbear: what small
//! boards have.
//!
//! Who starts it gives it a disk with the keys: the host's in `keys/host`, those of its users in
//! `keys/authorized_keys`. That disk is at `/disk`; all else is forgotten at a reset.

use super::archive::Archive as Files;
use super::{VIRT, cache, folder, guest, modules};
use crate::debian::{Archive, Suite};
use crate::tool::say;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// The ssh server and the libraries that it needs.
const PACKAGES: [&str; 7] = [
    "dropbear-bin:arm64",
    "libc6:arm64",
    "libcrypt1:arm64",
    "libgmp10:arm64",
    "libtomcrypt1:arm64",
    "libtommath1:arm64",
    "zlib1g:arm64",
];

/// What is taken out of them, and where it goes: the libraries under the names that programs ask for.
const TAKEN: [(&str, &str); 9] = [
    ("usr/sbin/dropbear", "/bin/dropbear"),
    ("usr/lib/dropbear/dropbearconvert", "/bin/dropbearconvert"),
    ("lib/ld-linux-aarch64.so.1", "/lib/ld-linux-aarch64.so.1"),
    ("lib/aarch64-linux-gnu/libc.so.6", "/lib/libc.so.6"),
    ("lib/aarch64-linux-gnu/libcrypt.so.1", "/lib/libcrypt.so.1"),
    ("usr/lib/aarch64-linux-gnu/libgmp.so.10", "/lib/libgmp.so.10"),
    ("usr/lib/aarch64-linux-gnu/libtomcrypt.so.1", "/lib/libtomcrypt.so.1"),
    ("usr/lib/aarch64-linux-gnu/libtommath.so.1", "/lib/libtommath.so.1"),
    ("lib/aarch64-linux-gnu/libz.so.1", "/lib/libz.so.1"),
];

/// The disk, the network, the watchdog; each after what it depends on.
const MODULES: [&str; 6] =
    ["virtio_pci", "virtio_blk", "crc32c_generic", "ext4", "virtio_net", "i6300esb"];

const DIRECTORIES: [&str; 10] =
    ["/bin", "/dev", "/disk", "/etc", "/lib", "/modules", "/proc", "/root", "/sys", "/tmp"];

/// Makes `initramfs` in the folder `at`.
pub(super) fn prepare(archive: &Archive, at: &Path) -> Result<()> {
    let unpacked = cache().join("dropbear");
    // Also where it was interrupted.
    if TAKEN.iter().any(|(file, _)| !unpacked.join(file).exists()) {
        say(&format!("{}: fetching an ssh server for a board (4 MB)", unpacked.display()));
        archive.unpack(&PACKAGES, Suite::Stable, &unpacked)?;
    }
    fs::create_dir_all(at)?;
    fs::write(at.join("initramfs"), initramfs(archive, &unpacked)?)?;
    say(&format!("{}: prepared", at.display()));
    Ok(())
}

fn initramfs(archive: &Archive, unpacked: &Path) -> Result<Vec<u8>> {
    let mut files = Files::default();
    for directory in DIRECTORIES {
        files.directory(directory);
    }
    files.devices();
    files.file("/bin/busybox", &read(&guest::busybox(archive)?)?);
    for (from, to) in TAKEN {
        files.file(to, &read(&unpacked.join(from))?);
    }
    let prepared = folder(VIRT).join("modules");
    let order = modules::load_order(&prepared, &MODULES)?;
    for name in &order {
        files.file(&format!("/modules/{name}.ko"), &read(&prepared.join(format!("{name}.ko")))?);
    }
    files.file("/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n");
    files.file("/init", init(&order).as_bytes());
    Ok(files.finish())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}

/// The first process: makes the system, tells on the console that the board can be reached, and buries
/// whoever ends. What fails ends it, and the kernel with it: no board is half made.
fn init(modules: &[String]) -> String {
    let load = modules.iter().map(|name| format!("insmod /modules/{name}.ko\n"));
    [
        "#!/bin/busybox sh\n\
         set -e\n\
         export PATH=/bin\n\
         /bin/busybox --install -s /bin\n\
         mount -t proc none /proc\n\
         mount -t sysfs none /sys\n\
         mount -t devtmpfs none /dev\n\
         mkdir -p /dev/shm /dev/mqueue\n\
         mount -t tmpfs none /dev/shm\n\
         mount -t mqueue none /dev/mqueue\n\
         mount -t tmpfs none /tmp\n\
         hostname board\n"
            .to_owned(),
        load.collect(),
        // What QEMU's own network gives to its one guest.
        "mount -t ext4 /dev/vda /disk\n\
         ip link set lo up\n\
         ip address add 10.0.2.15/24 dev eth0\n\
         ip link set eth0 up\n\
         mkdir -m 700 /root/.ssh\n\
         cp /disk/keys/authorized_keys /root/.ssh\n\
         chmod 600 /root/.ssh/authorized_keys\n\
         dropbearconvert openssh dropbear /disk/keys/host /etc/host\n\
         dropbear -E -s -r /etc/host -P /tmp/dropbear.pid\n\
         echo @reachable\n\
         while sleep 3600; do :; done\n"
            .to_owned(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_process_loads_what_it_is_given_before_the_disk_is_mounted() {
        let script = init(&["jbd2".to_owned(), "ext4".to_owned()]);
        let rest = script.split("insmod /modules/jbd2.ko\ninsmod /modules/ext4.ko\n").nth(1);
        assert!(rest.is_some_and(|rest| rest.starts_with("mount -t ext4 /dev/vda")), "{script}");
    }
}
