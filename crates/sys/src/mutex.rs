//! A POSIX mutex that processes share and that outlives its holders: [`Mutex`].
//!
//! It is robust: when a process that holds it is killed, the kernel hands it to the next, who is told
//! ([`Locked::OwnerDied`]). A holder that is stopped keeps it until it goes on, so every wait has a
//! deadline. The C library keeps the addresses of the holder's other locks in the mutex while it is
//! held: a process that shares it can misdirect a store of the holder, so share it only with processes
//! of the same trust.

use crate::clock::to_kernel;
use crate::shm::{Shared, Source};
use nix::libc;
use std::io;
use std::mem::MaybeUninit;
use std::time::Duration;

/// Bytes of shared memory that a mutex takes: a page, so that nothing else reaches it.
pub const MUTEX_BYTES: usize = 4096;

unsafe extern "C" {
    /// `pthread_mutex_clocklock(3)` of the GNU C library, since 2.30: `pthread_mutex_timedlock` would
    /// jump with the wall clock.
    fn pthread_mutex_clocklock(
        mutex: *mut libc::pthread_mutex_t,
        clock: libc::clockid_t,
        deadline: *const libc::timespec,
    ) -> libc::c_int;
}

/// What became of who held it before.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// It has unlocked it.
    Fine,
    /// It died holding it: what the mutex guards may be half done.
    OwnerDied,
}

/// A mapped mutex.
#[derive(Debug)]
pub struct Mutex {
    page: Shared,
}

impl Mutex {
    /// Makes a mutex at `offset`, unlocked. Nobody may use it yet.
    pub fn create(source: impl Source, offset: usize) -> io::Result<Mutex> {
        let mutex = Mutex::attach(source, offset)?;
        let mut attributes = MaybeUninit::uninit();
        let attributes: *mut libc::pthread_mutexattr_t = attributes.as_mut_ptr();
        // SAFETY: the pointer leads to a live local that is to be filled.
        check(unsafe { libc::pthread_mutexattr_init(attributes) })?;
        // SAFETY: initialised by the call above, which has succeeded.
        check(unsafe {
            libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED)
        })?;
        // SAFETY: as above.
        check(unsafe {
            libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST)
        })?;
        // SAFETY: the mutex is a page of our own mapping, aligned and large enough, that nobody uses
        // yet; the attributes are initialised.
        check(unsafe { libc::pthread_mutex_init(mutex.raw(), attributes) })?;
        // SAFETY: initialised above and used no more.
        check(unsafe { libc::pthread_mutexattr_destroy(attributes) })?;
        Ok(mutex)
    }

    /// Maps one that was made.
    pub fn attach(source: impl Source, offset: usize) -> io::Result<Mutex> {
        Ok(Mutex { page: Shared::map(source, offset, MUTEX_BYTES)? })
    }

    /// Runs `work` while this thread holds the mutex, waiting for it until `deadline_ns` of
    /// [`now_ns`](crate::clock::now_ns) at the longest; `None` if it was not to be had. `work` is told
    /// whether the holder before died; after it the mutex is as good as new.
    pub fn with<R>(
        &self,
        deadline_ns: u64,
        work: impl FnOnce(Locked) -> R,
    ) -> io::Result<Option<R>> {
        let deadline = Duration::from_nanos(to_kernel(deadline_ns));
        let deadline = libc::timespec {
            tv_sec: deadline.as_secs().cast_signed(),
            tv_nsec: deadline.subsec_nanos().into(),
        };
        // SAFETY: the pointer leads to a mutex, made by `create`, in a mapping that stays until after
        // it is unlocked below, as the C library's list of held robust mutexes demands.
        let locked = unsafe {
            pthread_mutex_clocklock(self.raw(), libc::CLOCK_MONOTONIC, &raw const deadline)
        };
        let before = match locked {
            0 => Locked::Fine,
            libc::EOWNERDEAD => Locked::OwnerDied,
            libc::ETIMEDOUT => return Ok(None),
            error => return Err(io::Error::from_raw_os_error(error)),
        };
        // From here on it is unlocked, also by a panic of `work`.
        let _held = Held { mutex: self };
        if before == Locked::OwnerDied {
            // SAFETY: as above; this thread holds it and was told that the owner died.
            check(unsafe { libc::pthread_mutex_consistent(self.raw()) })?;
        }
        Ok(Some(work(before)))
    }

    fn raw(&self) -> *mut libc::pthread_mutex_t {
        const { assert!(size_of::<libc::pthread_mutex_t>() <= MUTEX_BYTES) };
        self.page.words().as_ptr().cast::<libc::pthread_mutex_t>().cast_mut()
    }
}

/// A lock that this thread gives back; never handed out, so that it cannot be forgotten.
struct Held<'a> {
    mutex: &'a Mutex,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // SAFETY: this thread holds the mutex, which is made once and never leaves `with`.
        let unlocked = unsafe { libc::pthread_mutex_unlock(self.mutex.raw()) };
        check(unlocked).expect("this thread holds it");
    }
}

/// The thread functions return their error.
fn check(result: libc::c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now_ns;
    use crate::shm::Memory;

    const FOREVER_NS: u64 = u64::MAX / 2;

    #[test]
    fn one_at_a_time_holds_it_and_the_others_wait() {
        let memory = Memory::anonymous("test", MUTEX_BYTES).unwrap();
        let one = Mutex::create(memory.fd(), 0).unwrap();
        let other = Mutex::attach(memory.fd(), 0).unwrap();
        assert_eq!(one.with(FOREVER_NS, |before| before).unwrap(), Some(Locked::Fine));
        one.with(FOREVER_NS, |_| {
            let deadline = now_ns() + 1_000_000;
            assert_eq!(other.with(deadline, |before| before).unwrap(), None);
            assert!(now_ns() >= deadline);
        })
        .unwrap();
        assert_eq!(other.with(FOREVER_NS, |before| before).unwrap(), Some(Locked::Fine));
    }

    #[test]
    fn a_panic_while_it_is_held_unlocks_it() {
        let memory = Memory::anonymous("test", MUTEX_BYTES).unwrap();
        let mutex = Mutex::create(memory.fd(), 0).unwrap();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            mutex.with(FOREVER_NS, |_| panic!("while it is held")).unwrap()
        }));
        assert!(panicked.is_err());
        assert_eq!(mutex.with(FOREVER_NS, |before| before).unwrap(), Some(Locked::Fine));
    }
}
