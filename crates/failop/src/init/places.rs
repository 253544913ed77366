//! The file systems that every program expects: [`mount_all`].

use anyhow::Context;
use std::path::Path;
use sys::mount::mount;

/// Kind, source, place and options, in the order of mounting.
const PLACES: [(&str, &str, &str, &str); 8] = [
    ("proc", "proc", "/proc", ""),
    ("sysfs", "sysfs", "/sys", ""),
    ("devtmpfs", "devtmpfs", "/dev", ""),
    ("tmpfs", "tmpfs", "/dev/shm", ""),
    ("mqueue", "mqueue", "/dev/mqueue", ""),
    ("tmpfs", "tmpfs", "/tmp", ""),
    ("tmpfs", "tmpfs", "/run", ""),
    ("cgroup2", "cgroup2", "/sys/fs/cgroup", ""),
];
/// Controllers that faults use: of groups below the first.
const CONTROLLERS: [&str; 2] = ["memory", "cpu"];

/// Mounts them, and lets groups below the first have controllers.
pub(super) fn mount_all() -> anyhow::Result<()> {
    for (kind, source, place, options) in PLACES {
        mount(kind, source, Path::new(place), options)
            .with_context(|| format!("cannot mount {kind} at {place}"))?;
    }
    for controller in CONTROLLERS {
        let path = "/sys/fs/cgroup/cgroup.subtree_control";
        if let Err(error) = std::fs::write(path, format!("+{controller}")) {
            // A fault that needs it is skipped with the reason.
            super::tell(&format!("no control groups with {controller}: {error}"));
        }
    }
    Ok(())
}
