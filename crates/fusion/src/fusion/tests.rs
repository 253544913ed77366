//! Tests of what fusion takes in, refuses and outputs.

use super::*;
use crate::config::CameraCalibration;
use crate::tracker::Status;

const MS: u64 = 1_000_000;
const CAMERA: CameraCalibration = CameraCalibration {
    width_px: 64,
    height_px: 32,
    focal_px: 60.0,
    centre_x_px: 32.0,
    centre_y_px: 16.0,
    mount_height_m: 1.3,
};
const FRAME: [u8; 64 * 32] = [100; 64 * 32];
const CAR: Detection = Detection {
    range_m: 40.0,
    azimuth_rad: 0.0,
    range_rate_mps: -5.0,
    rcs_dbsm: 10.0,
    range_sigma_m: 0.2,
    azimuth_sigma_rad: 0.008,
    range_rate_sigma_mps: 0.1,
    existence_percent: 99,
};

fn fusion() -> Fusion {
    Fusion::new(Config {
        camera_period_ns: 30 * MS,
        radar_period_ns: 50 * MS,
        ..Config::new(CAMERA)
    })
}

/// Radar messages every 50 ms with a car that comes nearer at 5 m/s, up to but without `until_ms`.
fn watch(fusion: &mut Fusion, until_ms: u64) {
    watch_from(fusion, 0, until_ms);
}

/// The same from another time on.
fn watch_from(fusion: &mut Fusion, from_ms: u64, until_ms: u64) {
    for ms in (from_ms..until_ms).step_by(50) {
        let range_m = 40.0 - 0.005 * ms as f32;
        fusion.on_radar(ms * MS, (ms + 10) * MS, &[Detection { range_m, ..CAR }]).unwrap();
    }
}

#[test]
fn the_mode_follows_from_the_ages_of_the_data_alone() {
    let mut fusion = fusion();
    assert_eq!((fusion.mode_at(0), fusion.next_mode_change_ns()), (Mode::Blind, None));
    fusion.on_frame(1000 * MS, 1005 * MS, &FRAME).unwrap();
    fusion.on_radar(1000 * MS, 1010 * MS, &[]).unwrap();
    for (now_ns, mode) in [
        (1010 * MS, Mode::Fused),
        (1090 * MS, Mode::Fused),
        (1090 * MS + 1, Mode::RadarOnly),
        (1150 * MS, Mode::RadarOnly),
        (1150 * MS + 1, Mode::Blind),
        (u64::MAX, Mode::Blind),
    ] {
        assert_eq!(fusion.mode_at(now_ns), mode, "{now_ns}");
    }
}

#[test]
fn the_mode_changes_when_it_was_said_to_and_not_before() {
    let mut fusion = fusion();
    fusion.on_frame(1000 * MS, 1005 * MS, &FRAME).unwrap();
    fusion.on_radar(1000 * MS, 1010 * MS, &[]).unwrap();
    let mut changes = 0;
    while let Some(change_ns) = fusion.next_mode_change_ns() {
        let before = fusion.mode_at(change_ns - 1);
        assert_ne!(fusion.output_at(change_ns).mode, before);
        changes += 1;
    }
    assert_eq!((changes, fusion.mode_at(2000 * MS)), (2, Mode::Blind));
}

#[test]
fn a_change_of_mode_that_came_without_data_is_due_once() {
    let mut fusion = fusion();
    fusion.on_frame(1000 * MS, 1005 * MS, &FRAME).unwrap();
    fusion.on_radar(1000 * MS, 1010 * MS, &[]).unwrap();
    let mut modes = Vec::new();
    while let Some(change_ns) = fusion.next_mode_change_ns() {
        // Who is woken late is not woken again at once.
        modes.push(fusion.on_time(change_ns + 5 * MS));
        assert!(fusion.next_mode_change_ns().is_none_or(|next_ns| next_ns > change_ns + 5 * MS));
    }
    assert_eq!(modes, [Mode::RadarOnly, Mode::Blind]);
}

#[test]
fn a_track_without_sensors_is_coasting_until_it_ends() {
    let mut fusion = fusion();
    watch(&mut fusion, 1000);
    let mut changes = Vec::new();
    while let Some(change_ns) = fusion.next_mode_change_ns() {
        let before = fusion.mode_at(change_ns - 1);
        let output = fusion.output_at(change_ns);
        assert_ne!(output.mode, before);
        assert_eq!(output.tracks.is_empty(), output.mode == Mode::Blind);
        changes.push((change_ns / MS, output.mode));
    }
    // The last message is of 950 ms: three periods, then two and a half seconds.
    assert_eq!(changes, [(1100, Mode::Coasting), (3450, Mode::Blind)]);
}

