//! The command line of QEMU: [`of`].

use super::Time;
use crate::init::WAY_OUT;
use scenario::board::Emulated;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The program.
pub(super) const PROGRAM: &str = "qemu-system-aarch64";
/// Time as a count of instructions: one is a nanosecond, and nobody waits where all are idle.
const DETERMINISTIC: [&str; 6] =
    ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2026-01-01,clock=vm"];

/// Behind a port of PCI Express Linux looks for one device alone; QEMU puts there whatever has no place of its own.
const ALL_SLOTS: &str = "pci=pcie_scan_all";

/// Files of this machine that a board sees.
#[derive(Debug)]
pub(super) struct Files {
    /// Its first file system.
    pub(super) initial: PathBuf,
    /// Its disk.
    pub(super) disk: PathBuf,
    /// Where its results go.
    pub(super) out: PathBuf,
}

/// Why there is no command line.
#[derive(Debug, Error)]
pub(crate) enum ArgumentsError {
    /// QEMU takes text alone.
    #[error("{} has bytes that are no text", path.display())]
    NotText { path: PathBuf },
}

/// Arguments that emulate the board, but for the monitor's descriptor.
pub(super) fn of(way: &Emulated, files: &Files, time: Time) -> Result<Vec<String>, ArgumentsError> {
    let prepared = Path::new(&way.prepared);
    let mut given = words(&["-machine", &way.machine, "-display", "none", "-nodefaults"]);
    given.extend(words(&["-smp", &way.cpus.to_string(), "-m", &way.memory_mib.to_string()]));
    if !way.cpu.is_empty() {
        given.extend(words(&["-cpu", &way.cpu]));
    }
    given.extend(words(&["-kernel", text(&prepared.join("vmlinuz"))?.as_str()]));
    given.extend(words(&["-initrd", text(&files.initial)?.as_str()]));
    if !way.device_tree.is_empty() {
        given.extend(words(&["-dtb", text(&prepared.join(&way.device_tree))?.as_str()]));
    }
    for _ in 0..ports_before(&way.console) {
        given.extend(words(&["-serial", "null"]));
    }
    given.extend(words(&["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]));
    given.extend(words(&["-semihosting-config", "enable=on,target=native,userspace=on"]));
    let out = option_value(&text(&files.out)?);
    given.extend(words(&[
        "-virtfs",
        &format!("local,path={out},mount_tag={WAY_OUT},security_model=none"),
    ]));
    let mut line = format!("console={} quiet panic=-1 {ALL_SLOTS}", way.console);
    match time {
        Time::Free => {
            let disk = option_value(&text(&files.disk)?);
            let disk = format!("file={disk},if=none,id=storage,format=raw,cache=unsafe");
            given.extend(words(&["-drive", &disk, "-device", "virtio-blk-pci,drive=storage"]));
            given.extend(words(&["-accel", "tcg,thread=multi"]));
        }
        Time::Deterministic => {
            line.push_str(" nokaslr");
            // What is in memory does not outlive a reset.
            given.extend(words(&DETERMINISTIC).into_iter().chain(words(&["-no-reboot"])));
        }
    }
    given.extend(words(&["-append", &line]));
    given.extend(way.arguments.iter().cloned());
    Ok(given)
}

/// Ports of the machine before the one that the kernel calls by this name: `ttymxc1` is the second.
fn ports_before(console: &str) -> u32 {
    let digits = console.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().unwrap_or(0)
}

/// A value within an option of QEMU: a comma would end it.
fn option_value(text: &str) -> String {
    text.replace(',', ",,")
}

fn text(path: &Path) -> Result<String, ArgumentsError> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| ArgumentsError::NotText { path: path.to_owned() })
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Emulated {
        Emulated {
            machine: "virt".to_owned(),
            cpu: "cortex-a72".to_owned(),
            cpus: 2,
            memory_mib: 1024,
            prepared: "target/hil/virt".to_owned(),
            device_tree: String::new(),
            console: "ttyAMA0".to_owned(),
            modules: Vec::new(),
            arguments: words(&["-device", "i6300esb"]),
        }
    }

    fn line(way: &Emulated, time: Time) -> String {
        let files = Files { initial: "/i".into(), disk: "/d".into(), out: "/a,b".into() };
        of(way, &files, time).unwrap().join(" ")
    }

    #[test]
    fn a_free_board_has_a_disk_and_all_its_processors() {
        let line = line(&board(), Time::Free);
        for part in [
            "-machine virt ",
            "-smp 2 -m 1024 -cpu cortex-a72 -kernel target/hil/virt/vmlinuz -initrd /i",
            "path=/a,,b,mount_tag=out",
            "-device virtio-blk-pci,drive=storage",
            "-accel tcg,thread=multi",
            "-append console=ttyAMA0 quiet panic=-1 pci=pcie_scan_all -device i6300esb",
        ] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
        assert!(!line.contains("-icount") && !line.contains("-no-reboot"), "{line}");
    }

    #[test]
    fn a_deterministic_board_has_nothing_that_takes_the_hosts_time() {
        let line = line(&board(), Time::Deterministic);
        assert!(line.contains("-icount shift=0,sleep=off -seed 1 -rtc base=2026-01-01,clock=vm"));
        assert!(line.contains(" nokaslr") && line.contains("-no-reboot"), "{line}");
        assert!(!line.contains("virtio-blk") && !line.contains("thread=multi"), "{line}");
    }

    #[test]
    fn the_console_of_a_chip_may_be_its_second_port() {
        let way = Emulated { console: "ttymxc1".to_owned(), ..board() };
        assert!(line(&way, Time::Free).contains("-serial null -chardev stdio"));
        assert!(!line(&board(), Time::Free).contains("-serial null"));
    }
}
