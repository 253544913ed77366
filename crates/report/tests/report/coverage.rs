//! What the outputs of a whole invocation must be, and the matrices of a run.

use crate::fixture::{self, Run, SCENARIO};
use crate::{all, count_tags};
use analysis::{Coverage, Summary, coverage};
use report::{coverage_html, coverage_markdown, html, json};

fn summaries() -> Vec<Summary> {
    all().into_iter().map(|(_, run)| run.summary).collect()
}

#[test]
fn a_page_on_all_runs_needs_nothing_and_is_closed() {
    for runs in [summaries(), vec![fixture::nominal().summary], Vec::new()] {
        let page = coverage_html(&coverage(&runs), &runs);
        for forbidden in ["http:", "https:", "<script", "src=", "url("] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        for tag in ["table", "tr", "section", "dl", "main", "p", "li"] {
            let (opened, closed) = count_tags(&page, tag);
            assert_eq!(opened, closed, "{tag}");
        }
    }
}

#[test]
fn coverage_tells_what_was_exercised_and_what_was_not() {
    let runs = summaries();
    let coverage = coverage(&runs);
    let (page, text) = (coverage_html(&coverage, &runs), coverage_markdown(&coverage));
    for (what, parts) in [
        (&page, ["<h2>Never injected", "suspend", "the host lacks a control group freezer"]),
        (
            &text,
            [
                "blocking of execution | ✔ passed",
                "Never injected",
                "- suspend was skipped: the host",
            ],
        ),
    ] {
        for part in parts {
            assert!(what.contains(part), "{part} is missing in {what}");
        }
    }
    let back: Coverage = serde_json::from_str(&json(&coverage)).unwrap();
    assert_eq!(back, coverage);
    for line in text.lines().filter(|line| line.starts_with('|')) {
        assert!(line.matches('|').count() == 4, "{line}");
    }
}

#[test]
fn the_detection_matrix_marks_who_was_first_who_failed_and_who_should_not() {
    let Run { summary, series } = fixture::kill();
    let page = html(&summary, &series, SCENARIO);
    for part in
        ["<td class=\"mark\"><b>0.310</b></td>", "<td class=\"mark\">○</td>", "False alarms: 0."]
    {
        assert!(page.contains(part), "{part}");
    }
    let Run { summary, series } = fixture::host_faults();
    let page = html(&summary, &series, SCENARIO);
    for part in ["<b>! 0.310</b>", "False alarms: 2 (silence 2)."] {
        assert!(page.contains(part), "{part}");
    }
}
