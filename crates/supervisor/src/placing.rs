//! How processes are scheduled: asked of the kernel right after the start of each, [`Placing::ask`], and
//! read back when it is attached, [`Placing::found`].
//!
//! A process never chooses its class or processors itself; only its memory nobody else can lock for it.

use scenario::Plan;
use scenario::board::{Placement, WithoutPrivilege};
use std::fmt;
use std::io;
use sys::limits::{self, Limit};
use sys::sched::{self, Class};
use wire::Source;
use wire::event::{Event, PlacementPart, Scheduling};

const EPERM: i32 = 1;
const ENOMEM: i32 = 12;
const EINVAL: i32 = 22;

/// Places the processes of a run.
pub(crate) struct Placing<'a> {
    plan: &'a Plan,
    /// Processors that the watchdog could use at the start: all that there are for a run.
    cpus: Vec<usize>,
    /// Who was placed and is not attached yet, or not looked at.
    unseen: Vec<Placed>,
}

/// Somebody who was placed.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) source: Source,
    pub(crate) of: u32,
    pub(crate) pid: u32,
    refused: Vec<(PlacementPart, i32)>,
}

/// What a board was asked for a process was refused, and the board file wants no run without.
#[derive(Debug, thiserror::Error)]
#[error("{process} cannot be placed as the board file asks: {asked} is refused ({error}); {help}")]
pub struct Refused {
    /// Which process.
    process: &'static str,
    /// What was asked.
    asked: String,
    /// The refusal.
    error: io::Error,
    /// What would help.
    help: String,
}

impl<'a> Placing<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Placing<'a> {
        Placing { plan, cpus: sched::allowed_cpus(), unseen: Vec::new() }
    }

    /// Processors for whoever is started beside the nodes.
    pub(crate) fn cpus(&self) -> &[usize] {
        &self.cpus
    }

    /// Priority of a process in the class that has some.
    pub(crate) fn priority(&self, source: Source) -> u8 {
        self.asked(source).priority
    }

    fn asked(&self, source: Source) -> &'a Placement {
        self.plan.board.placement(source)
    }

    /// Asks for what a process is to have, right after its start: until then it has what the watchdog
    /// has. Without its class it is of the normal one.
    pub(crate) fn ask(&self, source: Source, of: u32, pid: u32) -> Placed {
        let mut refused = Vec::new();
        let mut note = |part, done: io::Result<()>| {
            refused.extend(done.err().map(|error| (part, error.raw_os_error().unwrap_or(EINVAL))));
        };
        // A deadline is given only to who may use every processor: those come first.
        let watchdog_is_pinned = !self.asked(Source::Watchdog).cpus.is_empty();
        if watchdog_is_pinned || !self.asked(source).cpus.is_empty() {
            note(PlacementPart::Processors, self.give_cpus(source, pid));
        }
        let given = class(self.plan.scheduling(source)).give_to(pid);
        if given.is_err() {
            // Nobody is refused the normal class, but who has ended.
            if let Err(_gone) = Class::Normal.give_to(pid) {}
        }
        note(PlacementPart::Class, given);
        Placed { source, of, pid, refused }
    }

    fn give_cpus(&self, source: Source, pid: u32) -> io::Result<()> {
        let asked: Vec<usize> = self.asked(source).cpus.iter().map(|&cpu| cpu as usize).collect();
        if asked.is_empty() {
            return sched::place(pid, &self.cpus);
        }
        // The kernel would pass over those that it does not have.
        if asked.iter().any(|cpu| !self.cpus.contains(cpu)) {
            return Err(io::Error::from_raw_os_error(EINVAL));
        }
        sched::place(pid, &asked)
    }

    /// Keeps somebody to be looked at when it is attached.
    pub(crate) fn keep(&mut self, placed: Placed) {
        self.unseen.push(placed);
    }

    /// Takes those who can be looked at.
    pub(crate) fn take(&mut self, is_attached: impl Fn(&Placed) -> bool) -> Vec<Placed> {
        self.unseen.extract_if(.., |it| is_attached(it)).collect()
    }

    /// Why there is no run, where the board file wants none without what was refused.
    pub(crate) fn check(&self, placed: &Placed) -> Result<(), Refused> {
        let insists = self.plan.board.without_privilege == WithoutPrivilege::Refuse;
        match placed.refused.first() {
            Some(&(part, errno)) if insists => Err(self.refusal(placed.source, part, errno)),
            _ => Ok(()),
        }
    }

    /// Looks at a process: what it has, and what it was refused. Nothing of one that has ended.
    pub(crate) fn found(&self, placed: &mut Placed) -> Vec<Event> {
        let Placed { source, of, pid, .. } = *placed;
        let look = || Ok::<_, io::Error>((Class::of(pid)?, sched::cpus_of(pid)?));
        let Ok((class, cpus)) = look() else { return Vec::new() };
        let locked_kib = sys::process::locked_kib(pid).unwrap_or(0);
        if self.asked(source).lock_memory && locked_kib == 0 {
            placed.refused.push((PlacementPart::Memory, lock_errno()));
        }
        let source = source.index() as u32;
        let bits = cpus.iter().filter(|&&cpu| cpu < 64).fold(0, |bits, cpu| bits | 1_u64 << cpu);
        let class = scheduling(class);
        let told = Event::Placed { source, of, class, cpus: bits, locked_kib };
        let refused = placed.refused.iter().map(|&(part, errno)| {
            let errno = errno.unsigned_abs();
            Event::PlacementRefused { source, of, part, errno }
        });
        [told].into_iter().chain(refused).collect()
    }

    fn refusal(&self, source: Source, part: PlacementPart, errno: i32) -> Refused {
        let asked = self.asked(source);
        let (asked, help) = match part {
            PlacementPart::Class => {
                let class = self.plan.scheduling(source);
                (class.to_string(), help_with_class(class))
            }
            PlacementPart::Processors => {
                let (asked, there) = (Numbers(&asked.cpus), Numbers(&self.cpus));
                (format!("processors {asked}"), format!("a run has processors {there} here"))
            }
            PlacementPart::Memory => {
                let limit = Bytes(limits::of_own(Limit::LockedMemory));
                let help = format!(
                    "CAP_IPC_LOCK or a greater LimitMEMLOCK= (RLIMIT_MEMLOCK is {limit}) would help"
                );
                ("locked memory".to_owned(), help)
            }
        };
        let error = io::Error::from_raw_os_error(errno);
        Refused { process: source.name(), asked, error, help }
    }
}

