//! The five plots of a run, the one of a fault in repeated runs and those of links compared, as SVG
//! that stands alone.
//!
//! Each is a function of numbers; [`Canvas`](canvas::Canvas) is all they know
//! of plotters.

mod axis;
mod birds_eye;
mod canvas;
mod decimate;
mod distribution;
mod drive;
mod faults;
mod ipc;
mod ipc_cpu;
mod latency;
mod legend;
mod loss;
mod palette;
mod timeline;
mod zoom;

pub use birds_eye::birds_eye_svg;
pub(crate) use distribution::distribution_svg;
pub use drive::drive_svg;
pub(crate) use ipc::ipc_latency_svg;
pub(crate) use ipc_cpu::ipc_cpu_svg;
pub use latency::latency_svg;
pub use loss::frame_loss_svg;
pub use timeline::timeline_svg;

/// Why a plot could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the {plot} plot could not be drawn")]
pub struct PlotError {
    /// Name of the plot.
    plot: String,
    /// What the drawing library said.
    #[source]
    source: canvas::DrawError,
}
