//! The three plots of a run, as SVG files that stand alone.
//!
//! Each is a function of the summary and the series; [`Canvas`](canvas::Canvas) is all they know
//! of plotters.

mod axis;
mod canvas;
mod decimate;
mod faults;
mod latency;
mod legend;
mod loss;
mod palette;
mod timeline;
mod zoom;

pub use latency::latency_svg;
pub use loss::frame_loss_svg;
pub use timeline::timeline_svg;

/// Why a plot could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the {plot} plot could not be drawn")]
pub struct PlotError {
    /// Name of the plot.
    plot: &'static str,
    /// What the drawing library said.
    #[source]
    source: canvas::DrawError,
}
