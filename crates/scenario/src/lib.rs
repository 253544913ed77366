//! A scenario file becomes a checked [`Plan`], a board file a checked [`Board`], which is part of it.
//!
//! Nobody else parses configuration: after loading, only the plan travels. The shape of the text is
//! told once, by the private mirror in `text`: the [`schema()`] for editors, the validator with its
//! messages and the tables of the [`reference()`] all follow from it.
#![forbid(unsafe_code)]

pub mod board;
mod check;
pub mod load;
mod mistake;
pub mod plan;
mod preset;
mod reference;
mod resolve;
mod scheduling;
mod schema;
mod shape;
mod text;
mod tree;
mod twin;
mod validate;

pub use board::Board;
pub use load::{
    CollectError, LoadError, Loaded, LoadedBoard, collect, load, load_board, parse, parse_board,
};
pub use mistake::{Mistake, Mistakes};
pub use plan::Plan;
pub use preset::presets;
pub use reference::{board_reference, reference};
pub use schema::{board_schema, schema};
pub use twin::{Twin, TwinError, twin};
