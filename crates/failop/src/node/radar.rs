//! The radar process: sends what the radar sees as datagrams and takes commands from fusion.
//!
//! - `source`: where lists come from: the world of the scenario, or a bus
//! - `bus`, `slots`: lists of a radar on a CAN bus, and their place in the schedule
//! - `convert`: detections as the bus has them

mod bus;
pub(super) mod convert;
mod slots;
mod source;

use super::faults::outbox::Outbox;
use super::faults::step::Effects;
use super::runtime::{Attaching, Runtime};
use super::{inlet, outlet};
use anyhow::Context;
use channel::link::{Ends, Inlet, Outlet, Sent, Taken, Urgency};
use source::{Cycle, Source};
use std::convert::Infallible;
use sys::clock::now_ns;
use wire::radar::{
    Command, Detection, MessageInfo, Mode, Received, acknowledgement, detections, invert_field,
    receive, strip,
};
use wire::{Checkpoint, Event};

/// Heap that the largest scene needs, with room to spare.
const HEAP_BYTES: usize = 128 << 10;
/// Commands taken per wake-up: more wait in the socket, so that they cannot hold up a cycle.
const COMMANDS_PER_STEP: usize = 4;

pub(super) fn work(
    mut attaching: Attaching,
    (lists, commands): (&Ends, &Ends),
    fusion_doorbell: &Ends,
) -> anyhow::Result<Infallible> {
    let spec = supervisor::links::radar_messages(&attaching.plan);
    let (lists, commands) = (outlet(spec, lists, fusion_doorbell)?, inlet(spec, commands)?);
    attaching.listen(&commands)?;
    let mut source = Source::attach(&attaching)?;
    if attaching.stands_by() {
        // For nobody: code, tables and heap are there when the first list counts.
        source.warm_up();
        sys::memory::touch_ahead(HEAP_BYTES)?;
    }
    let ego_speed_mps = attaching.plan.traffic.ego.speed_mps as f32;
    let mut runtime = attaching.ready();
    source.wake(&mut runtime)?;
    let mut radar = Radar {
        outbox: Outbox::new(&runtime.faults.injector, invert_field),
        runtime,
        lists,
        commands,
        source,
        ego_speed_mps,
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
    source: Source,
    /// As fusion last commanded it.
    ego_speed_mps: f32,
    outbox: Outbox<Made>,
    /// What it sees.
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
        let deadline =
            [self.source.next_due_ns(&self.runtime), release].into_iter().flatten().min();
        self.runtime.pause(rings, deadline.unwrap_or(u64::MAX / 2))?;
        let now = self.runtime.now_ns();
        if let Some(sample) = self.outbox.released(now) {
            self.send(sample.made, &sample.bytes)?;
        }
        if let Some(cycle) = self.source.take(&mut self.runtime)?
            && self.mode == Mode::Measuring
        {
            self.runtime.pass(Checkpoint::SlotTaken);
            let effects = self.runtime.befall(cycle.number);
            self.measure(cycle, &effects)?;
            for _again in 1..effects.times {
                self.runtime.pass(Checkpoint::SlotTaken);
                self.measure(cycle, &effects)?;
            }
        }
        Ok(())
    }

    /// Makes one detection list and hands it over, unless a fault does otherwise.
    fn measure(&mut self, taken: Cycle, effects: &Effects) -> anyhow::Result<()> {
        let Cycle { number: cycle, measured_ns } = taken;
        let Radar { runtime, outbox, source, list, last_live, .. } = self;
        if effects.does_its_work() {
            source.measure(runtime, taken);
        }
        runtime.suffer()?;
        let hits = runtime.faults.hits(measured_ns, cycle);
        source.list(list);
        runtime.change(list, last_live, &hits);
        if effects.does_its_work() {
            runtime.pass(Checkpoint::Measured);
        }
        let captured_ns = runtime.absolute_ns(measured_ns);
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
