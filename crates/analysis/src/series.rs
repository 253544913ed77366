//! What the plots show, as plain points: [`Series`].

use fault::Target;
use serde::{Deserialize, Serialize};
use wire::Node;
use wire::event::LifeState;

use crate::summary::Cause;

/// Everything that a report draws. Times are milliseconds from the start of the schedule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Latency lines.
    pub latency: Vec<LatencyLine>,
    /// Every lost sample: stream, due time, cause.
    pub losses: Vec<Loss>,
    /// Samples expected per stream: (stream, count).
    pub expected: Vec<(Node, u64)>,
    /// Intervals in which a fault was in force: (id, target, from, to).
    pub fault_spans: Vec<FaultSpan>,
    /// The life of each process.
    pub lives: Vec<LifeSpan>,
    /// Positions of confirmed tracks at each output.
    pub tracks: Vec<TrackPoint>,
    /// When the host stalled for so long that it excuses a miss: (from, to), disjoint and in order.
    pub stalls: Vec<(f64, f64)>,
}

/// One line of the latency plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatencyLine {
    /// Stream of the samples.
    pub stream: Node,
    /// Name of the interval, as in [`Stream::latency_us`](crate::summary::Stream::latency_us).
    pub interval: String,
    /// (time of the sample, latency), milliseconds.
    pub points: Vec<(f64, f64)>,
}

/// A lost sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// Stream.
    pub stream: Node,
    /// Due time.
    pub due_ms: f64,
    /// Cause.
    pub cause: Cause,
}

/// An interval in which a fault was in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultSpan {
    /// Fault id.
    pub id: String,
    /// Kind.
    pub kind: String,
    /// Victim.
    pub target: Target,
    /// Effect.
    pub from_ms: f64,
    /// Recovery, or the end of the run.
    pub to_ms: f64,
}

/// A stretch of one state in the life of a process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LifeSpan {
    /// Process.
    pub node: Node,
    /// Incarnation.
    pub incarnation: u32,
    /// State.
    pub state: LifeState,
    /// From.
    pub from_ms: f64,
    /// To.
    pub to_ms: f64,
}

/// A confirmed track at one output.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackPoint {
    /// Time of the output.
    pub at_ms: f64,
    /// Incarnation of fusion.
    pub incarnation: u32,
    /// Track id.
    pub id: u32,
    /// Longitudinal distance, metres.
    pub x_m: f64,
    /// Lateral offset, metres.
    pub y_m: f64,
}
