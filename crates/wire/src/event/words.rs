//! The words that events are made of: [`Word`], and what the watchdog, its detectors and its
//! reactions are called.

use crate::node::Node;
use serde::{Deserialize, Serialize};

/// A value that travels in one 64-bit word of a record.
pub(super) trait Word: Sized {
    fn to_word(self) -> u64;
    fn from_word(word: u64) -> Option<Self>;
}

impl Word for u64 {
    fn to_word(self) -> u64 {
        self
    }
    fn from_word(word: u64) -> Option<Self> {
        Some(word)
    }
}

impl Word for u32 {
    fn to_word(self) -> u64 {
        u64::from(self)
    }
    fn from_word(word: u64) -> Option<Self> {
        u32::try_from(word).ok()
    }
}

impl Word for f64 {
    fn to_word(self) -> u64 {
        self.to_bits()
    }
    fn from_word(word: u64) -> Option<Self> {
        Some(f64::from_bits(word))
    }
}

impl Word for Node {
    fn to_word(self) -> u64 {
        self.index() as u64
    }
    fn from_word(word: u64) -> Option<Self> {
        usize::try_from(word).ok().and_then(Node::from_index)
    }
}

macro_rules! word_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant = $number,)+ }

        impl $name {
            /// Every value, in the order of its number.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The name used in reports.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }
        }

        impl Word for $name {
            fn to_word(self) -> u64 {
                self as u64
            }
            fn from_word(word: u64) -> Option<Self> {
                match word { $($number => Some($name::$variant),)+ _ => None }
            }
        }
    };
}

word_enum! {
    /// A process in the eyes of the watchdog.
    LifeState {
        /// Spawned, not yet attached to its channels.
        Starting = 0 "starting",
        /// Attached and beating.
        Running = 1 "running",
        /// Told to end, or killed by the watchdog, and not yet buried.
        Ending = 2 "ending",
        /// Buried; a restart is due.
        Waiting = 3 "waiting",
        /// Buried for good: the restart budget is spent, or the run is over.
        Down = 4 "down",
    }
}

word_enum! {
    /// What noticed a failure.
    Detector {
        /// The kernel reported the end of the process (pidfd).
        Exit = 0 "exit",
        /// No heartbeat for the process's heartbeat timeout.
        Heartbeat = 1 "heartbeat",
        /// Not attached within the startup timeout.
        Startup = 2 "startup",
        /// A receiver's end-to-end check failed (CRC, length, data id).
        Integrity = 3 "integrity",
        /// A receiver saw a sequence number skipped.
        Sequence = 4 "sequence",
        /// A receiver saw the same content under a new sequence number.
        Frozen = 5 "frozen",
        /// A receiver got a sample older than one period plus tolerance.
        Late = 6 "late",
        /// A receiver heard nothing from a sensor for its freshness limit.
        Silence = 7 "silence",
        /// Too few or too many steps were done in a supervision reference cycle.
        Alive = 8 "alive",
        /// A step took too long or too short.
        Deadline = 9 "deadline",
        /// The checkpoints of a step came in an order that its graph does not have.
        Logical = 10 "logical",
        /// The kernel marked the robust futex of a dying process.
        EarlyDeath = 11 "early-death",
        /// A process held more memory than it is allowed.
        Memory = 12 "memory",
        /// A process that was asked to end did not, within its stop timeout.
        StopTimeout = 13 "stop-timeout",
        /// A receiver saw content that cannot be, although its protection was right.
        Plausibility = 14 "plausibility",
        /// A receiver got a sample from an incarnation that is not the one in service.
        Source = 15 "source",
        /// A receiver saw measurement times that cannot be.
        Time = 16 "time",
        /// A receiver was told by the watchdog that a sensor is gone.
        Status = 17 "status",
    }
}

word_enum! {
    /// What was done about a detected failure.
    Reaction {
        /// A hung process was killed, so that it can be replaced.
        Kill = 0 "kill",
        /// A new incarnation was spawned.
        Restart = 1 "restart",
        /// The restart budget is spent: the process stays down.
        GiveUp = 2 "give-up",
        /// The sample was refused and not used.
        Reject = 3 "reject",
        /// Fusion changed its mode.
        ModeChange = 4 "mode-change",
    }
}

word_enum! {
    /// Proof that a fault took effect.
    Proof {
        /// The victim ended by the signal in `value`.
        EndedBySignal = 0 "ended by signal",
        /// The victim ended with the exit code in `value`.
        EndedWithCode = 1 "ended with exit code",
        /// The kernel showed the victim stopped (state `T`).
        SeenStopped = 2 "seen stopped by the kernel",
        /// The victim was alive and consumed CPU time without a heartbeat, `value` in µs.
        SeenSpinning = 3 "seen spinning without a heartbeat, µs of CPU",
        /// The victim was alive and asleep without a heartbeat.
        SeenBlocked = 4 "seen blocked without a heartbeat",
        /// The fault acted where it is injected; what `value` counts, the catalogue of faults says.
        Acted = 5 "acted",
    }
}

word_enum! {
    /// Which sensors fusion bases its output on.
    Mode {
        /// Neither sensor is fresh.
        Blind = 0 "blind",
        /// Only the camera is fresh.
        CameraOnly = 1 "camera-only",
        /// Only the radar is fresh.
        RadarOnly = 2 "radar-only",
        /// Both are fresh.
        Fused = 3 "fused",
    }
}

word_enum! {
    /// Why a run ended.
    Ending {
        /// The scenario's duration was over.
        Completed = 0 "completed",
        /// The user interrupted it.
        Interrupted = 1 "interrupted",
        /// A process could not be started at all.
        CannotStart = 2 "cannot start",
    }
}
