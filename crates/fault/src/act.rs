//! What a fault does, in the words of whoever makes it happen: [`Act`].
//!
//! Many kinds of fault share few acts; the watchdog and the drivers of the nodes know acts alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::Field;

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    /// The watchdog acts, from outside the victim.
    Outside(Outside),
    /// The victim's driver does it once, in the middle of its work.
    Process(ProcessFault),
    /// The victim's driver does it in each step while the fault lasts.
    Step(StepFault),
    /// The victim's driver does it to samples that are due while the fault lasts.
    Sample(SampleFault),
    /// Each incarnation of the victim that starts while the fault lasts does it before it is ready.
    Start(StartFault),
}

/// What the watchdog does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outside {
    /// Sends a signal that ends the victim.
    Signal(Signal),
    /// Stops the victim by `SIGSTOP`.
    Stop,
    /// Suspends the victim in a control group.
    Suspend,
    /// Gives the victim one processor alone and lets a real-time process above it burn this share of
    /// it, percent.
    Starve(f64),
    /// Runs this many processes that load the machine.
    Load(LoadHow, u32),
    /// Flips bits of the victim's private memory.
    FlipMemory(Region, u32),
    /// Limits what the victim may take of memory from then on, bytes.
    LimitMemory(u64),
    /// Lets starts of the victim fail.
    FailSpawn(SpawnFailure),
    /// Starts a second process of the victim's role.
    Impostor(ImpostorHow),
    /// Sends this many foreign messages a second to the victim's receiver.
    Flood(u32),
    /// Sends this many foreign frames a second on the radar's CAN bus.
    FloodBus(u32),
    /// Keeps the controller that hears the radar off the CAN bus.
    BusOff,
    /// Does nothing at all for this long, nanoseconds: no supervision.
    Doze(u64),
    /// Refuses every further write of the recording.
    FullDisk,
    /// Ends the watchdog process by `SIGKILL`.
    KillWatchdog,
    /// Lets the watchdog process do nothing until the board is reset.
    HangWatchdog,
    /// Lets the camera's capture device go wrong.
    Device(DeviceFault),
}

/// What befalls a process as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessFault {
    /// It ends.
    Crash(CrashHow),
    /// It burns the processor and does nothing.
    Spin,
    /// It waits for nothing.
    Block,
    /// Two of its threads wait for each other.
    Deadlock,
    /// It works no more and shows life as ever.
    Stuck,
    /// A thread of low priority holds a lock that it needs and does not run.
    InvertPriority,
    /// It opens files until the system refuses one.
    LeakFiles,
    /// A system call fails from then on.
    RefuseCalls(Call, Errno),
    /// It tries to shrink the memory that it shares.
    Truncate,
    /// It ignores that it is asked to end.
    IgnoreStop,
}

/// What befalls each step of a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepFault {
    /// It takes this much longer, nanoseconds.
    Slow(u64),
    /// It takes up to this much longer, nanoseconds, drawn from the seed.
    Jitter(u64),
    /// It is done this many times.
    Runaway(u32),
    /// It leaves a part out, or does one before its time.
    Flow(FlowHow),
    /// It loses this much memory, bytes.
    Leak(u64),
    /// The clock is wrong.
    Clock(ClockError),
    /// A number of its state becomes this.
    State(StateValue),
}

/// What befalls a sample between the logic of a process and its channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SampleFault {
    /// It is withheld.
    Drop,
    /// It is handed over this much later, nanoseconds.
    Delay(u64),
    /// It waits for the one after it.
    Reorder,
    /// It is handed over twice.
    Duplicate,
    /// The one this many before it is handed over in its place.
    Replay(u32),
    /// Its number, and that of those after it, is this much too large.
    SkipNumbers(u32),
    /// Its bytes are damaged after they were protected.
    Damage(Damage),
    /// A field of its header is damaged after it was protected.
    Header(HeaderField),
    /// It is handed over before it is complete.
    Tear,
    /// Only its first bytes are handed over.
    Shorten(u32),
    /// At most this many samples a second are handed over; the others wait.
    LimitRate(f64),
    /// The process ends while it hands the sample over.
    DieAt(PublishStep),
    /// It has the content of the last sample before the fault.
    Freeze,
    /// Its picture is spoilt before it is protected.
    Picture(PictureHow),
    /// Its detections are changed before they are protected.
    Objects(ObjectsHow),
}

/// What keeps a process from being ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartFault {
    /// It crashes.
    Crash,
    /// It waits for ever.
    NeverReady,
    /// It takes this much longer, nanoseconds.
    Slow(u64),
    /// It finds shared memory of another layout.
    WrongVersion,
    /// It may not write to the memory that it must write to.
    NoPermission,
}

macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $vdoc:literal])+ $variant:ident = $text:literal,)+ })+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[doc = $vdoc])+ $variant,)+ }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The name used in scenario files and reports.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }
        }
    )+ };
}

mod device;

pub use device::{DeviceError, DeviceFault, SignalState, Wrap};

