//! The radar process: sends what the radar sees as datagrams and takes commands from fusion.

use super::grid::Grid;
use super::runtime::{Attaching, Fate, Runtime};
use super::take;
use anyhow::Context;
use channel::doorbell::Doorbell;
use channel::mailbox::{Mail, Mailbox, Sent};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::os::fd::RawFd;
use sys::clock::now_ns;
use wire::radar::{
    Detection, MESSAGE_BYTES, Message, MessageInfo, Mode, Received, acknowledgement, detections,
    receive,
};
use wire::{Checkpoint, Event};
use world::{RadarModel, RadarSensor};

/// Heap that the largest scene needs, with room to spare.
const HEAP_BYTES: usize = 128 << 10;
/// Commands taken per wake-up: more wait in the socket, so that they cannot hold up a cycle.
const COMMANDS_PER_STEP: usize = 4;

pub(super) fn work(
    attaching: Attaching,
    mailbox: RawFd,
    fusion_doorbell: RawFd,
) -> anyhow::Result<Infallible> {
    let plan = &attaching.plan;
    let sensor = RadarSensor::new(RadarModel::default(), &plan.traffic, plan.seed);
    let mut seen = Vec::with_capacity(world::MAX_DETECTIONS);
    if attaching.stands_by() {
        // For nobody: code, tables and heap are there when the first list counts.
        sensor.measure(0.0, 0, &mut seen);
        sys::memory::touch_ahead(HEAP_BYTES)?;
    }
    let mut radar = Radar {
        mailbox: Mailbox::new(take(mailbox, "the mailbox")?),
        fusion: Doorbell::attach(take(fusion_doorbell, "fusion's doorbell")?)?,
        sensor,
        grid: Grid::new(plan.radar.period_ns, 1, plan.duration_ns),
        ego_speed_mps: plan.traffic.ego.speed_mps as f32,
        held_back: VecDeque::new(),
        seen,
        last_live: Vec::new(),
        has_measured: false,
        mode: Mode::Measuring,
        runtime: attaching.ready(),
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
    mailbox: Mailbox,
    fusion: Doorbell,
    sensor: RadarSensor,
    grid: Grid,
    /// As fusion last commanded it.
    ego_speed_mps: f32,
    /// Messages that a fault holds back, the first to be released in front.
    held_back: VecDeque<(u64, Made, Message)>,
    seen: Vec<world::Detection>,
    /// The last list that no fault froze.
    last_live: Vec<Detection>,
    /// Whether there is one.
    has_measured: bool,
    mode: Mode,
}

#[derive(Clone, Copy)]
struct Made {
    cycle: u64,
    captured_ns: u64,
    detections: u32,
}

impl Radar {
    fn step(&mut self) -> anyhow::Result<()> {
        let rings = self.runtime.rings();
        self.take_commands()?;
        let release = self.held_back.front().map(|&(release_ns, ..)| release_ns);
        let deadline = [self.grid.next_due_ns(), release].into_iter().flatten().min();
        self.runtime.pause(rings, deadline.unwrap_or(u64::MAX / 2));
        let now = self.runtime.now_ns();
        if release.is_some_and(|release| release <= now)
            && let Some((_, made, message)) = self.held_back.pop_front()
        {
            self.send(made, &message)?;
        }
        if let Some(cycle) = self.grid.take(now)
            && self.mode == Mode::Measuring
        {
            self.runtime.pass(Checkpoint::SlotTaken);
            self.runtime.dawdle(cycle);
            self.measure(cycle)?;
        }
        Ok(())
    }

    /// Makes one detection list and hands it over, unless a fault does otherwise.
    fn measure(&mut self, cycle: u64) -> anyhow::Result<()> {
        let due_ns = self.grid.due_ns(cycle);
        self.sensor.measure(due_ns as f64 * 1e-9, cycle as u32, &mut self.seen);
        self.runtime.suffer();
        self.runtime.pass(Checkpoint::Measured);
        let frozen_by = self.runtime.frozen_by(due_ns, cycle);
        if !frozen_by.is_empty() && self.has_measured {
            self.runtime.tell_frozen(&frozen_by, cycle);
        } else {
            self.last_live.clear();
            self.last_live.extend(self.seen.iter().map(on_the_wire));
            self.has_measured = true;
        }
        let captured_ns = self.runtime.absolute_ns(due_ns);
        let info = self.info(cycle as u32, captured_ns);
        let made = Made { cycle, captured_ns, detections: self.last_live.len() as u32 };
        let mut message = detections(info, self.ego_speed_mps, &self.last_live);
        self.runtime.pass(Checkpoint::Protected);
        match self.runtime.tamper(due_ns, cycle, &mut message) {
            Fate::Never => {}
            Fate::Now => self.send(made, &message)?,
            Fate::Later(by_ns) => {
                self.held_back.push_back((self.runtime.now_ns() + by_ns, made, message));
                self.held_back.make_contiguous().sort_by_key(|&(release_ns, ..)| release_ns);
            }
        }
        // What happens on the way to the socket, the radar does not know.
        self.runtime.pass(Checkpoint::Sent);
        Ok(())
    }

    fn send(&mut self, made: Made, message: &Message) -> anyhow::Result<()> {
        let Made { cycle, captured_ns, detections } = made;
        self.runtime.insist();
        let event = match self.mailbox.send(message).context("send to fusion")? {
            Sent::Taken => Event::RadarSent { cycle, captured_ns, detections },
            Sent::QueueFull => Event::RadarOverrun { cycle },
        };
        self.fusion.ring();
        self.runtime.events.tell(event);
        Ok(())
    }

    fn take_commands(&mut self) -> anyhow::Result<()> {
        let mut buffer = [0; MESSAGE_BYTES];
        for _ in 0..COMMANDS_PER_STEP {
            let length = match self.mailbox.receive(&mut buffer).context("receive a command")? {
                Mail::Empty => return Ok(()),
                // Not a message of this link; fusion sees no acknowledgement and says it again.
                Mail::TooLong(_) => continue,
                Mail::Message(length) => length,
            };
            if let Ok(Received::Command(info, command)) = receive(&buffer[..length]) {
                (self.mode, self.ego_speed_mps) = (command.mode, command.ego_speed_mps);
                let answer = acknowledgement(self.info(info.number, now_ns()));
                let command = info.number.into();
                // A full queue costs the acknowledgement; fusion says the command again.
                let event = match self.mailbox.send(&answer).context("acknowledge")? {
                    Sent::Taken => Event::CommandAccepted { command },
                    Sent::QueueFull => Event::CommandOverrun { command },
                };
                self.runtime.events.tell(event);
                self.fusion.ring();
            }
        }
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
