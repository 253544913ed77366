//! What every output must be, whatever the run: well-formed, escaped, bounded, complete.

mod board;
mod breakage;
mod campaign;
mod coverage;
mod fixture;
mod ipc;
mod run_json;

use analysis::summary::Cause;
use fixture::{NASTY, Run, SCENARIO};
use quick_xml::Reader;
use quick_xml::events::Event;
use report::{
    Style, birds_eye_svg, drive_svg, frame_loss_svg, html, json, junit, latency_svg, markdown,
    table, timeline_svg,
};

fn all() -> Vec<(&'static str, Run)> {
    vec![
        ("nominal", fixture::nominal()),
        ("kill", fixture::kill()),
        ("inconclusive", fixture::inconclusive()),
        ("skipped", fixture::skipped()),
        ("host faults", fixture::host_faults()),
        ("crash loop", fixture::crash_loop()),
        ("large", fixture::large()),
        ("nasty", fixture::nasty()),
        ("empty", fixture::empty()),
        ("torn", fixture::torn()),
    ]
}

fn svgs(run: &Run) -> [String; 5] {
    let Run { summary, series } = run;
    [
        latency_svg(summary, series),
        frame_loss_svg(summary, series),
        timeline_svg(summary, series),
        drive_svg(summary, series),
        birds_eye_svg(summary, series),
    ]
    .map(|svg| svg.expect("the plot is drawn"))
}

/// The text of a well-formed document, and the names of its elements.
fn parse(xml: &str) -> (String, Vec<String>) {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let (mut text, mut names) = (String::new(), Vec::new());
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Eof => return (text, names),
            Event::Start(element) => {
                for attribute in element.attributes() {
                    attribute.expect("a well-formed attribute");
                }
                names.push(
                    String::from_utf8(element.name().as_ref().to_vec()).expect("a name in UTF-8"),
                );
            }
            Event::Text(part) => text.push_str(&part.decode().expect("text in UTF-8")),
            _ => {}
        }
    }
}

/// The content of an HTML page between its tags, for tests on what is seen.
fn count_tags(page: &str, tag: &str) -> (usize, usize) {
    let opened =
        page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
    (opened, page.matches(&format!("</{tag}>")).count())
}

#[test]
fn every_svg_is_well_formed_stands_alone_and_is_bounded() {
    for (name, run) in all() {
        for svg in svgs(&run) {
            let (text, elements) = parse(&svg);
            assert_eq!(elements[..3], ["svg", "title", "desc"], "{name}");
            assert!(elements.iter().all(|e| e != "script" && e != "image"), "{name}");
            let axis = ["time since the start", "ahead of the front bumper"];
            assert!(axis.iter().any(|it| text.contains(it)), "{name}");
            assert!(svg.len() < 300_000, "{name}: {} bytes", svg.len());
            assert_eq!(svg.matches("http").count(), 1, "{name}: the namespace alone");
        }
    }
}

#[test]
fn the_plots_tell_what_they_show() {
    let (kill, nominal) = (fixture::kill(), fixture::nominal());
    let [latency, loss, timeline, drive, birds_eye] = svgs(&kill);
    let [_, no_loss, calm, open, empty_road] = svgs(&nominal);
    let [stalled, _, beyond, ..] = svgs(&fixture::host_faults());
    assert!(!calm.contains("host stalled") && !calm.contains(">watchdog"));
    let cases = [
        (&latency, vec!["camera captured→fused", "F1", "ms (log)"]),
        (&loss, vec!["camera: 2 of 240 frames lost", "not produced 1", "superseded 1", "F1"]),
        (&timeline, vec!["#2", "mode radar-only", "exit (watchdog) 0.310", "recovered 64.9"]),
        (
            &drive,
            vec!["collision, 24.8 km/h", "brake request without faults", "no statement", "F1"],
        ),
        (&birds_eye, vec!["true path", "track 3", "track 8", "while a fault was in force"]),
        (&open, vec!["No collision, nobody was in the ego"]),
        (&empty_road, vec!["nobody was on the road"]),
        (&no_loss, vec!["no sample lost"]),
        (&stalled, vec!["host stalled"]),
        (&beyond, vec!["host stalled", "watchdog", "host", "load", "doze"]),
    ];
    for (svg, parts) in cases {
        let (text, _) = parse(svg);
        for part in parts {
            assert!(text.contains(part), "{part:?} is missing");
        }
    }
}

