//! Frames of a capture device: [`Captured`], which outlives failures of the device.
//!
//! The device runs freely. What it loses, damages or has no signal for is told and not handed over; if it
//! fails or vanishes it is closed and tried again, while the process lives on.

use super::device::{self, Opened};
use super::slots::{Place, Slots};
use super::source::Shot;
use crate::node::grid::Grid;
use crate::node::runtime::Runtime;
use scenario::Plan;
use scenario::board::{Timestamps, V4l2};
use std::io;
use sys::clock::{now_ns, sleep_until};
use sys::v4l2::Filled;
use wire::Checkpoint::{Protected, Published, Rendered, SlotTaken};
use wire::Event;
use wire::event::Withheld;

/// From a failure to the first try to open the device again; doubled after each that fails.
const BACKOFF_MIN_NS: u64 = 10_000_000;
/// The longest time between two tries: what a device that came back is waited for at most.
const BACKOFF_MAX_NS: u64 = 500_000_000;
/// How long a device may be busy at the start: the kernel takes it from a killed predecessor meanwhile.
const BUSY_NS: u64 = 2_000_000_000;
/// `EBUSY`.
const BUSY: u32 = 16;
/// A frame that is older than this many tenths of a period is left to the newer one that follows.
const STALE_TENTHS: u64 = 15;
/// How long after the start frames of before may come: those that waited in the driver's buffers.
const EARLY_NS: u64 = 1_000_000_000;
/// Most frames that a gap in the device's numbers may mean; beyond, it counts anew.
const GAP_MAX: u32 = 1 << 16;

/// A capture device and what is known of its frames.
pub(super) struct Captured {
    settings: V4l2,
    fps: u32,
    life: Life,
    slots: Slots,
    /// The slots that brought a frame or were waited for in vain.
    awaited: Grid,
    /// The last frame since the device streams.
    last: Option<Last>,
    /// First slot that was not handed over.
    next: u64,
    signal: u32,
    /// Number and time of the frame in hand.
    in_hand: (u32, u64),
}

/// The slots of a plan.
fn grid(plan: &Plan) -> Grid {
    Grid::new(1_000_000_000, plan.camera.fps.into(), plan.duration_ns)
}

enum Life {
    Streams(Opened),
    /// When it is tried again, from the start, how long to wait after that, and the error that was told.
    Down {
        again_ns: u64,
        backoff_ns: u64,
        errno: Option<u32>,
    },
}

#[derive(Clone, Copy)]
struct Last {
    sequence: u32,
    slot: u64,
    stale: bool,
}

impl Captured {
    /// The device of a plan, not open yet.
    pub(super) fn new(settings: &V4l2, plan: &Plan) -> Captured {
        Captured {
            settings: settings.clone(),
            fps: plan.camera.fps,
            life: Life::Down { again_ns: 0, backoff_ns: BACKOFF_MIN_NS, errno: None },
            slots: Slots::new(grid(plan)),
            awaited: grid(plan),
            last: None,
            next: 0,
            signal: 0,
            in_hand: (0, 0),
        }
    }

    /// Opens it before the process is ready.
    pub(super) fn prepare(&mut self) -> anyhow::Result<()> {
        let until_ns = now_ns() + BUSY_NS;
        let opened = loop {
            match device::open(&self.settings, self.fps) {
                Err(error) if device::errno(&error) == BUSY && now_ns() < until_ns => {
                    sleep_until(now_ns() + BACKOFF_MIN_NS);
                }
                result => break result?,
            }
        };
        self.life = Life::Streams(opened);
        Ok(())
    }

    /// Lets it wake the process, which is ready.
    pub(super) fn begin(&mut self, runtime: &mut Runtime) -> anyhow::Result<()> {
        let Life::Streams(opened) = &self.life else { return Ok(()) };
        runtime.events.tell(opened.told);
        runtime.hear(&opened.stream)
    }

