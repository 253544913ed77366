//! The radar process: sends what the radar sees as datagrams and takes commands from fusion.

use super::ego::Ego;
use super::faults::outbox::Outbox;
use super::faults::step::Effects;
use super::grid::Grid;
use super::runtime::{Attaching, Runtime};
use super::{inlet, outlet};
use anyhow::Context;
use channel::link::{Ends, Inlet, Outlet, Sent, Taken, Urgency};
use std::convert::Infallible;
use sys::clock::now_ns;
use wire::radar::{
    Command, Detection, MessageInfo, Mode, Received, acknowledgement, detections, invert_field,
    receive, strip,
};
use wire::{Checkpoint, Event};
use world::{EgoState, RadarModel, RadarSensor};

/// Heap that the largest scene needs, with room to spare.
const HEAP_BYTES: usize = 128 << 10;
/// Commands taken per wake-up: more wait in the socket, so that they cannot hold up a cycle.
const COMMANDS_PER_STEP: usize = 4;

pub(super) fn work(
    attaching: Attaching,
    (lists, commands): (&Ends, &Ends),
    fusion_doorbell: &Ends,
) -> anyhow::Result<Infallible> {
    let plan = &attaching.plan;
    let spec = supervisor::links::radar_messages(plan);
    let (lists, commands) = (outlet(spec, lists, fusion_doorbell)?, inlet(spec, commands)?);
    let sensor = RadarSensor::new(RadarModel::default(), &plan.traffic, plan.seed);
    let mut seen = Vec::with_capacity(world::MAX_DETECTIONS);
    if attaching.stands_by() {
        // For nobody: code, tables and heap are there when the first list counts.
        sensor.measure(0.0, EgoState::default(), 0, &mut seen);
        sys::memory::touch_ahead(HEAP_BYTES)?;
    }
    let grid = Grid::new(plan.radar.period_ns, 1, plan.duration_ns);
    let ego = attaching.ego()?;
    let ego_speed_mps = plan.traffic.ego.speed_mps as f32;
    let runtime = attaching.ready();
    let mut radar = Radar {
        outbox: Outbox::new(&runtime.faults.injector, invert_field),
        runtime,
        lists,
        commands,
        sensor,
        ego,
        grid,
        ego_speed_mps,
        seen,
        list: Vec::with_capacity(world::MAX_DETECTIONS),
        last_live: None,
        mode: Mode::Measuring,
    };
    // What a successor is waited for comes first.
    radar.step()?;
    sys::memory::touch_ahead(HEAP_BYTES)?;
    loop {
        radar.step()?;
    }
}

struct Radar {
    runtime: Runtime,
    /// Lists and acknowledgements.
    lists: Outlet,
    commands: Inlet,
    sensor: RadarSensor,
    ego: Ego,
    grid: Grid,
    /// As fusion last commanded it.
    ego_speed_mps: f32,
    outbox: Outbox<Made>,
    seen: Vec<world::Detection>,
    /// What is told of it.
    list: Vec<Detection>,
    /// The last list that no fault froze; none unless the scenario freezes.
    last_live: Option<Vec<Detection>>,
    mode: Mode,
}

/// A finished list's number in the schedule and its time, absolute and true.
#[derive(Clone, Copy, Debug)]
struct Made {
    cycle: u64,
    captured_ns: u64,
    detections: u32,
}

impl Radar {
    fn step(&mut self) -> anyhow::Result<()> {
        let rings = self.runtime.rings();
        self.take_commands()?;
        let release = self.outbox.next_release_ns();
        let deadline = [self.grid.next_due_ns(), release].into_iter().flatten().min();
        self.runtime.pause(rings, deadline.unwrap_or(u64::MAX / 2))?;
        let now = self.runtime.now_ns();
        if let Some(sample) = self.outbox.released(now) {
            self.send(sample.made, &sample.bytes)?;
        }
        if let Some(cycle) = self.grid.take(now)
            && self.mode == Mode::Measuring
        {
            self.runtime.pass(Checkpoint::SlotTaken);
            let effects = self.runtime.befall(cycle);
            self.measure(cycle, &effects)?;
            for _again in 1..effects.times {
                self.runtime.pass(Checkpoint::SlotTaken);
                self.measure(cycle, &effects)?;
            }
        }
        Ok(())
    }

