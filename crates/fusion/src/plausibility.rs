//! Whether data that arrived intact can be believed: [`PictureMonitor`], [`RadarMonitor`],
//! [`ClockMonitor`] and [`ConsistencyMonitor`] look at what a CRC cannot see and answer with a [`Doubt`].
//!
//! A monitor knows its sensor, not what may go wrong with it. Each sample is judged alone or by
//! those before it; a doubt is told only while it persists, so that sound data raise none. Whoever
//! asks decides what becomes of a doubtful sample. None of the monitors has a clock, none fails on
//! any input, and each costs microseconds.

mod clock;
mod consistency;
mod persistence;
mod picture;
mod radar;

pub use clock::{ClockMonitor, Regularity};
pub use consistency::ConsistencyMonitor;
pub use picture::PictureMonitor;
pub use radar::{Belief, RadarMonitor};

/// Why data cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// The picture is black, or nearly.
    Dark,
    /// The picture is white, or nearly.
    Bright,
    /// The picture is grey all over: a covered lens, fog inside it.
    Uniform,
    /// Rows of the picture repeat the row above them.
    StuckRows,
    /// The picture is the one before, in part or altogether.
    StuckPicture,
    /// The picture is smoother than the sensor's own noise lets it be: out of focus.
    Blurred,
    /// Parts of the picture are too smooth: dirt or water on the lens.
    Occluded,
    /// The picture is noisier than the sensor is.
    Noisy,
    /// A detection is not a number, or lies where the sensor sees nothing.
    OutOfRange,
    /// The list is the one before.
    StuckList,
    /// Objects that the camera sees are not in the list.
    Missing,
    /// Ranges or range rates are off from the tracks that the camera supports.
    Biased,
    /// The radar alone sees an object where the camera looks.
    Ghost,
    /// Data were measured after they arrived.
    ClockAhead,
    /// Even the freshest of the last data are old: the sensor's clock is behind, or all are late.
    ClockBehind,
    /// Measurement times do not keep the period: the sensor's clock stands, jumps or drifts.
    ClockIrregular,
    /// Samples are farther from what is believed than both claim to be.
    Inconsistent,
}

impl Doubt {
    /// The name used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Doubt::Dark => "dark",
            Doubt::Bright => "bright",
            Doubt::Uniform => "uniform",
            Doubt::StuckRows => "stuck-rows",
            Doubt::StuckPicture => "stuck-picture",
            Doubt::Blurred => "blurred",
            Doubt::Occluded => "occluded",
            Doubt::Noisy => "noisy",
            Doubt::OutOfRange => "out-of-range",
            Doubt::StuckList => "stuck-list",
            Doubt::Missing => "missing",
            Doubt::Biased => "biased",
            Doubt::Ghost => "ghost",
            Doubt::ClockAhead => "clock-ahead",
            Doubt::ClockBehind => "clock-behind",
            Doubt::ClockIrregular => "clock-irregular",
            Doubt::Inconsistent => "inconsistent",
        }
    }
}
