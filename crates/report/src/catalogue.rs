//! The catalogue of faults as a page, as JSON and as lines for the terminal: [`catalogue_markdown`],
//! [`catalogue_json`], [`catalogue_lines`].

use fault::{Actor, Group, Interference, KINDS, Kind, Need, OUT_OF_REACH};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What a host lacks, and why.
type Lacking = BTreeMap<Need, String>;

/// Widest line for the terminal.
const COLUMNS: usize = 100;
/// Width of the names of kinds there.
const NAME_COLUMNS: usize = 16;

/// A kind of fault, for programs.
#[derive(Serialize)]
struct Entry<'a> {
    kind: &'a str,
    group: &'a str,
    does: String,
    targets: Vec<&'a str>,
    by: Actor,
    needs: Vec<&'a str>,
    /// Why this host cannot do it; absent if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    lacking: Option<&'a str>,
    exercises: Vec<&'a str>,
    detectors: Vec<&'a str>,
}

/// The catalogue as JSON: one object for each kind, and whether a host that lacks this can do it.
pub fn catalogue_json(lacking: &Lacking) -> String {
    let entries: Vec<Entry> = KINDS.iter().map(|kind| entry(kind, lacking)).collect();
    crate::json(&entries)
}

fn entry<'a>(kind: &'a Kind, lacking: &'a Lacking) -> Entry<'a> {
    Entry {
        kind: kind.name,
        group: kind.group.name(),
        does: does(kind),
        targets: kind.targets.iter().map(|target| target.name()).collect(),
        by: kind.actor,
        needs: kind.needs.iter().map(|need| need.name()).collect(),
        lacking: kind.why_not(lacking),
        exercises: kind.interference.iter().map(|item| item.name()).collect(),
        detectors: kind.detectors.iter().map(|detector| detector.name()).collect(),
    }
}

fn does(kind: &Kind) -> String {
    kind.meaning.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The catalogue for the terminal, group by group.
pub fn catalogue_lines(lacking: &Lacking) -> String {
    let mut out = String::new();
    for group in Group::ALL {
        line(&mut out, &format!("{}: {}", group.name(), group.meaning()));
        for kind in KINDS.iter().filter(|kind| kind.group == group) {
            let whom: Vec<&str> = kind.targets.iter().map(|target| target.name()).collect();
            let name = format!("  {:NAME_COLUMNS$}", kind.name);
            wrapped(&mut out, &name, &format!("{} [{}]", does(kind), whom.join(", ")));
            if let Some(why) = kind.why_not(lacking) {
                let indent = format!("  {:NAME_COLUMNS$}", "");
                wrapped(&mut out, &indent, &format!("NOT ON THIS HOST: {why}"));
            }
        }
        line(&mut out, "");
    }
    let possible = KINDS.iter().filter(|kind| kind.why_not(lacking).is_none()).count();
    line(&mut out, &format!("{} kinds, {possible} of them on this host", KINDS.len()));
    out
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("a string can always be written to");
}

/// A text beside its name, broken between words.
fn wrapped(out: &mut String, name: &str, text: &str) {
    let indent = " ".repeat(name.chars().count());
    let mut current = name.to_owned();
    for word in text.split(' ') {
        if current.chars().count() + 1 + word.chars().count() > COLUMNS {
            line(out, &current);
            current.clone_from(&indent);
        }
        current.push(' ');
        current.push_str(word);
    }
    line(out, &current);
}

/// The catalogue as the tables of a page.
pub fn catalogue_markdown() -> String {
    let lacking = Lacking::new();
    let mut out = String::new();
    for group in Group::ALL {
        line(&mut out, &format!("## {}\n", capital(group.name())));
        line(&mut out, &format!("{}.\n", capital(group.meaning())));
        line(&mut out, "| kind | befalls | what it does | needs | exercises | responds |");
        line(&mut out, "|---|---|---|---|---|---|");
        for kind in KINDS.iter().filter(|kind| kind.group == group) {
            let Entry { kind, does, targets, needs, exercises, detectors, .. } =
                entry(kind, &lacking);
            line(
                &mut out,
                &format!(
                    "| `{kind}` | {} | {does} | {} | {} | {} |",
                    targets.join(", "),
                    listed(&needs),
                    listed(&exercises),
                    listed(&detectors),
                ),
            );
        }
        line(&mut out, "");
    }
    line(&mut out, "## Freedom from interference\n");
    line(&mut out, "The items of ISO 26262-6, Annex D, and the kinds that exercise them.\n");
    line(&mut out, "| class | item | kinds |\n|---|---|---|");
    for item in Interference::ALL {
        let kinds = KINDS.iter().filter(|kind| kind.interference.contains(&item));
        let kinds: Vec<String> = kinds.map(|kind| format!("`{}`", kind.name)).collect();
        let by = item.out_of_reach().map_or(kinds.join(", "), |why| format!("none: {why}"));
        line(&mut out, &format!("| {} | {} | {by} |", item.class(), item.name()));
    }
    line(&mut out, "\n## What is not injected\n");
    line(&mut out, "| fault | why not |\n|---|---|");
    for it in OUT_OF_REACH {
        line(&mut out, &format!("| {} | {} |", it.fault, it.why));
    }
    out
}

fn listed(words: &[&str]) -> String {
    if words.is_empty() { "–".to_owned() } else { words.join(", ") }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().collect::<String>());
    first.unwrap_or_default() + characters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const BEGIN: &str = "<!-- catalogue: made from the data -->\n";
    const END: &str = "<!-- end of catalogue -->";

    #[test]
    fn the_page_holds_the_catalogue() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/faults.md");
        let page = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = page.split_once(BEGIN).expect("the page has the first marker");
        let (_, after) = rest.split_once(END).expect("the page has the second marker");
        let expected = format!("{before}{BEGIN}\n{}\n{END}{after}", catalogue_markdown());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &expected).unwrap();
        } else {
            assert!(page == expected, "UPDATE_DOCS=1 refreshes docs/faults.md");
        }
    }

    #[test]
    fn a_host_without_something_is_told_why() {
        let lacking = Lacking::from([(Need::Seccomp, "the kernel has none".to_owned())]);
        let lines = catalogue_lines(&lacking);
        assert_eq!(lines.matches("NOT ON THIS HOST: the kernel has none").count(), 1);
        assert!(lines.lines().all(|line| line.chars().count() <= COLUMNS), "{lines}");
        let json: serde_json::Value = serde_json::from_str(&catalogue_json(&lacking)).unwrap();
        let kinds = json.as_array().unwrap();
        assert_eq!(kinds.len(), KINDS.len());
        let without = kinds.iter().filter(|kind| kind["lacking"].is_string());
        assert_eq!(without.map(|kind| &kind["kind"]).collect::<Vec<_>>(), ["fail-calls"]);
    }
}
