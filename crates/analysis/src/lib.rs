//! A recording becomes numbers and verdicts: [`analyse()`] turns a [`Recording`] and its [`Plan`]
//! into a [`Summary`] (what `run.json` says) and [`Series`] (what the plots show).
//!
//! Pure: no live process, no clock, no IO, no output format.
//!
//! The way: records sorted by meaning (`timeline`) → what became of each sample (`streams`), how
//! long it took (`latency`), what became of each fault (`faults`) → what was demanded of all that
//! (`expectations`, `isolation`). What repetitions of a run come to is a [`Campaign`] (`statistics`).
//! Each module's head states the rules it decides by.
//!
//! [`Recording`]: recording::Recording
//! [`Plan`]: scenario::Plan
//! [`Series`]: series::Series
#![forbid(unsafe_code)]

mod analyse;
pub mod campaign;
mod excuses;
mod expectations;
mod faults;
mod host;
mod isolation;
mod latency;
mod modes;
mod plots;
mod processes;
mod quantiles;
pub mod series;
pub mod statistics;
mod streams;
pub mod summary;
#[cfg(test)]
mod testing;
mod timeline;
mod words;

pub use analyse::analyse;
pub use campaign::Campaign;
pub use series::Series;
pub use summary::{Summary, Verdict};
