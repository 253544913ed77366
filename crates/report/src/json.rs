//! The content of `run.json`, `campaign.json`, `coverage.json` and of links compared.

use analysis::ipc::Comparison;
use analysis::{Campaign, Coverage, Summary};

/// The summary as pretty JSON, keys in the order of the type and maps in the order of their keys,
/// so that two runs can be compared line by line.
pub fn json(summary: &Summary) -> String {
    let mut text = serde_json::to_string_pretty(summary)
        .expect("a summary has string keys and no type that JSON lacks");
    text.push('\n');
    text
}

/// The campaign, likewise.
pub fn campaign_json(campaign: &Campaign) -> String {
    let mut text = serde_json::to_string_pretty(campaign)
        .expect("a campaign has string keys and no type that JSON lacks");
    text.push('\n');
    text
}

/// What all runs of an invocation exercised, likewise.
pub fn coverage_json(coverage: &Coverage) -> String {
    let mut text = serde_json::to_string_pretty(coverage)
        .expect("a coverage has string keys and no type that JSON lacks");
    text.push('\n');
    text
}

/// Links compared, likewise.
pub fn ipc_json(comparison: &Comparison) -> String {
    let mut text = serde_json::to_string_pretty(comparison)
        .expect("a comparison has string keys and no type that JSON lacks");
    text.push('\n');
    text
}
