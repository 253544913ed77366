//! From the text of the faults to the faults of the plan: triggers resolved as far as they can be
//! before the run, repetitions written out: [`faults`].

use fault::units::{ns_from_ms, ns_from_s};
use fault::{Cause, Fault, Start};
use world::traffic::Traffic;
use world::{Motion, Way};

use crate::check::Times;
use crate::plan::Camera;
use crate::text::fault::{self as text, When};

/// How finely the approach of an actor is looked at.
const STEP_NS: u64 = 1_000_000;

/// What faults are resolved against.
pub(crate) struct Run<'a> {
    pub(crate) traffic: &'a Traffic,
    pub(crate) camera: Camera,
    pub(crate) duration_ns: u64,
}

/// A fault that can never begin, or for which the run is too short: its index in the file, and why.
pub(crate) struct Never {
    pub(crate) fault: usize,
    pub(crate) why: String,
}

/// The faults of the plan, and for each id of the file the ids in the plan.
pub(crate) struct Resolved {
    pub(crate) faults: Vec<Fault>,
    /// (id in the file, its faults in the plan: the first, and how many).
    places: Vec<(String, usize, usize)>,
}

impl Resolved {
    /// Ids in the plan of the fault that the file calls `id`.
    pub(crate) fn ids(&self, id: &str) -> impl Iterator<Item = &str> {
        let place = self.places.iter().find(|(name, ..)| name == id);
        let range = place.map_or(0..0, |&(_, first, count)| first..first + count);
        self.faults[range].iter().map(|fault| fault.id.as_str())
    }

    fn first(&self, id: &str) -> Option<(u32, Start)> {
        let (_, first, _) = self.places.iter().find(|(name, ..)| name == id)?;
        Some((*first as u32, self.faults[*first].start))
    }

    fn add(&mut self, text: &text::Fault, start: Start) {
        let times = text.repeat.as_ref().map_or(1, |repeat| repeat.times);
        let every_ns = text.repeat.as_ref().map_or(0, |repeat| ns_from_s(repeat.every_s));
        self.places.push((text.id.clone(), self.faults.len(), times as usize));
        for number in 0..times {
            let id =
                if times == 1 { text.id.clone() } else { format!("{}.{}", text.id, number + 1) };
            let start = later(start, every_ns * u64::from(number));
            let injection = text.inject.clone();
            self.faults.push(Fault { id, target: text.target, start, injection });
        }
    }
}

/// Resolves the faults of a file that has passed all checks.
pub(crate) fn faults(all: &[text::Fault], run: &Run) -> Result<Resolved, Never> {
    let mut resolved = Resolved { faults: Vec::new(), places: Vec::new() };
    for (index, fault) in all.iter().enumerate() {
        let never = |why| Never { fault: index, why };
        let start = start(fault, run, &resolved).map_err(never)?;
        within_run(fault, start, run).map_err(never)?;
        resolved.add(fault, start);
    }
    Ok(resolved)
}

fn start(fault: &text::Fault, run: &Run, known: &Resolved) -> Result<Start, String> {
    let other = |it: &text::Other, cause: fn(u32) -> Cause| {
        let (index, _) = known.first(&it.fault).expect("the other fault was checked to be there");
        Start::After(cause(index), ns_from_ms(it.delay_ms))
    };
    Ok(match (&fault.when, fault.at_s, fault.at_frame) {
        (None, Some(at_s), _) => Start::At(ns_from_s(at_s)),
        (None, None, frame) => {
            let frame = frame.expect("one of the three was checked to be there");
            Start::At(run.camera.due_ns(frame))
        }
        (Some(When::Closer(closer)), ..) => Start::At(first_closer(closer, run)?),
        (Some(When::State(it)), ..) => {
            Start::After(Cause::State(it.of, it.is), ns_from_ms(it.delay_ms))
        }
        (Some(When::After(it)), ..) => {
            let (_, start) = known.first(&it.fault).expect("it was checked to be there");
            later(start, ns_from_ms(it.delay_ms))
        }
        (Some(When::Detected(it)), ..) => other(it, Cause::Detected),
        (Some(When::Recovering(it)), ..) => other(it, Cause::Recovering),
        (Some(When::ByHand(_)), ..) => Start::After(Cause::ByHand(known.faults.len() as u32), 0),
    })
}

/// What is known before the run to begin, or to last, beyond its end.
fn within_run(fault: &text::Fault, start: Start, run: &Run) -> Result<(), String> {
    let Some(first_ns) = start.at_ns() else { return Ok(()) };
    let seconds = |ns: u64| ns as f64 * 1e-9;
    let first_s = seconds(first_ns);
    let repeat = fault.repeat.as_ref();
    let later_s = repeat.map_or(0.0, |it| it.every_s * f64::from(it.times - 1));
    let times = Times {
        begins_s: [first_s, first_s + later_s],
        for_s: fault.inject.duration_ns().map(seconds),
    };
    let beyond = times.beyond(&format!("fault \"{}\"", fault.id), seconds(run.duration_ns));
    beyond.map_or(Ok(()), |(_, why)| Err(why))
}

fn later(start: Start, by_ns: u64) -> Start {
    match start {
        Start::At(at_ns) => Start::At(at_ns.saturating_add(by_ns)),
        Start::After(cause, delay_ns) => Start::After(cause, delay_ns.saturating_add(by_ns)),
    }
}

/// When an actor first is closer than a distance, if the ego does not brake.
fn first_closer(closer: &text::Closer, run: &Run) -> Result<u64, String> {
    let text::Closer { actor, than_m } = closer;
    let index = run.traffic.actors.iter().position(|it| it.id == *actor);
    let index = index.expect("the actor was checked to be there");
    let motion = Motion::new(run.traffic);
    let way = Way::even(run.traffic.ego.speed_mps);
    let distance_m = |at_ns: u64| {
        let t_s = at_ns as f64 * 1e-9;
        let object = motion.at(t_s, way.at(t_s)).nth(index).expect("each actor has a course");
        object.x_m.hypot(object.y_m)
    };
    let mut times = (0..run.duration_ns).step_by(STEP_NS as usize);
    times.find(|&at_ns| distance_m(at_ns) < *than_m).ok_or_else(|| {
        let nearest = (0..run.duration_ns).step_by(STEP_NS as usize).map(distance_m);
        let nearest = nearest.fold(f64::INFINITY, f64::min);
        format!("\"{actor}\" never is closer than {than_m} m; the nearest is {nearest:.1} m")
    })
}
