//! The camera process: puts pictures into the frame buffer, in place. They show what the world model says
//! is true, or what a capture device sees.

mod captured;
mod device;
mod luma;
mod slots;
mod source;

use captured::Captured;
use source::{Rendered, Shot, Source};

use super::faults::Hits;
use super::faults::outbox::{Outbox, Sample};
use super::faults::step::Effects;
use super::grid::Grid;
use super::outlet;
use super::runtime::{Attaching, Runtime};
use channel::link::{Ends, Fill, Outlet, Sent};
use fault::act::{PublishStep, SampleFault};
use scenario::board::CameraSource;
use std::convert::Infallible;
use sys::clock::{now_ns, sleep_until};
use wire::frame::{FRAME_BYTES, FrameInfo, invert_field, pixels_mut, seal, seal_unprotected};
use wire::{Checkpoint, Event};
use world::{CameraModel, EgoState, Renderer};

/// Heap that the largest scene needs, with room to spare.
const HEAP_BYTES: usize = 256 << 10;
/// Where the first half of a frame ends that comes to its slot in two parts.
const HALF_BYTES: usize = FRAME_BYTES / 2;
/// How long a frame that is handed over too early stays incomplete: a reader that is woken at once has
/// read it by then.
const UNFINISHED_NS: u64 = 2_000_000;

pub(super) fn work(
    attaching: Attaching,
    frames: &Ends,
    fusion_doorbell: &Ends,
) -> anyhow::Result<Infallible> {
    let plan = &attaching.plan;
    let seal = if plan.camera.protection { seal } else { seal_unprotected };
    let source = source(&attaching, seal)?;
    let frames = outlet(supervisor::links::frames(plan), frames, fusion_doorbell)?;
    let mut runtime = attaching.ready();
    if let Some(memory) = frames.memory() {
        runtime.faults.shares(memory.try_clone_to_owned()?);
    }
    let outbox = Outbox::new(&runtime.faults.injector, invert_field);
    let mut camera = Camera { runtime, frames, source, seal, outbox, last_live: None };
    camera.source.begin(&mut camera.runtime)?;
    // The first frame of a successor is waited for; what later ones may need is not.
    camera.step()?;
    sys::memory::touch_ahead(HEAP_BYTES)?;
    loop {
        camera.step()?;
    }
}

/// Where the pictures come from.
fn source(attaching: &Attaching, seal: fn(&mut [u8], FrameInfo)) -> anyhow::Result<Source> {
    let plan = &attaching.plan;
    let settings = match &plan.board.camera {
        CameraSource::V4l2(settings) => settings,
        CameraSource::Rendered => {
            let mut renderer = Renderer::new(CameraModel::default(), &plan.traffic, plan.seed);
            if attaching.stands_by() {
                warm_up(&mut renderer, seal);
                sys::memory::touch_ahead(HEAP_BYTES)?;
            }
            let grid = Grid::new(1_000_000_000, plan.camera.fps.into(), plan.duration_ns);
            let ego = attaching.ego()?;
            return Ok(Source::Rendered(Box::new(Rendered { renderer, ego, grid })));
        }
    };
    let mut captured = Captured::new(settings, plan);
    // A standby must leave the device to who is in service. A device that is away for a while must not keep
    // a successor from living: it tries again.
    if !attaching.stands_by()
        && let Err(error) = captured.prepare()
        && attaching.is_first()
    {
        return Err(error);
    }
    Ok(Source::Captured(Box::new(captured)))
}

/// Makes a frame for nobody: code, tables and heap are there when the first one counts.
fn warm_up(renderer: &mut Renderer, seal: fn(&mut [u8], FrameInfo)) {
    let mut frame = vec![0; FRAME_BYTES];
    renderer.render(0.0, EgoState::default(), 0, pixels_mut(&mut frame));
    seal(&mut frame, FrameInfo { frame: 0, incarnation: 0, captured_ns: 0 });
}

