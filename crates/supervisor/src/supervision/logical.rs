//! Logical supervision: whether checkpoints are passed in the order of their graph: [`Logical`].

use wire::Checkpoint;
use wire::checkpoint::Graph;

/// Where a process is in its graph.
#[derive(Clone, Debug)]
pub(crate) struct Logical {
    graph: &'static Graph,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    /// It has passed nothing.
    Before,
    /// It has passed this last.
    At(Checkpoint),
    /// Checkpoints were lost.
    Unknown,
}

impl Logical {
    pub(crate) fn new(graph: &'static Graph) -> Logical {
        Logical { graph, place: Place::Before }
    }

    /// Whether the checkpoint may come next; the process is there from here on.
    pub(crate) fn follows(&mut self, checkpoint: Checkpoint) -> bool {
        let allowed = match self.place {
            Place::Before => checkpoint == self.graph.first,
            Place::At(last) => self.graph.allows(last, checkpoint),
            Place::Unknown => true,
        };
        self.place = Place::At(checkpoint);
        allowed
    }

    /// It is not known where the process is.
    pub(crate) fn forget(&mut self) {
        self.place = Place::Unknown;
    }
}
