//! The processes that were started and are not buried: [`Children`].
//!
//! A node has two seats, so that a standby can live beside its predecessor, each with a heartbeat page
//! of its own.

use sys::process::Child;
use wire::Node;

/// Processes that a node may have at a time.
pub(crate) const SEATS: usize = 2;

/// A seat of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) node: Node,
    pub(crate) index: usize,
}

impl Seat {
    /// Every seat.
    pub(crate) fn all() -> impl Iterator<Item = Seat> {
        let of = |node| (0..SEATS).map(move |index| Seat { node, index });
        Node::ALL.into_iter().flat_map(of)
    }

    /// Its number among all seats.
    pub(crate) fn number(self) -> u64 {
        (self.node.index() * SEATS + self.index) as u64
    }

    /// The seat with this number, if there is one.
    pub(crate) fn from_number(number: u64) -> Option<Seat> {
        Seat::all().find(|seat| seat.number() == number)
    }
}

/// A process in its seat.
#[derive(Debug)]
pub(crate) struct Seated {
    pub(crate) child: Child,
    pub(crate) incarnation: u32,
}

/// Everyone in their seats.
#[derive(Debug, Default)]
pub(crate) struct Children {
    seats: [[Option<Seated>; SEATS]; Node::ALL.len()],
}

impl Children {
    /// A seat in which nobody sits.
    ///
    /// # Panics
    /// If there is none: a third process of a node is a mistake of the policy.
    pub(crate) fn free(&self, node: Node) -> Seat {
        let index = self.seats[node.index()].iter().position(Option::is_none);
        Seat { node, index: index.expect("a process and its standby, or its predecessor") }
    }

    /// The seat of an incarnation that is not buried.
    pub(crate) fn seat(&self, node: Node, incarnation: u32) -> Option<Seat> {
        let sits =
            |it: &Option<Seated>| it.as_ref().is_some_and(|it| it.incarnation == incarnation);
        let index = self.seats[node.index()].iter().position(sits)?;
        Some(Seat { node, index })
    }

    /// Who sits there.
    pub(crate) fn at(&self, seat: Seat) -> Option<&Seated> {
        self.seats[seat.node.index()][seat.index].as_ref()
    }

    /// The process that is this incarnation.
    pub(crate) fn of(&self, node: Node, incarnation: u32) -> Option<&Child> {
        self.at(self.seat(node, incarnation)?).map(|it| &it.child)
    }

    pub(crate) fn put(&mut self, seat: Seat, seated: Seated) {
        self.seats[seat.node.index()][seat.index] = Some(seated);
    }

    pub(crate) fn take(&mut self, seat: Seat) -> Option<Seated> {
        self.seats[seat.node.index()][seat.index].take()
    }

    /// Everyone.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Seat, &Seated)> {
        Seat::all().filter_map(|seat| Some((seat, self.at(seat)?)))
    }
}