struct Camera {
    runtime: Runtime,
    frames: Outlet,
    source: Source,
    /// Writes a frame's header, with its protection where the scenario has one.
    seal: fn(&mut [u8], FrameInfo),
    outbox: Outbox<Made>,
    /// Pixels of the last frame that no fault froze; none unless the scenario freezes.
    last_live: Option<Vec<u8>>,
}

/// A finished frame's number in the schedule and its times, absolute and true.
#[derive(Clone, Copy, Debug)]
struct Made {
    frame: u64,
    captured_ns: u64,
    rendered_ns: u64,
    protected_ns: u64,
}

impl Camera {
    fn step(&mut self) -> anyhow::Result<()> {
        let release = self.outbox.next_release_ns();
        let deadline = [self.source.next_ns(), release].into_iter().flatten().min();
        self.runtime.pause(self.runtime.rings(), deadline.unwrap_or(u64::MAX / 2))?;
        let now = self.runtime.now_ns();
        if let Some(sample) = self.outbox.released(now) {
            self.hand_over(&sample)?;
        }
        if let Some(shot) = self.source.take(&mut self.runtime)? {
            self.runtime.pass(Checkpoint::SlotTaken);
            let effects = self.runtime.befall(shot.frame);
            self.expose(shot, &effects)?;
            for _again in 1..effects.times {
                self.runtime.pass(Checkpoint::SlotTaken);
                self.expose(shot, &effects)?;
            }
            self.source.done(&mut self.runtime);
        }
        Ok(())
    }

    /// Makes one frame and hands it over, unless a fault does otherwise.
    fn expose(&mut self, shot: Shot, effects: &Effects) -> anyhow::Result<()> {
        let Camera { runtime, frames, source, seal, outbox, last_live } = self;
        let frame = shot.frame;
        let hits = runtime.faults.hits(shot.at_ns, frame);
        let captured_ns = runtime.absolute_ns(shot.at_ns);
        runtime.insist();
        let Some(mut fill) = frames.begin()? else {
            runtime.events.tell(Event::FrameOverrun { frame });
            runtime.pass(Checkpoint::Overrun);
            return Ok(());
        };
        runtime.reach(PublishStep::SlotTaken, &hits);
        // What comes to its slot in two parts is made elsewhere.
        let in_parts = [SampleFault::Tear, SampleFault::DieAt(PublishStep::HalfWritten)];
        let mut apart = in_parts.iter().any(|it| hits.has(*it)).then(|| vec![0; FRAME_BYTES]);
        let slot = slot_or(&mut fill, &mut apart);
        if effects.does_its_work() {
            source.paint(shot, pixels_mut(slot), runtime);
        }
        runtime.suffer()?;
        runtime.spoil(pixels_mut(slot), last_live, &hits);
        let rendered_ns = now_ns();
        if let Some(apart) = &apart {
            fill.bytes()[..HALF_BYTES].copy_from_slice(&apart[..HALF_BYTES]);
            runtime.reach(PublishStep::HalfWritten, &hits);
        }
        runtime.reach(PublishStep::Written, &hits);
        let (number, incarnation) = (runtime.number(&hits), runtime.incarnation);
        let info =
            FrameInfo { frame: number, incarnation, captured_ns: effects.stated_ns(captured_ns) };
        if effects.does_its_work() {
            runtime.pass(Checkpoint::Rendered);
        }
        if effects.is_hasty() {
            runtime.insist();
            runtime.pass(Checkpoint::Published);
            let handed_over = publish_unfinished(fill, |slot| seal(slot, info))?;
            runtime.pass(Checkpoint::Protected);
            let protected_ns = handed_over.at_ns;
            let made = Made { frame, captured_ns, rendered_ns, protected_ns };
            handed_over.tell(runtime, made);
            return Ok(());
        }
        let slot = slot_or(&mut fill, &mut apart);
        seal(slot, info);
        let made = Made { frame, captured_ns, rendered_ns, protected_ns: now_ns() };
        runtime.pass(Checkpoint::Protected);
        runtime.reach(PublishStep::Protected, &hits);
        runtime.insist();
        let posted = outbox.post(runtime.now_ns(), (made, slot), &hits, &runtime.faults.injector);
        for &(fault, value) in &posted.acted {
            runtime.tell_acted(fault, frame, value);
        }
        if posted.own_bytes.is_some() {
            publish_own(runtime, fill, apart.as_deref(), &hits)?.tell(runtime, made);
        }
        posted.others.iter().try_for_each(|sample| self.hand_over(sample))?;
        // What happens on the way to the channel, the camera does not know.
        self.runtime.pass(Checkpoint::Published);
        Ok(())
    }