/// As mlockall(2) tells of a process that has not the privilege.
fn lock_errno() -> i32 {
    if limits::of_own(Limit::LockedMemory).is_ok_and(|bytes| bytes == 0) { EPERM } else { ENOMEM }
}

fn help_with_class(class: Scheduling) -> String {
    match class {
        Scheduling::Deadline { .. } => "CAP_SYS_NICE, a runtime-ms within the period, and less \
            processor time given to others (kernel.sched_rt_runtime_us) would help"
            .to_owned(),
        _ => {
            let limit = limits::of_own(Limit::RealTimePriority).map_or(0, |limit| limit);
            format!(
                "CAP_SYS_NICE or a greater LimitRTPRIO= (RLIMIT_RTPRIO is {limit}) would help; in a \
                 control group of its own also real-time time (cpu.rt_runtime_us)"
            )
        }
    }
}

/// Numbers as a person lists them.
struct Numbers<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Numbers<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.0.iter().enumerate() {
            write!(f, "{}{number}", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

struct Bytes(io::Result<u64>);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(bytes) => write!(f, "{} KiB", bytes / 1024),
            Err(error) => write!(f, "unknown: {error}"),
        }
    }
}

/// The class as the kernel takes it.
pub(crate) fn class(asked: Scheduling) -> Class {
    match asked {
        Scheduling::Normal => Class::Normal,
        Scheduling::Fifo { priority } => Class::Fifo { priority },
        Scheduling::Deadline { runtime_us, period_us } => Class::Deadline {
            runtime_ns: u64::from(runtime_us) * 1000,
            period_ns: u64::from(period_us) * 1000,
        },
        Scheduling::Other { policy } => Class::Other { policy: policy.into() },
    }
}

fn scheduling(class: Class) -> Scheduling {
    let us = |ns: u64| u32::try_from(ns / 1000).unwrap_or(u32::MAX);
    match class {
        Class::Normal => Scheduling::Normal,
        Class::Fifo { priority } => Scheduling::Fifo { priority },
        Class::Deadline { runtime_ns, period_ns } => {
            Scheduling::Deadline { runtime_us: us(runtime_ns), period_us: us(period_ns) }
        }
        Class::Other { policy } => Scheduling::Other { policy: policy as u8 },
    }
}
