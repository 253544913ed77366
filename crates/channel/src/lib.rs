//! How bytes travel between processes: links by any mechanism, journals, event rings, heartbeats with
//! checkpoints, doorbells, boards, the status of everyone.
//!
//! A writer never waits for a reader, and a process killed at any instruction needs no repair. No
//! payload is understood here, and no fault is known.
#![forbid(unsafe_code)]

pub mod arming;
pub mod board;
pub mod bus;
pub mod doorbell;
pub mod events;
pub mod exhibit;
pub mod frames;
pub mod heartbeat;
pub mod journal;
pub mod link;
pub mod ring;
pub mod start;
pub mod status;

mod checkpoints;
mod page;
mod store;
mod words;

pub use page::AttachError;
