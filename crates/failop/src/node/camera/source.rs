//! Where the pictures of the camera come from: [`Source`].

use super::captured::Captured;
use crate::node::ego::Ego;
use crate::node::grid::Grid;
use crate::node::runtime::Runtime;
use world::Renderer;

/// A picture to be handed over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shot {
    /// The slot of the schedule that it serves.
    pub(super) frame: u64,
    /// When it was captured, from the start of the schedule.
    pub(super) at_ns: u64,
}

/// Makes or takes pictures.
pub(super) enum Source {
    /// Renders what the world model says is true when a slot is due.
    Rendered(Box<Rendered>),
    /// Takes what a capture device delivers.
    Captured(Box<Captured>),
}

/// A camera in the world model.
pub(super) struct Rendered {
    pub(super) renderer: Renderer,
    pub(super) ego: Ego,
    pub(super) grid: Grid,
}

impl Source {
    /// The process is ready.
    pub(super) fn begin(&mut self, runtime: &mut Runtime) -> anyhow::Result<()> {
        match self {
            Source::Rendered(_) => Ok(()),
            Source::Captured(captured) => captured.begin(runtime),
        }
    }

    /// When it needs the process next, from the start; a device that wakes it by itself needs no time.
    pub(super) fn next_ns(&self) -> Option<u64> {
        match self {
            Source::Rendered(rendered) => rendered.grid.next_due_ns(),
            Source::Captured(captured) => captured.next_ns(),
        }
    }

    /// Takes the next picture, if it is time for one.
    pub(super) fn take(&mut self, runtime: &mut Runtime) -> anyhow::Result<Option<Shot>> {
        match self {
            Source::Rendered(it) => {
                let frame = it.grid.take(runtime.now_ns());
                Ok(frame.map(|frame| Shot { frame, at_ns: it.grid.due_ns(frame) }))
            }
            Source::Captured(captured) => captured.take(runtime),
        }
    }

    /// Puts the pixels of the picture that was taken where it is handed over.
    pub(super) fn paint(&mut self, shot: Shot, pixels: &mut [u8], runtime: &mut Runtime) {
        match self {
            Source::Rendered(it) => {
                let ego = runtime.ego_at(&mut it.ego, shot.at_ns, shot.frame);
                it.renderer.render(shot.at_ns as f64 * 1e-9, ego, shot.frame, pixels);
            }
            Source::Captured(captured) => captured.paint(shot, pixels, runtime),
        }
    }

    /// The picture that was taken is not needed any more.
    pub(super) fn done(&mut self, runtime: &mut Runtime) {
        if let Source::Captured(captured) = self {
            captured.done(runtime);
        }
    }
}
