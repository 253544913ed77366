//! Whole drives: the ego brakes as fusion asks, and the sensors see what comes of it.
#![forbid(unsafe_code)]

mod accuracy;
mod braking;
mod consistency;
mod course;
mod kills;
mod outcome;
mod single_kill;
#[path = "../common/wiring.rs"]
mod wiring;
