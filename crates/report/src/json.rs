//! The content of `run.json`, `campaign.json`, `coverage.json` and of what benchmarks print: [`json`].

use serde::Serialize;

/// What was found as pretty JSON, keys in the order of the type and maps in the order of their keys,
/// so that two runs can be compared line by line.
pub fn json(found: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(found)
        .expect("every report has string keys and no type that JSON lacks");
    text.push('\n');
    text
}
