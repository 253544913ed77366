//! The content of `report.html` and `campaign.html`: [`html`] and [`campaign_html`], each one page that needs nothing beside it.
//!
//! Text reaches the page through [`escaped`] alone; the page has no script and asks for nothing.

mod campaign;
mod demands;
mod faults;
mod markup;
mod overview;
mod page;
mod processes;
mod streams;

pub use campaign::campaign_html;
pub(crate) use markup::escaped;
pub use page::html;
