//! What the catalogue knows of each kind of fault: [`Kind`].

use crate::fault::Target;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::event::Detector;

/// A kind of fault.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its key below `inject` in scenario files.
    pub name: &'static str,
    /// What it does, in a sentence or two.
    pub meaning: &'static str,
    /// Where people look for it.
    pub group: Group,
    /// Whom it may befall.
    pub targets: &'static [Target],
    /// Who makes it happen.
    pub actor: Actor,
    /// What it takes.
    pub needs: &'static [Need],
    /// How it is known that it took effect.
    pub evidence: Evidence,
    /// Which interference between software elements it exercises.
    pub interference: &'static [Interference],
    /// What responds to it.
    pub detectors: &'static [Detector],
}

impl Kind {
    pub(crate) const fn new(name: &'static str, meaning: &'static str, group: Group) -> Kind {
        Kind {
            name,
            meaning,
            group,
            targets: &[],
            actor: Actor::Victim,
            needs: &[],
            evidence: Evidence::Ended,
            interference: &[],
            detectors: &[],
        }
    }

    /// Why a host that lacks this cannot do it, if it cannot.
    pub fn why_not<'a>(&self, lacking: &'a BTreeMap<Need, String>) -> Option<&'a str> {
        self.needs.iter().find_map(|need| lacking.get(need)).map(String::as_str)
    }

    pub(crate) const fn befalls(mut self, targets: &'static [Target]) -> Kind {
        self.targets = targets;
        self
    }

    pub(crate) const fn by_watchdog(mut self) -> Kind {
        self.actor = Actor::Watchdog;
        self
    }

    pub(crate) const fn needs(mut self, needs: &'static [Need]) -> Kind {
        self.needs = needs;
        self
    }

    pub(crate) const fn known_by(mut self, evidence: Evidence) -> Kind {
        self.evidence = evidence;
        self
    }

    pub(crate) const fn exercises(mut self, interference: &'static [Interference]) -> Kind {
        self.interference = interference;
        self
    }

    pub(crate) const fn seen_by(mut self, detectors: &'static [Detector]) -> Kind {
        self.detectors = detectors;
        self
    }
}

/// Groups in which people look for a kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// A process ends, hangs, does not start.
    Process,
    /// Work takes too long or too short, or at the wrong time.
    Timing,
    /// Memory runs out or is written to.
    Memory,
    /// Samples are damaged, lost, late, out of order, or somebody else's: frames and messages alike.
    Samples,
    /// What samples say is wrong, their protection is right.
    Content,
    /// The device behind a sensor fails.
    Device,
    /// Supervision itself fails.
    Watchdog,
}

impl Group {
    /// Every group, in the order of the documentation.
    pub const ALL: [Group; 7] = [
        Group::Process,
        Group::Timing,
        Group::Memory,
        Group::Samples,
        Group::Content,
        Group::Device,
        Group::Watchdog,
    ];

    /// The group's name.
    pub const fn name(self) -> &'static str {
        match self {
            Group::Process => "process",
            Group::Timing => "timing",
            Group::Memory => "memory",
            Group::Samples => "samples",
            Group::Content => "content",
            Group::Device => "device",
            Group::Watchdog => "watchdog",
        }
    }

    /// What its faults have in common.
    pub const fn meaning(self) -> &'static str {
        match self {
            Group::Process => "a process ends, hangs, or does not start",
            Group::Timing => "work takes too long or too short, or the clock is wrong",
            Group::Memory => "memory runs out, or is written to by whom it does not belong",
            Group::Samples => {
                "frames and messages are damaged, lost, late, repeated, out of order, or somebody else's"
            }
            Group::Content => "what a sample says is wrong, and its protection is right",
            Group::Device => "the device behind a sensor drops, damages, or fails",
            Group::Watchdog => "supervision itself, or what it needs, fails",
        }
    }
}

/// Who makes a fault happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The driver of the victim's own process, between its logic and the operating system.
    Victim,
    /// The watchdog, from outside the victim.
    Watchdog,
}

/// Something that a host or a user may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A real-time scheduling class (`CAP_SYS_NICE` or `RLIMIT_RTPRIO`).
    RealTime,
    /// Access to the memory of another process of the same user.
    Ptrace,
    /// System call filters.
    Seccomp,
    /// A writable control group with the freezer.
    CgroupFreezer,
    /// A writable control group with a memory limit.
    CgroupMemory,
    /// A camera behind Video for Linux whose driver injects errors.
    CaptureDevice,
    /// A radar on a CAN bus.
    CanBus,
    /// A hardware watchdog.
    HardwareWatchdog,
}

impl Need {
    /// Every need.
    pub const ALL: [Need; 8] = [
        Need::RealTime,
        Need::Ptrace,
        Need::Seccomp,
        Need::CgroupFreezer,
        Need::CgroupMemory,
        Need::CaptureDevice,
        Need::CanBus,
        Need::HardwareWatchdog,
    ];

