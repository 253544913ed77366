//! Where the radar's lists come from: [`Source`].

use super::bus::Bus;
use crate::node::ego::Ego;
use crate::node::grid::Grid;
use crate::node::runtime::{Attaching, Runtime};
use scenario::Plan;
use scenario::board::RadarSource;
use wire::radar::Detection;
use world::{EgoState, RadarModel, RadarSensor};

/// What makes lists.
#[derive(Debug)]
pub(super) enum Source {
    /// The world of the scenario.
    Simulated(Box<Simulated>),
    /// A radar on a bus.
    Bus(Box<Bus>),
}

/// A list that there is to hand over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cycle {
    /// Its place in the schedule.
    pub(super) number: u64,
    /// When it was measured, nanoseconds from the start of the schedule.
    pub(super) measured_ns: u64,
}

impl Source {
    pub(super) fn attach(attaching: &Attaching) -> anyhow::Result<Source> {
        Ok(match &attaching.plan.board.radar {
            RadarSource::Simulated => {
                Source::Simulated(Box::new(Simulated::new(&attaching.plan, attaching.ego()?)))
            }
            RadarSource::Can(can) => Source::Bus(Box::new(Bus::attach(attaching, can)?)),
        })
    }

    /// Lets what it waits for wake the process.
    pub(super) fn wake(&self, runtime: &mut Runtime) -> anyhow::Result<()> {
        match self {
            Source::Simulated(_) => Ok(()),
            Source::Bus(it) => runtime.hear(it.socket()),
        }
    }

    /// Makes a list for nobody.
    pub(super) fn warm_up(&mut self) {
        if let Source::Simulated(it) = self {
            it.sensor.measure(0.0, EgoState::default(), 0, &mut it.seen);
        }
    }

    /// When there is something to look at that nobody rings for, nanoseconds from the start of the
    /// schedule.
    pub(super) fn next_due_ns(&self, runtime: &Runtime) -> Option<u64> {
        match self {
            Source::Simulated(it) => it.grid.next_due_ns(),
            Source::Bus(it) => it.next_due_ns(runtime),
        }
    }

    /// The list that is to be handed over now, if there is one.
    pub(super) fn take(&mut self, runtime: &mut Runtime) -> anyhow::Result<Option<Cycle>> {
        match self {
            Source::Simulated(it) => {
                let number = it.grid.take(runtime.now_ns());
                Ok(number.map(|number| Cycle { number, measured_ns: it.grid.due_ns(number) }))
            }
            Source::Bus(it) => it.take(runtime),
        }
    }

    /// Looks at the world, where that is still to be done for the list that was taken.
    pub(super) fn measure(&mut self, runtime: &mut Runtime, cycle: Cycle) {
        if let Source::Simulated(it) = self {
            it.measure(runtime, cycle);
        }
    }

    /// What was seen last.
    pub(super) fn list(&self, list: &mut Vec<Detection>) {
        let seen = match self {
            Source::Simulated(it) => &it.seen,
            Source::Bus(it) => it.detections(),
        };
        list.clear();
        list.extend(seen.iter().map(on_the_wire));
    }
}

/// The sensor of the world, on the schedule.
#[derive(Debug)]
pub(super) struct Simulated {
    sensor: RadarSensor,
    ego: Ego,
    grid: Grid,
    seen: Vec<world::Detection>,
}

impl Simulated {
    fn new(plan: &Plan, ego: Ego) -> Simulated {
        Simulated {
            sensor: RadarSensor::new(RadarModel::default(), &plan.traffic, plan.seed),
            ego,
            grid: Grid::new(plan.radar.period_ns, 1, plan.duration_ns),
            seen: Vec::with_capacity(world::MAX_DETECTIONS),
        }
    }

    fn measure(&mut self, runtime: &mut Runtime, Cycle { number, measured_ns }: Cycle) {
        let ego = runtime.ego_at(&mut self.ego, measured_ns, number);
        self.sensor.measure(measured_ns as f64 * 1e-9, ego, number as u32, &mut self.seen);
    }
}

/// A detection in the units of the link.
fn on_the_wire(seen: &world::Detection) -> Detection {
    Detection {
        range_m: seen.range_m.into(),
        azimuth_rad: seen.azimuth_rad.into(),
        range_rate_mps: seen.range_rate_mps.into(),
        rcs_dbsm: seen.rcs_dbsm.into(),
        range_sigma_mm: ((seen.range_sigma_m * 1e3) as u16).into(),
        azimuth_sigma_e4rad: ((seen.azimuth_sigma_rad * 1e4) as u16).into(),
        range_rate_sigma_mmps: ((seen.range_rate_sigma_mps * 1e3) as u16).into(),
        existence_percent: seen.existence,
        flags: 0,
    }
}