#[test]
fn a_page_needs_nothing_and_lets_nothing_out() {
    for (name, run) in all() {
        let page = html(&run.summary, &run.series, &format!("{SCENARIO}{NASTY}"));
        for forbidden in ["http:", "https:", "<script", "javascript:", "src=", "@import", "url("] {
            assert!(!page.contains(forbidden), "{name}: {forbidden}");
        }
        for tag in ["table", "tr", "section", "svg", "dl", "details", "strong", "main", "p", "li"] {
            let (opened, closed) = count_tags(&page, tag);
            assert_eq!(opened, closed, "{name}: {tag}");
        }
        assert!(page.contains("&lt;not&gt; &amp; &quot;markup&quot;"), "{name}");
        // A torn frame: as it was read, magnified, and the same part of the frame whole.
        let torn = if run.series.torn.is_some() { 3 } else { 0 };
        let stills = run.series.strip.len() + torn;
        assert_eq!(count_tags(&page, "svg").0, 5 + stills, "{name}");
        assert_eq!(page.matches("href=\"data:image/png;base64,").count(), stills, "{name}");
        assert_eq!(page.matches("href=").count(), stills, "{name}: no other place");
        assert!(page.contains("not certification"), "{name}");
        assert!(!page.chars().any(|c| c.is_control() && c != '\n'), "{name}");
    }
}

#[test]
fn a_page_puts_what_failed_first() {
    let run = fixture::crash_loop();
    let page = html(&run.summary, &run.series, SCENARIO);
    let place = |what: &str| page.find(what).unwrap_or_else(|| panic!("{what} is missing"));
    let order = [
        "✘</span> FAIL",
        "stayed down when its restart budget",
        "worst FDTI",
        "<h2>Faults",
        "<h2>Detection matrix",
        "<h2>Safety",
        "<h2>Gap, speed and brakes",
        "<h2>Timeline",
        "<h2>Latency",
        "<h2>Lost samples",
        "<h2>Expectations",
        "<td>not observed</td>",
        "expect.camera.frames-lost-max",
        "<h2>Isolation",
        "<h2>Interference",
        "<h2>Streams",
        "<h2>Processes",
        "<h2>Modes of fusion",
        "<h2>Host",
        "<details>",
        "<footer>",
    ];
    assert!(order.is_sorted_by_key(|what| place(what)), "{:?}", order.map(place));
}

#[test]
fn json_is_the_summary() {
    for (name, run) in all() {
        let text = json(&run.summary);
        let back: analysis::Summary = serde_json::from_str(&text).unwrap();
        assert_eq!(back, run.summary, "{name}");
        assert_eq!(json(&back), text, "{name}");
    }
    let text = json(&fixture::kill().summary);
    for key in ["\"not_produced\": 1", "\"verdict\": \"pass\"", "\"target\": \"camera\""] {
        assert!(text.contains(key), "{key}");
    }
}

#[test]
fn junit_counts_what_failed_and_what_cannot_be_judged() {
    let runs: Vec<_> = all().into_iter().map(|(_, run)| run.summary).collect();
    for count in 0..=runs.len() {
        let (_, elements) = parse(&junit(&runs[..count], &[]));
        assert_eq!(elements.iter().filter(|e| *e == "testsuite").count(), count);
    }
    let cases = [
        (
            fixture::nominal(),
            "tests=\"4\" skipped=\"0\" failures=\"0\" errors=\"0\"",
            "the run as a whole",
        ),
        (
            fixture::inconclusive(),
            "tests=\"4\" skipped=\"0\" failures=\"0\" errors=\"1\"",
            "message=\"inconclusive: F1 did not take effect: no corrupted sample was recorded;",
        ),
        (
            fixture::skipped(),
            "tests=\"5\" skipped=\"1\" failures=\"0\" errors=\"0\"",
            "<skipped message=\"fault F1 took effect: expected evidence of its effect, actual nothing; \
             the host lacks a control group freezer",
        ),
        (
            fixture::crash_loop(),
            "tests=\"7\" skipped=\"0\" failures=\"2\" errors=\"0\"",
            "actual not observed; fusion never recovered\"",
        ),
    ];
    for (run, counts, message) in cases {
        let xml = junit(std::slice::from_ref(&run.summary), &[]);
        for part in [counts, message, "TestType", "fault-injection", "\"seed\""] {
            assert!(xml.contains(part), "{part} is missing in {xml}");
        }
    }
}

