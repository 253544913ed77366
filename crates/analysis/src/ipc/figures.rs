//! Rounds become figures: [`Link`], a row of the table, and [`Ratio`], one mechanism against another.

use super::facts::{Family, copies, family, guarantees};
use super::rounds::{Calls, Cell, Measure, Round};
use super::{REFERENCE, find};
use crate::quantiles::rank;
use serde::Serialize;
use wire::Mechanism;

/// Fewest samples of which a 99.9 % quantile says anything: below, it would be their maximum.
const SAMPLES_OF_P99_9: usize = 1000;

/// Quantiles of lengths of time, µs, by nearest rank: values that were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// How many.
    pub samples: u64,
    /// Median.
    pub p50: f64,
    /// 90 % quantile.
    pub p90: f64,
    /// 99 % quantile; the maximum of fewer than 100 samples.
    pub p99: f64,
    /// 99.9 % quantile; none of fewer than 1000 samples.
    pub p99_9: Option<f64>,
    /// Maximum.
    pub max: f64,
}

impl Spread {
    /// Of nanoseconds; all zero of nothing.
    pub fn of<'a>(samples_ns: impl IntoIterator<Item = &'a [u64]>) -> Spread {
        let mut sorted = samples_ns.into_iter().collect::<Vec<_>>().concat();
        sorted.sort_unstable();
        let samples = sorted.len() as u64;
        let at = |permille| {
            sorted.get(rank(permille, samples) as usize - 1).map_or(0.0, |&ns| ns as f64 / 1e3)
        };
        let p99_9 = (sorted.len() >= SAMPLES_OF_P99_9).then(|| at(999));
        Spread { samples, p50: at(500), p90: at(900), p99: at(990), p99_9, max: at(1000) }
    }
}

/// One figure over another, round by round: the median of the rounds, and its extremes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// Middle of the rounds.
    pub median: f64,
    /// Least of any round.
    pub least: f64,
    /// Greatest.
    pub greatest: f64,
}

impl Ratio {
    /// `over` in terms of `under`; `None` if no round has both.
    pub(super) fn of(over: &[f64], under: &[f64]) -> Option<Ratio> {
        let pairs = over.iter().zip(under).filter(|(over, under)| **over > 0.0 && **under > 0.0);
        let mut ratios: Vec<f64> = pairs.map(|(over, under)| over / under).collect();
        ratios.sort_by(f64::total_cmp);
        let (least, greatest) = (*ratios.first()?, *ratios.last()?);
        let middle = ratios.len() / 2;
        let median = if ratios.len() % 2 == 1 {
            ratios[middle]
        } else {
            f64::midpoint(ratios[middle - 1], ratios[middle])
        };
        Some(Ratio { median, least, greatest })
    }

    /// One cell's measure in terms of another's.
    pub(super) fn between(measure: Measure, over: &Cell, under: &Cell) -> Option<Ratio> {
        Ratio::of(&over.by_round(measure), &under.by_round(measure))
    }
}

/// How a mechanism compares with the [`REFERENCE`] at the same size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Against {
    /// Latency at the stream's rate: less is better.
    pub paced_latency: Option<Ratio>,
    /// Latency one after the other: less is better.
    pub back_to_back_latency: Option<Ratio>,
    /// Messages a second: more is better.
    pub throughput: Option<Ratio>,
    /// CPU time for a message: less is better.
    pub cpu: Option<Ratio>,
}

/// Messages that were timed one by one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// From just before the publishing call until the last byte was verified.
    pub latency_us: Spread,
    /// CPU time of the sender for a message.
    pub sender_cpu_us: f64,
    /// CPU time of the receiver for a message.
    pub receiver_cpu_us: f64,
    /// Messages that did not arrive.
    pub lost: u64,
    /// Share of messages that both ends handled on the same processor.
    pub same_cpu_percent: f64,
}

impl Latency {
    fn of(rounds: &[Round]) -> Latency {
        let sum = |of: fn(&Round) -> u64| rounds.iter().map(of).sum::<u64>();
        let messages = sum(|round| round.messages).max(1) as f64;
        Latency {
            latency_us: Spread::of(rounds.iter().map(|round| round.latencies_ns.as_slice())),
            sender_cpu_us: sum(|round| round.sender_cpu_ns) as f64 / 1e3 / messages,
            receiver_cpu_us: sum(|round| round.receiver_cpu_ns) as f64 / 1e3 / messages,
            lost: sum(|round| round.lost),
            same_cpu_percent: 100.0 * sum(|round| round.same_cpu) as f64 / messages,
        }
    }
}

/// Messages as fast as the link lets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Streaming {
    /// Messages a second, median of the rounds.
    pub messages_per_s: f64,
    /// Megabytes (10⁶) of payload a second.
    pub megabytes_per_s: f64,
    /// CPU time of both ends for a message.
    pub cpu_us: f64,
    /// Share of messages that both ends handled on the same processor.
    pub same_cpu_percent: f64,
}

