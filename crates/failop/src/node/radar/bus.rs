//! Lists of an ARS 408 on a CAN bus: [`Bus`].
//!
//! The radar runs free: its lists are given to the slots of the schedule by when their first frame came.
//! A bus that brings nothing is no reason to end: it is told, and the process shows life as ever. What
//! recovers by itself, the controller after a time off the bus and the interface after it was down, is
//! heard again by the same socket; an interface that is gone ends the process, and its successor tries
//! anew.

use super::convert::detection;
use super::slots::{Place, Slots};
use super::source::Cycle;
use crate::node::runtime::{Attaching, Runtime};
use anyhow::Context;
use scenario::board::{Can, RadarQuality};
use std::collections::VecDeque;
use std::ops::Range;
use sys::can::{CanSocket, Condition, Frame, Heard};
use wire::ars408::{Assembler, DecodeError, Detail, List, Message, decode, ids};
use wire::event::BusState;
use wire::radar::DETECTIONS_MAX;
use wire::{Checkpoint, Event};
use world::Detection;

/// Frames taken at once: more than the largest list has, so that a flood cannot hold up a heartbeat.
const FRAMES_PER_STEP: usize = 512;

/// A radar on a bus.
#[derive(Debug)]
pub(super) struct Bus {
    socket: CanSocket,
    sensor_id: u8,
    assembler: Assembler,
    /// Complete, or given up, and not looked at.
    finished: VecDeque<List>,
    slots: Slots,
    state: BusState,
    errors: u8,
    short: u64,
    /// Of the list that was taken last.
    detections: Vec<Detection>,
}

impl Bus {
    pub(super) fn attach(attaching: &Attaching, can: &Can) -> anyhow::Result<Bus> {
        let wanted: Vec<u16> = ids(can.sensor_id).collect();
        let socket = CanSocket::open(&can.interface, &wanted).context("the radar's CAN bus")?;
        let detail = match can.quality {
            RadarQuality::Sent => Detail::WithQuality,
            RadarQuality::NotSent => Detail::General,
        };
        let period_ns = attaching.plan.radar.period_ns;
        Ok(Bus {
            socket,
            sensor_id: can.sensor_id,
            assembler: Assembler::new(detail, period_ns),
            finished: VecDeque::new(),
            slots: Slots::new(period_ns, attaching.plan.duration_ns),
            state: BusState::Up,
            errors: 0,
            short: 0,
            detections: Vec::new(),
        })
    }

    pub(super) fn next_due_ns(&self, runtime: &Runtime) -> Option<u64> {
        if !self.finished.is_empty() {
            return Some(0);
        }
        let deadline_ns = self.assembler.deadline_ns();
        let patience = deadline_ns.map(|at| runtime.since_start_ns(at).unwrap_or(0));
        [patience, self.slots.overdue_ns()].into_iter().flatten().min()
    }

    /// What wakes who waits for it.
    pub(super) fn socket(&self) -> &CanSocket {
        &self.socket
    }

    /// What is in the list that was taken last.
    pub(super) fn detections(&self) -> &[Detection] {
        &self.detections
    }

    pub(super) fn take(&mut self, runtime: &mut Runtime) -> anyhow::Result<Option<Cycle>> {
        // One list at a time: what comes meanwhile waits in the socket.
        if self.finished.is_empty() {
            self.hear(runtime)?;
            self.finished.extend(self.assembler.expire(sys::clock::now_ns()));
        }
        let taken = self.finished.pop_front().and_then(|list| self.hand_over(runtime, &list));
        if self.assembler.deadline_ns().is_none() && self.finished.is_empty() {
            let overdue = self.slots.overdue(runtime.now_ns());
            tell_missing(runtime, overdue.clone());
            overdue.for_each(|cycle| do_nothing(runtime, cycle));
        }
        Ok(taken)
    }

