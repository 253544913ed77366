//! Words that protocols are made of, so that the same protocol runs on shared memory and in a model:
//! [`Load`], [`Store`].

use std::sync::atomic::{AtomicU64, Ordering};

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
