//! What faults did to the order and the numbers of samples, by their own records.

use fault::Act;
use fault::act::{SampleFault, StepFault};
use std::collections::HashSet;
use wire::event::Proof;
use wire::{Node, Source};

use super::{Applied, Moment, Timeline};

impl Timeline<'_> {
    /// Samples that a fault let an incarnation of the sensor hand over again: (item, incarnation).
    pub(crate) fn repeated_by_faults(&self, sensor: Node) -> HashSet<(u64, u32)> {
        let repeated = self.acted_on(sensor).filter_map(|it| {
            let item = match self.act(it)? {
                Act::Sample(SampleFault::Duplicate) | Act::Step(StepFault::Runaway(_)) => it.item,
                // The record tells how much older the one is that went in place of this.
                Act::Sample(SampleFault::Replay(_)) => it.item.checked_sub(it.value)?,
                _ => return None,
            };
            Some((item, it.incarnation))
        });
        repeated.collect()
    }

    /// The place in the schedule of a sample that carries this number: another than the number, where
    /// a fault told that it changed the number of the sample of this measurement time.
    pub(super) fn place_of(&self, sensor: Node, number: u64, captured: Moment) -> u64 {
        // The record was written when the sample was made, after it was due.
        let since = self.acted_on(sensor).rev().take_while(|it| it.at >= captured);
        let mut candidates = since.filter(|it| self.due(sensor, it.item) == captured);
        let renumbered = candidates.find(|it| {
            matches!(self.act(it), Some(Act::Sample(SampleFault::SkipNumbers(_))))
                && it.item.checked_add(it.value) == Some(number)
        });
        renumbered.map_or(number, |it| it.item)
    }

    fn acted_on(&self, sensor: Node) -> impl DoubleEndedIterator<Item = &Applied> {
        let applied = self.processes.applied.iter();
        applied.filter(move |it| it.source == Source::Node(sensor) && it.proof == Proof::Acted)
    }

    fn act(&self, applied: &Applied) -> Option<Act> {
        let fault = self.plan.faults.get(applied.fault as usize)?;
        Some(fault.injection.act())
    }
}
