//! What each command does.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod faults;
pub(crate) mod hil;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod selftest;
