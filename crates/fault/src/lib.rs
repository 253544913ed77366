//! What can go wrong, as data ([`Fault`]), and the pure decision whether it goes wrong now and how
//! ([`Injector`]). What it does to data is pure as well: [`bytes`], [`picture`], [`objects`].
//!
//! No IO, no clock, no randomness but the scenario's seed: the same faults act the same way on real
//! processes and in virtual time.
#![forbid(unsafe_code)]

pub mod bytes;
pub mod catalogue;
pub mod injector;
pub mod objects;
pub mod picture;

pub use catalogue::{CrashHow, Fault, HangHow, Injection, Signal};
pub use injector::{DataFault, Injector, ProcessFault};
