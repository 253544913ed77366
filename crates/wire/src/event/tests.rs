//! Records and their words.

use super::*;

#[test]
fn a_record_survives_its_words() {
    let events = [
        Event::Started { pid: 77 },
        Event::Attached {},
        Event::Applied { fault: 1, proof: Proof::Acted, item: 9, value: 3 },
        Event::Track { id: 1, x_m: 1.5, y_m: -2.0, vx_mps: 0.1, vy_mps: -0.2, ages_us: 9 },
        Event::Detected { node: Node::Fusion, incarnation: 2, detector: Detector::Exit },
        Event::RunEnded { ending: Ending::Interrupted },
        Event::BrakeRequested { deceleration_mps2: 6.0, ttc_s: 1.4, track: 3, valid: 1 },
    ];
    for event in events {
        let record = Record { t_ns: 123_456_789_012, incarnation: 3, event };
        assert_eq!(Record::from_words(&record.to_words()), Some(record));
    }
}

#[test]
fn words_that_no_version_wrote_are_no_record() {
    assert_eq!(Record::from_words(&[0; RECORD_WORDS]), None);
    let mut words =
        Record { t_ns: 1, incarnation: 1, event: Event::RunEnded { ending: Ending::Completed } }
            .to_words();
    words[2] = 99;
    assert_eq!(Record::from_words(&words), None);
}

#[test]
fn two_numbers_pack_into_one_word() {
    assert_eq!(unpack_pair(pack_pair(0.25, -3.5)), (0.25, -3.5));
    assert_eq!(unpack_pair(pack_pair(f64::INFINITY, 0.0)), (f64::INFINITY, 0.0));
}

#[test]
fn mode_and_tracks_pack_into_one_word() {
    let word = Event::pack_mode_tracks(Mode::RadarOnly, 17);
    assert_eq!(Event::unpack_mode_tracks(word), Some((Mode::RadarOnly, 17)));
}
