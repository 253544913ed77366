//! Numbers that those who run keep to, and that those who judge a run go by: one definition each.
//!
//! Fusion, the device under test, has its own of the last two; a test of it holds them to these.

/// Lateness of a processor from which on the host counts as stalled: a third of a frame period at 30 FPS.
/// A shorter stall excuses nothing: schedulers of ordinary machines are late by less in ordinary work, and
/// no demand of a scenario is finer.
pub const STALL_NS: u64 = 10_000_000;

/// Time between two ticks of the plant. A request to the brakes counts from the next tick on: what comes of
/// it does not depend on the microsecond in which it was made.
pub const TICK_NS: u64 = 10_000_000;

/// A sensor is gone for fusion when its newest data is older than this many of its periods.
///
/// Three: one period between two measurements, one of latency, and one lost measurement is no outage.
pub const PERIODS_UNTIL_GONE: u32 = 3;

/// How long a confirmed track of fusion lives without a measurement while a sensor is out.
pub const COAST_IN_OUTAGE_NS: u64 = 2_500_000_000;
