//! What a radar can say that is not so, in a list that is sound in form: operators on the
//! detections of one cycle, before they are protected. Each returns how many detections it
//! changed, made or took away: the evidence that it acted.
//!
//! A stuck list needs no operator: the radar's driver repeats the one before.

mod interference;

pub use interference::interference;

use crate::act::ObjectsHow;
use rand_chacha::ChaCha8Rng;
use wire::radar::Detection;

/// How a ghost reflects: as the rear of a car does, beyond doubt.
const GHOST_RCS_DBSM: f32 = 10.0;
/// See [`GHOST_RCS_DBSM`].
const GHOST_EXISTENCE_PERCENT: u8 = 95;

/// Standard deviations of a ghost in the units of the link: those of a long-range radar (0.2 m,
/// 0.5°, 0.1 m/s).
const GHOST_SIGMAS: [u16; 3] = [200, 87, 100];

/// No radar of a car sees as far: long-range ones end at 250 to 300 m.
const BEYOND_RANGE_M: f32 = 1000.0;

/// What reflects less is no vehicle: half-way between a car's rear (10 dBm²) and clutter (−5 dBm²).
const VEHICLE_MIN_RCS_DBSM: f32 = 2.5;

/// Detections of one object are not farther apart than this, along and across the beam: a car's
/// length, and its width with some noise.
const SAME_OBJECT_RANGE_M: f32 = 5.0;
/// See [`SAME_OBJECT_RANGE_M`].
const SAME_OBJECT_ACROSS_M: f32 = 2.2;

/// Where something is said to be, and how fast it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Distance from the sensor.
    pub range_m: f32,
    /// Angle from straight ahead, left positive.
    pub azimuth_rad: f32,
    /// Radial speed relative to the ego, negative while it comes closer.
    pub range_rate_mps: f32,
}

/// Changes the detections of a cycle that is due this long after the beginning of the fault. What is
/// random in it, the draw decides.
pub fn change(
    list: &mut Vec<Detection>,
    how: ObjectsHow,
    since_s: f64,
    draw: &mut ChaCha8Rng,
) -> u32 {
    match how {
        ObjectsHow::Ghost(range_m) => {
            let range_m = range_m as f32;
            ghost(list, Place { range_m, azimuth_rad: 0.0, range_rate_mps: 0.0 })
        }
        ObjectsHow::Missing => miss_all(list),
        ObjectsHow::RangeBias(bias_m) => range_bias(list, bias_m as f32),
        ObjectsHow::SpeedBias(bias_mps) => velocity_bias(list, bias_mps as f32),
        ObjectsHow::RangeDrift(drift_mps) => range_bias(list, (drift_mps * since_s) as f32),
        ObjectsHow::OutOfRange => out_of_range(list, BEYOND_RANGE_M),
        ObjectsHow::Interference(noise_db) => interference(list, noise_db, draw),
    }
}

/// Adds a detection of something that is not there, in its place in a list from near to far.
pub fn ghost(list: &mut Vec<Detection>, place: Place) -> u32 {
    let [range_sigma_mm, azimuth_sigma_e4rad, range_rate_sigma_mmps] = GHOST_SIGMAS.map(Into::into);
    let detection = Detection {
        range_m: place.range_m.into(),
        azimuth_rad: place.azimuth_rad.into(),
        range_rate_mps: place.range_rate_mps.into(),
        rcs_dbsm: GHOST_RCS_DBSM.into(),
        range_sigma_mm,
        azimuth_sigma_e4rad,
        range_rate_sigma_mmps,
        existence_percent: GHOST_EXISTENCE_PERCENT,
        flags: 0,
    };
    insert(list, detection);
    1
}

fn insert(list: &mut Vec<Detection>, detection: Detection) {
    let index = list.partition_point(|other| other.range_m.get() <= detection.range_m.get());
    list.insert(index, detection);
}

/// Takes the nearest object away that reflects like a vehicle, and all detections beside it: the
/// same one in each list, as far as the radar sees it.
pub fn miss_nearest(list: &mut Vec<Detection>) -> u32 {
    let vehicles = list.iter().filter(|detection| detection.rcs_dbsm.get() >= VEHICLE_MIN_RCS_DBSM);
    let nearest = vehicles.min_by(|a, b| a.range_m.get().total_cmp(&b.range_m.get()));
    let Some(&nearest) = nearest else { return 0 };
    let before = list.len();
    list.retain(|detection| !is_beside(&nearest, detection));
    (before - list.len()) as u32
}

/// Takes everything away.
pub fn miss_all(list: &mut Vec<Detection>) -> u32 {
    let before = list.len();
    list.clear();
    before as u32
}

/// Shifts every range. None becomes negative.
pub fn range_bias(list: &mut [Detection], bias_m: f32) -> u32 {
    change_each(list, |it| it.range_m = (it.range_m.get() + bias_m).max(0.0).into())
}

/// Shifts every radial speed.
pub fn velocity_bias(list: &mut [Detection], bias_mps: f32) -> u32 {
    change_each(list, |it| it.range_rate_mps = (it.range_rate_mps.get() + bias_mps).into())
}

/// Shifts every radial speed by what a drift has added up to after `elapsed_s`.
pub fn drift(list: &mut [Detection], drift_mps2: f32, elapsed_s: f32) -> u32 {
    velocity_bias(list, drift_mps2 * elapsed_s)
}

