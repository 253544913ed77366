//! The text of a scenario as a tree whose every leaf knows its place: [`Value`].

use std::ops::Range;

use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};

/// Tables and lists nested deeper than this are taken as empty: no scenario needs half of it, and
/// whoever walks the tree needs no fear for the stack.
const MAX_DEPTH: usize = 16;

/// A value with its place.
#[derive(Debug)]
pub(crate) struct Value {
    /// Bytes of the text: the value itself, or the header of a table.
    pub(crate) span: Range<usize>,
    /// What it is.
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Kind {
    Text(String),
    Integer(i128),
    Number(f64),
    Flag(bool),
    Date,
    List(Vec<Value>),
    Table(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Range<usize>,
    pub(crate) value: Value,
}

impl Value {
    /// The whole document.
    pub(crate) fn document(table: &DeTable<'_>) -> Self {
        Self { span: 0..0, kind: Kind::Table(entries(table, 0)) }
    }

    fn new(value: &DeValue<'_>, span: Range<usize>, depth: usize) -> Self {
        let kind = match value {
            DeValue::String(text) => Kind::Text(text.clone().into_owned()),
            DeValue::Integer(digits) => Kind::Integer(
                // The parser let only digits through, so that an error is an overflow.
                i128::from_str_radix(digits.as_str(), digits.radix()).unwrap_or(i128::MAX),
            ),
            DeValue::Float(digits) => Kind::Number(digits.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(flag) => Kind::Flag(*flag),
            DeValue::Datetime(_) => Kind::Date,
            DeValue::Array(_) if depth >= MAX_DEPTH => Kind::List(Vec::new()),
            DeValue::Array(items) => Kind::List(
                items
                    .iter()
                    .map(|item| Self::new(item.get_ref(), item.span(), depth + 1))
                    .collect(),
            ),
            DeValue::Table(table) => Kind::Table(entries(table, depth + 1)),
        };
        Self { span, kind }
    }

    /// The value of a key of a table.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The value at the end of a chain of keys.
    pub(crate) fn at(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The entries of a table; of anything else, none.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; of anything else, none.
    pub(crate) fn items(&self) -> &[Value] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The content of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Yes or no, if it is that.
    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.kind {
            Kind::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// An integer or a float as a number. `inf` and `nan` are none: no key allows them, and nobody can
    /// compare with them.
    pub(crate) fn number(&self) -> Option<f64> {
        match self.kind {
            Kind::Integer(number) => Some(number as f64),
            Kind::Number(number) => Some(number).filter(|number| number.is_finite()),
            _ => None,
        }
    }

    /// The value without its places, as JSON, for whoever reads a type from it.
    pub(crate) fn json(&self) -> Json {
        match &self.kind {
            Kind::Text(text) => Json::from(text.as_str()),
            Kind::Integer(number) => i64::try_from(*number).map_or(Json::Null, Json::from),
            Kind::Number(number) => Json::from(*number),
            Kind::Flag(flag) => Json::from(*flag),
            Kind::Date => Json::Null,
            Kind::List(items) => items.iter().map(Self::json).collect(),
            Kind::Table(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect()
            }
        }
    }
}

fn entries(table: &DeTable<'_>, depth: usize) -> Vec<Entry> {
    if depth >= MAX_DEPTH {
        return Vec::new();
    }
    table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().clone().into_owned(),
            key_span: key.span(),
            value: Value::new(value.get_ref(), value.span(), depth),
        })
        .collect()
}
