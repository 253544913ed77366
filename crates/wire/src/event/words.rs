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
    /// A CAN bus in the eyes of who listens.
    BusState {
        /// Frames come.
        Up = 0 "up",
        /// The controller has seen so many errors that it may not stop others any more.
        Passive = 1 "error-passive",
        /// The controller is off the bus.
        BusOff = 2 "bus-off",
        /// The controller was restarted; nothing has come yet.
        Restarted = 3 "restarted",
        /// The interface is down.
        Down = 4 "down",
        /// The controller lost frames because nobody took them in time.
        Overflow = 5 "overflow",
    }
}

word_enum! {
    /// Why a camera did not hand over a frame of its capture device.
    Withheld {
        /// The driver says that its content may be damaged.
        Damaged = 0 "damaged",
        /// The input has no signal that the device can follow: it is no picture.
        NoSignal = 1 "no-signal",
        /// Its time cannot be: it lies in the future, or far back.
        WrongTime = 2 "wrong-time",
        /// It has fewer bytes than a picture.
        Short = 3 "short",
        /// The camera was late to take it; a newer one follows.
        Stale = 4 "stale",
        /// Another one was handed over for its slot: the device is faster than the schedule.
        Surplus = 5 "surplus",
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
        /// Too few or too many steps finished in a supervision reference cycle (AUTOSAR WdgM).
        Alive = 8 "alive",
        /// A step took too long or not long enough, or is stuck (AUTOSAR WdgM).
        Deadline = 9 "deadline",
        /// A step passed its checkpoints in a wrong order (AUTOSAR WdgM).
        Logical = 10 "logical",
        /// The kernel marked the word that the process held as its owner's grave (robust futex).
        EarlyDeath = 11 "early-death",
        /// The process uses more memory than it may.
        Memory = 12 "memory",
        /// Asked to end, it did not within its stop timeout.
        StopTimeout = 13 "stop-timeout",
        /// A receiver got a sample whose content cannot be true.
        Plausibility = 14 "plausibility",
        /// A receiver got a sample from somebody who may not send it.
        Source = 15 "source",
        /// A receiver saw measurement times that cannot be.
        Time = 16 "time",
        /// A receiver was told by the watchdog that a sensor is gone.
        Status = 17 "status",
        /// The board's hardware watchdog heard no sign of life and reset the board.
        HardwareWatchdog = 18 "hardware-watchdog",
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
        /// A warm standby took over.
        StandbyTakeover = 5 "standby-takeover",
        /// The system goes on without the process, in emergency operation.
        Degrade = 6 "degrade",
        /// The system went to its safe state.
        SafeState = 7 "safe-state",
        /// The process was asked to end (`SIGTERM`).
        Stop = 8 "stop",
        /// The board was reset.
        Reset = 9 "reset",
    }
}

word_enum! {
    /// A number that supervises a process; its unit is told by its name, where it has one.
    Limit {
        /// Longest silence of a running process.
        HeartbeatTimeout = 0 "heartbeat timeout (ns)",
        /// Longest start.
        StartupTimeout = 1 "startup timeout (ns)",
        /// Longest end after a request.
        StopTimeout = 2 "stop timeout (ns)",
        /// Most resident memory.
        Memory = 3 "memory limit (KiB)",
        /// Length of a cycle of alive supervision.
        AliveCycle = 4 "cycle (ns)",
        /// Fewest steps in one.
        AliveMin = 5 "fewest steps in a cycle",
        /// Most steps in one.
        AliveMax = 6 "most steps in a cycle",
        /// Wrong cycles that are tolerated.
        AliveTolerance = 7 "wrong cycles tolerated",
        /// Shortest step.
        DeadlineMin = 8 "shortest step (ns)",
        /// Longest step.
        DeadlineMax = 9 "longest step (ns)",
        /// Most restarts in the window.
        RestartLimit = 10 "most restarts",
        /// The window.
        RestartWindow = 11 "restart window (ns)",
        /// Pause before the first restart.
        RestartDelay = 12 "restart delay (ns)",
        /// By what the pause grows, as the bits of a floating-point number.
        BackoffFactor = 13 "backoff factor (bits)",
        /// Longest pause.
        BackoffMax = 14 "longest pause (ns)",
        /// After what time without a failure the pause is the first again.
        BackoffReset = 15 "backoff reset (ns)",
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
        /// Neither sensor is fresh, and no track is left to extrapolate.
        Blind = 0 "blind",
        /// Only the camera is fresh.
        CameraOnly = 1 "camera-only",
        /// Only the radar is fresh.
        RadarOnly = 2 "radar-only",
        /// Both are fresh.
        Fused = 3 "fused",
        /// The watchdog has sent the system to its safe state: the output is not to be driven by.
        Safe = 4 "safe",
        /// Neither sensor is fresh, and tracks are extrapolated.
        Coasting = 5 "coasting",
    }
}

