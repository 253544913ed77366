//! Numbers become HTML, SVG, JUnit, JSON, Markdown and the table in the terminal.
//!
//! Every function is pure: a [`Summary`](analysis::Summary) and the
//! [`Series`](analysis::series::Series) go in, a string comes out. Nothing is measured or judged
//! here, and nothing is read or written.
//!
//! | output | function |
//! |---|---|
//! | `run.json` | [`json()`] |
//! | `summary.md` | [`markdown()`] |
//! | `report.html` | [`html()`] |
//! | `latency.svg`, `frame-loss.svg`, `timeline.svg` | [`latency_svg()`], [`frame_loss_svg()`], [`timeline_svg()`] |
//! | `junit.xml` | [`junit()`] |
//! | the end of a run in the terminal | [`table()`] |
#![forbid(unsafe_code)]

mod html;
mod json;
mod junit;
mod markdown;
mod number;
mod plot;
mod table;
mod words;

pub use html::html;
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use plot::{PlotError, frame_loss_svg, latency_svg, timeline_svg};
pub use table::{Style, table, verdict_line};
