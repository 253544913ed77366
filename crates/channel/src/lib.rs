//! How bytes travel between processes: newest-frame buffers in shared memory, datagram mailboxes,
//! event rings, heartbeats, doorbells.
//!
//! A writer never waits for a reader, and a process killed at any instruction needs no repair. No
//! payload is understood here, and no fault is known.
#![forbid(unsafe_code)]

pub mod arming;
pub mod doorbell;
pub mod events;
pub mod frames;
pub mod heartbeat;
pub mod mailbox;
pub mod start;

mod page;

pub use page::AttachError;
