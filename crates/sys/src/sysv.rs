//! System V objects, which have a number instead of a descriptor and outlive their processes: each
//! owner here removes its own when it is dropped.

pub mod memory;
pub mod queue;
pub mod semaphore;
