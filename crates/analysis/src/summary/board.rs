//! What a summary tells of the board: [`Board`], [`Placement`], [`Unwritten`].

use serde::{Deserialize, Serialize};

/// How one life of a process was scheduled, read back from the kernel after it had attached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// Its name.
    pub process: String,
    /// Which life, from 1.
    pub incarnation: u32,
    /// What it was to have: class and priority, processors, locked memory.
    pub asked: String,
    /// What it had.
    pub found: String,
    /// Whether it had all that was asked.
    pub as_asked: bool,
    /// What was refused, with the reason that the kernel gave.
    pub refused: Vec<String>,
}

/// A time in which the recording could not be written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unwritten {
    /// From, milliseconds from the start of the schedule.
    pub from_ms: f64,
    /// To; `null` where it lasted until the end of the run.
    pub to_ms: Option<f64>,
    /// Why, as the kernel told.
    pub reason: String,
}

/// The board that a run took place on, where a board file tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub description: String,
    /// What its file asks for and what was found.
    pub rows: Vec<BoardRow>,
}

/// One topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardRow {
    /// What it is about.
    pub topic: String,
    /// What was asked for; empty where nothing can be.
    pub asked: String,
    /// What was found; empty where nothing was looked at.
    pub found: String,
}
