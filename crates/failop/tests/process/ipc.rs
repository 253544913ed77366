//! `failop bench ipc` measures links between real processes, and tells what it could not.

use crate::binary::failop;
use serde_json::Value;

fn measured(arguments: &[&str]) -> Value {
    let output = failop().args(["bench", "ipc", "--quick", "--json"]).args(arguments).output();
    let output = output.expect("failop runs");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn messages_and_frames_arrive_and_are_counted_by_either_default_link() {
    let mechanisms = ["--mechanism", "shm", "--mechanism", "unix-dgram"];
    let seen =
        measured(&[&mechanisms[..], &["--payload", "1024", "--payload", "2073600"]].concat());
    assert_eq!(seen["skipped"], Value::Array(Vec::new()), "{seen}");
    let links = seen["links"].as_array().unwrap();
    assert_eq!(links.len(), 4);
    for link in links {
        for figure in ["/paced/latency_us/p50", "/back_to_back/latency_us/p50"] {
            assert!(link.pointer(figure).unwrap().as_f64().unwrap() > 0.0, "{figure} of {link}");
        }
        assert!(link["streaming"]["messages_per_s"].as_f64().unwrap() > 0.0, "{link}");
        assert!(link["paced"]["sender_cpu_us"].as_f64().unwrap() > 0.0, "{link}");
        assert!(link["against_shm"]["throughput"]["median"].is_f64(), "{link}");
        // About one: what both ends do before and after the messages may differ by a call or two.
        assert!(link["calls"]["sender"].as_f64().unwrap() > 0.5, "{link}");
    }
    assert_eq!(seen["floors"].as_array().unwrap().len(), 4);
    assert_eq!(seen["advice"].as_array().unwrap().len(), 2);
}

#[test]
fn a_size_that_cannot_be_verified_is_refused() {
    let output = failop().args(["bench", "ipc", "--payload", "17"]).output().expect("failop runs");
    assert!(!output.status.success());
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("a multiple of 8"), "{words}");
}
