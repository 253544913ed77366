//! The content of `report.html`: [`html`], one page that needs nothing beside it.
//!
//! Text reaches the page through [`escaped`] alone; the page has no script and asks for nothing.

mod demands;
mod faults;
mod markup;
mod overview;
mod page;
mod processes;
mod streams;

pub(crate) use markup::escaped;
pub use page::html;
