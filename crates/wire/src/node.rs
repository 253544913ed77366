//! Who takes part in a run: the supervised [`Node`]s, and every [`Source`] of events.

use serde::{Deserialize, Serialize};

/// A supervised process. The discriminant is its index in every table of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Node {
    /// Publishes frames through the shared-memory frame buffer.
    Camera = 0,
    /// Sends detection lists as datagrams.
    Radar = 1,
    /// Reads both and outputs tracks.
    Fusion = 2,
}

impl Node {
    /// Every node, in the order of its index.
    pub const ALL: [Node; 3] = [Node::Camera, Node::Radar, Node::Fusion];

    /// The node's index in every table of a run.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The node with this index, if there is one.
    pub const fn from_index(index: usize) -> Option<Node> {
        match index {
            0 => Some(Node::Camera),
            1 => Some(Node::Radar),
            2 => Some(Node::Fusion),
            _ => None,
        }
    }

    /// The name used in scenario files, reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Node::Camera => "camera",
            Node::Radar => "radar",
            Node::Fusion => "fusion",
        }
    }
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Who wrote an event: a node, the watchdog above them, or the harness beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// A supervised process.
    Node(Node),
    /// The watchdog.
    Watchdog,
    /// The plant, in a run in which the ego car brakes.
    Plant,
    /// Who plays the part of a sensor on a real bus.
    Stimulus,
}

impl Source {
    /// Every source of events: the nodes in order, then the watchdog, the plant and the stimulus.
    pub const ALL: [Source; 6] = [
        Source::Node(Node::Camera),
        Source::Node(Node::Radar),
        Source::Node(Node::Fusion),
        Source::Watchdog,
        Source::Plant,
        Source::Stimulus,
    ];

    /// The source's index in [`Source::ALL`].
    pub const fn index(self) -> usize {
        match self {
            Source::Node(node) => node.index(),
            Source::Watchdog => Node::ALL.len(),
            Source::Plant => Node::ALL.len() + 1,
            Source::Stimulus => Node::ALL.len() + 2,
        }
    }

    /// The name used in file names and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Source::Node(node) => node.name(),
            Source::Watchdog => "watchdog",
            Source::Plant => "plant",
            Source::Stimulus => "stimulus",
        }
    }
}
