//! What a place in the schema allows, as a sum type: [`Shape`].
//!
//! Validator, messages and reference match on it; nobody else reads raw JSON Schema.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use serde_json::{Map, Value};

/// The keys of a table that has none.
static NO_KEYS: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// What is allowed.
#[derive(Debug)]
pub(crate) enum Shape<'a> {
    /// `true` or `false`.
    Flag,
    /// An integer.
    Integer(Bounds),
    /// A number.
    Number(Bounds),
    /// A string.
    Text { chars: RangeInclusive<u64>, must_be: Option<&'a str>, pattern: Option<&'a str> },
    /// A string out of a list: word and meaning.
    Words(Vec<(&'a str, &'a str)>),
    /// A list.
    List { items: &'a Value, max: Option<u64>, distinct: bool },
    /// A table with known keys.
    Table { keys: &'a Map<String, Value>, required: Vec<&'a str> },
    /// A table with keys that the user chooses.
    Map { values: &'a Value },
    /// A table with exactly one of these keys.
    Choice(Vec<Variant<'a>>),
}

/// One key of a choice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variant<'a> {
    /// The key.
    pub(crate) key: &'a str,
    /// What stands below it.
    pub(crate) content: &'a Value,
    /// What it means.
    pub(crate) meaning: &'a str,
}

/// Limits of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    /// The least.
    pub(crate) min: Option<f64>,
    /// Whether `min` itself is too small.
    pub(crate) open: bool,
    /// The largest.
    pub(crate) max: Option<f64>,
}

impl Bounds {
    /// Whether the number is within.
    pub(crate) fn hold(self, number: f64) -> bool {
        let large_enough =
            self.min.is_none_or(|min| if self.open { number > min } else { number >= min });
        large_enough && self.max.is_none_or(|max| number <= max)
    }

    /// The limits in words, with the unit of the key.
    pub(crate) fn words(self, key: &str) -> String {
        let (_, unit) = fault::units::split(key);
        let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
        let show = |bound: f64| {
            if bound >= i64::MAX as f64 { "2^63 - 1".to_owned() } else { bound.to_string() }
        };
        match (self.min, self.max) {
            (Some(min), Some(max)) if min >= max => format!("equal to {}{unit}", show(min)),
            (Some(min), Some(max)) if self.open => {
                format!("above {} and at most {}{unit}", show(min), show(max))
            }
            (Some(min), Some(max)) => format!("from {} to {}{unit}", show(min), show(max)),
            (Some(min), None) => format!("at least {}{unit}", show(min)),
            (None, Some(max)) => format!("at most {}{unit}", show(max)),
            (None, None) => format!("any{unit}"),
        }
    }
}

impl<'a> Shape<'a> {
    /// The shape that a schema describes; `root` resolves references.
    pub(crate) fn of(root: &'a Value, schema: &'a Value) -> Self {
        let schema = resolved(root, schema);
        if let Some(words) = words(schema) {
            return Self::Words(words);
        }
        if let Some(variants) = schema["oneOf"].as_array() {
            return Self::Choice(variants.iter().filter_map(variant).collect());
        }
        let number = |key: &str| schema[key].as_f64();
        let bounds = Bounds {
            min: number("minimum").or(number("exclusiveMinimum")),
            open: schema["minimum"].is_null(),
            max: number("maximum"),
        };
        match schema["type"].as_str() {
            Some("boolean") => Self::Flag,
            Some("integer") => Self::Integer(bounds),
            Some("number") => Self::Number(bounds),
            Some("string") => Self::Text {
                chars: schema["minLength"].as_u64().unwrap_or(0)
                    ..=schema["maxLength"].as_u64().unwrap_or(u64::MAX),
                must_be: schema["x-must-be"].as_str(),
                pattern: schema["pattern"].as_str(),
            },
            Some("array") => Self::List {
                items: &schema["items"],
                max: schema["maxItems"].as_u64(),
                distinct: schema["uniqueItems"] == true,
            },
            _ => Self::table(schema),
        }
    }

    fn table(schema: &'a Value) -> Self {
        match schema["properties"].as_object() {
            Some(keys) => Self::Table {
                keys,
                required: schema["required"]
                    .as_array()
                    .map(|names| names.iter().filter_map(Value::as_str).collect())
                    .unwrap_or_default(),
            },
            None if schema["additionalProperties"] == false => {
                Self::Table { keys: &NO_KEYS, required: Vec::new() }
            }
            None => Self::Map { values: &schema["additionalProperties"] },
        }
    }

    /// What is allowed, in words that follow "it must be".
    pub(crate) fn words(&self, key: &str) -> String {
        match self {
            Self::Flag => "true or false".to_owned(),
            Self::Integer(bounds) => format!("an integer {}", bounds.words(key)),
            Self::Number(bounds) => format!("a number {}", bounds.words(key)),
            Self::Text { must_be: Some(words), .. } => (*words).to_owned(),
            Self::Text { chars, .. } => match (*chars.start(), *chars.end()) {
                (0, u64::MAX) => "a string".to_owned(),
                (0, max) => format!("a string of at most {max} characters"),
                (min, max) => format!("a string of {min} to {max} characters"),
            },
            Self::Words(words) => {
                let each: Vec<String> =
                    words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
                format!("one of {}", each.join(", "))
            }
            Self::List { items, max, .. } => {
                let limit = max.map(|max| format!("at most {max} ")).unwrap_or_default();
                let items = match items["type"].as_str() {
                    _ if !items["$ref"].is_null() => "tables",
                    Some("integer") => "integers",
                    _ => "strings",
                };
                format!("a list of {limit}{items}")
            }
            Self::Table { keys, .. } if keys.is_empty() => "an empty table {}".to_owned(),
            Self::Table { keys, .. } => {
                let keys: Vec<&str> = keys.keys().map(String::as_str).collect();
                format!("a table {{ {} }}", keys.join(", "))
            }
            Self::Map { .. } => "a table".to_owned(),
            Self::Choice(variants) => {
                let names: Vec<&str> = variants.iter().map(|variant| variant.key).collect();
                format!("a table with exactly one of the keys {}", names.join(", "))
            }
        }
    }
}

/// The definition that a schema refers to, or the schema itself.
pub(crate) fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
        Some(pointer) => root.pointer(pointer).unwrap_or(schema),
        None => schema,
    }
}

fn words(schema: &Value) -> Option<Vec<(&str, &str)>> {
    if let Some(words) = schema["enum"].as_array() {
        return Some(words.iter().filter_map(|word| Some((word.as_str()?, ""))).collect());
    }
    let each = schema["oneOf"].as_array()?;
    each.iter().map(|word| Some((word["const"].as_str()?, word["description"].as_str()?))).collect()
}

fn variant(schema: &Value) -> Option<Variant<'_>> {
    let (key, content) = schema["properties"].as_object()?.iter().next()?;
    Some(Variant { key, content, meaning: schema["description"].as_str().unwrap_or_default() })
}
