//! What the watchdog found of its board: [`BoardLog`].

use wire::event::{PlacementPart, Scheduling};
use wire::{Event, Source};

use super::Moment;

/// What the watchdog found of its board.
#[derive(Debug, Default)]
pub(crate) struct BoardLog {
    pub(crate) placed: Vec<Placed>,
    pub(crate) refused: Vec<PlacementRefused>,
    pub(crate) unwritten: Vec<Unwritten>,
}

/// How a process was found to be scheduled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) source: Source,
    pub(crate) of: u32,
    pub(crate) class: Scheduling,
    /// Processors 0 to 63, one bit each.
    pub(crate) cpus: u64,
    pub(crate) locked_kib: u64,
}

/// What was refused for a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlacementRefused {
    pub(crate) source: Source,
    pub(crate) of: u32,
    pub(crate) part: PlacementPart,
    pub(crate) errno: u32,
}

/// A time in which the recording could not be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unwritten {
    pub(crate) errno: u32,
    pub(crate) from: Moment,
    /// `None` where it lasted to the end.
    pub(crate) to: Option<Moment>,
}

impl BoardLog {
    pub(super) fn file(&mut self, at: Moment, event: &Event) {
        let source = |index: u32| Source::ALL.get(index as usize).copied();
        match *event {
            Event::Placed { source: index, of, class, cpus, locked_kib } => {
                let placed = source(index);
                self.placed.extend(placed.map(|source| Placed {
                    source,
                    of,
                    class,
                    cpus,
                    locked_kib,
                }));
            }
            Event::PlacementRefused { source: index, of, part, errno } => {
                let refused = source(index);
                self.refused.extend(refused.map(|source| PlacementRefused {
                    source,
                    of,
                    part,
                    errno,
                }));
            }
            Event::RecordingStopped { errno } => {
                self.unwritten.push(Unwritten { errno, from: at, to: None });
            }
            Event::RecordingResumed { .. } => {
                if let Some(last) = self.unwritten.last_mut() {
                    last.to = Some(at);
                }
            }
            _ => {}
        }
    }
}