    /// Hands over a frame that was made before.
    fn hand_over(&mut self, sample: &Sample<Made>) -> anyhow::Result<()> {
        let made = sample.made;
        self.runtime.insist();
        let Some(mut fill) = self.frames.begin()? else {
            self.runtime.events.tell(Event::FrameOverrun { frame: made.frame });
            return Ok(());
        };
        fill.bytes().copy_from_slice(&sample.bytes);
        publish(fill, || {})?.tell(&mut self.runtime, made);
        Ok(())
    }
}

/// Where a frame is made: in its slot, or apart from it.
fn slot_or<'a>(fill: &'a mut Fill<'_>, apart: &'a mut Option<Vec<u8>>) -> &'a mut [u8] {
    match apart {
        Some(apart) => apart,
        None => fill.bytes(),
    }
}

/// Publishes the frame in its slot, or, where it was made apart, half of it and then the rest.
fn publish_own(
    runtime: &mut Runtime,
    mut fill: Fill<'_>,
    apart: Option<&[u8]>,
    hits: &Hits,
) -> anyhow::Result<HandedOver> {
    let Some(apart) = apart else {
        return publish(fill, || runtime.reach(PublishStep::Published, hits));
    };
    fill.bytes()[..HALF_BYTES].copy_from_slice(&apart[..HALF_BYTES]);
    hits.by(SampleFault::Tear).for_each(|fault| runtime.tell_acted(fault, hits.item, 1));
    publish_unfinished(fill, |slot| slot[HALF_BYTES..].copy_from_slice(&apart[HALF_BYTES..]))
}

/// Publishes a frame and lets its readers be woken after what comes `before_waking`.
fn publish(fill: Fill<'_>, before_waking: impl FnOnce()) -> anyhow::Result<HandedOver> {
    let at_ns = now_ns();
    let published = fill.publish_at(at_ns)?;
    before_waking();
    Ok(HandedOver { at_ns, sent: published.wake() })
}

/// Publishes a frame that is finished only when its reader has had it for a while.
fn publish_unfinished(
    fill: Fill<'_>,
    finish: impl FnOnce(&mut [u8]),
) -> anyhow::Result<HandedOver> {
    let at_ns = now_ns();
    let sent = fill.publish_torn(at_ns, || sleep_until(at_ns + UNFINISHED_NS), finish)?;
    Ok(HandedOver { at_ns, sent })
}

/// What became of a frame, and when.
#[must_use]
#[derive(Clone, Copy, Debug)]
struct HandedOver {
    at_ns: u64,
    sent: Sent,
}

impl HandedOver {
    /// Told after the readers were woken: the record must not delay them.
    fn tell(self, runtime: &mut Runtime, made: Made) {
        let Made { frame, captured_ns, rendered_ns, protected_ns } = made;
        let event = match self.sent {
            Sent::Taken => Event::FramePublished { frame, captured_ns, rendered_ns, protected_ns },
            Sent::QueueFull => Event::FrameOverrun { frame },
        };
        runtime.events.tell_at(self.at_ns, event);
    }
}
