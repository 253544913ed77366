//! The content of `report.html`, `campaign.html` and `coverage.html`: [`html`], [`campaign_html`] and
//! [`coverage_html`], each one page that needs nothing beside it.
//!
//! Text reaches the page through [`escaped`] alone; the page has no script and asks for nothing.

mod accuracy;
mod campaign;
mod coverage;
mod demands;
mod faults;
mod markup;
mod matrix;
mod overview;
mod page;
mod processes;
mod streams;
mod strip;
mod torn;

pub use campaign::campaign_html;
pub use coverage::coverage_html;
pub(crate) use markup::escaped;
pub use page::html;
