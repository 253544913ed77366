//! The tests of what talks to the kernel and to other processors, on an emulated board with several:
//! [`run`]. Emulation of single programs has no ptrace and no seccomp.
//!
//! What a host of another architecture cannot show: an x86-64 processor keeps its own, stronger order
//! of memory accesses under the emulator. What the compiler reorders for aarch64 is seen here, and so
//! are its other instructions; what an aarch64 processor would reorder, only on one.

use super::archive::Archive as Files;
use super::{VIRT, cache};
use crate::debian::{Archive, Suite};
use crate::tool::{Stream, bytes, each_line, say, tool};
use crate::{cross, system, tidy};
use anyhow::{Context, Result, bail};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Whose tests run there: what talks to the kernel, shares memory, or starts processes.
const PACKAGES: [&str; 3] = ["sys", "channel", "supervisor"];

/// Processors of the board: more than two, so that a writer, a reader, their killer and the rest of
/// the system really run at once.
const PROCESSORS: u32 = 4;

/// The board's memory, MiB: the files that it starts with, and the largest test's shared memory.
const MEMORY_MIB: u32 = 2048;

/// A test program that has not ended by then is killed: the longest takes a tenth of that on an idle
/// host.
const PROGRAM_S: u32 = 1500;

/// So is the board, should it not come up or not go down.
const BOARD_S: u32 = 3600;

/// What does not run there, by parts of the tests' names.
const SKIPPED: &[&str] = &[
    // The models of the protocols say the same on every machine, and take minutes on an emulated one.
    "protocol::model",
    // A sender's patience of 30 ms is a demand on speed, which an emulated processor does not meet.
    "a_message_of_many_pieces_arrives_whole",
];

/// Begins the line that tells how a program ended.
const MARK: &str = "@ended";

/// A test program, on this machine.
#[derive(Debug)]
struct Program {
    /// Of the crate or of the file, without cargo's hash.
    name: String,
    path: PathBuf,
}

/// How a program ended, on the board.
#[derive(Debug, PartialEq, Eq)]
struct End {
    name: String,
    code: u32,
    seconds: u32,
}

/// Builds the tests, runs them on the board, and tells how each ended; an error if one failed.
/// `filter` goes to every program: the tests whose names contain it run.
pub(super) fn run(archive: &Archive, filter: Option<&str>) -> Result<()> {
    let programs = built(archive)?;
    let folder = cache().join("test");
    fs::create_dir_all(&folder)?;
    let files = folder.join("initramfs");
    fs::write(&files, initramfs(archive, &programs, filter)?)?;
    say(&format!("{} test programs on {PROCESSORS} emulated processors", programs.len()));
    let mut ends = Vec::new();
    let mut log = String::new();
    let ran = each_line(&mut emulator(&files), Stream::Output, |line| {
        ends.extend(end(line));
        log.push_str(line);
        log.push('\n');
        say(line);
    });
    fs::write(folder.join("log"), log)?;
    say(&table(&programs, &ends));
    ran.with_context(|| format!("see {}", folder.join("log").display()))?;
    let passed =
        |program: &&Program| ends.iter().any(|end| end.name == program.name && end.code == 0);
    let failed = programs.iter().filter(|program| !passed(program)).count();
    if failed > 0 {
        bail!("{failed} of {} failed: see {}", programs.len(), folder.join("log").display());
    }
    Ok(())
}

/// The test programs, as cargo names them while it builds them.
fn built(archive: &Archive) -> Result<Vec<Program>> {
    let mut build = cross::cargo(archive, "test")?;
    build.arg("--no-run");
    for package in PACKAGES {
        build.args(["--package", package]);
    }
    say(&format!("building the tests of {} for the board", PACKAGES.join(", ")));
    let mut programs = Vec::new();
    each_line(&mut build, Stream::Errors, |line| {
        programs.extend(program(line));
        say(line);
    })?;
    if programs.is_empty() {
        bail!("cargo named no test program");
    }
    Ok(programs)
}

/// Reads `  Executable tests/x/main.rs (target/…/deps/x-0123456789abcdef)`.
fn program(line: &str) -> Option<Program> {
    let (_, path) = line.trim_start().strip_prefix("Executable ")?.rsplit_once('(')?;
    let path = PathBuf::from(path.strip_suffix(')')?);
    let (name, _) = path.file_name()?.to_str()?.rsplit_once('-')?;
    Some(Program { name: name.to_owned(), path: tidy::root().join(&path) })
}

/// What the board starts with: a shell as the first process, and the programs.
fn initramfs(archive: &Archive, programs: &[Program], filter: Option<&str>) -> Result<Vec<u8>> {
    let mut files = Files::default();
    for folder in ["/bin", "/dev", "/proc", "/sys", "/tmp", "/tests"] {
        files.directory(folder);
    }
    files.devices();
    files.file("/bin/busybox", &fs::read(busybox(archive)?)?);
    files.file("/init", init(programs, filter).as_bytes());
    for program in programs {
        // Nobody looks for lines on the board; with them the programs are ten times as large.
        let stripped = cache().join("test/stripped");
        bytes(tool(system::STRIP).arg("-o").arg(&stripped).arg(&program.path))?;
        files.file(&format!("/tests/{}", program.name), &fs::read(stripped)?);
    }
    Ok(files.finish())
}

