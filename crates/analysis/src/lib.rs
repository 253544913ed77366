//! A recording becomes numbers and verdicts: [`analyse()`] turns a [`Recording`] and its [`Plan`]
//! into a [`Summary`] (what `run.json` says) and [`Series`] (what the plots show).
//!
//! Pure: no live process, no clock, no IO, no output format.
//!
//! The way: records sorted by meaning (`timeline`) → what became of each sample (`streams`), how
//! long it took (`latency`), what became of each fault (`faults`), how good the tracks were
//! (`accuracy`) and what came of it for the car (`safety`), both against the `truth` → what was
//! demanded of all that (`expectations`, `isolation`) → the class of each trial (`faults::outcome`) and the tables of them
//! (`detections`, `interference`). What repetitions of a run come to is a [`Campaign`] (`statistics`),
//! what all runs exercise a [`Coverage`]. Each module's head states the rules it decides by.
//!
//! [`Recording`]: recording::Recording
//! [`Plan`]: scenario::Plan
//! [`Series`]: series::Series
#![forbid(unsafe_code)]

mod accuracy;
mod alarms;
mod analyse;
mod board;
pub mod breakage;
pub mod campaign;
pub mod coverage;
mod detections;
mod excuses;
mod expectations;
mod faults;
mod host;
mod interference;
pub mod ipc;
mod isolation;
mod latency;
mod modes;
mod noticed;
mod placements;
mod plots;
mod processes;
mod quantiles;
mod safety;
pub mod series;
pub mod statistics;
mod streams;
mod strip;
pub mod summary;
#[cfg(test)]
mod testing;
mod timeline;
mod torn;
mod truth;
mod words;

pub use analyse::{analyse, analyse_with_twin};
pub use campaign::Campaign;
pub use coverage::{Coverage, coverage};
pub use series::Series;
pub use summary::{Summary, Verdict};
