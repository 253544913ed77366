//! Processes that are started to be a nuisance: [`Hog`].
//!
//! They are this program again, so that nothing else needs to be installed; they die with the watchdog.

use crate::outside::AssaultError;
use channel::doorbell::Doorbell;
use channel::link::Link;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::Path;
use sys::process::{Child, spawn};
use sys::shm::Memory;

/// What a hog does; the words are those of its command line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Nuisance<'a> {
    /// Computes.
    Cpu,
    /// Copies memory.
    Memory,
    /// Computes so much of the time, percent, on one processor, with this real-time priority.
    Starve { percent: f64, cpu: usize, priority: u8 },
    /// Sends so many messages a second into this link.
    Flood { per_s: u32, link: &'a Link },
    /// Sends so many frames a second on this CAN interface.
    FloodBus { per_s: u32, interface: &'a str },
}

/// A hog at work. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Hog {
    child: Child,
    tally: Doorbell,
}

impl Hog {
    /// Starts one that may use these processors.
    pub(crate) fn start(
        program: &Path,
        nuisance: Nuisance,
        cpus: &[usize],
    ) -> Result<Hog, AssaultError> {
        let (memory, tally): (Memory, Doorbell) = Doorbell::create()?;
        let number = |fd: BorrowedFd| fd.as_raw_fd().to_string();
        let mut arguments = vec![number(memory.fd()), std::process::id().to_string()];
        let mut fds = vec![memory.fd()];
        match nuisance {
            Nuisance::Cpu => arguments.push("cpu".to_owned()),
            Nuisance::Memory => arguments.push("memory".to_owned()),
            Nuisance::Starve { percent, cpu, priority } => arguments.extend([
                "starve".to_owned(),
                percent.to_string(),
                cpu.to_string(),
                priority.to_string(),
            ]),
            Nuisance::Flood { per_s, link } => {
                let end = link.outlet();
                let words =
                    ["flood".to_owned(), per_s.to_string(), link.spec().mechanism.to_string()];
                arguments.extend(words);
                arguments.extend(end.fds.iter().map(|fd| format!("--descriptor={}", number(*fd))));
                arguments.extend(end.ids.iter().map(|id| format!("--id={id}")));
                fds.extend(end.fds);
            }
            Nuisance::FloodBus { per_s, interface } => {
                arguments.extend(["flood-bus".to_owned(), per_s.to_string(), interface.to_owned()]);
            }
        }
        let mut words = vec!["hog"];
        words.extend(arguments.iter().map(String::as_str));
        let hog = Hog { child: spawn(program, &words, &fds)?, tally };
        sys::sched::place(hog.child.pid(), cpus)?;
        Ok(hog)
    }

    /// Processor time that it has used, nanoseconds.
    pub(crate) fn cpu_ns(&self) -> u64 {
        // One that cannot be looked at has used nothing that could be proved.
        self.child.usage().map_or(0, |usage| (usage.user_us + usage.system_us) * 1000)
    }

    /// What it has counted: messages sent.
    pub(crate) fn count(&self) -> u64 {
        self.tally.count().into()
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        // It is ours and not buried: the kernel takes the signal.
        if self.child.kill().is_ok()
            && let Err(_gone) = self.child.reap()
        {}
    }
}
