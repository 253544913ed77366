//! Whether the machine gave the watchdog its time: [`Stalls`].

use wire::limits::STALL_NS;

use crate::summary::HostLoad;
use crate::timeline::{Span, Timeline, ms};

/// Times at which the host itself was late.
#[derive(Debug)]
pub(crate) struct Stalls {
    all: Vec<Span>,
    /// Those that matter, of all processors together, disjoint and in order.
    merged: Vec<Span>,
}

impl Stalls {
    pub(crate) fn new(timeline: &Timeline) -> Stalls {
        let judged = Span { from: 0, to: timeline.end.cut };
        let within = timeline.watchdog.stalls.iter().filter(|stall| stall.overlaps(judged));
        let all: Vec<Span> = within.copied().collect();
        let mut long: Vec<Span> =
            all.iter().copied().filter(|stall| stall.length() >= STALL_NS as i64).collect();
        long.sort_by_key(|stall| stall.from);
        let mut merged: Vec<Span> = Vec::new();
        for stall in long {
            match merged.last_mut().filter(|last| last.overlaps(stall)) {
                Some(last) => last.to = last.to.max(stall.to),
                None => merged.push(stall),
            }
        }
        Stalls { all, merged }
    }

    /// Those that matter, disjoint and in order.
    pub(crate) fn spans(&self) -> &[Span] {
        &self.merged
    }

    /// Whether a stall that matters lies in `span`.
    pub(crate) fn disturb(&self, span: Span) -> bool {
        self.merged.iter().any(|stall| stall.overlaps(span))
    }

    /// How much of `span` was stalled.
    pub(crate) fn length_in(&self, span: Span) -> i64 {
        let within = self.merged.iter().filter(|stall| stall.overlaps(span));
        within.map(|stall| stall.to.min(span.to) - stall.from.max(span.from)).sum()
    }

    pub(crate) fn load(&self) -> HostLoad {
        let worst = self.all.iter().map(|stall| stall.length()).max().unwrap_or(0);
        HostLoad { stalls: self.all.len() as u64, worst_stall_ms: ms(worst) }
    }
}
