//! Starts, watches, breaks and buries processes on schedule: [`run()`].
//!
//! The decisions are those of `policy::Policy`, a state machine without IO; the rest makes them happen.
//! Nothing here has an opinion on what fusion concludes, and the watchdog never waits on a node.
#![forbid(unsafe_code)]

pub mod boot;
pub mod links;
pub mod needs;
pub mod resumed;
pub mod run;

mod capture_device;
mod children;
mod deaths;
mod errno;
mod harness;
mod hogs;
mod impostor;
mod life_signs;
mod looks;
mod off_bus;
mod outside;
mod placing;
mod plant;
mod policy;
mod probes;
mod recorder;
mod reload;
mod resources;
mod stalls;
mod stimulus;
mod strikes;
mod supervision;
mod triggers;
mod vitals;

pub use boot::{Boot, Descriptors, PlantBoot, RoleDescriptors, StimulusBoot};
pub use placing::Refused;
pub use probes::{Punctuality, punctuality};
pub use recorder::{Observation, Observer, RecordError};
pub use reload::Reload;
pub use resumed::Resumed;
pub use run::{Order, RunError, run};
