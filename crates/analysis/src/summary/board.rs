//! What a summary tells of the board: [`Board`].

use serde::{Deserialize, Serialize};

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
