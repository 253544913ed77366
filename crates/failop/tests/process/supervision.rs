//! What finds a failure, what does not once it is switched off, and what follows: with real
//! processes.

use crate::rig::{PATIENT, Rig, scenario};
use recording::Recording;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use wire::event::{Detector, Event, Mode, Proof, Reaction, SystemState};
use wire::{Node, Source};

/// Runs the scenario to its end; what was recorded.
fn record(name: &str, duration_s: f64, text: &str) -> Vec<(Source, wire::Record)> {
    let rig = Rig::new();
    rig.run(name, &scenario(name, duration_s, text));
    let recording = Recording::open(&rig.run_directory(name)).expect("the recording is readable");
    assert_eq!(recording.lost, []);
    recording.records
}

/// What found failures of the camera, in order.
fn found(records: &[(Source, wire::Record)]) -> Vec<Detector> {
    let detector = |(_, record): &(Source, wire::Record)| match record.event {
        Event::Detected { node: Node::Camera, detector, .. } => Some(detector),
        _ => None,
    };
    records.iter().filter_map(detector).collect()
}

const CRASH: &str = "[[fault]]\nid = \"F1\"\ntarget = \"camera\"\nat-s = 1.0\n\
    inject.crash = { how = \"abort\" }\n";

#[test]
fn a_death_is_found_by_the_kernels_mark_and_again_at_the_burial() {
    let found = found(&record("crash", 2.0, &format!("{PATIENT}{CRASH}")));
    assert_eq!(found, [Detector::EarlyDeath, Detector::Exit]);
}

#[test]
fn a_death_that_the_kernel_marks_sets_off_the_fault_that_waits_for_it() {
    let text = "[watchdog]\ndisable = [\"exit\"]\n".to_owned()
        + PATIENT
        + CRASH
        + "[[fault]]\nid = \"F2\"\ntarget = \"radar\"\nwhen.detected = { fault = \"F1\" }\n\
            inject.drop = { percent = 100, for-s = 0.1 }\n";
    let records = record("marked", 2.0, &text);
    assert_eq!(found(&records), [Detector::EarlyDeath]);
    let armed =
        |(_, it): &(Source, wire::Record)| matches!(it.event, Event::Armed { fault: 1, .. });
    assert_eq!(records.iter().filter(|it| armed(it)).count(), 1);
}

#[test]
fn a_death_that_nobody_looks_for_is_found_by_the_silence_that_follows() {
    let disable = "[watchdog]\ndisable = [\"exit\", \"early-death\", \"alive\", \"deadline\"]\n\
        [watchdog.camera]\nstartup-timeout-ms = 60000\nheartbeat-timeout-ms = 1000\n\
        [watchdog.radar]\nstartup-timeout-ms = 60000\nheartbeat-timeout-ms = 60000\n\
        [watchdog.fusion]\nstartup-timeout-ms = 60000\nheartbeat-timeout-ms = 60000\n";
    let records = record("silent", 4.0, &format!("{disable}{CRASH}"));
    assert_eq!(found(&records).first(), Some(&Detector::Heartbeat));
    let published = |incarnation| {
        records.iter().any(|(source, record)| {
            let frame = matches!(record.event, Event::FramePublished { .. });
            frame && *source == Source::Node(Node::Camera) && record.incarnation == incarnation
        })
    };
    assert!(published(2), "it is replaced");
}

#[test]
fn a_step_that_takes_too_long_is_found_by_its_deadline_and_by_nothing_else() {
    let slow = "[[fault]]\nid = \"F1\"\ntarget = \"camera\"\nat-s = 1.0\n\
        inject.slow = { extra-ms = 900.0, for-s = 1.0 }\n";
    let deadline = PATIENT.replacen("alive", "deadline-ms.max = 600.0\nalive", 1);
    let found_by = |name, disable| {
        found(&record(name, 3.0, &format!("[watchdog]\ndisable = {disable}\n{deadline}{slow}")))
    };
    assert_eq!(found_by("with", "[]").first(), Some(&Detector::Deadline));
    assert_eq!(found_by("without", "[\"deadline\"]"), []);
}

