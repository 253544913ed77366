//! The one clock of all processes, `CLOCK_MONOTONIC`: [`now_ns`].
//!
//! The kernel counts it from its start. A run that goes on after a reset of the machine keeps its clock:
//! each of its processes is told how far that is [`ahead_by`] the kernel's.

use nix::errno::Errno;
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, ClockNanosleepFlags, clock_gettime, clock_nanosleep};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How far the clock of this process is ahead of the kernel's, nanoseconds.
static AHEAD_NS: AtomicU64 = AtomicU64::new(0);

/// Nanoseconds since an arbitrary moment, the same for every process of a run.
pub fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("Linux has a monotonic clock");
    of_kernel(now.tv_sec().cast_unsigned() * 1_000_000_000 + now.tv_nsec().cast_unsigned())
}

/// Sets the clock of this process so far ahead of the kernel's: before anything is timed by it.
pub fn ahead_by(ns: u64) {
    // Relaxed: whoever is to see it is started afterwards, or tells the same time a moment later.
    AHEAD_NS.store(ns, Ordering::Relaxed);
}

/// The time of [`now_ns`] for one that the kernel tells of `CLOCK_MONOTONIC`.
pub fn of_kernel(kernel_ns: u64) -> u64 {
    kernel_ns.saturating_add(AHEAD_NS.load(Ordering::Relaxed))
}

/// The kernel's time for one of [`now_ns`]: for the deadlines that the kernel is given.
pub(crate) fn to_kernel(ns: u64) -> u64 {
    ns.saturating_sub(AHEAD_NS.load(Ordering::Relaxed))
}

/// How far [`now_ns`] is ahead of the kernel's clock, nanoseconds.
pub fn ahead_ns() -> u64 {
    AHEAD_NS.load(Ordering::Relaxed)
}

/// Wall-clock nanoseconds since 1970 UTC: what a machine with a battery remembers over a reset, to about a
/// second. Never compared with [`now_ns`] but by the pairs in a recording's headers.
pub fn unix_ns() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_REALTIME).expect("Linux has a wall clock");
    now.tv_sec().max(0).cast_unsigned() * 1_000_000_000 + now.tv_nsec().cast_unsigned()
}

/// CPU time of the calling process since its start, user and system, nanoseconds.
pub fn cpu_ns() -> u64 {
    let used = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("Linux counts CPU time");
    used.tv_sec().cast_unsigned() * 1_000_000_000 + used.tv_nsec().cast_unsigned()
}

/// Wall-clock milliseconds since 1970 UTC, for people: never compared with [`now_ns`].
pub fn unix_ms() -> u64 {
    unix_ns() / 1_000_000
}

/// Sleeps until [`now_ns`] has reached `deadline_ns`.
pub fn sleep_until(deadline_ns: u64) {
    let deadline = TimeSpec::from_duration(Duration::from_nanos(to_kernel(deadline_ns)));
    let flags = ClockNanosleepFlags::TIMER_ABSTIME;
    while clock_nanosleep(ClockId::CLOCK_MONOTONIC, flags, &deadline) == Err(Errno::EINTR) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_used_by_computing() {
        let before_ns = cpu_ns();
        crate::crash::spin_until(now_ns() + 5_000_000);
        assert!(cpu_ns() > before_ns);
    }

    #[test]
    fn sleep_ends_after_its_deadline_and_at_once_when_it_is_past() {
        let deadline = now_ns() + 2_000_000;
        sleep_until(deadline);
        assert!(now_ns() >= deadline);
        sleep_until(0);
    }
}
