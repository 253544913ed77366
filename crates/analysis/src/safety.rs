//! What came of it for the car: [`Drive`].
//!
//! From the truth alone: the motion is closed form, looked at every [`STEP_NS`] and closer where it
//! matters. The first impact ends it: what the plant does after that is no motion of a car.

use wire::limits::TICK_NS;
use world::{EgoState, Object};

use crate::summary::{Impact, Safety, Twin, WhyNot};
use crate::timeline::{Moment, Timeline, ms};
use crate::truth::{EGO_LENGTH_M, Truth};

/// How often the motion is looked at: the tick of the plant.
const STEP_NS: Moment = TICK_NS as Moment;
/// How often around the smallest distance: at 100 km/h, 3 mm.
const FINE_STEP_NS: Moment = 100_000;
/// Halvings of a step in search of an impact: to a hundredth of a microsecond.
const HALVINGS: u32 = 20;

/// The motion of the ego and of whoever was before it, up to an impact or the end.
#[derive(Debug)]
pub(crate) struct Drive {
    pub(crate) moments: Vec<Sight>,
    pub(crate) impact: Option<(Moment, Object)>,
    /// When fusion first asked to brake.
    pub(crate) braked: Option<Moment>,
    /// The smallest distance.
    pub(crate) nearest: Option<(Moment, f64)>,
    ttc_min_s: Option<f64>,
}

/// The run without faults, to compare with.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) drive: Drive,
    /// Why it is none.
    pub(crate) unsound: Option<WhyNot>,
}

/// What was before the ego at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    pub(crate) at: Moment,
    pub(crate) ego: EgoState,
    pub(crate) lead: Option<Object>,
}

impl Sight {
    fn new(truth: &Truth, at: Moment) -> Sight {
        Sight { at, ego: truth.ego(at), lead: truth.lead(at) }
    }

    /// Time to collision at the speeds of the moment, s.
    fn ttc_s(&self) -> Option<f64> {
        let lead = self.lead.filter(|lead| lead.vx_mps < 0.0)?;
        Some(lead.x_m / -lead.vx_mps)
    }
}

impl Drive {
    pub(crate) fn new(timeline: &Timeline, truth: &Truth) -> Drive {
        let mut moments = Vec::new();
        let mut impact = None;
        for at in (0..=timeline.end.cut).step_by(STEP_NS as usize) {
            impact = impact_before(truth, at);
            if impact.is_some() {
                break;
            }
            moments.push(Sight::new(truth, at));
        }
        let mut brakes = timeline.fusion.brakes.iter();
        let braked = brakes.find(|it| it.deceleration_mps2.is_some_and(|mps2| mps2 > 0.0));
        let ended = impact.map_or(Moment::MAX, |(at, _)| at);
        let (nearest, ttc_min_s) = if let Some((at, _)) = impact {
            (Some((at, 0.0)), Some(0.0))
        } else {
            let ttc_min_s = moments.iter().filter_map(Sight::ttc_s).min_by(f64::total_cmp);
            (nearest(truth, &moments), ttc_min_s)
        };
        let braked = braked.map(|it| it.at).filter(|at| *at <= ended);
        Drive { moments, impact, braked, nearest, ttc_min_s }
    }

    /// By how much the ego was slower at the impact, or at its slowest, than when braking was asked
    /// for.
    fn speed_reduction_mps(&self, truth: &Truth) -> Option<f64> {
        let braked = self.braked?;
        let since = self.moments.iter().filter(|it| it.at >= braked);
        let slowest = since.map(|it| it.ego.speed_mps).min_by(f64::total_cmp);
        let left = self.impact.map(|(at, _)| truth.ego(at).speed_mps).or(slowest)?;
        Some(truth.ego(braked).speed_mps - left)
    }

    /// In the words of the summary, beside the twin's.
    pub(crate) fn summary(
        &self,
        timeline: &Timeline,
        truth: &Truth,
        twin: Option<&Reference>,
    ) -> Safety {
        Safety {
            closed_loop: timeline.plan.traffic.ego.brakes.is_some(),
            gap_min_m: self.nearest.map(|(_, gap_m)| gap_m),
            gap_min_at_ms: self.nearest.map(|(at, _)| ms(at)),
            ttc_min_s: self.ttc_min_s,
            impact: self.impact.map(|(at, object)| Impact {
                at_ms: ms(at),
                actor: object.actor,
                speed_mps: impact_speed_mps(&object),
            }),
            brake_requested_ms: self.braked.map(ms),
            speed_reduction_mps: self.speed_reduction_mps(truth),
            twin: twin.map(|twin| self.beside(timeline, twin)),
        }
    }

    fn beside(&self, timeline: &Timeline, Reference { drive, unsound }: &Reference) -> Twin {
        let is_sound = unsound.is_none();
        let delay = self.braked.zip(drive.braked).map(|(own, its)| ms(own - its));
        let is_over = self.impact.is_some() || timeline.end.whole;
        Twin {
            gap_min_m: drive.nearest.map(|(_, gap_m)| gap_m),
            impact_speed_mps: drive.impact.map(|(_, object)| impact_speed_mps(&object)),
            brake_requested_ms: drive.braked.map(ms),
            unsound: *unsound,
            brake_delay_ms: delay.filter(|_| is_sound),
            outcome_changed: (is_sound && is_over)
                .then_some(self.impact.is_some() != drive.impact.is_some()),
        }
    }
}

/// How fast the ego met somebody; who drives away from it is met at no speed.
fn impact_speed_mps(met: &Object) -> f64 {
    (-met.vx_mps).max(0.0)
}

