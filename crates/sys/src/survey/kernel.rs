//! The kernel, and what it lets this process do: [`Kernel`], [`Privileges`].

use super::Tree;
use nix::sys::resource::{Resource, getrlimit};
use nix::time::{ClockId, clock_getres};
use std::os::unix::fs::MetadataExt;

/// Names of capabilities by their number (capabilities(7)).
const CAPABILITIES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

/// A kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kernel {
    /// Its release and version.
    pub version: String,
    /// How soon it lets a more urgent task run.
    pub preemption: Preemption,
    /// Share of a second that real-time tasks have at most, µs of `sched_rt_period_us`; -1 for all of it.
    pub rt_runtime_us: Option<i64>,
    /// What is left of that for the group of this process (cgroup v1 with `RT_GROUP_SCHED`).
    pub group_rt_runtime_us: Option<i64>,
    /// What the first process is.
    pub init: String,
}

/// How soon a kernel lets a more urgent task run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preemption {
    /// When the task in the kernel is done, or waits.
    #[default]
    Voluntary,
    /// At most places in the kernel (`PREEMPT`, and `PREEMPT_DYNAMIC`, which can be told otherwise).
    Preempt,
    /// Nearly everywhere, interrupts included (`PREEMPT_RT`).
    RealTime,
}

/// What this process may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Privileges {
    /// Effective user; 0 is root.
    pub uid: u32,
    /// Effective capabilities by name, in lower case without `CAP_`.
    pub capabilities: Vec<&'static str>,
    /// Highest real-time priority without `sys_nice`.
    pub rt_priority: u64,
    /// Memory that may be locked without `ipc_lock`, bytes; `u64::MAX` for all.
    pub lockable_bytes: u64,
}

impl Privileges {
    /// Those of this process.
    pub fn own() -> Privileges {
        let soft = |resource| getrlimit(resource).map_or(0, |(soft, _)| soft);
        let held = crate::process::own_hex_field("CapEff").unwrap_or(0);
        Privileges {
            uid: own_uid(),
            capabilities: capabilities(held),
            rt_priority: soft(Resource::RLIMIT_RTPRIO),
            lockable_bytes: soft(Resource::RLIMIT_MEMLOCK),
        }
    }

    /// Whether it has a capability of this name.
    pub fn has(&self, capability: &str) -> bool {
        self.capabilities.contains(&capability)
    }
}

/// Who owns what the kernel tells of this process: its effective user.
fn own_uid() -> u32 {
    std::fs::metadata("/proc/self").map_or(u32::MAX, |itself| itself.uid())
}

/// Names of the capabilities in a set of bits.
fn capabilities(held: u64) -> Vec<&'static str> {
    let all = (0..).zip(CAPABILITIES);
    all.filter(|(bit, _)| held >> bit & 1 == 1).map(|(_, name)| name).collect()
}

/// Resolution of the monotonic clock, ns; more than 1 means that timers wait for a tick.
pub fn clock_resolution_ns() -> Option<u64> {
    let resolution = clock_getres(ClockId::CLOCK_MONOTONIC).ok()?;
    Some(resolution.tv_sec().cast_unsigned() * 1_000_000_000 + resolution.tv_nsec().cast_unsigned())
}

impl Tree {
    /// The kernel.
    pub fn kernel(&self) -> Kernel {
        let version = self.text("proc/sys/kernel/version").unwrap_or_default();
        let release = self.text("proc/sys/kernel/osrelease").unwrap_or_default();
        let group = self.text("proc/self/cgroup").unwrap_or_default();
        let group = group.lines().find_map(cpu_group).unwrap_or("/").trim_matches('/').to_owned();
        Kernel {
            preemption: preemption(&version, self.text("sys/kernel/realtime").as_deref()),
            version: format!("{release} {version}").trim().to_owned(),
            rt_runtime_us: self.number("proc/sys/kernel/sched_rt_runtime_us"),
            group_rt_runtime_us: ["sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct"]
                .iter()
                .find_map(|mount| self.number(&format!("{mount}/{group}/cpu.rt_runtime_us"))),
            init: self.text("proc/1/comm").unwrap_or_default(),
        }
    }
}

/// The group of the `cpu` controller of cgroup v1, in a line of `/proc/self/cgroup`.
fn cpu_group(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(':')?;
    let (controllers, path) = rest.split_once(':')?;
    controllers.split(',').any(|it| it == "cpu").then_some(path)
}

fn preemption(version: &str, real_time: Option<&str>) -> Preemption {
    let has = |word| version.split_whitespace().any(|it| it == word);
    if real_time == Some("1") || has("PREEMPT_RT") {
        Preemption::RealTime
    } else if has("PREEMPT") || has("PREEMPT_DYNAMIC") {
        Preemption::Preempt
    } else {
        Preemption::Voluntary
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::fixture::tree;

    #[test]
    fn a_real_time_kernel_is_told_by_its_version_or_by_its_file() {
        for (version, file, expected) in [
            ("#1 SMP PREEMPT_RT Debian 6.1.112-1 (2024-09-30)", "0", Preemption::RealTime),
            ("#1 SMP Debian", "1", Preemption::RealTime),
            ("#1 SMP PREEMPT_DYNAMIC Debian", "0", Preemption::Preempt),
            ("#1 SMP PREEMPT @0", "0", Preemption::Preempt),
            ("#1 SMP Debian 6.1.112-1", "0", Preemption::Voluntary),
        ] {
            let files = [("proc/sys/kernel/version", version), ("sys/kernel/realtime", file)];
            assert_eq!(tree(&files).1.kernel().preemption, expected, "{version}");
        }
    }

    #[test]
    fn the_share_of_a_group_is_that_of_the_own_one() {
        let (_root, board) = tree(&[
            ("proc/self/cgroup", "4:memory:/a\n1:cpu,cpuacct:/bench\n0::/x\n"),
            ("sys/fs/cgroup/cpu,cpuacct/bench/cpu.rt_runtime_us", "0\n"),
            ("proc/sys/kernel/sched_rt_runtime_us", "-1\n"),
        ]);
        let kernel = board.kernel();
        assert_eq!((kernel.group_rt_runtime_us, kernel.rt_runtime_us), (Some(0), Some(-1)));
    }

    #[test]
    fn capabilities_have_names() {
        assert_eq!(
            capabilities(1 << 23 | 1 << 14 | 1 << 12),
            ["net_admin", "ipc_lock", "sys_nice"]
        );
        assert_eq!(capabilities(u64::MAX).len(), CAPABILITIES.len());
        assert_ne!(Privileges::own().uid, u32::MAX);
        assert!(clock_resolution_ns().is_some_and(|it| it > 0));
    }
}
