//! Frames as drivers of the sensor know them, there and back; lists that come broken.

use super::*;

fn general(id: u8) -> Message {
    Message::General(Kind::Objects, Point { id, x_m: f32::from(id), ..Point::default() })
}

fn quality(id: u8) -> Message {
    let quality = Quality {
        id,
        x_sigma_m: 0.2,
        y_sigma_m: 0.3,
        vx_sigma_mps: 0.1,
        vy_sigma_mps: 0.1,
        existence_percent: 99.0,
    };
    Message::Quality(Kind::Objects, quality)
}

fn status(announced: u16, counter: u16) -> Message {
    Message::Status(Status { kind: Kind::Objects, announced, counter })
}

/// `SplitMix64` (Steele, Lea, Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

#[test]
fn frames_of_public_drivers_are_read_as_they_read_them() {
    // tier4/ars408_driver, test/test_ars408_can_parser.cpp: ParseObjectGeneral.
    let Ok(Message::General(Kind::Objects, point)) =
        decode(0, 0x60b, &[7, 0x4f, 0xb0, 0, 0, 0, 0, 0])
    else {
        panic!("an object")
    };
    assert_eq!(point.id, 7);
    assert!((point.x_m - 10.0).abs() < 1e-3, "{point:?}");
    // All its other fields are at the lower end of their range.
    assert!((point.y_m + 204.6).abs() < 1e-3);
    assert!((point.vx_mps + 128.0).abs() < 1e-3);
    assert!((point.vy_mps + 64.0).abs() < 1e-3);
    assert!((point.rcs_dbsm + 64.0).abs() < 1e-3);
    // ParseObjectQualityExistenceProbability.
    let Ok(Message::Quality(Kind::Objects, quality)) =
        decode(0, 0x60c, &[3, 0, 0, 0, 0, 0, 0x40, 0])
    else {
        panic!("a quality")
    };
    assert_eq!(quality.id, 3);
    assert!((quality.existence_percent - 50.0).abs() < 1e-3);
}

#[test]
fn each_field_stands_where_the_drawings_of_the_dbc_file_have_it() {
    let cluster =
        Point { id: 0xa5, x_m: 35.6, y_m: -1.9, vx_mps: -5.25, vy_mps: 0.5, rcs_dbsm: 10.0 };
    let frame = encode(0, &Message::General(Kind::Clusters, cluster), &mut 0);
    // dist_long 2678 = 0b01010_01110110, dist_lat 502, vrel_long 491, vrel_lat 258, RCS 148.
    let words: [u16; 5] = [2678, 502, 491, 258, 148];
    let expected = [
        0xa5,
        (words[0] >> 5) as u8,
        ((words[0] & 0x1f) << 3 | words[1] >> 8) as u8,
        words[1] as u8,
        (words[2] >> 2) as u8,
        ((words[2] & 3) << 6 | words[3] >> 3) as u8,
        ((words[3] & 7) << 5) as u8,
        words[4] as u8,
    ];
    assert_eq!(frame, Frame { id: 0x701, length: 8, bytes: expected });
    let object = encode(0, &Message::General(Kind::Objects, cluster), &mut 0);
    // Its lateral distance has a bit more, just before: 1013.5 steps, rounded up.
    assert_eq!(u16::from(object.bytes[2] & 7) << 8 | u16::from(object.bytes[3]), 1014);
    let begun = encode(2, &status(24, 0x0d65), &mut 0);
    assert_eq!(begun, Frame { id: 0x62a, length: 4, bytes: [24, 0x0d, 0x65, 0x10, 0, 0, 0, 0] });
    let state = Message::State(State { sensor_id: 2, errors: 0b00010 });
    // Interference: bit 4 of byte 2.
    assert_eq!(encode(2, &state, &mut 0).bytes, [0, 0, 0x10, 0, 2, 0, 0, 0]);
}

#[test]
fn what_is_written_is_read_again_to_the_nearest_step() {
    let mut seed = 7;
    for _ in 0..2000 {
        let mut draw = |from: f64, to: f64| {
            let unit = (next(&mut seed) >> 11) as f64 / (1_u64 << 53) as f64;
            (from + (to - from) * unit) as f32
        };
        let point = Point {
            id: draw(0.0, 255.9) as u8,
            x_m: draw(-499.0, 1138.0),
            y_m: draw(-102.0, 102.0),
            vx_mps: draw(-127.0, 127.0),
            vy_mps: draw(-63.0, 63.0),
            rcs_dbsm: draw(-63.0, 63.0),
        };
        let sensor_id = draw(0.0, 7.9) as u8;
        for kind in [Kind::Objects, Kind::Clusters] {
            let mut saturated = 0;
            let frame = encode(sensor_id, &Message::General(kind, point), &mut saturated);
            assert_eq!(saturated, 0);
            let read = decode(sensor_id, frame.id, &frame.bytes[..frame.length.into()]);
            let Ok(Message::General(found, read)) = read else { panic!("{read:?}") };
            assert_eq!((found, read.id), (kind, point.id));
            let pairs = [
                (read.x_m, point.x_m, 0.2),
                (read.y_m, point.y_m, 0.2),
                (read.vx_mps, point.vx_mps, 0.25),
                (read.vy_mps, point.vy_mps, 0.25),
                (read.rcs_dbsm, point.rcs_dbsm, 0.5),
            ];
            for (read, written, step) in pairs {
                assert!((read - written).abs() <= step / 2.0 + 1e-3, "{read} for {written}");
            }
        }
    }
}

