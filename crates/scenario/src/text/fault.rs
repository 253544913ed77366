//! The text of a fault: [`Fault`] and the kinds of [`Inject`].

use fault::{CrashHow, HangHow, Signal};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use wire::Node;

use crate::schema::{node, words};

/// What goes wrong, with whom and when. Exactly one of `at-s` and `at-frame` stands in it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Fault {
    /// Name of the fault, unique in the file; `[expect.fault.<id>]` refers to it.
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z0-9][A-Za-z0-9_-]*$"))]
    #[schemars(extend("x-must-be" = "a string of 1 to 64 letters, digits, hyphens and underscores, a letter or digit first"))]
    pub(crate) id: String,
    /// The victim.
    #[schemars(schema_with = "node")]
    pub(crate) target: Node,
    /// When it begins, counted from camera frame 0.
    #[schemars(range(min = 0.0, max = 3600.0))]
    pub(crate) at_s: Option<f64>,
    /// The same as the number of the camera frame that is due then, also for another target.
    #[schemars(range(min = 0, max = 432_000))]
    pub(crate) at_frame: Option<u64>,
    /// What goes wrong: exactly one kind.
    pub(crate) inject: Inject,
}

/// What goes wrong.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum Inject {
    /// The watchdog sends the process a signal that ends it.
    Kill(Kill),
    /// The process really crashes, from inside.
    Crash(Crash),
    /// The process stops making progress.
    Hang(Hang),
    /// Each step of the process takes longer; it sleeps, so that no other process pays for it.
    Slow(Slow),
    /// Samples are made and then withheld. Camera and radar only.
    Drop(Drop),
    /// Samples are handed over later than they were made. Camera and radar only.
    Delay(Delay),
    /// Bits of each sample are flipped after it was protected. Camera and radar only.
    Corrupt(Corrupt),
    /// The sensor repeats its last content from before the fault as if it were new. Camera and
    /// radar only.
    Freeze(Freeze),
}

/// Sends a signal.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Kill {
    /// The signal.
    #[schemars(schema_with = "signal")]
    pub(crate) signal: Signal,
}

/// Crashes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Crash {
    /// How it crashes.
    #[schemars(schema_with = "crash_how")]
    pub(crate) how: CrashHow,
    /// Every incarnation that is alive in this time crashes: a crash loop. Absent: one crash.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub(crate) for_s: Option<f64>,
}

/// Hangs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Hang {
    /// How it hangs.
    #[schemars(schema_with = "hang_how")]
    pub(crate) how: HangHow,
    /// How long, if nobody replaces the process before. Absent: until it is replaced.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub(crate) for_s: Option<f64>,
}

/// Slows down.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Slow {
    /// What each step takes longer.
    #[schemars(range(min = 0.1, max = 10_000.0))]
    pub(crate) extra_ms: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub(crate) for_s: f64,
}

/// Withholds samples.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Drop {
    /// Share of the samples; which ones is drawn from the seed.
    #[schemars(range(max = 100.0), extend("exclusiveMinimum" = 0))]
    pub(crate) percent: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub(crate) for_s: f64,
}

/// Delays samples.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Delay {
    /// By how much; at most as long as 64 samples of the target take.
    #[schemars(range(min = 0.1, max = 10_000.0))]
    pub(crate) by_ms: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub(crate) for_s: f64,
}

/// Flips bits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Corrupt {
    /// How many bits of each sample; a radar message has 8192.
    #[schemars(range(min = 1, max = 8192))]
    pub(crate) bits: u32,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub(crate) for_s: f64,
}

/// Repeats the last content.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Freeze {
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub(crate) for_s: f64,
}

fn signal(_: &mut SchemaGenerator) -> Schema {
    const INSTEAD: &str = "which stops a process and does not end it: for that use `inject.hang = { how = \"stop\" }`";
    json_schema!({
        "enum": Signal::ALL.map(Signal::name),
        "x-instead": { "SIGSTOP": INSTEAD, "SIGTSTP": INSTEAD, "SIGTTIN": INSTEAD, "SIGTTOU": INSTEAD },
    })
}

fn crash_how(_: &mut SchemaGenerator) -> Schema {
    words(&[
        (CrashHow::Segfault.name(), "a write through a null pointer: SIGSEGV"),
        (CrashHow::Abort.name(), "abort(): SIGABRT"),
        (CrashHow::Panic.name(), "a Rust panic in the main thread: exit code 101"),
        (CrashHow::Exit.name(), "exit(0): a clean end of a process that must not end"),
    ])
}

fn hang_how(_: &mut SchemaGenerator) -> Schema {
    words(&[
        (HangHow::Stop.name(), "SIGSTOP: the kernel stops every thread"),
        (HangHow::Spin.name(), "a busy loop: it burns a CPU and does nothing"),
        (HangHow::Block.name(), "a wait that nobody ends"),
    ])
}
