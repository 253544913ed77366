//! Everything that anybody noticed of a failure, as one list: [`all_noticed`].

use wire::event::{Detector, Mode, Reaction};
use wire::{Node, Source};

use crate::timeline::{Moment, Timeline};

/// Something that was noticed about a process or its stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noticed {
    pub(crate) at: Moment,
    pub(crate) node: Node,
    /// The incarnation that it is about, where the detector knows.
    pub(crate) incarnation: Option<u32>,
    pub(crate) detector: Detector,
    /// The samples that it is about, first and number, where it is about some.
    pub(crate) samples: Option<(u64, u64)>,
    pub(crate) by: Source,
    /// What the detector does about it, there and then.
    pub(crate) reaction: Option<Reaction>,
}

/// Everything that was noticed, in the order of time.
pub(crate) fn all_noticed(timeline: &Timeline) -> Vec<Noticed> {
    let fusion = Source::Node(Node::Fusion);
    let about = |at, node, detector, reaction| Noticed {
        at,
        node,
        incarnation: None,
        detector,
        samples: None,
        by: fusion,
        reaction,
    };
    let mut all: Vec<Noticed> = Vec::new();
    all.extend(timeline.watchdog.detected.iter().map(|it| Noticed {
        incarnation: Some(it.incarnation),
        by: Source::Watchdog,
        ..about(it.at, it.node, it.detector, None)
    }));
    // What the board's hardware watchdog saw is that nothing lived there any more.
    all.extend(timeline.watchdog.resets.iter().map(|it| Noticed {
        by: Source::Watchdog,
        ..about(it.booted, Node::Fusion, Detector::HardwareWatchdog, Some(Reaction::Reset))
    }));
    let log = &timeline.fusion;
    let refused = log.rejections.iter();
    all.extend(refused.map(|it| Noticed {
        samples: Some((it.item, 1)),
        ..about(it.at, it.stream, it.detector, Some(Reaction::Reject))
    }));
    all.extend(log.gaps.iter().map(|it| Noticed {
        samples: Some((it.first, it.count)),
        ..about(it.at, it.stream, Detector::Sequence, None)
    }));
    let inconsistent = log.inconsistent.iter();
    all.extend(inconsistent.map(|&(at, stream)| about(at, stream, Detector::Plausibility, None)));
    let dropped = log.tracks_dropped.iter();
    all.extend(
        dropped.map(|&at| about(at, Node::Fusion, Detector::Plausibility, Some(Reaction::Reject))),
    );
    // The safe state is the watchdog's order, and tells nothing of a sensor.
    for change in log.modes.iter().filter(|change| change.to != Mode::Safe) {
        for sensor in [Node::Camera, Node::Radar] {
            if uses(change.from, sensor) && !uses(change.to, sensor) {
                let reaction = Some(Reaction::ModeChange);
                all.push(about(change.at, sensor, Detector::Silence, reaction));
            }
        }
    }
    all.sort_by_key(|noticed| noticed.at);
    all
}

fn uses(mode: Mode, sensor: Node) -> bool {
    match mode {
        Mode::Blind | Mode::Coasting | Mode::Safe => false,
        Mode::CameraOnly => sensor == Node::Camera,
        Mode::RadarOnly => sensor == Node::Radar,
        Mode::Fused => true,
    }
}