    /// The need in words.
    pub const fn name(self) -> &'static str {
        match self {
            Need::RealTime => "real-time scheduling",
            Need::Ptrace => "access to another process's memory",
            Need::Seccomp => "system call filters",
            Need::CgroupFreezer => "a control group freezer",
            Need::CgroupMemory => "a control group memory limit",
            Need::CaptureDevice => "a capture device that injects errors",
            Need::CanBus => "a radar on a CAN bus",
            Need::HardwareWatchdog => "a hardware watchdog",
        }
    }
}

/// How it is known that a fault took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The victim ended as this fault ends it ([`crate::Injection::ending`]).
    Ended,
    /// The victim was seen, from outside, to do nothing ([`crate::Injection::posture`]).
    Hung,
    /// Whoever injected it recorded, at the seam where it acts, what it did to samples.
    Samples(&'static str, Unit),
    /// The same for steps of the victim.
    Steps(&'static str, Unit),
    /// The same for the process or the machine as a whole.
    Whole(&'static str, Unit),
    /// Who injected it read back that the device is set to it, and the camera told that its device failed
    /// or lost frames.
    Device(&'static str),
}

/// What the amount in a record of an injection counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nothing.
    None,
    /// Nanoseconds.
    Nanoseconds,
    /// Bits.
    Bits,
    /// Bytes.
    Bytes,
    /// Things of a kind that the evidence names.
    Count,
    /// The number of an error of the operating system.
    Errno,
}

/// Interference between software elements: the items of the list in ISO 26262-6, Annex D.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interference {
    /// Timing and execution: blocking of execution.
    Blocking,
    /// Timing and execution: deadlocks.
    Deadlock,
    /// Timing and execution: livelocks.
    Livelock,
    /// Timing and execution: incorrect allocation of execution time.
    ExecutionTime,
    /// Timing and execution: incorrect synchronisation between software elements.
    Synchronisation,
    /// Memory: corruption of content.
    ContentCorruption,
    /// Memory: inconsistent data.
    InconsistentData,
    /// Memory: stack overflow or underflow.
    StackOverflow,
    /// Memory: read or write access to memory allocated to another software element.
    ForeignAccess,
    /// Exchange of information: repetition.
    Repetition,
    /// Exchange of information: loss.
    Loss,
    /// Exchange of information: delay.
    Delay,
    /// Exchange of information: insertion.
    Insertion,
    /// Exchange of information: masquerade or incorrect addressing.
    Masquerade,
    /// Exchange of information: incorrect sequence.
    Sequence,
    /// Exchange of information: corruption.
    Corruption,
    /// Exchange of information: asymmetric information sent to multiple receivers.
    Asymmetric,
    /// Exchange of information: information received by only a subset of receivers.
    Subset,
    /// Exchange of information: blocking access to a communication channel.
    BlockedChannel,
}

impl Interference {
    /// Every item: 5 of timing and execution, 4 of memory, 10 of exchange of information.
    pub const ALL: [Interference; 19] = [
        Interference::Blocking,
        Interference::Deadlock,
        Interference::Livelock,
        Interference::ExecutionTime,
        Interference::Synchronisation,
        Interference::ContentCorruption,
        Interference::InconsistentData,
        Interference::StackOverflow,
        Interference::ForeignAccess,
        Interference::Repetition,
        Interference::Loss,
        Interference::Delay,
        Interference::Insertion,
        Interference::Masquerade,
        Interference::Sequence,
        Interference::Corruption,
        Interference::Asymmetric,
        Interference::Subset,
        Interference::BlockedChannel,
    ];

    /// The class of the item.
    pub const fn class(self) -> &'static str {
        match self {
            Interference::Blocking
            | Interference::Deadlock
            | Interference::Livelock
            | Interference::ExecutionTime
            | Interference::Synchronisation => "timing and execution",
            Interference::ContentCorruption
            | Interference::InconsistentData
            | Interference::StackOverflow
            | Interference::ForeignAccess => "memory",
            _ => "exchange of information",
        }
    }

    /// The item in words.
    pub const fn name(self) -> &'static str {
        match self {
            Interference::Blocking => "blocking of execution",
            Interference::Deadlock => "deadlocks",
            Interference::Livelock => "livelocks",
            Interference::ExecutionTime => "incorrect allocation of execution time",
            Interference::Synchronisation => "incorrect synchronisation",
            Interference::ContentCorruption => "corruption of content",
            Interference::InconsistentData => "inconsistent data",
            Interference::StackOverflow => "stack overflow or underflow",
            Interference::ForeignAccess => "access to memory of another element",
            Interference::Repetition => "repetition of information",
            Interference::Loss => "loss of information",
            Interference::Delay => "delay of information",
            Interference::Insertion => "insertion of information",
            Interference::Masquerade => "masquerade or incorrect addressing",
            Interference::Sequence => "incorrect sequence of information",
            Interference::Corruption => "corruption of information",
            Interference::Asymmetric => "asymmetric information to several receivers",
            Interference::Subset => "information received by a subset of receivers",
            Interference::BlockedChannel => "blocking access to a communication channel",
        }
    }

    /// Why no kind of fault exercises the item, where none does.
    pub const fn out_of_reach(self) -> Option<&'static str> {
        match self {
            Interference::Asymmetric | Interference::Subset => {
                Some("each stream of this system has exactly one receiver")
            }
            _ => None,
        }
    }
}
