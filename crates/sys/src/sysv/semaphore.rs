//! System V semaphores: [`Semaphore`] owns one, [`SemaphoreEnd`] uses it by its number.
//!
//! It has no descriptor, and no memory of its own that could be broken: the kernel holds the value. It
//! outlives every process until somebody removes it, so the owner does so when it is dropped; an owner
//! that is killed leaves it behind (`ipcs -s`, `ipcrm -s`).

use crate::clock::now_ns;
use nix::errno::Errno;
use nix::libc;
use std::io;
use std::time::Duration;

/// Only this user uses it.
const OWN: libc::c_int = 0o600;

/// A semaphore, until it is dropped.
#[derive(Debug)]
pub struct Semaphore {
    id: i32,
}

impl Semaphore {
    /// A semaphore of value 0 that no key leads to (`IPC_PRIVATE`), only its number.
    pub fn create() -> io::Result<Semaphore> {
        // SAFETY: takes three integers and returns a number or -1.
        let id = unsafe { libc::semget(libc::IPC_PRIVATE, 1, libc::IPC_CREAT | OWN) };
        // Linux begins with 0, where POSIX leaves it open.
        Ok(Semaphore { id: Errno::result(id)? })
    }

    /// Takes over one whose owner was killed, so that it does not stay for ever.
    pub fn adopt(id: i32) -> Semaphore {
        Semaphore { id }
    }

    /// The number by which any process of this user reaches it.
    pub fn id(&self) -> i32 {
        self.id
    }
}

impl Drop for Semaphore {
    fn drop(&mut self) {
        // SAFETY: IPC_RMID takes no fourth argument.
        let removed = unsafe { libc::semctl(self.id, 0, libc::IPC_RMID) };
        // Somebody else removed it: gone is gone.
        if Errno::result(removed).is_err() {}
    }
}

/// One process's access to a semaphore.
#[derive(Clone, Copy, Debug)]
pub struct SemaphoreEnd {
    id: i32,
}

impl SemaphoreEnd {
    /// Access to the semaphore of this number; whether there is one shows when it is used.
    pub fn new(id: i32) -> SemaphoreEnd {
        SemaphoreEnd { id }
    }

    /// Sets the value to 1 and wakes who waits for that: however often it is done before somebody
    /// looks, it counts once, so that the value never ends at its limit.
    pub fn set(&self) -> io::Result<()> {
        // SAFETY: SETVAL takes an integer as the fourth argument.
        Errno::result(unsafe { libc::semctl(self.id, 0, libc::SETVAL, 1) })?;
        Ok(())
    }

    /// Sleeps until the value is above 0 and takes one off, at the longest until `deadline_ns`. May
    /// return early.
    pub fn wait(&self, deadline_ns: u64) -> io::Result<()> {
        let mut take = libc::sembuf { sem_num: 0, sem_op: -1, sem_flg: 0 };
        let left = Duration::from_nanos(deadline_ns.saturating_sub(now_ns()));
        let timeout = libc::timespec {
            tv_sec: left.as_secs().cast_signed(),
            tv_nsec: left.subsec_nanos().into(),
        };
        // SAFETY: both pointers lead to live locals; the kernel reads one operation and the timeout.
        let taken = unsafe {
            libc::syscall(libc::SYS_semtimedop, self.id, &raw mut take, 1, &raw const timeout)
        };
        match Errno::result(taken) {
            Ok(_) | Err(Errno::EAGAIN | Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the kernel lists a semaphore of this number.
    fn is_listed(id: i32) -> bool {
        let table = std::fs::read_to_string("/proc/sysvipc/sem").unwrap();
        table.lines().skip(1).any(|line| line.split_whitespace().nth(1) == Some(&id.to_string()))
    }

    #[test]
    fn set_before_the_wait_is_not_lost_and_counts_once() {
        let semaphore = Semaphore::create().unwrap();
        let end = SemaphoreEnd::new(semaphore.id());
        end.set().unwrap();
        end.set().unwrap();
        end.wait(u64::MAX / 2).unwrap();
        let deadline = now_ns() + 1_000_000;
        end.wait(deadline).unwrap();
        assert!(now_ns() >= deadline);
    }

    #[test]
    fn a_dropped_semaphore_is_gone_and_its_ends_are_told() {
        let semaphore = Semaphore::create().unwrap();
        let end = SemaphoreEnd::new(semaphore.id());
        let id = semaphore.id();
        assert!(is_listed(id));
        drop(semaphore);
        assert!(!is_listed(id));
        assert!(end.set().is_err());
        assert!(end.wait(u64::MAX / 2).is_err());
    }
}
