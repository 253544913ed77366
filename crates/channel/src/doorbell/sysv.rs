//! A System V semaphore, set to 1 by each ring and taken by the waiter: one system call each.
//!
//! Rings that nobody has heard yet count as one. The kernel holds the value and no owner: no death leaves
//! it locked, and no wild write reaches it. No priority, no descriptor. Cleanup: by the owner, when it is
//! dropped; an owner that is killed leaves the semaphore behind (`ipcs -s`, `ipcrm -s`).

use super::{Chime, add_one, count};
use std::io;
use sys::shm::Shared;
use sys::sysv::semaphore::SemaphoreEnd;

impl Chime for SemaphoreEnd {
    fn ring(&self, page: &Shared) -> io::Result<()> {
        add_one(page);
        self.set()
    }

    fn wait(&self, page: &Shared, seen: u32, deadline_ns: u64) -> io::Result<()> {
        if count(page) == seen { SemaphoreEnd::wait(self, deadline_ns) } else { Ok(()) }
    }
}
