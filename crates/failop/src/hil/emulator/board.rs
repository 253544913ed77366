//! One board from its start to its end: [`Guest::run`]; and the first file system it starts with,
//! [`initial`].

use super::archive::Archive;
use super::console::Console;
use super::modules::Modules;
use super::monitor::Monitor;
use crate::hil::emulator::arguments::PROGRAM;
use crate::hil::{Bench, Job, Told};
use crate::init::{self, BROKEN, DONE, Errand, INPUTS, MODULES, Storage};
use anyhow::Context;
use scenario::Loaded;
use scenario::board::{Emulated, HardwareWatchdog};
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use sys::clock::now_ns;
use sys::poll::Poller;
use sys::process::{Child, Exit, Streams, spawn_with};
use sys::signals::{StopSignals, ToWatchdog};
use thiserror::Error;

/// Directories that must be there before anything is mounted.
const PLACES: [&str; 6] = ["/dev", "/proc", "/sys", "/tmp", INPUTS, MODULES];
/// Who looks for what, in the poller.
const ENDED: u64 = 0;
const CONSOLE: u64 = 1;
const MONITOR: u64 = 2;
const STOP: u64 = 3;

/// Why a board did not do what it was to do.
#[derive(Debug, Error)]
pub(crate) enum BoardError {
    /// It told why itself.
    #[error("the board says: {0}")]
    Told(String),
    /// Its kernel gave up.
    #[error("the kernel of the board panicked: {0}")]
    Panic(String),
    /// The command there failed.
    #[error("failop on the board ended with code {code}")]
    Command { code: u8 },
    /// It ended without the code that only our first process gives.
    #[error("the emulator ended with {exit:?} before the board was done; its last words: {last}")]
    NoCode { exit: Exit, last: String },
    /// It did not end.
    #[error(
        "the board did not end within {within_s:.0} s, and was switched off; its last words: {last}"
    )]
    Hangs { within_s: f64, last: String },
}

/// The one thing that a board is to do.
#[derive(Debug)]
pub(super) struct Order<'a> {
    /// The scenario that is brought there.
    pub(super) scenario: Option<&'a Loaded>,
    /// Arguments of `failop`.
    pub(super) arguments: Vec<String>,
    /// File of the results that gets what it prints, where that is not for the console.
    pub(super) output: Option<String>,
    /// Most starts of the board.
    pub(super) starts_max: u32,
    /// Where its console and the events of its machine are kept.
    pub(super) folder: &'a Path,
    /// Where its results go.
    pub(super) out: &'a Path,
    /// How long it may take, on a slow and busy machine.
    pub(super) within_ns: u64,
}

/// The directory of failop on a board.
pub(super) fn directory(bench: &Bench) -> String {
    format!("/{}", bench.board().directory.trim_matches('/'))
}

/// The first file system of a board.
pub(super) fn initial(
    bench: &Bench,
    way: &Emulated,
    modules: &Modules,
    (order, storage): (&Order, Storage),
) -> anyhow::Result<Vec<u8>> {
    let mut archive = Archive::default();
    for place in PLACES {
        archive.directory(place);
    }
    archive.devices();
    archive.file(init::PROGRAM, &read(bench.program())?);
    archive.file(&format!("{INPUTS}/board.toml"), bench.file.text.as_bytes());
    if let Some(scenario) = order.scenario {
        let file = Job::scenario_file(scenario);
        archive.file(&format!("{INPUTS}/{file}"), scenario.text.as_bytes());
    }
    let loaded = modules.in_order(&way.modules)?;
    for module in &loaded {
        let content = read(&modules.file(module))?;
        archive.file(&format!("{MODULES}/{}.ko", module.name), &content);
    }
    let watchdog = bench.board().watchdog.as_ref();
    let errand = Errand {
        name: bench.board().name.clone(),
        modules: loaded,
        storage,
        directory: directory(bench),
        arguments: order.arguments.clone(),
        output: order.output.clone(),
        reset_within_s: watchdog.map(HardwareWatchdog::reset_within_s),
        starts_max: order.starts_max,
    };
    archive.file(init::ERRAND, &errand.to_bytes());
    Ok(archive.finish())
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// How a board ended.
#[derive(Debug)]
pub(super) enum End {
    /// It was done; the command there returned this code.
    Command(u8),
    /// The user ended it.
    Interrupted,
}

/// A board that is to be started.
pub(super) struct Guest<'a> {
    /// Arguments of QEMU.
    pub(super) arguments: Vec<String>,
    /// Where its console and the events of its machine are kept.
    pub(super) folder: &'a Path,
    /// When it is switched off.
    pub(super) give_up_ns: u64,
    pub(super) told: Told,
    pub(super) stop: &'a StopSignals,
}