#[test]
fn the_safe_state_is_shown_by_fusion_when_a_sensor_is_given_up() {
    let limits =
        PATIENT.replacen("alive", "on-give-up = \"safe-state\"\nrestart.limit = 0\nalive", 1);
    let records = record("safe", 2.0, &format!("{limits}{CRASH}"));
    let told = |event| records.iter().any(|(_, record)| record.event == event);
    assert!(told(Event::SystemState { state: SystemState::Safe }));
    let to_safe = |(_, record): &(Source, wire::Record)| {
        matches!(record.event, Event::ModeChanged { to: Mode::Safe, .. })
    };
    assert!(records.iter().any(to_safe));
}

#[test]
fn a_damaged_frame_is_believed_where_nobody_checks_it() {
    let corrupt = "[[fault]]\nid = \"F1\"\ntarget = \"camera\"\nat-s = 1.0\n\
        inject.corrupt = { bits = 3, for-s = 0.5 }\n";
    for (name, disable, expected) in [("on", "[]", true), ("off", "[\"integrity\"]", false)] {
        let text = format!("[watchdog]\ndisable = {disable}\n{PATIENT}{corrupt}");
        let records = record(name, 2.0, &text);
        let flipped = |(_, record): &(Source, wire::Record)| {
            matches!(record.event, Event::Applied { proof: Proof::Acted, .. })
        };
        assert!(records.iter().any(flipped), "the fault acted");
        let rejected = |(_, record): &(Source, wire::Record)| {
            matches!(record.event, Event::Rejected { detector: Detector::Integrity, .. })
        };
        assert_eq!(records.iter().any(rejected), expected, "{disable}");
    }
}

#[test]
fn under_a_storm_of_kills_one_writer_at_a_time_publishes_and_no_frame_is_torn() {
    let mut text = PATIENT.replace("alive", "restart = { standby = true, limit = 1000 }\nalive");
    for (kill, node) in (0..24).zip([Node::Camera, Node::Camera, Node::Radar].iter().cycle()) {
        // From kills of a standing standby to kills of one that is just starting.
        let at_s = 0.5 + 0.131 * f64::from(kill) - 0.04 * f64::from(kill % 3);
        let fault = format!(
            "[[fault]]\nid = \"K{kill}\"\ntarget = \"{node}\"\nat-s = {at_s:.4}\n\
             inject.kill = {{ signal = \"SIGKILL\" }}\n"
        );
        text.write_str(&fault).unwrap();
    }
    let records = record("storm", 4.5, &text);
    let takeovers = records.iter().filter(|(_, record)| {
        matches!(record.event, Event::Reacted { reaction: Reaction::StandbyTakeover, .. })
    });
    assert!(takeovers.count() > 0, "standbys took over");
    for (_, record) in &records {
        assert!(!matches!(record.event, Event::Rejected { .. }), "{record:?}");
    }
    // When each incarnation wrote first and last.
    let mut written: BTreeMap<(Node, u32), (u64, u64)> = BTreeMap::new();
    for (source, record) in &records {
        let wrote = matches!(record.event, Event::FramePublished { .. } | Event::RadarSent { .. });
        if let (Source::Node(node), true) = (*source, wrote) {
            let span =
                written.entry((node, record.incarnation)).or_insert((record.t_ns, record.t_ns));
            *span = (span.0.min(record.t_ns), span.1.max(record.t_ns));
        }
    }
    assert!(written.len() > 10, "many wrote: {written:?}");
    for (one, other) in written.iter().zip(written.iter().skip(1)) {
        let same = one.0.0 == other.0.0;
        assert!(!same || one.1.1 < other.1.0, "{one:?} wrote when {other:?} did");
    }
}