words! {
    /// How a process crashes.
    CrashHow {
        /// a write through a null pointer: SIGSEGV
        Segfault = "segfault",
        /// an abort of the program: SIGABRT
        Abort = "abort",
        /// an instruction that the processor does not know: SIGILL
        IllegalInstruction = "illegal-instruction",
        /// a Rust panic in the main thread: exit code 101
        Panic = "panic",
        /// an error that the main function returns: exit code 3
        Error = "error",
        /// exit(0): a clean end of a process that must not end
        Exit = "exit",
        /// a recursion without end, into the guard page: SIGSEGV
        StackOverflow = "stack-overflow",
        /// an allocation that the system refuses: SIGABRT
        OutOfMemory = "out-of-memory",
        /// a write to shared memory that belongs to another process: SIGSEGV
        WildWrite = "wild-write",
    }

    /// How work goes out of order.
    FlowHow {
        /// the work itself is left out, and what there was is handed over
        Skip = "skip",
        /// a sample is handed over before it was protected, or used before it was checked
        Reorder = "reorder",
    }

    /// How the machine is loaded.
    LoadHow {
        /// processes that compute
        Cpu = "cpu",
        /// processes that copy more memory than the caches hold
        Memory = "memory",
    }

    /// A part of a process's private memory.
    Region {
        /// what it allocated
        Heap = "heap",
        /// its stack
        Stack = "stack",
        /// its static variables
        Data = "data",
    }

    /// How a start fails.
    SpawnFailure {
        /// the program file is not there: ENOENT
        Missing = "missing",
        /// the program file may not be executed: EACCES
        NotExecutable = "not-executable",
        /// the program file is none: ENOEXEC
        NoProgram = "no-program",
        /// another program is started in its place, and ends at once
        WrongProgram = "wrong-program",
    }

    /// How an impostor shows.
    ImpostorHow {
        /// an instance that the watchdog does not know, with everything else right
        OtherInstance = "other-instance",
        /// the very instance that is in service, a second time
        SameInstance = "same-instance",
    }

    /// A system call.
    Call {
        /// sendto, sendmsg
        Send = "send",
        /// recvfrom, recvmsg
        Receive = "receive",
    }

    /// A field of the header of a sample.
    HeaderField {
        /// the number of the sample
        Number = "number",
        /// the instance of the sender
        Incarnation = "incarnation",
        /// the measurement time
        Captured = "captured",
        /// the length in the protection
        Length = "length",
        /// the counter in the protection
        Counter = "counter",
        /// the data id in the protection
        DataId = "data-id",
        /// the version of the layout
        Version = "version",
    }

    /// A moment of the publication of a frame.
    PublishStep {
        /// a slot is taken, nothing is written to it
        SlotTaken = "slot-taken",
        /// half of the picture is in the slot
        HalfWritten = "half-written",
        /// the picture is complete and not protected
        Written = "written",
        /// the frame is protected and not published
        Protected = "protected",
        /// the frame is published, and the reader is not woken
        Published = "published",
    }

    /// A number that is no number.
    StateValue {
        /// not a number
        Nan = "nan",
        /// infinity
        Infinity = "infinity",
        /// a million
        Huge = "huge",
    }
}

/// An error of the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Errno {
    /// input/output error
    Eio,
    /// interrupted by a signal
    Eintr,
    /// no buffer space
    Enobufs,
    /// nobody receives
    Econnrefused,
}

impl Errno {
    /// The number, the same on x86-64 and aarch64 Linux.
    pub const fn number(self) -> i32 {
        match self {
            Errno::Eintr => 4,
            Errno::Eio => 5,
            Errno::Enobufs => 105,
            Errno::Econnrefused => 111,
        }
    }
}

impl From<HeaderField> for Field {
    fn from(field: HeaderField) -> Field {
        match field {
            HeaderField::Number => Field::Number,
            HeaderField::Incarnation => Field::Incarnation,
            HeaderField::Captured => Field::Captured,
            HeaderField::Length => Field::Length,
            HeaderField::Counter => Field::Counter,
            HeaderField::DataId => Field::DataId,
            HeaderField::Version => Field::Version,
        }
    }
}

impl StateValue {
    /// The value itself.
    pub const fn value(self) -> f64 {
        match self {
            StateValue::Nan => f64::NAN,
            StateValue::Infinity => f64::INFINITY,
            StateValue::Huge => 1e6,
        }
    }
}

/// Damage to the bytes of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// So many bits flipped, drawn from the seed.
    Bits(u32),
    /// One run of so many bits inverted, at a place drawn from the seed.
    Burst(u32),
    /// The second half is zero.
    Zeroes,
    /// The second half is that of the sample before.
    StaleHalf,
}

/// How the measurement times of a process are wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ClockError {
    /// They are this much ahead of the truth, nanoseconds; negative is behind.
    Offset(i64),
    /// They run ahead by so many parts in a million.
    Drift(f64),
    /// They stand still at the beginning of the fault.
    Frozen,
}

/// How a picture is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureHow {
    /// Every pixel is 0.
    Black,
    /// Every pixel is 255.
    White,
    /// Gaussian noise of this standard deviation, grey levels, is added.
    Noise(u32),
    /// Every pixel is the mean of a square this many pixels wide.
    Blur(u32),
    /// A dark blotch covers this share of the picture, percent.
    Occlusion(u32),
    /// This many drops of water stand on the lens.
    Drops(u32),
    /// The lower half shows one row.
    StuckRows,
}

/// How detections are changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ObjectsHow {
    /// One object more than there is, at this range, metres.
    Ghost(f64),
    /// No object at all.
    Missing,
    /// Every range is this much too large, metres.
    RangeBias(f64),
    /// Every range rate is this much too large, metres a second.
    SpeedBias(f64),
    /// Every range grows by this much a second, metres a second.
    RangeDrift(f64),
    /// Every range is beyond what the sensor can see.
    OutOfRange,
    /// Another radar raises the noise by this much, dB.
    Interference(f64),
}

/// A signal that ends a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(extend("x-instead" = {
    "SIGSTOP": "which stops a process and does not end it: for that use `inject.hang = { how = \"stop\" }`",
    "SIGTSTP": "which stops a process and does not end it: for that use `inject.hang = { how = \"stop\" }`",
    "SIGTTIN": "which stops a process and does not end it: for that use `inject.hang = { how = \"stop\" }`",
    "SIGTTOU": "which stops a process and does not end it: for that use `inject.hang = { how = \"stop\" }`",
}))]
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
