//! What the outputs of links compared must be, for made-up figures of every mechanism.

use crate::count_tags;
use analysis::ipc::{
    Calls, Cell, Comparison, Floor, Machine, Measured, Round, Skipped, Spread, Stream, compare,
};
use report::{ipc_html, ipc_lines, json};
use wire::Mechanism;

/// Every mechanism with every size; the later in the table, the slower.
fn everything() -> Comparison {
    let sizes = [(16, 20.0), (1024, 20.0), (65_536, 20.0), (2_073_600, 30.0)];
    let cells = sizes.iter().flat_map(|&(bytes, rate_hz)| {
        Mechanism::ALL.iter().enumerate().map(move |(i, &it)| cell(it, bytes, rate_hz, i as u64))
    });
    let stream = |name: &str, payload_bytes, rate_hz, default| Stream {
        name: name.to_owned(),
        payload_bytes,
        rate_hz,
        choice: default,
        default,
    };
    let reason = "<no daemon> & no bus".to_owned();
    compare(Measured {
        machine: Machine { cpu: "a <processor>".to_owned(), rounds: 3, ..Machine::default() },
        floors: vec![Floor { name: "copy".to_owned(), spread_us: Spread::default() }],
        cells: cells.collect(),
        skipped: vec![Skipped { mechanism: Mechanism::Dbus, payloads_bytes: vec![16], reason }],
        streams: vec![
            stream("camera", 2_073_600, 30.0, Mechanism::Shm),
            stream("radar", 1024, 20.0, Mechanism::UnixDgram),
        ],
        has_failed: false,
    })
}

fn cell(mechanism: Mechanism, payload_bytes: u64, rate_hz: f64, rank: u64) -> Cell {
    let latency_ns = 20_000 + rank * rank * 500 + payload_bytes * (rank + 1) / 40;
    let round = |factor: u64| Round {
        latencies_ns: (0..400).map(|i| factor * latency_ns + i * 37 % 9000).collect(),
        messages: 400,
        lost: 0,
        elapsed_ns: 400 * latency_ns,
        sender_cpu_ns: 400 * latency_ns / 3,
        receiver_cpu_ns: 400 * latency_ns / 2,
        same_cpu: rank * 10,
    };
    Cell {
        mechanism,
        payload_bytes,
        rate_hz,
        paced: vec![round(3); 3],
        back_to_back: vec![round(1); 3],
        streaming: vec![Round { latencies_ns: Vec::new(), ..round(1) }; 3],
        calls: Some(Calls { sender: 1.0, receiver: rank as f64 }),
    }
}

#[test]
fn a_page_on_links_needs_nothing_and_is_closed() {
    for comparison in [everything(), compare(Measured::default())] {
        let page = ipc_html(&comparison);
        for forbidden in ["http:", "https:", "<script", "src=", "url(", "<processor>", "NaN"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        for tag in ["table", "tr", "section", "dl", "main", "p", "li", "svg"] {
            let (opened, closed) = count_tags(&page, tag);
            assert_eq!(opened, closed, "{tag}");
        }
    }
    let page = ipc_html(&everything());
    // For those who want to look at it.
    if let Some(path) = std::env::var_os("FAILOP_TEST_PAGE") {
        std::fs::write(path, &page).unwrap();
    }
    for mechanism in Mechanism::ALL {
        assert!(page.contains(&format!("\n{mechanism}</text>")), "{mechanism} has no line");
    }
}

#[test]
fn every_output_tells_what_to_use_what_was_missed_and_what_was_skipped() {
    let comparison = everything();
    let (page, text, json) = (ipc_html(&comparison), ipc_lines(&comparison), json(&comparison));
    assert!(page.contains("use shm") && !page.contains("not measured: frames"));
    for part in ["use shm", "MISSED", "does not hold here", "SKIPPED  dbus with 16 B: <no daemon>"]
    {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["links"].as_array().unwrap().len(), 80);
    assert_eq!(value["links"][0]["mechanism"], "shm");
    assert_eq!(value["advice"][0]["recommended"], "shm");
    assert!(value["links"][0]["paced"]["latency_us"]["p99_9"].is_f64());
}

#[test]
fn the_table_of_links_is_narrow_enough_for_a_terminal() {
    let text = ipc_lines(&everything());
    let widest = text.lines().max_by_key(|line| line.chars().count()).unwrap();
    assert!(widest.chars().count() <= 250, "{widest}");
    let of_figures = text.lines().filter(|line| line.starts_with("  unix-seqpacket"));
    assert!(of_figures.clone().count() == 8);
    assert!(of_figures.map(|line| line.chars().count()).max() <= Some(120), "{text}");
}
