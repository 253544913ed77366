//! Compares the tree of a file with the schema and tells every difference: [`findings`].
//!
//! What only several keys together can tell is [`check`](crate::check)'s.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::mistake::{Finding, FindingKind};
use crate::shape::{Shape, Variant, resolved};
use crate::tree::{Entry, Kind, Value};

/// Longest piece of the file that a message repeats.
const MAX_QUOTE_CHARS: usize = 40;

/// Everything in the tree that the schema does not allow.
pub(crate) fn findings(schema: &Json, text: &str, document: &Value) -> Vec<Finding> {
    let mut validator = Validator { root: schema, text, findings: Vec::new() };
    validator.value(schema, document, &Place { key: "", table: "" });
    validator.findings
}

/// Where a value stands, in words.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Its key; items of a list have that of the list.
    key: &'a str,
    /// The dotted keys down to its table.
    table: &'a str,
}

impl Place<'_> {
    /// The dotted keys down to the value itself.
    fn path(&self) -> String {
        let separator = if self.table.is_empty() { "" } else { "." };
        format!("{}{separator}{}", self.table, self.key)
    }

    /// The value as the owner of keys, for messages.
    fn owner(&self) -> String {
        if self.key.is_empty() { "the file".to_owned() } else { format!("`{}`", self.path()) }
    }
}

struct Validator<'a> {
    root: &'a Json,
    text: &'a str,
    findings: Vec<Finding>,
}

impl Validator<'_> {
    fn value(&mut self, schema: &Json, value: &Value, place: &Place<'_>) {
        match (Shape::of(self.root, schema), &value.kind) {
            (Shape::Flag, Kind::Flag(_)) => {}
            (Shape::Integer(bounds), Kind::Integer(integer)) if bounds.hold(*integer as f64) => {}
            (Shape::Number(bounds), Kind::Integer(_) | Kind::Number(_))
                if value.number().is_some_and(|number| bounds.hold(number)) => {}
            (ref shape @ Shape::Text { ref chars, pattern, .. }, Kind::Text(text)) => {
                let is_as_long = chars.contains(&(text.chars().count() as u64));
                if !is_as_long || !pattern.is_none_or(|pattern| matches(pattern, text)) {
                    self.not_allowed(shape, value, place);
                }
            }
            (Shape::Words(words), Kind::Text(text)) => {
                self.word(schema, &words, (text, value), place);
            }
            (ref shape @ Shape::List { items, max, distinct }, Kind::List(values)) => {
                if max.is_some_and(|max| values.len() as u64 > max) {
                    let (found, allowed) = (values.len(), shape.words(place.key));
                    let message =
                        format!("`{}` has {found} entries; it must be {allowed}", place.key);
                    self.wrong(value, message);
                }
                if distinct {
                    self.distinct(values, place);
                }
                for value in values {
                    self.value(items, value, place);
                }
            }
            (Shape::Table { keys, required }, Kind::Table(entries)) => {
                self.table(keys, &required, (value, entries), place);
            }
            (Shape::Map { values }, Kind::Table(entries)) => {
                let table = place.path();
                for entry in entries {
                    self.value(values, &entry.value, &Place { key: &entry.key, table: &table });
                }
            }
            (Shape::Choice(variants), Kind::Table(entries)) => {
                self.choice(&variants, (value, entries), place);
            }
            (shape, _) => self.not_allowed(&shape, value, place),
        }
    }

    fn table(
        &mut self,
        keys: &serde_json::Map<String, Json>,
        required: &[&str],
        (value, entries): (&Value, &[Entry]),
        place: &Place<'_>,
    ) {
        let path = place.path();
        for entry in entries {
            let inner = Place { key: &entry.key, table: &path };
            match keys.get(&entry.key) {
                Some(schema) => self.value(schema, &entry.value, &inner),
                None => self.unknown(entry, place, keys.keys().map(String::as_str)),
            }
        }
        for key in required.iter().filter(|key| value.get(key).is_none()) {
            let allowed = Shape::of(self.root, &keys[*key]).words(key);
            self.findings.push(Finding {
                span: value.span.clone(),
                message: format!("{} lacks the key `{key}`; it must be {allowed}", place.owner()),
                kind: FindingKind::Missing,
            });
        }
    }

    fn choice(
        &mut self,
        variants: &[Variant<'_>],
        (value, entries): (&Value, &[Entry]),
        place: &Place<'_>,
    ) {
        let path = place.path();
        if entries.len() != 1 {
            let found: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
            let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
            let allowed: Vec<&str> = variants.iter().map(|variant| variant.key).collect();
            let allowed = allowed.join(", ");
            self.wrong(
                value,
                format!("`{path}` holds {found}; it must hold exactly one of {allowed}"),
            );
        }
        for entry in entries {
            let inner = Place { key: &entry.key, table: &path };
            match variants.iter().find(|variant| variant.key == entry.key) {
                Some(variant) => self.value(variant.content, &entry.value, &inner),
                None => self.unknown(entry, place, variants.iter().map(|variant| variant.key)),
            }
        }
    }

    fn unknown<'k>(
        &mut self,
        entry: &Entry,
        place: &Place<'_>,
        allowed: impl Iterator<Item = &'k str> + Clone,
    ) {
        let key = shortened(&entry.key);
        let guess = did_you_mean(&entry.key, allowed.clone());
        let allowed: Vec<&str> = allowed.collect();
        self.findings.push(Finding::wrong(
            &entry.key_span,
            format!(
                "unknown key `{key}` in {}{guess}; allowed: {}",
                place.owner(),
                allowed.join(", "),
            ),
        ));
    }

    fn word(
        &mut self,
        schema: &Json,
        words: &[(&str, &str)],
        (text, value): (&str, &Value),
        place: &Place<'_>,
    ) {
        if words.iter().any(|(word, _)| *word == text) {
            return;
        }
        let advice = match resolved(self.root, schema)["x-instead"][text].as_str() {
            Some(instead) => format!(", {instead}"),
            None => did_you_mean(text, words.iter().map(|(word, _)| *word)),
        };
        let allowed = Shape::Words(words.to_vec()).words(place.key);
        let message =
            format!("`{}` is {}{advice}; it must be {allowed}", place.key, self.quote(value));
        self.wrong(value, message);
    }

    fn distinct(&mut self, values: &[Value], place: &Place<'_>) {
        let mut seen = BTreeSet::new();
        for value in values {
            if let Some(text) = value.text()
                && !seen.insert(text)
            {
                self.wrong(value, format!("`{}` names {} twice", place.key, self.quote(value)));
            }
        }
    }

    fn not_allowed(&mut self, shape: &Shape<'_>, value: &Value, place: &Place<'_>) {
        let found = match &value.kind {
            Kind::Text(text) if text.is_empty() => "empty".to_owned(),
            Kind::Text(_) if !matches!(shape, Shape::Text { .. }) => {
                format!("the string {}", self.quote(value))
            }
            Kind::Text(_) | Kind::Integer(_) | Kind::Number(_) | Kind::Flag(_) => self.quote(value),
            Kind::Date => format!("the date {}", self.quote(value)),
            Kind::List(_) => "a list".to_owned(),
            Kind::Table(_) => "a table".to_owned(),
        };
        let allowed = shape.words(place.key);
        let hint = match (shape, &value.kind) {
            (Shape::List { .. }, Kind::Table(_)) => format!(": `[[{}]]`", place.path()),
            _ => String::new(),
        };
        self.wrong(value, format!("`{}` is {found}; it must be {allowed}{hint}", place.key));
    }

    fn wrong(&mut self, value: &Value, message: String) {
        self.findings.push(Finding::wrong(&value.span, message));
    }

    /// The value as it stands in the file.
    fn quote(&self, value: &Value) -> String {
        shortened(self.text.get(value.span.clone()).unwrap_or_default())
    }
}

fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_QUOTE_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Whether the text matches a pattern of the form `^[first][rest]*$`, the only one in the schema.
fn matches(pattern: &str, text: &str) -> bool {
    let classes = pattern.strip_prefix("^[").and_then(|rest| rest.strip_suffix("]*$"));
    let (first, rest) =
        classes.and_then(|both| both.split_once("][")).expect("the schema has such patterns only");
    let mut chars = text.chars();
    chars.next().is_some_and(|c| in_class(first, c)) && chars.all(|c| in_class(rest, c))
}

fn in_class(class: &str, c: char) -> bool {
    match class.as_bytes() {
        [from, b'-', to, rest @ ..] => {
            u8::try_from(c).is_ok_and(|c| (*from..=*to).contains(&c))
                || in_class(&class[class.len() - rest.len()..], c)
        }
        [one, ..] => u8::try_from(c).is_ok_and(|c| c == *one) || in_class(&class[1..], c),
        [] => false,
    }
}

/// ` (did you mean …?)` for the nearest allowed word, if one is near.
pub(crate) fn did_you_mean<'k>(found: &str, allowed: impl Iterator<Item = &'k str>) -> String {
    let found = found.to_lowercase();
    allowed
        .map(|word| (distance(&found, &word.to_lowercase()), word))
        .min()
        .filter(|(distance, word)| *distance <= word.chars().count().div_ceil(3))
        .map(|(_, word)| format!(" (did you mean `{word}`?)"))
        .unwrap_or_default()
}

/// Levenshtein distance: insertions, deletions and substitutions from one word to the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(MAX_QUOTE_CHARS).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().take(MAX_QUOTE_CHARS).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_words() {
        let cases = [
            ("^[a-z0-9][a-z0-9-]*$", "camera-kill-2", true),
            ("^[a-z0-9][a-z0-9-]*$", "-camera", false),
            ("^[a-z0-9][a-z0-9-]*$", "", false),
            ("^[a-z0-9][a-z0-9-]*$", "a/../b", false),
            ("^[a-z0-9][a-z0-9-]*$", "Ä", false),
            ("^[A-Za-z0-9][A-Za-z0-9_-]*$", "F_1-b", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern, text), expected, "{text}");
        }
    }

    #[test]
    fn a_near_word_is_proposed_and_a_far_one_is_not() {
        let proposed = |found| did_you_mean(found, ["camera", "radar", "fps"].into_iter());
        assert_eq!(proposed("Camra"), " (did you mean `camera`?)");
        assert_eq!(proposed("lidar"), " (did you mean `radar`?)");
        assert_eq!(proposed("period"), "");
    }

    #[test]
    fn distance_counts_edits() {
        for (one, other, expected) in [("", "abc", 3), ("kitten", "sitting", 3), ("a", "a", 0)] {
            assert_eq!(distance(one, other), expected);
        }
    }
}