/// The smallest distance among these moments, and closer around it.
fn nearest(truth: &Truth, moments: &[Sight]) -> Option<(Moment, f64)> {
    let gap = |sight: &Sight| Some((sight.at, sight.lead?.x_m));
    let closer = |a: &(Moment, f64), b: &(Moment, f64)| a.1.total_cmp(&b.1);
    let (at, _) = moments.iter().filter_map(gap).min_by(closer)?;
    let last = moments.last()?.at;
    let around = ((at - STEP_NS).max(0)..=(at + STEP_NS).min(last)).step_by(FINE_STEP_NS as usize);
    around.filter_map(|at| gap(&Sight::new(truth, at))).min_by(closer)
}

/// Whom the ego met in the step before a moment. Who was ahead or beside its lane one step earlier, and
/// now stands in its path beside or behind the bumper, was met. Who comes from behind is not the
/// ego's affair.
fn impact_before(truth: &Truth, at: Moment) -> Option<(Moment, Object)> {
    let before = at - STEP_NS;
    if before < 0 {
        return None;
    }
    let is_free = |object: &Object, ego: EgoState| object.x_m > 0.0 || !truth.in_path(ego, object);
    let (ego, ego_before) = (truth.ego(at), truth.ego(before));
    let pairs = truth.objects(before).zip(truth.objects(at));
    let mut met = pairs.filter(|(was, is)| is_free(was, ego_before) && overlaps(truth, ego, is));
    let (_, object) = met.next()?;
    let touches = |at: Moment| {
        let now = truth.objects(at).nth(object.actor)?;
        overlaps(truth, truth.ego(at), &now).then_some(now)
    };
    let (mut free, mut touching) = (before, (at, object));
    for _ in 0..HALVINGS {
        let middle = i64::midpoint(free, touching.0);
        match touches(middle) {
            Some(object) => touching = (middle, object),
            None => free = middle,
        }
    }
    Some(touching)
}

/// Whether an object and the ego take the same place.
fn overlaps(truth: &Truth, ego: EgoState, object: &Object) -> bool {
    let (near_m, far_m) = (object.x_m, object.x_m + object.size.length_m);
    near_m <= 0.0 && far_m > -EGO_LENGTH_M && truth.in_path(ego, object)
}

#[cfg(test)]
mod tests {
    use crate::summary::Safety;
    use crate::testing::{Script, fine, plan};
    use wire::{Event, Source};

    /// A car 30 m ahead at this speed, an ego at 36 km/h, 4 s.
    fn approach(lead_kph: f64, y_m: f64, play: impl Fn(&mut Script)) -> Safety {
        let mut plan = plan("");
        let start = &mut plan.traffic.actors[0].start;
        (start.speed_mps, start.y_m) = (lead_kph / 3.6, y_m);
        let mut script = Script::new(plan);
        play(&mut script);
        script.play(fine).summary().safety
    }

    fn asks(script: &mut Script, at_ms: f64, mps2: f64, valid: u32) {
        let event = Event::BrakeRequested { deceleration_mps2: mps2, ttc_s: 1.0, track: 7, valid };
        script.node(wire::Node::Fusion, 1, at_ms, event);
    }

    #[test]
    fn a_standing_car_is_met_at_the_speed_of_the_ego() {
        let safety = approach(0.0, 0.0, |_| {});
        let impact = safety.impact.expect("nobody braked");
        assert!((impact.at_ms - 3000.0).abs() < 1e-3, "{impact:?}");
        assert!((impact.speed_mps - 10.0).abs() < 1e-9 && impact.actor == 0);
        assert_eq!((safety.gap_min_m, safety.ttc_min_s), (Some(0.0), Some(0.0)));
        assert_eq!(safety.brake_requested_ms, None);
    }

    #[test]
    fn who_stands_beside_the_path_is_passed() {
        let safety = approach(0.0, 1.9, |_| {});
        assert_eq!((safety.impact, safety.gap_min_m), (None, None));
    }

    #[test]
    fn a_car_that_is_followed_stays_away() {
        let safety = approach(27.0, 0.0, |_| {});
        assert_eq!(safety.impact, None);
        assert!((safety.gap_min_m.unwrap() - 20.0).abs() < 1e-9, "{safety:?}");
        assert!((safety.ttc_min_s.unwrap() - 8.0).abs() < 1e-9, "{safety:?}");
    }

    #[test]
    fn the_recorded_way_of_the_ego_counts() {
        let safety = approach(0.0, 0.0, |script| {
            asks(script, 1400.0, 0.0, 1);
            asks(script, 1450.0, 9.0, 0);
            asks(script, 1500.0, 5.0, 1);
            for (from_s, distance_m, speed_mps, acceleration_mps2) in
                [(1.6, 16.0, 10.0, -5.0), (3.6, 26.0, 0.0, 0.0)]
            {
                let (jerk_mps3, at_ms) = (0.0, 1510.0);
                let event = Event::EgoStretch {
                    from_s,
                    distance_m,
                    speed_mps,
                    acceleration_mps2,
                    jerk_mps3,
                };
                script.put(Source::Plant, 1, at_ms, event);
            }
        });
        assert_eq!(safety.impact, None);
        assert!((safety.gap_min_m.unwrap() - 4.0).abs() < 1e-6, "{safety:?}");
        assert_eq!(safety.brake_requested_ms, Some(1500.0));
        assert!((safety.speed_reduction_mps.unwrap() - 10.0).abs() < 1e-6, "{safety:?}");
    }
}
