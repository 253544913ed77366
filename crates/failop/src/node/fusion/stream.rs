//! What fusion knows of the sequence of a sensor's samples: [`Stream`].

use crate::node::runtime::Runtime;
use wire::e2e::Status;
use wire::event::Detector;
use wire::radar;
use wire::{Event, Node};

/// What the receiver knows of a stream: enough to see a gap, a repetition and frozen content.
pub(super) struct Stream {
    node: Node,
    pub(super) next: u64,
    /// Which of the items before `next` came: bit n is item `next - 1 - n`.
    came: u64,
    fingerprint: Option<u64>,
    /// The incarnation that made the newest one.
    pub(super) from: u32,
}

/// Whether a sample is new to its receiver.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is, perhaps later than those after it.
    New {
        /// How many are missing before it.
        missing: u64,
    },
    /// A restarted sender repeats a sample that was used already: it lives, and there is nothing
    /// new to learn.
    Known,
    /// The content of the sample before under a new number.
    Frozen,
}

impl Admission {
    /// What a cycle that brought a sound sample was, to the E2E state machine.
    pub(super) fn status(&self) -> Status {
        match self {
            Admission::New { missing: 0 } => Status::Ok,
            Admission::New { .. } => Status::OkSomeLost,
            Admission::Known | Admission::Frozen => Status::Repeated,
        }
    }
}

impl Stream {
    pub(super) fn new(node: Node) -> Stream {
        Stream { node, next: 0, came: 0, fingerprint: None, from: 0 }
    }

    /// Judges a checked sample, and tells of those that are missing before it.
    pub(super) fn admit(
        &mut self,
        (item, from): (u64, u32),
        fingerprint: Option<u64>,
        runtime: &mut Runtime,
    ) -> Admission {
        self.from = self.from.max(from);
        // A receiver that was born in the middle of a run has missed nothing.
        let may_miss = self.next > 0 || runtime.incarnation == 1;
        let (stream, first) = (self.node, self.next);
        let (admission, missing) = self.place(item, fingerprint);
        if missing > 0 && may_miss && runtime.watches(Detector::Sequence) {
            runtime.events.tell(Event::SequenceGap { stream, first, count: missing });
        }
        if admission == Admission::Frozen && !runtime.watches(Detector::Frozen) {
            return Admission::New { missing };
        }
        admission
    }

    /// Whether the sample is new, and how many are missing before it.
    fn place(&mut self, item: u64, fingerprint: Option<u64>) -> (Admission, u64) {
        let missing = item.checked_sub(self.next);
        if let Some(missing) = missing {
            // A number that a fault changed may be any, where nothing checks the protection.
            let shift = u32::try_from(missing.saturating_add(1)).unwrap_or(u32::MAX);
            self.came = self.came.checked_shl(shift).unwrap_or(0) | 1;
            self.next = item.saturating_add(1);
        } else {
            // Older than what is remembered counts as known: it is seconds old.
            let bit = 1_u64
                .checked_shl(u32::try_from(self.next - 1 - item).unwrap_or(u32::MAX))
                .unwrap_or(0);
            if bit == 0 || self.came & bit != 0 {
                return (Admission::Known, 0);
            }
            self.came |= bit;
        }
        let frozen = fingerprint.is_some() && fingerprint == self.fingerprint;
        self.fingerprint = fingerprint;
        let missing = missing.unwrap_or(0);
        (if frozen { Admission::Frozen } else { Admission::New { missing } }, missing)
    }
}

/// A detection in SI units.
pub(super) fn off_the_wire(detection: &radar::Detection) -> ::fusion::Detection {
    ::fusion::Detection {
        range_m: detection.range_m.get(),
        azimuth_rad: detection.azimuth_rad.get(),
        range_rate_mps: detection.range_rate_mps.get(),
        rcs_dbsm: detection.rcs_dbsm.get(),
        range_sigma_m: f32::from(detection.range_sigma_mm.get()) * 1e-3,
        azimuth_sigma_rad: f32::from(detection.azimuth_sigma_e4rad.get()) * 1e-4,
        range_rate_sigma_mps: f32::from(detection.range_rate_sigma_mmps.get()) * 1e-3,
        existence_percent: detection.existence_percent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each sample with what becomes of it: (item, fingerprint, admission, missing before it).
    fn check(samples: &[(u64, u64, Admission, u64)]) {
        let mut stream = Stream::new(Node::Camera);
        for (item, fingerprint, admission, missing) in samples {
            let placed = stream.place(*item, Some(*fingerprint));
            assert_eq!((&placed.0, placed.1), (admission, *missing), "item {item}");
        }
    }

    const fn new(missing: u64) -> Admission {
        Admission::New { missing }
    }

    #[test]
    fn samples_in_order_are_new_and_gaps_are_counted() {
        check(&[
            (0, 10, new(0), 0),
            (1, 11, new(0), 0),
            (5, 12, new(3), 3),
            (100, 13, new(94), 94),
        ]);
    }

    #[test]
    fn any_number_is_survived() {
        let missing = u64::MAX - 1;
        check(&[
            (0, 10, new(0), 0),
            (u64::MAX, 11, new(missing), missing),
            (1, 12, Admission::Known, 0),
        ]);
    }

    #[test]
    fn a_sample_that_comes_late_is_new_once() {
        use Admission::Known;
        check(&[(0, 10, new(0), 0), (3, 11, new(2), 2), (1, 12, new(0), 0), (1, 13, Known, 0)]);
        check(&[(0, 10, new(0), 0), (200, 11, new(199), 199), (1, 12, Known, 0)]);
    }

    #[test]
    fn a_repetition_is_known_and_frozen_content_is_seen() {
        use Admission::{Frozen, Known};
        check(&[(0, 10, new(0), 0), (0, 10, Known, 0), (1, 10, Frozen, 0), (2, 11, new(0), 0)]);
    }
}
