//! The bytes of every message and shared header: fixed, little-endian, versioned, end-to-end
//! protected.
//!
//! No layout is defined anywhere else, and nothing here moves, stores or interprets a payload.
#![forbid(unsafe_code)]

pub mod ars408;
pub mod checkpoint;
pub mod e2e;
pub mod envelope;
pub mod event;
pub mod field;
pub mod frame;
pub mod handle;
pub mod limits;
pub mod link;
pub mod node;
pub mod plant;
pub mod radar;
pub mod shared;

pub use checkpoint::Checkpoint;
pub use event::{Event, Record};
pub use field::Field;
pub use link::Mechanism;
pub use node::{Node, Source};
