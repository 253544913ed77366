//! `docs/scenarios.md` tells every key, and its tables are those of the schema.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Set, it makes the test write the parts into the page.
const UPDATE: &str = "UPDATE_DOCS";

/// Two markers, and what makes the part of the page between them.
type Part = ([&'static str; 2], fn() -> String);

/// What is made and not written.
const PARTS: [Part; 2] = [
    (["<!-- keys: made from the schema -->\n", "<!-- end of keys -->"], scenario::reference),
    (["<!-- presets: written out -->\n", "<!-- end of presets -->"], scenario::presets),
];

#[test]
fn the_page_holds_the_tables_of_the_schema_and_the_presets_written_out() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenarios.md");
    let page = fs::read_to_string(&path).unwrap();
    let expected = PARTS.iter().fold(page.clone(), |page, ([begin, end], made)| {
        let (before, rest) = page.split_once(begin).expect("the page has the first marker");
        let (_, after) = rest.split_once(end).expect("the page has the second marker");
        format!("{before}{begin}\n{}{end}{after}", made())
    });
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, &expected).unwrap();
    } else {
        assert!(page == expected, "{UPDATE}=1 refreshes docs/scenarios.md");
    }
}

#[test]
fn every_example_of_the_page_is_a_scenario() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenarios.md");
    let page = fs::read_to_string(path).unwrap();
    let examples: Vec<&str> =
        page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 3);
    for example in &examples {
        // A piece is completed by the first example, the smallest file.
        let (top, _) = examples[0].split_once("[ego]").expect("it has an ego car");
        let before = match example {
            piece if piece.starts_with("[[") => examples[0],
            piece if piece.starts_with("[ego]") => top,
            _ => "",
        };
        let text = format!("{before}{example}");
        if !text.starts_with("#:schema") {
            scenario::parse("docs/scenarios.md", &text).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

#[test]
fn every_key_and_every_word_of_the_schema_is_told_in_the_reference() {
    let reference = scenario::reference();
    let schema: Value = serde_json::from_str(&scenario::schema()).unwrap();
    let mut told = Vec::new();
    names(&schema, &mut told);
    assert!(told.len() > 100, "the schema has more than a hundred names, not {}", told.len());
    for name in told {
        let forms = [format!("`{name}`"), format!("`\"{name}\"`")];
        assert!(forms.iter().any(|form| reference.contains(form)), "{name} is not told");
    }
}

#[test]
fn every_key_of_the_schema_has_a_description() {
    fn check(schema: &Value) {
        if let Some(keys) = schema["properties"].as_object() {
            // A variant has its description one level up.
            let variant = schema["additionalProperties"] == false
                && keys.len() == 1
                && schema["required"].as_array().is_some_and(|keys| keys.len() == 1);
            for (key, value) in keys {
                let described = value["description"].is_string();
                assert!(described || (variant && schema["description"].is_string()), "{key}");
            }
        }
        match schema {
            Value::Object(entries) => entries.values().for_each(check),
            Value::Array(items) => items.iter().for_each(check),
            _ => {}
        }
    }
    check(&serde_json::from_str(&scenario::schema()).unwrap());
}

/// Keys and words that a scenario file may hold.
fn names(schema: &Value, told: &mut Vec<String>) {
    match schema {
        Value::Object(entries) => {
            if let Some(keys) = schema["properties"].as_object() {
                told.extend(keys.keys().cloned());
            }
            told.extend(schema["const"].as_str().map(str::to_owned));
            let words = schema["enum"].as_array().into_iter().flatten();
            told.extend(words.filter_map(|word| word.as_str().map(str::to_owned)));
            entries.values().for_each(|entry| names(entry, told));
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, told)),
        _ => {}
    }
}
