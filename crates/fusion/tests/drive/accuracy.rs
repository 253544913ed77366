//! How exact the track of a lead vehicle is, with both sensors and without one, and whether it stays
//! the same track.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::course::{Course, Moment, actor};
use fusion::Status;
use world::traffic::{Kind, Manoeuvre, Step};

const S: u64 = 1_000_000_000;
/// An outage of two seconds that begins with the manoeuvre.
const OUTAGE: Range<u64> = 4 * S..6 * S;

/// Errors of the lead's confirmed track over some time.
#[derive(Debug, Default)]
struct Errors {
    squares_m2: f64,
    outputs: usize,
    missing: usize,
    ids: BTreeSet<u32>,
}

impl Errors {
    fn note(&mut self, moment: &Moment) {
        let lead = moment.truth[0];
        let Some(output) = moment.output else { return };
        let confirmed = output.tracks.iter().filter(|track| track.status == Status::Confirmed);
        let apart = confirmed.map(|track| {
            let (dx, dy) = (lead.x_m - f64::from(track.x_m), lead.y_m - f64::from(track.y_m));
            (dx * dx + dy * dy, track.id)
        });
        match apart.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(square, _)| *square < 25.0) {
            Some((square, id)) => {
                self.squares_m2 += square;
                self.outputs += 1;
                self.ids.insert(id);
            }
            None => self.missing += 1,
        }
    }

    fn rmse_m(&self) -> f64 {
        (self.squares_m2 / self.outputs as f64).sqrt()
    }
}

/// A lead 35 m ahead at the ego's speed, from 4 s on braking at this rate; nobody brakes the ego.
fn lead(rate_mps2: f64) -> Course {
    let brake = Manoeuvre::Speed { to_mps: 0.0, rate_mps2 };
    let script = if rate_mps2 > 0.0 { vec![Step { at_s: 4.0, manoeuvre: brake }] } else { vec![] };
    let mut course = Course::new(25.0, vec![actor(Kind::Car, 35.0, 0.0, 25.0, script)], 8.0);
    course.traffic.ego.brakes = None;
    course
}

/// RMSE in `window`, the worst of some seeds, and no other track than the first.
fn check(course: &Course, window: Range<u64>, limit_m: f64) {
    for seed in 0..4 {
        let course = Course { seed, ..course.clone() };
        let (mut errors, mut all) = (Errors::default(), Errors::default());
        course.run(|moment| {
            if moment.now_ns > S && moment.truth[0].x_m > 8.0 {
                all.note(&moment);
                if window.contains(&moment.now_ns) {
                    errors.note(&moment);
                }
            }
        });
        let rmse_m = errors.rmse_m();
        assert!(rmse_m <= limit_m, "seed {seed}: {rmse_m:.3} m, {errors:?}");
        assert_eq!((all.ids.len(), all.missing), (1, 0), "seed {seed}: {all:?}");
    }
}

#[test]
fn with_both_sensors_the_lead_is_known_to_ten_centimetres() {
    check(&lead(0.0), 2 * S..8 * S, 0.10);
    check(&lead(3.0), 2 * S..7 * S, 0.10);
}

#[test]
fn without_the_camera_the_radar_knows_the_lead_to_thirty_centimetres() {
    for rate_mps2 in [0.0, 6.0] {
        check(&Course { no_camera: OUTAGE, ..lead(rate_mps2) }, OUTAGE, 0.3);
    }
}

#[test]
fn without_the_radar_the_camera_keeps_the_lead() {
    check(&Course { no_radar: OUTAGE, ..lead(0.0) }, OUTAGE, 0.7);
    check(&Course { no_radar: OUTAGE, ..lead(6.0) }, OUTAGE, 2.0);
}

#[test]
fn an_ego_that_brakes_and_turns_costs_no_accuracy() {
    let mut bend = lead(0.0);
    bend.traffic.road.sections = vec![
        world::road::Section { length_m: 60.0, curvature_per_m: 0.0 },
        world::road::Section { length_m: 300.0, curvature_per_m: 0.004 },
    ];
    check(&bend, 2 * S..8 * S, 0.10);
    let stopped = Course::new(20.0, vec![actor(Kind::Car, 90.0, 0.0, 0.0, vec![])], 6.0);
    check(&stopped, 3 * S..6 * S, 0.12);
}
