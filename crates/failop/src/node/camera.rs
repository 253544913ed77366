//! The camera process: renders what the world model says is true into the frame buffer, in place.

use super::ego::Ego;
use super::faults::Hits;
use super::faults::outbox::{Outbox, Sample};
use super::faults::step::Effects;
use super::grid::Grid;
use super::runtime::{Attaching, Runtime};
use super::take;
use channel::doorbell::Doorbell;
use channel::frames::{Fill, Writer};
use fault::act::{PublishStep, SampleFault};
use std::convert::Infallible;
use std::os::fd::RawFd;
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
    frames: RawFd,
    pins: &[RawFd],
    fusion_doorbell: RawFd,
) -> anyhow::Result<Infallible> {
    let pins = pins.iter().map(|&fd| take(fd, "a pin page")).collect::<anyhow::Result<Vec<_>>>()?;
    let plan = &attaching.plan;
    let seal = if plan.camera.protection { seal } else { seal_unprotected };
    let mut renderer = Renderer::new(CameraModel::default(), &plan.traffic, plan.seed);
    if attaching.stands_by() {
        warm_up(&mut renderer, seal);
        sys::memory::touch_ahead(HEAP_BYTES)?;
    }
    let ego = attaching.ego()?;
    let grid = Grid::new(1_000_000_000, plan.camera.fps.into(), plan.duration_ns);
    let frames = take(frames, "the frame buffer")?;
    let writer = Writer::attach(&frames, &pins)?;
    let fusion = Doorbell::attach(take(fusion_doorbell, "fusion's doorbell")?)?;
    let mut runtime = attaching.ready();
    runtime.faults.shares(frames);
    let outbox = Outbox::new(&runtime.faults.injector, invert_field);
    let mut camera =
        Camera { runtime, writer, fusion, renderer, ego, grid, seal, outbox, last_live: None };
    // The first frame of a successor is waited for; what later ones may need is not.
    camera.step()?;
    sys::memory::touch_ahead(HEAP_BYTES)?;
    loop {
        camera.step()?;
    }
}

/// Makes a frame for nobody: code, tables and heap are there when the first one counts.
fn warm_up(renderer: &mut Renderer, seal: fn(&mut [u8], FrameInfo)) {
    let mut frame = vec![0; FRAME_BYTES];
    renderer.render(0.0, EgoState::default(), 0, pixels_mut(&mut frame));
    seal(&mut frame, FrameInfo { frame: 0, incarnation: 0, captured_ns: 0 });
}

struct Camera {
    runtime: Runtime,
    writer: Writer,
    fusion: Doorbell,
    renderer: Renderer,
    ego: Ego,
    grid: Grid,
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
        let deadline = [self.grid.next_due_ns(), release].into_iter().flatten().min();
        self.runtime.pause(self.runtime.rings(), deadline.unwrap_or(u64::MAX / 2))?;
        let now = self.runtime.now_ns();
        if let Some(sample) = self.outbox.released(now) {
            self.hand_over(&sample);
        }
        if let Some(frame) = self.grid.take(now) {
            self.runtime.pass(Checkpoint::SlotTaken);
            let effects = self.runtime.befall(frame);
            self.expose(frame, &effects)?;
            for _again in 1..effects.times {
                self.runtime.pass(Checkpoint::SlotTaken);
                self.expose(frame, &effects)?;
            }
        }
        Ok(())
    }

    /// Makes one frame and hands it over, unless a fault does otherwise.
    fn expose(&mut self, frame: u64, effects: &Effects) -> anyhow::Result<()> {
        let Camera { runtime, writer, fusion, renderer, ego, grid, seal, outbox, last_live } = self;
        let due_ns = grid.due_ns(frame);
        let hits = runtime.faults.hits(due_ns, frame);
        let captured_ns = runtime.absolute_ns(due_ns);
        runtime.insist();
        let Some(mut fill) = writer.begin() else {
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
            let ego = runtime.ego_at(ego, due_ns, frame);
            renderer.render(due_ns as f64 * 1e-9, ego, frame, pixels_mut(slot));
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
            let published_ns = publish_unfinished(fill, fusion, |slot| seal(slot, info));
            runtime.pass(Checkpoint::Protected);
            let made = Made { frame, captured_ns, rendered_ns, protected_ns: published_ns };
            tell_published(runtime, made, published_ns);
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
            let published_ns = publish_own((runtime, fusion), fill, apart.as_deref(), &hits);
            tell_published(runtime, made, published_ns);
        }
        posted.others.iter().for_each(|sample| self.hand_over(sample));
        // What happens on the way to the channel, the camera does not know.
        self.runtime.pass(Checkpoint::Published);
        Ok(())
    }

    /// Hands over a frame that was made before.
    fn hand_over(&mut self, sample: &Sample<Made>) {
        let made = sample.made;
        self.runtime.insist();
        let Some(mut fill) = self.writer.begin() else {
            self.runtime.events.tell(Event::FrameOverrun { frame: made.frame });
            return;
        };
        fill.bytes().copy_from_slice(&sample.bytes);
        let published_ns = publish(fill, || self.fusion.ring());
        tell_published(&mut self.runtime, made, published_ns);
    }
}

/// Where a frame is made: in its slot, or apart from it.
fn slot_or<'a>(fill: &'a mut Fill<'_>, apart: &'a mut Option<Vec<u8>>) -> &'a mut [u8] {
    match apart {
        Some(apart) => apart,
        None => fill.bytes(),
    }
}

/// Publishes the frame in its slot, or, where it was made apart, half of it and then the rest. Returns
/// when.
fn publish_own(
    (runtime, reader): (&mut Runtime, &Doorbell),
    mut fill: Fill<'_>,
    apart: Option<&[u8]>,
    hits: &Hits,
) -> u64 {
    let Some(apart) = apart else {
        return publish(fill, || {
            runtime.reach(PublishStep::Published, hits);
            reader.ring();
        });
    };
    fill.bytes()[..HALF_BYTES].copy_from_slice(&apart[..HALF_BYTES]);
    hits.by(SampleFault::Tear).for_each(|fault| runtime.tell_acted(fault, hits.item, 1));
    let rest = |slot: &mut [u8]| slot[HALF_BYTES..].copy_from_slice(&apart[HALF_BYTES..]);
    publish_unfinished(fill, reader, rest)
}

/// Publishes a frame and lets its readers be woken. Returns when.
fn publish(fill: Fill<'_>, wake: impl FnOnce()) -> u64 {
    let published_ns = now_ns();
    fill.publish(published_ns);
    wake();
    published_ns
}

/// Publishes a frame that is finished only when its reader has had it for a while. Returns when.
fn publish_unfinished(fill: Fill<'_>, reader: &Doorbell, finish: impl FnOnce(&mut [u8])) -> u64 {
    let published_ns = now_ns();
    fill.publish_torn(published_ns, |slot| {
        reader.ring();
        sleep_until(published_ns + UNFINISHED_NS);
        finish(slot);
    });
    published_ns
}

/// Told after the readers were woken: the record must not delay them.
fn tell_published(runtime: &mut Runtime, made: Made, published_ns: u64) {
    let Made { frame, captured_ns, rendered_ns, protected_ns } = made;
    let event = Event::FramePublished { frame, captured_ns, rendered_ns, protected_ns };
    runtime.events.tell_at(published_ns, event);
}
