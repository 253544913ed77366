//! The kinds of fault and their parameters: [`Fault`].
//!
//! All times are nanoseconds from the start of the schedule.

use serde::{Deserialize, Serialize};
use wire::Node;

/// A fault of a scenario: who, when, what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Name, unique in its scenario.
    pub id: String,
    /// The victim.
    pub target: Node,
    /// When it begins, from the start of the schedule.
    pub start_ns: u64,
    /// What goes wrong.
    pub injection: Injection,
}

/// What goes wrong. `for_ns` is how long it lasts; `None` means until the victim is replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Injection {
    /// The watchdog sends a signal.
    Kill {
        /// Which.
        signal: Signal,
    },
    /// The process really crashes, from inside.
    Crash {
        /// How.
        how: CrashHow,
        /// Every incarnation that is alive in this interval crashes: a crash loop. `None`: once.
        for_ns: Option<u64>,
    },
    /// The process stops making progress.
    Hang {
        /// How.
        how: HangHow,
        /// How long.
        for_ns: Option<u64>,
    },
    /// Each step of the process takes longer; it sleeps, so that no other process pays for it.
    Slow {
        /// By how much.
        extra_ns: u64,
        /// How long.
        for_ns: u64,
    },
    /// Samples are made and then withheld.
    Drop {
        /// Share of the samples, percent.
        percent: f64,
        /// How long.
        for_ns: u64,
    },
    /// Samples are handed over later than they were made.
    Delay {
        /// By how much.
        by_ns: u64,
        /// How long.
        for_ns: u64,
    },
    /// Bits of each sample are flipped after it was protected.
    Corrupt {
        /// How many bits of each sample.
        bits: u32,
        /// How long.
        for_ns: u64,
    },
    /// The sensor repeats the content of its last sample before the fault, as if it were new.
    Freeze {
        /// How long.
        for_ns: u64,
    },
}

impl Injection {
    /// The kind's name in scenario files and reports.
    pub const fn kind(&self) -> &'static str {
        match self {
            Injection::Kill { .. } => "kill",
            Injection::Crash { .. } => "crash",
            Injection::Hang { .. } => "hang",
            Injection::Slow { .. } => "slow",
            Injection::Drop { .. } => "drop",
            Injection::Delay { .. } => "delay",
            Injection::Corrupt { .. } => "corrupt",
            Injection::Freeze { .. } => "freeze",
        }
    }

    /// How long the fault lasts; `None` for one that strikes once or lasts until the victim is
    /// replaced.
    pub const fn duration_ns(&self) -> Option<u64> {
        match *self {
            Injection::Kill { .. } => None,
            Injection::Crash { for_ns, .. } | Injection::Hang { for_ns, .. } => for_ns,
            Injection::Slow { for_ns, .. }
            | Injection::Drop { for_ns, .. }
            | Injection::Delay { for_ns, .. }
            | Injection::Corrupt { for_ns, .. }
            | Injection::Freeze { for_ns } => Some(for_ns),
        }
    }

    /// Whether the watchdog acts (signals), rather than the victim's own driver.
    pub const fn by_watchdog(&self) -> bool {
        matches!(self, Injection::Kill { .. } | Injection::Hang { how: HangHow::Stop, .. })
    }

    /// Whether it acts on samples on their way to the channel.
    pub const fn on_samples(&self) -> bool {
        matches!(
            self,
            Injection::Drop { .. }
                | Injection::Delay { .. }
                | Injection::Corrupt { .. }
                | Injection::Freeze { .. }
        )
    }
}

impl Fault {
    /// End of the fault, from the start of the schedule; `None` as in [`Injection::duration_ns`].
    pub fn end_ns(&self) -> Option<u64> {
        self.injection.duration_ns().map(|duration| self.start_ns.saturating_add(duration))
    }
}

/// A signal that ends a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are POSIX's own")]
pub enum Signal {
    Sigkill,
    Sigterm,
    Sigint,
    Sighup,
    Sigquit,
    Sigabrt,
    Sigsegv,
    Sigbus,
    Sigfpe,
    Sigill,
}

impl Signal {
    /// Every signal, in the order of the documentation.
    pub const ALL: [Signal; 10] = [
        Signal::Sigkill,
        Signal::Sigterm,
        Signal::Sigint,
        Signal::Sighup,
        Signal::Sigquit,
        Signal::Sigabrt,
        Signal::Sigsegv,
        Signal::Sigbus,
        Signal::Sigfpe,
        Signal::Sigill,
    ];

    /// The name, as POSIX spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Signal::Sigkill => "SIGKILL",
            Signal::Sigterm => "SIGTERM",
            Signal::Sigint => "SIGINT",
            Signal::Sighup => "SIGHUP",
            Signal::Sigquit => "SIGQUIT",
            Signal::Sigabrt => "SIGABRT",
            Signal::Sigsegv => "SIGSEGV",
            Signal::Sigbus => "SIGBUS",
            Signal::Sigfpe => "SIGFPE",
            Signal::Sigill => "SIGILL",
        }
    }

    /// The number, the same on x86-64 and aarch64 Linux.
    pub const fn number(self) -> i32 {
        match self {
            Signal::Sighup => 1,
            Signal::Sigint => 2,
            Signal::Sigquit => 3,
            Signal::Sigill => 4,
            Signal::Sigabrt => 6,
            Signal::Sigbus => 7,
            Signal::Sigfpe => 8,
            Signal::Sigkill => 9,
            Signal::Sigsegv => 11,
            Signal::Sigterm => 15,
        }
    }
}

/// How a process crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CrashHow {
    /// A write through a null pointer: `SIGSEGV`.
    Segfault,
    /// `abort()`: `SIGABRT`.
    Abort,
    /// A Rust panic in the main thread: exit code 101.
    Panic,
    /// `exit(0)`: a clean end of a process that must not end.
    Exit,
}

impl CrashHow {
    /// The name used in scenario files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            CrashHow::Segfault => "segfault",
            CrashHow::Abort => "abort",
            CrashHow::Panic => "panic",
            CrashHow::Exit => "exit",
        }
    }
}

/// How a process hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HangHow {
    /// `SIGSTOP`: the kernel stops every thread.
    Stop,
    /// A busy loop: the process burns a CPU and does nothing.
    Spin,
    /// A wait that nobody ends.
    Block,
}

impl HangHow {
    /// The name used in scenario files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            HangHow::Stop => "stop",
            HangHow::Spin => "spin",
            HangHow::Block => "block",
        }
    }
}
