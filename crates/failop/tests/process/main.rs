//! The real binary with real processes: what it does to them, what it tells about it, and what it
//! leaves behind, whoever is killed.
#![forbid(unsafe_code)]

mod binary;
mod bus;
mod command_line;
mod control;
mod deaths;
mod disk;
mod doctor;
mod ipc;
mod kinds;
mod noticed;
mod placing;
mod plant;
mod processes;
mod remade;
mod resumed;
mod rig;
mod signals;
mod starts;
mod sums;
mod supervision;
