//! Numbers become HTML, SVG, JUnit, JSON, Markdown and the table in the terminal.
//!
//! Every function is pure: a [`Summary`](analysis::Summary) and the
//! [`Series`](analysis::series::Series), a [`Campaign`](analysis::Campaign), or a
//! [`Coverage`](analysis::Coverage) go in, a string comes out. Nothing is measured or judged here, and
//! nothing is read or written.
//!
//! | output | function |
//! |---|---|
//! | `run.json` | [`json()`] |
//! | `summary.md` | [`markdown()`] |
//! | `report.html` | [`html()`] |
//! | `drive.svg`, `birds-eye.svg` | [`drive_svg()`], [`birds_eye_svg()`] |
//! | `latency.svg`, `frame-loss.svg`, `timeline.svg` | [`latency_svg()`], [`frame_loss_svg()`], [`timeline_svg()`] |
//! | `junit.xml` | [`junit()`] |
//! | `docs/faults.md`, `failop faults` | [`catalogue_markdown()`], [`catalogue_json()`], [`catalogue_lines()`] |
//! | the end of a run in the terminal | [`table()`] |
//! | `campaign.json`, `campaign.md`, `campaign.html` | [`json()`], [`campaign_markdown()`], [`campaign_html()`] |
//! | `coverage.json`, `coverage.md`, `coverage.html` | [`json()`], [`coverage_markdown()`], [`coverage_html()`] |
//! | the end of repeated runs in the terminal | [`campaign_lines()`] |
//! | `failop bench ipc` | [`ipc_lines()`], [`json()`], [`ipc_html()`] |
//! | `failop bench breakage` | [`breakage_lines()`], [`json()`], [`breakage_html()`] |
#![forbid(unsafe_code)]

mod catalogue;
mod html;
mod json;
mod junit;
mod markdown;
mod number;
mod picture;
mod plot;
mod table;
mod words;

pub use catalogue::{catalogue_json, catalogue_lines, catalogue_markdown};
pub use html::{breakage_html, campaign_html, coverage_html, html, ipc_html};
pub use json::json;
pub use junit::{NotRun, junit};
pub use markdown::{campaign_markdown, coverage_markdown, markdown};
pub use plot::{PlotError, birds_eye_svg, drive_svg, frame_loss_svg, latency_svg, timeline_svg};
pub use table::{Style, breakage_lines, campaign_lines, ipc_lines, table, verdict_line};
pub use words::board::warnings;
