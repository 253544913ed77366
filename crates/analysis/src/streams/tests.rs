//! Each cause is reached, and the sums always hold.

use wire::event::{Detector, Mode, Proof};
use wire::{Event, Node};

use crate::summary::{Cause, Stream, Verdict};
use crate::testing::{Fate, Script, camera_kill, fault, fine, plan, t_ns, verdict};

fn sums(stream: &Stream) -> u64 {
    stream.delivered + stream.lost.values().sum::<u64>()
}

/// What becomes of frame 30 with this fate, to the camera's stream and to fusion's.
fn check(fate: Fate, camera: Option<Cause>, fusion: Option<Cause>) {
    let play = |node, item| if (node, item) == (Node::Camera, 30) { fate } else { Fate::Used };
    let summary = Script::new(plan("")).play(play).summary();
    let lost = |stream: &Stream| {
        assert_eq!(sums(stream), stream.expected);
        stream.lost.iter().filter(|it| *it.1 > 0).map(|it| (*it.0, *it.1)).collect::<Vec<_>>()
    };
    let once = |cause: Option<Cause>| cause.map(|cause| (cause, 1)).into_iter().collect::<Vec<_>>();
    assert_eq!(lost(&summary.streams.camera), once(camera), "{fate:?}");
    assert_eq!(lost(&summary.streams.radar), []);
    assert_eq!(lost(&summary.streams.fusion), once(fusion), "{fate:?}");
    let alarm = |reason: &String| reason.starts_with("no false alarm: ");
    assert!(summary.reasons.iter().all(alarm), "{:?}", summary.reasons);
}

#[test]
fn every_fate_has_its_cause() {
    check(Fate::Used, None, None);
    check(Fate::UsedAfter(33.0), None, None);
    check(Fate::UsedAfter(34.0), Some(Cause::Late), None);
    check(Fate::NotMade, Some(Cause::NotProduced), Some(Cause::NoInput));
    check(Fate::Overrun, Some(Cause::Overrun), Some(Cause::NoInput));
    check(Fate::Superseded, Some(Cause::Superseded), Some(Cause::NotProduced));
    check(Fate::Swallowed, Some(Cause::Superseded), Some(Cause::NotProduced));
    check(Fate::Rejected(Detector::Integrity), Some(Cause::Rejected), Some(Cause::NoInput));
    check(Fate::Rejected(Detector::Frozen), Some(Cause::Rejected), Some(Cause::NoInput));
    check(Fate::Rejected(Detector::Late), Some(Cause::Late), Some(Cause::NoInput));
    check(Fate::Garbled, Some(Cause::Rejected), Some(Cause::NoInput));
}

#[test]
fn a_refused_sample_that_bears_the_number_of_another_is_still_told_apart() {
    for wrong in [29, 31] {
        let garble = |node, item| match (node, item) {
            (Node::Camera, 30) => Fate::Garbled,
            _ => Fate::Used,
        };
        let mut script = Script::new(plan("")).play(garble);
        for (_, record) in &mut script.records {
            if let Event::Rejected { item, .. } | Event::FrameReceived { frame: item, .. } =
                &mut record.event
                && *item > 1000
            {
                *item = wrong;
            }
        }
        let lost = script.summary().streams.camera.lost;
        assert_eq!((lost[&Cause::Rejected], lost[&Cause::Superseded]), (1, 0), "as {wrong}");
    }
}

#[test]
fn a_nominal_run_delivers_its_schedule() {
    let summary = Script::new(plan("")).play(fine).summary();
    let streams = &summary.streams;
    let counts = [&streams.camera, &streams.radar, &streams.fusion].map(|it| it.delivered);
    assert_eq!(counts, [120, 80, 200]);
    assert_eq!(summary.verdict, Verdict::Pass, "{:?}", summary.reasons);
    let names = |stream: &Stream| stream.latency_us.keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        names(&streams.camera),
        "captured_to_published captured_to_rendered published_to_received \
         rendered_to_protected"
    );
    assert_eq!(names(&streams.radar), "due_to_sent sent_to_received");
    let fused = streams.fusion.latency_us["camera_captured_to_fused"];
    assert_eq!((fused.count, fused.p50.round(), fused.max.round()), (120, 5100.0, 5100.0));
}

#[test]
fn a_slot_that_the_newborn_repeats_counts_once() {
    let summary = camera_kill("").play(fine).summary();
    let camera = &summary.streams.camera;
    assert_eq!((camera.delivered, camera.repeated, camera.expected), (120, 1, 120));
    assert_eq!(summary.streams.fusion.repeated, 1);
    assert_eq!(summary.verdict, Verdict::Pass, "{:?}", summary.reasons);
}

#[test]
fn a_sample_that_one_incarnation_hands_over_twice_makes_the_record_doubtful() {
    let mut script = Script::new(plan("")).play(fine);
    script.node(
        Node::Radar,
        1,
        500.0,
        Event::RadarSent { cycle: 3, captured_ns: 0, detections: 0 },
    );
    let summary = script.summary();
    assert_eq!(verdict(&summary, "the record is consistent"), Verdict::Inconclusive);
    assert_eq!(summary.verdict, Verdict::Inconclusive);
}

fn sent(cycle: u64) -> Event {
    Event::RadarSent { cycle, captured_ns: 0, detections: 0 }
}

fn acted(item: u64, value: u64) -> Event {
    Event::Applied { fault: 0, proof: Proof::Acted, item, value }
}