#[test]
fn an_output_shows_what_its_sample_showed() {
    let mut fusion = fusion();
    watch(&mut fusion, 1000);
    let beside = Detection { azimuth_rad: 0.3, ..CAR };
    let car = Detection { range_m: 35.0, ..CAR };
    let output = fusion.on_radar(1000 * MS, 1010 * MS, &[car, beside]).unwrap();
    let (track, seen) = (output.tracks[0].id, output.seen.clone());
    assert_eq!(seen.iter().map(|seen| seen.track).collect::<Vec<_>>(), [Some(track), None]);
    assert!(seen[0].nis < 13.931 && (seen[0].range_m - 35.0).abs() < 1e-6, "{seen:?}");
    // Also of a message that is late.
    let output = fusion.on_radar(970 * MS, 1020 * MS, &[]).unwrap();
    assert_eq!(output.seen, []);
    assert_eq!(fusion.output_at(1030 * MS).seen, []);
}

#[test]
fn an_old_message_does_not_revive_a_sensor() {
    let mut fusion = fusion();
    fusion.on_radar(1000 * MS, 1010 * MS, &[]).unwrap();
    fusion.on_radar(900 * MS, 1020 * MS, &[]).unwrap();
    assert_eq!(fusion.output_at(1020 * MS).radar_age_ns, Some(20 * MS));
}

#[test]
fn what_cannot_be_taken_in_is_refused_by_name_and_counted() {
    let mut fusion = fusion();
    watch(&mut fusion, 2000);
    let expected_bytes = FRAME.len();
    let refusals = [
        (
            fusion.on_frame(2000 * MS, 2000 * MS, &FRAME[1..]).cloned(),
            Rejection::WrongFrameSize { expected_bytes, found_bytes: expected_bytes - 1 },
        ),
        (
            fusion.on_frame(2001 * MS, 2000 * MS, &FRAME).cloned(),
            Rejection::FromTheFuture { captured_ns: 2001 * MS, now_ns: 2000 * MS },
        ),
        (
            fusion.on_radar(1950 * MS, 2000 * MS, &[]).cloned(),
            Rejection::Repeated { captured_ns: 1950 * MS },
        ),
        (
            fusion.on_radar(100 * MS, 2000 * MS, &[]).cloned(),
            Rejection::TooOld { captured_ns: 100 * MS, horizon_ns: 1300 * MS },
        ),
    ];
    for (result, expected) in refusals {
        assert_eq!(result, Err(expected));
    }
    let expected = Counters {
        radar_messages: 40,
        wrong_frame_sizes: 1,
        from_the_future: 1,
        repeated: 1,
        too_old: 1,
        ..Counters::default()
    };
    assert_eq!(fusion.counters(), expected);
    assert_eq!(fusion.output_at(2000 * MS).camera_age_ns, None);
}

#[test]
fn a_track_is_published_where_it_is_at_the_time_of_the_output() {
    let mut fusion = fusion();
    watch(&mut fusion, 1000);
    let output = fusion.output_at(1150 * MS);
    let track = output.tracks[0];
    assert_eq!((output.tracks.len(), track.status), (1, Status::Confirmed));
    assert!((track.x_m - (40.0 - 1.15 * 5.0)).abs() < 0.2, "{track:?}");
    assert!((track.vx_mps + 5.0).abs() < 0.2, "{track:?}");
    assert_eq!((track.camera_age_ns, track.radar_age_ns), (None, Some(200 * MS)));
}

#[test]
fn a_blind_track_lives_as_long_as_the_outage_rule_says() {
    let mut fusion = fusion();
    watch(&mut fusion, 1000);
    for (now_ms, tracks) in [(3400, 1), (3500, 0)] {
        assert_eq!(fusion.output_at(now_ms * MS).tracks.len(), tracks, "{now_ms}");
    }
}

#[test]
fn detections_that_are_no_numbers_are_counted_and_harm_nothing() {
    let mut fusion = fusion();
    for ms in (0..1000).step_by(50) {
        let standing = Detection { range_rate_mps: 0.0, ..CAR };
        let detections = [standing, Detection { range_m: f32::NAN, ..CAR }];
        fusion.on_radar(ms * MS, ms * MS, &detections).unwrap();
    }
    assert_eq!(fusion.counters().invalid_detections, 20);
    assert_eq!(fusion.output_at(1000 * MS).tracks.len(), 1);
}

