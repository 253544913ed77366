//! `failop hil run` over a real connection of `ssh`: what comes back, and what is told where nothing does.
#![forbid(unsafe_code)]

#[path = "../process/binary.rs"]
mod binary;
mod board;
mod emulated;
mod lost;
#[path = "../process/processes.rs"]
#[expect(dead_code, reason = "the tests of processes use more of it")]
mod processes;
mod refused;
#[path = "../process/rig.rs"]
#[expect(dead_code, reason = "the tests of processes use more of it")]
mod rig;
mod whole;