#[test]
fn a_quality_is_never_better_than_what_was_written() {
    for sigma in [0.001, 0.1, 0.2, 3.0, 12.9] {
        let written = Quality {
            id: 1,
            x_sigma_m: sigma,
            y_sigma_m: sigma,
            vx_sigma_mps: sigma,
            vy_sigma_mps: sigma,
            existence_percent: 75.0,
        };
        for kind in [Kind::Objects, Kind::Clusters] {
            let mut saturated = 0;
            let frame = encode(0, &Message::Quality(kind, written), &mut saturated);
            let Ok(Message::Quality(_, read)) = decode(0, frame.id, &frame.bytes) else {
                panic!("a quality")
            };
            assert_eq!(saturated, 0);
            assert!(read.x_sigma_m >= sigma && read.x_sigma_m <= sigma.max(0.004) * 1.5);
            assert!(read.vy_sigma_mps >= sigma && read.vy_sigma_mps <= sigma.max(0.004) * 1.5);
            assert!((read.existence_percent - 75.0).abs() < 1e-3);
        }
    }
}

#[test]
fn what_is_too_large_saturates_and_is_counted() {
    let mut saturated = 0;
    let far = Point { id: 1, x_m: 2000.0, vx_mps: -300.0, ..Point::default() };
    let frame = encode(0, &Message::General(Kind::Objects, far), &mut saturated);
    let Ok(Message::General(_, read)) = decode(0, frame.id, &frame.bytes) else {
        panic!("an object")
    };
    assert_eq!(saturated, 2);
    assert!((read.x_m - 1138.2).abs() < 1e-3 && (read.vx_mps + 128.0).abs() < 1e-3);
    encode(0, &status(101, 0), &mut saturated);
    assert_eq!(saturated, 3);
}

#[test]
fn frames_of_others_and_short_frames_are_refused() {
    for (sensor_id, id) in [(0, 0x61a), (1, 0x60a), (0, 0x60d), (1, 0), (0, 0x7ff)] {
        assert_eq!(decode(sensor_id, id, &[0; 8]), Err(DecodeError::Unknown(id)));
    }
    let short = DecodeError::Short { id: 0x60b, found: 7, expected: 8 };
    assert_eq!(decode(0, 0x60b, &[0; 7]), Err(short));
    assert!(ids(7).all(|id| decode(7, id, &[0; 8]).is_ok()));
}

#[test]
fn a_list_is_complete_with_its_last_frame() {
    let mut assembler = Assembler::new(Detail::WithQuality, 50);
    for message in [status(2, 9), general(4), general(5), quality(4)] {
        assert_eq!(assembler.take(&message, 100), None);
    }
    assert_eq!(assembler.deadline_ns(), Some(150));
    let list = assembler.take(&quality(5), 120).unwrap();
    assert!(list.is_complete());
    assert_eq!((list.begun_ns, list.items.len(), list.status.counter), (100, 2, 9));
    assert_eq!(assembler.take(&status(0, 10), 200).map(|list| list.items.len()), Some(0));
    assert_eq!((assembler.deadline_ns(), assembler.strays()), (None, Strays::default()));
}

#[test]
fn a_list_that_lacks_frames_ends_with_the_next_or_with_its_time() {
    let mut assembler = Assembler::new(Detail::General, 50);
    assembler.take(&status(3, 1), 100);
    assembler.take(&general(1), 101);
    let cut = assembler.take(&status(2, 2), 120).unwrap();
    assert!(!cut.is_complete());
    assert_eq!((cut.status.announced, cut.whole), (3, 1));
    assembler.take(&general(1), 121);
    assert_eq!(assembler.expire(169), None);
    let late = assembler.expire(170).unwrap();
    assert_eq!((late.status.counter, late.whole, late.items.len()), (2, 1, 1));
}

#[test]
fn an_empty_list_after_one_that_was_cut_is_not_lost() {
    let mut assembler = Assembler::new(Detail::General, 50);
    assembler.take(&status(3, 1), 100);
    assert_eq!(assembler.take(&status(0, 2), 120).unwrap().status.counter, 1);
    assert_eq!(assembler.deadline_ns(), Some(120));
    assert_eq!(assembler.expire(120).unwrap().status.counter, 2);
}

#[test]
fn frames_that_fit_into_no_list_are_counted_and_kept_nowhere() {
    let mut assembler = Assembler::new(Detail::WithQuality, 50);
    assembler.take(&general(1), 90);
    assembler.take(&status(1, 1), 100);
    assembler.take(&quality(9), 101);
    assembler.take(&Message::General(Kind::Clusters, Point::default()), 101);
    assembler.take(&general(1), 102);
    assembler.take(&general(1), 103);
    assembler.take(&general(2), 104);
    assert_eq!(assembler.strays(), Strays { unasked: 4, repeated: 1 });
    assert!(assembler.take(&quality(1), 105).unwrap().is_complete());
}

#[test]
fn no_frames_at_all_can_make_a_list_longer_than_the_longest() {
    let mut seed = 11;
    let mut assembler = Assembler::new(Detail::General, u64::MAX);
    let frames: Vec<u16> = ids(0).collect();
    for at_ns in 0..20_000 {
        let bytes: [u8; 8] = next(&mut seed).to_le_bytes();
        let id = frames[(next(&mut seed) % frames.len() as u64) as usize];
        let message = decode(0, id, &bytes).unwrap();
        let before = assembler.take(&message, at_ns);
        if let Some(list) = before {
            assert!(list.items.len() <= list.status.kind.most(), "{list:?}");
        }
    }
}
