//! Reads scenario files, [`load`] and [`parse`], and board files, [`load_board`] and [`parse_board`].

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use thiserror::Error;
use toml::de::DeTable;

use crate::board::Board;
use crate::mistake::{Finding, FindingKind, Mistakes};
use crate::plan::Plan;
use crate::tree::{Entry, Kind, Value};
use crate::{check, resolve, schema, text, validate};

/// Largest scenario file that is read; a full one has a few kilobytes. Above it is another kind
/// of file.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// A scenario with what it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What to do.
    pub plan: Plan,
    /// The text of the file.
    pub text: String,
    /// The file, as it was named.
    pub path: PathBuf,
}

/// Why a scenario file could not be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is larger than [`MAX_FILE_BYTES`].
    #[error("{} has more than the {MAX_FILE_BYTES} bytes of a scenario file", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The text has mistakes: one message each.
    #[error("{0}")]
    Mistakes(Mistakes),
}

/// A board with what it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedBoard {
    /// The board.
    pub board: Board,
    /// The text of the file.
    pub text: String,
    /// The file, as it was named.
    pub path: PathBuf,
}

/// Reads and checks a scenario file.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let text = read(path)?;
    let plan = parse(&path.display().to_string(), &text).map_err(LoadError::Mistakes)?;
    Ok(Loaded { plan, text, path: path.to_owned() })
}

/// Reads and checks a board file.
pub fn load_board(path: &Path) -> Result<LoadedBoard, LoadError> {
    let text = read(path)?;
    let board = parse_board(&path.display().to_string(), &text).map_err(LoadError::Mistakes)?;
    Ok(LoadedBoard { board, text, path: path.to_owned() })
}

/// The text of a file of ours.
fn read(path: &Path) -> Result<String, LoadError> {
    let read = |source| LoadError::Read { path: path.to_owned(), source };
    // No more is read than is allowed: a device has no length, and may have no end.
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(read)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(read)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(LoadError::TooLarge { path: path.to_owned() });
    }
    let name = path.display().to_string();
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let readable = String::from_utf8_lossy(error.as_bytes());
        let finding = Finding::wrong(&(at..at), "a byte that is not UTF-8".to_owned());
        LoadError::Mistakes(Mistakes::new(&name, &readable, vec![finding]))
    })
}

/// Checks the text of a scenario file; `name` stands before each message.
pub fn parse(name: &str, text: &str) -> Result<Plan, Mistakes> {
    plan(text).map_err(|findings| Mistakes::new(name, text, findings))
}

/// Checks the text of a board file; `name` stands before each message.
pub fn parse_board(name: &str, text: &str) -> Result<Board, Mistakes> {
    board(text).map_err(|findings| Mistakes::new(name, text, findings))
}

fn plan(text: &str) -> Result<Plan, Vec<Finding>> {
    let (document, mut findings) = shaped(text, Format::Scenario)?;
    let scenario = toml::from_str::<text::Scenario>(text);
    let right = findings.is_empty();
    findings.extend(check::findings(&document));
    // Only a preset that is right can be written out.
    if let (true, Ok(scenario)) = (right, &scenario) {
        findings.extend(check::encounter_within_run(&document, scenario));
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    resolve::plan(scenario.map_err(|error| unreadable(&error))?).map_err(|never| {
        let fault = document.get("fault").and_then(|faults| faults.items().get(never.fault));
        let place = fault.map(|fault| fault.get("when").unwrap_or(fault));
        let span = place.map_or(0..0, |place| place.span.clone());
        vec![Finding::wrong(&span, never.why)]
    })
}

fn board(text: &str) -> Result<Board, Vec<Finding>> {
    let (document, mut findings) = shaped(text, Format::Board)?;
    findings.extend(check::board_findings(&document));
    if !findings.is_empty() {
        return Err(findings);
    }
    let board = toml::from_str::<text::board::Board>(text);
    board.map(resolve::board).map_err(|error| unreadable(&error))
}

/// The tree of a text, and what in it the schema does not allow; or what is wrong with a text that has no
/// sound tree, or one of another version.
fn shaped(text: &str, format: Format) -> Result<(Value, Vec<Finding>), Vec<Finding>> {
    let (table, syntax_errors) = DeTable::parse_recoverable(text);
    let document = Value::document(table.get_ref());
    if let Some(finding) = other_schema(&document).or_else(|| other_format(&document, format)) {
        return Err(vec![finding]);
    }
    let findings = validate::findings(format.schema(), text, &document);
    if syntax_errors.is_empty() {
        return Ok((document, findings));
    }
    let broken = syntax_errors.iter().map(syntax).collect();
    Err(beside_broken(text, broken, findings))
}

/// What a file is meant to be.
#[derive(Clone, Copy)]
enum Format {
    Scenario,
    Board,
}

impl Format {
    fn schema(self) -> &'static Json {
        match self {
            Self::Scenario => schema::document(),
            Self::Board => schema::board_document(),
        }
    }

    fn has(self, entry: &Entry) -> bool {
        !self.schema()["properties"][&entry.key].is_null()
    }
}

