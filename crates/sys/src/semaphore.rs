//! A POSIX semaphore that processes share: [`Semaphore`].
//!
//! It lies in a page of shared memory of its own and goes with it: no name, nothing to clean up. It
//! knows no owner, so a process that is killed leaves nothing locked. A value is not bound to who
//! counted it up: a wild write into the page costs wake-ups, nothing else.

use crate::clock::to_kernel;
use crate::shm::{Shared, Source};
use nix::errno::Errno;
use nix::libc;
use std::io;
use std::time::Duration;

/// Bytes of shared memory that a semaphore takes: a page, so that nothing else reaches it.
pub const SEMAPHORE_BYTES: usize = 4096;

unsafe extern "C" {
    /// `sem_clockwait(3)` of the GNU C library, since 2.30: `sem_timedwait` would jump with the wall
    /// clock.
    fn sem_clockwait(
        semaphore: *mut libc::sem_t,
        clock: libc::clockid_t,
        deadline: *const libc::timespec,
    ) -> libc::c_int;
}

/// Most that are taken off at once: the value may be any number that a wild write has left.
const TAKEN_MAX: libc::c_int = 1024;

/// A mapped semaphore.
#[derive(Debug)]
pub struct Semaphore {
    page: Shared,
}

impl Semaphore {
    /// Makes a semaphore of value 0 at `offset`. Nobody may use it yet.
    pub fn create(source: impl Source, offset: usize) -> io::Result<Semaphore> {
        let semaphore = Semaphore::attach(source, offset)?;
        // SAFETY: the pointer leads to a page of our own mapping, aligned and large enough, in which
        // nobody waits yet.
        Errno::result(unsafe { libc::sem_init(semaphore.raw(), 1, 0) })?;
        Ok(semaphore)
    }

    /// Maps one that was made.
    pub fn attach(source: impl Source, offset: usize) -> io::Result<Semaphore> {
        Ok(Semaphore { page: Shared::map(source, offset, SEMAPHORE_BYTES)? })
    }

    /// Adds one and wakes one that waits for it.
    pub fn post(&self) -> io::Result<()> {
        // SAFETY: the pointer leads to a semaphore, made by `create`; it is atomics and a futex, so
        // that whatever a broken process has stored there, only the value is wrong.
        match Errno::result(unsafe { libc::sem_post(self.raw()) }) {
            // At its limit, it is above 0.
            Ok(_) | Err(Errno::EOVERFLOW) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Sleeps until the value is above 0 and takes one off, at the longest until `deadline_ns` of
    /// [`now_ns`](crate::clock::now_ns). May return early.
    pub fn wait(&self, deadline_ns: u64) -> io::Result<()> {
        let deadline = Duration::from_nanos(to_kernel(deadline_ns));
        let deadline = libc::timespec {
            tv_sec: deadline.as_secs().cast_signed(),
            tv_nsec: deadline.subsec_nanos().into(),
        };
        // SAFETY: as in `post`; `deadline` is a live local.
        let taken =
            unsafe { sem_clockwait(self.raw(), libc::CLOCK_MONOTONIC, &raw const deadline) };
        match Errno::result(taken) {
            Ok(_) | Err(Errno::ETIMEDOUT | Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes off, without waiting, as many as there are at the moment, of very many a part.
    pub fn take_all(&self) -> io::Result<()> {
        let mut value = 0;
        // SAFETY: as in `post`; `value` is a live local.
        Errno::result(unsafe { libc::sem_getvalue(self.raw(), &raw mut value) })?;
        for _ in 0..value.min(TAKEN_MAX) {
            // SAFETY: as in `post`.
            match Errno::result(unsafe { libc::sem_trywait(self.raw()) }) {
                Ok(_) => {}
                Err(Errno::EAGAIN) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn raw(&self) -> *mut libc::sem_t {
        const { assert!(size_of::<libc::sem_t>() <= SEMAPHORE_BYTES) };
        self.page.words().as_ptr().cast::<libc::sem_t>().cast_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now_ns;
    use crate::shm::Memory;

    #[test]
    fn posts_before_the_wait_are_counted_and_can_be_taken_together() {
        let memory = Memory::anonymous("test", SEMAPHORE_BYTES).unwrap();
        let one = Semaphore::create(memory.fd(), 0).unwrap();
        let other = Semaphore::attach(memory.fd(), 0).unwrap();
        for _ in 0..3 {
            one.post().unwrap();
        }
        other.wait(u64::MAX / 2).unwrap();
        other.take_all().unwrap();
        let deadline = now_ns() + 1_000_000;
        other.wait(deadline).unwrap();
        assert!(now_ns() >= deadline);
    }

    #[test]
    fn a_sleeper_is_woken() {
        let memory = Memory::anonymous("test", SEMAPHORE_BYTES).unwrap();
        let semaphore = Semaphore::create(memory.fd(), 0).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| semaphore.wait(u64::MAX / 2).unwrap());
            semaphore.post().unwrap();
        });
    }
}
