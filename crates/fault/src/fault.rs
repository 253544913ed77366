//! Who breaks, when and how: [`Fault`].
//!
//! All times are nanoseconds from the start of the schedule.

use crate::kind::Need;
use crate::kinds::Injection;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::Node;
use wire::event::LifeState;

/// Most faults of a scenario, each repetition of one counted: what the arming page holds.
pub const FAULTS_MAX: usize = 256;

/// A fault of a scenario: who, when, what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Name, unique in its scenario.
    pub id: String,
    /// The victim.
    pub target: Target,
    /// What sets it off.
    pub start: Start,
    /// What goes wrong.
    pub injection: Injection,
}

/// Who or what a fault befalls.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The camera process.
    Camera,
    /// The radar process.
    Radar,
    /// The fusion process.
    Fusion,
    /// The watchdog.
    Watchdog,
    /// The machine that all of them run on.
    Host,
}

impl Target {
    /// Every target, in the order of the documentation.
    pub const ALL: [Target; 5] =
        [Target::Camera, Target::Radar, Target::Fusion, Target::Watchdog, Target::Host];

    /// The supervised process, if it is one.
    pub const fn node(self) -> Option<Node> {
        match self {
            Target::Camera => Some(Node::Camera),
            Target::Radar => Some(Node::Radar),
            Target::Fusion => Some(Node::Fusion),
            Target::Watchdog | Target::Host => None,
        }
    }

    /// The name used in scenario files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Target::Camera => "camera",
            Target::Radar => "radar",
            Target::Fusion => "fusion",
            Target::Watchdog => "watchdog",
            Target::Host => "host",
        }
    }
}

impl From<Node> for Target {
    fn from(node: Node) -> Target {
        match node {
            Node::Camera => Target::Camera,
            Node::Radar => Target::Radar,
            Node::Fusion => Target::Fusion,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// What sets a fault off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// A time of the schedule.
    At(u64),
    /// Something that the watchdog sees, and a delay after it, nanoseconds.
    After(Cause, u64),
}

impl Start {
    /// The time of the schedule, where it is known before the run.
    pub const fn at_ns(self) -> Option<u64> {
        match self {
            Start::At(at_ns) => Some(at_ns),
            Start::After(..) => None,
        }
    }
}

/// Something that the watchdog sees and that sets a fault off, the first time that it happens in the
/// schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// A process enters a state.
    State(Node, LifeState),
    /// Another fault, by its index in the plan, has been noticed by the watchdog.
    Detected(u32),
    /// The successor of the victim of another fault, by its index in the plan, has been started.
    Recovering(u32),
    /// A person injects a fault, by its index in the plan: this one, or one that this one follows.
    ByHand(u32),
}

impl Fault {
    /// Whether it can be done where this is lacking.
    pub fn is_possible(&self, lacking: &[Need]) -> bool {
        !self.injection.kind().needs.iter().any(|need| lacking.contains(need))
    }

    /// End of the fault when it began at `start_ns`; `None` for one that strikes once or lasts until
    /// the victim is replaced.
    pub fn end_ns(&self, start_ns: u64) -> Option<u64> {
        self.injection.duration_ns().map(|duration| start_ns.saturating_add(duration))
    }
}
