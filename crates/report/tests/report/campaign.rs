//! What the outputs of repeated runs must be, whatever the runs.

use crate::fixture::{self, NASTY};
use crate::{count_tags, parse};
use analysis::{Campaign, Summary, Verdict};
use report::{campaign_html, campaign_lines, campaign_markdown, json};

/// So many kills of the camera: times vary, the 7th run is not detected, the 11th without effect.
fn kills(runs: u32) -> Campaign {
    let one = fixture::kill().summary;
    let run = |repetition| {
        let mut run = Summary { repetition, ..one.clone() };
        let fault = &mut run.faults[0];
        let factor = 1.0 + f64::from(repetition * 7919 % 101) / 101.0;
        for detection in &mut fault.detections {
            detection.after_ms *= factor;
        }
        fault.fdti_ms = fault.fdti_ms.map(|ms| ms * factor);
        fault.recovered_after_ms = fault.recovered_after_ms.map(|ms| ms * factor);
        match repetition {
            7 => {
                (fault.fdti_ms, fault.frti_ms, fault.fhti_ms) = (None, None, None);
                fault.detections.clear();
                run.verdict = Verdict::Fail;
                run.reasons = vec!["F1 was never detected".to_owned()];
            }
            11 => {
                (fault.activated, fault.evidence) = (false, vec!["nobody was hit".to_owned()]);
                run.verdict = Verdict::Inconclusive;
                run.reasons = vec!["fault F1 took effect: nobody was hit".to_owned()];
            }
            _ => {}
        }
        run
    };
    Campaign::of(&(1..=runs).map(run).collect::<Vec<_>>())
}

fn repeated(run: fixture::Run) -> Campaign {
    Campaign::of(&[run.summary.clone(), Summary { repetition: 2, ..run.summary }])
}

fn all() -> Vec<(&'static str, Campaign)> {
    vec![
        ("few", kills(3)),
        ("many", kills(400)),
        ("nominal", repeated(fixture::nominal())),
        ("inconclusive", repeated(fixture::inconclusive())),
        ("several faults", repeated(fixture::crash_loop())),
        ("nasty", repeated(fixture::nasty())),
        ("empty", repeated(fixture::empty())),
    ]
}

#[test]
fn a_page_on_repeated_runs_needs_nothing_and_lets_nothing_out() {
    for (name, campaign) in all() {
        let page = campaign_html(&campaign);
        for forbidden in ["http:", "https:", "<script", "javascript:", "src=", "@import", "url("] {
            assert!(!page.contains(forbidden), "{name}: {forbidden}");
        }
        for tag in ["table", "tr", "section", "svg", "dl", "strong", "main", "p", "li"] {
            let (opened, closed) = count_tags(&page, tag);
            assert_eq!(opened, closed, "{name}: {tag}");
        }
        assert_eq!(count_tags(&page, "svg").0, campaign.faults.len(), "{name}: a plot per fault");
        assert!(page.contains("not certification"), "{name}");
        assert!(!page.chars().any(|c| c.is_control() && c != '\n'), "{name}");
        assert!(page.len() < 300_000, "{name}: {} bytes", page.len());
        for svg in page.split("<svg").skip(1) {
            let svg = svg.split_once("</svg>").expect("an end").0;
            parse(&format!("<svg{svg}</svg>"));
        }
        let ids: Vec<&str> = page.split(" id=\"").skip(1).collect();
        let mut different = ids.iter().map(|id| id.split('"').next()).collect::<Vec<_>>();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), ids.len(), "{name}: an id names one thing");
    }
}

#[test]
fn a_page_on_repeated_runs_tells_what_was_shown_and_what_does_not_count() {
    let page = campaign_html(&kills(400));
    for part in [
        "✘</span> FAIL",
        "camera-kill-cut-in, 400 runs: 398 pass, 1 fail, 1 inconclusive",
        "run 7 (fail): F1 was never detected",
        "≥ 98.81 %",
        "93 / 473",
        "detected: p95 ≤ 0.611 ms, p99 needs 473 trials",
        "1 of 399 never detected",
        "exit (watchdog)",
        "nobody was hit",
    ] {
        assert!(page.contains(part), "{part:?} is missing");
    }
    assert!(campaign_html(&kills(3)).contains("needs 59 trials"));
}

#[test]
fn json_is_the_campaign() {
    for (name, campaign) in all() {
        let text = json(&campaign);
        let back: Campaign = serde_json::from_str(&text).unwrap();
        assert_eq!(back, campaign, "{name}");
    }
    let text = json(&kills(400));
    for key in ["\"fail\": 1", "\"lower_bound\": 0.98", "\"at_most_ms\": 0.6", "not_activated"] {
        assert!(text.contains(key), "{key}");
    }
    assert!(json(&kills(3)).contains("\"needs_trials\": 299"));
}

#[test]
fn the_lines_on_repeated_runs_fit_a_hundred_columns() {
    for (name, campaign) in all() {
        for line in campaign_lines(&campaign).lines() {
            let columns: usize = line.chars().map(|c| if c == '車' { 2 } else { 1 }).sum();
            assert!(columns <= 100 && !line.contains('\u{1b}'), "{name}: {columns}: {line}");
        }
    }
    let text = campaign_lines(&kills(400));
    for part in [
        "camera-kill-cut-in, 400 runs: 398 pass, 1 fail, 1 inconclusive",
        "F1 camera kill SIGKILL\n    detected in 398 of 399 trials: coverage ≥ 98.81 %",
        "1 set aside: 1 without effect",
    ] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
}

#[test]
fn the_markdown_on_repeated_runs_fits_a_screen() {
    for (name, campaign) in all() {
        let text = campaign_markdown(&campaign);
        assert!(text.lines().count() <= 50, "{name}: {} lines", text.lines().count());
        assert!(!text.contains("<script"), "{name}");
        for line in text.lines().filter(|line| line.starts_with('|')) {
            assert!(line.ends_with('|'), "{name}: {line}");
        }
    }
    let text = campaign_markdown(&kills(400));
    for part in ["## ✘ FAIL: camera-kill-cut-in, 400 runs", "398 of 399 | ≥ 98.81 %", "never"] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
    let nasty = campaign_markdown(&repeated(fixture::nasty()));
    assert!(!nasty.contains(NASTY));
}
