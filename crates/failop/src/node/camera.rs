//! The camera process: renders what the world model says is true into the frame buffer, in place.

use super::grid::Grid;
use super::runtime::{Attaching, Fate, Runtime};
use super::take;
use channel::doorbell::Doorbell;
use channel::frames::Writer;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::os::fd::RawFd;
use sys::clock::now_ns;
use wire::frame::{FRAME_BYTES, FrameInfo, pixels, pixels_mut, seal};
use wire::{Checkpoint, Event};
use world::{CameraModel, Renderer};

/// Heap that the largest scene needs, with room to spare.
const HEAP_BYTES: usize = 256 << 10;

pub(super) fn work(
    attaching: Attaching,
    frames: RawFd,
    pins: &[RawFd],
    fusion_doorbell: RawFd,
) -> anyhow::Result<Infallible> {
    let pins = pins.iter().map(|&fd| take(fd, "a pin page")).collect::<anyhow::Result<Vec<_>>>()?;
    let plan = &attaching.plan;
    let mut renderer = Renderer::new(CameraModel::default(), &plan.traffic, plan.seed);
    if attaching.stands_by() {
        warm_up(&mut renderer);
        sys::memory::touch_ahead(HEAP_BYTES)?;
    }
    let mut camera = Camera {
        writer: Writer::attach(take(frames, "the frame buffer")?, &pins)?,
        fusion: Doorbell::attach(take(fusion_doorbell, "fusion's doorbell")?)?,
        renderer,
        grid: Grid::new(1_000_000_000, plan.camera.fps.into(), plan.duration_ns),
        held_back: VecDeque::new(),
        last_live: Vec::new(),
        runtime: attaching.ready(),
    };
    // The first frame of a successor is waited for; what later ones may need is not.
    camera.step();
    sys::memory::touch_ahead(HEAP_BYTES)?;
    loop {
        camera.step();
    }
}

/// Makes a frame for nobody: code, tables and heap are there when the first one counts.
fn warm_up(renderer: &mut Renderer) {
    let mut frame = vec![0; FRAME_BYTES];
    renderer.render(0.0, 0, pixels_mut(&mut frame));
    seal(&mut frame, FrameInfo { frame: 0, incarnation: 0, captured_ns: 0 });
}

struct Camera {
    runtime: Runtime,
    writer: Writer,
    fusion: Doorbell,
    renderer: Renderer,
    grid: Grid,
    /// Frames that a fault holds back, the first to be released in front.
    held_back: VecDeque<HeldBack>,
    /// Pixels of the last frame that no fault froze; empty unless the scenario freezes.
    last_live: Vec<u8>,
}

struct HeldBack {
    release_ns: u64,
    made: Made,
    frame: Vec<u8>,
}

/// A finished frame's number and times, absolute.
#[derive(Clone, Copy)]
struct Made {
    frame: u64,
    captured_ns: u64,
    rendered_ns: u64,
    protected_ns: u64,
}

impl Camera {
    fn step(&mut self) {
        let release = self.held_back.front().map(|held| held.release_ns);
        let deadline = [self.grid.next_due_ns(), release].into_iter().flatten().min();
        self.runtime.pause(self.runtime.rings(), deadline.unwrap_or(u64::MAX / 2));
        let now = self.runtime.now_ns();
        if release.is_some_and(|release| release <= now) {
            self.release();
        }
        if let Some(frame) = self.grid.take(now) {
            self.runtime.pass(Checkpoint::SlotTaken);
            self.runtime.dawdle(frame);
            self.expose(frame);
        }
    }

    /// Makes one frame and hands it over, unless a fault does otherwise.
    fn expose(&mut self, frame: u64) {
        let Camera { runtime, writer, fusion, renderer, grid, held_back, last_live } = self;
        let due_ns = grid.due_ns(frame);
        let captured_ns = runtime.absolute_ns(due_ns);
        runtime.insist();
        let Some(mut fill) = writer.begin() else {
            runtime.events.tell(Event::FrameOverrun { frame });
            runtime.pass(Checkpoint::Overrun);
            return;
        };
        let slot = fill.bytes();
        renderer.render(due_ns as f64 * 1e-9, frame, pixels_mut(slot));
        runtime.suffer();
        if runtime.keeps_samples() {
            let frozen_by = runtime.frozen_by(due_ns, frame);
            if !frozen_by.is_empty() && !last_live.is_empty() {
                pixels_mut(slot).copy_from_slice(last_live);
                runtime.tell_frozen(&frozen_by, frame);
            } else {
                last_live.clear();
                last_live.extend_from_slice(pixels(slot));
            }
        }
        let rendered_ns = now_ns();
        runtime.pass(Checkpoint::Rendered);
        seal(slot, FrameInfo { frame, incarnation: runtime.incarnation, captured_ns });
        let made = Made { frame, captured_ns, rendered_ns, protected_ns: now_ns() };
        runtime.pass(Checkpoint::Protected);
        runtime.insist();
        match runtime.tamper(due_ns, frame, slot) {
            Fate::Never => {}
            Fate::Now => {
                let published_ns = now_ns();
                fill.publish(published_ns);
                fusion.ring();
                tell_published(runtime, made, published_ns);
            }
            Fate::Later(by_ns) => {
                let release_ns = runtime.now_ns() + by_ns;
                held_back.push_back(HeldBack { release_ns, made, frame: slot.to_vec() });
                held_back.make_contiguous().sort_by_key(|held| held.release_ns);
            }
        }
        // What happens on the way to the channel, the camera does not know.
        runtime.pass(Checkpoint::Published);
    }

    /// Hands over the frame that is held back no longer.
    fn release(&mut self) {
        let Some(HeldBack { made, frame, .. }) = self.held_back.pop_front() else { return };
        self.runtime.insist();
        let Some(mut fill) = self.writer.begin() else {
            self.runtime.events.tell(Event::FrameOverrun { frame: made.frame });
            return;
        };
        fill.bytes().copy_from_slice(&frame);
        let published_ns = now_ns();
        fill.publish(published_ns);
        self.fusion.ring();
        tell_published(&mut self.runtime, made, published_ns);
    }
}

/// Told after the readers were woken: the record must not delay them.
fn tell_published(runtime: &mut Runtime, made: Made, published_ns: u64) {
    let Made { frame, captured_ns, rendered_ns, protected_ns } = made;
    let event = Event::FramePublished { frame, captured_ns, rendered_ns, protected_ns };
    runtime.events.tell_at(published_ns, event);
}
