//! What a process passes on its way through a step: [`Checkpoint`], and the graph of each node
//! ([`Graph`]), which its logical supervision compares with.

use crate::node::Node;

macro_rules! checkpoints {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)+) => {
        /// A place in the step of a node (a checkpoint of AUTOSAR WdgM).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Checkpoint { $($(#[$doc])* $name = $number,)+ }

        impl Checkpoint {
            /// Its number in a shared page.
            pub const fn number(self) -> u32 {
                self as u32
            }

            /// The checkpoint with this number, if there is one.
            pub const fn from_number(number: u32) -> Option<Checkpoint> {
                match number { $($number => Some(Checkpoint::$name),)+ _ => None }
            }
        }
    };
}

checkpoints! {
    /// A sensor took a slot of its schedule.
    SlotTaken = 1,
    /// The camera's picture is complete.
    Rendered = 2,
    /// The radar's list is complete.
    Measured = 3,
    /// The sample carries its end-to-end protection.
    Protected = 4,
    /// The frame was handed over.
    Published = 5,
    /// The list was handed over.
    Sent = 6,
    /// There was no room for the frame: it was given up.
    Overrun = 7,
    /// Fusion took a sample.
    SampleTaken = 8,
    /// The sample is whole.
    Checked = 9,
    /// An output was made from it.
    Fused = 10,
    /// The sample was not used: damaged, known or too old.
    Refused = 11,
}

/// The checkpoints of a node and the ways between them.
#[derive(Clone, Copy, Debug)]
pub struct Graph {
    /// Where a step begins.
    pub first: Checkpoint,
    /// Where a step may end.
    pub last: &'static [Checkpoint],
    /// Every transition inside a step. From its end to the beginning of the next is allowed, too.
    pub transitions: &'static [(Checkpoint, Checkpoint)],
}

impl Graph {
    /// The graph of `node`.
    pub const fn of(node: Node) -> &'static Graph {
        use Checkpoint::{
            Checked, Fused, Measured, Overrun, Protected, Published, Refused, Rendered,
            SampleTaken, Sent, SlotTaken,
        };
        match node {
            Node::Camera => &Graph {
                first: SlotTaken,
                last: &[Published, Overrun],
                transitions: &[
                    (SlotTaken, Rendered),
                    (SlotTaken, Overrun),
                    (Rendered, Protected),
                    (Protected, Published),
                ],
            },
            Node::Radar => &Graph {
                first: SlotTaken,
                last: &[Sent],
                transitions: &[(SlotTaken, Measured), (Measured, Protected), (Protected, Sent)],
            },
            Node::Fusion => &Graph {
                first: SampleTaken,
                last: &[Fused, Refused],
                transitions: &[
                    (SampleTaken, Checked),
                    (SampleTaken, Refused),
                    (Checked, Fused),
                    (Checked, Refused),
                ],
            },
        }
    }

    /// Whether a step may end here.
    pub fn ends_at(&self, checkpoint: Checkpoint) -> bool {
        self.last.contains(&checkpoint)
    }

    /// Whether `to` may follow `from`.
    pub fn allows(&self, from: Checkpoint, to: Checkpoint) -> bool {
        self.transitions.contains(&(from, to)) || self.ends_at(from) && to == self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_survives_its_number_and_a_foreign_number_is_none() {
        for number in 1..=11 {
            assert_eq!(Checkpoint::from_number(number).map(Checkpoint::number), Some(number));
        }
        assert_eq!(Checkpoint::from_number(0), None);
        assert_eq!(Checkpoint::from_number(12), None);
    }

    #[test]
    fn every_step_can_be_finished_and_begun_again() {
        for graph in Node::ALL.map(Graph::of) {
            for &(from, to) in graph.transitions {
                assert!(!graph.ends_at(from), "a step is over at {from:?}");
                let leads_on = graph.transitions.iter().any(|&(next, _)| next == to);
                assert!(leads_on || graph.ends_at(to), "{to:?} is a dead end");
            }
            assert!(graph.last.iter().all(|&last| graph.allows(last, graph.first)));
        }
    }
}
