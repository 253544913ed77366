//! The tables of keys in the documentation, made from the schema: [`reference()`].

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::schema::{board_document, document};
use crate::shape::{Shape, Variant, resolved};

/// A table of keys and the places where it may stand.
struct Section<'a> {
    schema: &'a Value,
    meaning: &'a str,
    headings: Vec<String>,
}

/// The way from the top of the file to a table.
#[derive(Clone, Default)]
struct Place {
    /// The entry of a list that it is part of, as in `[[fault]]`.
    entry: Option<String>,
    /// The dotted keys, from the top or from the entry.
    keys: String,
}

impl Place {
    fn below(&self, key: &str) -> Self {
        let separator = if self.keys.is_empty() { "" } else { "." };
        Self { entry: self.entry.clone(), keys: format!("{}{separator}{key}", self.keys) }
    }

    /// An entry of the list at this place; a list in an entry is written inline.
    fn entry(&self) -> Self {
        match self.entry {
            Some(_) => self.clone(),
            None => Self { entry: Some(format!("`[[{}]]`", self.keys)), keys: String::new() },
        }
    }

    fn heading(&self) -> String {
        match &self.entry {
            None if self.keys.is_empty() => "Top level".to_owned(),
            None => format!("`[{}]`", self.keys),
            Some(entry) if self.keys.is_empty() => entry.clone(),
            Some(entry) => format!("`{}` of {entry}", self.keys),
        }
    }
}

/// Every key of a scenario file, a Markdown table for each TOML table.
pub fn reference() -> String {
    reference_of(document())
}

/// Every key of a board file, likewise.
pub fn board_reference() -> String {
    reference_of(board_document())
}

fn reference_of(root: &Value) -> String {
    let mut sections = Vec::new();
    collect(root, (root, description(root)), &Place::default(), &mut sections);
    let mut out = String::new();
    for section in &sections {
        write_section(&mut out, root, section).expect("a string can always be written to");
    }
    out
}

/// Lists the tables below a schema, each once, in the order of the keys.
fn collect<'a>(
    root: &'a Value,
    (schema, meaning): (&'a Value, &'a str),
    place: &Place,
    sections: &mut Vec<Section<'a>>,
) {
    let schema = resolved(root, schema);
    match Shape::of(root, schema) {
        Shape::Table { keys, .. } => {
            let known = sections.iter_mut().find(|section| std::ptr::eq(section.schema, schema));
            match known {
                Some(section) => section.headings.push(place.heading()),
                None => sections.push(Section { schema, meaning, headings: vec![place.heading()] }),
            }
            for (key, value) in keys {
                let meaning = description(resolved(root, value));
                collect(root, (value, meaning), &place.below(key), sections);
            }
        }
        Shape::List { items, .. } => {
            let meaning = description(resolved(root, items));
            collect(root, (items, meaning), &place.entry(), sections);
        }
        Shape::Map { values } => {
            let meaning = description(resolved(root, values));
            collect(root, (values, meaning), &place.below("<id>"), sections);
        }
        Shape::Choice(variants) => {
            for Variant { key, content, meaning } in variants {
                collect(root, (content, meaning), &place.below(key), sections);
            }
        }
        Shape::Flag
        | Shape::Integer(_)
        | Shape::Number(_)
        | Shape::Text { .. }
        | Shape::Words(_) => {}
    }
}

fn write_section(out: &mut String, root: &Value, section: &Section<'_>) -> std::fmt::Result {
    let Shape::Table { keys, required } = Shape::of(root, section.schema) else { return Ok(()) };
    writeln!(out, "### {}\n", section.headings.join(", "))?;
    writeln!(out, "{}\n", one_line(section.meaning))?;
    if keys.is_empty() {
        return writeln!(out, "An empty table.\n");
    }
    writeln!(out, "| key | value | default | meaning |\n|---|---|---|---|")?;
    for (key, schema) in keys {
        let default = default(root, schema, required.contains(&key.as_str()));
        let meaning = one_line(description(schema));
        writeln!(out, "| `{key}` | {} | {default} | {meaning} |", value(root, schema, key))?;
    }
    writeln!(out)?;
    write_meanings(out, root, keys)
}

/// What the variants and words of the keys above mean, where they have a meaning of their own.
fn write_meanings(out: &mut String, root: &Value, keys: &Map<String, Value>) -> std::fmt::Result {
    for (key, schema) in keys {
        let meanings: Vec<(&str, &str)> = match Shape::of(root, schema) {
            Shape::Choice(variants) => variants.iter().map(|it| (it.key, it.meaning)).collect(),
            Shape::Words(words) if words.iter().all(|(_, meaning)| !meaning.is_empty()) => words,
            _ => continue,
        };
        writeln!(out, "`{key}` is one of:\n")?;
        for (name, meaning) in meanings {
            writeln!(out, "- `{name}`: {}", one_line(meaning))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn value(root: &Value, schema: &Value, key: &str) -> String {
    match Shape::of(root, schema) {
        Shape::Table { .. } | Shape::Map { .. } => "table".to_owned(),
        shape @ Shape::List { items, .. } => match Shape::of(root, items) {
            Shape::Words(words) => format!("list of {}", quoted(&words)),
            _ => shape.words(key),
        },
        Shape::Words(words) => quoted(&words),
        Shape::Choice(_) => "table with exactly one key".to_owned(),
        Shape::Flag => "`true` or `false`".to_owned(),
        shape => shape.words(key),
    }
}

fn quoted(words: &[(&str, &str)]) -> String {
    let each: Vec<String> = words.iter().map(|(word, _)| format!("`\"{word}\"`")).collect();
    each.join(", ")
}

fn default(root: &Value, schema: &Value, required: bool) -> String {
    match (&schema["default"], Shape::of(root, schema)) {
        _ if required => "required".to_owned(),
        (Value::Null, Shape::Table { .. }) => "see below".to_owned(),
        (Value::Array(items), _) if items.is_empty() => "none".to_owned(),
        (Value::Null, _) => "none".to_owned(),
        (default, _) => format!("`{default}`"),
    }
}

fn description(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
