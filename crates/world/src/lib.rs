//! The plant: true motion, and what a camera and a radar would see of it.
//!
//! Frame of reference: the *ego frame* has its origin on the ground below the centre of the ego's
//! front bumper, x forward, y to the left, z up; camera and radar are mounted there. An actor's
//! reference point is the centre of its nearest face on the ground (the rear, or the front of who
//! comes towards the ego), so its x is the gap from bumper to bumper.
//!
//! Whatever a function here gives depends on its arguments and the seed alone, so a sensor
//! process that dies and returns sees what it would have seen. There is no clock, no fault and no
//! IO in this crate.
#![forbid(unsafe_code)]

pub mod camera;
pub mod motion;
pub mod odometry;
pub mod plant;
pub mod radar;
mod random;
pub mod road;
pub mod traffic;
pub mod weather;

pub use camera::{CameraModel, Renderer};
pub use motion::{Motion, Object};
pub use odometry::{Odometry, OwnMotion};
pub use plant::{Brakes, EgoState, Plant, Request, Way};
pub use radar::{Beam, Detection, MAX_DETECTIONS, RadarModel, RadarSensor, Rail};
pub use road::{LANE_WIDTH_M, Road};
pub use traffic::{Actor, Ego, Kind, Manoeuvre, Size, Start, Step, Traffic};
pub use weather::{Light, Weather};
