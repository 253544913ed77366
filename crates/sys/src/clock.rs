//! The one clock of all processes, `CLOCK_MONOTONIC`: [`now_ns`].

use nix::errno::Errno;
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, ClockNanosleepFlags, clock_gettime, clock_nanosleep};
use std::time::{Duration, UNIX_EPOCH};

/// Nanoseconds since an arbitrary moment, the same for every process on this machine.
pub fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("Linux has a monotonic clock");
    now.tv_sec().cast_unsigned() * 1_000_000_000 + now.tv_nsec().cast_unsigned()
}

/// CPU time of the calling process since its start, user and system, nanoseconds.
pub fn cpu_ns() -> u64 {
    let used = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("Linux counts CPU time");
    used.tv_sec().cast_unsigned() * 1_000_000_000 + used.tv_nsec().cast_unsigned()
}

/// Wall-clock milliseconds since 1970 UTC, for people: never compared with [`now_ns`].
#[expect(clippy::disallowed_methods, reason = "this is the one home of the wall clock")]
pub fn unix_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as u64
}

/// Sleeps until [`now_ns`] has reached `deadline_ns`.
pub fn sleep_until(deadline_ns: u64) {
    let deadline = TimeSpec::from_duration(Duration::from_nanos(deadline_ns));
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
