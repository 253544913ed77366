//! Shared memory, futexes, pidfds, clocks, sockets, signals, scheduling, limits, groups, made safe.
//!
//! No other crate has `unsafe`, makes a system call or reads a clock; nothing here knows what the
//! bytes mean or why a process is started or killed.

#![expect(unsafe_code, reason = "this crate is where the operating system is made safe")]

#[cfg(target_endian = "big")]
compile_error!("shared pages and futex words assume a little-endian machine");

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("the filter of system calls and the illegal instruction know x86-64 and aarch64");

pub mod calls;
pub mod can;
pub mod capability;
pub mod cgroup;
pub mod clock;
pub mod connector;
pub mod crash;
pub mod disk;
pub mod futex;
pub mod hardware_watchdog;
pub mod host;
pub mod limits;
pub mod lines;
pub mod load;
pub mod machine;
pub mod memory;
pub mod module;
pub mod mount;
pub mod mq;
pub mod mutex;
pub mod notify;
pub mod parcel;
pub mod pipe;
pub mod poll;
pub mod process;
pub mod queued;
pub mod robust;
pub mod sched;
pub mod semaphore;
pub mod service_manager;
pub mod shm;
pub mod signals;
pub mod socket;
pub mod stream;
pub mod survey;
pub mod sysv;
pub mod v4l2;
