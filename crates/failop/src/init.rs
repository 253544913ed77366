//! failop as the first process of an emulated board: [`run`].
//!
//! It makes a machine of a kernel that has just started, as the [`Errand`] says that the host put beside
//! it; runs one command; hands over what came of it; ends the machine with a code of its own. It
//! must never end silently: also a panic ends the machine, and is told on the console.

mod copy;
mod errand;
mod places;
mod starts;
mod turns;

pub(crate) use errand::{Errand, Module, Storage};

use anyhow::Context;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::Path;
use sys::can::link::create_virtual;
use sys::clock::{now_ns, sleep_until};
use sys::process::{Exit, Streams, reap_any, spawn_with};
use sys::{machine, module, mount};
use turns::Turn;

/// Where the program stands that is the first process.
pub(crate) const PROGRAM: &str = "/init";
/// Where the errand stands.
pub(crate) const ERRAND: &str = "/errand.json";
/// Directory of the board file and the scenario.
pub(crate) const INPUTS: &str = "/job";
/// Directory of the modules.
pub(crate) const MODULES: &str = "/modules";
/// Name of the file system of the host by which results leave.
pub(crate) const WAY_OUT: &str = "out";
/// Folder of the results, in the directory of the board.
pub(crate) const RESULTS: &str = "runs";
/// Begins each line that this process tells on the console.
pub(crate) const TELLS: &str = "failop-init: ";
/// What is told when the machine is made and the command begins.
pub(crate) const BEGUN: &str = "the board is up";
/// When all is done the machine's code is this much more than the command's. Not 0: an emulator ends with that
/// for a panic, too. Above [`BROKEN`]: no sum is taken for it.
pub(crate) const DONE: u8 = 64;
/// Code of the machine when something went wrong, which was told.
pub(crate) const BROKEN: u8 = 43;

/// The longest that a device may take to appear, on a slow and busy machine.
const DEVICE_NS: u64 = 60_000_000_000;
/// From one look for it to the next.
const LOOK_NS: u64 = 10_000_000;
/// The CAN bus that is only software, on boards that load `vcan`.
const SOFT_BUS: &str = "vcan0";

/// Whether this process is to be the first one of a board.
pub(crate) fn is_wanted() -> bool {
    machine::is_first_process() && std::env::args_os().next().is_some_and(|it| it == PROGRAM)
}

/// Does the errand, and ends the machine.
pub(crate) fn run() -> ! {
    std::panic::set_hook(Box::new(|panic| {
        tell(&format!("{panic}"));
        end(BROKEN);
    }));
    match do_errand() {
        Ok(code) => end(DONE.saturating_add(code)),
        Err(error) => {
            tell(&format!("{error:#}"));
            end(BROKEN)
        }
    }
}

/// Tells a line on the console.
fn tell(line: &str) {
    // Without a console nobody can be told.
    if let Err(_nobody_reads) = writeln!(std::io::stderr(), "{TELLS}{line}") {}
}

fn end(code: u8) -> ! {
    let error = match machine::end(code) {
        Ok(never) => match never {},
        Err(error) => error,
    };
    tell(&format!("the machine does not end: {error}"));
    // The kernel panics when its first process ends, and the host sees that.
    std::process::exit(code.into())
}

/// The code of the command.
fn do_errand() -> anyhow::Result<u8> {
    places::mount_all()?;
    let errand = Errand::read(Path::new(ERRAND))?;
    machine::set_name(&errand.name).context("cannot name the machine")?;
    machine::bring_up_loopback().context("cannot bring up the loopback interface")?;
    for Module { name, parameters } in &errand.modules {
        let path = Path::new(MODULES).join(format!("{name}.ko"));
        module::load(&path, parameters)
            .with_context(|| format!("cannot load the module {name} {parameters}"))?;
    }
    if errand.modules.iter().any(|module| module.name == "vcan") {
        create_virtual(SOFT_BUS).with_context(|| format!("cannot make the bus {SOFT_BUS}"))?;
    }
    let directory = Path::new(&errand.directory);
    match &errand.storage {
        Storage::Memory => mount::mount("tmpfs", "tmpfs", directory, "size=75%"),
        Storage::Disk(device) => {
            wait_for(Path::new(device))?;
            mount::mount("ext4", device, directory, "")
        }
    }
    .with_context(|| format!("cannot mount the storage at {}", directory.display()))?;
    let results = directory.join(RESULTS);
    let mut arguments = errand.arguments;
    let boot = starts::count(directory)?;
    if boot > 1 {
        // What there is of the results, should the rest never come.
        hand_over(&results)?;
        if boot > errand.starts_max {
            anyhow::bail!("the board started {} times, and was reset each time", boot - 1);
        }
        if turns::take(Path::new(turns::DRIVER), boot)? == Turn::Again {
            tell("each CAN controller was the first before: the radar may be heard late");
        }
        arguments.push("--resume".to_owned());
    }
    std::fs::create_dir_all(&results).context("cannot make the folder of the results")?;
    let output = errand.output.map(|name| File::create(results.join(name))).transpose();
    let output = output.context("cannot make the file of the answer")?;
    tell(BEGUN);
    let exit = run_command(&arguments, output.as_ref())?;
    if let (Exit::Signal(_), Some(reset_within_s)) = (&exit, errand.reset_within_s) {
        // Nobody keeps the hardware watchdog alive any more.
        tell("failop was killed: waiting for the reset of the board");
        sleep_until(now_ns() + u64::from(reset_within_s) * 1_000_000_000);
    }
    hand_over(&results)?;
    match exit {
        Exit::Code(code) => Ok(code),
        Exit::Signal(signal) => anyhow::bail!("failop was ended by signal {signal}"),
    }
}

/// Waits for a device: the kernel looks at a bus of a chip beside whatever else it does.
fn wait_for(device: &Path) -> anyhow::Result<()> {
    let give_up_ns = now_ns() + DEVICE_NS;
    while !device.exists() {
        if now_ns() >= give_up_ns {
            anyhow::bail!("no {} within {} s", device.display(), DEVICE_NS / 1_000_000_000);
        }
        sleep_until(now_ns() + LOOK_NS);
    }
    Ok(())
}

/// Runs `failop` with these arguments, and buries whoever ends meanwhile.
fn run_command(arguments: &[String], output: Option<&File>) -> anyhow::Result<Exit> {
    let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    let streams = Streams { output: output.map(File::as_fd), ..Streams::default() };
    let child = spawn_with(Path::new(PROGRAM), &arguments, &[], streams);
    let child = child.context("cannot start failop")?;
    loop {
        let (pid, exit) = reap_any()?.context("failop is gone")?;
        if pid == child.pid() {
            return Ok(exit);
        }
    }
}

/// Copies the results to the host.
fn hand_over(results: &Path) -> anyhow::Result<()> {
    let out = Path::new("/out");
    mount::mount("9p", WAY_OUT, out, "trans=virtio,version=9p2000.L,msize=262144")
        .context("cannot mount the host's directory")?;
    copy::tree(results, out)?;
    mount::unmount(out).context("cannot unmount the host's directory")
}
