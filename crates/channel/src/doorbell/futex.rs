//! A futex on the counter itself: one system call for each ring and each wait.
//!
//! Order and priority: none, a ring is a fact, not a message; the kernel wakes all who sleep. It knows no
//! owner, so that no death leaves anything behind. Cleanup: the memory is gone with the last process
//! that has it. It has no descriptor: nothing else can be waited for at the same time.

use super::{Chime, add_one, counter};
use std::io;
use sys::shm::Shared;

#[derive(Debug)]
pub(super) struct Futex;

impl Chime for Futex {
    fn ring(&self, page: &Shared) -> io::Result<()> {
        add_one(page);
        sys::futex::wake(counter(page));
        Ok(())
    }

    fn wait(&self, page: &Shared, seen: u32, deadline_ns: u64) -> io::Result<()> {
        sys::futex::wait(counter(page), seen, deadline_ns);
        Ok(())
    }
}