/// A file of the other format, by its keys: what it lacks of this one is no mistake.
fn other_format(document: &Value, meant: Format) -> Option<Finding> {
    let (other, message) = match meant {
        Format::Scenario => {
            (Format::Board, "this is a board file, no scenario; `--board` takes it")
        }
        Format::Board => {
            (Format::Scenario, "this is a scenario, no board file; it stands without `--board`")
        }
    };
    let foreign = document.entries().iter().find(|entry| !meant.has(entry))?;
    let is_other = document.entries().iter().all(|entry| other.has(entry));
    is_other.then(|| Finding::wrong(&foreign.key_span, message.to_owned()))
}

/// What the schema allowed and its type does not.
fn unreadable(error: &toml::de::Error) -> Vec<Finding> {
    vec![Finding::wrong(&error.span().unwrap_or_default(), error.message().to_owned())]
}

/// A file of another version of the format: whatever else differs is no mistake.
fn other_schema(document: &Value) -> Option<Finding> {
    let value = document.get("schema")?;
    match value.kind {
        Kind::Integer(number) if number != i128::from(text::SCHEMA) => Some(Finding::wrong(
            &value.span,
            format!("the file has schema {number}; this version reads schema {}", text::SCHEMA),
        )),
        _ => None,
    }
}

fn syntax(error: &toml::de::Error) -> Finding {
    let span = error.span().unwrap_or_default();
    let message = match error.message() {
        guess if guess.starts_with("string values must be quoted") && span.is_empty() => {
            "a value is missing"
        }
        guess
            if guess.starts_with("string values must be quoted")
                || guess.starts_with("invalid boolean") =>
        {
            "not a value: each key has its line, a string its quotes, a flag is true or false"
        }
        guess if guess.starts_with("invalid basic string") && span.is_empty() => {
            "a string without its closing quote"
        }
        other => other,
    };
    Finding::wrong(&span, message.to_owned())
}

/// Of a file with broken syntax: the first break of each line, and of the other findings those
/// that the breaks do not explain.
fn beside_broken(text: &str, broken: Vec<Finding>, others: Vec<Finding>) -> Vec<Finding> {
    let line = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count();
    let mut broken = broken;
    broken.sort_by_key(|finding| finding.span.start);
    broken.dedup_by_key(|finding| line(finding.span.start));
    let lines: BTreeSet<usize> = broken.iter().map(|finding| line(finding.span.start)).collect();
    let is_header = |number: &usize| {
        text.lines().nth(*number).is_some_and(|line| line.trim_start().starts_with('['))
    };
    // Without its header a key stands in a wrong table.
    if !lines.iter().any(is_header) {
        broken.extend(others.into_iter().filter(|finding| {
            finding.kind == FindingKind::Wrong && !lines.contains(&line(finding.span.start))
        }));
    }
    broken
}

/// Why the files of a command line could not be listed.
#[derive(Debug, Error)]
pub enum CollectError {
    /// Nothing is there, or it cannot be looked at.
    #[error("cannot read {}", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory without scenario files directly in it.
    #[error("{} holds no scenario file (*.toml)", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
}

/// The scenario files that the paths mean: a file itself; of a directory the `*.toml` files
/// directly in it, in the order of their names.
pub fn collect(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CollectError> {
    let mut files = Vec::new();
    for path in paths {
        let read = |source| CollectError::Read { path: path.clone(), source };
        if std::fs::metadata(path).map_err(read)?.is_dir() {
            files.extend(directory(path)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn directory(path: &Path) -> Result<Vec<PathBuf>, CollectError> {
    let read = |source| CollectError::Read { path: path.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(read)? {
        let file = entry.map_err(read)?.path();
        if file.extension().is_some_and(|extension| extension == "toml") && file.is_file() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(CollectError::Empty { path: path.to_owned() });
    }
    files.sort();
    Ok(files)
}