impl Guest<'_> {
    /// Starts it and follows it until it ends.
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let begun_ns = now_ns();
        let (monitor, far) = Monitor::new().context("cannot make a socket for the monitor")?;
        let (console, pipe) = Console::start(&self.folder.join("console.log"), self.told)?;
        let nothing = File::open("/dev/null").context("cannot open /dev/null")?;
        let streams = Streams {
            input: Some(nothing.as_fd()),
            output: Some(pipe.as_fd()),
            errors: Some(pipe.as_fd()),
        };
        let arguments = [tether(), self.arguments.clone(), Monitor::arguments(&far)].concat();
        let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
        let program = Path::new("/proc/self/exe");
        let qemu = spawn_with(program, &arguments, &[far.as_fd()], streams)
            .context("cannot start the emulator")?;
        drop((pipe, far));
        let mut followed = Followed { qemu, console, monitor };
        let end = self.follow(&mut followed);
        if end.is_err() {
            switch_off(&followed.qemu)?;
        }
        let Followed { mut console, mut monitor, .. } = followed;
        console.read_rest()?;
        monitor.read().context("cannot read the monitor")?;
        monitor.write_events(&self.folder.join("machine-events.json"), begun_ns)?;
        match end? {
            Over::Exit(exit) => judge(exit, &console),
            Over::Interrupted => Ok(End::Interrupted),
            Over::Hangs => {
                let within_s = (now_ns() - begun_ns) as f64 * 1e-9;
                Err(BoardError::Hangs { within_s, last: console.last_words() }.into())
            }
        }
    }

    fn follow(&self, followed: &mut Followed) -> anyhow::Result<Over> {
        let poller = Poller::new().context("cannot wait for the emulator")?;
        let mut ready = Vec::new();
        let Followed { qemu, console, monitor } = followed;
        poller.add(&*qemu, ENDED)?;
        poller.add(console.as_fd(), CONSOLE)?;
        poller.add(monitor.as_fd(), MONITOR)?;
        poller.add(self.stop, STOP)?;
        loop {
            poller.wait(self.give_up_ns, &mut ready).context("cannot wait for the emulator")?;
            for token in &ready {
                match *token {
                    CONSOLE if !console.read()? => poller.remove(console.as_fd())?,
                    MONITOR if !monitor.read()? => poller.remove(monitor.as_fd())?,
                    STOP if self.stop.next()? == Some(ToWatchdog::End) => {
                        switch_off(qemu)?;
                        return Ok(Over::Interrupted);
                    }
                    _ => {}
                }
            }
            if let Some(exit) = qemu.try_reap().context("cannot bury the emulator")? {
                return Ok(Over::Exit(exit));
            }
            if now_ns() >= self.give_up_ns {
                switch_off(qemu)?;
                return Ok(Over::Hangs);
            }
        }
    }
}

/// What is followed of a board.
struct Followed {
    qemu: Child,
    console: Console,
    monitor: Monitor,
}

/// Why a board is not followed any more.
enum Over {
    Exit(Exit),
    Interrupted,
    Hangs,
}

fn switch_off(qemu: &Child) -> anyhow::Result<()> {
    qemu.kill().context("cannot end the emulator")?;
    qemu.reap().context("cannot bury the emulator")?;
    Ok(())
}

/// Arguments of this program that become QEMU, tied to this process.
fn tether() -> Vec<String> {
    ["tether", &std::process::id().to_string(), PROGRAM].map(str::to_owned).to_vec()
}

fn judge(exit: Exit, console: &Console) -> anyhow::Result<End> {
    match exit {
        Exit::Code(code) if code >= DONE => Ok(End::Command(code - DONE)),
        Exit::Code(BROKEN) => Err(BoardError::Told(console.told_last()).into()),
        _ => Err(match console.panic() {
            Some(panic) => BoardError::Panic(panic.to_owned()),
            None => BoardError::NoCode { exit, last: console.last_words() },
        }
        .into()),
    }
}
