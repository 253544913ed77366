//! The content of `report.html`, `campaign.html`, `coverage.html` and of the page on links compared:
//! [`html`], [`campaign_html`], [`coverage_html`], [`ipc_html`] and [`breakage_html`], each one page that needs nothing
//! beside it.
//!
//! Text reaches the page through [`escaped`] alone; the page has no script and asks for nothing.

mod accuracy;
mod board;
mod breakage;
mod campaign;
mod coverage;
mod demands;
mod faults;
mod ipc;
mod markup;
mod matrix;
mod overview;
mod page;
mod processes;
mod streams;
mod strip;
mod torn;

pub use breakage::breakage_html;
pub use campaign::campaign_html;
pub use coverage::coverage_html;
pub use ipc::ipc_html;
pub(crate) use markup::escaped;
pub use page::html;
