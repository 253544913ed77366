//! Whether the machine gave the watchdog its time: [`Stalls`].

use crate::summary::HostLoad;
use crate::timeline::{Span, Timeline, ms};

/// A shorter stall excuses nothing: schedulers of ordinary machines are late by less in ordinary
/// work, and no demand of a scenario is finer.
const STALL_NS: i64 = 10_000_000;

/// Times at which the host itself was late.
#[derive(Debug)]
pub(crate) struct Stalls {
    all: Vec<Span>,
}

impl Stalls {
    pub(crate) fn new(timeline: &Timeline) -> Stalls {
        let judged = Span { from: 0, to: timeline.end.cut };
        let within = timeline.watchdog.stalls.iter().filter(|stall| stall.overlaps(judged));
        Stalls { all: within.copied().collect() }
    }

    /// Whether a stall that matters lies in `span`.
    pub(crate) fn disturb(&self, span: Span) -> bool {
        self.all.iter().any(|stall| stall.length() >= STALL_NS && stall.overlaps(span))
    }

    pub(crate) fn load(&self) -> HostLoad {
        let worst = self.all.iter().map(|stall| stall.length()).max().unwrap_or(0);
        HostLoad { stalls: self.all.len() as u64, worst_stall_ms: ms(worst) }
    }
}
