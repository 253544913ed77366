//! What was measured of one mechanism with one size of message, round by round: [`Cell`].

use super::figures::Spread;
use serde::Serialize;
use wire::Mechanism;

/// One job of one round: both processes were started, ran and ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// From just before the publishing call until the receiver has verified the last byte; empty
    /// where messages were streamed.
    pub latencies_ns: Vec<u64>,
    /// Messages that arrived.
    pub messages: u64,
    /// Messages that did not.
    pub lost: u64,
    /// From the first message to the last.
    pub elapsed_ns: u64,
    /// CPU time of the sender for all of them, user and system.
    pub sender_cpu_ns: u64,
    /// CPU time of the receiver.
    pub receiver_cpu_ns: u64,
    /// Messages that both ends handled on the same processor.
    pub same_cpu: u64,
}

/// System calls for a message, counted in a round of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Calls {
    /// Of the sender.
    pub sender: f64,
    /// Of the receiver.
    pub receiver: f64,
}

/// One mechanism with one size of message.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// Bytes of a message.
    pub payload_bytes: u64,
    /// Messages a second of the paced rounds.
    pub rate_hz: f64,
    /// A message each period, and nothing to do between them.
    pub paced: Vec<Round>,
    /// The next message as soon as the last is verified.
    pub back_to_back: Vec<Round>,
    /// As fast as the link lets, nothing lost.
    pub streaming: Vec<Round>,
    /// System calls, where they were counted.
    pub calls: Option<Calls>,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Median latency at the stream's rate, µs.
    PacedLatency,
    /// Median latency of messages one after the other, µs.
    BackToBackLatency,
    /// Messages a second as fast as the link lets.
    Throughput,
    /// CPU time of both ends for a message at the stream's rate, µs.
    Cpu,
}

impl Measure {
    /// Whether more of it is better.
    pub(super) fn more_is_better(self) -> bool {
        self == Measure::Throughput
    }
}

impl Cell {
    /// The figure of each round.
    pub(super) fn by_round(&self, measure: Measure) -> Vec<f64> {
        let (rounds, figure): (_, fn(&Round) -> f64) = match measure {
            Measure::PacedLatency => (&self.paced, Round::median_us),
            Measure::BackToBackLatency => (&self.back_to_back, Round::median_us),
            Measure::Throughput => (&self.streaming, Round::messages_per_s),
            Measure::Cpu => (&self.paced, Round::cpu_us),
        };
        rounds.iter().map(figure).collect()
    }
}

impl Round {
    fn median_us(&self) -> f64 {
        Spread::of([self.latencies_ns.as_slice()]).p50
    }

    fn messages_per_s(&self) -> f64 {
        self.messages as f64 * 1e9 / self.elapsed_ns.max(1) as f64
    }

    fn cpu_us(&self) -> f64 {
        (self.sender_cpu_ns + self.receiver_cpu_ns) as f64 / 1e3 / self.messages.max(1) as f64
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A made-up cell of three rounds: every message takes `latency_us`, and throughput is its
    /// inverse.
    pub(in crate::ipc) fn cell(mechanism: Mechanism, payload_bytes: u64, latency_us: u64) -> Cell {
        let round = Round {
            latencies_ns: vec![latency_us * 1000; 20],
            messages: 20,
            elapsed_ns: 20 * latency_us * 1000,
            sender_cpu_ns: 10 * latency_us * 1000,
            receiver_cpu_ns: 10 * latency_us * 1000,
            ..Round::default()
        };
        let rounds = vec![round; 3];
        Cell {
            mechanism,
            payload_bytes,
            rate_hz: 20.0,
            paced: rounds.clone(),
            back_to_back: rounds.clone(),
            streaming: rounds,
            calls: None,
        }
    }

    #[test]
    fn each_round_has_its_figure() {
        let cell = cell(Mechanism::Pipe, 16, 50);
        for (measure, expected) in [
            (Measure::PacedLatency, 50.0),
            (Measure::BackToBackLatency, 50.0),
            (Measure::Throughput, 20_000.0),
            (Measure::Cpu, 50.0),
        ] {
            let seen = cell.by_round(measure);
            assert!(
                seen.len() == 3 && seen.iter().all(|it| (it - expected).abs() < 1e-6),
                "{seen:?}"
            );
        }
    }
}