impl Streaming {
    fn of(cell: &Cell) -> Streaming {
        let messages_per_s = median(cell.by_round(Measure::Throughput));
        let Latency { sender_cpu_us, receiver_cpu_us, same_cpu_percent, .. } =
            Latency::of(&cell.streaming);
        Streaming {
            messages_per_s,
            megabytes_per_s: messages_per_s * cell.payload_bytes as f64 / 1e6,
            cpu_us: sender_cpu_us + receiver_cpu_us,
            same_cpu_percent,
        }
    }
}

/// The middle of figures; of an even number the lower one, which was measured.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

/// A mechanism with one size of message: a row of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    /// The mechanism, by its name in scenario files.
    pub mechanism: Mechanism,
    /// What it works like.
    pub family: Family,
    /// Bytes of a message.
    pub payload_bytes: u64,
    /// Messages a second of the paced rounds.
    pub rate_hz: f64,
    /// Against the reference, round by round.
    pub against_shm: Against,
    /// A message each period.
    pub paced: Latency,
    /// One message after the other.
    pub back_to_back: Latency,
    /// As fast as the link lets.
    pub streaming: Streaming,
    /// How often a message is copied on its way, by construction.
    pub copies: u32,
    /// System calls for a message, counted in a paced round of their own.
    pub calls: Option<Calls>,
    /// Messages a second that it could carry for each one that the stream has.
    pub headroom: f64,
    /// CPU time of both ends at the stream's rate, of one processor.
    pub cpu_percent: f64,
    /// Whether it carried the stream: nothing lost, and 99 % of messages within one period.
    pub holds: bool,
    /// What it promises.
    pub guarantees: &'static str,
}

impl Link {
    /// The row of a cell, compared with the reference among all cells.
    pub(super) fn of(cell: &Cell, cells: &[Cell]) -> Link {
        let reference = find(cells, REFERENCE, cell.payload_bytes);
        let against = |measure| Ratio::between(measure, cell, reference?);
        let paced = Latency::of(&cell.paced);
        let streaming = Streaming::of(cell);
        let headroom = streaming.messages_per_s / cell.rate_hz;
        let in_time = paced.latency_us.p99 <= 1e6 / cell.rate_hz;
        Link {
            mechanism: cell.mechanism,
            family: family(cell.mechanism),
            payload_bytes: cell.payload_bytes,
            rate_hz: cell.rate_hz,
            against_shm: Against {
                paced_latency: against(Measure::PacedLatency),
                back_to_back_latency: against(Measure::BackToBackLatency),
                throughput: against(Measure::Throughput),
                cpu: against(Measure::Cpu),
            },
            paced,
            back_to_back: Latency::of(&cell.back_to_back),
            streaming,
            copies: copies(cell.mechanism),
            calls: cell.calls,
            headroom,
            cpu_percent: (paced.sender_cpu_us + paced.receiver_cpu_us) * cell.rate_hz / 1e4,
            holds: paced.latency_us.samples > 0 && paced.lost == 0 && in_time && headroom >= 1.0,
            guarantees: guarantees(cell.mechanism),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipc::rounds::tests::cell;

    #[test]
    fn a_rare_quantile_needs_many_samples() {
        let few: Vec<u64> = (1..=999).map(|us| us * 1000).collect();
        let spread = Spread::of([few.as_slice()]);
        assert_eq!((spread.p50, spread.p99, spread.p99_9), (500.0, 990.0, None));
        let enough = Spread::of([few.as_slice(), &[1_000_000]]);
        assert_eq!((enough.samples, enough.p99_9, enough.max), (1000, Some(999.0), 1000.0));
        assert_eq!(Spread::of([]), Spread::default());
    }

    #[test]
    fn a_ratio_pairs_the_rounds() {
        let ratio = Ratio::of(&[10.0, 200.0, 30.0], &[5.0, 10.0, 10.0]).unwrap();
        assert_eq!(ratio, Ratio { median: 3.0, least: 2.0, greatest: 20.0 });
        assert_eq!(Ratio::of(&[1.0], &[0.0]), None);
        assert_eq!(
            Ratio::of(&[1.0, 4.0], &[1.0, 2.0]).unwrap().median.to_bits(),
            1.5_f64.to_bits()
        );
    }

    #[test]
    fn a_link_holds_a_stream_that_arrives_whole_and_in_time() {
        let good = cell(Mechanism::Shm, 1024, 50);
        let late = cell(Mechanism::Pipe, 1024, 60_000);
        let mut lossy = cell(Mechanism::Tcp, 1024, 50);
        lossy.paced[1].lost = 1;
        let cells = [good, late, lossy];
        let rows: Vec<Link> = cells.iter().map(|cell| Link::of(cell, &cells)).collect();
        assert_eq!(rows.iter().map(|row| row.holds).collect::<Vec<_>>(), [true, false, false]);
        let against = rows[1].against_shm.paced_latency.unwrap();
        assert!((against.median - 1200.0).abs() < 1e-9, "{against:?}");
        assert!((rows[0].headroom - 1000.0).abs() < 1e-6, "{rows:?}");
    }
}
