//! The content of `run.json`.

use analysis::Summary;

/// The summary as pretty JSON, keys in the order of the type and maps in the order of their keys,
/// so that two runs can be compared line by line.
pub fn json(summary: &Summary) -> String {
    let mut text = serde_json::to_string_pretty(summary)
        .expect("a summary has string keys and no type that JSON lacks");
    text.push('\n');
    text
}