    /// When it needs the process although it does not wake it, from the start.
    pub(super) fn next_ns(&self) -> Option<u64> {
        let again_ns = match self.life {
            Life::Streams(_) => None,
            Life::Down { again_ns, .. } => Some(again_ns),
        };
        let overdue_ns = self.awaited.next_due_ns().map(|due_ns| due_ns + self.patience_ns());
        [again_ns, overdue_ns].into_iter().flatten().min()
    }

    /// Takes the next frame that is to be handed over, if there is one.
    pub(super) fn take(&mut self, runtime: &mut Runtime) -> anyhow::Result<Option<Shot>> {
        let shot = self.look(runtime)?;
        if shot.is_none() {
            self.rest(runtime);
        }
        Ok(shot)
    }

    /// How long after its due time a slot is waited for.
    fn patience_ns(&self) -> u64 {
        self.slots.phase_ns() + self.slots.period_ns() * STALE_TENTHS / 10
    }

    /// The work in a slot that brought nothing for a whole period: it was done, and supervision of the
    /// process must not take the device's silence for the process's.
    fn rest(&mut self, runtime: &mut Runtime) {
        let before = runtime.now_ns().checked_sub(self.patience_ns());
        let Some(slot) = before.and_then(|at_ns| self.awaited.take(at_ns)) else { return };
        runtime.item = slot;
        for checkpoint in [SlotTaken, Rendered, Protected, Published] {
            runtime.pass(checkpoint);
        }
    }

    fn look(&mut self, runtime: &mut Runtime) -> anyhow::Result<Option<Shot>> {
        match &mut self.life {
            Life::Down { again_ns, .. } if *again_ns <= runtime.now_ns() => {
                self.open(runtime)?;
                Ok(None)
            }
            Life::Down { .. } => Ok(None),
            Life::Streams(opened) => match opened.stream.take() {
                Ok(filled) => Ok(filled.and_then(|filled| self.admit(filled, runtime))),
                Err(error) => {
                    self.fail(&error, runtime);
                    Ok(None)
                }
            },
        }
    }

    /// Puts the pixels of the frame that was taken where it is handed over.
    pub(super) fn paint(&self, shot: Shot, pixels: &mut [u8], runtime: &mut Runtime) {
        let Life::Streams(opened) = &self.life else { return };
        opened.luma.copy(opened.stream.in_hand(), pixels);
        let ((sequence, dequeued_ns), copied_ns) = (self.in_hand, now_ns());
        let frame = shot.frame;
        runtime.events.tell(Event::FrameCaptured { frame, sequence, dequeued_ns, copied_ns });
    }

    /// Gives the frame that was taken back to the device.
    pub(super) fn done(&mut self, runtime: &mut Runtime) {
        let Life::Streams(opened) = &mut self.life else { return };
        if let Err(error) = opened.stream.give_back() {
            self.fail(&error, runtime);
        }
    }

    fn open(&mut self, runtime: &mut Runtime) -> anyhow::Result<()> {
        match device::open(&self.settings, self.fps) {
            Ok(opened) => {
                self.life = Life::Streams(opened);
                self.begin(runtime)
            }
            Err(error) => {
                let found = device::errno(&error);
                if let Life::Down { again_ns, backoff_ns, errno } = &mut self.life {
                    *again_ns = runtime.now_ns() + *backoff_ns;
                    *backoff_ns = (*backoff_ns * 2).min(BACKOFF_MAX_NS);
                    if errno.replace(found) != Some(found) {
                        runtime.events.tell(Event::DeviceFailed { errno: found });
                    }
                }
                Ok(())
            }
        }
    }

    /// Closes the device, which failed, to open it anew.
    fn fail(&mut self, error: &io::Error, runtime: &mut Runtime) {
        let errno = error.raw_os_error().unwrap_or(0).unsigned_abs();
        runtime.events.tell(Event::DeviceFailed { errno });
        // A doorbell that went on listening would keep it open.
        runtime.hear_no_more();
        let (again_ns, errno) = (runtime.now_ns(), Some(errno));
        self.life = Life::Down { again_ns, backoff_ns: BACKOFF_MIN_NS, errno };
        self.slots.restart();
        self.last = None;
    }