#[test]
fn the_table_fits_a_hundred_columns_whatever_the_names() {
    let mut runs: Vec<_> = all().into_iter().map(|(_, run)| run.summary).collect();
    runs[0].streams.camera.lost.insert(analysis::summary::Cause::Late, u64::MAX / 2);
    runs[1].faults[0].fdti_ms = Some(1e12);
    runs[2].repetition = 1234;
    for style in [Style::Plain, Style::Ansi] {
        let text = table(&runs, style)
            .replace("\x1b[32m", "")
            .replace("\x1b[33m", "")
            .replace("\x1b[36m", "");
        let text = text.replace("\x1b[1;31m", "").replace("\x1b[0m", "");
        assert!(!text.contains('\x1b'), "only its own escape sequences");
        for line in text.lines() {
            let columns: usize = line.chars().map(|c| if c == '車' { 2 } else { 1 }).sum();
            assert!(columns <= 100, "{columns}: {line}");
        }
        for part in ["fusion-crash-loop", "radar-corrupt #1234", "7/7", "10 runs: 5 pass, 2 fail"] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
    assert_eq!(table(&[], Style::Plain).lines().count(), 4);
}

#[test]
fn the_markdown_fits_a_screen_and_begins_with_what_failed() {
    for (name, run) in all() {
        let text = markdown(&run.summary);
        assert!(text.lines().count() <= 50, "{name}: {} lines", text.lines().count());
        assert!(!text.contains("<script"), "{name}");
        for line in text.lines().filter(|l| l.starts_with('|')) {
            assert!(line.ends_with('|'), "{name}: {line}");
        }
    }
    let text = markdown(&fixture::crash_loop().summary);
    assert!(text.starts_with("## ✘ FAIL: fusion-crash-loop\n"));
    let place = |what: &str| text.find(what).unwrap();
    assert!(place("| ✘ | expect.fault.F6") < place("| F1: fusion kill"));
    assert!(text.contains("(report.html)"));
}

#[test]
fn what_came_of_it_for_the_car_is_told_everywhere() {
    let run = fixture::kill();
    let told = "Collision at 24.8 km/h, at 7.200 s; first brake request at 6.700 s, 300 ms later than \
                without faults; the faults changed the outcome.";
    let lead = "lead located to 0.072 m rms, 0.288 m during F1; GOSPA 0.810 m";
    let in_table = table(std::slice::from_ref(&run.summary), Style::Plain);
    let in_table = in_table.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = html(&run.summary, &run.series, SCENARIO);
    for text in [&in_table, &markdown(&run.summary)] {
        assert!(text.contains(told) && text.contains(lead), "{text}");
    }
    for part in [told, "during F1", "3.70 [3.64, 4.36]", "never without", "the picture itself"] {
        assert!(page.contains(part), "{part}");
    }
    let open = fixture::nominal();
    let page = html(&open.summary, &open.series, SCENARIO);
    assert!(page.contains("Open loop") && !page.contains("Tracks against the truth"));
}

#[test]
fn torn_frames_are_counted_and_one_is_shown() {
    let Run { summary, mut series } = fixture::torn();
    let page = html(&summary, &series, SCENARIO);
    for told in [
        "Fusion read 75 frames torn",
        "544 rows of frame 26 (all of them bit for bit) above the tear at row 544",
        "536 rows of frame 25 (535 of them bit for bit) below it",
        "the same part of frame 26, whole",
    ] {
        assert!(page.contains(told), "{told}");
    }
    assert_eq!(page.matches("data:image/png").count(), 3);
    assert!(markdown(&summary).contains("Read torn, and refused: 75 frames."));
    series.torn = None;
    assert!(html(&summary, &series, SCENARIO).contains("None is shown"));
    assert!(!html(&fixture::nominal().summary, &series, SCENARIO).contains("Torn frames"));
}

#[test]
fn every_cause_of_loss_is_explained() {
    let run = fixture::nominal();
    let page = html(&run.summary, &run.series, SCENARIO);
    for cause in Cause::ALL {
        assert!(page.contains(&format!("<dt>{}</dt>", cause.words())), "{cause:?}");
    }
}

#[test]
fn what_a_table_leaves_out_is_told() {
    let mut run = fixture::crash_loop();
    let lives = &mut run.summary.processes[2].incarnations;
    *lives = vec![lives[0].clone(); 47];
    let page = html(&run.summary, &run.series, SCENARIO);
    assert!(page.contains("7 more in run.json."));
}
