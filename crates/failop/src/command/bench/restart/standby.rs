//! What a standby makes of a kill: [`Takeovers`].

use super::chain::Chain;
use crate::command::bench::Goal;
use crate::command::bench::spread::{Spread, write_head, write_line};
use serde::Serialize;
use std::io::{self, Write};

/// The steps from the kill of a camera to the first frame of its standby.
#[derive(Debug, Serialize)]
pub(super) struct Takeovers {
    kills: usize,
    /// Kills that no standby answered: counted in no figure.
    without_standby: usize,
    signal_to_marked_ms: Spread,
    marked_to_permitted_ms: Spread,
    permitted_to_rendered_ms: Spread,
    rendered_to_published_ms: Spread,
    signal_to_published_ms: Spread,
    signal_to_fused_ms: Spread,
    lost_max: u64,
}

impl Takeovers {
    pub(super) fn of(all: &[Chain]) -> Takeovers {
        let whole: Vec<_> = all.iter().filter_map(Chain::takeover).collect();
        let step = |index: usize| {
            let times: Vec<u64> = whole.iter().map(|steps| steps[index]).collect();
            Spread::of(&times, 1e6)
        };
        let answered = all.iter().filter(|chain| chain.takeover().is_some());
        let fused: Vec<u64> = answered.filter_map(Chain::until_fused_ns).collect();
        Takeovers {
            kills: all.len(),
            without_standby: all.len() - whole.len(),
            signal_to_marked_ms: step(0),
            marked_to_permitted_ms: step(1),
            permitted_to_rendered_ms: step(2),
            rendered_to_published_ms: step(3),
            signal_to_published_ms: step(4),
            signal_to_fused_ms: Spread::of(&fused, 1e6),
            lost_max: all.iter().map(|chain| chain.lost).max().unwrap_or(0),
        }
    }

    pub(super) fn goals(&self) -> [Goal; 3] {
        let Spread { p50, p99, .. } = self.signal_to_published_ms;
        [
            Goal::at_most("with a standby: SIGKILL → published, p50", p50, 0.6, "ms"),
            Goal::at_most("with a standby: SIGKILL → published, p99", p99, 2.0, "ms"),
            Goal::at_most("kills without a standby", self.without_standby as f64, 0.0, ""),
        ]
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Takeovers { kills, without_standby, lost_max, .. } = self;
        writeln!(out, "\n{kills} kills with a standby, {without_standby} not answered by it\n")?;
        write_head(out, "ms")?;
        write_line(out, "SIGKILL → death marked by the kernel", &self.signal_to_marked_ms)?;
        write_line(out, "death marked → standby permitted", &self.marked_to_permitted_ms)?;
        write_line(out, "permitted → frame rendered", &self.permitted_to_rendered_ms)?;
        write_line(out, "rendered → published", &self.rendered_to_published_ms)?;
        writeln!(out)?;
        write_line(out, "SIGKILL → first frame published", &self.signal_to_published_ms)?;
        write_line(out, "SIGKILL → first fused output from it", &self.signal_to_fused_ms)?;
        writeln!(out, "\nframes of the grid lost: at most {lost_max} after one kill")
    }
}
