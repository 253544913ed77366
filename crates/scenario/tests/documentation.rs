//! `docs/scenarios.md` and `docs/boards.md` tell every key, and their tables are those of the schemas.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Set, it makes the test write the parts into the page.
const UPDATE: &str = "UPDATE_DOCS";

/// Two markers, and what makes the part of the page between them.
type Part = ([&'static str; 2], fn() -> String);

/// What is made and not written, page by page.
const PAGES: [(&str, &[Part]); 2] = [
    (
        "scenarios.md",
        &[
            (
                ["<!-- keys: made from the schema -->\n", "<!-- end of keys -->"],
                scenario::reference,
            ),
            (["<!-- presets: written out -->\n", "<!-- end of presets -->"], scenario::presets),
        ],
    ),
    (
        "boards.md",
        &[(
            ["<!-- keys: made from the schema -->\n", "<!-- end of keys -->"],
            scenario::board_reference,
        )],
    ),
];

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// What stands between the fences of a page's TOML.
fn examples(page: &str) -> Vec<&str> {
    page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().expect("a piece")).collect()
}

#[test]
fn each_page_holds_the_tables_of_its_schema_and_the_presets_written_out() {
    for (name, parts) in PAGES {
        let path = page(name);
        let page = fs::read_to_string(&path).unwrap();
        let expected = parts.iter().fold(page.clone(), |page, ([begin, end], made)| {
            let (before, rest) = page.split_once(begin).expect("the page has the first marker");
            let (_, after) = rest.split_once(end).expect("the page has the second marker");
            format!("{before}{begin}\n{}{end}{after}", made())
        });
        if std::env::var_os(UPDATE).is_some() {
            fs::write(&path, &expected).unwrap();
        } else {
            assert!(page == expected, "{UPDATE}=1 refreshes docs/{name}");
        }
    }
}

#[test]
fn every_example_of_the_page_is_a_scenario() {
    let page = fs::read_to_string(page("scenarios.md")).unwrap();
    let examples = examples(&page);
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
fn every_example_of_a_board_is_a_board() {
    let page = fs::read_to_string(page("boards.md")).unwrap();
    assert!(!examples(&page).is_empty());
    for example in examples(&page) {
        scenario::parse_board("docs/boards.md", example).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn every_key_and_every_word_of_a_schema_is_told_in_its_reference() {
    for (reference, schema, least) in [
        (scenario::reference(), scenario::schema(), 100),
        (scenario::board_reference(), scenario::board_schema(), 30),
    ] {
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let mut told = Vec::new();
        names(&schema, &mut told);
        assert!(told.len() > least, "the schema has more than {least} names, not {}", told.len());
        for name in told {
            let forms = [format!("`{name}`"), format!("`\"{name}\"`")];
            assert!(forms.iter().any(|form| reference.contains(form)), "{name} is not told");
        }
    }
}

#[test]
fn every_key_of_a_schema_has_a_description() {
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
    for schema in [scenario::schema(), scenario::board_schema()] {
        check(&serde_json::from_str(&schema).unwrap());
    }
}

/// Keys and words that a file may hold.
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