#[test]
fn a_sample_that_a_fault_hands_over_again_counts_as_repeated() {
    for (inject, value, repeated) in [
        ("duplicate = { for-s = 1.0 }", 1, 10),
        ("runaway = { times = 2, for-s = 1.0 }", 1, 10),
        ("replay = { age = 3, for-s = 1.0 }", 3, 7),
    ] {
        let mut script = Script::new(plan(&fault("F", "radar", 0.5, inject))).play(fine);
        script.node(Node::Radar, 1, 501.0, acted(10, value));
        script.node(Node::Radar, 1, 502.0, sent(repeated));
        let summary = script.summary();
        let radar = &summary.streams.radar;
        assert_eq!((radar.delivered, radar.repeated), (80, 1), "{inject}");
        assert_eq!(verdict(&summary, "the record is consistent"), Verdict::Pass, "{inject}");
        // Nothing explains another one.
        script.node(Node::Radar, 1, 503.0, sent(repeated + 1));
        let doubtful = verdict(&script.summary(), "the record is consistent");
        assert_eq!(doubtful, Verdict::Inconclusive, "{inject}");
    }
}

#[test]
fn a_sample_whose_number_a_fault_changed_keeps_its_place_in_the_schedule() {
    let inject = "skip-numbers = { by = 30, for-s = 0.04 }";
    let at_its_place = |told: bool| {
        let fates = |node, item| match (node, item) {
            (Node::Radar, 10) => Fate::Superseded,
            _ => Fate::Used,
        };
        let mut script = Script::new(plan(&fault("F", "radar", 0.5, inject))).play(fates);
        if told {
            script.node(Node::Radar, 1, 500.5, acted(10, 30));
        }
        let [captured_ns, received_ns] = [500.0, 502.0].map(t_ns);
        let (stream, item, from) = (Node::Radar, 40, 1);
        let received =
            Event::RadarReceived { cycle: item, from, captured_ns, sent_ns: t_ns(501.0) };
        let mode_tracks = Event::pack_mode_tracks(Mode::Fused, 0);
        let fused = Event::Fused { stream, item, from, captured_ns, received_ns, mode_tracks };
        script.node(Node::Fusion, 1, 502.0, received);
        script.node(Node::Fusion, 1, 503.0, fused);
        script.summary()
    };
    let summary = at_its_place(true);
    assert_eq!(summary.streams.radar.delivered, 80);
    assert_eq!(verdict(&summary, "the record is consistent"), Verdict::Pass);
    let doubtful = at_its_place(false);
    assert_eq!(verdict(&doubtful, "the record is consistent"), Verdict::Inconclusive);
}

#[test]
fn a_sample_from_the_future_makes_the_record_doubtful() {
    let mut script = Script::new(plan("")).play(fine);
    let event = Event::Fused {
        stream: Node::Radar,
        item: 5000,
        from: 1,
        captured_ns: 0,
        received_ns: 0,
        mode_tracks: 0,
    };
    script.node(Node::Fusion, 1, 500.0, event);
    assert_eq!(script.summary().verdict, Verdict::Inconclusive);
}

#[test]
fn samples_due_after_the_schedule_are_not_counted() {
    let mut script = Script::new(plan("")).play(fine);
    let event = Event::RadarSent { cycle: 80, captured_ns: 0, detections: 0 };
    script.node(Node::Radar, 1, 4001.0, event);
    let summary = script.summary();
    assert_eq!(summary.streams.radar.expected, 80);
    assert_eq!(summary.verdict, Verdict::Pass, "{:?}", summary.reasons);
}

#[test]
fn a_frame_replaced_at_once_is_not_fusions_failure() {
    let mut script = Script::new(plan("")).play(|node, item| match (node, item) {
        (Node::Camera, 30) => Fate::Superseded,
        (Node::Camera, 31) => Fate::NotMade,
        _ => Fate::Used,
    });
    let event =
        Event::FramePublished { frame: 31, captured_ns: 0, rendered_ns: 0, protected_ns: 0 };
    script.node(Node::Camera, 1, 1005.0, event);
    let lost = script.summary().streams.fusion.lost;
    // Frame 30 was gone within 3 ms; frame 31 stayed, and was not taken.
    assert_eq!((lost[&Cause::NoInput], lost[&Cause::NotProduced]), (1, 1));
}

#[test]
fn what_a_capture_device_lost_is_not_the_cameras_own_loss() {
    let play = |node, item| match (node, item) {
        (Node::Camera, 30..=32) => Fate::NotMade,
        _ => Fate::Used,
    };
    let mut script = Script::new(plan("")).play(play);
    script.node(Node::Camera, 1, 1150.0, Event::DeviceLost { first: 30, count: 2 });
    let lost = script.summary().streams.camera.lost;
    assert_eq!((lost[&Cause::Device], lost[&Cause::NotProduced]), (2, 1));
}

#[test]
fn frames_of_a_device_are_due_when_it_captures_them() {
    let play = |node, item| match (node, item) {
        (Node::Camera, 30) => Fate::UsedAfter(50.0),
        _ => Fate::Used,
    };
    let late = |told: Option<Event>| {
        let mut script = Script::new(plan("")).play(play);
        if let Some(event) = told {
            script.node(Node::Camera, 1, 1.0, event);
        }
        script.summary().streams.camera.lost[&Cause::Late]
    };
    assert_eq!(late(None), 1);
    assert_eq!(late(Some(Event::DeviceAligned { frame: 0, phase_ns: 20_000_000 })), 0);
}
