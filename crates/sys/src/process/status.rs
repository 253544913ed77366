//! What the kernel tells and sets of a child beyond its usage: its threads, processors and signals.

use super::{Child, stat, stat_fields};
use crate::sched;
use nix::errno::Errno;
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::io;

/// `PF_EXITING` of the kernel's `include/linux/sched.h`: the process is being taken down.
const EXITING: u64 = 0x4;

impl Child {
    /// Ids of its threads; the first thread has the process's.
    pub fn threads(&self) -> io::Result<Vec<u32>> {
        let mut threads = Vec::new();
        for entry in std::fs::read_dir(format!("/proc/{}/task", self.own_pid()?))? {
            threads.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
        }
        threads.sort_unstable();
        Ok(threads)
    }

    /// Processors that its first thread may use.
    pub fn affinity(&self) -> io::Result<Vec<usize>> {
        sched::cpus_of(self.own_pid()?.as_raw().cast_unsigned())
    }

    /// Lets all its threads run on these processors alone, and those that they will start.
    pub fn set_affinity(&self, cpus: &[usize]) -> io::Result<()> {
        let mut placed = BTreeSet::new();
        // A thread that was not placed yet may have started another: look until none is left.
        loop {
            let threads = self.threads()?;
            let waiting: Vec<u32> =
                threads.into_iter().filter(|thread| placed.insert(*thread)).collect();
            if waiting.is_empty() {
                return Ok(());
            }
            for thread in waiting {
                match sched::place(thread, cpus) {
                    Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => {}
                    placed => placed?,
                }
            }
        }
    }

    /// Whether no instruction of it will ever run again, though it may not be buried yet: it has
    /// ended, or its only thread is on its way out inside the kernel.
    pub fn runs_no_more(&self) -> io::Result<bool> {
        let pid = match self.own_pid() {
            Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => return Ok(true),
            pid => pid?,
        };
        let fields = stat_fields(pid)?;
        let number = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
        let ended = fields.get(stat::STATE).is_some_and(|state| state == "Z" || state == "X");
        let exiting = number(stat::FLAGS).is_some_and(|flags| flags & EXITING != 0);
        Ok(ended || exiting && number(stat::THREADS) == Some(1))
    }

    /// Signals that its first thread holds back: bit n − 1 stands for signal n.
    pub fn blocked_signals(&self) -> io::Result<u64> {
        hex_field(self.own_pid()?, "SigBlk")
    }

    /// Whether the signal passes it without effect.
    pub fn ignores(&self, signal: i32) -> io::Result<bool> {
        let ignored = hex_field(self.own_pid()?, "SigIgn")?;
        Ok((1..=64).contains(&signal) && ignored >> (signal - 1) & 1 == 1)
    }
}

/// Memory of a process that is locked, KiB.
pub fn locked_kib(pid: u32) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmLck:"));
    let number = line.and_then(|line| line.trim().strip_suffix("kB")?.trim_end().parse().ok());
    // One that has ended has no memory, and no line for it.
    Ok(number.unwrap_or(0))
}

/// A field of `/proc/self/status` in hexadecimal.
pub(crate) fn own_hex_field(name: &str) -> io::Result<u64> {
    hex_field(Pid::this(), name)
}

fn hex_field(pid: Pid, name: &str) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid}/status has no {name}"))
    })
}
