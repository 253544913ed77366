//! Tests of the tracker on measurements made for them.

use super::*;
use crate::config::CameraCalibration;
use crate::measurement::RangeRate;

const MS: u64 = 1_000_000;

fn tracker() -> Tracker {
    Tracker::new(&Config::new(CameraCalibration {
        width_px: 1920,
        height_px: 1080,
        focal_px: 1968.0,
        centre_x_px: 960.0,
        centre_y_px: 540.0,
        mount_height_m: 1.3,
    }))
}

/// A car that drives 10 m/s slower than the ego and comes from the right.
fn car(sensor: Sensor, captured_ns: u64) -> Measurement {
    let t = captured_ns as f64 * 1e-9;
    let (x, y) = (60.0 - 10.0 * t, -3.5 + 1.5 * t);
    let range = x.hypot(y);
    let rate = RangeRate { mps: (-10.0 * x + 1.5 * y) / range, sigma_mps: 0.1 };
    Measurement {
        azimuth_rad: y.atan2(x),
        azimuth_sigma_rad: 0.005,
        range_m: range,
        range_sigma_m: 0.3,
        range_rate: (sensor == Sensor::Radar).then_some(rate),
        starts_track: true,
    }
}

fn feed(tracker: &mut Tracker, sensor: Sensor, captured_ns: u64, measurements: &[Measurement]) {
    tracker.admits(sensor, captured_ns).unwrap();
    tracker.take(sensor, captured_ns, false, |scan| {
        scan.clear();
        scan.extend_from_slice(measurements);
    });
}

fn tracks(tracker: &Tracker, now_ns: u64, in_outage: bool) -> Vec<Track> {
    let mut tracks = Vec::new();
    tracker.publish(now_ns, in_outage, &mut tracks);
    tracks
}

/// The scans of both sensors up to 2 s, in the order of measurement.
fn scans() -> Vec<(Sensor, u64)> {
    let camera = (0..60).map(|k| (Sensor::Camera, k * 33 * MS + MS));
    let mut scans: Vec<_> = camera.chain((0..40).map(|k| (Sensor::Radar, k * 50 * MS))).collect();
    scans.sort_by_key(|&(_, captured_ns)| captured_ns);
    scans
}

#[test]
fn the_order_of_arrival_does_not_change_the_tracks() {
    let mut in_order = tracker();
    for (sensor, captured_ns) in scans() {
        feed(&mut in_order, sensor, captured_ns, &[car(sensor, captured_ns)]);
    }
    let expected = tracks(&in_order, 2000 * MS, false);
    for late_ms in [20, 60, 180, 400] {
        let mut late = tracker();
        let mut arrivals = scans();
        arrivals.sort_by_key(|&(sensor, captured_ns)| {
            captured_ns + if sensor == Sensor::Radar { late_ms * MS } else { 0 }
        });
        for (sensor, captured_ns) in arrivals {
            feed(&mut late, sensor, captured_ns, &[car(sensor, captured_ns)]);
        }
        let found = tracks(&late, 2000 * MS, false);
        assert_eq!(found.len(), 1, "{late_ms}: {found:?}");
        assert!((found[0].x_m - expected[0].x_m).abs() < 1e-3, "{late_ms}: {found:?}");
        assert!((found[0].vy_mps - expected[0].vy_mps).abs() < 1e-2, "{late_ms}: {found:?}");
    }
}

#[test]
fn a_late_scan_does_not_rename_a_track() {
    let mut tracker = tracker();
    for k in 0..6 {
        feed(
            &mut tracker,
            Sensor::Camera,
            (100 + k * 33) * MS,
            &[car(Sensor::Camera, (100 + k * 33) * MS)],
        );
    }
    let before = tracks(&tracker, 300 * MS, false);
    feed(&mut tracker, Sensor::Radar, 90 * MS, &[car(Sensor::Radar, 90 * MS)]);
    let after = tracks(&tracker, 300 * MS, false);
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_eq!((after[0].id, after[0].status), (before[0].id, Status::Confirmed));
}

#[test]
fn an_object_is_confirmed_when_one_sensor_found_it_in_three_of_five_looks() {
    let confirmed_after = |looks: &[bool]| {
        let mut tracker = tracker();
        for (k, &found) in looks.iter().enumerate() {
            let captured_ns = k as u64 * 33 * MS;
            let seen = [car(Sensor::Camera, captured_ns)];
            feed(&mut tracker, Sensor::Camera, captured_ns, &seen[..usize::from(found)]);
        }
        let last_ns = (looks.len() as u64 - 1) * 33 * MS;
        tracks(&tracker, last_ns, false).iter().any(|track| track.status == Status::Confirmed)
    };
    for (looks, confirmed) in [
        (&[true, true][..], false),
        (&[true, true, true], true),
        (&[true, false, false, true, true], true),
        (&[true, false, false, false, true, true], false),
    ] {
        assert_eq!(confirmed_after(looks), confirmed, "{looks:?}");
    }
}