    /// Takes what the bus has brought.
    fn hear(&mut self, runtime: &mut Runtime) -> anyhow::Result<()> {
        for _ in 0..FRAMES_PER_STEP {
            match self.socket.receive().context("hear the radar's CAN bus")? {
                None => break,
                Some(Heard::Frame(frame, at_ns)) => {
                    // What comes shows that the bus works, whatever the controller may do with errors.
                    if self.state != BusState::Passive {
                        self.turn(runtime, BusState::Up);
                    }
                    self.understand(runtime, frame, at_ns);
                }
                Some(Heard::Down) => self.turn(runtime, BusState::Down),
                Some(Heard::Controller(condition)) => {
                    if let Some(state) = state(condition) {
                        self.turn(runtime, state);
                    }
                }
            }
        }
        let strays = self.assembler.strays();
        let short = std::mem::take(&mut self.short);
        if strays.unasked + strays.repeated + short > 0 {
            let (unasked, repeated) = (strays.unasked, strays.repeated);
            runtime.events.tell(Event::FramesStray { unasked, repeated, short });
        }
        Ok(())
    }

    fn understand(&mut self, runtime: &mut Runtime, frame: Frame, at_ns: u64) {
        match decode(self.sensor_id, frame.id, frame.data()) {
            Ok(Message::State(state)) => {
                if state.errors != self.errors {
                    self.errors = state.errors;
                    let errors = state.errors.into();
                    runtime.events.tell(Event::SensorErrors { errors });
                }
            }
            Ok(message) => self.finished.extend(self.assembler.take(&message, at_ns)),
            Err(DecodeError::Short { .. }) => self.short += 1,
            // The kernel hands over no others.
            Err(DecodeError::Unknown(_)) => {}
        }
    }

    fn turn(&mut self, runtime: &mut Runtime, state: BusState) {
        if state != self.state {
            self.state = state;
            runtime.events.tell(Event::BusChanged { state });
        }
    }

    fn hand_over(&mut self, runtime: &mut Runtime, list: &List) -> Option<Cycle> {
        let measured_ns = runtime.since_start_ns(list.begun_ns)?;
        match self.slots.place(measured_ns)? {
            Place::Taken(cycle) => {
                runtime.events.tell(Event::ListSurplus { cycle });
                None
            }
            Place::Free { number, before } => {
                tell_missing(runtime, before);
                let (announced, whole) = (list.status.announced.into(), list.whole.into());
                let begun_ns = list.begun_ns;
                runtime.events.tell(Event::ListTaken { cycle: number, begun_ns, announced, whole });
                self.detections.clear();
                self.detections.extend(list.items.iter().map(detection));
                // A message has room for the nearest.
                if self.detections.len() > DETECTIONS_MAX {
                    self.detections.sort_by(|a, b| a.range_m.total_cmp(&b.range_m));
                }
                Some(Cycle { number, measured_ns })
            }
        }
    }
}

fn tell_missing(runtime: &mut Runtime, cycles: Range<u64>) {
    cycles.for_each(|cycle| runtime.events.tell(Event::ListMissing { cycle }));
}

/// The work in a cycle that brought nothing: it was done, and supervision of the process must not take the
/// bus's silence for the process's.
fn do_nothing(runtime: &mut Runtime, cycle: u64) {
    use Checkpoint::{Measured, Protected, Sent, SlotTaken};
    runtime.item = cycle;
    for checkpoint in [SlotTaken, Measured, Protected, Sent] {
        runtime.pass(checkpoint);
    }
}

/// What the controller's word means for the bus; `None` for what passes.
fn state(condition: Condition) -> Option<BusState> {
    match condition {
        Condition::Active => Some(BusState::Up),
        Condition::Passive => Some(BusState::Passive),
        Condition::BusOff => Some(BusState::BusOff),
        Condition::Restarted => Some(BusState::Restarted),
        Condition::Overflow => Some(BusState::Overflow),
        Condition::Passing => None,
    }
}
