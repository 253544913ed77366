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
    /// Intervals in which a fault was in force.
    pub fault_spans: Vec<FaultSpan>,
    /// The life of each process.
    pub lives: Vec<LifeSpan>,
    /// Positions of confirmed tracks at each output.
    pub tracks: Vec<TrackPoint>,
    /// The true places of the actors.
    #[serde(default)]
    pub truth: Vec<TruthPoint>,
    /// The ego and the gap to whoever was before it.
    #[serde(default)]
    pub drive: Vec<DrivePoint>,
    /// What fusion asked of the brakes, m/s², from each moment on; `None` where it could not tell.
    #[serde(default)]
    pub brakes: Vec<(f64, Option<f64>)>,
    /// Camera frames at the key moments, in the order of time.
    #[serde(default)]
    pub strip: Vec<Still>,
    /// A torn frame as fusion read it.
    #[serde(default)]
    pub torn: Option<TornFrame>,
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

/// Where an actor truly was, in the frame of the ego at that time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TruthPoint {
    /// When.
    pub at_ms: f64,
    /// Index of the actor in the scenario.
    pub actor: usize,
    /// Longitudinal distance, metres.
    pub x_m: f64,
    /// Lateral offset, metres.
    pub y_m: f64,
}

/// How the ego truly drove.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrivePoint {
    /// When.
    pub at_ms: f64,
    /// Its speed, m/s.
    pub speed_mps: f64,
    /// Distance from its front bumper to the nearest actor ahead in its path, metres.
    pub gap_m: Option<f64>,
}

/// A camera frame, made anew from the plan and the recorded way of the ego, and what fusion saw in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Still {
    /// What moment it is.
    pub title: String,
    /// Its due time.
    pub at_ms: f64,
    /// Frame number.
    pub frame: u64,
    /// Columns and rows of the picture.
    pub size_px: (u32, u32),
    /// Grey values, row by row from the top.
    pub pixels: Vec<u8>,
    /// Where in the picture fusion saw an object: column and row of where it stands on the road.
    pub seen_px: Vec<(f64, f64)>,
    /// Whether fusion made an output from this frame.
    pub used: bool,
}

/// A torn frame as fusion read it, and how it compares with the two frames that it is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TornFrame {
    /// When fusion told of it.
    pub at_ms: f64,
    /// Its first row of the older frame.
    pub row: u32,
    /// What is above the tear: of the newer frame.
    pub above: TornRows,
    /// What is below.
    pub below: TornRows,
    /// Columns and rows of the camera's pictures.
    pub camera_px: (u32, u32),
    /// Columns and rows of the picture, which is smaller.
    pub size_px: (u32, u32),
    /// Grey values, row by row from the top.
    pub pixels: Vec<u8>,
    /// First column and row of a part around the tear, in the camera's picture.
    pub part_at_px: (u32, u32),
    /// Its columns and rows.
    pub part_px: (u32, u32),
    /// Its grey values as the camera made them.
    pub part: Vec<u8>,
    /// The same part of the newer frame, whole.
    pub part_whole: Vec<u8>,
}

/// The rows on one side of a tear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TornRows {
    /// The frame that they are of.
    pub frame: u64,
    /// How many there are.
    pub rows: u32,
    /// How many of them are that frame's, bit for bit.
    pub same: u32,
}