word_enum! {
    /// Local supervision status of one incarnation of a process (AUTOSAR WdgM).
    LocalStatus {
        /// Every supervision is content.
        Ok = 0 "ok",
        /// Its alive supervision failed in fewer cycles than are tolerated.
        Failed = 1 "failed",
        /// It has failed; only a new incarnation can be well again.
        Expired = 2 "expired",
        /// There is nobody to supervise: it has not started, or it is buried.
        Deactivated = 3 "deactivated",
    }
}

word_enum! {
    /// Status of all supervised processes together (AUTOSAR WdgM).
    GlobalStatus {
        /// Every local status is ok or deactivated.
        Ok = 0 "ok",
        /// At least one is failed and none is expired.
        Failed = 1 "failed",
        /// At least one is expired, for less time than is tolerated.
        Expired = 2 "expired",
        /// One was expired for longer than is tolerated; there is no way back.
        Stopped = 3 "stopped",
    }
}

word_enum! {
    /// What the system as a whole may do (ISO 26262-1:2018, 3.43 and 3.131).
    SystemState {
        /// Everyone works.
        Normal = 0 "normal",
        /// Somebody is missing; the rest goes on for the emergency operation time.
        Emergency = 1 "emergency",
        /// The safe state, for the rest of the run.
        Safe = 2 "safe",
    }
}

word_enum! {
    /// Whether a receiver can use a stream (the E2E state machine of AUTOSAR).
    StreamState {
        /// Nothing usable has come.
        NoData = 0 "no-data",
        /// Something came, not enough to rely on.
        Init = 1 "init",
        /// It can be used.
        Valid = 2 "valid",
        /// It cannot be used.
        Invalid = 3 "invalid",
    }
}

word_enum! {
    /// Why the watchdog does not keep the hardware watchdog alive.
    Unfed {
        /// Its own loop, or what it decides in it, is late.
        Late = 0 "the watchdog's loop is late",
        /// The recorder does not empty the rings.
        Recorder = 1 "nothing is recorded",
        /// A processor does not run its probe.
        Probe = 2 "a processor stands still",
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
        /// The plant was lost: a harness error.
        PlantLost = 3 "the plant was lost",
        /// The stimulus was lost: a harness error.
        StimulusLost = 4 "the stimulus was lost",
    }
}

word_enum! {
    /// What a board is asked for a process.
    PlacementPart {
        /// Its scheduling class and priority.
        Class = 0 "scheduling class",
        /// The processors that it may use.
        Processors = 1 "processors",
        /// That its memory is locked.
        Memory = 2 "locked memory",
    }
}

/// Two numbers of single precision in one word.
pub fn pack_pair(first: f64, second: f64) -> u64 {
    u64::from((first as f32).to_bits()) | u64::from((second as f32).to_bits()) << 32
}

/// The two numbers that [`pack_pair`] packed.
pub fn unpack_pair(word: u64) -> (f64, f64) {
    let number = |bits: u32| f64::from(f32::from_bits(bits));
    (number(word as u32), number((word >> 32) as u32))
}
