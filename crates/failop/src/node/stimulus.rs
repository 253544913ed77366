//! The stimulus: plays the part of an ARS 408 on a CAN bus, from the world of the scenario.
//!
//! It is the harness: no fault befalls it, nobody restarts it. As the sensor does, it puts each cycle's
//! list on the bus at its due time, as fast as the bus takes it; what the bus has not taken by the next
//! cycle stays away.

use super::ego::Ego;
use super::grid::Grid;
use super::radar::convert::item;
use super::{attach_harness, wait_for_start};
use anyhow::Context;
use channel::events::EventWriter;
use scenario::board::{Can, RadarList, RadarQuality, RadarSource};
use std::convert::Infallible;
use supervisor::StimulusBoot;
use sys::can::{CanSocket, Frame, Sent};
use sys::clock::{now_ns, sleep_until};
use wire::ars408::{Kind, Message, State, Status, encode};
use wire::{Event, Source};
use world::{RadarModel, RadarSensor};

/// What it is called on the command line.
pub(super) const ROLE: &str = "stimulus";

/// How often it looks whether a full queue has room: four frames at 500 kbit/s.
const QUEUE_LOOK_NS: u64 = 1_000_000;
/// Between two times that the sensor tells how it is.
const STATE_PERIOD_NS: u64 = 1_000_000_000;

pub(super) fn work(boot: StimulusBoot) -> anyhow::Result<Infallible> {
    let StimulusBoot { watchdog_pid, plan, .. } = boot;
    let (events, start) =
        attach_harness(Source::Stimulus, &plan, watchdog_pid, [boot.events, boot.start])?;
    let mut ego = Ego::attach(boot.way, plan.traffic.ego.speed_mps)?;
    let RadarSource::Can(can) = &plan.board.radar else { anyhow::bail!("the board has no bus") };
    let sensor = RadarSensor::new(RadarModel::default(), &plan.traffic, plan.seed);
    let mut part = Part::begin(can, events)?;
    part.events.tell(Event::Started { pid: std::process::id() });
    let t0_ns = wait_for_start(&start);
    let mut grid = Grid::new(plan.radar.period_ns, 1, plan.duration_ns);
    let mut seen = Vec::with_capacity(world::MAX_DETECTIONS);
    let mut state_due_ns = 0;
    loop {
        // After the last list it stays: its end would be a loss.
        let due_ns = grid.next_due_ns().unwrap_or(u64::MAX / 2);
        sleep_until(t0_ns.saturating_add(due_ns));
        let Some(cycle) = grid.take(now_ns() - t0_ns) else { continue };
        let due_ns = grid.due_ns(cycle);
        let at = ego.at(due_ns);
        if let Some(behind_ns) = at.behind_ns {
            part.events.tell(Event::PlantBehind { item: cycle, behind_ns });
        }
        sensor.measure(due_ns as f64 * 1e-9, at.state, cycle as u32, &mut seen);
        if due_ns >= state_due_ns {
            state_due_ns = due_ns + STATE_PERIOD_NS;
            part.push(&Message::State(State { sensor_id: can.sensor_id, errors: 0 }));
        }
        part.put(cycle, &seen, t0_ns + due_ns + plan.radar.period_ns)?;
    }
}

/// The part that it plays.
#[derive(Debug)]
struct Part {
    socket: CanSocket,
    events: EventWriter,
    sensor_id: u8,
    kind: Kind,
    quality: RadarQuality,
    /// Not yet on the bus.
    frames: Vec<Frame>,
    saturated: u64,
}

impl Part {
    fn begin(can: &Can, events: EventWriter) -> anyhow::Result<Part> {
        let interface = can.stimulus.as_ref().context("the board names no bus for a stimulus")?;
        Ok(Part {
            socket: CanSocket::open(interface, &[]).context("the stimulus's CAN bus")?,
            events,
            sensor_id: can.sensor_id,
            kind: match can.list {
                RadarList::Objects => Kind::Objects,
                RadarList::Clusters => Kind::Clusters,
            },
            quality: can.quality,
            frames: Vec::new(),
            saturated: 0,
        })
    }

    fn push(&mut self, message: &Message) {
        let wire::ars408::Frame { id, length, bytes } =
            encode(self.sensor_id, message, &mut self.saturated);
        self.frames.push(Frame { id, length, bytes });
    }

    /// Puts a cycle's list on the bus, until it is there or the time is over.
    fn put(&mut self, cycle: u64, seen: &[world::Detection], until_ns: u64) -> anyhow::Result<()> {
        let items: Vec<_> = (0..).zip(seen).map(|(id, seen)| item(id, seen)).collect();
        let (kind, announced) = (self.kind, items.len() as u16);
        self.push(&Message::Status(Status { kind, announced, counter: cycle as u16 }));
        for item in &items {
            self.push(&Message::General(kind, item.point));
        }
        if self.quality == RadarQuality::Sent {
            for quality in items.iter().filter_map(|item| item.quality) {
                self.push(&Message::Quality(kind, quality));
            }
        }
        let begun_ns = now_ns();
        let mut taken = 0;
        while let Some(frame) = self.frames.get(taken) {
            match self.socket.send(frame).context("send to the radar's CAN bus")? {
                Sent::Taken => taken += 1,
                Sent::QueueFull if now_ns() < until_ns => sleep_until(now_ns() + QUEUE_LOOK_NS),
                Sent::QueueFull | Sent::Down => break,
            }
        }
        // Nobody asked for what the controller has to tell; it must not fill the socket.
        while self.socket.receive().context("hear the radar's CAN bus")?.is_some() {}
        let refused = (self.frames.len() - taken) as u32;
        self.frames.clear();
        let saturated = std::mem::take(&mut self.saturated);
        let (items, frames) = (announced.into(), taken as u32);
        self.events.tell(Event::StimulusSent {
            cycle,
            begun_ns,
            items,
            frames,
            refused,
            saturated,
        });
        Ok(())
    }
}