    /// Makes one detection list and hands it over, unless a fault does otherwise.
    fn measure(&mut self, cycle: u64, effects: &Effects) -> anyhow::Result<()> {
        let due_ns = self.grid.due_ns(cycle);
        if effects.does_its_work() {
            let ego = self.runtime.ego_at(&mut self.ego, due_ns, cycle);
            self.sensor.measure(due_ns as f64 * 1e-9, ego, cycle as u32, &mut self.seen);
        }
        let Radar { runtime, outbox, seen, list, last_live, .. } = self;
        runtime.suffer()?;
        let hits = runtime.faults.hits(due_ns, cycle);
        list.clear();
        list.extend(seen.iter().map(on_the_wire));
        runtime.change(list, last_live, &hits);
        if effects.does_its_work() {
            runtime.pass(Checkpoint::Measured);
        }
        let captured_ns = runtime.absolute_ns(due_ns);
        let made = Made { cycle, captured_ns, detections: list.len() as u32 };
        let info = MessageInfo {
            number: runtime.number(&hits) as u32,
            incarnation: runtime.incarnation,
            captured_ns: effects.stated_ns(captured_ns),
            sent_ns: effects.stated_ns(now_ns()),
        };
        let mut message = detections(info, self.ego_speed_mps, list);
        // What happens on the way to the socket, the radar does not know.
        let mut last = [Checkpoint::Protected, Checkpoint::Sent];
        if effects.is_hasty() {
            strip(&mut message);
            last.reverse();
        }
        runtime.pass(last[0]);
        let now = runtime.now_ns();
        let posted = outbox.post(now, (made, &mut message), &hits, &runtime.faults.injector);
        for &(fault, value) in &posted.acted {
            runtime.tell_acted(fault, cycle, value);
        }
        if let Some(bytes) = posted.own_bytes {
            self.send(made, &message[..bytes])?;
        }
        posted.others.iter().try_for_each(|sample| self.send(sample.made, &sample.bytes))?;
        self.runtime.pass(last[1]);
        Ok(())
    }

    fn send(&mut self, made: Made, message: &[u8]) -> anyhow::Result<()> {
        let Made { cycle, captured_ns, detections } = made;
        self.runtime.insist();
        let sent = self.lists.send(message, Urgency::Sample).context("send to fusion")?;
        let event = match sent {
            Sent::Taken => Event::RadarSent { cycle, captured_ns, detections },
            Sent::QueueFull => Event::RadarOverrun { cycle },
        };
        self.runtime.events.tell(event);
        Ok(())
    }

    fn take_commands(&mut self) -> anyhow::Result<()> {
        for _ in 0..COMMANDS_PER_STEP {
            let received = match self.commands.take().context("receive a command")? {
                Taken::Nothing => return Ok(()),
                // Not a message of this link; fusion sees no acknowledgement and says it again.
                Taken::Damaged => continue,
                Taken::Message(held) => match receive(held.bytes()) {
                    Ok(Received::Command(info, command)) => (info, command),
                    Ok(_) | Err(_) => continue,
                },
            };
            self.obey(received)?;
        }
        Ok(())
    }

    fn obey(&mut self, (info, command): (MessageInfo, Command)) -> anyhow::Result<()> {
        (self.mode, self.ego_speed_mps) = (command.mode, command.ego_speed_mps);
        let answer = acknowledgement(self.info(info.number, now_ns()));
        let command = info.number.into();
        // A full queue costs the acknowledgement; fusion says the command again.
        let event = match self.lists.send(&answer, Urgency::Command).context("acknowledge")? {
            Sent::Taken => Event::CommandAccepted { command },
            Sent::QueueFull => Event::CommandOverrun { command },
        };
        self.runtime.events.tell(event);
        Ok(())
    }

    fn info(&self, number: u32, captured_ns: u64) -> MessageInfo {
        let incarnation = self.runtime.incarnation;
        MessageInfo { number, incarnation, captured_ns, sent_ns: now_ns() }
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
