//! What every output must tell of a board, and of an emulator's times.

use crate::fixture;
use analysis::Summary;
use recording::Reached;
use report::{Style, html, json, latency_svg, markdown, table};

/// A run on a board.
fn on_a_board(reached: Reached) -> fixture::Run {
    let mut run = fixture::kill();
    run.summary.host.reached = reached;
    run
}

fn terminal(summary: &Summary) -> String {
    table(std::slice::from_ref(summary), Style::Plain)
}

#[test]
fn a_board_has_a_section_with_what_was_asked_and_found() {
    let run = on_a_board(Reached::Ssh);
    let page = html(&run.summary, &run.series, "");
    assert!(page.contains("<h2>Board: bench-soc"), "{page}");
    assert!(page.contains("/dev/video&lt;0&gt;"));
    let text = markdown(&run.summary);
    assert!(text.contains("Board bench-soc") && text.contains("| camera |"), "{text}");
    assert!(json(&run.summary).contains("\"name\": \"bench-soc\""));
}

#[test]
fn a_change_of_a_limit_is_no_row_of_the_board() {
    let mut run = on_a_board(Reached::Ssh);
    run.summary.limits_changed = fixture::crash_loop().summary.limits_changed;
    for run in [run, fixture::crash_loop()] {
        let text = markdown(&run.summary);
        let above = text.lines().zip(text.lines().skip(1)).find(|(_, it)| it.contains("150000000"));
        assert_eq!(above.map(|(above, _)| above), Some(""), "{text}");
    }
}

#[test]
fn the_times_of_an_emulator_are_never_shown_as_measurements() {
    let measured = on_a_board(Reached::Ssh);
    for reached in [Reached::Emulated, Reached::Deterministic] {
        let run = on_a_board(reached);
        let page = html(&run.summary, &run.series, "");
        for text in [&page, &markdown(&run.summary), &terminal(&run.summary)] {
            assert!(text.contains("Emulated board: times are"), "{text}");
        }
        assert!(page.contains("emulated: no measurement"));
        let plot = latency_svg(&run.summary, &run.series).expect("the plot is drawn");
        assert!(plot.contains("no measurement"));
        assert_ne!(terminal(&run.summary), terminal(&measured.summary));
    }
    let page = html(&measured.summary, &measured.series, "");
    assert!(!page.contains("Emulated board") && !page.contains("no measurement"));
}
