//! Parameters of the faults of a process as a whole.

use super::{Ending, Parameters};
use crate::act::StepFault;
use crate::act::{Act, CrashHow, FlowHow, Outside, ProcessFault, Signal, SpawnFailure, StartFault};
use crate::kind::Interference;
use crate::units::ns_from_ms;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::event::Proof;

/// What Rust's runtime returns for a panic of the main thread.
const PANIC_EXIT_CODE: u32 = 101;
/// What a process of this program returns for an error.
const ERROR_EXIT_CODE: u32 = 3;

/// Sends a signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Kill {
    /// The signal.
    pub signal: Signal,
}

impl Parameters for Kill {
    fn act(&self) -> Act {
        Act::Outside(Outside::Signal(self.signal))
    }
    fn ending(&self) -> Option<Ending> {
        Some(Ending::by(self.signal))
    }
}

/// Crashes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Crash {
    /// How it crashes.
    pub how: CrashHow,
    /// Every incarnation that is alive in this time crashes: a crash loop. Absent: one crash.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: Option<f64>,
}

impl Parameters for Crash {
    fn act(&self) -> Act {
        Act::Process(ProcessFault::Crash(self.how))
    }
    fn for_s(&self) -> Option<f64> {
        self.for_s
    }
    fn ending(&self) -> Option<Ending> {
        Some(self.how.ending())
    }
    fn interference(&self) -> Option<&'static [Interference]> {
        Some(match self.how {
            CrashHow::StackOverflow => &[Interference::StackOverflow],
            CrashHow::WildWrite => &[Interference::ForeignAccess],
            _ => &[Interference::Blocking],
        })
    }
}

impl CrashHow {
    /// How a process ends that crashes so.
    pub const fn ending(self) -> Ending {
        match self {
            CrashHow::Segfault | CrashHow::StackOverflow | CrashHow::WildWrite => {
                Ending::by(Signal::Sigsegv)
            }
            CrashHow::Abort | CrashHow::OutOfMemory => Ending::by(Signal::Sigabrt),
            CrashHow::IllegalInstruction => Ending::by(Signal::Sigill),
            CrashHow::Panic => Ending::Code(PANIC_EXIT_CODE),
            CrashHow::Error => Ending::Code(ERROR_EXIT_CODE),
            CrashHow::Exit => Ending::Code(0),
        }
    }
}

/// How a process hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HangHow {
    /// SIGSTOP: the kernel stops every thread
    Stop,
    /// a busy loop: it burns a CPU and does nothing
    Spin,
    /// a wait that nobody ends
    Block,
}

/// Hangs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hang {
    /// How it hangs.
    pub how: HangHow,
    /// How long, if nobody replaces the process before. Absent: until it is replaced.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: Option<f64>,
}

impl Parameters for Hang {
    fn act(&self) -> Act {
        match self.how {
            HangHow::Stop => Act::Outside(Outside::Stop),
            HangHow::Spin => Act::Process(ProcessFault::Spin),
            HangHow::Block => Act::Process(ProcessFault::Block),
        }
    }
    fn for_s(&self) -> Option<f64> {
        self.for_s
    }
    fn posture(&self) -> Option<Proof> {
        Some(match self.how {
            HangHow::Stop => Proof::SeenStopped,
            HangHow::Spin => Proof::SeenSpinning,
            HangHow::Block => Proof::SeenBlocked,
        })
    }
    fn interference(&self) -> Option<&'static [Interference]> {
        Some(match self.how {
            HangHow::Spin => &[Interference::Livelock],
            HangHow::Stop | HangHow::Block => &[Interference::Blocking],
        })
    }
}

/// Deadlocks, until it is replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deadlock {}

impl Parameters for Deadlock {
    fn act(&self) -> Act {
        Act::Process(ProcessFault::Deadlock)
    }
    fn posture(&self) -> Option<Proof> {
        Some(Proof::SeenBlocked)
    }
}

/// Is suspended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Suspend {
    /// How long, if nobody replaces the process before.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Suspend {
    fn act(&self) -> Act {
        Act::Outside(Outside::Suspend)
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Works no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stuck {
    /// How long, if nobody replaces the process before. Absent: until it is replaced.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: Option<f64>,
}

impl Parameters for Stuck {
    fn act(&self) -> Act {
        Act::Process(ProcessFault::Stuck)
    }
    fn for_s(&self) -> Option<f64> {
        self.for_s
    }
}

/// Works in a wrong order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WrongFlow {
    /// What is wrong with the order.
    pub how: FlowHow,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for WrongFlow {
    fn act(&self) -> Act {
        Act::Step(StepFault::Flow(self.how))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// What keeps a process from being ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailStartHow {
    /// it crashes before it is ready
    Crash,
    /// it waits for ever before it is ready
    NeverReady,
    /// it takes longer, by `by-ms`
    Slow,
    /// it finds shared memory of another layout
    WrongVersion,
    /// it may not map the memory that it must write to
    NoPermission,
}

/// Keeps successors from being ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FailStart {
    /// What keeps it from being ready.
    pub how: FailStartHow,
    /// How much longer a slow start takes.
    #[serde(default = "slow_start_ms")]
    #[schemars(range(min = 1.0, max = 60_000.0))]
    pub by_ms: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

fn slow_start_ms() -> f64 {
    300.0
}

impl Parameters for FailStart {
    fn act(&self) -> Act {
        Act::Start(match self.how {
            FailStartHow::Crash => StartFault::Crash,
            FailStartHow::NeverReady => StartFault::NeverReady,
            FailStartHow::Slow => StartFault::Slow(ns_from_ms(self.by_ms)),
            FailStartHow::WrongVersion => StartFault::WrongVersion,
            FailStartHow::NoPermission => StartFault::NoPermission,
        })
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Lets starts fail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FailSpawn {
    /// How the start fails.
    pub how: SpawnFailure,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for FailSpawn {
    fn act(&self) -> Act {
        Act::Outside(Outside::FailSpawn(self.how))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Ignores the request to end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IgnoreStop {}

impl Parameters for IgnoreStop {
    fn act(&self) -> Act {
        Act::Process(ProcessFault::IgnoreStop)
    }
}
