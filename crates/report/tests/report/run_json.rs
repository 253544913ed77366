//! `docs/run-json.md` names every field of `run.json`, and no other.

use crate::fixture;
use report::json;
use serde_json::Value;
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../../docs/run-json.md");
/// Objects whose keys are data and whose values have no fields.
const DATA: [&str; 6] =
    ["lost", "recovery_chain_ms", "records_lost", "false_alarms", "lacks", "id_switches"];
/// Objects whose keys are data and whose values have fields.
const BY_NAME: [&str; 3] = ["latency_us", "nis", "ages_us"];

/// The path of each field below a value, as the page writes it.
fn fields(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    let name = path.rsplit('.').next().unwrap_or(path);
    match value {
        Value::Object(_) if DATA.contains(&name) => {}
        Value::Object(entries) => {
            for (key, value) in entries {
                let separator = if path.is_empty() { "" } else { "." };
                if path != "streams" && !BY_NAME.contains(&name) {
                    let path = format!("{path}{separator}{key}");
                    found.insert(path.clone());
                    fields(&path, value, found);
                    continue;
                }
                if path == "streams" {
                    found.insert(format!("{path}.{key}"));
                }
                fields(&format!("{path}.*"), value, found);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                fields(&format!("{path}[]"), element, found);
            }
        }
        _ => {}
    }
}

#[test]
fn the_page_on_run_json_names_every_field_and_no_other() {
    let mut found = BTreeSet::new();
    for run in [fixture::kill(), fixture::skipped(), fixture::crash_loop()] {
        let value: Value = serde_json::from_str(&json(&run.summary)).expect("JSON");
        fields("", &value, &mut found);
    }
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let told: BTreeSet<String> = rows.map(|(field, _)| field.to_owned()).collect();
    let not_told: Vec<&String> = found.difference(&told).collect();
    let unknown: Vec<&String> = told.difference(&found).collect();
    assert!(
        not_told.is_empty() && unknown.is_empty(),
        "not told: {not_told:?}, unknown: {unknown:?}"
    );
}