/// Sets every range to one that no such sensor measures; not a number will do as well.
pub fn out_of_range(list: &mut [Detection], range_m: f32) -> u32 {
    change_each(list, |it| it.range_m = range_m.into())
}

/// Changes each detection, and tells how many are not what they were.
fn change_each(list: &mut [Detection], change: impl Fn(&mut Detection)) -> u32 {
    let mut changed = 0;
    for detection in list {
        let before = *detection;
        change(detection);
        changed += u32::from(*detection != before);
    }
    changed
}

/// Whether two detections may be of one object. One at no proper place is beside itself alone.
fn is_beside(one: &Detection, other: &Detection) -> bool {
    let nearest_m = one.range_m.get().min(other.range_m.get());
    let across_m = nearest_m * (one.azimuth_rad.get() - other.azimuth_rad.get()).abs();
    let along_m = (one.range_m.get() - other.range_m.get()).abs();
    (along_m <= SAME_OBJECT_RANGE_M && across_m <= SAME_OBJECT_ACROSS_M) || one == other
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    /// Two points of one car and one of another beside it, near to far.
    fn list() -> Vec<Detection> {
        let at = |range_m: f32, azimuth_rad: f32, rcs_dbsm: f32| Detection {
            range_m: range_m.into(),
            azimuth_rad: azimuth_rad.into(),
            range_rate_mps: (-5.0).into(),
            rcs_dbsm: rcs_dbsm.into(),
            ..Detection::default()
        };
        vec![at(40.0, 0.0, 12.0), at(41.0, 0.01, 8.0), at(42.0, 0.09, 9.0)]
    }

    fn ranges(list: &[Detection]) -> Vec<f32> {
        list.iter().map(|detection| detection.range_m.get()).collect()
    }

    fn rates(list: &[Detection]) -> Vec<f32> {
        list.iter().map(|detection| detection.range_rate_mps.get()).collect()
    }

    #[test]
    fn a_ghost_stands_in_its_place_among_the_others() {
        for (range_m, expected) in [
            (30.0, [30.0, 40.0, 41.0, 42.0]),
            (41.5, [40.0, 41.0, 41.5, 42.0]),
            (50.0, [40.0, 41.0, 42.0, 50.0]),
        ] {
            let mut list = list();
            let place = Place { range_m, azimuth_rad: 0.1, range_rate_mps: 1.0 };
            assert_eq!(ghost(&mut list, place), 1);
            assert_eq!(ranges(&list), expected);
        }
    }

    #[test]
    fn the_nearest_vehicle_goes_with_all_its_points_and_the_others_stay() {
        let mut list = list();
        let clutter = Detection { rcs_dbsm: (-5.0).into(), range_m: 9.0.into(), ..list[0] };
        list.insert(0, clutter);
        assert_eq!((miss_nearest(&mut list), ranges(&list)), (2, vec![9.0, 42.0]));
        assert_eq!((miss_nearest(&mut list), miss_nearest(&mut list)), (1, 0));
        let nowhere = Detection { range_m: f32::NAN.into(), ..list[0] };
        miss_nearest(&mut vec![Detection { rcs_dbsm: 10.0.into(), ..nowhere }]);
    }

    #[test]
    fn each_change_is_the_one_that_its_kind_says() {
        for (how, ranges_m, rate_mps) in [
            (ObjectsHow::Ghost(30.0), &[30.0, 40.0, 41.0, 42.0][..], Some(0.0)),
            (ObjectsHow::Missing, &[], None),
            (ObjectsHow::RangeBias(1.0), &[41.0, 42.0, 43.0], Some(-5.0)),
            (ObjectsHow::SpeedBias(1.5), &[40.0, 41.0, 42.0], Some(-3.5)),
            (ObjectsHow::RangeDrift(1.5), &[43.0, 44.0, 45.0], Some(-5.0)),
            (ObjectsHow::OutOfRange, &[1000.0; 3], Some(-5.0)),
        ] {
            let mut list = list();
            let mut draw = ChaCha8Rng::seed_from_u64(1);
            assert!(change(&mut list, how, 2.0, &mut draw) > 0, "{how:?}");
            assert_eq!(ranges(&list), ranges_m, "{how:?}");
            assert_eq!(rates(&list).first().copied(), rate_mps, "{how:?}");
        }
    }

    #[test]
    fn everything_can_go() {
        let mut list = list();
        assert_eq!((miss_all(&mut list), miss_all(&mut list)), (3, 0));
    }

    #[test]
    fn a_bias_shifts_every_value_of_its_kind() {
        let mut list = list();
        assert_eq!((range_bias(&mut list, 2.0), ranges(&list)), (3, vec![42.0, 43.0, 44.0]));
        assert_eq!((range_bias(&mut list, -43.0), ranges(&list)), (3, vec![0.0, 0.0, 1.0]));
        assert_eq!((velocity_bias(&mut list, 2.0), rates(&list)), (3, vec![-3.0; 3]));
        assert_eq!((drift(&mut list, 0.5, 4.0), rates(&list)), (3, vec![-1.0; 3]));
        assert_eq!((out_of_range(&mut list, 900.0), ranges(&list)), (3, vec![900.0; 3]));
    }

    #[test]
    fn what_stays_as_it_was_is_no_evidence() {
        let mut list = list();
        assert_eq!((range_bias(&mut list, 0.0), velocity_bias(&mut list, 0.0)), (0, 0));
        assert_eq!((range_bias(&mut list, -42.0), range_bias(&mut list, -1.0)), (3, 0));
    }
}