#[test]
fn what_the_camera_never_finds_the_radar_must_find_every_time() {
    let mut tracker = tracker();
    let mut confirmed = Vec::new();
    for k in 0..6 {
        let captured_ns = (1000 + k * 50) * MS;
        feed(&mut tracker, Sensor::Camera, captured_ns - 30 * MS, &[]);
        feed(&mut tracker, Sensor::Camera, captured_ns - MS, &[]);
        feed(&mut tracker, Sensor::Radar, captured_ns, &[car(Sensor::Radar, captured_ns)]);
        confirmed.push(tracks(&tracker, captured_ns, false)[0].status == Status::Confirmed);
    }
    assert_eq!(confirmed, [false, false, false, false, true, true]);
}

#[test]
fn a_track_ends_when_nobody_sees_it_and_later_in_an_outage() {
    let mut tracker = tracker();
    for k in 0..10 {
        feed(&mut tracker, Sensor::Radar, k * 50 * MS, &[car(Sensor::Radar, k * 50 * MS)]);
    }
    for (more_ms, in_outage, alive) in
        [(900, false, true), (1100, false, false), (2400, true, true), (2600, true, false)]
    {
        let tracks = tracks(&tracker, (450 + more_ms) * MS, in_outage);
        assert_eq!(!tracks.is_empty(), alive, "{more_ms} {in_outage}");
    }
}

#[test]
fn the_returning_sensor_ends_no_track_even_if_it_misses_once() {
    let mut tracker = tracker();
    for k in 0..10 {
        feed(&mut tracker, Sensor::Radar, k * 50 * MS, &[car(Sensor::Radar, k * 50 * MS)]);
    }
    let id = tracks(&tracker, 450 * MS, false)[0].id;
    tracker.take(Sensor::Radar, 2450 * MS, true, Vec::clear);
    feed(&mut tracker, Sensor::Radar, 2500 * MS, &[car(Sensor::Radar, 2500 * MS)]);
    assert_eq!(tracks(&tracker, 2500 * MS, false)[0].id, id);
}

#[test]
fn two_measurements_of_one_place_are_one_track() {
    let mut tracker = tracker();
    for k in 0..10 {
        let seen = car(Sensor::Camera, k * 33 * MS);
        let beside = Measurement { azimuth_rad: seen.azimuth_rad + 0.015, ..seen };
        feed(&mut tracker, Sensor::Camera, k * 33 * MS, &[seen, beside]);
        assert_eq!(tracker.now.targets.len(), 1);
    }
}

#[test]
fn more_objects_than_there_is_room_for_are_counted() {
    let mut tracker = tracker();
    let apart = |k: usize| Measurement { range_m: 10.0 + 8.0 * k as f64, ..car(Sensor::Camera, 0) };
    let crowd: Vec<_> = (0..MAX_MEASUREMENTS + 3).map(apart).collect();
    feed(&mut tracker, Sensor::Camera, 0, &crowd);
    assert_eq!((tracker.now.targets.len(), tracker.dropped_measurements()), (MAX_TRACKS, 3));
    let one_more = Measurement { azimuth_rad: 0.5, ..apart(0) };
    feed(&mut tracker, Sensor::Camera, 33 * MS, &[one_more]);
    assert_eq!((tracker.now.targets.len(), tracker.dropped_measurements()), (MAX_TRACKS, 4));
}

#[test]
fn the_past_is_bounded() {
    let mut tracker = tracker();
    for k in 0..1000 {
        feed(&mut tracker, Sensor::Camera, k * MS, &[]);
        assert!(tracker.history.len() <= MAX_HISTORY);
    }
    let horizon_ns = (1000 - 1 - MAX_HISTORY as u64) * MS;
    assert_eq!(tracker.admits(Sensor::Radar, 0), Err(Refusal::TooOld { horizon_ns }));
    assert_eq!(tracker.admits(Sensor::Camera, 999 * MS), Err(Refusal::Repeated));
    assert_eq!(tracker.admits(Sensor::Radar, 999 * MS), Ok(()));
}

#[test]
fn a_car_that_was_overtaken_is_no_track_any_more() {
    let mut tracker = tracker();
    for ms in (4000..5900).step_by(50) {
        feed(&mut tracker, Sensor::Radar, ms * MS, &[car(Sensor::Radar, ms * MS)]);
    }
    assert_eq!(tracks(&tracker, 5850 * MS, false).len(), 1);
    feed(&mut tracker, Sensor::Radar, 6100 * MS, &[]);
    assert_eq!(tracks(&tracker, 6100 * MS, false), []);
}