    /// Whether, and as which frame of the schedule, a frame is handed over; tells what is not.
    fn admit(&mut self, filled: Filled, runtime: &mut Runtime) -> Option<Shot> {
        let now_ns = runtime.now_ns();
        let correction_ns = match self.settings.timestamps {
            Timestamps::StartOfExposure => 0,
            Timestamps::EndOfFrame => self.slots.period_ns(),
        };
        let captured_ns = runtime.since_start_ns(filled.stamped_ns.saturating_sub(correction_ns));
        let Some(at_ns) = captured_ns.filter(|at_ns| *at_ns <= now_ns) else {
            // What was captured before the schedule began has no place in it.
            let early = captured_ns.is_none() && now_ns < EARLY_NS;
            if !early {
                withhold(runtime, self.next, filled, Withheld::WrongTime);
            }
            return None;
        };
        // Frames after the end of the schedule have no place in it, either.
        let after_last = self.last.map(|last| filled.sequence.wrapping_sub(last.sequence));
        let after_last = after_last.filter(|frames| (1..=GAP_MAX).contains(frames));
        let Place { slot, phase_ns } = self.slots.place(at_ns, after_last)?;
        if let Some(phase_ns) = phase_ns {
            runtime.events.tell(Event::DeviceAligned { frame: slot, phase_ns });
        }
        let stale = now_ns - at_ns > self.slots.period_ns() * STALE_TENTHS / 10;
        self.tell_lost(filled.sequence, slot, runtime);
        let this = Last { sequence: filled.sequence, slot, stale };
        self.last = Some(this);
        if let Some(why) = self.objection(filled, this, runtime) {
            withhold(runtime, slot, filled, why);
            return None;
        }
        self.next = slot + 1;
        self.awaited.take(self.slots.due_ns(slot));
        self.in_hand = (filled.sequence, runtime.absolute_ns(now_ns));
        Some(Shot { frame: slot, at_ns })
    }

    /// Why a frame is not handed over.
    fn objection(&mut self, filled: Filled, this: Last, runtime: &mut Runtime) -> Option<Withheld> {
        let Life::Streams(opened) = &self.life else { return None };
        // Without a signal a device may go on with noise, the last picture, or a blue one. It is asked at
        // each frame: what comes between two looks would pass for pictures.
        let status = opened.stream.device().signal().unwrap_or(self.signal);
        if status != self.signal {
            self.signal = status;
            runtime.events.tell(Event::SignalChanged { status });
        }
        let checks = [
            (filled.is_damaged, Withheld::Damaged),
            (status != 0, Withheld::NoSignal),
            ((filled.bytes as usize) < opened.luma.bytes(), Withheld::Short),
            (this.stale, Withheld::Stale),
            (this.slot < self.next, Withheld::Surplus),
        ];
        checks.into_iter().find(|(wrong, _)| *wrong).map(|(_, why)| why)
    }

    /// Tells of slots that the device left out. After a frame that was taken late the driver had no buffer
    /// left: that is the process's own loss.
    fn tell_lost(&self, sequence: u32, slot: u64, runtime: &mut Runtime) {
        let Some(last) = self.last.filter(|last| !last.stale) else { return };
        let dropped = sequence.wrapping_sub(last.sequence).wrapping_sub(1);
        let count = slot.saturating_sub(last.slot + 1);
        if (1..=GAP_MAX).contains(&dropped) && count > 0 {
            runtime.events.tell(Event::DeviceLost { first: last.slot + 1, count });
        }
    }
}

fn withhold(runtime: &mut Runtime, frame: u64, Filled { sequence, .. }: Filled, why: Withheld) {
    runtime.events.tell(Event::FrameWithheld { frame, sequence, why });
}
