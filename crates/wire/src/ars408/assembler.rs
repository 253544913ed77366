//! From the frames of a radar to its lists: [`Assembler`].
//!
//! It waits for nothing and knows no clock: frames and times go in, a [`List`] comes out when it is
//! complete, when the next one begins, or when it has taken too long. A list that lacks frames comes out
//! with what there is. Whatever a bus brings, it keeps no more than the largest list.

use super::{Kind, Message, Point, Quality, Status};

/// What each object or cluster is told with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// A general frame.
    General,
    /// A general and a quality frame.
    WithQuality,
}

/// Makes lists of frames.
#[derive(Debug)]
pub struct Assembler {
    detail: Detail,
    /// From the status frame to the latest last frame, nanoseconds.
    patience_ns: u64,
    open: Option<List>,
    /// Since it was last asked.
    strays: Strays,
}

/// What one cycle of the sensor brought.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// What its status frame said.
    pub status: Status,
    /// When that came.
    pub begun_ns: u64,
    /// What followed, in the order of arrival.
    pub items: Vec<Item>,
    /// How many of them have all their frames.
    pub whole: u16,
    detail: Detail,
}

/// An object or a cluster of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Item {
    /// Its general frame.
    pub point: Point,
    /// Its quality frame, if there was one.
    pub quality: Option<Quality>,
}

/// Frames that fit into no list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strays {
    /// Outside of a list, or of a list of the other kind, or more than were announced.
    pub unasked: u64,
    /// A second time.
    pub repeated: u64,
}

impl List {
    /// Whether all that was announced is there.
    pub fn is_complete(&self) -> bool {
        self.whole == self.status.announced
    }

    fn add(&mut self, point: Point) -> Result<(), Stray> {
        if self.items.iter().any(|item| item.point.id == point.id) {
            return Err(Stray::Repeated);
        }
        let most = usize::from(self.status.announced).min(self.status.kind.most());
        if self.items.len() == most {
            return Err(Stray::Unasked);
        }
        self.items.push(Item { point, quality: None });
        self.whole += u16::from(self.detail == Detail::General);
        Ok(())
    }

    fn qualify(&mut self, quality: Quality) -> Result<(), Stray> {
        let item = self.items.iter_mut().find(|item| item.point.id == quality.id);
        let item = item.ok_or(Stray::Unasked)?;
        if item.quality.replace(quality).is_some() {
            return Err(Stray::Repeated);
        }
        self.whole += u16::from(self.detail == Detail::WithQuality);
        Ok(())
    }
}

enum Stray {
    Unasked,
    Repeated,
}

impl Assembler {
    /// With no list begun.
    pub fn new(detail: Detail, patience_ns: u64) -> Assembler {
        Assembler { detail, patience_ns, open: None, strays: Strays::default() }
    }

    /// Takes what a frame says that came at `at_ns`; returns the list that this ends.
    pub fn take(&mut self, message: &Message, at_ns: u64) -> Option<List> {
        let put = match *message {
            Message::State(_) => return None,
            Message::Status(status) => {
                let before = self.open.replace(self.begin(status, at_ns));
                // Of no objects at all: it is complete.
                return before.or_else(|| self.complete());
            }
            Message::General(kind, point) => self.list(kind).and_then(|list| list.add(point)),
            Message::Quality(kind, quality) => {
                self.list(kind).and_then(|list| list.qualify(quality))
            }
        };
        match put {
            Ok(()) => self.complete(),
            Err(Stray::Unasked) => {
                self.strays.unasked += 1;
                None
            }
            Err(Stray::Repeated) => {
                self.strays.repeated += 1;
                None
            }
        }
    }

    /// The list that has taken too long at `now_ns`, or is complete.
    pub fn expire(&mut self, now_ns: u64) -> Option<List> {
        if let Some(list) = self.complete() {
            return Some(list);
        }
        self.open.take_if(|list| now_ns >= list.begun_ns.saturating_add(self.patience_ns))
    }

    /// When a list will have taken too long; at once, where one is complete.
    pub fn deadline_ns(&self) -> Option<u64> {
        let patience_ns = |list: &List| if list.is_complete() { 0 } else { self.patience_ns };
        self.open.as_ref().map(|list| list.begun_ns.saturating_add(patience_ns(list)))
    }

    /// Frames that fitted into no list since this was last asked.
    pub fn strays(&mut self) -> Strays {
        std::mem::take(&mut self.strays)
    }

    fn begin(&self, status: Status, begun_ns: u64) -> List {
        List { status, begun_ns, items: Vec::new(), whole: 0, detail: self.detail }
    }

    fn complete(&mut self) -> Option<List> {
        self.open.take_if(|list| list.is_complete())
    }

    fn list(&mut self, kind: Kind) -> Result<&mut List, Stray> {
        self.open.as_mut().filter(|list| list.status.kind == kind).ok_or(Stray::Unasked)
    }
}
