//! Shared memory, futexes, pidfds, clocks, sockets, signals, scheduling, made safe.
//!
//! No other crate has `unsafe`, makes a system call or reads a clock; nothing here knows what the
//! bytes mean or why a process is started or killed.

#![expect(unsafe_code, reason = "this crate is where the operating system is made safe")]

#[cfg(target_endian = "big")]
compile_error!("shared pages and futex words assume a little-endian machine");

pub mod clock;
pub mod crash;
pub mod futex;
pub mod host;
pub mod memory;
pub mod poll;
pub mod process;
pub mod robust;
pub mod sched;
pub mod shm;
pub mod signals;
pub mod socket;
