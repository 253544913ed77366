//! Which link a stream should have, from its paced rounds: [`Advice`].

use super::rounds::{Cell, Measure};
use super::{Link, Ratio, Stream};
use serde::Serialize;
use wire::Mechanism;

/// A mechanism whose latency is at most so many times that of the best is as good as the best: what
/// lies between them is less than what one machine differs from the next.
pub const NEAR: f64 = 1.10;

/// A mechanism that carried the stream, with what speaks for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// Its paced latency in terms of the best one's, round by round.
    pub over_best: Ratio,
    /// Median latency at the stream's rate, µs.
    pub p50_us: f64,
    /// 99 % quantile of it.
    pub p99_us: f64,
    /// CPU time of both ends for a message, µs.
    pub cpu_us: f64,
    /// Messages a second that it could carry for each one that the stream has.
    pub headroom: f64,
    /// What it promises.
    pub guarantees: &'static str,
}

/// How a mechanism stands among those that carried the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// None is faster.
    Best,
    /// Within [`NEAR`] of the best.
    Near,
    /// Slower than that.
    Beyond,
    /// It lost messages, was late, or could not keep up.
    DoesNotHold,
    /// It was not measured.
    NotMeasured,
}

/// What to use for a stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// The stream.
    pub stream: Stream,
    /// The mechanism to use: the scenario's own, if it is near the best; else of those near
    /// the best the one that costs least CPU time. `None` if nothing carried the stream.
    pub recommended: Option<Mechanism>,
    /// How the scenario's own choice stands.
    pub choice: Standing,
    /// How the choice of a scenario that says nothing stands.
    pub default: Standing,
    /// All that carried the stream, fastest first.
    pub candidates: Vec<Candidate>,
}

impl Advice {
    pub(super) fn of(stream: &Stream, cells: &[Cell]) -> Advice {
        let of_size = cells.iter().filter(|cell| cell.payload_bytes == stream.payload_bytes);
        let measured: Vec<(&Cell, Link)> =
            of_size.map(|cell| (cell, Link::of(cell, cells))).collect();
        let candidates = ranked(&measured);
        let near = || candidates.iter().filter(|it| it.over_best.median <= NEAR);
        let least_cpu = || near().min_by(|a, b| a.cpu_us.total_cmp(&b.cpu_us));
        let recommended = near().find(|it| it.mechanism == stream.choice).or_else(least_cpu);
        let standing = |mechanism: Mechanism| {
            let at = candidates.iter().position(|it| it.mechanism == mechanism);
            match at.map(|at| (at, candidates[at].over_best.median)) {
                Some((0, _)) => Standing::Best,
                Some((_, over_best)) if over_best <= NEAR => Standing::Near,
                Some(_) => Standing::Beyond,
                None if measured.iter().any(|(_, link)| link.mechanism == mechanism) => {
                    Standing::DoesNotHold
                }
                None => Standing::NotMeasured,
            }
        };
        Advice {
            stream: stream.clone(),
            recommended: recommended.map(|it| it.mechanism),
            choice: standing(stream.choice),
            default: standing(stream.default),
            candidates,
        }
    }

    /// What speaks for a mechanism, if it carried the stream.
    pub fn candidate(&self, mechanism: Mechanism) -> Option<&Candidate> {
        self.candidates.iter().find(|it| it.mechanism == mechanism)
    }
}

/// Those that hold, by their median latency over all rounds.
fn ranked(measured: &[(&Cell, Link)]) -> Vec<Candidate> {
    let mut holding: Vec<&(&Cell, Link)> = measured.iter().filter(|(_, link)| link.holds).collect();
    holding.sort_by(|(_, a), (_, b)| a.paced.latency_us.p50.total_cmp(&b.paced.latency_us.p50));
    let Some((best, _)) = holding.first() else { return Vec::new() };
    let candidate = |(cell, link): &&(&Cell, Link)| {
        Some(Candidate {
            mechanism: link.mechanism,
            over_best: Ratio::between(Measure::PacedLatency, cell, best)?,
            p50_us: link.paced.latency_us.p50,
            p99_us: link.paced.latency_us.p99,
            cpu_us: link.paced.sender_cpu_us + link.paced.receiver_cpu_us,
            headroom: link.headroom,
            guarantees: link.guarantees,
        })
    };
    holding.iter().filter_map(candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipc::rounds::tests::cell;
    use Mechanism::{Fifo, Hybrid, Pipe, Shm, Tcp};

    fn advice(choice: Mechanism) -> Advice {
        let mut lossy = cell(Fifo, 1024, 10);
        lossy.paced[0].lost = 1;
        let mut cheap = cell(Hybrid, 1024, 105);
        for round in &mut cheap.paced {
            round.sender_cpu_ns = 0;
        }
        let cells = [cell(Tcp, 1024, 200), cell(Shm, 1024, 100), lossy, cheap, cell(Shm, 16, 1)];
        let stream = Stream {
            name: "radar".to_owned(),
            payload_bytes: 1024,
            rate_hz: 20.0,
            choice,
            default: Tcp,
        };
        Advice::of(&stream, &cells)
    }

    #[test]
    fn a_choice_near_the_best_stays() {
        let kept = advice(Shm);
        assert_eq!((kept.recommended, kept.choice), (Some(Shm), Standing::Best));
        assert_eq!(kept.default, Standing::Beyond);
        let names: Vec<Mechanism> = kept.candidates.iter().map(|it| it.mechanism).collect();
        assert_eq!(names, [Shm, Hybrid, Tcp]);
    }

    #[test]
    fn a_choice_that_is_slow_or_loses_gives_way_to_the_cheapest_of_the_best() {
        for (choice, standing) in
            [(Tcp, Standing::Beyond), (Fifo, Standing::DoesNotHold), (Pipe, Standing::NotMeasured)]
        {
            let advice = advice(choice);
            assert_eq!((advice.recommended, advice.choice), (Some(Hybrid), standing));
        }
        assert_eq!(advice(Hybrid).choice, Standing::Near);
    }
}
