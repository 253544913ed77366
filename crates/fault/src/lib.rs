//! What can go wrong, as data ([`Fault`], [`Injection`], [`KINDS`]), and the pure decision whether it
//! goes wrong now and how ([`Injector`]).
//!
//! No IO, no clock, no randomness but the scenario's seed: the same faults act the same way on real
//! processes and in virtual time.
//!
//! - `fault`: who breaks, when, how: the fault of a scenario, and what sets it off
//! - `kinds`: the catalogue: every kind with its parameters, one file for each group
//! - `kind`: what the catalogue knows of each kind
//! - `act`: what a fault does, in the words of whoever makes it happen
//! - `bytes`, `picture`, `objects`: what faults do to data, as pure functions
//! - `out_of_reach`: what is not in the catalogue, and why
//! - `outcome`: what becomes of a fault
//! - `units`: the units in the keys of scenario and board files, and times in nanoseconds
//! - `injector`: whether a fault acts now, inside the process that it targets
#![forbid(unsafe_code)]

pub mod act;
pub mod bytes;
pub mod fault;
pub mod injector;
pub mod kind;
pub mod kinds;
pub mod objects;
pub mod out_of_reach;
pub mod outcome;
pub mod picture;
pub mod units;

pub use act::Act;
pub use fault::{Cause, Fault, Start, Target};
pub use injector::Injector;
pub use kind::{Actor, Evidence, Group, Interference, Kind, Need};
pub use kinds::{Flaw, Injection, KINDS};
pub use out_of_reach::{OUT_OF_REACH, OutOfReach};
pub use outcome::Outcome;
