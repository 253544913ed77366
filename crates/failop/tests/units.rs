//! The units of `hil/systemd` are what systemd understands, the rules of `hil/udev` what udev does.
#![forbid(unsafe_code)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Where the program is on a board, in the unit.
const INSTALLED: &str = "/usr/bin/failop";

fn hil(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../hil").join(path)
}

/// What the program prints; `None`, told in plain sight, on a host without it.
#[expect(clippy::disallowed_methods, reason = "tests read what the program prints")]
fn tool(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) => {
            writeln!(std::io::stderr(), "SKIPPED: {program}: {error}").expect("a place to tell");
            None
        }
    }
}

/// The units, with the program of this build in the place of the one on a board.
fn units() -> (TempDir, Vec<String>) {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let units = ["failop.service", "failop.socket"].map(|name| {
        let text = fs::read_to_string(hil("systemd").join(name)).unwrap();
        let path = folder.path().join(name);
        fs::write(&path, text.replace(INSTALLED, env!("CARGO_BIN_EXE_failop"))).unwrap();
        path.display().to_string()
    });
    (folder, units.to_vec())
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let (_folder, units) = units();
    let arguments: Vec<&str> =
        ["verify"].into_iter().chain(units.iter().map(String::as_str)).collect();
    let Some(output) = tool("systemd-analyze", &arguments) else { return };
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn the_service_is_not_more_exposed_than_what_it_does_takes() {
    let (_folder, units) = units();
    // 4.0 of 10: the class that systemd calls OK ends at 5.
    let arguments = ["security", "--offline=true", "--threshold=40", &units[0]];
    let Some(output) = tool("systemd-analyze", &arguments) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn each_line_of_the_rules_is_a_list_of_matches_and_assignments() {
    let text = fs::read_to_string(hil("udev/60-failop.rules")).unwrap();
    let rules: Vec<&str> =
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(rules.len() >= 4);
    for rule in rules {
        let parts: Vec<&str> = rule.split(", ").collect();
        for part in &parts {
            let (key, value) = part.split_once("=\"").unwrap_or_else(|| panic!("{part}"));
            let operator = key.trim_start_matches(|it: char| !"=!+".contains(it));
            assert!(["", "=", "!", "+"].contains(&operator), "{part}");
            let last = value.strip_suffix('"').is_some_and(|it| !it.contains('"'));
            assert!(last, "{part} ends with its only quotation mark");
        }
        let matches = parts.iter().filter(|it| it.contains("==") || it.contains("!=")).count();
        assert!((1..parts.len()).contains(&matches), "{rule} changes something of some devices");
    }
}
