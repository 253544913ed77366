//! Who truly was where, from the plan and the recorded way of the ego: [`Truth`].

use world::plant::Stretch;
use world::{EgoState, Motion, Object, Size, Way};

use crate::timeline::{Moment, Timeline};

/// Half the width of the ego, m: it carries no size in a plan, and is a passenger car.
const EGO_HALF_WIDTH_M: f64 = Size::CAR.width_m / 2.0;
/// Length of the ego, m.
pub(crate) const EGO_LENGTH_M: f64 = Size::CAR.length_m;

/// Where actors count, for whoever asks whether they are tracked: the union of what the sensors see,
/// rounded inwards, m from the front bumper and rad to either side. The radar's near beam is wider;
/// what only its edge sees is not owed.
const REGION_AHEAD_M: (f64, f64) = (1.0, 80.0);
/// See [`REGION_AHEAD_M`].
const REGION_HALF_ANGLE_RAD: f64 = 0.4;

/// Steps of the search for the place on the road beside an actor. Each multiplies the error by the
/// ratio of its distance from the lane to the radius of the bend, 60 m or more: a twentieth at most for
/// whoever may stand in the path, 3 m aside.
const PROJECTION_STEPS: u32 = 6;

/// The true motion of everyone in a run.
#[derive(Debug)]
pub(crate) struct Truth {
    motion: Motion,
    way: Way,
}

/// Whether a place lies where actors count.
pub(crate) fn in_region(x_m: f64, y_m: f64) -> bool {
    let (near_m, far_m) = REGION_AHEAD_M;
    (near_m..=far_m).contains(&x_m) && y_m.atan2(x_m).abs() <= REGION_HALF_ANGLE_RAD
}

/// Who of everyone at a moment is owed a track: in the region, and not hidden behind another.
pub(crate) fn owed(everyone: &[Object]) -> Vec<usize> {
    let visible = |object: &&Object| {
        in_region(object.x_m, object.y_m) && !everyone.iter().any(|other| hides(other, object))
    };
    everyone.iter().filter(visible).map(|object| object.actor).collect()
}

impl Truth {
    pub(crate) fn new(timeline: &Timeline) -> Truth {
        let traffic = &timeline.plan.traffic;
        let way = way(traffic.ego.speed_mps, &timeline.plant.stretches);
        Truth { motion: Motion::new(traffic), way }
    }

    /// The ego at a moment.
    pub(crate) fn ego(&self, moment: Moment) -> EgoState {
        self.way.at(seconds(moment))
    }

    /// Everyone at a moment, in the order of the plan.
    pub(crate) fn objects(&self, moment: Moment) -> impl Iterator<Item = Object> + '_ {
        self.motion.at(seconds(moment), self.ego(moment))
    }

    /// How far an object is to the left of the middle of the ego's lane, m.
    pub(crate) fn across_m(&self, ego: EgoState, object: &Object) -> f64 {
        let road = self.motion.road();
        if road.is_straight() {
            return object.y_m;
        }
        let mut ahead_m = object.x_m;
        let mut across_m = object.y_m;
        for _ in 0..PROJECTION_STEPS {
            let beside = road.seen_from(ego.distance_m, ego.distance_m + ahead_m, 0.0);
            let (dx_m, dy_m) = (object.x_m - beside.x_m, object.y_m - beside.y_m);
            let (sin, cos) = beside.heading_rad.sin_cos();
            ahead_m += dx_m * cos + dy_m * sin;
            across_m = dy_m * cos - dx_m * sin;
        }
        across_m
    }

    /// Whether an object stands in what the ego passes over on its lane.
    pub(crate) fn in_path(&self, ego: EgoState, object: &Object) -> bool {
        self.across_m(ego, object).abs() < EGO_HALF_WIDTH_M + object.size.width_m / 2.0
    }

    /// The lead: the nearest one ahead in the ego's path.
    pub(crate) fn lead(&self, moment: Moment) -> Option<Object> {
        let ego = self.ego(moment);
        let ahead = self.objects(moment).filter(|it| it.x_m > 0.0 && self.in_path(ego, it));
        ahead.min_by(|a, b| a.x_m.total_cmp(&b.x_m))
    }
}

pub(crate) fn seconds(moment: Moment) -> f64 {
    moment as f64 / 1e9
}

/// Made of stretches in the order in which they were decided.
fn way(speed_mps: f64, decided: &[Stretch]) -> Way {
    let mut stretches = Way::even(speed_mps).stretches().to_vec();
    for stretch in decided {
        stretches.retain(|before| before.from_s < stretch.from_s);
        stretches.push(*stretch);
    }
    Way::from_stretches(stretches).expect("each stretch begins after those that were kept")
}

