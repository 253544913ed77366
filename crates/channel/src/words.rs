//! What protocols are made of, so that the same protocol runs on shared memory and in a model: words
//! ([`Load`], [`Store`]) and fences ([`Fence`]).

use std::sync::atomic::{AtomicU64, Ordering, fence};
use sys::shm::SharedView;

/// A word that can be loaded.
pub(crate) trait Load {
    fn load(&self, ordering: Ordering) -> u64;
}

/// A word that can also be stored.
pub(crate) trait Store: Load {
    fn store(&self, value: u64, ordering: Ordering);
}

impl Load for AtomicU64 {
    fn load(&self, ordering: Ordering) -> u64 {
        self.load(ordering)
    }
}

impl Store for AtomicU64 {
    fn store(&self, value: u64, ordering: Ordering) {
        self.store(value, ordering);
    }
}

/// A word of memory that is mapped for reading, by its index.
pub(crate) struct Word<'a>(pub(crate) &'a SharedView, pub(crate) usize);

impl Load for Word<'_> {
    fn load(&self, ordering: Ordering) -> u64 {
        self.0.load(self.1, ordering)
    }
}

/// Where a protocol runs, by its fences.
pub(crate) trait Fence {
    fn fence(ordering: Ordering);
}

/// On this machine.
#[derive(Debug)]
pub(crate) struct Kernel;

impl Fence for Kernel {
    fn fence(ordering: Ordering) {
        fence(ordering);
    }
}

#[cfg(test)]
pub(crate) mod model;