/// A shell and its commands in one static file, for the board.
pub(super) fn busybox(archive: &Archive) -> Result<PathBuf> {
    let folder = cache().join("busybox");
    let program = folder.join("bin/busybox");
    if !program.exists() {
        say(&format!("{}: fetching busybox-static (1 MB)", folder.display()));
        archive.unpack(&["busybox-static:arm64"], Suite::Stable, &folder)?;
    }
    Ok(program)
}

/// The first process: makes the system that the tests expect, runs them, and switches off.
fn init(programs: &[Program], filter: Option<&str>) -> String {
    let mut script = String::from(
        "#!/bin/busybox sh\n\
         export PATH=/bin TMPDIR=/tmp HOME=/tmp\n\
         /bin/busybox --install -s /bin\n\
         mount -t proc none /proc\n\
         mount -t sysfs none /sys\n\
         mount -t devtmpfs none /dev\n\
         mkdir -p /dev/shm /dev/mqueue /dev/pts\n\
         mount -t tmpfs none /dev/shm\n\
         mount -t mqueue none /dev/mqueue\n\
         mount -t tmpfs none /tmp\n\
         mount -t cgroup2 none /sys/fs/cgroup\n\
         ip link set lo up\n\
         run() {\n\
         read begin rest </proc/uptime\n\
         echo \"@begins $1\"\n",
    );
    let wish = format!("--skip {} {}", SKIPPED.join(" --skip "), filter.unwrap_or_default());
    writeln!(
        script,
        "timeout -s KILL {PROGRAM_S} /tests/$1 {wish} </dev/null 2>&1\n\
         code=$?\n\
         read end rest </proc/uptime\n\
         echo\n\
         echo \"{MARK} $1 $code $((${{end%.*}} - ${{begin%.*}}))\"\n\
         }}"
    )
    .expect("a String takes all");
    for program in programs {
        writeln!(script, "run {}", program.name).expect("a String takes all");
    }
    script.push_str("poweroff -f\n");
    script
}

fn emulator(files: &Path) -> Command {
    let mut emulator = tool("timeout");
    emulator
        .args(["--signal=KILL", &BOARD_S.to_string(), system::BOARD_EMULATOR])
        // Real threads, one for each processor: only so do they meet in memory.
        .args(["-machine", "virt", "-cpu", "cortex-a72", "-accel", "tcg,thread=multi"])
        .args(["-smp", &PROCESSORS.to_string(), "-m", &MEMORY_MIB.to_string()])
        .arg("-kernel")
        .arg(cache().join(VIRT.name).join("vmlinuz"))
        .arg("-initrd")
        .arg(files)
        .args(["-append", "console=ttyAMA0 quiet panic=-1"])
        .args(["-nographic", "-nodefaults", "-serial", "stdio", "-no-reboot"])
        .stdin(Stdio::null());
    emulator
}

/// Reads the line that tells how a program ended.
fn end(line: &str) -> Option<End> {
    let mut words = line.strip_prefix(MARK)?.split_whitespace();
    let name = words.next()?.to_owned();
    Some(End { name, code: words.next()?.parse().ok()?, seconds: words.next()?.parse().ok()? })
}

fn table(programs: &[Program], ends: &[End]) -> String {
    let mut text = String::from("on the emulated board:\n");
    for Program { name, .. } in programs {
        let told = match ends.iter().find(|end| &end.name == name) {
            Some(End { code: 0, seconds, .. }) => format!("passed   {seconds:>5} s"),
            Some(End { code, seconds, .. }) => format!("FAILED   {seconds:>5} s, code {code}"),
            None => "FAILED   it did not end".to_owned(),
        };
        writeln!(text, "  {name:<12} {told}").expect("a String takes all");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_program_is_known_by_what_cargo_prints() {
        let line = "  Executable tests/bells/main.rs (target/aarch64/debug/deps/bells-01ab)";
        let program = program(line).unwrap();
        assert_eq!(program.name, "bells");
        assert!(program.path.ends_with("target/aarch64/debug/deps/bells-01ab"));
        assert!(super::program("   Compiling bells (x-1)").is_none());
    }

    #[test]
    fn a_program_that_told_no_end_has_failed() {
        let programs = ["sys", "bells", "ring"]
            .map(|name| Program { name: name.to_owned(), path: PathBuf::new() });
        let ends: Vec<_> = ["@begins sys", "@ended sys 0 12", "noise", "@ended bells 137 1500"]
            .into_iter()
            .filter_map(end)
            .collect();
        assert_eq!(
            table(&programs, &ends),
            "on the emulated board:\n\
             \x20 sys          passed      12 s\n\
             \x20 bells        FAILED    1500 s, code 137\n\
             \x20 ring         FAILED   it did not end\n"
        );
    }

    #[test]
    fn the_first_process_runs_each_program_and_switches_off() {
        let program = Program { name: "bells".to_owned(), path: PathBuf::new() };
        let script = init(&[program], Some("storm"));
        assert!(script.contains("/tests/$1 --skip protocol::model --skip "), "{script}");
        assert!(script.ends_with("run bells\npoweroff -f\n"), "{script}");
    }
}