/// Whether one stands before the middle of another's face.
fn hides(nearer: &Object, object: &Object) -> bool {
    if nearer.actor == object.actor || nearer.x_m <= 0.0 || nearer.x_m >= object.x_m {
        return false;
    }
    let half_m = nearer.size.width_m / 2.0;
    let slope = object.y_m / object.x_m;
    // Of its face and of its far end, whichever reaches farther to either side.
    let far_m = nearer.x_m + nearer.size.length_m.min(object.x_m - nearer.x_m);
    let edges = |y_m: f64| [y_m / nearer.x_m, y_m / far_m];
    let right = edges(nearer.y_m - half_m).into_iter().fold(f64::INFINITY, f64::min);
    let left = edges(nearer.y_m + half_m).into_iter().fold(f64::NEG_INFINITY, f64::max);
    (right..=left).contains(&slope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use world::plant::{Plant, Request};
    use world::{Actor, Brakes, Ego, Kind, Road, Start, Traffic, road::Section};

    fn truth(places: &[(f64, f64)], sections: Vec<Section>) -> Truth {
        let actor = |&(x_m, y_m): &(f64, f64)| Actor {
            id: "car".into(),
            kind: Kind::Car,
            start: Start { x_m, y_m, speed_mps: 0.0 },
            size: Size::CAR,
            script: Vec::new(),
        };
        let traffic = Traffic {
            road: Road { sections, ..Road::default() },
            ego: Ego { speed_mps: 0.0, brakes: None },
            actors: places.iter().map(actor).collect(),
            ..Traffic::default()
        };
        Truth { motion: Motion::new(&traffic), way: Way::even(0.0) }
    }

    fn owed_of(places: &[(f64, f64)]) -> Vec<usize> {
        let everyone: Vec<Object> = truth(places, Vec::new()).objects(0).collect();
        owed(&everyone)
    }

    #[test]
    fn the_way_is_that_of_the_plant_that_told_it() {
        let mut plant = Plant::new(20.0, Brakes::default());
        let mut told: Vec<Stretch> = plant.way().stretches().to_vec();
        for tick in 0..400_u32 {
            let now_s = f64::from(tick) * 0.01;
            let asked = if (100..180).contains(&tick) || tick > 240 { 7.0 } else { 0.0 };
            if plant.tick(now_s, Request::Decelerate(asked)) {
                let known_s = plant.known_until_s();
                let fresh = plant.way().stretches().iter();
                told.extend(fresh.filter(|stretch| stretch.from_s >= known_s));
            }
        }
        let way = way(20.0, &told);
        for tick in 0..5000_u32 {
            let t_s = f64::from(tick) * 0.001;
            assert_eq!(way.at(t_s), plant.way().at(t_s), "{t_s} s");
        }
    }

    #[test]
    fn who_is_hidden_far_or_aside_is_owed_no_track() {
        assert_eq!(owed_of(&[(20.0, 0.0), (50.0, 0.5)]), [0]);
        assert_eq!(owed_of(&[(20.0, 0.0), (50.0, 7.0)]), [0, 1]);
        assert_eq!(owed_of(&[(20.0, 3.5), (20.0, -3.5), (60.0, 0.0)]), [0, 1, 2]);
        assert_eq!(owed_of(&[(81.0, 0.0), (-5.0, 3.5), (4.0, 3.5)]), [0_usize; 0]);
    }

    #[test]
    fn in_a_bend_the_path_follows_the_road() {
        let places =
            [(200.0, 40.0, 0.0), (200.0, 70.0, 3.5), (200.0, 60.0, -3.5), (60.0, 40.0, 3.5)];
        for (radius_m, along_m, across_m) in places {
            let bend = vec![Section { length_m: 300.0, curvature_per_m: 1.0 / radius_m }];
            let truth = truth(&[(along_m, across_m)], bend);
            let object = truth.objects(0).next().unwrap();
            let seen = truth.across_m(truth.ego(0), &object);
            assert!((seen - across_m).abs() < 1e-6, "{seen} for {across_m}");
            assert_eq!(truth.lead(0).is_some(), across_m == 0.0);
        }
    }

    #[test]
    fn the_lead_is_the_nearest_in_the_path() {
        let truth = truth(&[(60.0, 0.0), (40.0, 1.5), (20.0, 3.5), (-9.0, 0.0)], Vec::new());
        assert_eq!(truth.lead(0).map(|it| it.actor), Some(1));
    }
}
