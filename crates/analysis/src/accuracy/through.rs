//! What became of each track through each fault: [`faults`].

use super::compared::{Compared, Pair};
use crate::faults::FaultFacts;
use crate::summary::ThroughFault;
use crate::timeline::{Moment, Timeline, ms};

/// For each fault that took effect, everyone who had a track at the last output before it and was owed
/// one after it, before the next fault.
pub(super) fn faults(
    timeline: &Timeline,
    all: &[Compared],
    faults: &[FaultFacts],
) -> Vec<ThroughFault> {
    let mut rows = Vec::new();
    for facts in faults {
        let Some(in_force) = facts.in_force else { continue };
        let begun = all.partition_point(|it| it.at < in_force.from);
        let Some(before) = all[..begun].last() else { continue };
        let later = faults.iter().filter_map(|other| Some(other.in_force?.from));
        let next = later.filter(|from| *from > in_force.from).min().unwrap_or(Moment::MAX);
        let after = &all[begun..all.partition_point(|it| it.at < next).max(begun)];
        rows.extend(before.pairs.iter().filter_map(|pair| {
            let (same_track, reconfirmed) = follow((before, pair), after)?;
            Some(ThroughFault {
                fault: facts.fault.id.clone(),
                actor: timeline.plan.traffic.actors[pair.actor].id.clone(),
                lead: before.lead == Some(pair.actor),
                same_track,
                reconfirmed_after_ms: match reconfirmed {
                    Reconfirmed::NeverLost => Some(0.0),
                    Reconfirmed::At(at) => Some(ms(at - in_force.from)),
                    Reconfirmed::Never => None,
                },
            })
        }));
    }
    rows
}

enum Reconfirmed {
    NeverLost,
    At(Moment),
    Never,
}

/// Whether an actor ends under the track that it had, and when it was under any again; `None` where it
/// was owed none afterwards.
fn follow((before, pair): (&Compared, &Pair), after: &[Compared]) -> Option<(bool, Reconfirmed)> {
    let owed: Vec<&Compared> = after.iter().filter(|it| it.owed.contains(&pair.actor)).collect();
    let last = owed.last()?;
    let same_track =
        last.by == before.by && last.track_of(pair.actor).is_some_and(|it| it.id == pair.id);
    let lost = owed.iter().position(|it| it.by != before.by || it.track_of(pair.actor).is_none());
    let reconfirmed = lost.map_or(Reconfirmed::NeverLost, |lost| {
        let again = owed[lost..].iter().find(|it| it.track_of(pair.actor).is_some());
        again.map_or(Reconfirmed::Never, |it| Reconfirmed::At(it.at))
    });
    Some((same_track, reconfirmed))
}