#[test]
fn a_corrupt_state_is_never_published_and_its_track_comes_back() {
    for component in Component::ALL {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e9, -1e9] {
            let mut fusion = fusion();
            watch(&mut fusion, 1000);
            let id = fusion.output_at(1000 * MS).tracks[0].id;
            assert!(fusion.overwrite_state(0, component, value));
            assert_eq!(fusion.output_at(1000 * MS).tracks, [], "{component:?} = {value}");
            watch_from(&mut fusion, 1000, 1300);
            let output = fusion.output_at(1300 * MS);
            assert_eq!(output.tracks.len(), 1, "{component:?} = {value}");
            assert_eq!(output.tracks[0].status, Status::Confirmed);
            assert_ne!(output.tracks[0].id, id, "what it was is not known");
            assert_eq!(fusion.counters().implausible_tracks, 1);
        }
    }
}

#[test]
fn a_wrong_state_is_corrected_and_there_is_no_other_track_to_overwrite() {
    let mut fusion = fusion();
    watch(&mut fusion, 1000);
    let before = fusion.output_at(1000 * MS).tracks[0];
    assert!(!fusion.overwrite_state(1, Component::X, 0.0));
    assert!(fusion.overwrite_state(0, Component::Y, 0.5));
    assert!((fusion.output_at(1000 * MS).tracks[0].y_m - 0.5).abs() < 0.1);
    watch_from(&mut fusion, 1000, 2000);
    let after = fusion.output_at(2000 * MS).tracks[0];
    assert_eq!((after.id, fusion.counters().implausible_tracks), (before.id, 0));
    assert!(after.y_m.abs() < 0.1, "{after:?}");
}

/// Any bytes as times, sizes and values: nothing panics, every track is finite, every limit holds.
#[test]
fn no_input_makes_it_panic() {
    let mut seed = 7_u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        seed >> 24
    };
    let mut fusion = fusion();
    let mut now_ns = 0_u64;
    let mut taken_in = 0;
    for round in 0..5000 {
        // A jump of the clock makes everything after it too old.
        if round % 200 == 0 {
            fusion = Fusion::new(fusion.config);
        }
        now_ns = match random() % 500 {
            0 => random() << 20,
            1 => u64::MAX - random() % 1000,
            _ => (now_ns % (1 << 50)) + random() % (60 * MS),
        };
        let captured_ns = now_ns.wrapping_sub(random() % (700 * MS)).wrapping_add(random() % 1000);
        let mut value = |scale: f32| match random() % 200 {
            0 => f32::NAN,
            1 => f32::INFINITY,
            2 => f32::from_bits(random() as u32),
            3 => 0.0,
            _ => scale * (random() % 2000) as f32 / 1000.0 - scale * 0.4,
        };
        let detections: Vec<Detection> = (0..round % 70)
            .map(|_| Detection {
                range_m: value(100.0),
                azimuth_rad: value(0.5),
                range_rate_mps: value(30.0),
                rcs_dbsm: value(10.0),
                range_sigma_m: value(0.5),
                azimuth_sigma_rad: value(0.02),
                range_rate_sigma_mps: value(0.5),
                existence_percent: value(50.0) as u8,
            })
            .collect();
        let [speed_mps, yaw_rate_radps] = [value(30.0), value(0.3)].map(f64::from);
        fusion.set_ego_motion(now_ns, EgoMotion { speed_mps, yaw_rate_radps });
        let result = if round % 3 == 0 {
            fusion.on_frame(captured_ns, now_ns, &FRAME[..FRAME.len() - round % 2])
        } else {
            fusion.on_radar(captured_ns, now_ns, &detections)
        };
        if let Ok(output) = result {
            taken_in += 1;
            assert!(output.tracks.len() <= MAX_TRACKS);
            for track in &output.tracks {
                let values = [track.x_m, track.y_m, track.vx_mps, track.vy_mps];
                assert!(values.iter().all(|value| value.is_finite()), "{track:?}");
            }
        }
        fusion.next_mode_change_ns();
    }
    assert!(taken_in > 1000, "{taken_in}");
}

#[test]
fn a_sensor_that_is_known_to_be_gone_is_not_waited_for() {
    let mut fusion = fusion();
    let frame = FRAME;
    fusion.on_frame(100 * MS, 110 * MS, &frame).unwrap();
    fusion.on_radar(100 * MS, 111 * MS, &[]).unwrap();
    assert_eq!(fusion.mode_at(112 * MS), Mode::Fused);
    fusion.on_camera_gone();
    assert_eq!(fusion.mode_at(112 * MS), Mode::RadarOnly);
    fusion.on_radar_gone();
    assert_eq!(fusion.mode_at(112 * MS), Mode::Blind);
    fusion.on_frame(133 * MS, 140 * MS, &frame).unwrap();
    assert_eq!(fusion.mode_at(140 * MS), Mode::CameraOnly);
}
