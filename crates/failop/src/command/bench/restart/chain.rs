//! What a recording tells about each kill of the camera: [`Chain`].

use recording::Recording;
use std::collections::BTreeSet;
use wire::event::{Detector, Event, Reaction};
use wire::{Node, Record, Source};

const CAMERA: Source = Source::Node(Node::Camera);
const FUSION: Source = Source::Node(Node::Fusion);

/// One kill, and the moments of the camera's return, absolute; `None` for what was not seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chain {
    signal_ns: u64,
    /// The kernel's mark of the death was seen.
    marked_ns: Option<u64>,
    /// The standby was permitted to write.
    permitted_ns: Option<u64>,
    rendered_ns: Option<u64>,
    detected_ns: Option<u64>,
    spawned_ns: Option<u64>,
    running_ns: Option<u64>,
    attached_ns: Option<u64>,
    published_ns: Option<u64>,
    fused_ns: Option<u64>,
    /// Frames of the grid that nobody published because of it.
    pub(super) lost: u64,
}

impl Chain {
    /// Time of the five steps and of all together; `None` if one was not seen.
    pub(super) fn steps(&self) -> Option<[u64; 6]> {
        let moments = [
            self.signal_ns,
            self.detected_ns?,
            self.spawned_ns?,
            self.running_ns?,
            self.attached_ns?,
            self.published_ns?,
        ];
        // The child may run before the parent has noted that it is spawned.
        let step = |index: usize| moments[index + 1].saturating_sub(moments[index]);
        Some([step(0), step(1), step(2), step(3), step(4), moments[5] - moments[0]])
    }

    /// Time of the four steps of a takeover and of all together; `None` if one was not seen.
    pub(super) fn takeover(&self) -> Option<[u64; 5]> {
        let moments = [
            self.signal_ns,
            self.marked_ns?,
            self.permitted_ns?,
            self.rendered_ns?,
            self.published_ns?,
        ];
        // The standby may render before the watchdog has noted that it may.
        let step = |index: usize| moments[index + 1].saturating_sub(moments[index]);
        Some([step(0), step(1), step(2), step(3), moments[4] - moments[0]])
    }

    /// Time to the first fused output of the successor's first frame that fusion took.
    pub(super) fn until_fused_ns(&self) -> Option<u64> {
        Some(self.fused_ns? - self.signal_ns)
    }
}

/// The chain of each of the run's `kills` kills.
pub(super) fn chains(recording: &Recording, kills: u32) -> Vec<Chain> {
    let mut chains: Vec<_> = (0..kills).filter_map(|kill| follow(recording, kill)).collect();
    for due_ns in missing(recording) {
        // A frame that was due up to a period before the kill may have been in the making.
        let cause = chains.iter_mut().rev().find(|chain| chain.signal_ns < due_ns + PERIOD_NS);
        if let Some(chain) = cause {
            chain.lost += 1;
        }
    }
    chains
}

const PERIOD_NS: u64 = 1_000_000_000 / super::FPS;

fn follow(recording: &Recording, kill: u32) -> Option<Chain> {
    let mut records = recording.records.iter().skip_while(
        |(_, record)| !matches!(record.event, Event::Injecting { fault, .. } if fault == kill),
    );
    let (_, Record { t_ns: signal_ns, event: Event::Injecting { incarnation, .. }, .. }) =
        records.next()?
    else {
        return None;
    };
    let mut chain = Chain { signal_ns: *signal_ns, ..Chain::default() };
    let next = incarnation + 1;
    for (source, record) in records {
        let born = *source == CAMERA && record.incarnation == next;
        let moment = match record.event {
            Event::Detected { node: Node::Camera, incarnation: dead, detector }
                if dead == *incarnation =>
            {
                if detector == Detector::EarlyDeath {
                    &mut chain.marked_ns
                } else {
                    &mut chain.detected_ns
                }
            }
            Event::Reacted { node: Node::Camera, incarnation, reaction }
                if (incarnation, reaction) == (next, Reaction::StandbyTakeover) =>
            {
                &mut chain.permitted_ns
            }
            Event::Spawned { node: Node::Camera, incarnation, .. } if incarnation == next => {
                &mut chain.spawned_ns
            }
            Event::Started { .. } if born => &mut chain.running_ns,
            Event::Attached {} if born => &mut chain.attached_ns,
            Event::FramePublished { rendered_ns, .. } if born => {
                chain.rendered_ns.get_or_insert(rendered_ns);
                &mut chain.published_ns
            }
            Event::Fused { stream: Node::Camera, from, .. }
                if *source == FUSION && from == next =>
            {
                &mut chain.fused_ns
            }
            _ => continue,
        };
        moment.get_or_insert(record.t_ns);
        if chain.fused_ns.is_some() {
            break;
        }
    }
    Some(chain)
}

/// Absolute due times of the frames between the first and the last that nobody published.
fn missing(recording: &Recording) -> Vec<u64> {
    let mut t0_ns = 0;
    let mut published = BTreeSet::new();
    for (source, record) in &recording.records {
        match record.event {
            Event::RunStarted { t0_ns: start_ns } => t0_ns = start_ns,
            Event::FramePublished { frame, .. } if *source == CAMERA => {
                published.insert(frame);
            }
            _ => {}
        }
    }
    let last = published.last().copied().unwrap_or(0);
    (0..last)
        .filter(|frame| !published.contains(frame))
        .map(|frame| t0_ns + frame * 1_000_000_000 / super::FPS)
        .collect()
}
