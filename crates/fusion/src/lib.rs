//! The device under test: camera frames and radar detections go in, tracks of vehicles come out.
//!
//! [`Fusion`] is a state machine. Time, frames and detections are handed to it; it knows no ground
//! truth, no faults, no operating system and no clock.
//!
//! - `config`: what fusion knows about its sensors, as the caller states it
//! - `fusion`: the state machine, its output and what it refuses
//! - `mode`: which sensors are alive, from the ages of their data alone
//! - `detector`: pixels → vehicles
//! - `radar`: raw detections → one measurement per object
//! - `tracker`: measurements → tracks, late measurements included
//! - `brake`: tracks → whether to brake, and what each mode may decide
//! - `plausibility`: whether data that arrived intact can be believed, for the caller to ask
//! - `assignment`, `ego`, `kalman`, `measurement`, `motion`, `union_find`: the mathematics below
//!
//! Frame of reference, everywhere: the origin is the centre of the ego's front bumper on the
//! ground, x forward, y left. Both sensors are mounted there. The reference point of another
//! vehicle is the centre of its nearest face.
#![forbid(unsafe_code)]

mod assignment;
mod brake;
mod config;
mod detector;
mod ego;
mod fusion;
mod kalman;
mod measurement;
mod mode;
mod motion;
pub mod plausibility;
mod radar;
mod tracker;
mod union_find;

pub use brake::{BrakePolicy, BrakeRequest};
pub use config::{CameraCalibration, Config, EgoMotion, FieldOfView};
pub use detector::{Detector, Sighting};
pub use fusion::{Counters, Fusion, Output, Rejection};
pub use mode::Mode;
pub use motion::Component;
pub use radar::{Detection, MAX_DETECTIONS};
pub use tracker::{Evidence, MAX_TRACKS, Seen, Status, Track};
