//! What machine this is, for the report's fingerprint: [`describe`].

use std::io;

/// Facts about the machine; a fact that the kernel does not tell is an empty text or 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Host name.
    pub name: String,
    /// Kernel name, release and version.
    pub kernel: String,
    /// Architecture, as the kernel names it.
    pub architecture: String,
    /// Processor model.
    pub cpu_model: String,
    /// What the processor offers of what speeds up copies, sums and checks.
    pub cpu_features: String,
    /// Processors that this process may use.
    pub cpus: u32,
    /// Memory, MiB.
    pub memory_mib: u64,
    /// What puts an idle processor to sleep: cpuidle driver and governor.
    pub idle_policy: String,
}

/// Features that are told apart, as Linux names them on x86-64 and on aarch64: wide vectors, fast
/// strings, checksums.
const CPU_FEATURES: [&str; 13] = [
    "sse4_2",
    "avx",
    "avx2",
    "avx512f",
    "vpclmulqdq",
    "erms",
    "fsrm",
    "asimd",
    "sve",
    "sve2",
    "crc32",
    "pmull",
    "atomics",
];

/// What the kernel calls its own life, which ends with a reset; empty where it is not told.
pub fn boot_id() -> String {
    read("/proc/sys/kernel/random/boot_id")
}

/// Describes this machine.
pub fn describe() -> Description {
    let uname = nix::sys::utsname::uname().ok();
    let part = |get: fn(&nix::sys::utsname::UtsName) -> &std::ffi::OsStr| {
        uname.as_ref().map(|uname| get(uname).to_string_lossy().into_owned()).unwrap_or_default()
    };
    let kernel = [part(|u| u.sysname()), part(|u| u.release()), part(|u| u.version())].join(" ");
    let cpuinfo = read("/proc/cpuinfo");
    let idle = "/sys/devices/system/cpu/cpuidle";
    let idle = [read(&format!("{idle}/current_driver")), read(&format!("{idle}/current_governor"))];
    Description {
        name: part(|u| u.nodename()),
        kernel: kernel.trim().to_owned(),
        architecture: part(|u| u.machine()),
        cpu_model: field(&cpuinfo, "model name")
            .or(field(&cpuinfo, "CPU part"))
            .unwrap_or_default(),
        cpu_features: features(&cpuinfo),
        cpus: std::thread::available_parallelism().map_or(0, |n| n.get() as u32),
        memory_mib: field(&read("/proc/meminfo"), "MemTotal")
            .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok())
            .map_or(0, |kib| kib / 1024),
        idle_policy: idle.map(|text| text.trim().to_owned()).join("/").trim_matches('/').to_owned(),
    }
}

fn features(cpuinfo: &str) -> String {
    let all = field(cpuinfo, "flags").or(field(cpuinfo, "Features")).unwrap_or_default();
    let has = |feature: &&str| all.split_ascii_whitespace().any(|it| it == *feature);
    CPU_FEATURES.into_iter().filter(has).collect::<Vec<_>>().join(" ")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// A number that the host tells in a file of `/proc`; `Unsupported` if it has no such file.
pub(crate) fn told_number(path: &str) -> io::Result<usize> {
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::new(io::ErrorKind::Unsupported, format!("no {path}")),
        _ => error,
    })?;
    text.trim().parse().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_a_kernel_a_processor_and_memory() {
        let host = describe();
        assert!(host.kernel.starts_with("Linux "), "{host:?}");
        assert!(host.cpus > 0 && host.memory_mib > 0, "{host:?}");
    }

    #[test]
    fn a_host_without_a_number_is_told_apart_from_one_that_errs() {
        assert!(told_number("/proc/sys/fs/pipe-max-size").unwrap() >= 4096);
        let error = told_number("/proc/sys/fs/no-such-thing").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert_eq!(told_number("/proc/version").unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
