//! Sleeping on a shared word until somebody changes it: [`wait`] and [`wake`].

use crate::clock::to_kernel;
use nix::errno::Errno;
use nix::libc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// The futex word of a 64-bit counter: its low half, which stands first on a little-endian machine.
fn word(counter: &AtomicU64) -> *mut u32 {
    counter.as_ptr().cast()
}

/// Sleeps while the low 32 bits of `counter` are `seen`, at the longest until `deadline_ns` of
/// [`now_ns`](crate::clock::now_ns). May return early: the caller looks again at what it waits for.
pub fn wait(counter: &AtomicU64, seen: u32, deadline_ns: u64) {
    let deadline = Duration::from_nanos(to_kernel(deadline_ns));
    let timeout = libc::timespec {
        tv_sec: deadline.as_secs().cast_signed(),
        tv_nsec: deadline.subsec_nanos().into(),
    };
    // SAFETY: FUTEX_WAIT_BITSET reads the aligned u32 at `word`, which `counter` keeps alive, and
    // `timeout`, a live local (absolute CLOCK_MONOTONIC for this operation). Waking, the word's
    // change, a signal and the deadline all end the wait; none of them is an error to the caller.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word(counter),
            libc::FUTEX_WAIT_BITSET,
            seen,
            &raw const timeout,
            std::ptr::null::<u32>(),
            libc::FUTEX_BITSET_MATCH_ANY,
        );
    }
}

/// Wakes everyone who sleeps on `counter`, in any process. Returns how many slept.
///
/// # Panics
/// If the kernel has no futexes.
pub fn wake(counter: &AtomicU64) -> u32 {
    // SAFETY: FUTEX_WAKE only uses the address of the aligned u32 that `counter` keeps alive.
    let woken = unsafe {
        libc::syscall(libc::SYS_futex, word(counter), libc::FUTEX_WAKE, libc::c_int::MAX)
    };
    u32::try_from(Errno::result(woken).expect("Linux has futexes")).expect("a count of sleepers")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now_ns;
    use std::sync::atomic::Ordering;

    #[test]
    fn a_sleeper_is_woken_by_a_change() {
        let counter = AtomicU64::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while counter.load(Ordering::Acquire) == 0 {
                    wait(&counter, 0, now_ns() + 10_000_000_000);
                }
            });
            counter.fetch_add(1, Ordering::Release);
            wake(&counter);
        });
    }

    #[test]
    fn nobody_sleeps_on_a_word_that_has_changed_or_past_the_deadline() {
        let counter = AtomicU64::new(7 | 9 << 32);
        wait(&counter, 6, u64::MAX / 2);
        let deadline = now_ns() + 1_000_000;
        wait(&counter, 7, deadline);
        assert!(now_ns() >= deadline);
    }
}
